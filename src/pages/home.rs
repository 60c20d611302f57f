//! `/`: the newest articles.

use leptos::{prelude::*, server, server_fn::codec::GetUrl};
use leptos_meta::{Meta, Title};

use super::page_number;
use crate::{
    domain::page::Listing,
    error::Error,
    json::Json,
    ui::{list::listing, load::loaded},
};

/// One page of everything that the viewer may read, newest first.
// reads only
#[server(prefix = "/rpc", endpoint = "front-page", input = GetUrl, output = Json)]
pub async fn front_page(page: u32) -> Result<Listing, Error> {
    use crate::server::{
        articles::lists::{self, Shelf},
        context,
    };
    let shelf = if context::reader()?.is_some() { Shelf::Published } else { Shelf::Public };
    let state = context::state()?;
    Ok(lists::list(&state.db, shelf, page, state.clock.now()).await?)
}

crate::ui::lazy::lazy_page! {
    /// The route of [`HomePage`].
    HomeRoute = HomePage in reading
}

/// The front page.
#[component]
pub fn HomePage() -> impl IntoView {
    let page = page_number();
    loaded(Resource::new(move || page.get(), front_page), show)
}

fn show(list: Listing) -> AnyView {
    let empty = view! {
        <p>"Nothing has been published here yet."</p>
        <p><a class="button" href="/editor">"Write the first article"</a></p>
    };
    view! {
        <Title text="" />
        <Meta name="description" content="Articles by people who sign them." />
        <div class="page front">
            <h1 class="visually-hidden">"Latest articles"</h1>
            <nav class="feed-toggle" aria-label="Feeds">
                <a class="nav-link active" href="/" aria-current="page">"Latest"</a>
            </nav>
            {listing(list, "/", empty.into_any())}
        </div>
    }
    .into_any()
}
