//! `/tags`: all tags.

use leptos::{prelude::*, server, server_fn::codec::GetUrl};
use leptos_meta::{Meta, Title};
use leptos_router::location::Url;

use super::page_number;
use crate::{
    domain::tags::{TagCount, TagList},
    error::Error,
    json::Json,
    ui::{data::Data, erased::Erase, list::turning, load::loaded},
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
    TAGS_ROUTE = TagsPage in finding
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
            {turning(page, more, "/tags", ["Previous", "Next"])}
        </div>
    }
    .erased()
}

fn entry(TagCount { tag, articles }: TagCount) -> AnyView {
    let href = format!("/tag/{}", Url::escape(&tag));
    view! { <li><a href=href dir="auto">{tag}</a>" "<span>{articles.to_string()}</span></li> }
        .erased()
}
