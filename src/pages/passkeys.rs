//! `/settings/security/passkeys`, and logging in with one. What a browser and an authenticator
//! say to each other passes through here as JSON; `public/passkeys.js` carries it.

use leptos::{
    prelude::*,
    server,
    server_fn::{ServerFn, codec::GetUrl},
};
use leptos_meta::Title;
use serde_json::Value;

use super::{
    confirm::{Confirm, confirmation},
    second_factor::few_codes,
};
use crate::{
    domain::{
        field::Field,
        passkey::{OwnPasskey, OwnPasskeys},
        security::Factors,
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
        passkey::load_script,
    },
};

const HERE: &str = "/settings/security/passkeys";

/// Begins a log-in by passkey: what the browser is to ask for.
#[server(prefix = "/rpc", endpoint = "begin-passkey-log-in", output = Json)]
pub async fn begin_passkey_log_in() -> Result<Value, Error> {
    use crate::server::{context, passkeys};
    Ok(passkeys::begin_log_in(&context::state()?, &context::client()?).await?)
}

/// Logs in by what a passkey answered, and goes on to `next` if that is a page of ours.
#[server(prefix = "/rpc", endpoint = "log-in-with-passkey", output = Json)]
pub async fn log_in_with_passkey(
    answer: String,
    #[server(default)] keep: bool,
    #[server(default)] next: String,
) -> Result<Done, Error> {
    use crate::{
        domain::next::Next,
        server::{context, passkeys},
    };
    let (state, client, mut session) = (context::state()?, context::client()?, context::session()?);
    let secret = context::cookie(passkeys::COOKIE)?;
    passkeys::log_in(&state, &mut session, &client, secret.as_deref(), &answer, keep).await?;
    Ok(Done::anew(Next::parse(&next).into_path()))
}

/// Begins the second step of a log-in, where the account has passkeys.
#[server(prefix = "/rpc", endpoint = "begin-passkey-step", output = Json)]
pub async fn begin_passkey_step() -> Result<Value, Error> {
    use crate::server::{context, passkeys, second_step};
    let (state, cookie) = (context::state()?, context::cookie(second_step::COOKIE)?);
    let pending = second_step::require(&state, cookie.clone()).await?;
    Ok(passkeys::begin_step(&state, &pending, &cookie.unwrap_or_default()).await?)
}

/// Finishes a log-in by what a passkey answered, and goes on to `next` if that is a page of ours.
#[server(prefix = "/rpc", endpoint = "finish-log-in-with-passkey", output = Json)]
pub async fn finish_log_in_with_passkey(
    answer: String,
    #[server(default)] next: String,
) -> Result<Done, Error> {
    use crate::{
        domain::next::Next,
        server::{context, passkeys, second_step},
    };
    let (state, client, mut session) = (context::state()?, context::client()?, context::session()?);
    let cookie = context::cookie(second_step::COOKIE)?;
    let pending = second_step::require(&state, cookie.clone()).await?;
    let cookie = cookie.unwrap_or_default();
    passkeys::finish_step(&state, &mut session, &client, pending, &cookie, &answer).await?;
    Ok(Done::anew(Next::parse(&next).into_path()))
}

/// Begins a proof that it is still the same person.
#[server(prefix = "/rpc", endpoint = "begin-passkey-proof", output = Json)]
pub async fn begin_passkey_proof() -> Result<Value, Error> {
    use crate::server::{auth, context, passkeys};
    let (user, state) = (context::require_user()?, context::state()?);
    let asking = auth::identifier(&context::session()?)?;
    Ok(passkeys::begin_proof(&state, &user, &asking).await?)
}

/// Proves by what a passkey answered that it is still the same person, and comes back to `next`
/// if that is a page of ours.
#[server(prefix = "/rpc", endpoint = "confirm-with-passkey", output = Json)]
pub async fn confirm_with_passkey(
    answer: String,
    #[server(default)] next: String,
) -> Result<Done, Error> {
    use crate::{
        domain::next::Next,
        server::{context, passkeys},
    };
    let user = context::require_user()?;
    let (state, client, mut session) = (context::state()?, context::client()?, context::session()?);
    passkeys::prove(&state, &mut session, &client, &user, &answer).await?;
    Ok(Done::anew(Next::parse(&next).into_path()))
}

