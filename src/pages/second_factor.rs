//! `/settings/security/second-factor`: an authenticator app, and the recovery codes.
//!
//! Secrets are in the answers to forms alone: a GET of this page, or of what it asks, gives none
//! (RFC 9110, 9.2.1 calls GET safe, and browsers, proxies and other sites send it unasked).
//! So its forms are sent by the browser itself, with JavaScript as without: their answer is this
//! page once more, with what they asked for, and is gone when it is left.

use leptos::{
    prelude::*,
    server,
    server_fn::{ServerFn, codec::GetUrl},
};
use leptos_meta::Title;

use super::confirm::{Confirm, confirmation};
use crate::{
    domain::{
        code::TypedCode,
        field::Field,
        security::{Factors, Handed, OwnFactors, SetUp},
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
        load::loaded,
    },
};

const HERE: &str = "/settings/security/second-factor";

/// What the viewer's account is protected by. In the answer to a form it has what that shows.
// reads only
#[server(prefix = "/rpc", endpoint = "own-factors", input = GetUrl, output = Json)]
pub async fn show_factors() -> Result<OwnFactors, Error> {
    use crate::{
        server::{auth, authenticator, context, factors, failure::Failure},
        ui::form::Refused,
    };
    let (state, user) = (context::state()?, context::require_user()?);
    let mut handed = use_context::<Handed>().unwrap_or_default();
    // Both are in the context of an answer to a form, and of nothing else. After wrong digits the
    // set-up goes on, in the session that it was begun in.
    let refused = use_context::<Refused>();
    if refused.is_some_and(|refused| refused.function == ConfirmAuthenticator::PATH) {
        let asking = auth::identifier(&context::session()?)?;
        handed.set_up = authenticator::set_up_under_way(&state, &user, &asking).await?;
    }
    let factors = factors::of(&state.db, user.id).await.map_err(Failure::from)?;
    Ok(OwnFactors { username: user.username, factors, handed })
}

/// Begins to set up an app: makes a secret and shows it.
#[server(prefix = "/rpc", endpoint = "begin-authenticator", output = Json)]
pub async fn begin_authenticator() -> Result<Handed, Error> {
    use crate::server::{auth, authenticator, context};
    let user = context::require_recent().await?;
    let (state, asking) = (context::state()?, auth::identifier(&context::session()?)?);
    let set_up = authenticator::begin(&state, &user, &asking).await?;
    Ok(Handed { set_up: Some(set_up), recovery_codes: Vec::new() })
}

/// Ends it with digits from the app. To an account that had no second factor it shows recovery
/// codes.
///
/// It asks for no fresh proof: the set-up is the same session's, and lives as long as the proof is
/// fresh that it began with.
#[server(prefix = "/rpc", endpoint = "confirm-authenticator", output = Json)]
pub async fn confirm_authenticator(code: TypedCode) -> Result<Handed, Error> {
    use crate::server::{authenticator, context};
    let user = context::require_user()?;
    let (state, client, mut session) = (context::state()?, context::client()?, context::session()?);
    let recovery_codes =
        authenticator::confirm(&state, &mut session, &client, &user, &code.bare()).await?;
    Ok(Handed { set_up: None, recovery_codes })
}

/// Asks for no app any more.
#[server(prefix = "/rpc", endpoint = "remove-authenticator", output = Json)]
pub async fn remove_authenticator() -> Result<Done, Error> {
    use crate::server::{authenticator, context};
    let user = context::require_recent().await?;
    let (state, client, mut session) = (context::state()?, context::client()?, context::session()?);
    authenticator::remove(&state, &mut session, &client, &user).await?;
    Ok(Done::anew("/settings/security"))
}

/// Makes recovery codes in place of the old ones, and shows them.
#[server(prefix = "/rpc", endpoint = "make-recovery-codes", output = Json)]
pub async fn make_recovery_codes() -> Result<Handed, Error> {
    use crate::server::{context, recovery};
    let user = context::require_recent().await?;
    let (state, client) = (context::state()?, context::client()?);
    let recovery_codes = recovery::renew(&state, &client, &user).await?;
    Ok(Handed { set_up: None, recovery_codes })
}

crate::ui::lazy::lazy_page! {
    /// The route of [`SecondFactorPage`].
    SECOND_FACTOR_ROUTE = SecondFactorPage in settings
}

/// The page's forms.
#[derive(Clone, Copy)]
struct Forms {
    begin: FormState,
    confirm_app: FormState,
    remove: FormState,
    codes: FormState,
    confirm: FormState,
}

/// The page.
#[component]
pub fn SecondFactorPage() -> impl IntoView {
    let factors = Data::new(|| (), |()| show_factors());
    let forms = Forms {
        begin: use_form(BeginAuthenticator::PATH),
        confirm_app: use_form(ConfirmAuthenticator::PATH),
        remove: use_form(RemoveAuthenticator::PATH),
        codes: use_form(MakeRecoveryCodes::PATH),
        confirm: use_form(Confirm::PATH),
    };
    loaded(factors, move |own: OwnFactors| show(own, forms))
}

