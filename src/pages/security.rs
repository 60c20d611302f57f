//! `/settings/security`: where one is logged in, and the password.

pub mod log;

use leptos::{
    prelude::*,
    server,
    server_fn::{ServerFn, codec::GetUrl},
};
use leptos_meta::Title;

use super::{
    confirm::{Confirm, account, confirmation},
    second_factor::few_codes,
};
use crate::{
    domain::{
        field::Field,
        password::TypedPassword,
        security::{Event, EventKind, Factors, OwnSession, Protection, Security, Step},
    },
    error::Error,
    json::Json,
    ui::{
        data::Data,
        erased::Erase,
        form::{
            Done, ErrorMessages, Form, FormState,
            fields::{Submit, TextField},
            use_form,
        },
        load::loaded,
        new_password::NewPassword,
    },
};

const HERE: &str = "/settings/security";

/// Where the viewer is logged in.
// reads only
#[server(prefix = "/rpc", endpoint = "own-security", input = GetUrl, output = Json)]
pub async fn show_security() -> Result<Security, Error> {
    use crate::server::{
        auth, context, factors, failure::Failure, security_log, sessions::own, strength,
    };
    let user = context::require_user()?;
    let (state, asking) = (context::state()?, auth::identifier(&context::session()?)?);
    let now = state.clock.now();
    let sessions = own::list(&state.db, user.id, &asking, now).await.map_err(Failure::from)?;
    let events = security_log::latest(&state.db, user.id, now).await.map_err(Failure::from)?;
    let factors = factors::of(&state.db, user.id).await.map_err(Failure::from)?;
    let protection = strength::of(&state.db, user.id, factors, now).await.map_err(Failure::from)?;
    Ok(Security {
        protection,
        factors,
        sessions,
        events,
        password_min: state.config.new_passwords.min,
        username: user.username,
    })
}

/// Ends one of the viewer's sessions. One by one they are all, so it asks for the same proof.
#[server(prefix = "/rpc", endpoint = "end-session", output = Json)]
pub async fn end_session(handle: String) -> Result<Done, Error> {
    use crate::server::{context, sessions::own};
    let user = context::require_recent().await?;
    let (state, client) = (context::state()?, context::client()?);
    own::end(&state.db, user.id, &handle, &client, state.clock.now()).await?;
    Ok(Done::anew(HERE))
}

/// Ends all sessions of the viewer but the one that asks.
#[server(prefix = "/rpc", endpoint = "end-other-sessions", output = Json)]
pub async fn end_other_sessions() -> Result<Done, Error> {
    use crate::server::{auth, context, sessions::own};
    let (state, client, session) = (context::state()?, context::client()?, context::session()?);
    let user = context::require_recent().await?;
    let asking = auth::identifier(&session)?;
    own::end_others(&state.db, user.id, &asking, &client, state.clock.now()).await?;
    Ok(Done::anew(HERE))
}

/// Changes the viewer's password, and ends every session but this one.
#[server(prefix = "/rpc", endpoint = "change-password", output = Json)]
pub async fn change_password(
    current_password: TypedPassword,
    new_password: TypedPassword,
) -> Result<Done, Error> {
    use crate::server::{accounts, context};
    let mut user = context::require_user()?;
    // The password that the form asks for is proof enough where there is no other.
    if user.second_factor() {
        user = context::require_recent().await?;
    }
    let (state, client, mut session) = (context::state()?, context::client()?, context::session()?);
    let (current, new) = (current_password, new_password);
    accounts::change_password(&state, &mut session, &client, &user, current, new).await?;
    Ok(Done::anew(HERE))
}

crate::ui::lazy::lazy_page! {
    /// The route of [`SecurityPage`].
    SECURITY_ROUTE = SecurityPage in settings
}

/// The page's forms.
#[derive(Clone, Copy)]
struct Forms {
    end: FormState,
    end_others: FormState,
    confirm: FormState,
    password: FormState,
}

/// The security page.
#[component]
pub fn SecurityPage() -> impl IntoView {
    let security = Data::new(|| (), |()| show_security());
    let forms = Forms {
        end: use_form(EndSession::PATH),
        end_others: use_form(EndOtherSessions::PATH),
        confirm: use_form(Confirm::PATH),
        password: use_form(ChangePassword::PATH),
    };
    loaded(security, move |security: Security| show(security, forms))
}

fn show(security: Security, forms: Forms) -> AnyView {
    let Security { username, password_min, protection, factors, sessions, events } = security;
    let refused = forms.password.was_refused() || forms.end.was_refused();
    let done = events.first().filter(|e| !refused && e.fresh && is_an_answer(e.kind));
    let done = done.map(
        |event| view! { <p class="notice" role="status">{format!("{}.", event.kind.text())}</p> },
    );
    view! {
        <Title text="Security" />
        <div class="page narrow">
            <h1>"Security"</h1>
            {done}
            <section>
                <h2>"What protects this account"</h2>
                {protected_by(protection)}
            </section>
            <section>
                <h2>"Second factor"</h2>
                {second_factor(factors)}
            </section>
            <section id="sessions">
                <h2>"Where you are logged in"</h2>
                {list(sessions, username.clone(), forms)}
            </section>
            <section id="password-section">
                <h2>"Change your password"</h2>
                {password(forms, username, password_min)}
            </section>
            <section>
                <h2>"Passkeys"</h2>
                <p><a href="/settings/security/passkeys">"Log in with your device instead of a password"</a></p>
            </section>
            <section>
                <h2>"What happened lately"</h2>
                {list_of(events)}
                <p><a href="/settings/security/log">"All that is kept of it"</a></p>
            </section>
            <p class="aside"><a href="/settings">"Settings"</a></p>
        </div>
    }
    .erased()
}

