//! The form that asks, in its page, for a proof that it is still the same person: shown when
//! a server function answered [`Error::RecentLoginNeeded`].

use std::rc::Rc;

use leptos::{prelude::*, server};
use leptos_meta::Title;
use leptos_router::hooks::use_location;

use super::log_in_step::code_fields;
use crate::{
    domain::{account::Viewer, code::TypedCode, field::Field, password::TypedPassword},
    error::Error,
    json::Json,
    ui::{
        data::{Content, Data},
        erased::Erase,
        form::{
            Done, ErrorMessages, FormState,
            fields::{Submit, TextField},
            send, use_go_on,
        },
        layout::ViewerData,
        load::{answered, loaded, refusal},
        passkey::with_passkey,
        status::set_status,
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

/// Shows what was waited for; to whoever proved too long ago who they are, the form for that.
pub fn proved<T: Content>(
    data: Data<T>,
    form: FormState,
    show: impl Fn(T) -> AnyView + Copy + Send + Sync + 'static,
) -> AnyView {
    answered(data, move |answer| match answer {
        Ok(content) => show(content),
        Err(Error::RecentLoginNeeded) => proof_first(form),
        Err(error) => refusal(error),
    })
}

/// In place of a page that asks for a fresh proof before it shows anything.
fn proof_first(form: FormState) -> AnyView {
    set_status(Error::RecentLoginNeeded.status());
    let here = use_location();
    let (path, query) = (here.pathname.get_untracked(), here.search.get_untracked());
    // A proof that was refused is at that address; it leads to the page itself.
    let next = match query.as_str() {
        "" | "form=confirm" => path,
        query => format!("{path}?{query}"),
    };
    let next = StoredValue::new(next);
    let ask = move |viewer: Option<Viewer>| {
        let username = viewer.map(|viewer| viewer.username).unwrap_or_default();
        view! {
            <Title text="Is it still you?" />
            <div class="page narrow">
                <h1>"Is it still you?"</h1>
                <p class="lead">"What is here is about others' accounts."</p>
                {next.with_value(|next| confirmation(form, username, next.clone()))}
            </div>
        }
        .erased()
    };
    loaded(expect_context::<ViewerData>(), ask)
}

/// The form, at home on the page that `next` is the address of. The second factor is asked for when
/// the server has said that it is missing, as it does to whoever has one: no page needs to know
/// beforehand.
pub fn confirmation(form: FormState, username: String, next: impl Into<String>) -> AnyView {
    confirmation_then(form, username, next.into(), Rc::new(use_go_on()))
}

/// The form, and what is done in the browser once it was proved. A page that holds what somebody
/// typed stays, rather than being loaded anew at `next`.
pub fn confirmation_then(
    form: FormState,
    username: String,
    next: String,
    proved: Rc<dyn Fn(&Done)>,
) -> AnyView {
    let page = next.split('?').next().unwrap_or_default();
    let to = format!("{page}?form=confirm");
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
    let on_submit = move |event| {
        let proved = proved.clone();
        send(form, event, move |done| proved(done));
    };
    view! {
        <form class="form" method="post" action=to novalidate=true on:submit=on_submit>
            <ErrorMessages form />
            <input type="hidden" name="next" value=next />
            {account(username)}
            <TextField
                form
                field=Field::Password
                kind="password"
                autocomplete="current-password"
                hint="You proved it a while ago: what is grave asks again after ten minutes."
            />
            {codes}
            <p class="actions"><Submit form label="Confirm that it is you" /></p>
        </form>
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
