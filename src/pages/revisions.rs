//! `/articles/:slug/revisions`: what an article said before.

use leptos::{
    prelude::*,
    server,
    server_fn::{ServerFn, codec::GetUrl},
};
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use super::segment;
use crate::{
    domain::article::life::{Difference, Fate, History, Revision},
    error::Error,
    json::Json,
    ui::{
        data::Data,
        erased::Erase,
        form::{Done, ErrorMessages, Form, FormState, fields::Submit, use_form},
        load::loaded,
    },
};

/// What one's own article said before; with `version`, what that revision changed.
// reads only
#[server(prefix = "/rpc", endpoint = "revisions", input = GetUrl, output = Json)]
pub async fn revisions(slug: String, #[server(default)] version: i64) -> Result<History, Error> {
    use crate::{
        domain::{article::Slug, role::Permission},
        server::{articles::revisions, context},
    };
    let author = context::require(Permission::WriteArticles)?;
    let slug = Slug::parse(&slug).ok_or(Error::NotFound)?;
    let (state, shown) = (context::state()?, (version > 0).then_some(version));
    Ok(revisions::history(&state.db, author.id, &slug, shown, state.clock.now()).await?)
}

/// Makes a revision's text that of the editor. What readers see of a published article stays as
/// it is until its author updates it.
#[server(prefix = "/rpc", endpoint = "restore-revision", output = Json)]
pub async fn restore_revision(slug: String, revision: i64, version: i64) -> Result<Done, Error> {
    use crate::{
        domain::{article::Slug, role::Permission},
        server::{articles::revisions, context},
    };
    let author = context::require(Permission::WriteArticles)?;
    let slug = Slug::parse(&slug).ok_or(Error::NotFound)?;
    let state = context::state()?;
    let now = state.clock.now();
    let slug = revisions::restore(&state.db, &author, &slug, revision, version, now).await?;
    Ok(Done::at(format!("/editor/{slug}")))
}

crate::ui::lazy::lazy_page! {
    /// The route of [`RevisionsPage`].
    REVISIONS_ROUTE = RevisionsPage in writing
}

/// The revisions of an article.
#[component]
pub fn RevisionsPage() -> impl IntoView {
    let slug = segment("slug");
    let query = use_query_map();
    let version = Memo::new(move |_| {
        query.with(|query| query.get("version").and_then(|n| n.parse().ok()).unwrap_or_default())
    });
    let form = use_form(RestoreRevision::PATH);
    let history =
        Data::new(move || (slug.get(), version.get()), |(slug, version)| revisions(slug, version));
    loaded(history, move |history| show(history, form))
}

fn show(history: History, form: FormState) -> AnyView {
    let History { slug, title, version, revisions, shown, differences } = history;
    let title = if title.is_empty() { "Untitled".to_owned() } else { title };
    let path = format!("/articles/{slug}/revisions");
    let chosen =
        shown.and_then(|n| revisions.iter().find(|revision| revision.version == n).cloned());
    let is_first = revisions.last().is_some_and(|first| Some(first.version) == shown);
    let chosen = chosen.map(|revision| {
        let restore = restore(form, &path, &slug, revision.version, version);
        change(&revision, differences, is_first, restore)
    });
    let row = |revision: Revision| {
        let here = (Some(revision.version) == shown).then_some("true");
        let href = format!("{path}?version={}", revision.version);
        view! {
            <li class="desk-row">
                <a class="desk-title" href=href aria-current=here>
                    <time datetime=revision.when.iso>{revision.when.text}</time>
                </a>
                <p class="meta"><span>{revision.kind.label()}</span><span dir="auto">{revision.title}</span></p>
            </li>
        }
    };
    let rows = revisions.into_iter().map(row).collect_view();
    view! {
        <Title text="Earlier versions" />
        <div class="page">
            <header class="page-head">
                <h1>"Earlier versions"</h1>
                <a class="button" href=format!("/editor/{slug}")>"Back to the editor"</a>
            </header>
            <p dir="auto">{title}</p>
            {chosen}
            <section aria-labelledby="all-versions">
                <h2 id="all-versions">"All versions"</h2>
                <p class="hint">"The last 100. Choose one to see what it changed."</p>
                <ul class="desk">{rows}</ul>
            </section>
        </div>
    }
    .erased()
}

/// What a revision changed, with the way back to it.
fn change(
    revision: &Revision,
    differences: Vec<Difference>,
    is_first: bool,
    restore: AnyView,
) -> AnyView {
    let heading = format!("{}, {}", revision.kind.label(), revision.when.text);
    let say = match (is_first, differences.is_empty()) {
        (true, _) => "The oldest version that is kept.",
        (_, true) => "Its text is that of the version before it.",
        _ => "What it changed: what came is underlined, what went is struck through.",
    };
    let parts = differences.into_iter().map(part).collect_view();
    view! {
        <section class="revision" aria-labelledby="one-version">
            <h2 id="one-version">{heading}</h2>
            <p class="hint">{say}</p>
            {parts}
            {restore}
        </section>
    }
    .erased()
}

fn part(Difference { part, pieces }: Difference) -> AnyView {
    let piece = |(fate, text): (Fate, String)| match fate {
        Fate::Kept => text.erased(),
        Fate::Added => view! { <ins class="added">{text}</ins> }.erased(),
        Fate::Removed => view! { <del class="removed">{text}</del> }.erased(),
        Fate::Skipped => view! { <span class="skipped">" … "</span> }.erased(),
    };
    let pieces = pieces.into_iter().map(piece).collect_view();
    view! { <h3>{part}</h3><div class="difference" dir="auto">{pieces}</div> }.erased()
}

fn restore(form: FormState, path: &str, slug: &str, revision: i64, version: i64) -> AnyView {
    let (to, slug) = (format!("{path}?version={revision}"), slug.to_owned());
    view! {
        <Form form to>
            <ErrorMessages form />
            <input type="hidden" name="slug" value=slug />
            <input type="hidden" name="revision" value=revision.to_string() />
            <input type="hidden" name="version" value=version.to_string() />
            <p>"It becomes the text in the editor. What readers see stays as it is until you publish."</p>
            <Submit form label="Restore this version" />
        </Form>
    }
    .erased()
}
