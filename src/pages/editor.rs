//! `/editor` and `/editor/:slug`: writing.

pub mod autosave;
pub mod browser;
pub mod calls;
pub mod conflict;
pub mod cover;
pub mod details;
pub mod fields;
pub mod images;
pub mod leaving;
pub mod local;
pub mod moved;
pub mod preview;
pub mod state;
pub mod tags;
pub mod text;
pub mod told;
pub mod toolbar;
pub mod waiting;

use leptos::{ev::SubmitEvent, prelude::*, server_fn::ServerFn};
use leptos_meta::Title;
use leptos_router::hooks::use_location;

use self::{
    autosave::Autosave,
    calls::{DiscardChanges, SaveArticle, open_manuscript},
    cover::cover_fields,
    details::details,
    preview::Preview,
    tags::TagList,
};
use super::{articles::DeleteArticle, segment};
use crate::{
    domain::article::{Manuscript, Stage, Visibility, life::DAYS_TO_UNDO},
    error::Error,
    ui::{
        data::Data,
        erased::Erase,
        form::{ErrorMessages, Form, FormState, fields::Submit, send, use_form, use_go_on},
        load::{answered, refusal},
    },
};

crate::ui::lazy::lazy_page! {
    /// The route of [`EditorPage`].
    EDITOR_ROUTE = EditorPage in writing
}

/// The editor.
#[component]
pub fn EditorPage() -> impl IntoView {
    let slug = segment("slug");
    let manuscript = Data::new(move || slug.get(), open_manuscript);
    let form = use_form(SaveArticle::PATH);
    answered(manuscript, move |manuscript: Result<Option<Manuscript>, Error>| match manuscript {
        Ok(manuscript) => editor(manuscript, form),
        // Whatever became of the article or of the log-in: what was typed is shown again.
        Err(_) if form.was_refused() => editor(None, form),
        Err(error) => {
            moved::follow(&error, slug.get_untracked());
            refusal(error)
        }
    })
}

fn editor(stored: Option<Manuscript>, form: FormState) -> AnyView {
    // What the article is called: it changes with its title, as long as it is a draft.
    let slug = RwSignal::new(stored.as_ref().map(|stored| stored.slug.clone()).unwrap_or_default());
    let others = stored.as_ref().filter(|manuscript| !manuscript.slug.is_empty());
    let others = others.map(|manuscript| beside(manuscript, slug));
    let mut manuscript = stored.unwrap_or_default();
    if form.refusal() == Some(Error::NotFound) {
        // What is gone cannot be edited: what was typed becomes an article of its own.
        manuscript = Manuscript::new();
    } else if form.was_refused() {
        manuscript.id = form.typed("article").unwrap_or(manuscript.id);
        manuscript.slug = form.typed("slug").unwrap_or(manuscript.slug);
        // What was typed started from that one, whatever is stored by now.
        let version = form.typed("version").and_then(|version| version.parse().ok());
        manuscript.version = version.unwrap_or(0);
    }
    let is_new = manuscript.slug.is_empty();
    let heading = if is_new { "New article" } else { "Edit article" };
    view! {
        <Title text=heading />
        <div class="page editor-page">
            <h1>{heading}</h1>
            {writing_form(&manuscript, form, slug)}
            {others}
        </div>
    }
    .erased()
}

