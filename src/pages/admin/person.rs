//! `/admin/people/:username`: one account, and what can be done to it.
//!
//! The forms lie behind links, `?form=…`: whoever follows one reads first what it will do.

mod choosing;

use leptos::{
    prelude::*,
    server,
    server_fn::{ServerFn, codec::GetUrl},
};
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use self::choosing::{Choice, Forms, choices, form_for};
use super::{entry, in_words, moment, sentence};
use crate::{
    domain::{
        administration::{Action, Deed, Dossier, Person},
        role::Role,
        security::Event,
    },
    error::Error,
    json::Json,
    pages::{
        confirm::{Confirm, proved},
        segment,
    },
    ui::{
        data::Data,
        erased::Erase,
        form::{Done, use_form},
    },
};

/// All that an administrator can know of a person.
// reads only
#[server(prefix = "/rpc", endpoint = "person", input = GetUrl, output = Json)]
pub async fn show_person(username: String) -> Result<Dossier, Error> {
    use crate::server::{administration::people, context};
    let viewer = context::require_administrator().await?;
    let state = context::state()?;
    Ok(people::find(&state.db, &username, viewer, state.clock.now()).await?)
}

/// Gives a person another role. `sure` is wanted of whoever does it to themselves.
#[server(prefix = "/rpc", endpoint = "set-role", output = Json)]
pub async fn set_role(
    username: String,
    role: Role,
    #[server(default)] reason: String,
    #[server(default)] sure: bool,
) -> Result<Done, Error> {
    use crate::server::{administration, context};
    let administrator = context::require_administrator().await?;
    let (state, client) = (context::state()?, context::client()?);
    let by = administration::by(&administrator, &client, &reason, state.clock.now())?;
    let name = administration::set_role(&state.db, &by, &username, role, sure).await?;
    state.mail.wake();
    Ok(Done::anew(administration::goes_on_at(&administrator, &name)))
}

/// Shuts a person out, or lets them in again.
#[server(prefix = "/rpc", endpoint = "set-active", output = Json)]
pub async fn set_active(
    username: String,
    active: bool,
    #[server(default)] reason: String,
    #[server(default)] sure: bool,
) -> Result<Done, Error> {
    use crate::server::{administration, context};
    let administrator = context::require_administrator().await?;
    let (state, client) = (context::state()?, context::client()?);
    let by = administration::by(&administrator, &client, &reason, state.clock.now())?;
    let name = administration::set_active(&state.db, &by, &username, active, sure).await?;
    state.mail.wake();
    Ok(Done::anew(administration::goes_on_at(&administrator, &name)))
}

/// Ends all sessions of a person.
#[server(prefix = "/rpc", endpoint = "end-sessions-of", output = Json)]
pub async fn end_sessions_of(
    username: String,
    #[server(default)] reason: String,
    #[server(default)] sure: bool,
) -> Result<Done, Error> {
    use crate::server::{administration, context};
    let administrator = context::require_administrator().await?;
    let (state, client) = (context::state()?, context::client()?);
    let by = administration::by(&administrator, &client, &reason, state.clock.now())?;
    let name = administration::end_sessions(&state.db, &by, &username, sure).await?;
    Ok(Done::anew(administration::goes_on_at(&administrator, &name)))
}

/// Mails a person the link to set a new password.
#[server(prefix = "/rpc", endpoint = "mail-reset", output = Json)]
pub async fn mail_reset(
    username: String,
    #[server(default)] reason: String,
) -> Result<Done, Error> {
    use crate::server::{administration, context};
    let administrator = context::require_administrator().await?;
    let (state, client) = (context::state()?, context::client()?);
    let by = administration::by(&administrator, &client, &reason, state.clock.now())?;
    let name = administration::mail_reset(&state.db, &by, &username).await?;
    state.mail.wake();
    Ok(Done::anew(administration::page_of(&name)))
}

crate::ui::lazy::lazy_page! {
    /// The route of [`PersonPage`].
    PERSON_ROUTE = PersonPage in settings
}

/// A person's page, for administrators.
#[component]
pub fn PersonPage() -> impl IntoView {
    let username = segment("username");
    let query = use_query_map();
    let choice = Memo::new(move |_| query.with(|q| Choice::of(q.get("form")?.as_str())));
    let person = Data::new(move || username.get(), show_person);
    let forms = Forms {
        role: use_form(SetRole::PATH),
        active: use_form(SetActive::PATH),
        sessions: use_form(EndSessionsOf::PATH),
        reset: use_form(MailReset::PATH),
        confirm: use_form(Confirm::PATH),
    };
    proved(person, forms.confirm, move |dossier: Dossier| show(dossier, forms, choice))
}

