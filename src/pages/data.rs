//! `/settings/data`: taking along all that is one's own, and leaving.

use std::rc::Rc;

use leptos::{prelude::*, server, server_fn::ServerFn, web_sys::Event};
use leptos_meta::Title;
use leptos_router::hooks::use_location;

use super::{
    account::show_identity,
    confirm::{Confirm, confirmation_then},
};
use crate::{
    domain::{account::Identity, field::Field},
    error::Error,
    json::Json,
    ui::{
        data::Data,
        erased::Erase,
        focus::focus,
        form::{
            Done, ErrorMessages, Form, FormState,
            fields::{Submit, TextField},
            use_form,
        },
        load::loaded,
    },
};

const HERE: &str = "/settings/data";

/// The page's address with what will become of the articles, which somebody chose before they were
/// asked for a proof. It only fills the form in.
const CHOSEN: [(&str, &str); 2] =
    [("keep", "/settings/data?articles=keep"), ("delete", "/settings/data?articles=delete")];

/// Where the form goes that is answered with a file. It is no server function, and has no other
/// name.
pub const DOWNLOAD: &str = "/settings/data?form=download";

/// Deletes the viewer's account. They type their username once more; `articles` is `keep` or
/// `delete`.
#[server(prefix = "/rpc", endpoint = "delete-account", output = Json)]
pub async fn delete_account(username: String, articles: String) -> Result<Done, Error> {
    use crate::server::{context, leaving};
    let user = context::require_recent().await?;
    let keep = match articles.as_str() {
        "keep" => true,
        "delete" => false,
        _ => return Err(Error::BadRequest),
    };
    let (state, client, mut session) = (context::state()?, context::client()?, context::session()?);
    leaving::begin(&state, &mut session, &client, &user, &username, keep).await?;
    Ok(Done::anew("/login?left=true"))
}

crate::ui::lazy::lazy_page! {
    /// The route of [`DataPage`].
    DATA_ROUTE = DataPage in settings
}

/// The page's forms.
#[derive(Clone, Copy)]
struct Forms {
    download: FormState,
    delete: FormState,
    confirm: FormState,
}

/// The page of what is one's own.
#[component]
pub fn DataPage() -> impl IntoView {
    let identity = Data::new(|| (), |()| show_identity());
    let forms = Forms {
        download: use_form(DOWNLOAD),
        delete: use_form(DeleteAccount::PATH),
        confirm: use_form(Confirm::PATH),
    };
    let asked = use_location().query.with_untracked(|query| query.get("articles"));
    let chosen = chosen(forms, asked);
    loaded(identity, move |identity: Identity| {
        show(identity.username, identity.recent, forms, chosen)
    })
}

/// What was chosen: in the form that was refused for want of a proof, where a refused proof was to
/// lead, or in the address, `asked`.
fn chosen(forms: Forms, asked: Option<String>) -> Option<(&'static str, &'static str)> {
    let (typed, next) = (forms.delete.typed("articles"), forms.confirm.typed("next"));
    let choice = typed.or(asked);
    CHOSEN
        .into_iter()
        .find(|(name, address)| choice.as_deref() == Some(name) || next.as_deref() == Some(address))
}

/// The page's sections. Forms that would be refused for want of a fresh proof are not filled in:
/// the form for it stands in their place. One that is refused all the same keeps what is in it
/// until the proof was given.
fn show(
    username: String,
    recent: bool,
    forms: Forms,
    chosen: Option<(&'static str, &'static str)>,
) -> AnyView {
    let Forms { download, delete, confirm } = forms;
    let stale = RwSignal::new(!recent);
    let needed = Memo::new(move |_| stale.get() || download.wants_proof() || delete.wants_proof());
    let filled = delete.was_refused();
    let begun =
        Memo::new(move |was: Option<&bool>| was.copied().unwrap_or(filled) || !needed.get());
    let proved = move |_: &Done| {
        // The page was left before the answer came.
        if stale.is_disposed() {
            return;
        }
        // Where the proof was asked for, the keyboard goes on.
        let asked =
            if untrack(|| delete.wants_proof()) { ".danger summary" } else { ".actions button" };
        download.forget();
        delete.forget();
        stale.set(false);
        request_animation_frame(move || focus(document().query_selector(asked).ok().flatten()));
    };
    // The script of passkeys says so before it goes anywhere.
    let by_passkey = move |event: Event| {
        event.prevent_default();
        proved(&Done::at(HERE));
    };
    let name = username.clone();
    let next = chosen.map_or(HERE, |(_, address)| address);
    let proof = move || {
        needed.get().then(|| confirmation_then(confirm, name.clone(), next.into(), Rc::new(proved)))
    };
    let sections = move || {
        let username = username.clone();
        begun.get().then(|| {
            view! { {download_section()}{import_section()}{delete_section(delete, username, chosen.map(|(name, _)| name))} }
                .erased()
        })
    };
    view! {
        <Title text="Your data" />
        <div class="page narrow">
            <h1>"Your data"</h1>
            <ErrorMessages form=download />
            <ErrorMessages form=delete />
            <div on:loggedin=by_passkey>{proof}</div>
            <div hidden=move || needed.get()>{sections}</div>
            <p class="aside"><a href="/settings">"Settings"</a></p>
        </div>
    }
    .erased()
}

/// The form is the browser's own, with JavaScript too: it keeps the file that is the answer.
fn download_section() -> impl IntoView {
    view! {
        <section>
            <h2>"Download everything"</h2>
            <p>"Your articles and drafts as Markdown, your account, where you are logged in and what happened to it, in one zip file. A mail tells you that it was downloaded."</p>
            <form class="form" method="post" action=DOWNLOAD>
                <p class="actions"><button type="submit">"Download everything"</button></p>
            </form>
        </section>
    }
}

fn import_section() -> impl IntoView {
    view! {
        <section>
            <h2>"Import articles"</h2>
            <p><a href="/settings/data/import">"Import articles from a file"</a></p>
        </section>
    }
}

fn delete_section(
    form: FormState,
    username: String,
    chosen: Option<&'static str>,
) -> impl IntoView {
    let begun = form.was_refused() || chosen.is_some();
    let all = chosen == Some("delete");
    view! {
        <section>
            <h2>"Delete your account"</h2>
            <p>"It is closed at once: you are logged out everywhere, nobody can log in, and your profile is gone. For 14 days the link in a mail takes it back; then it is deleted for good."</p>
            <details class="danger" open=begun>
                <summary>"Delete my account"</summary>
                <Form form to=format!("{HERE}?form=delete")>
                    <fieldset class="choices">
                        <legend>"What you published"</legend>
                        <label class="check">
                            <input type="radio" name="articles" value="keep" checked=!all />
                            " Stays, signed by a former member"
                        </label>
                        <label class="check">
                            <input type="radio" name="articles" value="delete" checked=all />
                            " Is deleted too: hidden from now on"
                        </label>
                    </fieldset>
                    <p>"Your drafts are deleted in any case. Download everything first, if you want to keep it."</p>
                    <TextField
                        form
                        field=Field::Username
                        label=format!("Your username, {username}, to be sure")
                    />
                    <p class="actions"><Submit form label="Delete my account" class="destructive" /></p>
                </Form>
            </details>
        </section>
    }
}
