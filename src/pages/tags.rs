//! `/tags`: all tags.

use leptos::{prelude::*, server, server_fn::codec::GetUrl};
use leptos_meta::{Meta, Title};
use leptos_router::location::Url;

use super::page_number;
use crate::{
    domain::tags::{TagCount, TagList},
    error::Error,
    json::Json,
    ui::{data::Data, erased::Erase, load::loaded},
};

/// One page of all tags that the viewer finds articles under, each with their number.
// reads only
#[server(prefix = "/rpc", endpoint = "tags", input = GetUrl, output = Json)]
pub async fn all_tags(page: u32) -> Result<TagList, Error> {
    use crate::server::{articles::tags, context, failure::Failure};
    let member = context::reader()?.is_some();
    let state = context::state()?;
    let now = state.clock.now();
    Ok(tags::list(&state.db, member, page, now).await.map_err(Failure::from)?)
}

crate::ui::lazy::lazy_page! {
    /// The route of [`TagsPage`].
    TAGS_ROUTE = TagsPage in search
}

/// The page of all tags.
#[component]
pub fn TagsPage() -> impl IntoView {
    let page = page_number();
    loaded(Data::new(move || page.get(), all_tags), show)
}

fn show(TagList { tags, page, more }: TagList) -> AnyView {
    let tags = if tags.is_empty() {
        view! { <div class="empty-feed-message"><p>"No tags here."</p></div> }.erased()
    } else {
        let tags = tags.into_iter().map(entry).collect::<Vec<_>>();
        view! { <ul class="tag-list all-tags">{tags}</ul> }.erased()
    };
    view! {
        <Title text="Tags" />
        <Meta name="description" content="All tags, and how many articles have them." />
        <div class="page">
            <header class="page-head"><h1>"Tags"</h1></header>
            {tags}
            {pager(page, more)}
        </div>
    }
    .erased()
}

fn entry(TagCount { tag, articles }: TagCount) -> AnyView {
    let href = format!("/tag/{}", Url::escape(&tag));
    view! { <li><a href=href dir="auto">{tag}</a>" "<span>{articles.to_string()}</span></li> }
        .erased()
}

/// Back and forth: how many pages there are would have to be counted.
fn pager(page: u32, more: bool) -> Option<AnyView> {
    let link = |n: u32, rel: &'static str, text: &'static str| {
        let href = if n == 1 { "/tags".to_owned() } else { format!("/tags?page={n}") };
        view! { <li class="page-item"><a class="page-link" href=href rel=rel>{text}</a></li> }
            .erased()
    };
    let mut items = Vec::new();
    if page > 1 {
        items.push(link(page - 1, "prev", "Previous"));
    }
    if more {
        items.push(link(page + 1, "next", "Next"));
    }
    (!items.is_empty()).then(|| {
        view! { <nav class="pagination" aria-label="Pages"><ul>{items}</ul></nav> }.erased()
    })
}
