//! An open page that notices that its session has ended, within seconds, whoever ended it.
//!
//! The document of somebody who is logged in asks now and then, and when its tab comes to the
//! front. When nobody is logged in any more, or somebody else is, everything is taken out of the
//! document: what was read there, and what was typed. If the same person logs in again, in its place
//! or in another tab, it is put back as it was, and a text that was being written goes on. Until then it is in the memory of this tab,
//! and of an article whatever the server does not have yet in this browser's storage, under its
//! writer's name (`editor/local`).

use std::{any::Any, time::Duration};

use leptos::{
    ev::{self, SubmitEvent, visibilitychange},
    mount::mount_to,
    prelude::*,
    server_fn::{
        Decodes, ServerFn,
        client::{Client, browser::BrowserClient},
        request::{ClientReq, browser::BrowserRequest},
        response::ClientRes,
    },
    task::spawn_local,
    wasm_bindgen::JsCast,
    wasm_split::{SplitLoaderError, wasm_split},
    web_sys::{DocumentFragment, Element, Event, HtmlDialogElement},
};

use super::log_in::LogIn;
use crate::{
    domain::field::Field,
    error::Error,
    json::Text,
    ui::{
        erased::Erase,
        focus::focus,
        form::{
            Done, ErrorMessages, FormState,
            fields::{Submit, TextField},
            send, use_form,
        },
        layout::ViewerData,
        passkey::with_passkey,
    },
};

/// Seconds are enough: whoever ended the session did it somewhere else.
const EVERY: Duration = Duration::from_secs(15);

/// Watches the viewer's session, as long as the document is there. Who is not logged in loads
/// nothing for it, and on the server nothing happens.
pub fn watch_session(viewer: ViewerData) {
    Effect::new(move |_| {
        let viewer = viewer.get().and_then(Result::ok).flatten();
        if viewer.is_some() {
            let watch = Watch { whose: StoredValue::new(None), gone: StoredValue::new_local(None) };
            // Where the code does not come, a form still says that nobody is logged in.
            spawn_local(async move { _ = begin(watch).await });
        }
    });
}

// With the pages of mailed links, which few open: with a chunk of its own the splitter cuts what all
// pages share in other places, and whoever is not logged in loads 2 kB more.
#[wasm_split(links, wasm_split_path = ::leptos::wasm_split, fallible)]
fn begin(watch: Watch) -> Result<(), SplitLoaderError> {
    watch.begin();
    Ok(())
}

/// What was taken out of the document.
struct Gone {
    page: DocumentFragment,
    title: String,
    place: Place,
    /// The log-in that stands in its place, as long as this is kept.
    _log_in: Box<dyn Any>,
}

/// Where somebody was in a page, which forgets it while it is no part of the document.
struct Place {
    /// What had the keyboard.
    at: Option<Element>,
    /// How far that was scrolled, in CSS pixels.
    within: i32,
    /// How far the page was.
    down: f64,
}

impl Place {
    fn present() -> Self {
        let at = document().active_element();
        let within = at.as_ref().map_or(0, Element::scroll_top);
        Self { at, within, down: window().scroll_y().unwrap_or(0.0) }
    }

    fn go(self) {
        focus(self.at.clone());
        if let Some(at) = self.at {
            at.set_scroll_top(self.within);
        }
        window().scroll_to_with_x_and_y(0.0, self.down);
    }
}

#[derive(Clone, Copy)]
struct Watch {
    /// Whose session the page was opened in; none until the server was asked.
    whose: StoredValue<Option<String>>,
    gone: StoredValue<Option<Gone>, LocalStorage>,
}

impl Watch {
    fn begin(self) {
        let look = move || {
            if !document().hidden() {
                spawn_local(async move {
                    self.look().await;
                });
            }
        };
        look();
        set_interval(look, EVERY);
        _ = window_event_listener(visibilitychange, move |_| look());
        _ = window_event_listener(ev::focus, move |_| look());
    }

    /// Asks whose the session is, and does what follows from that. Whether somebody is logged in.
    async fn look(self) -> bool {
        let Ok(now) = whose().await else { return true };
        // The person may have left the page while it was asked.
        let same = self.whose.try_update_value(|whose| {
            if whose.is_none() && !self.gone.with_value(Option::is_some) {
                whose.clone_from(&now);
            }
            *whose == now
        });
        let Some(same) = same else { return true };
        match (&now, self.gone.with_value(Option::is_some)) {
            (Some(_), true) if same => self.put_back(),
            (Some(_), false) if same => {}
            // A load of the whole document leaves nothing of the former person in memory.
            (Some(_), _) => _ = window().location().assign("/"),
            (None, true) => {}
            (None, false) => self.take_out(),
        }
        now.is_some()
    }

