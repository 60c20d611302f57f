//! `/settings`: one's own account.

use leptos::{
    prelude::*,
    server,
    server_fn::{ServerFn, codec::GetUrl},
};
use leptos_meta::Title;

use crate::{
    domain::{account::OwnAccount, field::Field, profile::Image},
    error::Error,
    json::Json,
    ui::{
        data::Data,
        erased::Erase,
        form::{
            Done, ErrorMessages, Form, FormState,
            fields::{Submit, TextArea, TextField},
            use_form,
        },
        load::loaded,
        picture::picture,
        picture_field::PictureField,
    },
};

const PICTURE: PictureField = PictureField {
    field: Field::Image,
    alt: None,
    // They are shown small.
    address: |uploaded| uploaded.thumbnail,
    autocomplete: "photo",
    id: "image-file",
    upload: "Upload a picture of yourself",
    hint: "It is shown round: what is outside the circle in its middle is cut off.",
    // There is a button for it on the page of one's pictures.
    choose: None,
    by_hand: BY_HAND,
    there: "It is uploaded. It becomes yours when you save the profile.",
    remove: "Remove the picture",
};

const BY_HAND: &str = "The address of a picture, on the web or under /images/. It may stay empty.";

/// The viewer's own account.
// reads only
#[server(prefix = "/rpc", endpoint = "own-account", input = GetUrl, output = Json)]
pub async fn show_account() -> Result<OwnAccount, Error> {
    use crate::{
        domain::role::Permission,
        server::{context, failure::Failure, profiles},
    };
    let user = context::require_user()?;
    let writes = user.may(Permission::WriteArticles);
    let administers = user.may(Permission::Administer);
    let invites = user.may(Permission::Invite);
    let moderates = user.may(Permission::ModerateComments);
    let (bio, image) =
        profiles::own(&context::state()?.db, user.id).await.map_err(Failure::from)?;
    let roles = user.roles().map(|role| role.name().to_owned()).collect();
    Ok(OwnAccount {
        roles,
        writes,
        administers,
        invites,
        moderates,
        bio,
        image,
        since: user.created_at.to_when(),
        username: user.username,
        email: user.email,
    })
}

/// Replaces what the viewer says of themselves.
#[server(prefix = "/rpc", endpoint = "save-profile", output = Json)]
pub async fn save_profile(
    #[server(default)] bio: String,
    #[server(default)] image: String,
) -> Result<Done, Error> {
    use crate::server::{context, profiles};
    let user = context::require_user()?;
    let (bio, image) = profiles::parse(&bio, &image)?;
    profiles::save(&context::state()?.db, &user, &bio, &image).await?;
    Ok(Done::at(format!("/profile/{}", user.username)))
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
    SETTINGS_ROUTE = SettingsPage in settings
}

/// The settings page.
#[component]
pub fn SettingsPage() -> impl IntoView {
    let account = Data::new(|| (), |()| show_account());
    let forms = (use_form(LogOut::PATH), use_form(SaveProfile::PATH));
    loaded(account, move |account: OwnAccount| settings(account, forms))
}

fn settings(account: OwnAccount, (form, profile): (FormState, FormState)) -> AnyView {
    let site = account.administers.then(|| way("This site", "/admin", "Look after its accounts"));
    let comments = account
        .moderates
        .then(|| way("Comments", "/admin/reports", "Look at those that were reported or wait"));
    let invitations = account
        .invites
        .then(|| way("Invitations", "/settings/invitations", "Ask somebody to write here"));
    let (username, writes) = (account.username.clone(), account.writes);
    let picture = picture_of_oneself(username, account.image, writes, profile);
    let about = about_oneself(account.bio, picture, profile);
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
                    <div><dt>"Role"</dt><dd>{account.roles.join(", ")}</dd></div>
                </dl>
                <p><a href="/settings/account">"Change your username or your e-mail"</a></p>
            </section>
            <section>
                <h2>"Profile"</h2>
                {about}
            </section>
            {way(
                "Security",
                "/settings/security",
                "Your password, passkeys and second factor, and where you are logged in",
            )}
            {site}
            {comments}
            {way("Your data", "/settings/data", "Take it with you, or delete your account")}
            {invitations}
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
    .erased()
}

/// What is on a page of its own.
fn way(heading: &'static str, to: &'static str, label: &'static str) -> AnyView {
    view! {
        <section>
            <h2>{heading}</h2>
            <p><a href=to>{label}</a></p>
        </section>
    }
    .erased()
}

/// Who may not upload any gives the address of a picture that is elsewhere.
fn picture_of_oneself(username: String, stored: String, writes: bool, form: FormState) -> AnyView {
    if !writes {
        return view! { <TextField form field=Field::Image autocomplete="photo" value=stored hint=BY_HAND /> }
            .erased();
    }
    PICTURE.view(form, stored, move |address| {
        // What is no address is not asked for.
        let shown = Image::parse(&address).is_ok();
        picture(if shown { address } else { String::new() }, &username)
    })
}

fn about_oneself(bio: String, picture: AnyView, form: FormState) -> AnyView {
    view! {
        <Form form to="/settings?form=profile">
            <ErrorMessages form />
            {picture}
            <TextArea
                form
                field=Field::Bio
                value=bio
                rows=4
                hint="A few lines that readers see above your articles; at most 300 characters."
            />
            <p class="actions"><Submit form label="Save the profile" /></p>
        </Form>
    }
    .erased()
}
