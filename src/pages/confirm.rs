//! The form that asks, in its page, for a proof that it is still the same person: shown when
//! a server function answered [`Error::RecentLoginNeeded`].

use leptos::{prelude::*, server};

use super::log_in_step::code_fields;
use crate::{
    domain::{code::TypedCode, field::Field, password::TypedPassword},
    error::Error,
    json::Json,
    ui::{
        erased::Erase,
        form::{Done, ErrorMessages, Form, FormState, Submit, TextField},
        passkey::with_passkey,
    },
};

/// Proves with the password, and the second factor if there is one, that it is still the same
/// person, and comes back to `next` if that is a page of ours.
#[server(prefix = "/rpc", endpoint = "confirm", output = Json)]
pub async fn confirm(
    password: TypedPassword,
    #[server(default)] code: TypedCode,
    #[server(default)] recovery_code: TypedCode,
    #[server(default)] next: String,
) -> Result<Done, Error> {
    use crate::{
        domain::next::Next,
        server::{
            accounts::{self, Proof},
            context,
        },
    };
    let user = context::require_user()?;
    let (state, client, mut session) = (context::state()?, context::client()?, context::session()?);
    let proof = Proof { password, code, recovery_code };
    accounts::confirm(&state, &mut session, &client, &user, proof).await?;
    Ok(Done::anew(Next::parse(&next).into_path()))
}

/// The form, at home on the page `next`. The second factor is asked for when the server has said
/// that it is missing, as it does to whoever has one: no page needs to know beforehand.
pub fn confirmation(form: FormState, username: String, next: impl Into<String>) -> AnyView {
    let next = next.into();
    let missing = move || {
        let error = form.error()?;
        let asked_for = |field| error.about(field).is_some();
        [(Field::Code, Asked::Digits), (Field::RecoveryCode, Asked::RecoveryCode)]
            .into_iter()
            .find_map(|(field, asked)| asked_for(field).then_some(asked))
    };
    // Once asked for, it is asked for again: after a wrong password too, or a wrong recovery code
    // in place of the digits.
    let before = form.typed("asked").and_then(|name| Asked::from_name(&name));
    let asked = Memo::new(move |was: Option<&Option<Asked>>| {
        was.copied().flatten().or(before).or_else(missing)
    });
    let codes = move || {
        asked.get().map(|asked| {
            view! {
                <input type="hidden" name="asked" value=asked.name() />
                {code_fields(form, asked == Asked::Digits)}
            }
        })
    };
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
            {codes}
            <p class="actions"><Submit form label="Confirm that it is you" /></p>
        </Form>
        {with_passkey("prove", "Confirm with a passkey")}
    }
    .erased()
}

/// What the server asks for beside the password.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// Digits from an app, or a recovery code.
    Digits,
    /// A recovery code: there is no app, and whoever has the passkey at hand needs no password.
    RecoveryCode,
}

impl Asked {
    const fn name(self) -> &'static str {
        match self {
            Asked::Digits => "digits",
            Asked::RecoveryCode => "recovery_code",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        [Asked::Digits, Asked::RecoveryCode].into_iter().find(|asked| asked.name() == name)
    }
}

/// Nobody sees it: it tells a password manager whose password is asked for.
pub fn account(username: String) -> impl IntoView {
    view! { <input type="text" name="username" autocomplete="username" value=username readonly=true hidden=true /> }
}
