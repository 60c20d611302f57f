//! `/settings`: one's own account.

use leptos::{
    prelude::*,
    server,
    server_fn::{ServerFn, codec::GetUrl},
};
use leptos_meta::Title;

use crate::{
    domain::account::OwnAccount,
    error::Error,
    json::Json,
    ui::{
        form::{Done, ErrorMessages, Form, FormState, Submit, use_form},
        load::loaded,
    },
};

/// The viewer's own account.
// reads only
#[server(prefix = "/rpc", endpoint = "own-account", input = GetUrl, output = Json)]
pub async fn show_account() -> Result<OwnAccount, Error> {
    use crate::{domain::role::Permission, server::context};
    let user = context::require_user()?;
    let administers = user.may(Permission::Administer);
    let roles = user.roles().map(|role| role.name().to_owned()).collect();
    Ok(OwnAccount {
        roles,
        administers,
        since: user.created_at.to_when(),
        username: user.username,
        email: user.email,
    })
}

/// Ends the session, and a log-in that waits for its second step. Whoever is not logged in is
/// logged out already.
#[server(prefix = "/rpc", endpoint = "log-out", output = Json)]
pub async fn log_out() -> Result<Done, Error> {
    use crate::server::{auth, context, failure::Failure, second_step};
    let (state, mut session) = (context::state()?, context::session()?);
    let waiting = context::cookie(second_step::COOKIE)?;
    second_step::give_up(&state, waiting).await.map_err(Failure::from)?;
    auth::sign_out(&mut session).await?;
    Ok(Done::anew("/"))
}

crate::ui::lazy::lazy_page! {
    /// The route of [`SettingsPage`].
    SettingsRoute = SettingsPage in writing
}

/// The settings page.
#[component]
pub fn SettingsPage() -> impl IntoView {
    let account = Resource::new(|| (), |()| show_account());
    let form = use_form(LogOut::PATH);
    loaded(account, move |account: OwnAccount| settings(account, form))
}

fn settings(account: OwnAccount, form: FormState) -> AnyView {
    let site = account.administers.then(|| {
        view! {
            <section>
                <h2>"This site"</h2>
                <p><a href="/admin">"Look after its accounts"</a></p>
            </section>
        }
    });
    view! {
        <Title text="Settings" />
        <div class="page narrow">
            <h1>"Settings"</h1>
            <section>
                <h2>"Account"</h2>
                <dl class="facts">
                    <div><dt>"Username"</dt><dd><a href=format!("/profile/{}", account.username)>{account.username.clone()}</a></dd></div>
                    <div><dt>"E-mail"</dt><dd>{account.email}</dd></div>
                    <div><dt>"Member since"</dt><dd><time datetime=account.since.iso>{account.since.text}</time></dd></div>
                    <div><dt>"Roles"</dt><dd>{account.roles.join(", ")}</dd></div>
                </dl>
            </section>
            <section>
                <h2>"Security"</h2>
                <p><a href="/settings/security">"Where you are logged in, and your password"</a></p>
            </section>
            {site}
            <section>
                <h2>"Invitations"</h2>
                <p><a href="/settings/invitations">"Ask somebody to write here"</a></p>
            </section>
            <section>
                <h2>"This session"</h2>
                <p>"Logging out ends it on this device at once."</p>
                <Form form to="/settings">
                    <ErrorMessages form />
                    <p class="actions"><Submit form label="Log out" class="secondary" /></p>
                </Form>
            </section>
        </div>
    }
    .into_any()
}