/// The viewer's passkeys.
// reads only
#[server(prefix = "/rpc", endpoint = "own-passkeys", input = GetUrl, output = Json)]
pub async fn show_passkeys() -> Result<OwnPasskeys, Error> {
    use crate::{
        domain::security::EventKind,
        server::{
            context, factors, failure::Failure, passkeys::own, security_log, sessions::device,
        },
    };
    let user = context::require_user()?;
    let (state, client) = (context::state()?, context::client()?);
    let passkeys = own::list(&state.db, user.id).await.map_err(Failure::from)?;
    let events = security_log::latest(&state.db, user.id, state.clock.now()).await;
    let done = events.map_err(Failure::from)?.into_iter().find(|event| {
        event.fresh && matches!(event.kind, EventKind::PasskeyAdded | EventKind::PasskeyRemoved)
    });
    Ok(OwnPasskeys {
        passkeys,
        recent: context::require_recent().await.is_ok(),
        suggested: device::in_words(&client.user_agent),
        instead: own::instead(&state.config),
        factors: factors::of(&state.db, user.id).await.map_err(Failure::from)?,
        done: done.map(|event| event.kind),
        username: user.username,
    })
}

/// Begins to add a passkey of that name: what the browser is to ask for.
#[server(prefix = "/rpc", endpoint = "begin-adding-passkey", output = Json)]
pub async fn begin_adding_passkey(passkey_name: String) -> Result<Value, Error> {
    use crate::server::{context, passkeys::own};
    let user = context::require_recent().await?;
    let (state, session) = (context::state()?, context::session()?);
    Ok(own::begin_adding(&state, &session, &user, &passkey_name).await?)
}

/// Adds the passkey that a device has made.
#[server(prefix = "/rpc", endpoint = "add-passkey", output = Json)]
pub async fn add_passkey(passkey_name: String, answer: String) -> Result<Done, Error> {
    use crate::server::{context, passkeys::own};
    let user = context::require_recent().await?;
    let (state, client, mut session) = (context::state()?, context::client()?, context::session()?);
    own::add(&state, &mut session, &client, &user, &passkey_name, &answer).await?;
    Ok(Done::anew(HERE))
}

/// Calls one of the viewer's passkeys something else.
#[server(prefix = "/rpc", endpoint = "rename-passkey", output = Json)]
pub async fn rename_passkey(handle: String, passkey_name: String) -> Result<Done, Error> {
    use crate::server::{context, passkeys::own};
    let (user, state) = (context::require_user()?, context::state()?);
    own::rename(&state.db, user.id, &handle, &passkey_name).await?;
    Ok(Done::anew(HERE))
}

/// Removes one of the viewer's passkeys, and ends every session but this one.
#[server(prefix = "/rpc", endpoint = "remove-passkey", output = Json)]
pub async fn remove_passkey(handle: String) -> Result<Done, Error> {
    use crate::server::{context, passkeys::own};
    let user = context::require_recent().await?;
    let (state, client, mut session) = (context::state()?, context::client()?, context::session()?);
    own::remove(&state, &mut session, &client, &user, &handle).await?;
    Ok(Done::anew(HERE))
}

crate::ui::lazy::lazy_page! {
    /// The route of [`PasskeysPage`].
    PASSKEYS_ROUTE = PasskeysPage in settings
}

/// The page's forms.
#[derive(Clone, Copy)]
struct Forms {
    remove: FormState,
    rename: FormState,
    confirm: FormState,
}

/// The page of one's passkeys.
#[component]
pub fn PasskeysPage() -> impl IntoView {
    let passkeys = Data::new(|| (), |()| show_passkeys());
    let forms = Forms {
        remove: use_form(RemovePasskey::PATH),
        rename: use_form(RenamePasskey::PATH),
        confirm: use_form(Confirm::PATH),
    };
    load_script();
    loaded(passkeys, move |passkeys: OwnPasskeys| show(passkeys, forms))
}

fn show(page: OwnPasskeys, forms: Forms) -> AnyView {
    let OwnPasskeys { username, passkeys, recent, suggested, instead, factors, done } = page;
    let refused = [forms.remove, forms.rename, forms.confirm].iter().any(FormState::was_refused);
    let done = done.filter(|_| !refused);
    let done = done
        .map(|kind| view! { <p class="notice" role="status">{format!("{}.", kind.text())}</p> });
    let rename = (!passkeys.is_empty()).then(|| rename(forms.rename, &passkeys));
    let list = list(passkeys, recent, forms.remove);
    let add = match instead {
        Some(name) => elsewhere(name),
        None => add(recent, suggested, username, forms),
    };
    view! {
        <Title text="Passkeys" />
        <div class="page narrow">
            <h1>"Passkeys"</h1>
            {done}
            {codes_are_few(factors)}
            <section>
                <h2>"Yours"</h2>
                {list}
            </section>
            <section>
                <h2>"Add one"</h2>
                {add}
            </section>
            {rename}
            <p class="aside"><a href="/settings/security">"Security"</a></p>
        </div>
    }
    .erased()
}

