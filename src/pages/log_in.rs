//! `/login`.

use leptos::{prelude::*, server, server_fn::ServerFn};
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use crate::{
    domain::{field::Field, next::Next, password::TypedPassword},
    error::Error,
    json::Json,
    ui::{
        form::{
            Done, ErrorMessages, Form,
            fields::{Submit, TextField},
            use_form,
        },
        passkey::with_passkey,
    },
};

/// Logs in by either identity, and goes on to `next` if that is a page of ours; before that, to
/// the second step if the account has one.
#[server(prefix = "/rpc", endpoint = "log-in", output = Json)]
pub async fn log_in(
    email: String,
    password: TypedPassword,
    #[server(default)] keep: bool,
    #[server(default)] next: String,
) -> Result<Done, Error> {
    use crate::server::{
        auth::{self, Progress},
        context,
    };
    let (state, client, mut session) = (context::state()?, context::client()?, context::session()?);
    let next = Next::parse(&next);
    match auth::log_in(&state, &mut session, &client, &email, password, keep).await? {
        Progress::LoggedIn => Ok(Done::anew(next.into_path())),
        Progress::SecondStep => {
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            let query = query.append_pair("next", next.as_str()).finish();
            Ok(Done::at(format!("/login/step?{query}")))
        }
    }
}

crate::ui::lazy::lazy_page! {
    /// The route of [`LogInPage`].
    LOG_IN_ROUTE = LogInPage in account
}

/// What leads here by its name in the query, and what is said of it.
const LED_HERE: [(&str, &str); 4] = [
    ("changed", "Your new password is set. Log in with it."),
    (
        "undone",
        "Everybody is logged out, and the password no longer works. We mailed you a link to set a \
         new one.",
    ),
    ("left", "Your account is closed. The mail that is on its way tells how to take it back."),
    ("back", "Your account is open again, with all that was in it. Log in."),
];

/// The log-in page.
#[component]
pub fn LogInPage() -> impl IntoView {
    let form = use_form(LogIn::PATH);
    let query = use_query_map();
    let wanted = query.with_untracked(|query| query.get("next"));
    let next = wanted.as_deref().map_or_else(Next::home, Next::parse).into_path();
    let asked = (next != "/").then(|| view! { <p class="notice">"Log in, and you come straight back to where you were going."</p> });
    let led_here = query.with_untracked(|query| {
        LED_HERE.into_iter().find(|(name, _)| query.get_str(name).is_some())
    });
    let changed = led_here.map(|(_, text)| view! { <p class="notice" role="status">{text}</p> });
    let keep = form.typed("keep").is_some();
    view! {
        <Title text="Log in" />
        <div class="page narrow">
            <h1>"Log in"</h1>
            {asked}
            {changed}
            <Form form to="/login">
                <ErrorMessages form />
                <input type="hidden" name="next" value=form.typed("next").unwrap_or(next) />
                <TextField form field=Field::Email label="Username or e-mail" autocomplete="username" />
                <TextField form field=Field::Password kind="password" autocomplete="current-password" />
                <label class="check">
                    <input type="checkbox" name="keep" value="true" checked=keep />
                    " Keep me logged in on this device"
                </label>
                <p class="actions"><Submit form label="Log in" /></p>
            </Form>
            {with_passkey("log-in", "Log in with a passkey")}
            <p class="aside"><a href="/reset">"Forgotten your password?"</a></p>
            <p class="aside">"No account yet? "<a href="/register">"Make one"</a>"."</p>
        </div>
    }
}