fn show(dossier: Dossier, forms: Forms, choice: Memo<Option<Choice>>) -> AnyView {
    let Dossier { person, sessions, events, deeds, viewer } = dossier;
    let here = format!("/admin/people/{}", person.username);
    // What the viewer did, and not what somebody else did at the same time.
    let fresh = deeds
        .first()
        .filter(|deed| deed.fresh && !forms.were_refused() && deed.by.as_ref() == Some(&viewer));
    let done = fresh.map(|deed| notice(deed, &here));
    let facts = facts(&person, sessions);
    let name = person.username.clone();
    let chosen = {
        let here = here.clone();
        move || match choice.get() {
            None => choices(&person, sessions, &here).erased(),
            Some(choice) => form_for(choice, forms, &person, &here, &viewer),
        }
    };
    view! {
        <Title text=name.clone() />
        <div class="page narrow">
            <h1>{name.clone()}</h1>
            {done}
            {facts}
            <section>
                <h2>"What you can do"</h2>
                {chosen}
            </section>
            <section>
                <h2>"What administrators did"</h2>
                {done_lately(deeds)}
            </section>
            <section>
                <h2>"Log-ins and what the account did"</h2>
                {happened_lately(events)}
            </section>
            <p class="aside"><a href="/admin">"People"</a></p>
        </div>
    }
    .erased()
}

/// What was done just now, and the way back where there is one.
fn notice(deed: &Deed, here: &str) -> impl IntoView + use<> {
    let back = match deed.action {
        Action::RoleChanged => Some(Choice::Role),
        Action::Deactivated | Action::Activated => Some(Choice::Active),
        _ => None,
    };
    let back = back.map(|back| {
        let href = format!("{here}?form={}", back.query());
        view! { " "<a href=href rel="external">"Undo"</a> }
    });
    view! { <p class="notice" role="status">{format!("{}.", sentence(deed))}{back}</p> }
}

fn facts(person: &Person, sessions: u32) -> impl IntoView + use<> {
    let Person { username, email, roles, active, closed, confirmed, since, seen } = person.clone();
    let state = match (active, closed) {
        (true, _) => "Active".to_owned(),
        (false, Some(end)) => {
            format!("Closed by its owner, who can take it back until {}", end.text)
        }
        (false, None) => "Deactivated: it cannot log in".to_owned(),
    };
    let proof = if confirmed { "" } else { " (not proved)" };
    let seen = match seen {
        Some(seen) => moment(seen).erased(),
        None => view! { "Not lately" }.erased(),
    };
    let profile = if active {
        view! { <a href=format!("/profile/{username}")>{username.clone()}</a> }.erased()
    } else {
        username.erased()
    };
    view! {
        <dl class="facts">
            <div><dt>"Username"</dt><dd>{profile}</dd></div>
            <div><dt>"E-mail"</dt><dd>{email}{proof}</dd></div>
            <div><dt>"Role"</dt><dd>{in_words(&roles)}</dd></div>
            <div><dt>"Account"</dt><dd>{state}</dd></div>
            <div><dt>"Member since"</dt><dd>{moment(since)}</dd></div>
            <div><dt>"Last seen"</dt><dd>{seen}</dd></div>
            <div><dt>"Logged in"</dt><dd>{match sessions {
                0 => "Nowhere".to_owned(),
                1 => "In 1 browser".to_owned(),
                n => format!("In {n} browsers"),
            }}</dd></div>
        </dl>
    }
}

fn done_lately(deeds: Vec<Deed>) -> AnyView {
    if deeds.is_empty() {
        return view! { <p>"Nothing yet."</p> }.erased();
    }
    let rows = deeds.into_iter().map(|deed| entry(deed, false)).collect_view();
    view! { <ul class="desk">{rows}</ul> }.erased()
}

fn happened_lately(events: Vec<Event>) -> AnyView {
    if events.is_empty() {
        return view! { <p>"Nothing within the last 90 days."</p> }.erased();
    }
    let rows = events.into_iter().map(|event| {
        view! {
            <li class="desk-row">
                <strong>{event.kind.text()}</strong>
                <p class="meta">
                    {moment(event.when)}
                    {event.network.map(|network| view! { <span>{network}</span> })}
                    {event.device.map(|device| view! { <span>{device}</span> })}
                </p>
            </li>
        }
    });
    view! { <ul class="desk">{rows.collect_view()}</ul> }.erased()
}
