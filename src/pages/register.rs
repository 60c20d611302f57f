//! `/register`.

use leptos::{
    prelude::*,
    server,
    server_fn::{ServerFn, codec::GetUrl},
};
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use serde::{Deserialize, Serialize};

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
        load::loaded,
        new_password::NewPassword,
    },
};

/// What the form has to say before anybody fills it in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// Whether whoever asks may make an account here.
    pub open: bool,
    /// Whether it takes an invitation.
    pub invite: bool,
    /// Whether whoever asks is invited.
    pub invited: bool,
    /// The member who invites; nobody where it is whoever runs the site.
    pub inviter: Option<String>,
    /// Whether the address has to be proved first.
    pub proof: bool,
    /// The fewest characters of a password.
    pub password_min: u8,
}

/// The site's terms for new accounts, and for whoever has an invitation.
// reads only
#[server(prefix = "/rpc", endpoint = "registration-terms", input = GetUrl, output = Json)]
pub async fn registration_terms(#[server(default)] invitation: String) -> Result<Terms, Error> {
    use crate::server::{config::Registration, context, failure::Failure, invitations};
    let state = context::state()?;
    let token = TypedToken::new(invitation);
    let found = invitations::find(&state.db, &token, state.clock.now()).await;
    let found = found.map_err(Failure::from)?;
    let config = &state.config;
    Ok(Terms {
        open: match config.registration {
            Registration::Open => true,
            Registration::Invite => found.is_some(),
            Registration::Closed => false,
        },
        invite: config.registration == Registration::Invite,
        invited: found.is_some(),
        inviter: found.and_then(|open| open.inviter),
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
    #[server(default)] invitation: Option<TypedToken>,
) -> Result<Done, Error> {
    use crate::server::{
        accounts::{self, Application},
        context,
    };
    let mut session = context::session()?;
    let invitation = invitation.unwrap_or_else(|| TypedToken::new(String::new()));
    let form = Application { username, email, email_again, password, invitation };
    let made =
        accounts::register(&context::state()?, &mut session, &context::client()?, form).await?;
    Ok(if made { Done::anew("/") } else { Done::at("/register/confirm") })
}

crate::ui::lazy::lazy_page! {
    /// The route of [`RegisterPage`].
    REGISTER_ROUTE = RegisterPage in account
}

/// The registration page.
#[component]
pub fn RegisterPage() -> impl IntoView {
    let query = use_query_map();
    let invitation =
        Memo::new(move |_| query.with(|query| query.get("invitation").unwrap_or_default()));
    let terms = Data::new(move || invitation.get(), registration_terms);
    let form = use_form(Register::PATH);
    view! {
        <Title text="Register" />
        <div class="page narrow">
            <h1>"Register"</h1>
            <p class="lead">"A name to write under, and an address that only you and the site know."</p>
            {loaded(terms, move |terms| {
                if terms.open { fields(terms, invitation.get_untracked(), form) } else { closed(&terms, form) }
            })}
            <p class="aside">"You have an account? "<a href="/login">"Log in"</a></p>
        </div>
    }
}

fn closed(terms: &Terms, form: FormState) -> AnyView {
    let why = if terms.invite {
        "This site takes new accounts by invitation. Ask somebody who writes here for a link; one that you have was used already, or its time is over."
    } else {
        "This site is not taking new accounts. Whoever runs it can make one for you."
    };
    view! { <ErrorMessages form /><p class="notice">{why}</p> }.erased()
}

fn fields(terms: Terms, invitation: String, form: FormState) -> AnyView {
    let invited = terms.invited.then(|| {
        let inviter = terms.inviter.unwrap_or_else(|| "Whoever runs this site".into());
        view! { <p class="notice">{inviter}" invites you."</p> }
    });
    // The address stays what it was: a form that is refused without JavaScript keeps its link.
    let (to, invitation) = match invitation.as_str() {
        "" => ("/register".to_owned(), None),
        token => (format!("/register?invitation={token}"), Some(invitation.clone())),
    };
    let invitation =
        invitation.map(|token| view! { <input type="hidden" name="invitation" value=token /> });
    view! {
        {invited}
        <Form form to>
            <ErrorMessages form />
            {invitation}
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
    .erased()
}
