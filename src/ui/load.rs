//! Waiting for data, and what is shown when it does not come.

use std::{pin::Pin, sync::Arc};

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_location;

use super::{
    data::{Content, Data},
    erased::Erase,
    status::set_status,
};
use crate::error::Error;

/// Shows what was waited for, or why it does not.
pub fn loaded<T>(
    data: Data<T>,
    show: impl Fn(T) -> AnyView + Copy + Send + Sync + 'static,
) -> AnyView
where
    T: Content,
{
    answered(data, move |answer| match answer {
        Ok(content) => show(content),
        Err(error) => refusal(error),
    })
}

/// Shows what was waited for, be it an error.
pub fn answered<T>(
    data: Data<T>,
    show: impl Fn(Result<T, Error>) -> AnyView + Copy + Send + Sync + 'static,
) -> AnyView
where
    T: Content,
{
    awaited(Arc::new(move || Box::pin(async move { show(data.ready().await) })))
}

/// A view that is on its way.
type Coming = Pin<Box<dyn Future<Output = AnyView> + Send>>;

/// Boxed, so that the browser is sent the code of a transition once and not once for each type
/// of data.
fn awaited(view: Arc<dyn Fn() -> Coming + Send + Sync>) -> AnyView {
    let content = move || Suspend::new(view());
    view! { <Transition fallback=|| view! { <p class="loading" role="status">"Loading …"</p> }>{content}</Transition> }.erased()
}

/// A page in place of one that cannot be shown, with the status that says the same.
pub fn refusal(error: Error) -> AnyView {
    set_status(error.status());
    match error {
        Error::NotFound => missing().erased(),
        Error::Unauthenticated => log_in_first().erased(),
        // The empty address is the present one.
        other => view! {
            <Title text="Something went wrong" />
            <div class="page narrow message-page">
                <p class="code">{other.status().to_string()}</p>
                <h1>"Something went wrong"</h1>
                <p>{other.text()}</p>
                <p class="actions">
                    <a class="button" href="" rel="external">"Try again"</a>
                    <a class="button secondary" href="/">"Go to the front page"</a>
                </p>
            </div>
        }
        .erased(),
    }
}

/// A page in place of what a mailed link opened, with why it does not and what else can be done.
pub fn expired(why: String, instead: AnyView) -> AnyView {
    set_status(Error::LinkExpired.status());
    view! {
        <Title text="Link expired" />
        <div class="page narrow message-page">
            <h1>"This link no longer works"</h1>
            <p>{why}</p>
            <p class="actions">{instead}</p>
        </div>
    }
    .erased()
}

/// The page for an address that leads nowhere.
pub fn missing() -> impl IntoView {
    set_status(404);
    view! {
        <Title text="Not found" />
        <div class="page narrow message-page">
            <p class="code">"404"</p>
            <h1>"There is nothing here"</h1>
            <p>"The address may be mistyped, or the article is gone, or it is not yours to see."</p>
            <p class="actions"><a class="button" href="/">"Go to the front page"</a></p>
        </div>
    }
}

fn log_in_first() -> impl IntoView {
    let path = use_location().pathname.get_untracked();
    view! {
        <Title text="For members" />
        <div class="page narrow message-page">
            <h1>"This is for members"</h1>
            <p>"Log in to read it, and you come straight back here; or register: it takes a minute."</p>
            <p class="actions">
                <a class="button" href=format!("/login?next={path}")>"Log in"</a>
                <a class="button secondary" href="/register">"Register"</a>
            </p>
        </div>
    }
}
