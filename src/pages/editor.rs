//! `/editor` and `/editor/:slug`: writing.

mod cover;
mod images;

use leptos::{
    prelude::*,
    server,
    server_fn::{ServerFn, codec::GetUrl},
};
use leptos_meta::Title;
use leptos_router::hooks::use_location;

use super::{articles::DeleteArticle, segment, watch::watch_session};
use crate::{
    domain::{
        article::{Manuscript, Status, Visibility},
        field::Field,
    },
    error::Error,
    json::Json,
    ui::{
        form::{Done, ErrorMessages, Form, FormState, Submit, TextArea, TextField, use_form},
        load::{answered, refusal},
    },
};

/// One's own article, to be edited; an empty slug is a new one.
// reads only
#[server(prefix = "/rpc", endpoint = "manuscript", input = GetUrl, output = Json)]
pub async fn open_manuscript(#[server(default)] slug: String) -> Result<Option<Manuscript>, Error> {
    use crate::{
        domain::{article::Slug, role::Permission},
        server::{articles::reading, context},
    };
    let author = context::require(Permission::WriteArticles)?;
    if slug.is_empty() {
        return Ok(None);
    }
    let slug = Slug::parse(&slug).ok_or(Error::NotFound)?;
    Ok(Some(reading::open(&context::state()?.db, author.id, &slug).await?))
}

/// Stores an article: a new one when `slug` is empty, else an edit of `version`. Naming the
/// stored version in `replaces` is how its author says that this text shall stand in its
/// place, after a [`Error::Conflict`].
#[server(prefix = "/rpc", endpoint = "save-article", output = Json)]
pub async fn save_article(
    #[server(default)] slug: String,
    #[server(default)] version: i64,
    #[server(default)] replaces: i64,
    title: String,
    #[server(default)] description: String,
    body: String,
    #[server(default)] tags: String,
    #[server(default)] cover: String,
    #[server(default)] cover_alt: String,
    #[server(default)] visibility: String,
    status: String,
) -> Result<Done, Error> {
    use crate::{
        domain::{
            article::{Body, Description, Slug, Tags, Title},
            field::Problem,
            image::Cover,
            role::Permission,
        },
        error::Problems,
        server::{
            articles::saving::{self, Basis, Draft},
            context,
        },
    };
    let author = context::require(Permission::WriteArticles)?;
    let mut problems = Problems::default();
    let title = problems.check(Field::Title, Title::parse(&title));
    let description = problems.check(Field::Description, Description::parse(&description));
    let body = problems.check(Field::Body, Body::parse(&body));
    let tags = problems.check(Field::Tags, Tags::parse(&tags));
    let cover = Cover::parse(&cover, &cover_alt)
        .map_err(|(field, problem)| problems.add(field, problem))
        .ok();
    let wanted =
        if visibility.is_empty() { Visibility::default().name() } else { visibility.as_str() };
    let visibility =
        problems.check(Field::Visibility, Visibility::from_name(wanted).ok_or(Problem::Malformed));
    let status =
        problems.check(Field::Status, Status::from_name(&status).ok_or(Problem::Malformed));
    let (
        Some(title),
        Some(description),
        Some(body),
        Some(tags),
        Some(cover),
        Some(visibility),
        Some(status),
    ) = (title, description, body, tags, cover, visibility, status)
    else {
        return Err(problems.into_error());
    };
    let draft = Draft { title, description, body, tags, cover, visibility, status };
    let state = context::state()?;
    let now = state.clock.now();
    let saved = if slug.is_empty() {
        saving::create(&state.db, author.id, &draft, now).await?
    } else {
        let version = if replaces > 0 { replaces } else { version };
        let slug = Slug::parse(&slug).ok_or(Error::NotFound)?;
        let basis = Basis { slug: &slug, version };
        saving::update(&state.db, author.id, basis, &draft, now).await?
    };
    Ok(match status {
        Status::Published => Done::at(format!("/article/{}", saved.slug)),
        Status::Draft => Done::at("/articles"),
    })
}

crate::ui::lazy::lazy_page! {
    /// The route of [`EditorPage`].
    EditorRoute = EditorPage in writing
}

/// The editor.
#[component]
pub fn EditorPage() -> impl IntoView {
    watch_session();
    let slug = segment("slug");
    let manuscript = Resource::new(move || slug.get(), open_manuscript);
    let form = use_form(SaveArticle::PATH);
    answered(manuscript, move |manuscript: Result<Option<Manuscript>, Error>| match manuscript {
        Ok(manuscript) => editor(manuscript, form),
        // Whatever became of the article or of the log-in: what was typed is shown again.
        Err(_) if form.was_refused() => editor(None, form),
        Err(error) => refusal(error),
    })
}

