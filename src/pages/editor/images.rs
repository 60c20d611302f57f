//! Pictures in the editor: chosen, pasted or dropped, described, uploaded, and put into the text.
//!
//! Without JavaScript there is the page of one's pictures, which this links to.

use leptos::{
    ev::KeyboardEvent,
    prelude::*,
    wasm_bindgen::{JsCast, JsValue, closure::Closure},
    web_sys::{
        ClipboardEvent, DataTransfer, DragEvent, Event, EventTarget, File, FormData,
        HtmlInputElement, HtmlTextAreaElement, ProgressEvent, XmlHttpRequest,
    },
};

use super::text::tell;
use crate::{
    domain::{
        field::Field,
        image::{Flaw, Uploaded},
    },
    error::Error,
    pages::images::{TAKEN, UPLOAD},
    ui::erased::Erase,
};

/// What stands in the text while a picture is on its way.
const PLACEHOLDER: &str = "![Uploading a picture…]()";

/// The button and what it opens. Its pictures go into the text area of the article's text, which
/// takes what is pasted and dropped into it from now on.
pub fn image_button() -> AnyView {
    // Made in the browser alone: what is in it stays in one thread, which pages on the server
    // do not.
    let upload = RwSignal::new(None);
    Effect::new(move |_| {
        let ready = Upload::new();
        ready.listen();
        upload.set(Some(ready));
    });
    let panel = move || upload.get().map(Upload::panel);
    view! {
        <div class="picture-upload">
            {panel}
            <p class="hint"><a href=UPLOAD target="_blank" rel="external">"Your pictures, in a new tab"</a></p>
        </div>
    }
    .erased()
}

type Listener = Closure<dyn Fn(Event)>;

#[derive(Clone, Copy)]
struct Upload {
    /// What is to be uploaded.
    file: RwSignal<Option<File>, LocalStorage>,
    alt: RwSignal<String>,
    /// What is said of it, last.
    status: RwSignal<String>,
    /// Whether that says why nothing came of it.
    failed: RwSignal<bool>,
    /// What is on its way.
    request: RwSignal<Option<XmlHttpRequest>, LocalStorage>,
    /// What listens, as long as the page is there.
    listeners: StoredValue<Vec<Listener>, LocalStorage>,
}

impl Upload {
    fn new() -> Self {
        Self {
            file: RwSignal::new_local(None),
            alt: RwSignal::new(String::new()),
            status: RwSignal::new(String::new()),
            failed: RwSignal::new(false),
            request: RwSignal::new_local(None),
            listeners: StoredValue::new_local(Vec::new()),
        }
    }

    fn panel(self) -> impl IntoView {
        let chosen = move |event: Event| {
            let input =
                event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
            let Some(input) = input else { return };
            self.take(input.files().and_then(|files| files.get(0)));
            // The same file can be chosen once more.
            input.set_value("");
        };
        let description = move || self.file.with(Option::is_some).then(|| self.description());
        let cancel = move || {
            self.request.with(Option::is_some).then(|| {
                view! {
                    <button type="button" class="secondary" on:click=move |_| self.cancel()>"Cancel the upload"</button>
                }
            })
        };
        let class = move || if self.failed.get() { "error" } else { "hint" };
        view! {
            <div class="field">
                <label for="picture-file">"Add a picture"</label>
                <input id="picture-file" type="file" accept=TAKEN on:change=chosen />
            </div>
            {description}
            <p class=class role="status">{move || self.status.get()}</p>
            {cancel}
        }
    }

    /// Asks what the picture shows, before it is uploaded.
    fn description(self) -> impl IntoView {
        let name = self.file.with_untracked(|file| file.as_ref().map(|file| file.name()));
        let on_key = move |event: KeyboardEvent| {
            // The input stands in the article's form, which is not to be sent by it.
            if event.key() == "Enter" {
                event.prevent_default();
                self.send();
            }
        };
        view! {
            <div class="field">
                <label for="picture-alt">{format!("What does {} show?", name.unwrap_or_default())}</label>
                <input
                    id="picture-alt"
                    dir="auto"
                    maxlength=Field::Alt.length().in_utf16()
                    aria-describedby="picture-alt-hint"
                    // It is no part of the article.
                    on:input=move |event| {
                        event.stop_propagation();
                        self.alt.set(event_target_value(&event));
                    }
                    on:keydown=on_key
                />
                <p class="hint" id="picture-alt-hint">"Read to those who do not see it. Leave it empty if the picture only decorates."</p>
                <p class="actions">
                    <button type="button" on:click=move |_| self.send()>"Upload"</button>
                    <button type="button" class="secondary" on:click=move |_| self.file.set(None)>"Do not upload"</button>
                </p>
            </div>
        }
    }

