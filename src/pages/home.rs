//! `/`: the newest articles; `/?feed=following`: those of the authors that the viewer follows.

use leptos::{prelude::*, server, server_fn::codec::GetUrl};
use leptos_meta::{Meta, Title};
use leptos_router::hooks::use_query_map;

use super::{page_number, profile::tab};
use crate::{
    domain::page::Listing,
    error::Error,
    json::Json,
    ui::{
        data::Data, erased::Erase, layout::ViewerData, list::listing, load::loaded, site::tagline,
    },
};

/// What `?feed=` says for the articles of those whom the viewer follows.
const FOLLOWING: &str = "following";

/// One page of everything that the viewer may read, newest first; with `following` as `feed`, of
/// what is by authors whom they follow.
// reads only
#[server(prefix = "/rpc", endpoint = "front-page", input = GetUrl, output = Json)]
pub async fn front_page(page: u32, #[server(default)] feed: String) -> Result<Listing, Error> {
    use crate::{
        domain::role::Permission,
        server::{
            articles::{
                chosen,
                lists::{self, Shelf},
            },
            context,
        },
    };
    let state = context::state()?;
    if feed == FOLLOWING {
        let user = context::require(Permission::ReadMembers)?;
        return Ok(chosen::of_followed(&state.db, user.id, page, state.clock.now()).await?);
    }
    let shelf = if context::reader()?.is_some() { Shelf::Published } else { Shelf::Public };
    Ok(lists::list(&state.db, shelf, page, state.clock.now()).await?)
}

crate::ui::lazy::lazy_page! {
    /// The route of [`HomePage`].
    HOME_ROUTE = HomePage in reading
}

/// The front page.
#[component]
pub fn HomePage() -> impl IntoView {
    let page = page_number();
    let query = use_query_map();
    let feed = Memo::new(move |_| query.with(|query| query.get("feed").unwrap_or_default()));
    let viewer = expect_context::<ViewerData>();
    // A list comes with what it is a list of: see the page of a tag.
    let articles = Data::new(
        move || (page.get(), feed.get()),
        move |(page, feed)| async move {
            let following = feed == FOLLOWING;
            let list = front_page(page, feed).await?;
            Ok((list, following, viewer.ready().await.is_ok_and(|viewer| viewer.is_some())))
        },
    );
    loaded(articles, show)
}

fn show((list, following, member): (Listing, bool, bool)) -> AnyView {
    const FEED: &str = "/?feed=following";
    let (title, base) = if following { ("Following", FEED) } else { ("", "/") };
    let empty = if following {
        let what =
            "Nothing here yet. Open an article or a profile that you like, and follow its author.";
        view! { <p>{what}</p><p><a class="button" href="/">"See the latest articles"</a></p> }
            .erased()
    } else {
        view! {
            <p>"Nothing has been published here yet."</p>
            <p><a class="button" href="/editor">"Write the first article"</a></p>
        }
        .erased()
    };
    let heading = if following { "Articles of those you follow" } else { "Latest articles" };
    view! {
        <Title text=title />
        <Meta name="description" content=tagline() />
        <div class="page front">
            <h1 class="visually-hidden">{heading}</h1>
            <nav class="feed-toggle" aria-label="Feeds">
                {tab("/".into(), "Latest", !following)}
                {member.then(|| tab(FEED.into(), "Following", following))}
            </nav>
            {listing(list, base, empty)}
        </div>
    }
    .erased()
}
