//! `/settings/data`: all that is one's own, to take along.

use leptos::{prelude::*, server_fn::ServerFn};
use leptos_meta::Title;

use super::{
    confirm::{Confirm, confirmation},
    settings::show_account,
};
use crate::{
    domain::account::OwnAccount,
    error::Error,
    ui::{
        form::{ErrorMessages, FormState, use_form},
        load::loaded,
    },
};

const HERE: &str = "/settings/data";

/// Where the form goes that is answered with a file. It is no server function, and has no other
/// name.
pub const DOWNLOAD: &str = "/settings/data?form=download";

crate::ui::lazy::lazy_page! {
    /// The route of [`DataPage`].
    DataRoute = DataPage in writing
}

/// The page's forms.
#[derive(Clone, Copy)]
struct Forms {
    download: FormState,
    confirm: FormState,
}

/// The page of what is one's own.
#[component]
pub fn DataPage() -> impl IntoView {
    let account = Resource::new(|| (), |()| show_account());
    let forms = Forms { download: use_form(DOWNLOAD), confirm: use_form(Confirm::PATH) };
    loaded(account, move |account: OwnAccount| show(account.username, forms))
}

fn show(username: String, forms: Forms) -> AnyView {
    let Forms { download, confirm } = forms;
    let stale = move |form: FormState| form.error() == Some(Error::RecentLoginNeeded);
    let needed = Memo::new(move |_| confirm.was_refused() || stale(download));
    let shown = move || {
        if needed.get() { confirmation(confirm, username.clone(), HERE) } else { download_form() }
    };
    view! {
        <Title text="Your data" />
        <div class="page narrow">
            <h1>"Your data"</h1>
            <section>
                <h2>"Download everything"</h2>
                <p>"Your articles and drafts as Markdown, your account, where you are logged in and what happened to it, in one zip file. The site mails you that it was downloaded."</p>
                <ErrorMessages form=download />
                {shown}
            </section>
            <p class="aside"><a href="/settings">"Settings"</a></p>
        </div>
    }
    .into_any()
}

/// The browser's own form, with JavaScript too: it keeps the file that is the answer.
fn download_form() -> AnyView {
    view! {
        <form class="form" method="post" action=DOWNLOAD>
            <p class="actions"><button type="submit">"Download everything"</button></p>
        </form>
    }
    .into_any()
}
