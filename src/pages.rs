//! A file per page: its view and its server functions together.

#![expect(
    missing_docs,
    reason = "the fields that #[server] makes of its arguments; each function says what it takes"
)]

pub mod account;
pub mod admin;
pub mod article;
pub mod articles;
pub mod confirm;
pub mod data;
pub mod editor;
pub mod home;
pub mod images;
pub mod import;
pub mod invitations;
pub mod log_in;
pub mod log_in_step;
pub mod not_me;
pub mod passkeys;
pub mod profile;
pub mod proof;
pub mod register;
pub mod reset;
pub mod restore;
pub mod revisions;
pub mod search;
pub mod second_factor;
pub mod security;
pub mod settings;
pub mod tag;
pub mod tags;
pub mod watch;

use leptos::{prelude::*, server, server_fn::codec::GetUrl};
use leptos_router::hooks::{use_location, use_params_map, use_query_map};

use crate::{
    domain::{account::Viewer, page::parse_page},
    error::Error,
    json::Json,
};

/// Whoever looks at the page; nobody is `None`.
// reads only
#[server(prefix = "/rpc", endpoint = "who-am-i", input = GetUrl, output = Json)]
pub async fn who_am_i() -> Result<Option<Viewer>, Error> {
    use crate::{domain::role::Permission, server::context};
    let user = context::viewer()?;
    Ok(user.map(|user| Viewer {
        writes: user.may(Permission::WriteArticles),
        username: user.username,
    }))
}

/// The `?page=N` of the address. It is read from the address itself: what the router says of a
/// route's query stays as it was when only another part of the path changes.
fn page_number() -> Memo<u32> {
    let (of_route, params, address) = (use_query_map(), use_params_map(), use_location().query);
    Memo::new(move |_| {
        // Only these tell a page that stays from one that is being left. They are read, since a
        // memo that nobody reads follows nothing.
        of_route.with(|_| ());
        params.with(|_| ());
        address.with_untracked(|query| parse_page(query.get_str("page")))
    })
}

/// A part of the address, such as the slug in `/article/:slug`.
fn segment(name: &'static str) -> Memo<String> {
    let params = use_params_map();
    Memo::new(move |_| params.with(|params| params.get(name).unwrap_or_default()))
}
