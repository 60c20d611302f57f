//! `/admin`: the accounts, for whoever looks after the site. To everybody else nothing is here.

pub mod log;
pub mod person;
pub mod reports;

use leptos::{
    prelude::*,
    server,
    server_fn::{ServerFn, codec::GetUrl},
};
use leptos_meta::Title;
use leptos_router::{hooks::use_query_map, location::Url};

use super::{
    confirm::{Confirm, proved},
    page_number,
};
use crate::{
    domain::{
        administration::{Deed, People, Person},
        article::When,
        role::Role,
    },
    error::Error,
    json::Json,
    ui::{
        data::Data,
        erased::Erase,
        form::use_form,
        list::{NEWEST_FIRST, turning},
    },
};

/// One page of the accounts whose name or address has `q` in it, the newest first.
// reads only
#[server(prefix = "/rpc", endpoint = "people", input = GetUrl, output = Json)]
pub async fn show_people(#[server(default)] q: String, page: u32) -> Result<People, Error> {
    use crate::server::{administration::people, context, failure::Failure};
    context::require_administrator().await?;
    Ok(people::list(&context::state()?.db, &q, page).await.map_err(Failure::from)?)
}

crate::ui::lazy::lazy_page! {
    /// The route of [`PeoplePage`].
    PEOPLE_ROUTE = PeoplePage in settings
}

/// The list of accounts.
#[component]
pub fn PeoplePage() -> impl IntoView {
    let page = page_number();
    let query = use_query_map();
    let wanted = Memo::new(move |_| query.with(|query| query.get("q").unwrap_or_default()));
    let people = Data::new(move || (wanted.get(), page.get()), |(q, page)| show_people(q, page));
    proved(people, use_form(Confirm::PATH), show)
}

fn show(list: People) -> AnyView {
    let People { people, wanted, page, more } = list;
    let base = format!("/admin?q={}", Url::escape(&wanted));
    let found = if people.is_empty() {
        let none = if wanted.is_empty() {
            "There are no more accounts."
        } else {
            "No name and no address has that in it."
        };
        view! { <div class="empty-feed-message"><p>{none}</p></div> }.erased()
    } else {
        view! { <ul class="desk">{people.into_iter().map(row).collect_view()}</ul> }.erased()
    };
    view! {
        <Title text="People" />
        <div class="page">
            <header class="page-head">
                <h1>"People"</h1>
                <a class="button secondary" href="/admin/log">"What administrators did"</a>
            </header>
            <form class="search" method="get" action="/admin" role="search">
                <div class="field">
                    <label for="q">"Part of a name or an address"</label>
                    <input id="q" name="q" type="search" autocapitalize="none" value=wanted />
                </div>
                <button type="submit" class="secondary">"Search"</button>
            </form>
            {found}
            {turning(page, more, &base, NEWEST_FIRST)}
        </div>
    }
    .erased()
}

fn row(person: Person) -> impl IntoView {
    let Person { username, email, roles, active, closed, confirmed, since, seen } = person;
    let state = match (active, closed) {
        (true, _) => None,
        (false, Some(_)) => Some("Closed by its owner"),
        (false, None) => Some("Deactivated"),
    };
    view! {
        <li class="desk-row">
            <a class="desk-title" href=format!("/admin/people/{username}")>{username.clone()}</a>
            <p class="meta">
                {state.map(|state| view! { <span class="badge">{state}</span> })}
                <span>{in_words(&roles)}</span>
                <span>{email}</span>
                {(!confirmed).then(|| view! { <span>"Address not proved"</span> })}
                <span>"Since "{moment(since)}</span>
                {seen.map(|seen| view! { <span>"Last seen "{moment(seen)}</span> })}
            </p>
        </li>
    }
}

fn in_words(roles: &[Role]) -> String {
    match roles {
        [] => "no role".into(),
        roles => roles.iter().map(|role| role.name()).collect::<Vec<_>>().join(", "),
    }
}

fn moment(when: When) -> impl IntoView {
    view! { <time datetime=when.iso>{when.text}</time> }
}

/// What was done, as one sentence without its full stop.
fn sentence(deed: &Deed) -> String {
    let text = deed.action.text();
    if deed.detail.is_empty() { text.into() } else { format!("{text}: {}", deed.detail) }
}

/// An entry of the log; on a person's own page it need not say whose account it was.
fn entry(deed: Deed, naming: bool) -> impl IntoView {
    let what = sentence(&deed);
    let Deed { on, now_called, by, reason, when, network, device, .. } = deed;
    let by = by.map_or_else(|| "on the command line".into(), |by| format!("by {by}"));
    let on = naming.then(|| match now_called {
        Some(now) => view! { <a href=format!("/admin/people/{now}")>{on}</a> }.erased(),
        None => view! { <span>{format!("{on}, whose account is gone")}</span> }.erased(),
    });
    view! {
        <li class="desk-row">
            <strong>{what}</strong>
            <p class="meta">
                {on}
                <span>{by}</span>
                {moment(when)}
                {network.map(|network| view! { <span>{network}</span> })}
                {device.map(|device| view! { <span>{device}</span> })}
                {(!reason.is_empty()).then(|| view! { <q>{reason}</q> })}
            </p>
        </li>
    }
}
