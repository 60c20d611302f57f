//! `/register/confirm` and `/register/confirm/:token`: the proof of an address, with which a
//! registration ends.

use leptos::{
    prelude::*,
    server,
    server_fn::{ServerFn, codec::GetUrl},
};
use leptos_meta::Title;
use leptos_router::hooks::{use_location, use_query_map};

use super::segment;
use crate::{
    domain::{field::Field, password::TypedPassword, registration::Step, token::TypedToken},
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

const HERE: &str = "/register/confirm";

/// How far the registration has come that this browser began.
// reads only
#[server(prefix = "/rpc", endpoint = "registration-step", input = GetUrl, output = Json)]
pub async fn registration_step() -> Result<Step, Error> {
    use crate::server::{
        context,
        failure::Failure,
        registrations::{COOKIE, pending},
    };
    let (state, browser) = (context::state()?, context::cookie(COOKIE)?);
    let step = pending::step(&state.db, browser.as_deref(), state.clock.now()).await;
    Ok(step.map_err(Failure::from)?)
}

/// Makes the account if that is the mailed code, and logs in.
#[server(prefix = "/rpc", endpoint = "confirm-by-code", output = Json)]
pub async fn confirm_by_code(code: TypedToken) -> Result<Done, Error> {
    use crate::server::{context, registrations};
    let (state, client, mut session) = (context::state()?, context::client()?, context::session()?);
    let browser = context::cookie(registrations::COOKIE)?;
    let browser = browser.as_deref();
    let done =
        registrations::confirm_by_code(&state, &mut session, &client, browser, &code).await?;
    Ok(Done::anew(if done == registrations::Confirmed::Account { "/" } else { HERE }))
}

/// Has the mail sent once more.
#[server(prefix = "/rpc", endpoint = "send-code-again", output = Json)]
pub async fn send_code_again() -> Result<Done, Error> {
    use crate::server::{context, registrations};
    let browser = context::cookie(registrations::COOKIE)?;
    registrations::send_again(&context::state()?, &context::client()?, browser.as_deref()).await?;
    Ok(Done::at("/register/confirm?sent=true"))
}

/// Makes the account under another name, once the address is proved and the name was taken.
#[server(prefix = "/rpc", endpoint = "choose-username", output = Json)]
pub async fn choose_username(username: String) -> Result<Done, Error> {
    use crate::server::{context, registrations};
    let (state, client, mut session) = (context::state()?, context::client()?, context::session()?);
    let browser = context::cookie(registrations::COOKIE)?;
    let browser = browser.as_deref();
    registrations::choose_name(&state, &mut session, &client, browser, &username).await?;
    Ok(Done::anew("/"))
}

/// Whether a link still opens anything; if so, whether this browser is the one that registered.
// reads only
#[server(prefix = "/rpc", endpoint = "registration-link", input = GetUrl, output = Json)]
pub async fn registration_link(token: TypedToken) -> Result<bool, Error> {
    use crate::server::{context, registrations};
    let browser = context::cookie(registrations::COOKIE)?;
    Ok(registrations::check_link(&context::state()?, browser.as_deref(), &token).await?)
}

/// Makes the account that a mailed link is for, and logs in. A browser other than the one that
/// registered gives the password.
#[server(prefix = "/rpc", endpoint = "confirm-by-link", output = Json)]
pub async fn confirm_by_link(
    token: TypedToken,
    #[server(default)] password: Option<TypedPassword>,
) -> Result<Done, Error> {
    use crate::server::{context, registrations};
    let (state, client, mut session) = (context::state()?, context::client()?, context::session()?);
    let browser = context::cookie(registrations::COOKIE)?;
    let browser = browser.as_deref();
    let done =
        registrations::confirm_by_link(&state, &mut session, &client, browser, &token, password)
            .await?;
    Ok(Done::anew(if done == registrations::Confirmed::Account { "/" } else { HERE }))
}

crate::ui::lazy::lazy_page! {
    /// The route of [`ProofPage`].
    PROOF_ROUTE = ProofPage in links
}

/// The page's forms.
#[derive(Clone, Copy)]
struct Forms {
    code: FormState,
    again: FormState,
    name: FormState,
}

/// The page on which the code is typed.
#[component]
pub fn ProofPage() -> impl IntoView {
    let step = Data::new(|| (), |()| registration_step());
    let forms = Forms {
        code: use_form(ConfirmByCode::PATH),
        again: use_form(SendCodeAgain::PATH),
        name: use_form(ChooseUsername::PATH),
    };
    loaded(step, move |step| match step {
        Step::Nothing => nothing(forms),
        Step::Code { email } => code(email, forms),
        Step::Name { taken } => name(taken, forms.name),
    })
}

fn code(email: String, Forms { code: form, again, .. }: Forms) -> AnyView {
    let query = use_query_map();
    let sent = move || {
        let sent = query.with(|query| query.get("sent").is_some()) && again.error().is_none();
        sent.then(|| view! { <p class="notice" role="status">"Another mail is on its way. Its code replaces the former one."</p> })
    };
    view! {
        <Title text="Confirm your address" />
        <div class="page narrow">
            <h1>"Look into your mailbox"</h1>
            {sent}
            <p class="lead">"We wrote to "<strong>{email}</strong>". Type the code from that mail, or open its link."</p>
            <Form form to=format!("{HERE}?form=code")>
                <ErrorMessages form />
                <TextField form field=Field::Code autocomplete="one-time-code" hint="Eight letters and digits. It works for half an hour." />
                <p class="actions"><Submit form label="Confirm" /></p>
            </Form>
            <section>
                <h2>"No mail?"</h2>
                <p>"It can take some minutes. Look among what your mailbox takes for spam. If the address is wrong, "<a href="/register">"register again"</a>": nothing is stored yet."</p>
                <Form form=again to=format!("{HERE}?form=again")>
                    <ErrorMessages form=again />
                    <p class="actions"><Submit form=again label="Send it again" class="secondary" /></p>
                </Form>
            </section>
        </div>
    }
    .erased()
}

fn name(taken: String, form: FormState) -> AnyView {
    view! {
        <Title text="Choose a username" />
        <div class="page narrow">
            <h1>"Choose another username"</h1>
            <p class="lead">"Your address is confirmed. Only the name "<strong>{taken}</strong>" belongs to somebody else."</p>
            <Form form to=format!("{HERE}?form=name")>
                <ErrorMessages form />
                <TextField
                    form
                    field=Field::Username
                    autocomplete="username"
                    hint="Letters, digits, hyphens and underscores. Readers see it under your articles."
                />
                <p class="actions"><Submit form label="Make my account" /></p>
            </Form>
        </div>
    }
    .erased()
}

fn nothing(Forms { code, again, name }: Forms) -> AnyView {
    view! {
        <Title text="Confirm your address" />
        <div class="page narrow">
            <h1>"There is nothing to confirm"</h1>
            <ErrorMessages form=code />
            <ErrorMessages form=again />
            <ErrorMessages form=name />
            <p>"Nobody registers in this browser just now, or half an hour is over, or the code was mistyped too often. If you registered in another browser, go on there, or open the link in the mail."</p>
            <p class="actions"><a class="button" href="/register">"Register"</a></p>
            <p class="aside">"You have an account? "<a href="/login">"Log in"</a></p>
        </div>
    }
    .erased()
}

crate::ui::lazy::lazy_page! {
    /// The route of [`ProofLinkPage`].
    PROOF_LINK_ROUTE = ProofLinkPage in links
}

/// The page that a mailed link leads to.
#[component]
pub fn ProofLinkPage() -> impl IntoView {
    let token = segment("token");
    let link = Data::new(move || token.get(), |token| registration_link(TypedToken::new(token)));
    let form = use_form(ConfirmByLink::PATH);
    answered(link, move |link| match link {
        Ok(here) => confirm(token.get_untracked(), here, form),
        Err(error @ Error::LinkExpired) => expired(error.text(), instead()),
        Err(error) => refusal(error),
    })
}

fn confirm(token: String, here: bool, form: FormState) -> AnyView {
    let to = use_location().pathname.get_untracked();
    let password = (!here).then(|| {
        view! {
            <p class="lead">"This is not the browser that registered. Give the password that you chose there."</p>
            <p>"You chose none? Then somebody else registered with your address. Close this page: without you they get no account."</p>
            <TextField form field=Field::Password kind="password" autocomplete="current-password" />
        }
    });
    view! {
        <Title text="Confirm your address" />
        <div class="page narrow">
            <h1>"Confirm your address"</h1>
            <Form form to>
                <ErrorMessages form />
                <input type="hidden" name="token" value=token />
                {password}
                <p class="actions"><Submit form label="Make my account" /></p>
            </Form>
        </div>
    }
    .erased()
}

fn instead() -> AnyView {
    view! { <a class="button" href="/login">"Log in"</a> <a class="button secondary" href="/register">"Register"</a> }.erased()
}
