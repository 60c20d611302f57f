//! The address of a picture in a form: that of one that is uploaded beside it, of one that was
//! uploaded before, or one that is typed.

use leptos::{prelude::*, web_sys::File};

use super::{
    erased::Erase,
    focus::focus,
    form::{FormState, fields::TextField, input_of, tell},
    upload::{UPLOAD, Upload, where_script_runs},
};
use crate::domain::{
    field::Field,
    image::{ImageName, OwnImage, Uploaded},
};

/// A field for the address of a picture, and what is said beside it.
pub struct PictureField {
    /// Where the address stands.
    pub field: Field,
    /// Where it is said what the picture shows, if the form asks.
    pub alt: Option<Field>,
    /// Which of its addresses it is.
    pub address: fn(Uploaded) -> String,
    /// The input's `autocomplete`.
    pub autocomplete: &'static str,
    /// What the chooser of the file is called in the page.
    pub id: &'static str,
    /// Over the chooser of the file.
    pub upload: &'static str,
    /// Under it.
    pub hint: &'static str,
    /// Where one is chosen that was uploaded before, and goes to what takes it; for a page that has
    /// the code for it.
    pub choose: Option<fn(Callback<OwnImage>) -> AnyView>,
    /// Under the address.
    pub by_hand: &'static str,
    /// Once a picture is uploaded or chosen.
    pub there: &'static str,
    /// On the button that takes it out.
    pub remove: &'static str,
}

impl PictureField {
    /// The field with what is stored, and the picture as `preview` shows the one at an address.
    pub fn view(
        &'static self,
        form: FormState,
        stored: String,
        preview: impl Fn(String) -> AnyView + Send + 'static,
    ) -> AnyView {
        let typed = form.typed(self.field.name());
        let address = RwSignal::new(typed.unwrap_or_else(|| stored.clone()));
        let filled = RwSignal::new(address.with_untracked(|address| !address.is_empty()));
        let read = move |typing: bool| {
            let Some(now) = input_of(self.field).map(|input| input.value()) else { return };
            filled.set(!now.is_empty());
            // One from elsewhere is asked for once its address is whole. It is as large as what stands
            // in its place: whoever then presses a button finds it where it was.
            let ours = ImageName::in_address(now.trim()).is_some();
            let now = if typing && !ours { String::new() } else { now };
            if address.with_untracked(|shown| *shown != now) {
                address.set(now);
            }
        };
        // It may have been typed before the application was there, or put back by the browser.
        Effect::new(move |_| read(false));
        view! {
            <div class="picture-upload" on:input=move |_| read(true) on:change=move |_| read(false)>
                {move || preview(address.get())}
                {where_script_runs(move |upload| self.uploading(upload, filled))}
                <TextField form field=self.field autocomplete=self.autocomplete hint=self.by_hand value=stored />
                <p class="hint">
                    <a href=UPLOAD target="_blank" rel="external">"Your pictures, in a new tab"</a>
                    ": upload one there or choose one, and copy its address to here."
                </p>
            </div>
        }
        .erased()
    }

    fn uploading(&'static self, upload: Upload, filled: RwSignal<bool>) -> AnyView {
        let arrived = move |uploaded: Option<Uploaded>| {
            if let Some(uploaded) = uploaded {
                put(self.field, &(self.address)(uploaded));
                upload.say(self.there);
            }
        };
        let take = move |file: File| {
            if upload.is_free() {
                let alt = self.alt.and_then(input_of).map(|input| input.value());
                upload.send(&file, &alt.unwrap_or_default(), arrived);
            }
        };
        let chosen = Callback::new(move |image: OwnImage| {
            if upload.is_free() {
                // What is said of the picture goes with it.
                let alt = self.alt.filter(|_| !image.alt.is_empty());
                alt.iter().for_each(|alt| put(*alt, &image.alt));
                arrived(Some(image.into()));
            }
        });
        let take_out = move |_| {
            put(self.field, "");
            upload.say("It is taken out. Choose a picture to have one again.");
            // The button goes.
            focus(document().get_element_by_id(self.id));
        };
        let remove = move || {
            filled.get().then(|| {
                view! {
                    <p class="actions">
                        <button type="button" class="secondary" on:click=take_out>{self.remove}</button>
                    </p>
                }
            })
        };
        view! {
            {upload.chooser(self.id, self.upload, Some(self.hint), take)}
            {self.choose.map(|choose| choose(chosen))}
            {upload.state()}
            {remove}
        }
        .erased()
    }
}

/// Puts a value into the field, as if it had been typed.
fn put(field: Field, value: &str) {
    if let Some(input) = input_of(field) {
        input.set_value(value);
        tell(&input, "input");
        tell(&input, "change");
    }
}