fn codes_are_few(factors: Factors) -> AnyView {
    let few = factors.any() && factors.recovery_codes <= Factors::FEW;
    few.then(|| {
        view! {
            {few_codes(factors)}
            <p><a href="/settings/security/second-factor">"Recovery codes"</a></p>
        }
    })
    .erased()
}

fn list(passkeys: Vec<OwnPasskey>, recent: bool, form: FormState) -> AnyView {
    if passkeys.is_empty() {
        return view! {
            <ErrorMessages form />
            <p>"You have none yet. A passkey is a key that your phone, your computer or a stick keeps for this site, and opens with a finger, your face or a PIN. There is no password to forget, and none to be lured out of you."</p>
        }
        .erased();
    }
    let rows = passkeys.into_iter().map(|passkey| row(passkey, recent)).collect_view();
    view! {
        <Form form to=format!("{HERE}?form=remove-passkey")>
            <ErrorMessages form />
            <ul class="desk">{rows}</ul>
        </Form>
    }
    .erased()
}

fn row(passkey: OwnPasskey, recent: bool) -> impl IntoView {
    let OwnPasskey { handle, name, added, used } = passkey;
    let label = format!("Remove {name}");
    let used = match used {
        Some(used) => {
            view! { <span>"Last used "<time datetime=used.iso>{used.text}</time></span> }.erased()
        }
        None => view! { <span>"Never used"</span> }.erased(),
    };
    let remove = recent.then(|| {
        view! { <button type="submit" class="secondary edit-link" name="handle" value=handle aria-label=label>"Remove"</button> }
    });
    view! {
        <li class="desk-row">
            <strong dir="auto">{name}</strong>
            <p class="meta">
                <span>"Added "<time datetime=added.iso>{added.text}</time></span>
                {used}
            </p>
            {remove}
        </li>
    }
}

fn elsewhere(name: String) -> AnyView {
    view! { <p>"A passkey is bound to the name of a site, and this one goes by a number. Whoever runs it can have it go by "{name}" instead."</p> }.erased()
}

/// The form for a new one, or, when that needs a fresh proof, the form for it in its place.
fn add(recent: bool, suggested: String, username: String, forms: Forms) -> AnyView {
    let Forms { remove, confirm, .. } = forms;
    let needed = Memo::new(move |_| !recent || remove.wants_proof());
    let shown = move || {
        if needed.get() {
            confirmation(confirm, username.clone(), HERE)
        } else {
            new_passkey(suggested.clone())
        }
    };
    view! {
        <p>"Adding or removing one ends your other sessions. Once you have one, your password alone opens the account no more: after it, a passkey is asked for, or what stands in for it."</p>
        {shown}
    }
    .erased()
}

fn new_passkey(suggested: String) -> AnyView {
    let most = Field::PasskeyName.length().in_utf16();
    view! {
        <form class="form passkey" method="post" data-passkey="add">
            <div class="field">
                <label for="new-name">"Name"</label>
                <input id="new-name" name="passkey_name" type="text" dir="auto" required=true maxlength=most value=suggested />
                <p class="hint">"What you will know it by: where it is kept."</p>
            </div>
            <p class="actions"><button type="submit">"Add a passkey"</button></p>
            <p class="error" role="alert"></p>
        </form>
        <p class="no-passkey">"This needs JavaScript, and a browser that knows passkeys."</p>
    }
    .erased()
}

fn rename(form: FormState, passkeys: &[OwnPasskey]) -> AnyView {
    let typed = form.typed("handle");
    let options = passkeys.iter().map(|OwnPasskey { handle, name, .. }| {
        let chosen = typed.as_ref() == Some(handle);
        view! { <option value=handle.clone() selected=chosen>{name.clone()}</option> }
    });
    let options = options.collect_view();
    view! {
        <section>
            <h2>"Rename one"</h2>
            <Form form to=format!("{HERE}?form=rename-passkey")>
                <ErrorMessages form />
                <div class="field">
                    <label for="handle">"Passkey"</label>
                    <select id="handle" name="handle">{options}</select>
                </div>
                <TextField form field=Field::PasskeyName label="New name" />
                <p class="actions"><Submit form label="Rename it" class="secondary" /></p>
            </Form>
        </section>
    }
    .erased()
}