fn writing_form(manuscript: &Manuscript, form: FormState, slug: RwSignal<String>) -> AnyView {
    let autosave = Autosave::new(manuscript, form, slug);
    let (preview, tags) = (Preview::new(), TagList::new());
    let runs = RwSignal::new(false);
    let later = RwSignal::new(manuscript.stage == Stage::Scheduled);
    Effect::new(move |_| {
        runs.set(true);
        later.set(autosave.is_for_later());
    });
    autosave.begin();
    leaving::ask(autosave);
    // What is stored takes the preview's place. On a phone the text would be hidden behind it again
    // once one of the two is chosen.
    Effect::new(move |_| {
        if autosave.theirs.with(Option::is_some) {
            preview.is_open.set(false);
        }
    });
    let on_input = move |_| {
        autosave.typed();
        preview.draw_soon();
        later.set(autosave.is_for_later());
    };
    // Preview and stored text take the same place beside one's own.
    let class = move || match (autosave.theirs.with(Option::is_some), preview.is_open.get()) {
        (true, _) => "editor with-stored",
        (false, true) => "editor with-preview",
        (false, false) => "editor",
    };
    let aside = move || match autosave.theirs.get() {
        Some(theirs) => conflict::stored(&theirs, autosave.different(&theirs)),
        None => {
            preview.draw_soon();
            preview.pane()
        }
    };
    view! {
        <form
            class=class
            method="post"
            // The form comes back to the address it is at, whatever the article is called meanwhile.
            action=use_location().pathname.get_untracked()
            novalidate=true
            node_ref=autosave.form
            on:input=on_input
            on:change=move |_| preview.draw_soon()
            on:formdata=move |event| {
                if let Some(data) = text::read_by(&event) {
                    tags.complete(&data);
                    autosave.complete(&data);
                }
            }
            on:keydown=move |event| toolbar::on_enter(&event, autosave)
            on:submit=on_submit(autosave, form)
        >
            <ErrorMessages form />
            {conflict::choice(autosave)}
            {conflict::without_script(form, manuscript.slug.clone(), runs)}
            {waiting::restored_line(autosave)}
            {names(manuscript, form)}
            <div class="columns">
                {fields::writing(form, manuscript, autosave, preview, runs)}
                {aside}
            </div>
            {fields::help()}
            {tags.field(form, manuscript.tags.clone())}
            {cover_fields(form, manuscript.cover.clone(), manuscript.cover_alt.clone())}
            {fields::visibility_field(chosen_visibility(manuscript, form))}
            {details(form, manuscript, slug)}
            {waiting::kept_texts(autosave)}
            {fields::unpublishing(manuscript.stage)}
            <div class="editor-actions">
                <p class="actions">{fields::buttons(form, manuscript.stage, later)}{preview.toggle(runs)}</p>
                {waiting::state_line(autosave)}
            </div>
        </form>
    }
    .erased()
}

/// Sends the form, when no save is on its way any more.
fn on_submit(autosave: Autosave, form: FormState) -> impl Fn(SubmitEvent) + Clone + 'static {
    let go_on = use_go_on();
    move |event: SubmitEvent| {
        if !autosave.submits(&event) {
            event.prevent_default();
            return;
        }
        let go_on = go_on.clone();
        send(form, event, move |done| {
            autosave.done();
            go_on(done);
        });
    }
}

/// Which article it is, and which version of it was opened. Each save writes here what the next
/// one starts from.
fn names(manuscript: &Manuscript, form: FormState) -> AnyView {
    let draft_key = form.typed("draft_key").filter(|_| form.refusal() != Some(Error::NotFound));
    let draft_key = draft_key.unwrap_or_else(|| manuscript.draft_key.clone());
    view! {
        <input type="hidden" name="article" value=manuscript.id.clone() />
        <input type="hidden" name="slug" value=manuscript.slug.clone() />
        <input type="hidden" name="draft_key" value=draft_key />
        <input type="hidden" name="version" value=manuscript.version.to_string() />
    }
    .erased()
}

fn chosen_visibility(manuscript: &Manuscript, form: FormState) -> Visibility {
    let typed = form.typed("visibility").and_then(|name| Visibility::from_name(&name));
    typed.unwrap_or(manuscript.visibility)
}

/// The forms beside the editor's own, of an article that is stored.
fn beside(manuscript: &Manuscript, slug: RwSignal<String>) -> AnyView {
    let discard = manuscript.has_changes.then(|| view! { <DiscardForm slug /> });
    view! {
        {discard}
        <DeleteForm article=manuscript.id.clone() slug />
    }
    .erased()
}

#[component]
fn DiscardForm(slug: RwSignal<String>) -> impl IntoView {
    let form = use_form(DiscardChanges::PATH);
    let to = format!("/editor/{}?form=discard", slug.get_untracked());
    view! {
        <details class="danger">
            <summary>"Discard changes"</summary>
            <Form form to>
                <ErrorMessages form />
                <p>"What was changed since the publication is dropped. Readers see what they saw."</p>
                <input type="hidden" name="slug" value=move || slug.get() />
                <Submit form label="Discard changes" class="destructive" />
            </Form>
        </details>
    }
}

#[component]
fn DeleteForm(article: String, slug: RwSignal<String>) -> impl IntoView {
    // By its key: its address may have changed in another tab.
    let form = use_form(DeleteArticle::PATH);
    let to = format!("/article/{}", slug.get_untracked());
    view! {
        <details class="danger">
            <summary>"Delete this article"</summary>
            <Form form to>
                <ErrorMessages form />
                <p>{format!("It disappears for every reader. For {DAYS_TO_UNDO} days you can bring it back.")}</p>
                <input type="hidden" name="article" value=article />
                <Submit form label="Delete" class="destructive" />
            </Form>
        </details>
    }
}