    /// A picture was chosen, pasted or dropped.
    fn take(self, file: Option<File>) {
        if file.is_none() {
            return;
        }
        if self.request.with_untracked(Option::is_some) {
            self.status.set("Another picture is being uploaded. Wait for it.".into());
            return;
        }
        self.alt.set(String::new());
        self.say(String::new(), false);
        self.file.set(file);
        request_animation_frame(|| {
            let input = document().get_element_by_id("picture-alt");
            if let Some(input) = input.and_then(|input| input.dyn_into::<HtmlInputElement>().ok()) {
                _ = input.focus();
            }
        });
    }

    fn listen(self) {
        let Some(area) = text_area() else { return };
        let Some(form) = area.form() else { return };
        // Without this no browser lets a file go, and with it none opens one in place of the page.
        let dragged = |event: Event| {
            let data = event.dyn_ref::<DragEvent>().and_then(DragEvent::data_transfer);
            if data.is_some_and(|data| data.types().iter().any(|kind| kind == "Files")) {
                event.prevent_default();
            }
        };
        let pasted = move |event: Event| {
            let data = event.dyn_ref::<ClipboardEvent>().and_then(ClipboardEvent::clipboard_data);
            self.take_from(&event, data);
        };
        let dropped = move |event: Event| {
            let data = event.dyn_ref::<DragEvent>().and_then(DragEvent::data_transfer);
            self.take_from(&event, data);
        };
        let (area, form): (&EventTarget, &EventTarget) = (&area, &form);
        for (target, event, listener) in [
            (area, "paste", Listener::new(pasted)),
            (form, "dragover", Listener::new(dragged)),
            (form, "drop", Listener::new(dropped)),
        ] {
            let callback = listener.as_ref().unchecked_ref();
            _ = target.add_event_listener_with_callback(event, callback);
            self.listeners.update_value(|all| all.push(listener));
        }
    }

    /// Takes a picture; text is left to the browser, also where what was copied has a picture of
    /// itself beside it.
    fn take_from(self, event: &Event, data: Option<DataTransfer>) {
        let Some(data) = data else { return };
        let has_text = data.types().iter().any(|kind| kind == "text/plain");
        let files = data.files().map(|files| (files.length(), files.get(0)));
        let (false, Some((count, Some(file)))) = (has_text, files) else { return };
        event.prevent_default();
        if !file.type_().starts_with("image/") {
            return self.say("Only pictures can be put into a text.".into(), true);
        }
        self.take(Some(file));
        if count > 1 {
            self.status.set("One picture at a time: this is the first of them.".into());
        }
    }

    fn send(self) {
        let Some(file) = self.file.get_untracked() else { return };
        if self.begin(&file).is_err() {
            self.end(Err(Error::Offline));
        }
        self.file.set(None);
    }

    fn begin(self, file: &File) -> Result<(), JsValue> {
        let form = FormData::new()?;
        form.append_with_str(Field::Alt.name(), &self.alt.get_untracked())?;
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
            self.end(answer_of(&sent));
        });
        request.set_onloadend(Some(ended.unchecked_ref()));
        if let Some(area) = text_area() {
            _ = area.set_range_text(PLACEHOLDER);
            tell(&area, "input");
        }
        self.say("Uploading".into(), false);
        request.send_with_opt_form_data(Some(&form))?;
        self.request.set(Some(request));
        Ok(())
    }

    fn cancel(self) {
        if let Some(request) = self.request.get_untracked() {
            _ = request.abort();
            self.status.set("It was not uploaded.".into());
        }
    }

    /// Puts the picture where the placeholder is; or takes that out and says what is wrong.
    fn end(self, answer: Result<Uploaded, Error>) {
        self.request.set(None);
        let failed = answer.is_err();
        let (text, said) = match answer {
            Ok(uploaded) => (uploaded.markdown, "The picture is in your text.".to_owned()),
            Err(error) => (String::new(), error.text()),
        };
        let found = text_area().is_some_and(|area| replace_placeholder(&area, &text));
        let said = if found || text.is_empty() { said } else { format!("Uploaded: {text}") };
        self.say(said, failed);
    }

    fn say(self, status: String, failed: bool) {
        self.failed.set(failed);
        self.status.set(status);
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

fn text_area() -> Option<HtmlTextAreaElement> {
    document().get_element_by_id(Field::Body.name())?.dyn_into().ok()
}

/// A text without the place of a picture that is on its way.
pub fn without_placeholder(text: &str) -> Option<String> {
    text.contains(PLACEHOLDER).then(|| text.replace(PLACEHOLDER, ""))
}

/// Whether the placeholder was still there. A browser counts in units of UTF-16.
fn replace_placeholder(area: &HtmlTextAreaElement, text: &str) -> bool {
    let value = area.value();
    let Some(at) = value.find(PLACEHOLDER) else { return false };
    let units = |text: &str| u32::try_from(text.encode_utf16().count()).unwrap_or(u32::MAX);
    let start = units(&value[..at]);
    let done = area.set_range_text_with_start_and_end(text, start, start + units(PLACEHOLDER));
    tell(area, "input");
    done.is_ok()
}
