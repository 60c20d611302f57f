//! Pictures in the editor's text: chosen, pasted or dropped, described, uploaded, and put where the
//! cursor is; or chosen from those that were uploaded before.
//!
//! Without JavaScript there is the page of one's pictures, which this links to.

use leptos::{
    ev::KeyboardEvent,
    prelude::*,
    wasm_bindgen::{JsCast, closure::Closure},
    web_sys::{
        ClipboardEvent, DataTransfer, DragEvent, Event, EventTarget, File, HtmlInputElement,
        HtmlTextAreaElement,
    },
};

use super::{autosave::Autosave, text::text_area, toolbar};
use crate::{
    domain::{
        field::Field,
        image::{OwnImage, Uploaded, markdown},
    },
    pages::images::choosing::Wanted,
    ui::{
        erased::Erase,
        focus::focus,
        upload::{UPLOAD, Upload, where_script_runs},
    },
};

/// What stands in the text while a picture is on its way.
const PLACEHOLDER: &str = "![Uploading a picture…]()";

const IN_THE_TEXT: &str = "The picture is in your text.";

/// The button and what it opens. Its pictures go into the text area of the article's text, which
/// takes what is pasted and dropped into it from now on.
pub fn image_button(autosave: Autosave) -> AnyView {
    let panel = where_script_runs(move |upload| {
        let pictures = Pictures::new(upload, autosave);
        pictures.listen();
        pictures.panel()
    });
    view! {
        <div class="picture-upload">
            {panel}
            <p class="hint"><a href=UPLOAD target="_blank" rel="external">"Your pictures, in a new tab"</a></p>
        </div>
    }
    .erased()
}

type Listener = Closure<dyn Fn(Event)>;

/// A picture whose writer is asked what it shows.
#[derive(Clone)]
enum Asked {
    /// It will be uploaded.
    New(File),
    /// It was uploaded, and nothing was said of it.
    Own(OwnImage),
}

/// The pictures for the text, one at a time.
#[derive(Clone, Copy)]
struct Pictures {
    upload: Upload,
    autosave: Autosave,
    asked: RwSignal<Option<Asked>, LocalStorage>,
    alt: RwSignal<String>,
    /// What listens, as long as the page is there.
    listeners: StoredValue<Vec<Listener>, LocalStorage>,
}

impl Pictures {
    fn new(upload: Upload, autosave: Autosave) -> Self {
        Self {
            upload,
            autosave,
            asked: RwSignal::new_local(None),
            alt: RwSignal::new(String::new()),
            listeners: StoredValue::new_local(Vec::new()),
        }
    }

    fn panel(self) -> AnyView {
        let description = move || self.asked.get().map(|asked| self.description(asked));
        let wanted = Wanted {
            id: "picture",
            label: "Choose from your pictures",
            take: Callback::new(move |image| self.choose(image)),
            closed: Some(go_on),
        };
        view! {
            {self.upload.chooser("picture-file", "Add a picture", None, move |file| self.take(file))}
            {wanted.view()}
            {description}
            {self.upload.state()}
        }
        .erased()
    }

    /// Asks what the picture shows, before it is uploaded or put into the text.
    fn description(self, asked: Asked) -> impl IntoView {
        let (label, yes, no) = match asked {
            Asked::New(file) => {
                (format!("What does {} show?", file.name()), "Upload", "Do not upload")
            }
            Asked::Own(image) => (
                format!("What does the picture of {} show?", image.when.text),
                "Put it into the text",
                "Leave it out",
            ),
        };
        let on_key = move |event: KeyboardEvent| {
            // The input stands in the article's form, which is not to be sent by it.
            if event.key() == "Enter" {
                event.prevent_default();
                self.send();
            }
        };
        view! {
            <div class="field">
                <label for="picture-alt">{label}</label>
                <input
                    id="picture-alt"
                    dir="auto"
                    maxlength=Field::Alt.length().in_utf16()
                    aria-describedby="picture-alt-hint"
                    prop:value=move || self.alt.get()
                    // It is no part of the article.
                    on:input=move |event| {
                        event.stop_propagation();
                        self.alt.set(event_target_value(&event));
                    }
                    on:keydown=on_key
                />
                <p class="hint" id="picture-alt-hint">"Read to those who do not see it. Leave it empty if the picture only decorates."</p>
                <p class="actions">
                    <button type="button" on:click=move |_| self.send()>{yes}</button>
                    <button type="button" class="secondary" on:click=move |_| self.leave_out()>{no}</button>
                </p>
            </div>
        }
    }