fn second_factor(factors: Factors) -> AnyView {
    let Factors { recovery_codes: left, .. } = factors;
    let state = if factors.any() {
        format!("On: the password alone does not open this account. Recovery codes left: {left}.")
    } else {
        "Off: whoever knows the password is in.".into()
    };
    let label = if factors.any() { "Look after it" } else { "Set one up" };
    view! {
        <p>{state}</p>
        {few_codes(factors)}
        <p><a href="/settings/security/second-factor">{label}</a></p>
    }
    .erased()
}

/// The facts, and one button for the step that would help most.
fn protected_by(protection: Protection) -> AnyView {
    let facts = protection.facts.into_iter().map(|(text, good)| {
        let weak = (!good).then(|| view! { <span class="badge">"Could be better:"</span>" " });
        view! { <li>{weak}{text}</li> }
    });
    let next = match protection.next {
        Some(Step { label, to }) => {
            view! { <p class="actions"><a class="button" href=to rel="external">{label}</a></p> }
                .erased()
        }
        None => view! { <p>"Nothing is left to do."</p> }.erased(),
    };
    view! { <ul>{facts.collect_view()}</ul>{next} }.erased()
}

fn list(sessions: Vec<OwnSession>, username: String, forms: Forms) -> AnyView {
    // What was refused says why, even if there is nothing left to end.
    let refused = [forms.end, forms.end_others, forms.confirm].iter().any(FormState::was_refused);
    let others = (sessions.len() > 1 || refused).then(|| others(username, forms));
    let rows = sessions.into_iter().map(row).collect_view();
    view! {
        <p>"End what you do not know, then change your password."</p>
        <Form form=forms.end to=format!("{HERE}?form=end-session")>
            <ErrorMessages form=forms.end />
            <ul class="desk">{rows}</ul>
        </Form>
        {others}
    }
    .erased()
}

fn row(session: OwnSession) -> impl IntoView {
    let OwnSession { handle, device, network, first, last, here } = session;
    let label = format!("End {device}, last used {}", last.text);
    let end = (!here).then(|| {
        view! { <button type="submit" class="secondary edit-link" name="handle" value=handle aria-label=label>"End"</button> }
    });
    view! {
        <li class="desk-row">
            <strong>{device}</strong>
            <p class="meta">
                {here.then(|| view! { <span class="badge">"This one"</span> })}
                <span>{network}</span>
                <span>"Since "<time datetime=first.iso>{first.text}</time></span>
                <span>"Last used "<time datetime=last.iso>{last.text}</time></span>
            </p>
            {end}
        </li>
    }
}

/// The button for all others, or, when that needs a fresh proof, the form for it in its place.
fn others(username: String, forms: Forms) -> AnyView {
    let Forms { end, end_others: form, confirm, .. } = forms;
    let wanted = move || end.wants_proof() || form.wants_proof();
    let needed = Memo::new(move |_| confirm.was_refused() || wanted());
    let button = move || {
        view! {
            <Form form to=format!("{HERE}?form=end-other-sessions")>
                <p class="actions"><Submit form label="End all others" class="secondary" /></p>
            </Form>
        }
    };
    let shown = move || {
        if needed.get() { confirmation(confirm, username.clone(), HERE) } else { button().erased() }
    };
    view! { <ErrorMessages form />{shown} }.erased()
}

fn password(forms: Forms, username: String, min: u8) -> AnyView {
    let Forms { password: form, confirm, .. } = forms;
    let name = username.clone();
    // Only whoever has a second factor is asked to prove it first.
    let proof = move || form.wants_proof().then(|| confirmation(confirm, name.clone(), HERE));
    view! {
        <p>"Every other session ends with the old password."</p>
        <ErrorMessages form />
        {proof}
        <Form form to=format!("{HERE}?form=change-password")>
            {account(username)}
            <TextField form field=Field::CurrentPassword kind="password" autocomplete="current-password" />
            <NewPassword
                form
                field=Field::NewPassword
                hint=format!("At least {min} characters. Four random words are easy to keep in mind.")
            />
            <p class="actions"><Submit form label="Change the password" /></p>
        </Form>
    }
    .erased()
}

/// What a form of this page leads to. The page is loaded anew then, and says so by what was
/// written down; an address that says it could be written by anybody.
fn is_an_answer(kind: EventKind) -> bool {
    matches!(
        kind,
        EventKind::PasswordChanged | EventKind::SessionsEnded | EventKind::AuthenticatorRemoved
    )
}

/// What happened, an entry each.
fn list_of(events: Vec<Event>) -> AnyView {
    if events.is_empty() {
        return view! { <p>"Nothing yet. Log-ins, failed ones too, and what changes the account are kept here for 90 days."</p> }.erased();
    }
    let rows = events.into_iter().map(|event| {
        let from = event.network.unwrap_or_else(|| "By whoever runs the site".into());
        view! {
            <li class="desk-row">
                <strong>{event.kind.text()}</strong>
                <p class="meta">
                    <time datetime=event.when.iso>{event.when.text}</time>
                    <span>{from}</span>
                    {event.device.map(|device| view! { <span>{device}</span> })}
                </p>
            </li>
        }
    });
    view! { <ul class="desk">{rows.collect_view()}</ul> }.erased()
}