fn show(own: OwnFactors, forms: Forms) -> AnyView {
    let OwnFactors { username, factors, handed: Handed { set_up, recovery_codes } } = own;
    let made = !recovery_codes.is_empty();
    let app = match set_up {
        Some(set_up) => arriving(set_up, forms.confirm_app),
        None => app(factors, forms),
    };
    let codes = (factors.any() && !made).then(|| codes(factors, forms));
    let (passkeys, label) = if factors.passkeys {
        (
            "You have some: after the password, one of them is asked for, or it opens the account by itself.",
            "Look after them",
        )
    } else {
        (
            "The best there is, where your devices know them: nothing to type, and nothing to be lured out of you.",
            "Add one",
        )
    };
    view! {
        <Title text="Second factor" />
        <div class="page narrow">
            <h1>"Second factor"</h1>
            {proof(username, forms)}
            {made.then(|| handed_codes(recovery_codes))}
            <section>
                <h2>"Passkeys"</h2>
                <p>{passkeys}</p>
                <p><a href="/settings/security/passkeys">{label}</a></p>
            </section>
            <section>
                <h2>"Authenticator app"</h2>
                {app}
            </section>
            {codes}
            <p class="aside"><a href="/settings/security">"Security"</a></p>
        </div>
    }
    .erased()
}

/// The form for a fresh proof, when one of the others was refused for want of one.
fn proof(username: String, forms: Forms) -> AnyView {
    let Forms { begin, confirm_app, remove, codes, confirm } = forms;
    let asking = [begin, confirm_app, remove, codes];
    let needed =
        Memo::new(move |_| confirm.was_refused() || asking.iter().any(FormState::wants_proof));
    let form = move || needed.get().then(|| confirmation(confirm, username.clone(), HERE));
    form.erased()
}

/// A form whose answer is shown once: the browser sends it itself.
fn sent_whole(form: FormState, name: &str, contents: AnyView) -> AnyView {
    view! {
        <form class="form" method="post" action=format!("{HERE}?form={name}") novalidate=true>
            <ErrorMessages form />
            {contents}
        </form>
    }
    .erased()
}

fn app(factors: Factors, forms: Forms) -> AnyView {
    let Forms { begin, remove, .. } = forms;
    let (state, label) = if factors.authenticator {
        ("It is set up: after the password, you are asked for its digits.", "Set it up anew")
    } else {
        (
            "An app on your telephone shows six digits, others every half minute. Whoever knows your password does not know them.",
            "Set one up",
        )
    };
    let button = view! { <p class="actions"><Submit form=begin label class="secondary" /></p> };
    let off = factors.authenticator.then(|| {
        view! {
            <Form form=remove to=format!("{HERE}?form=remove-authenticator")>
                <ErrorMessages form=remove />
                <p class="actions"><Submit form=remove label="Switch it off" class="destructive" /></p>
            </Form>
        }
    });
    view! {
        <p>{state}</p>
        {sent_whole(begin, "begin-authenticator", button.erased())}
        {off}
    }
    .erased()
}

/// A secret on its way into an app.
fn arriving(set_up: SetUp, form: FormState) -> AnyView {
    let SetUp { secret, uri, qr_size, qr_path } = set_up;
    // Readers want four light squares around it (ISO/IEC 18004).
    let (from, size) = ("-4 -4", qr_size + 8);
    let fields = view! {
        <TextField
            form
            field=Field::Code
            autocomplete="one-time-code"
            hint="Six digits, when the app shows them."
        />
        <p class="actions"><Submit form label="Switch it on" /></p>
    };
    view! {
        <p>"Scan this with the app, or type the key. You are shown it this once."</p>
        <svg class="qr" viewBox=format!("{from} {size} {size}") role="img" aria-label="QR code of the key below">
            <path d=qr_path />
        </svg>
        <dl class="facts">
            <div><dt>"Key"</dt><dd><code class="secret">{secret}</code></dd></div>
        </dl>
        <p><a href=uri rel="external">"The app is on this device"</a></p>
        {sent_whole(form, "confirm-authenticator", fields.erased())}
    }
    .erased()
}

fn codes(factors: Factors, forms: Forms) -> AnyView {
    let form = forms.codes;
    let label = if factors.recovery_codes == 0 { "Make recovery codes" } else { "Make new codes" };
    let button = view! { <p class="actions"><Submit form label class="secondary" /></p> };
    view! {
        <section>
            <h2>"Recovery codes"</h2>
            <p>{format!("Left: {} of ten. Each logs you in once when your second factor is lost.", factors.recovery_codes)}</p>
            {few_codes(factors)}
            {(factors.recovery_codes > 0).then(|| view! { <p>"New codes take the place of the old ones."</p> })}
            {sent_whole(form, "make-recovery-codes", button.erased())}
        </section>
    }
    .erased()
}

/// Says so when there are hardly any recovery codes left.
pub fn few_codes(factors: Factors) -> AnyView {
    let text = match factors.recovery_codes {
        _ if !factors.any() => return ().erased(),
        0 => {
            "You have no recovery codes. Make some: without them you are locked out when your second factor is lost."
        }
        1..=Factors::FEW => {
            "Hardly any recovery codes are left: make new ones before you need them."
        }
        _ => return ().erased(),
    };
    view! { <p class="notice">{text}</p> }.erased()
}

/// Codes that were just made.
fn handed_codes(codes: Vec<String>) -> AnyView {
    let list = codes.join("\n");
    let file = format!("data:text/plain,{}", codes.join("%0A"));
    view! {
        <section>
            <h2>"Your recovery codes"</h2>
            <p role="status">"Write them down or print them, and keep them where your telephone is not. You are shown them this once."</p>
            <pre class="secret">{list}</pre>
            <p><a href=file download="recovery-codes.txt" rel="external">"Save them as a file"</a></p>
        </section>
    }
    .erased()
}
