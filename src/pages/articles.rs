//! `/articles`: one's own desk, drafts included.

use leptos::{prelude::*, server, server_fn::codec::GetUrl};
use leptos_meta::Title;

use super::{page_number, watch::watch_session};
use crate::{
    domain::{
        article::{Preview, Status, Visibility},
        page::Listing,
    },
    error::Error,
    json::Json,
    ui::{form::Done, list::pager, load::loaded},
};

/// One page of everything that the viewer wrote, the last saved first.
// reads only
#[server(prefix = "/rpc", endpoint = "desk", input = GetUrl, output = Json)]
pub async fn desk(page: u32) -> Result<Listing, Error> {
    use crate::{
        domain::role::Permission,
        server::{
            articles::lists::{self, Shelf},
            context,
        },
    };
    let author = context::require(Permission::WriteArticles)?;
    Ok(lists::list(&context::state()?.db, Shelf::Desk(author.id), page).await?)
}

/// Deletes one's own article.
#[server(prefix = "/rpc", endpoint = "delete-article", output = Json)]
pub async fn delete_article(slug: String) -> Result<Done, Error> {
    use crate::{
        domain::{article::Slug, role::Permission},
        server::{articles::saving, context},
    };
    let author = context::require(Permission::WriteArticles)?;
    let slug = Slug::parse(&slug).ok_or(Error::NotFound)?;
    saving::delete(&context::state()?.db, author.id, &slug).await?;
    Ok(Done::at("/articles"))
}

crate::ui::lazy::lazy_page! {
    /// The route of [`DeskPage`].
    DeskRoute = DeskPage in writing
}

/// The desk.
#[component]
pub fn DeskPage() -> impl IntoView {
    watch_session();
    let page = page_number();
    let articles = Resource::new(move || page.get(), desk);
    view! {
        <Title text="My articles" />
        <div class="page">
            <header class="page-head">
                <h1>"My articles"</h1>
                <a class="button" href="/editor">"Write an article"</a>
            </header>
            {loaded(articles, rows)}
        </div>
    }
}

fn rows(list: Listing) -> AnyView {
    if list.total == 0 {
        return view! {
            <div class="empty-feed-message">
                <p>"You have not written anything yet. Begin with a title: what you save as a draft is seen by nobody but you."</p>
                <p><a class="button" href="/editor">"Write your first article"</a></p>
            </div>
        }
        .into_any();
    }
    let pages = pager(list.page, list.pages, "/articles");
    let rows = list.previews.into_iter().map(row).collect_view();
    view! { <ul class="desk">{rows}</ul>{pages} }.into_any()
}

fn row(article: Preview) -> impl IntoView {
    let status = match (article.status, article.visibility) {
        (Status::Draft, _) => "Draft",
        (Status::Published, Visibility::Public) => "Published",
        (Status::Published, Visibility::Members) => "Published · Members",
    };
    let edit = format!("Edit {}", article.title);
    view! {
        <li class="desk-row">
            <a class="desk-title" href=format!("/article/{}", article.slug)>{article.title}</a>
            <p class="meta">
                <span class="status" class:draft={article.status == Status::Draft}>{status}</span>
                <span>"Updated "<time datetime=article.when.iso>{article.when.text}</time></span>
            </p>
            <a class="edit-link" href=format!("/editor/{}", article.slug) aria-label=edit>"Edit"</a>
        </li>
    }
}
