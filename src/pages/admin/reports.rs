//! `/admin/reports`: comments that were reported or are held, for whoever moderates.

use leptos::{
    prelude::*,
    server,
    server_fn::{ServerFn, codec::GetUrl},
};
use leptos_meta::Title;

use super::moment;
use crate::{
    domain::comment::{Reported, Reports, Verdict},
    error::Error,
    json::Json,
    pages::page_number,
    ui::{
        data::Data,
        erased::Erase,
        form::{Done, RefusedElsewhere},
        list::turning,
        load::loaded,
    },
};

/// The page's own address.
const HERE: &str = "/admin/reports";

/// What waits for whoever moderates: one page of reports, the oldest first, and what is held.
// reads only
#[server(prefix = "/rpc", endpoint = "reports", input = GetUrl, output = Json)]
pub async fn show_reports(page: u32) -> Result<Reports, Error> {
    use crate::{
        domain::role::Permission,
        server::{context, failure::Failure, reports},
    };
    context::require(Permission::ModerateComments)?;
    let state = context::state()?;
    Ok(reports::list(&state.db, page, state.clock.now()).await.map_err(Failure::from)?)
}

/// Decides about a comment that was reported or is held.
#[server(prefix = "/rpc", endpoint = "settle-report", output = Json)]
pub async fn settle_report(handle: String, verdict: Verdict) -> Result<Done, Error> {
    use crate::{
        domain::role::Permission,
        server::{comments::deciding, context, reports},
    };
    let user = context::require(Permission::ModerateComments)?;
    let (state, client) = (context::state()?, context::client()?);
    let comment = deciding::key_of(&handle)?;
    let now = state.clock.now();
    reports::settle(&state.db, (&user, &client), comment, verdict, now).await?;
    Ok(Done::at(HERE))
}

crate::ui::lazy::lazy_page! {
    /// The route of [`ReportsPage`].
    REPORTS_ROUTE = ReportsPage in settings
}

/// The queue.
#[component]
pub fn ReportsPage() -> impl IntoView {
    let page = page_number();
    let shown = loaded(Data::new(move || page.get(), show_reports), show);
    view! {
        <RefusedElsewhere function=SettleReport::PATH />
        {shown}
    }
}

fn show(reports: Reports) -> AnyView {
    let Reports { held, reports, page, more } = reports;
    let nothing = (held.is_empty() && reports.is_empty()).then(|| {
        view! { <div class="empty-feed-message"><p>"Nothing waits for you."</p></div> }
    });
    let held = section("Waiting for approval", "Approve", held);
    let reports = section("Reported", "Keep it", reports);
    view! {
        <Title text="Comments to look at" />
        <div class="page">
            <header class="page-head"><h1>"Comments to look at"</h1></header>
            {nothing}
            {held}
            {reports}
            {turning(page, more, HERE, ["Older", "Newer"])}
            <p class="aside"><a href="/settings">"Settings"</a></p>
        </div>
    }
    .erased()
}

fn section(title: &'static str, keep: &'static str, rows: Vec<Reported>) -> Option<AnyView> {
    if rows.is_empty() {
        return None;
    }
    let rows = rows.into_iter().map(|row| entry(row, keep)).collect_view();
    Some(view! { <section><h2>{title}</h2><ul class="desk">{rows}</ul></section> }.erased())
}

fn entry(reported: Reported, keep: &'static str) -> AnyView {
    let Reported { handle, author, text, slug, title, reporter, reason, when } = reported;
    let why = reporter.map(|reporter| view! { <p>{format!("{reporter}: ")}<q>{reason}</q></p> });
    view! {
        <li class="report">
            <blockquote class="bio">{text}</blockquote>
            <p class="meta">
                <span>{author}</span>
                <a href=format!("/article/{slug}#comment-{handle}")>{title}</a>
                {moment(when)}
            </p>
            {why}
            <div class="actions">{verdict(handle.clone(), "keep", keep, "secondary")}</div>
            <details class="danger">
                <summary>"Remove it"</summary>
                <p>"It is gone at once, and nothing brings it back."</p>
                {verdict(handle, "remove", "Remove it for good", "destructive")}
            </details>
        </li>
    }
    .erased()
}

fn verdict(
    handle: String,
    verdict: &'static str,
    label: &'static str,
    class: &'static str,
) -> AnyView {
    view! {
        <form class="inline-form" method="post" action=format!("{HERE}?form=settle")>
            <input type="hidden" name="handle" value=handle />
            <input type="hidden" name="verdict" value=verdict />
            <button type="submit" class=class>{label}</button>
        </form>
    }
    .erased()
}
