//! `/articles`: one's own desk.

pub mod keys;

use leptos::{
    html,
    prelude::*,
    server,
    server_fn::{ServerFn, codec::GetUrl},
};
use leptos_meta::Title;
use leptos_router::{hooks::use_query_map, location::Url};

use super::page_number;
use crate::{
    domain::{
        article::{
            Slug, Stage, Visibility,
            life::{DAYS_TO_UNDO, DeskList, OnDesk, Tab},
        },
        field::Field,
    },
    error::Error,
    json::Json,
    ui::{
        data::Data,
        erased::Erase,
        form::{Done, RefusedElsewhere},
        list::{beyond, pager},
        load::loaded,
    },
};

/// One page of what the viewer wrote: of one tab, and if words are given of what has them in its
/// title or its text.
// reads only
#[server(prefix = "/rpc", endpoint = "desk", input = GetUrl, output = Json)]
pub async fn desk(
    #[server(default)] tab: String,
    #[server(default)] q: String,
    page: u32,
) -> Result<DeskList, Error> {
    use crate::{
        domain::role::Permission,
        server::{articles::desk, context},
    };
    let author = context::require(Permission::WriteArticles)?;
    let (state, tab) = (context::state()?, Tab::from_name(&tab));
    Ok(desk::list(&state.db, author.id, tab, &q, page, state.clock.now()).await?)
}

/// Deletes one's own article, by its key or by its address; for a while it can be brought back.
#[server(prefix = "/rpc", endpoint = "delete-article", output = Json)]
pub async fn delete_article(
    #[server(default)] article: String,
    #[server(default)] slug: String,
) -> Result<Done, Error> {
    use crate::{
        domain::role::Permission,
        server::{
            articles::{bin, saving::Which},
            context,
        },
    };
    let author = context::require(Permission::WriteArticles)?;
    let named = Slug::parse(&slug);
    let which = Which::parse(&article, "", named.as_ref()).ok_or(Error::NotFound)?;
    let state = context::state()?;
    let slug = bin::delete(&state.db, &author, which, state.clock.now()).await?;
    Ok(Done::at(format!("/articles?deleted={slug}")))
}

/// Brings back what one has deleted.
#[server(prefix = "/rpc", endpoint = "restore-article", output = Json)]
pub async fn restore_article(slug: String) -> Result<Done, Error> {
    use crate::{
        domain::role::Permission,
        server::{articles::bin, context},
    };
    let author = context::require(Permission::WriteArticles)?;
    let slug = Slug::parse(&slug).ok_or(Error::NotFound)?;
    bin::restore(&context::state()?.db, &author, &slug).await?;
    Ok(Done::at("/articles"))
}

/// Deletes for good what one has deleted before.
#[server(prefix = "/rpc", endpoint = "delete-for-good", output = Json)]
pub async fn delete_for_good(slug: String) -> Result<Done, Error> {
    use crate::{
        domain::role::Permission,
        server::{articles::bin, context},
    };
    let author = context::require(Permission::WriteArticles)?;
    let slug = Slug::parse(&slug).ok_or(Error::NotFound)?;
    bin::delete_for_good(&context::state()?.db, &author, &slug).await?;
    Ok(Done::at("/articles?tab=deleted"))
}

crate::ui::lazy::lazy_page! {
    /// The route of [`DeskPage`].
    DESK_ROUTE = DeskPage in writing
}

