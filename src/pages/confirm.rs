//! The form that asks, in its page, for a proof that it is still the same person: shown when
//! a server function answered [`Error::RecentLoginNeeded`].

use leptos::{prelude::*, server};

use crate::{
    domain::{field::Field, password::TypedPassword},
    error::Error,
    json::Json,
    ui::form::{Done, ErrorMessages, Form, FormState, Submit, TextField},
};

/// Proves with the password that it is still the same person, and comes back to `next` if
/// that is a page of ours.
#[server(prefix = "/rpc", endpoint = "confirm", output = Json)]
pub async fn confirm(
    password: TypedPassword,
    #[server(default)] next: String,
) -> Result<Done, Error> {
    use crate::{
        domain::next::Next,
        server::{accounts, context},
    };
    let user = context::require_user()?;
    let (state, client, mut session) = (context::state()?, context::client()?, context::session()?);
    accounts::confirm(&state, &mut session, &client, &user, password).await?;
    Ok(Done::anew(Next::parse(&next).into_path()))
}

/// The form, at home on the page `next`.
pub fn confirmation(form: FormState, username: String, next: impl Into<String>) -> AnyView {
    let next = next.into();
    view! {
        <Form form to=format!("{next}?form=confirm")>
            <ErrorMessages form />
            <input type="hidden" name="next" value=next />
            {account(username)}
            <TextField
                form
                field=Field::Password
                kind="password"
                autocomplete="current-password"
                hint="You logged in a while ago, and this cannot be undone."
            />
            <p class="actions"><Submit form label="Confirm that it is you" /></p>
        </Form>
    }
    .into_any()
}

/// Nobody sees it: it tells a password manager whose password is asked for.
pub fn account(username: String) -> impl IntoView {
    view! { <input type="text" name="username" autocomplete="username" value=username readonly=true hidden=true /> }
}
