//! `/settings/invitations`: asking others to write here.

use leptos::{
    prelude::*,
    server,
    server_fn::{ServerFn, codec::GetUrl},
};
use leptos_meta::Title;

use crate::{
    domain::{
        field::Field,
        registration::{Invitation, Invitations, Use},
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

const HERE: &str = "/settings/invitations";

/// What the viewer has invited with.
// reads only
#[server(prefix = "/rpc", endpoint = "own-invitations", input = GetUrl, output = Json)]
pub async fn show_invitations() -> Result<Invitations, Error> {
    use crate::{
        domain::role::Permission,
        server::{context, failure::Failure, invitations},
    };
    let user = context::require(Permission::Invite)?;
    let (state, cookie) = (context::state()?, context::cookie(invitations::COOKIE)?);
    let made = invitations::list(&state.db, user.id, state.clock.now()).await;
    let link = invitations::just_made(&state, user.id, cookie).await.map_err(Failure::from)?;
    Ok(Invitations { link, made: made.map_err(Failure::from)? })
}

/// Makes an invitation; with an address it is mailed there.
#[server(prefix = "/rpc", endpoint = "invite", output = Json)]
pub async fn invite(#[server(default)] email: String) -> Result<Done, Error> {
    use crate::{
        domain::role::Permission,
        server::{context, invitations},
    };
    let user = context::require(Permission::Invite)?;
    invitations::make(&context::state()?, &context::client()?, &user, &email).await?;
    Ok(Done::anew(HERE))
}

/// Takes one of the viewer's invitations back.
#[server(prefix = "/rpc", endpoint = "withdraw-invitation", output = Json)]
pub async fn withdraw_invitation(handle: String) -> Result<Done, Error> {
    use crate::{
        domain::role::Permission,
        server::{context, invitations},
    };
    let user = context::require(Permission::Invite)?;
    invitations::withdraw(&context::state()?.db, user.id, &handle).await?;
    Ok(Done::anew(HERE))
}

crate::ui::lazy::lazy_page! {
    /// The route of [`InvitationsPage`].
    INVITATIONS_ROUTE = InvitationsPage in settings
}

/// The invitations page.
#[component]
pub fn InvitationsPage() -> impl IntoView {
    let invitations = Data::new(|| (), |()| show_invitations());
    let (make, withdraw) = (use_form(Invite::PATH), use_form(WithdrawInvitation::PATH));
    loaded(invitations, move |invitations: Invitations| show(invitations, make, withdraw))
}

fn show(Invitations { link, made }: Invitations, form: FormState, withdraw: FormState) -> AnyView {
    let link = link.map(|link| {
        view! {
            <div class="notice" role="status">
                <p>"Here is your link. Copy it now: in two minutes it is shown no more."</p>
                <p><code>{link}</code></p>
            </div>
        }
    });
    view! {
        <Title text="Invitations" />
        <div class="page narrow">
            <h1>"Invitations"</h1>
            {link}
            <p class="lead">"A link lets one person register here, within two weeks. They see that it comes from you."</p>
            <Form form to=format!("{HERE}?form=make")>
                <ErrorMessages form />
                <TextField form field=Field::Email kind="email" hint="May stay empty. Then you get the link, and pass it on yourself." />
                <p class="actions"><Submit form label="Invite" /></p>
            </Form>
            <section>
                <h2>"Yours"</h2>
                {list(made, withdraw)}
            </section>
            <p class="aside"><a href="/settings">"Settings"</a></p>
        </div>
    }
    .erased()
}

fn list(made: Vec<Invitation>, form: FormState) -> AnyView {
    if made.is_empty() {
        return view! { <ErrorMessages form /><p>"You have invited nobody yet."</p> }.erased();
    }
    let rows = made.into_iter().map(row).collect_view();
    view! {
        <Form form to=format!("{HERE}?form=withdraw")>
            <ErrorMessages form />
            <ul class="desk">{rows}</ul>
        </Form>
    }
    .erased()
}

fn row(Invitation { handle, email, until, used }: Invitation) -> impl IntoView {
    let whom = email.unwrap_or_else(|| "Whoever has the link".into());
    let label = format!("Withdraw the invitation for {whom}, open until {}", until.text);
    let open = used.is_none();
    let meta = match used {
        Some(Use { by: Some(name), when }) => {
            let href = format!("/profile/{name}");
            view! { <span>"Used by "<a href=href>{name}</a>", "<time datetime=when.iso>{when.text}</time></span> }.erased()
        }
        Some(Use { by: None, when }) => {
            view! { <span>"Used, "<time datetime=when.iso>{when.text}</time></span> }.erased()
        }
        None => view! { <span>"Open until "<time datetime=until.iso>{until.text}</time></span> }
            .erased(),
    };
    let end = open.then(|| {
        view! { <button type="submit" class="secondary edit-link" name="handle" value=handle aria-label=label>"Withdraw"</button> }
    });
    view! {
        <li class="desk-row">
            <strong>{whom}</strong>
            <p class="meta">{meta}</p>
            {end}
        </li>
    }
}