/// The desk. Its forms are plain ones: the browser itself sends them.
#[component]
pub fn DeskPage() -> impl IntoView {
    let page = page_number();
    let query = use_query_map();
    let asked = move |name: &'static str| {
        Memo::new(move |_| query.with(|query| query.get(name).unwrap_or_default()))
    };
    let (tab, q, deleted) = (asked("tab"), asked("q"), asked("deleted"));
    let shown =
        Data::new(move || (tab.get(), q.get(), page.get()), |(tab, q, page)| desk(tab, q, page));
    let undo = move || Slug::parse(&deleted.get()).map(undo_notice);
    let whole = NodeRef::<html::Div>::new();
    view! {
        <Title text="My articles" />
        <div class="page" node_ref=whole>
            <header class="page-head">
                <h1>"My articles"</h1>
                <a class="button" href="/editor">"Write an article"</a>
            </header>
            <RefusedElsewhere function=RestoreArticle::PATH />
            <RefusedElsewhere function=DeleteForGood::PATH />
            {undo}
            {loaded(shown, tabs)}
            <p class="aside"><a href="/images">"Your pictures"</a></p>
            {keys::keys(whole)}
        </div>
    }
}

fn undo_notice(slug: Slug) -> AnyView {
    let undo = button("/articles?form=restore", ("slug", slug.as_str()), "Undo", None);
    let text =
        format!("The article is deleted. For {DAYS_TO_UNDO} days you find it under “Deleted”.");
    view! { <div class="notice" role="status" tabindex="-1" autofocus=true><p>{text}</p>{undo}</div> }.erased()
}

