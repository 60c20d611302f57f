//! `/profile/:username`: an author and their articles.

use leptos::{prelude::*, server, server_fn::codec::GetUrl};
use leptos_meta::{Meta, Title};

use super::{page_number, segment};
use crate::{
    domain::account::Profile,
    error::Error,
    json::Json,
    ui::{list::listing, load::loaded},
};

/// An author, with one page of what the viewer may read of theirs.
// reads only
#[server(prefix = "/rpc", endpoint = "profile", input = GetUrl, output = Json)]
pub async fn show_profile(username: String, page: u32) -> Result<Profile, Error> {
    use crate::{
        domain::username::Username,
        server::{
            articles::lists::{self, Shelf},
            context,
            failure::Failure,
            users,
        },
    };
    let member = context::reader()?.is_some();
    let state = context::state()?;
    let (db, now) = (state.db, state.clock.now());
    let name = Username::parse(&username).map_err(|_| Error::NotFound)?;
    let found = users::find_public(&db, name.as_str()).await.map_err(Failure::from)?;
    let (author, username, since) = found.ok_or(Error::NotFound)?;
    let articles = lists::list(&db, Shelf::Author { author, member }, page, now).await?;
    Ok(Profile { username, since: since.to_when(), articles })
}

crate::ui::lazy::lazy_page! {
    /// The route of [`ProfilePage`].
    ProfileRoute = ProfilePage in reading
}

/// An author's page.
#[component]
pub fn ProfilePage() -> impl IntoView {
    let username = segment("username");
    let page = page_number();
    let author = Resource::new(
        move || (username.get(), page.get()),
        |(username, page)| show_profile(username, page),
    );
    loaded(author, |profile: Profile| {
        let base = format!("/profile/{}", profile.username);
        let count = match profile.articles.total {
            1 => "1 article".to_owned(),
            n => format!("{n} articles"),
        };
        let empty =
            view! { <p>{format!("{} has not published anything yet.", profile.username)}</p> };
        view! {
            <Title text=profile.username.clone() />
            <Meta name="description" content=format!("Articles by {}.", profile.username) />
            <div class="page">
            <header class="user-info">
                <h1>{profile.username.clone()}</h1>
                <p class="meta">
                    <span>"Member since "<time datetime=profile.since.iso>{profile.since.text}</time></span>
                    <span>{count}</span>
                </p>
            </header>
            {listing(profile.articles, &base, empty.into_any())}
            </div>
        }
        .into_any()
    })
}