    /// A picture was chosen, pasted or dropped.
    fn take(self, file: File) {
        if self.upload.is_free() {
            self.ask(Asked::New(file));
        }
    }

    /// One that was uploaded before was chosen.
    fn choose(self, image: OwnImage) {
        if image.alt.is_empty() {
            self.ask(Asked::Own(image));
        } else {
            self.asked.set(None);
            self.write(&image.markdown);
        }
    }

    fn ask(self, picture: Asked) {
        self.alt.set(String::new());
        self.upload.say("");
        self.asked.set(Some(picture));
        request_animation_frame(go_on);
    }

    fn listen(self) {
        let Some(area) = text_area() else { return };
        let Some(form) = area.form() else { return };
        // Without this no browser lets a file go, and with it none opens one in place of the page.
        let dragged = |event: Event| {
            let data = event.dyn_ref::<DragEvent>().and_then(DragEvent::data_transfer);
            if !is_on_chooser(&event)
                && data.is_some_and(|data| data.types().iter().any(|kind| kind == "Files"))
            {
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
        if is_on_chooser(event) {
            return;
        }
        event.prevent_default();
        if !file.type_().starts_with("image/") {
            return self.upload.refuse("Only pictures can be put into a text.");
        }
        self.take(file);
        if count > 1 {
            self.upload.say("One picture at a time: this is the first of them.");
        }
    }

    fn send(self) {
        let alt = self.alt.get_untracked();
        match self.asked.get_untracked() {
            Some(Asked::New(file)) => {
                if let Some(area) = text_area() {
                    toolbar::write(&area, PLACEHOLDER);
                }
                self.autosave.picture_leaves();
                self.upload.send(&file, &alt, move |uploaded| self.put(uploaded));
            }
            Some(Asked::Own(image)) => self.write(&markdown(&image.path, alt.trim())),
            None => {}
        }
        self.asked.set(None);
    }

    /// The picture that was chosen shall be none after all: the keyboard goes on in the text.
    fn leave_out(self) {
        self.asked.set(None);
        focus(text_area().map(Into::into));
    }

    /// Puts the Markdown of a picture where the cursor is, so that it can be undone.
    fn write(self, text: &str) {
        if let Some(area) = text_area() {
            toolbar::write(&area, text);
            self.upload.say(IN_THE_TEXT);
        }
    }

    /// Puts the picture where the placeholder is, or takes that out.
    fn put(self, uploaded: Option<Uploaded>) {
        let text = uploaded.map(|uploaded| uploaded.markdown).unwrap_or_default();
        let found = text_area().is_some_and(|area| replace_placeholder(&area, &text));
        match (found, text.is_empty()) {
            (_, true) => {}
            (true, _) => self.upload.say(IN_THE_TEXT),
            (false, _) => self.upload.say(format!("Uploaded: {text}")),
        }
        self.autosave.picture_ends(!text.is_empty());
    }
}

/// Leads the keyboard to where it is said what a picture shows, if that is asked; into the text
/// otherwise.
fn go_on() {
    let asked = document().get_element_by_id("picture-alt");
    focus(asked.or_else(|| text_area().map(Into::into)));
}

/// Whether a file is dropped on what takes it by itself: it may be for something else.
fn is_on_chooser(event: &Event) -> bool {
    let input = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
    input.is_some_and(|input| input.type_() == "file")
}

/// A text without the place of a picture that is on its way.
pub fn without_placeholder(text: &str) -> Option<String> {
    text.contains(PLACEHOLDER).then(|| text.replace(PLACEHOLDER, ""))
}

/// Whether the placeholder was still there. Whoever writes on is left where they are, and can undo
/// what they typed. A browser counts in units of UTF-16.
fn replace_placeholder(area: &HtmlTextAreaElement, text: &str) -> bool {
    let value = area.value();
    let Some(at) = value.find(PLACEHOLDER) else { return false };
    let units = |text: &str| u32::try_from(text.encode_utf16().count()).unwrap_or(u32::MAX);
    let (start, length, new) = (units(&value[..at]), units(PLACEHOLDER), units(text));
    let moved = |place: Result<Option<u32>, _>| {
        let place = place.ok().flatten().unwrap_or(0);
        if place < start + length { place.min(start + new) } else { place - length + new }
    };
    let (from, to) = (moved(area.selection_start()), moved(area.selection_end()));
    let at_keyboard = document().active_element();
    _ = area.set_selection_range(start, start + length);
    toolbar::write(area, text);
    _ = area.set_selection_range(from, to);
    if at_keyboard.as_ref() != Some(area) {
        focus(at_keyboard);
    }
    true
}
