//! `/reset` and `/reset/:token`: a new password for whoever forgot the old one.

use leptos::{
    prelude::*,
    server,
    server_fn::{ServerFn, codec::GetUrl},
};
use leptos_meta::Title;
use leptos_router::hooks::{use_location, use_query_map};

use super::segment;
use crate::{
    domain::{field::Field, password::TypedPassword, token::TypedToken},
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
        load::{answered, expired, refusal},
        new_password::NewPassword,
    },
};

/// Has the link mailed, if there is such an account; the answer does not tell.
#[server(prefix = "/rpc", endpoint = "ask-for-reset", output = Json)]
pub async fn ask_for_reset(email: String) -> Result<Done, Error> {
    use crate::server::{context, resets};
    resets::ask(&context::state()?, &context::client()?, &email).await?;
    Ok(Done::at("/reset?sent=true"))
}

/// Whether a link still opens anything, and the fewest characters of a password.
// reads only
#[server(prefix = "/rpc", endpoint = "reset-terms", input = GetUrl, output = Json)]
pub async fn reset_terms(token: TypedToken) -> Result<u8, Error> {
    use crate::server::{context, resets};
    let state = context::state()?;
    resets::check(&state, &token).await?;
    Ok(state.config.new_passwords.min)
}

/// Sets the new password and ends all sessions of the account.
#[server(prefix = "/rpc", endpoint = "reset-password", output = Json)]
pub async fn reset_password(token: TypedToken, password: TypedPassword) -> Result<Done, Error> {
    use crate::server::{context, resets};
    resets::set_password(&context::state()?, &context::client()?, &token, password).await?;
    Ok(Done::anew("/login?changed=true"))
}

crate::ui::lazy::lazy_page! {
    /// The route of [`ResetPage`].
    RESET_ROUTE = ResetPage in links
}

/// The page that asks for the mail.
#[component]
pub fn ResetPage() -> impl IntoView {
    let form = use_form(AskForReset::PATH);
    let query = use_query_map();
    let sent = move || {
        let sent = query.with(|query| query.get("sent").is_some()) && form.error().is_none();
        sent.then(|| {
            view! { <p class="notice" role="status">"If there is such an account, a mail is on its way. Its link works for 15 minutes."</p> }
        })
    };
    view! {
        <Title text="Forgotten password" />
        <div class="page narrow">
            <h1>"Forgotten your password?"</h1>
            {sent}
            <p class="lead">"We mail you a link to set a new one."</p>
            <Form form to="/reset">
                <ErrorMessages form />
                <TextField form field=Field::Email label="Username or e-mail" autocomplete="username" />
                <p class="actions"><Submit form label="Mail me a link" /></p>
            </Form>
            <p class="aside"><a href="/login">"Back to log in"</a></p>
        </div>
    }
}

crate::ui::lazy::lazy_page! {
    /// The route of [`NewPasswordPage`].
    NEW_PASSWORD_ROUTE = NewPasswordPage in links
}

/// The page that a mailed link leads to.
#[component]
pub fn NewPasswordPage() -> impl IntoView {
    let token = segment("token");
    let terms = Data::new(move || token.get(), |token| reset_terms(TypedToken::new(token)));
    let form = use_form(ResetPassword::PATH);
    answered(terms, move |terms| match terms {
        Ok(min) => fields(token.get_untracked(), min, form),
        Err(error @ Error::LinkExpired) => expired(error.text(), instead()),
        Err(error) => refusal(error),
    })
}

fn fields(token: String, min: u8, form: FormState) -> AnyView {
    let to = use_location().pathname.get_untracked();
    view! {
        <Title text="New password" />
        <div class="page narrow">
            <h1>"Set a new password"</h1>
            <Form form to>
                <ErrorMessages form />
                <input type="hidden" name="token" value=token />
                <NewPassword
                    form
                    field=Field::Password
                    label="New password"
                    hint=format!("At least {min} characters. You are logged out everywhere.")
                />
                <p class="actions"><Submit form label="Set password" /></p>
            </Form>
            <p class="aside"><a href="/reset">"Ask for another link"</a></p>
        </div>
    }
    .erased()
}

fn instead() -> AnyView {
    view! { <a class="button" href="/reset">"Ask for another link"</a> }.erased()
}
