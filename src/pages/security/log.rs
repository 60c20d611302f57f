//! `/settings/security/log`: all that is kept of what happened to one's account.

use leptos::{prelude::*, server, server_fn::codec::GetUrl};
use leptos_meta::Title;

use super::list_of;
use crate::{
    domain::security::Log,
    error::Error,
    json::Json,
    pages::page_number,
    ui::{
        data::Data,
        erased::Erase,
        list::{NEWEST_FIRST, turning},
        load::loaded,
    },
};

/// One page of what happened to the viewer's account, the last first.
// reads only
#[server(prefix = "/rpc", endpoint = "own-security-log", input = GetUrl, output = Json)]
pub async fn show_security_log(page: u32) -> Result<Log, Error> {
    use crate::server::{context, failure::Failure, security_log};
    let (user, state) = (context::require_user()?, context::state()?);
    let log = security_log::list(&state.db, user.id, page, state.clock.now()).await;
    Ok(log.map_err(Failure::from)?)
}

crate::ui::lazy::lazy_page! {
    /// The route of [`SecurityLogPage`].
    SECURITY_LOG_ROUTE = SecurityLogPage in settings
}

/// The log.
#[component]
pub fn SecurityLogPage() -> impl IntoView {
    let page = page_number();
    loaded(Data::new(move || page.get(), show_security_log), show)
}

fn show(log: Log) -> AnyView {
    let Log { events, page, more } = log;
    let entries = match (events.is_empty(), page) {
        (true, 1) => view! { <p>"Nothing yet."</p> }.erased(),
        (true, _) => {
            view! { <p>"There is nothing older. What happened more than 90 days ago is not kept."</p> }
                .erased()
        }
        (false, _) => list_of(events),
    };
    view! {
        <Title text="What happened" />
        <div class="page narrow">
            <h1>"What happened"</h1>
            <p class="lead">"Log-ins, failed ones at most once a minute, and what changed this account, for 90 days."</p>
            {entries}
            {turning(page, more, "/settings/security/log", NEWEST_FIRST)}
            <p class="aside"><a href="/settings/security">"Security"</a></p>
        </div>
    }
    .erased()
}
