//! `/admin/log`: what was done to accounts, by whom and why.

use leptos::{
    prelude::*,
    server,
    server_fn::{ServerFn, codec::GetUrl},
};
use leptos_meta::Title;

use super::entry;
use crate::{
    domain::administration::Log,
    error::Error,
    json::Json,
    pages::{
        confirm::{Confirm, proved},
        page_number,
    },
    ui::{
        data::Data,
        erased::Erase,
        form::use_form,
        list::{NEWEST_FIRST, turning},
    },
};

/// One page of everything that was done to accounts, the last first.
// reads only
#[server(prefix = "/rpc", endpoint = "audit-log", input = GetUrl, output = Json)]
pub async fn show_log(page: u32) -> Result<Log, Error> {
    use crate::server::{audit, context, failure::Failure};
    context::require_administrator().await?;
    let state = context::state()?;
    Ok(audit::list(&state.db, page, state.clock.now()).await.map_err(Failure::from)?)
}

crate::ui::lazy::lazy_page! {
    /// The route of [`LogPage`].
    LOG_ROUTE = LogPage in settings
}

/// The audit log.
#[component]
pub fn LogPage() -> impl IntoView {
    let page = page_number();
    proved(Data::new(move || page.get(), show_log), use_form(Confirm::PATH), show)
}

fn show(log: Log) -> AnyView {
    let Log { deeds, page, more } = log;
    let entries = if deeds.is_empty() {
        let none = "Nothing yet. What administrators and the command line do to accounts is kept here for a year.";
        view! { <div class="empty-feed-message"><p>{none}</p></div> }.erased()
    } else {
        let rows = deeds.into_iter().map(|deed| entry(deed, true)).collect_view();
        view! { <ul class="desk">{rows}</ul> }.erased()
    };
    view! {
        <Title text="What administrators did" />
        <div class="page">
            <header class="page-head">
                <h1>"What administrators did"</h1>
                <a class="button secondary" href="/admin">"People"</a>
            </header>
            {entries}
            {turning(page, more, "/admin/log", NEWEST_FIRST)}
        </div>
    }
    .erased()
}