fn editor(manuscript: Option<Manuscript>, form: FormState) -> AnyView {
    let slug = form.typed("slug").or_else(|| manuscript.as_ref().map(|m| m.slug.clone()));
    let slug = slug.unwrap_or_default();
    let is_new = slug.is_empty();
    let stored = manuscript.is_some();
    let manuscript = manuscript.unwrap_or_else(|| Manuscript {
        slug: slug.clone(),
        title: String::new(),
        description: String::new(),
        body: String::new(),
        tags: String::new(),
        cover: String::new(),
        cover_alt: String::new(),
        visibility: Visibility::Public,
        status: Status::Draft,
        version: 0,
    });
    // The form comes back to the address it is at, whatever the article is called meanwhile.
    let to = use_location().pathname.get_untracked();
    let visibility = form.typed("visibility").and_then(|name| Visibility::from_name(&name));
    let visibility = visibility.unwrap_or(manuscript.visibility);
    let version = form.typed("version").unwrap_or_else(|| manuscript.version.to_string());
    let (publish, draft) = match manuscript.status {
        Status::Draft => ("Publish", "Save draft"),
        Status::Published => ("Publish changes", "Unpublish and keep as draft"),
    };
    let heading = if is_new { "New article" } else { "Edit article" };
    let delete = (stored && !is_new).then(|| view! { <DeleteForm slug=slug.clone() /> });
    view! {
        <Title text=heading />
        <div class="page editor-page">
            <h1>{heading}</h1>
            <Form form to class="editor">
                <ErrorMessages form />
                {conflict(form, slug.clone())}
                {gone(form)}
                <input type="hidden" name="slug" value=move || if is_gone(form) { String::new() } else { slug.clone() } />
                <input type="hidden" name="version" value=version />
                <TextField form field=Field::Title value=manuscript.title />
                <TextField
                    form
                    field=Field::Description
                    hint="A sentence under the title, and in lists. May stay empty."
                    value=manuscript.description
                />
                <TextArea form field=Field::Body value=manuscript.body hint="Markdown. At least 10 characters; spaces do not count." />
                {images::image_button()}
                {markdown_help()}
                <TextField form field=Field::Tags hint="Separated by commas, at most 10." value=manuscript.tags />
                {cover::cover_fields(form, manuscript.cover, manuscript.cover_alt)}
                {visibility_field(visibility)}
                <p class="actions editor-actions">
                    <Submit form label=publish name="status" value="published" />
                    <Submit form label=draft name="status" value="draft" class="secondary" />
                </p>
            </Form>
            {delete}
        </div>
    }
    .into_any()
}

fn visibility_field(chosen: Visibility) -> AnyView {
    let choice = move |visibility: Visibility, text: &'static str| {
        view! {
            <label class="check">
                <input type="radio" name="visibility" value=visibility.name() checked={visibility == chosen} />
                " "
                {text}
            </label>
        }
    };
    view! {
        <fieldset class="choices">
            <legend>{Field::Visibility.label()}</legend>
            {choice(Visibility::Public, "Everybody")}
            {choice(Visibility::Members, "Members: whoever is logged in")}
        </fieldset>
    }
    .into_any()
}

/// Somebody, perhaps oneself in another tab, saved the article meanwhile: both texts are
/// there, and the choice is the author's.
fn conflict(form: FormState, slug: String) -> AnyView {
    let panel = move || {
        let Some(Error::Conflict { version }) = form.error() else { return None };
        Some(view! {
            <section class="conflict" aria-labelledby="conflict-title">
                <h2 id="conflict-title">"Two versions"</h2>
                <p>
                    "Your text is below, untouched. "
                    <a href=format!("/editor/{slug}") target="_blank" rel="external">"Open the saved version in a new tab"</a>
                    " and compare. To let yours take its place, tick the box and save again."
                </p>
                <label class="check">
                    <input type="checkbox" name="replaces" value=version.to_string() />
                    " Replace the saved version with mine"
                </label>
            </section>
        })
    };
    panel.into_any()
}

fn is_gone(form: FormState) -> bool {
    form.error() == Some(Error::NotFound)
}

/// The article was deleted, or a new title moved its draft, in another tab: what was typed
/// becomes an article of its own, rather than nothing.
fn gone(form: FormState) -> AnyView {
    let panel = move || {
        is_gone(form).then(|| {
            view! {
                <section class="conflict" aria-labelledby="conflict-title">
                    <h2 id="conflict-title">"The article is not here any more"</h2>
                    <p>
                        "It was deleted, or saved under another title, in another tab. "
                        "Your text is below, untouched: save it again, and it becomes a new article. "
                        <a href="/articles" target="_blank" rel="external">"Open my articles in a new tab"</a>
                    </p>
                </section>
            }
        })
    };
    panel.into_any()
}

fn markdown_help() -> AnyView {
    const HELP: [(&str, &str); 7] = [
        ("## Heading", "a heading; ### for a smaller one"),
        ("**bold** *italic*", "bold, italic"),
        ("[text](https://…)", "a link"),
        ("- item", "a list; 1. item for a numbered one"),
        ("> text", "a quotation"),
        ("`code`", "code; three backticks on a line of their own begin a block"),
        ("[^1] and [^1]: text", "a footnote"),
    ];
    let entries = HELP
        .map(|(typed, means)| view! { <div><dt><code>{typed}</code></dt><dd>{means}</dd></div> });
    view! {
        <details class="help">
            <summary>"How Markdown works"</summary>
            <dl>{entries.into_iter().collect_view()}</dl>
        </details>
    }
    .into_any()
}

#[component]
fn DeleteForm(slug: String) -> impl IntoView {
    let form = use_form(DeleteArticle::PATH);
    view! {
        <details class="danger">
            <summary>"Delete this article"</summary>
            <Form form to=format!("/article/{slug}")>
                <ErrorMessages form />
                <p>"It disappears for every reader, with its text. This cannot be undone."</p>
                <input type="hidden" name="slug" value=slug.clone() />
                <Submit form label="Delete for good" class="destructive" />
            </Form>
        </details>
    }
}
