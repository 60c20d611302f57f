//! `/not-me/:token`: where the link in a notice leads whoever knows nothing of what it tells.

use leptos::{
    prelude::*,
    server,
    server_fn::{ServerFn, codec::GetUrl},
};
use leptos_meta::Title;
use leptos_router::hooks::use_location;

use super::segment;
use crate::{
    domain::{account::Undoing, token::TypedToken},
    error::Error,
    json::Json,
    ui::{
        data::Data,
        erased::Erase,
        form::{Done, ErrorMessages, Form, FormState, fields::Submit, use_form},
        load::{answered, expired, refusal},
    },
};

/// What a link would do.
// reads only
#[server(prefix = "/rpc", endpoint = "undo-terms", input = GetUrl, output = Json)]
pub async fn undo_terms(token: TypedToken) -> Result<Undoing, Error> {
    use crate::server::{context, undo};
    Ok(undo::check(&context::state()?, &token).await?)
}

/// Shuts everybody out of the account, and mails a link to the address that this one went to.
#[server(prefix = "/rpc", endpoint = "undo", output = Json)]
pub async fn undo(token: TypedToken) -> Result<Done, Error> {
    use crate::server::{context, undo};
    undo::carry_out(&context::state()?, &context::client()?, &token).await?;
    Ok(Done::anew("/login?undone=true"))
}

crate::ui::lazy::lazy_page! {
    /// The route of [`NotMePage`].
    NOT_ME_ROUTE = NotMePage in links
}

/// The page of such a link.
#[component]
pub fn NotMePage() -> impl IntoView {
    let token = segment("token");
    let terms = Data::new(move || token.get(), |token| undo_terms(TypedToken::new(token)));
    let form = use_form(Undo::PATH);
    answered(terms, move |terms| match terms {
        Ok(undoing) => offer(token.get_untracked(), undoing, form),
        Err(error @ Error::LinkExpired) => expired(error.text(), instead()),
        Err(error) => refusal(error),
    })
}

fn offer(token: String, undoing: Undoing, form: FormState) -> AnyView {
    let to = use_location().pathname.get_untracked();
    let Undoing { username, email, moves_back } = undoing;
    let back =
        moves_back.then(|| view! { <li>{format!("Its e-mail address is {email} again.")}</li> });
    view! {
        <Title text="This was not me" />
        <div class="page narrow">
            <h1>"Shut everybody out?"</h1>
            <p class="lead">{format!("If it was not you who did that to the account {username}:")}</p>
            <ul>
                <li>"Everybody is logged out of it."</li>
                <li>"Its password stops working."</li>
                {back}
                <li>{format!("We mail a link to set a new password to {email}.")}</li>
            </ul>
            <Form form to>
                <ErrorMessages form />
                <input type="hidden" name="token" value=token />
                <p class="actions"><Submit form label="This was not me" class="destructive" /></p>
            </Form>
        </div>
    }
    .erased()
}

fn instead() -> AnyView {
    view! { <a class="button" href="/reset">"Ask for a new password"</a> }.erased()
}