/// A form of one button about the article of which `name` is the `value`.
fn button(
    to: &str,
    (name, value): (&'static str, &str),
    label: &'static str,
    about: Option<String>,
) -> AnyView {
    view! {
        <form class="inline" method="post" action=to.to_owned()>
            <input type="hidden" name=name value=value.to_owned() />
            <button type="submit" class="secondary" aria-label=about>{label}</button>
        </form>
    }
    .erased()
}

fn address(tab: Tab) -> String {
    match tab {
        Tab::All => "/articles".into(),
        tab => format!("/articles?tab={}", tab.name()),
    }
}

fn tabs(desk: DeskList) -> AnyView {
    let DeskList { tab, q, articles, counts, page, pages, total } = desk;
    let link = |(of, count): (Tab, u64)| {
        let here = (of == tab).then_some("page");
        let class = if of == tab { "nav-link active" } else { "nav-link" };
        let text = format!("{} ({count})", of.label());
        view! { <li><a class=class href=address(of) aria-current=here>{text}</a></li> }
    };
    let links = Tab::ALL.into_iter().zip(counts).map(link).collect_view();
    let base = match (tab, q.is_empty()) {
        (tab, true) => address(tab),
        (tab, false) => format!("/articles?tab={}&q={}", tab.name(), Url::escape(&q)),
    };
    let searches = counts.iter().any(|count| *count > 0);
    let below = if articles.is_empty() && total > 0 {
        beyond(&base)
    } else if articles.is_empty() {
        empty(tab, &q, searches)
    } else {
        let pager = pager(page, pages, &base);
        let rows = articles.into_iter().map(row).collect_view();
        view! { <ul class="desk">{rows}</ul>{pager} }.erased()
    };
    view! {
        <nav class="desk-tabs" aria-label="Which articles"><ul>{links}</ul></nav>
        {searches.then(|| search(tab, q))}
        {below}
    }
    .erased()
}

fn search(tab: Tab, q: String) -> AnyView {
    view! {
        <form class="search" method="get" action="/articles" role="search">
            <input type="hidden" name="tab" value=tab.name() />
            <div class="field">
                <label for="q">"Words of a title or a text"</label>
                <input id="q" name="q" type="search" dir="auto" maxlength=Field::Q.length().in_utf16() value=q />
            </div>
            <button type="submit" class="secondary">"Search"</button>
        </form>
    }
    .erased()
}

/// Why nothing is shown, and what to do about it.
fn empty(tab: Tab, q: &str, wrote: bool) -> AnyView {
    let (text, href, link) = match tab {
        tab if !q.is_empty() && tab != Tab::All => (
            "Nothing here has these words. Try fewer of them, or look in all articles.",
            "/articles",
            "Show all articles",
        ),
        _ if !q.is_empty() => (
            "No article of yours has these words. Try fewer of them.",
            "/articles",
            "Show all articles",
        ),
        Tab::All if wrote => (
            "Nothing is here: what you wrote is under “Deleted”.",
            "/articles?tab=deleted",
            "Show what is deleted",
        ),
        Tab::All => (
            "You have not written anything yet. Begin with a title: what you save as a draft is seen by nobody but you.",
            "/editor",
            "Write your first article",
        ),
        Tab::Drafts => (
            "No drafts. What you begin to write is kept here until you publish it.",
            "/editor",
            "Write an article",
        ),
        Tab::Scheduled => (
            "Nothing is scheduled. Choose a time under “More settings” in the editor and publish: the article appears by itself.",
            "/editor",
            "Write an article",
        ),
        Tab::Published => (
            "You have not published anything yet. Finish a draft, or write something new.",
            "/editor",
            "Write an article",
        ),
        Tab::Deleted => (
            "Nothing is deleted. What you delete stays here for 30 days, to be brought back.",
            "/articles",
            "Show all articles",
        ),
    };
    view! {
        <div class="empty-feed-message">
            <p>{text}</p>
            <p><a class="button" href=href>{link}</a></p>
        </div>
    }
    .erased()
}

fn row(article: OnDesk) -> AnyView {
    let title = if article.title.is_empty() { "Untitled".to_owned() } else { article.title };
    let (status, said) = match (article.deleted, article.stage) {
        (true, _) => ("Deleted", "Deleted "),
        (_, Stage::Draft) => ("Draft", "Saved "),
        (_, Stage::Scheduled) => ("Scheduled", "Appears "),
        (_, Stage::Published) => ("Published", "Saved "),
    };
    let is_draft = !article.deleted && article.stage == Stage::Draft;
    let members =
        (article.visibility == Visibility::Members).then(|| view! { <span>"Members"</span> });
    let changes = article.has_changes.then(|| view! { <span>"Changes not published"</span> });
    let waiting = (article.waiting > 0 && !article.deleted).then(|| {
        let text = match article.waiting {
            1 => "1 comment waits".to_owned(),
            n => format!("{n} comments wait"),
        };
        let href = format!("/article/{}#comments", article.slug);
        view! { <a href=href rel="external">{text}</a> }
    });
    let (name, doing) = if article.deleted {
        (
            view! { <span class="desk-title">{title.clone()}</span> }.erased(),
            in_the_bin(&article.slug, &title),
        )
    } else {
        let href = format!("/article/{}", article.slug);
        (
            view! { <a class="desk-title" href=href>{title.clone()}</a> }.erased(),
            in_use(&article.id, &article.slug, &title),
        )
    };
    view! {
        <li class="desk-row">
            <div dir="auto">{name}</div>
            <p class="meta">
                <span class="status" class:draft=is_draft>{status}</span>
                {members}
                {changes}
                {waiting}
                <span>{said}<time datetime=article.when.iso>{article.when.text}</time></span>
            </p>
            <div class="desk-actions">{doing}</div>
        </li>
    }
    .erased()
}

fn in_use(id: &str, slug: &str, title: &str) -> AnyView {
    let to = format!("/article/{slug}");
    // By its key: its address may have changed in another tab.
    let delete = button(&to, ("article", id), "Delete", Some(format!("Delete {title}")));
    let edit = format!("Edit {title}");
    view! { <a class="edit-link" href=format!("/editor/{slug}") aria-label=edit>"Edit"</a>{delete} }
        .erased()
}

fn in_the_bin(slug: &str, title: &str) -> AnyView {
    let (named, about) = (("slug", slug), Some(format!("Restore {title}")));
    let restore = button("/articles?form=restore", named, "Restore", about);
    let about = Some(format!("Delete {title} for good"));
    let delete = button("/articles?form=delete-for-good", named, "Delete for good", about);
    view! { {restore}{delete} }.erased()
}
