//! `/restore/:token`: where the mail leads that tells of a deleted account.

use leptos::{prelude::*, server, server_fn::ServerFn};
use leptos_meta::Title;
use leptos_router::hooks::use_location;

use super::segment;
use crate::{
    domain::token::TypedToken,
    error::Error,
    json::Json,
    ui::form::{Done, ErrorMessages, Form, fields::Submit, use_form},
};

/// Opens a deleted account again, as long as that can be done.
#[server(prefix = "/rpc", endpoint = "restore-account", output = Json)]
pub async fn restore_account(token: TypedToken) -> Result<Done, Error> {
    use crate::server::{context, leaving};
    leaving::take_back(&context::state()?, &context::client()?, &token).await?;
    Ok(Done::anew("/login?back=true"))
}

crate::ui::lazy::lazy_page! {
    /// The route of [`RestorePage`].
    RESTORE_ROUTE = RestorePage in links
}

/// The page that a mailed link leads to. It asks the server nothing: programs that look for bad
/// links in mails open all of them, and whether a link is good the form is told.
#[component]
pub fn RestorePage() -> impl IntoView {
    let token = segment("token").get_untracked();
    let form = use_form(RestoreAccount::PATH);
    let to = use_location().pathname.get_untracked();
    view! {
        <Title text="Take your account back" />
        <div class="page narrow">
            <h1>"Take your account back"</h1>
            <p class="lead">"It is opened again, with all that was in it. Then you log in as ever."</p>
            <Form form to>
                <ErrorMessages form />
                <input type="hidden" name="token" value=token />
                <p class="actions"><Submit form label="Take my account back" /></p>
            </Form>
        </div>
    }
}
