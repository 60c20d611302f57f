//! The fields of an article, and the help beside them.

use leptos::{ev::KeyboardEvent, prelude::*};

use super::{autosave::Autosave, images, preview::Preview, toolbar};
use crate::{
    domain::{
        article::{Manuscript, Stage, Visibility},
        field::Field,
    },
    ui::{
        erased::Erase,
        form::{
            FormState,
            fields::{Submit, TextArea, TextField},
        },
    },
};

/// Title, description and text: what is beside the preview, or beside another version.
pub fn writing(
    form: FormState,
    manuscript: &Manuscript,
    autosave: Autosave,
    preview: Preview,
    runs: RwSignal<bool>,
) -> AnyView {
    let on_key = move |event: KeyboardEvent| toolbar::on_key(&event, autosave);
    view! {
        <div class="writing" on:keydown=on_key>
            <TextField form field=Field::Title value=manuscript.title.clone() />
            <TextField
                form
                field=Field::Description
                hint="A sentence under the title, and in lists. May stay empty."
                value=manuscript.description.clone()
            />
            {toolbar::toolbar(runs)}
            <div class="text" on:scroll:capture=move |_| preview.follow(true)>
                <TextArea form field=Field::Body value=manuscript.body.clone() hint="Markdown. At least 10 characters; spaces do not count." />
            </div>
            {images::image_button(autosave)}
        </div>
    }
    .erased()
}

/// Who may read it.
pub fn visibility_field(chosen: Visibility) -> AnyView {
    let choices = [
        (Visibility::Public.name(), "Everybody"),
        (Visibility::Members.name(), "Members: whoever is logged in"),
    ];
    choice(Field::Visibility, &choices, chosen.name())
}

/// A field of which one value is chosen: each is there with what it means.
pub fn choice(
    field: Field,
    values: &[(&'static str, &'static str)],
    chosen: &'static str,
) -> AnyView {
    let button = |&(value, text): &(&'static str, &'static str)| {
        view! {
            <label class="check">
                <input type="radio" name=field.name() value=value checked={value == chosen} />
                " "
                {text}
            </label>
        }
    };
    view! {
        <fieldset class="choices">
            <legend>{field.label()}</legend>
            {values.iter().map(button).collect_view()}
        </fieldset>
    }
    .erased()
}

/// What the form can do, now or later. The first button is what Enter presses where no script runs:
/// it never shows to readers what they have not seen.
pub fn buttons(form: FormState, stage: Stage, later: RwSignal<bool>) -> AnyView {
    let publish = move || match stage {
        _ if later.get() => "Schedule",
        Stage::Draft | Stage::Scheduled => "Publish",
        Stage::Published => "Update",
    };
    let draft = match stage {
        Stage::Draft => "Save draft",
        Stage::Scheduled => "Unschedule",
        Stage::Published => "Unpublish",
    };
    let busy = move || form.is_on_its_way().then_some("true");
    let show = view! {
        <button type="submit" class="primary" name="status" value="published" aria-busy=busy>{publish}</button>
    };
    let keep = view! { <Submit form label=draft name="status" value="draft" class="secondary" /> };
    match stage {
        Stage::Draft => view! { {keep}{show} }.erased(),
        Stage::Scheduled | Stage::Published => view! { {show}{keep} }.erased(),
    }
}

/// What the second of them does to an article that is not a draft. It stands above them: the bar
/// that they are in has no room for it on a phone.
pub fn unpublishing(stage: Stage) -> AnyView {
    let hint = match stage {
        Stage::Draft => return ().erased(),
        Stage::Scheduled => "“Unschedule” keeps it as a draft, which will not appear by itself.",
        Stage::Published => "“Unpublish” keeps it as a draft, which readers do not see any more.",
    };
    view! { <p class="hint">{hint}</p> }.erased()
}

/// How Markdown works, and the keys.
pub fn help() -> AnyView {
    const MARKDOWN: [(&str, &str); 7] = [
        ("## Heading", "a heading; ### for a smaller one"),
        ("**bold** *italic*", "bold, italic"),
        ("[text](https://…)", "a link"),
        ("- item", "a list; 1. item for a numbered one"),
        ("> text", "a quotation"),
        ("`code`", "code; three backticks on a line of their own begin a block"),
        ("[^1] and [^1]: text", "a footnote"),
    ];
    let entry = |(typed, means): &(&'static str, &'static str)| {
        view! { <div><dt><code>{*typed}</code></dt><dd>{*means}</dd></div> }
    };
    view! {
        <details class="help">
            <summary>"How Markdown works"</summary>
            <dl>{MARKDOWN.iter().chain(&toolbar::KEYS_HELP).map(entry).collect_view()}</dl>
        </details>
    }
    .erased()
}
