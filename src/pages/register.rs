//! `/register`.

use leptos::{
    prelude::*,
    server,
    server_fn::{ServerFn, codec::GetUrl},
};
use leptos_meta::Title;
use serde::{Deserialize, Serialize};

use crate::{
    domain::{field::Field, password::TypedPassword},
    error::Error,
    json::Json,
    ui::{
        form::{Done, ErrorMessages, Form, FormState, Submit, TextField, use_form},
        load::loaded,
        new_password::NewPassword,
    },
};

/// What the form has to say before anybody fills it in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// Whether new accounts are being made here.
    pub open: bool,
    /// Whether the address has to be proved first.
    pub proof: bool,
    /// The fewest characters of a password.
    pub password_min: u8,
}

/// The site's terms for new accounts.
// reads only
#[server(prefix = "/rpc", endpoint = "registration-terms", input = GetUrl, output = Json)]
pub async fn registration_terms() -> Result<Terms, Error> {
    use crate::server::{config::Registration, context};
    let config = context::state()?.config;
    Ok(Terms {
        open: config.registration == Registration::Open,
        proof: config.asks_for_proof(),
        password_min: config.new_passwords.min,
    })
}

/// Makes an account and logs in, or has a mail sent that does. The address may be repeated, against typing mistakes.
#[server(prefix = "/rpc", endpoint = "register", output = Json)]
pub async fn register(
    username: String,
    email: String,
    #[server(default)] email_again: String,
    password: TypedPassword,
) -> Result<Done, Error> {
    use crate::server::{
        accounts::{self, Application},
        context,
    };
    let mut session = context::session()?;
    let form = Application { username, email, email_again, password };
    let made =
        accounts::register(&context::state()?, &mut session, &context::client()?, form).await?;
    Ok(if made { Done::anew("/") } else { Done::at("/register/confirm") })
}

crate::ui::lazy::lazy_page! {
    /// The route of [`RegisterPage`].
    RegisterRoute = RegisterPage in account
}

/// The registration page.
#[component]
pub fn RegisterPage() -> impl IntoView {
    let terms = Resource::new(|| (), |()| registration_terms());
    let form = use_form(Register::PATH);
    view! {
        <Title text="Register" />
        <div class="page narrow">
            <h1>"Register"</h1>
            <p class="lead">"A name to write under, and an address that only you and the site know."</p>
            {loaded(terms, move |terms| if terms.open { fields(terms, form) } else { closed() })}
            <p class="aside">"You have an account? "<a href="/login">"Log in"</a></p>
        </div>
    }
}

fn closed() -> AnyView {
    view! { <p class="notice">"This site is not taking new accounts. Whoever runs it can make one for you."</p> }.into_any()
}

fn fields(terms: Terms, form: FormState) -> AnyView {
    view! {
        <Form form to="/register">
            <ErrorMessages form />
            <TextField
                form
                field=Field::Username
                autocomplete="username"
                hint="Letters, digits, hyphens and underscores. Readers see it under your articles."
            />
            <TextField
                form
                field=Field::Email
                kind="email"
                autocomplete="email"
                hint=if terms.proof { "We mail a code to it, which you type in next." } else { "We write to it when you forget your password." }
            />
            <TextField
                form
                field=Field::EmailAgain
                kind="email"
                autocomplete="email"
                hint="May stay empty. Typed twice, an address is seldom wrong."
            />
            <NewPassword
                form
                field=Field::Password
                hint=format!("At least {} characters. Four random words are easy to keep in mind.", terms.password_min)
            />
            <p class="actions"><Submit form label="Register" /></p>
        </Form>
    }
    .into_any()
}
