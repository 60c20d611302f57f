//! `/tag/:tag`: the articles under one tag.

use leptos::{prelude::*, server, server_fn::codec::GetUrl};
use leptos_meta::Title;
use leptos_router::location::Url;

use super::{page_number, segment};
use crate::{
    domain::page::Listing,
    error::Error,
    json::Json,
    ui::{data::Data, erased::Erase, list::listing, load::loaded},
};

/// One page of what the viewer may read under a tag, newest first.
// reads only
#[server(prefix = "/rpc", endpoint = "tagged", input = GetUrl, output = Json)]
pub async fn tagged(tag: String, page: u32) -> Result<Listing, Error> {
    use crate::{
        domain::article::Tags,
        server::{
            articles::lists::{self, Shelf},
            context,
        },
    };
    let member = context::reader()?.is_some();
    let tags = Tags::parse(&tag).map_err(|_| Error::NotFound)?;
    let [tag] = tags.as_slice() else { return Err(Error::NotFound) };
    let (state, shelf) = (context::state()?, Shelf::Tagged { tag, member });
    Ok(lists::list(&state.db, shelf, page, state.clock.now()).await?)
}

crate::ui::lazy::lazy_page! {
    /// The route of [`TagPage`].
    TAG_ROUTE = TagPage in reading
}

/// A tag's page.
#[component]
pub fn TagPage() -> impl IntoView {
    let tag = segment("tag");
    let page = page_number();
    // The list comes with its tag: when the document's head is written, after the body, no signal
    // of this page may be there any more.
    let articles = Data::new(
        move || (tag.get(), page.get()),
        |(tag, page)| async move { Ok((tag.clone(), tagged(tag, page).await?)) },
    );
    loaded(articles, show)
}

fn show((tag, list): (String, Listing)) -> AnyView {
    let base = format!("/tag/{}", Url::escape(&tag));
    let empty = view! {
        <p>"No articles carry this tag."</p>
        <p><a class="button" href="/tags">"See all tags"</a></p>
    };
    view! {
        <Title text=format!("Articles on {tag}") />
        <div class="page">
            <header class="page-head">
                <h1>"Articles on "<em dir="auto">{tag}</em></h1>
            </header>
            {listing(list, &base, empty.erased())}
        </div>
    }
    .erased()
}
