//! What an article may have beside its text, folded away until it is wanted.

use leptos::{ev, html, prelude::*, web_sys::js_sys::Date};

use super::{fields::choice, text::local};
use crate::{
    domain::{
        article::{Manuscript, Stage, details::Direction},
        field::Field,
    },
    ui::{
        erased::Erase,
        form::{FormState, fields::TextField},
    },
};

/// The address, the language and the time of an article.
pub fn details(form: FormState, manuscript: &Manuscript, slug: RwSignal<String>) -> AnyView {
    let typed = form.typed(Field::Direction.name());
    let direction = typed.and_then(|name| Direction::from_name(&name));
    let time = (manuscript.stage != Stage::Published)
        .then(|| publish_at(form, manuscript.publish_at.clone()));
    let address = match manuscript.stage {
        Stage::Published => {
            "The last part of its address. The former one goes on leading here. Empty: it stays as it is."
        }
        _ => {
            "The last part of its address: letters a to z, digits and hyphens. Empty: made of the title."
        }
    };
    // There are none of a new one, until it is saved.
    let revisions = move || {
        let slug = slug.get();
        (!slug.is_empty()).then(|| {
            let href = format!("/articles/{slug}/revisions");
            view! { <p><a href=href>"Earlier versions of this article"</a></p> }
        })
    };
    view! {
        <details class="more">
            <summary>"More settings"</summary>
            {time}
            <TextField form field=Field::SlugWanted hint=address value=manuscript.slug_wanted.clone() />
            <TextField
                form
                field=Field::Canonical
                kind="url"
                hint="If it was published elsewhere first: where. Search engines then know which one is meant."
                value=manuscript.canonical.clone()
            />
            <TextField
                form
                field=Field::Language
                hint="A language tag such as en, de or ar. Browsers choose voice, hyphens and quotation marks by it."
                value=manuscript.language.clone()
            />
            {direction_field(direction.unwrap_or(manuscript.direction))}
            {revisions}
        </details>
    }
    .erased()
}

fn direction_field(chosen: Direction) -> AnyView {
    let choices = Direction::ALL.map(|direction| {
        let text = match direction {
            Direction::Auto => "As its first letter runs",
            Direction::Ltr => "From left to right",
            Direction::Rtl => "From right to left",
        };
        (direction.name(), text)
    });
    choice(Field::Direction, &choices, chosen.name())
}

/// The time to come. The server knows no time zone of its reader's: it writes UTC, and the page
/// says so. Where there is JavaScript it becomes the browser's own time, and `zone` says how far
/// that is from UTC at that moment.
fn publish_at(form: FormState, stored: String) -> AnyView {
    let name = Field::PublishAt.name();
    let value = form.typed(name).unwrap_or(stored);
    let zone = form.typed("zone").unwrap_or_else(|| "0".into());
    let is_local = RwSignal::new(false);
    let input = NodeRef::<html::Input>::new();
    let of_zone = NodeRef::<html::Input>::new();
    Effect::new(move |_| {
        let (Some(input), Some(of_zone)) = (input.get(), of_zone.get()) else { return };
        // What was found in this browser may stand there already, by its clock.
        if of_zone.value() == "0" && !input.value().is_empty() {
            let at = Date::new(&format!("{}Z", input.value()).into());
            input.set_value(&local(&at));
            of_zone.set_value(&at.get_timezone_offset().to_string());
        }
        is_local.set(true);
    });
    let on_input = move |event: ev::Event| {
        let at = Date::new(&event_target_value(&event).into());
        let offset = at.get_timezone_offset();
        // At once: the form is read before an effect would run.
        if let Some(of_zone) = of_zone.get_untracked() {
            of_zone.set_value(&if offset.is_nan() { "0".into() } else { offset.to_string() });
        }
    };
    let clock = move || if is_local.get() { "By your own clock." } else { "In UTC." };
    let wrong = move || form.error().and_then(|error| error.about(Field::PublishAt));
    view! {
        <div class="field publish_at-field">
            <label for=name>{Field::PublishAt.label()}</label>
            <input id=name name=name type="datetime-local" node_ref=input value=value
                aria-invalid=move || wrong().map(|_| "true") aria-describedby="publish_at-hint publish_at-error"
                on:input=on_input />
            <input type="hidden" name="zone" node_ref=of_zone value=zone />
            <p class="hint" id="publish_at-hint">
                "When it shall appear by itself, once you publish it. Empty: at once. "
                {clock}
            </p>
            <p class="error" id="publish_at-error" hidden=move || wrong().is_none()>{wrong}</p>
        </div>
    }
    .erased()
}
