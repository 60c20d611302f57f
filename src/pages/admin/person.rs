//! `/admin/people/:username`: one account, and what can be done to it.
//!
//! The forms lie behind links, `?form=…`: whoever follows one reads first what it will do.

use leptos::{
    prelude::*,
    server,
    server_fn::{ServerFn, codec::GetUrl},
};
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use super::{entry, in_words, moment, sentence};
use crate::{
    domain::{
        administration::{Action, Deed, Dossier, Person},
        field::Field,
        role::Role,
        security::Event,
    },
    error::Error,
    json::Json,
    pages::{
        confirm::{Confirm, confirmation, proved},
        segment,
    },
    ui::{
        data::Data,
        erased::Erase,
        form::{
            Done, ErrorMessages, Form, FormState,
            fields::{Submit, TextField, Tick},
            use_form,
        },
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

/// The page's forms.
#[derive(Clone, Copy)]
struct Forms {
    role: FormState,
    active: FormState,
    sessions: FormState,
    reset: FormState,
    confirm: FormState,
}

impl Forms {
    /// Whether this document says why one of them was refused.
    fn were_refused(&self) -> bool {
        let Forms { role, active, sessions, reset, confirm } = self;
        [role, active, sessions, reset, confirm].iter().any(|form| form.was_refused())
    }
}

/// What can be done, by the query that its form lies behind.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Choice {
    Role,
    Active,
    Sessions,
    Reset,
    Confirm,
}

impl Choice {
    fn of(query: &str) -> Option<Self> {
        let all = [Self::Role, Self::Active, Self::Sessions, Self::Reset, Self::Confirm];
        all.into_iter().find(|choice| choice.query() == query)
    }

    const fn query(self) -> &'static str {
        match self {
            Choice::Role => "set-role",
            Choice::Active => "set-active",
            Choice::Sessions => "end-sessions",
            Choice::Reset => "mail-reset",
            Choice::Confirm => "confirm",
        }
    }
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

fn choices(person: &Person, sessions: u32, here: &str) -> impl IntoView + use<> {
    let link = |choice: Choice, text: &'static str| {
        let href = format!("{here}?form={}", choice.query());
        view! { <a class="button secondary" href=href rel="external">{text}</a> }
    };
    let active = match (person.active, &person.closed) {
        (true, _) => "Deactivate",
        (false, Some(_)) => "Deactivate or activate",
        (false, None) => "Activate",
    };
    view! {
        <p class="actions">
            {link(Choice::Role, "Change the role")}
            {link(Choice::Active, active)}
            {(sessions > 0).then(|| link(Choice::Sessions, "End all sessions"))}
            {person.active.then(|| link(Choice::Reset, "Mail a link for a new password"))}
        </p>
    }
}

/// The form for what was chosen or, when that needs a fresh proof, the form for it in its place.
fn form_for(choice: Choice, forms: Forms, person: &Person, here: &str, viewer: &str) -> AnyView {
    let (form, button) = match choice {
        Choice::Role => (forms.role, "Change the role"),
        Choice::Active if person.active => (forms.active, "Deactivate"),
        Choice::Active if person.closed.is_some() => (forms.active, "Decide"),
        Choice::Active => (forms.active, "Activate"),
        Choice::Sessions => (forms.sessions, "End all sessions"),
        Choice::Reset => (forms.reset, "Mail the link"),
        Choice::Confirm => return confirmation(forms.confirm, viewer.into(), here),
    };
    let oneself = (person.username == viewer && choice != Choice::Reset).then(|| sure(form));
    let fields = fields_of(choice, form, person);
    let (name, to) = (person.username.clone(), format!("{here}?form={}", choice.query()));
    let back = here.to_owned();
    let asks = view! {
        <Form form to>
            <input type="hidden" name="username" value=name />
            {fields}
            <TextField form field=Field::Reason hint="May stay empty. It goes into the log, which administrators read." />
            {oneself}
            <p class="actions">
                <Submit form label=button class=if button == "Deactivate" { "destructive" } else { "primary" } />
                <a class="button secondary" href=back rel="external">"Cancel"</a>
            </p>
        </Form>
    };
    let (here, viewer) = (here.to_owned(), viewer.to_owned());
    let needed = Memo::new(move |_| form.wants_proof());
    let proof =
        move || needed.get().then(|| confirmation(forms.confirm, viewer.clone(), here.clone()));
    view! { <ErrorMessages form />{proof}<div hidden=move || needed.get()>{asks}</div> }.erased()
}

/// What it will do, and what it needs to know.
fn fields_of(choice: Choice, form: FormState, person: &Person) -> AnyView {
    match choice {
        Choice::Role => {
            let wanted = form.typed("role");
            let before = wanted.as_deref().and_then(Role::from_name);
            let before = before.or(person.roles.first().copied());
            let options = Role::ALL.map(|role| {
                view! { <option value=role.name() selected=before == Some(role)>{role_in_words(role)}</option> }
            });
            view! {
                <p>"They are logged out everywhere, and told by mail. You can change it back."</p>
                <div class="field">
                    <label for="role">"Role"</label>
                    <select id="role" name="role">{options.collect_view()}</select>
                </div>
            }
            .erased()
        }
        Choice::Active if person.active => view! {
            <p>"They are logged out everywhere, cannot log in, and are told by mail. Their profile is gone from the site; what they published stays. You can activate the account again."</p>
            <input type="hidden" name="active" value="false" />
        }
        .erased(),
        Choice::Active if person.closed.is_some() => {
            let wanted = form.typed("active").is_some_and(|active| active == "true");
            view! {
                <p>"Its owner has closed this account, and can take it back until it is deleted. Deactivated, they cannot. Activated, it is not deleted, and they can log in again. They are told by mail."</p>
                <div class="field">
                    <label for="active">"The account"</label>
                    <select id="active" name="active">
                        <option value="false" selected=!wanted>"Deactivate it"</option>
                        <option value="true" selected=wanted>"Activate it"</option>
                    </select>
                </div>
            }
            .erased()
        }
        Choice::Active => view! {
            <p>"They can log in again with the password that they had, and are told by mail."</p>
            <input type="hidden" name="active" value="true" />
        }
        .erased(),
        Choice::Sessions => view! {
            <p>"They are logged out in every browser, and links that were mailed to them open nothing any more. They can log in again."</p>
        }
        .erased(),
        Choice::Reset | Choice::Confirm => view! {
            <p>"Only they see the link. It works for 15 minutes, and their password stays until they use it. Whoever was mailed two within a quarter of an hour gets no third."</p>
        }
        .erased(),
    }
}

const fn role_in_words(role: Role) -> &'static str {
    match role {
        Role::Reader => "Reader: reads what is for members",
        Role::Author => "Author: writes as well",
        Role::Editor => "Editor: takes the articles of others offline as well",
        Role::Administrator => "Administrator: looks after accounts as well",
    }
}

/// What is asked of whoever does it to themselves.
fn sure(form: FormState) -> impl IntoView {
    view! {
        <Tick
            form
            field=Field::Sure
            label="This is my own account: I log myself out, and may not be able to undo it"
        />
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