    fn take_out(self) {
        let (document, Some(body)) = (document(), document().body()) else { return };
        let page = document.create_document_fragment();
        // What is opened above the page would come back as a part of it.
        while let Some(above) = document.query_selector("dialog[open]").ok().flatten() {
            match above.dyn_into::<HtmlDialogElement>() {
                Ok(above) => above.close(),
                Err(_) => break,
            }
        }
        let place = Place::present();
        while let Some(child) = body.first_child() {
            if page.append_child(&child).is_err() {
                break;
            }
        }
        let title = document.title();
        document.set_title("Logged out");
        let log_in = mount_to(body, move || log_in(self));
        self.gone.set_value(Some(Gone { page, title, place, _log_in: Box::new(log_in) }));
        request_animation_frame(|| {
            let first = leptos::prelude::document().query_selector("[role=dialog] [name=email]");
            focus(first.ok().flatten());
        });
    }

    fn put_back(self) {
        let gone = self.gone.try_update_value(Option::take).flatten();
        let (Some(Gone { page, title, place, _log_in }), Some(body)) = (gone, document().body())
        else {
            return;
        };
        drop(_log_in);
        _ = body.append_child(&page);
        document().set_title(&title);
        place.go();
    }
}

/// Whose the session of this browser is, by a handle that is no name; nobody's is `None`.
///
/// # Errors
/// Whatever is no answer to that: a server that is being restarted has ended no session.
async fn whose() -> Result<Option<String>, Error> {
    let request: BrowserRequest =
        ClientReq::<Error>::try_new_get("/session", "", "application/json", "")?;
    let response = <BrowserClient as Client<Error>>::send(request).await?;
    let status = ClientRes::<Error>::status(&response);
    let body = ClientRes::<Error>::try_into_bytes(response).await?;
    match status {
        200 => <Text as Decodes<String>>::decode(body).map(Some).map_err(|_| Error::Offline),
        401 => match <Text as Decodes<Error>>::decode(body) {
            Ok(Error::Unauthenticated) => Ok(None),
            _ => Err(Error::Offline),
        },
        _ => Err(Error::Offline),
    }
}

/// The log-in in place of the page.
fn log_in(watch: Watch) -> AnyView {
    let form = use_form(LogIn::PATH);
    // Where the log-in goes on that is not finished with the password.
    let further = RwSignal::new(None::<String>);
    let on_submit = move |event: SubmitEvent| {
        send(form, event, move |done: &Done| {
            let to = done.to.clone();
            spawn_local(async move {
                if !watch.look().await {
                    further.try_set(Some(to));
                }
            });
        });
    };
    let rest = move || {
        further.get().map(|to| {
            view! {
                <p class="notice" role="status">
                    "The password is right. "
                    <a href=to target="_blank" rel="external">"Take the second step in a new tab"</a>
                    ", then come back."
                </p>
            }
        })
    };
    // The script of passkeys says that it has logged in, before it goes anywhere.
    let on_passkey = move |event: Event| {
        event.prevent_default();
        spawn_local(async move {
            watch.look().await;
        });
    };
    let here = window().location();
    let here =
        format!("{}{}", here.pathname().unwrap_or_default(), here.search().unwrap_or_default());
    view! {
        <main><div on:loggedin=on_passkey class="page narrow" role="dialog" aria-modal="true" aria-labelledby="logged-out">
            <h1 id="logged-out">"You are logged out"</h1>
            <p class="lead">"This session has ended. What was here is kept in this tab, out of sight: log in as the same person, and you go on where you were."</p>
            {rest}
            <form class="form" novalidate=true on:submit=on_submit>{fields(form)}</form>
            {with_passkey("log-in", "Log in with a passkey")}
            <p class="aside">
                <a href=here rel="external">"Go on without logging in"</a>
                ". What was typed here and is not kept yet is lost then."
            </p>
        </div></main>
    }
    .erased()
}

fn fields(form: FormState) -> AnyView {
    view! {
        <ErrorMessages form />
        <TextField form field=Field::Email label="Username or e-mail" autocomplete="username" />
        <TextField form field=Field::Password kind="password" autocomplete="current-password" />
        <p class="actions"><Submit form label="Log in" /></p>
    }
    .erased()
}
