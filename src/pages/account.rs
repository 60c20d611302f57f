//! `/settings/account`: the name and the address of one's account. `/settings/email/:token`:
//! where the link leads that proves the new address.

use leptos::{
    prelude::*,
    server,
    server_fn::{ServerFn, codec::GetUrl},
};
use leptos_meta::Title;
use leptos_router::hooks::use_location;

use super::{
    confirm::{Confirm, confirmation},
    segment,
};
use crate::{
    domain::{
        account::{Identity, NewEmail},
        field::Field,
        token::TypedToken,
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
        load::{answered, expired, loaded, refusal},
    },
};

const HERE: &str = "/settings/account";

/// What the viewer can change of their account.
// reads only
#[server(prefix = "/rpc", endpoint = "own-identity", input = GetUrl, output = Json)]
pub async fn show_identity() -> Result<Identity, Error> {
    use crate::{
        domain::security::EventKind,
        server::{
            context,
            failure::Failure,
            security_log,
            tokens::{self, Purpose},
        },
    };
    let user = context::require_user()?;
    let recent = match context::require_recent().await {
        Ok(_) => true,
        Err(Failure::Refused(Error::RecentLoginNeeded)) => false,
        Err(failure) => return Err(failure.into()),
    };
    let state = context::state()?;
    let (db, now) = (&state.db, state.clock.now());
    let pending = tokens::pending(db, user.id, Purpose::ChangeEmail, now);
    let pending = pending.await.map_err(Failure::from)?;
    let events = security_log::latest(db, user.id, now).await.map_err(Failure::from)?;
    let mut fresh = events.iter().filter(|event| event.fresh).map(|event| event.kind);
    let done = fresh.find(|kind| {
        use EventKind::{EmailChanged, EmailProved, UsernameChanged};
        matches!(kind, UsernameChanged | EmailChanged | EmailProved)
    });
    let proved = user.proved;
    Ok(Identity { username: user.username, email: user.email, proved, pending, recent, done })
}

/// Gives the viewer another name, or a former one of theirs back.
#[server(prefix = "/rpc", endpoint = "change-username", output = Json)]
pub async fn change_username(username: String) -> Result<Done, Error> {
    use crate::server::{context, names};
    let user = context::require_recent().await?;
    names::change(&context::state()?, &context::client()?, &user, &username).await?;
    Ok(Done::anew(HERE))
}

/// Mails a link to another address that the viewer wants their account to have.
#[server(prefix = "/rpc", endpoint = "ask-for-email", output = Json)]
pub async fn ask_for_email(email: String) -> Result<Done, Error> {
    use crate::server::{context, emails};
    let user = context::require_recent().await?;
    emails::ask(&context::state()?, &context::client()?, &user, &email).await?;
    Ok(Done::anew(HERE))
}

/// The address that a link would give to the viewer's account.
// reads only
#[server(prefix = "/rpc", endpoint = "email-terms", input = GetUrl, output = Json)]
pub async fn email_terms(token: TypedToken) -> Result<NewEmail, Error> {
    use crate::server::{context, emails};
    let user = context::require_user()?;
    let email = emails::check(&context::state()?, &user, &token).await?;
    Ok(NewEmail { same: email == user.email, username: user.username, email })
}

/// Gives the viewer's account the address that the link was mailed to, and ends every session
/// but this one.
#[server(prefix = "/rpc", endpoint = "change-email", output = Json)]
pub async fn change_email(token: TypedToken) -> Result<Done, Error> {
    use crate::server::{context, emails};
    // The session goes on as a fresh one, so it has to be one.
    let user = context::require_recent().await?;
    let (state, client, mut session) = (context::state()?, context::client()?, context::session()?);
    emails::change(&state, &mut session, &client, &user, &token).await?;
    Ok(Done::anew(HERE))
}

crate::ui::lazy::lazy_page! {
    /// The route of [`AccountPage`].
    ACCOUNT_ROUTE = AccountPage in settings
}

/// The page's forms.
#[derive(Clone, Copy)]
struct Forms {
    username: FormState,
    email: FormState,
    confirm: FormState,
}

/// The page with the forms for name and address.
#[component]
pub fn AccountPage() -> impl IntoView {
    let identity = Data::new(|| (), |()| show_identity());
    let forms = Forms {
        username: use_form(ChangeUsername::PATH),
        email: use_form(AskForEmail::PATH),
        confirm: use_form(Confirm::PATH),
    };
    loaded(identity, move |identity: Identity| show(identity, forms))
}

