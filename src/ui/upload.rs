//! Uploading a picture: its file, how far it is, what became of it. Where the picture goes is the
//! page's to say.
//!
//! Without JavaScript there is the page of one's pictures.

use leptos::{
    prelude::*,
    wasm_bindgen::{JsCast, JsValue, closure::Closure},
    web_sys::{Event, File, FormData, HtmlInputElement, ProgressEvent, XmlHttpRequest},
};

use super::erased::Erase;
use crate::{
    domain::{
        field::Field,
        image::{Flaw, Uploaded},
    },
    error::Error,
};

/// The page of one's pictures, and where its form goes that brings one. It is no server function,
/// and has no other name: what it carries is a file.
pub const UPLOAD: &str = "/images";

/// The media types that a file chooser offers.
pub const TAKEN: &str = "image/jpeg,image/png,image/webp,image/gif";

/// One upload after the other.
#[derive(Clone, Copy)]
pub struct Upload {
    /// What is said of it, last.
    status: RwSignal<String>,
    /// Whether that says why nothing came of it.
    failed: RwSignal<bool>,
    /// What is on its way.
    request: RwSignal<Option<XmlHttpRequest>, LocalStorage>,
}

/// What is there to upload with, where a script runs.
pub fn where_script_runs(view: impl Fn(Upload) -> AnyView + Send + 'static) -> AnyView {
    // Made in the browser alone: what is in it stays in one thread, which pages on the server
    // do not.
    let upload = RwSignal::new(None);
    Effect::new(move |_| upload.set(Some(Upload::new())));
    (move || upload.get().map(&view)).erased()
}

impl Upload {
    fn new() -> Self {
        let upload = Self {
            status: RwSignal::new(String::new()),
            failed: RwSignal::new(false),
            request: RwSignal::new_local(None),
        };
        // Where its picture was to go is not there any more.
        on_cleanup(move || {
            if let Some(request) = upload.request.try_get_untracked().flatten() {
                request.set_onloadend(None);
                _ = request.abort();
            }
        });
        upload
    }

    /// Where a file is chosen.
    pub fn chooser(
        self,
        id: &'static str,
        label: &'static str,
        hint: Option<&'static str>,
        take: impl Fn(File) + 'static,
    ) -> AnyView {
        let chosen = move |event: Event| {
            let input =
                event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
            let Some(input) = input else { return };
            if let Some(file) = input.files().and_then(|files| files.get(0)) {
                take(file);
            }
            // The same file can be chosen once more.
            input.set_value("");
        };
        let of_hint = hint.map(|_| format!("{id}-hint"));
        let hint = hint.map(|hint| view! { <p class="hint" id=of_hint.clone()>{hint}</p> });
        view! {
            <div class="field">
                <label for=id>{label}</label>
                <input id=id type="file" accept=TAKEN aria-describedby=of_hint.clone() on:change=chosen />
                {hint}
            </div>
        }
        .erased()
    }

    /// What is said of the picture, and the button that keeps it back while it is on its way.
    pub fn state(self) -> AnyView {
        let cancel = move || {
            self.request.with(Option::is_some).then(|| {
                view! {
                    <button type="button" class="secondary" on:click=move |_| self.cancel()>"Cancel the upload"</button>
                }
            })
        };
        let class = move || if self.failed.get() { "error" } else { "hint" };
        view! {
            <p class=class role="status">{move || self.status.get()}</p>
            {cancel}
        }
        .erased()
    }

    /// Whether another picture can be taken; if not, that is said.
    pub fn is_free(self) -> bool {
        let free = self.request.with_untracked(Option::is_none);
        if !free {
            self.status.set("Another picture is being uploaded. Wait for it.".into());
        }
        free
    }

    /// Says something of the picture.
    pub fn say(self, what: impl Into<String>) {
        self.failed.set(false);
        self.status.set(what.into());
    }

    /// Says why nothing comes of it.
    pub fn refuse(self, why: impl Into<String>) {
        self.failed.set(true);
        self.status.set(why.into());
    }

    /// Sends a picture and what it shows. `then` is told once what became of it; why nothing did is
    /// said here.
    pub fn send(self, file: &File, alt: &str, then: impl Fn(Option<Uploaded>) + Copy + 'static) {
        self.say("Uploading");
        if self.begin(file, alt, then).is_err() {
            self.end(Err(Error::Offline), then);
        }
    }

    fn begin(
        self,
        file: &File,
        alt: &str,
        then: impl Fn(Option<Uploaded>) + 'static,
    ) -> Result<(), JsValue> {
        let form = FormData::new()?;
        form.append_with_str(Field::Alt.name(), alt)?;
        form.append_with_blob("file", file)?;
        let request = XmlHttpRequest::new()?;
        request.open("POST", UPLOAD)?;
        request.set_request_header("Accept", "application/json")?;
        let progress = Closure::<dyn Fn(ProgressEvent)>::new(move |event: ProgressEvent| {
            let percent = (event.loaded() / event.total().max(1.0) * 100.0).floor();
            self.status.set(format!("Uploading: {percent} %"));
        });
        request.upload()?.set_onprogress(Some(progress.as_ref().unchecked_ref()));
        let sent = request.clone();
        // It is called once, whatever becomes of the request, and is gone then.
        let ended = Closure::once_into_js(move || {
            drop(progress);
            self.end(answer_of(&sent), then);
        });
        request.set_onloadend(Some(ended.unchecked_ref()));
        request.send_with_opt_form_data(Some(&form))?;
        self.request.set(Some(request));
        Ok(())
    }

    fn end(self, answer: Result<Uploaded, Error>, then: impl Fn(Option<Uploaded>)) {
        self.request.set(None);
        if let Err(error) = &answer {
            self.refuse(error.text());
        }
        then(answer.ok());
    }

    fn cancel(self) {
        if let Some(request) = self.request.get_untracked() {
            _ = request.abort();
            self.say("It was not uploaded.");
        }
    }
}

fn answer_of(request: &XmlHttpRequest) -> Result<Uploaded, Error> {
    let text = request.response_text().ok().flatten().unwrap_or_default();
    match request.status() {
        Ok(201) => serde_json::from_str(&text).map_err(|_| Error::Offline),
        // What stands before the site may take less than it does.
        Ok(413) => Err(serde_json::from_str(&text).unwrap_or(Error::Picture(Flaw::TooLarge))),
        _ => Err(serde_json::from_str(&text).unwrap_or(Error::Offline)),
    }
}