fn show(identity: Identity, forms: Forms) -> AnyView {
    let Identity { username, email, proved, pending, recent, done } = identity;
    let refused = forms.username.was_refused() || forms.email.was_refused();
    // The page is loaded anew after a change, and says so by what was written down.
    let done = done
        .filter(|_| !refused)
        .map(|kind| view! { <p class="notice" role="status">{format!("{}.", kind.text())}</p> });
    let wanted = move || forms.username.wants_proof() || forms.email.wants_proof();
    let needed = Memo::new(move |_| !recent || wanted());
    let name = username.clone();
    let asked = move || needed.get().then(|| confirmation(forms.confirm, name.clone(), HERE));
    // Forms that would be refused are not filled in; one that was refused keeps what is in it.
    let changes = (recent || refused).then(|| changes(username, email, proved, pending, forms));
    view! {
        <Title text="Your account" />
        <div class="page narrow">
            <h1>"Username and e-mail"</h1>
            {done}
            {asked}
            {changes}
            <p class="aside"><a href="/settings">"Settings"</a></p>
        </div>
    }
    .erased()
}

fn changes(
    username: String,
    email: String,
    proved: bool,
    pending: Option<String>,
    forms: Forms,
) -> AnyView {
    let Forms { username: name_form, email: email_form, .. } = forms;
    let pending = pending.map(|to| {
        let then = if to == email { "Use it, and the address is proved" } else { "The address changes once you use it" };
        view! { <p class="notice">{format!("We mailed a link to {to}. {then}; it works for an hour.")}</p> }
    });
    let hint = if proved {
        "We mail a link to the new address, and a notice to the present one."
    } else {
        "Nobody has proved yet that this address is yours. Leave it as it is, and we mail a link that does; or give another one."
    };
    view! {
        <section>
            <h2>"Username"</h2>
            <Form form=name_form to=format!("{HERE}?form=change-username")>
                <ErrorMessages form=name_form />
                <TextField
                    form=name_form
                    field=Field::Username
                    autocomplete="username"
                    value=username
                    hint="Three times a month. The former name stays yours, and links to it lead to the new one."
                />
                <p class="actions"><Submit form=name_form label="Change the username" /></p>
            </Form>
        </section>
        <section>
            <h2>"E-mail"</h2>
            {pending}
            <Form form=email_form to=format!("{HERE}?form=ask-for-email")>
                <ErrorMessages form=email_form />
                <TextField
                    form=email_form
                    field=Field::Email
                    kind="email"
                    autocomplete="email"
                    value=email
                    hint
                />
                <p class="actions"><Submit form=email_form label="Mail me a link" /></p>
            </Form>
        </section>
    }
    .erased()
}

crate::ui::lazy::lazy_page! {
    /// The route of [`EmailPage`].
    EMAIL_ROUTE = EmailPage in links
}

/// The page that the link to a new address leads to.
#[component]
pub fn EmailPage() -> impl IntoView {
    let token = segment("token");
    let terms = Data::new(move || token.get(), |token| email_terms(TypedToken::new(token)));
    let forms = (use_form(ChangeEmail::PATH), use_form(Confirm::PATH));
    answered(terms, move |terms| match terms {
        Ok(new) => offer(token.get_untracked(), new, forms),
        Err(error @ Error::LinkExpired) => opens_nothing(&error),
        Err(error) => refusal(error),
    })
}

fn offer(token: String, new: NewEmail, (form, confirm): (FormState, FormState)) -> AnyView {
    let NewEmail { same, username, email } = new;
    let (asks, then) = if same {
        ("Is this your address?", format!("{email} is proved to be the address of your account."))
    } else {
        ("Use this address?", format!("{email} becomes the address of your account."))
    };
    let label = if same { "Yes, it is" } else { "Use this address" };
    let here = use_location().pathname.get_untracked();
    let to = format!("{here}?form=change-email");
    let needed = Memo::new(move |_| confirm.was_refused() || form.wants_proof());
    let proof = move || needed.get().then(|| confirmation(confirm, username.clone(), here.clone()));
    view! {
        <Title text="New e-mail address" />
        <div class="page narrow">
            <h1>{asks}</h1>
            <p class="lead">{then}" You are logged out everywhere else."</p>
            <Form form to>
                <ErrorMessages form />
                <input type="hidden" name="token" value=token />
                <p class="actions"><Submit form label /></p>
            </Form>
            {proof}
        </div>
    }
    .erased()
}

fn opens_nothing(error: &Error) -> AnyView {
    let or = "Or it is for another account than the one you are logged in to.";
    let instead = view! { <a class="button" href=HERE>"Ask for another link"</a> };
    expired(format!("{} {or}", error.text()), instead.erased())
}
