//! Tags, each with a button that takes it away. Without JavaScript it is the plain field,
//! separated by commas; and that is how they are sent in any case.

use leptos::{
    ev::KeyboardEvent,
    html,
    prelude::*,
    wasm_bindgen::JsCast,
    web_sys::{Event, FormData, HtmlInputElement},
};

use crate::{
    domain::field::Field,
    ui::{
        erased::Erase,
        form::{FormState, fields::TextField, tell},
    },
};

/// The tags of one article.
#[derive(Clone, Copy)]
pub struct TagList {
    tags: RwSignal<Vec<String>>,
    whole: NodeRef<html::Div>,
}

impl TagList {
    /// None yet.
    pub fn new() -> Self {
        Self { tags: RwSignal::new(Vec::new()), whole: NodeRef::new() }
    }

    /// The field. What stands in its input becomes tags with Enter and with a comma. Until then it
    /// stays as it was typed, also when the field is left: pills that came while a button is being
    /// pressed would move that button away, and the press would be lost.
    pub fn field(self, form: FormState, value: String) -> AnyView {
        Effect::new(move |_| {
            // Read, so that this runs when the input is there.
            let Some(input) = self.whole.get().and_then(|_| self.input()) else { return };
            let is_touched = input.value() != input.default_value();
            let has_focus = document().active_element().is_some_and(|active| *active == ***input);
            if !is_touched && !has_focus {
                self.take(&input);
                input.set_default_value("");
            }
        });
        let on_change = move |event: Event| {
            // What the page puts there, in place of a person, is all of them.
            if let Some(input) = self.input().filter(|_| !event.is_trusted()) {
                self.tags.set(Vec::new());
                self.take(&input);
            }
        };
        let on_key = move |event: KeyboardEvent| self.on_key(&event);
        view! {
            <div class="tags" node_ref=self.whole on:keydown=on_key on:change=on_change>
                <TextField form field=Field::Tags hint="Separated by commas, at most 10." value=value />
                {self.pills()}
            </div>
        }
        .erased()
    }

    /// When the form is read: all tags, in their order, separated by commas.
    pub fn complete(self, data: &FormData) {
        let mut all = self.tags.get_untracked();
        let typed = self.input().map(|input| input.value()).unwrap_or_default();
        if all.is_empty() {
            return;
        }
        all.extend((!typed.trim().is_empty()).then_some(typed));
        _ = data.set_with_str("tags", &all.join(", "));
    }

    fn pills(self) -> AnyView {
        let pills = move || {
            let tags = self.tags.get();
            (!tags.is_empty()).then(|| {
                let pills = tags.into_iter().map(|tag| self.pill(tag)).collect_view();
                view! { <ul class="tag-list" aria-label="Tags of this article">{pills}</ul> }
            })
        };
        pills.erased()
    }

    fn pill(self, tag: String) -> AnyView {
        let label = format!("Remove the tag {tag}");
        let shown = tag.clone();
        let remove = move |_| {
            self.tags.update(|tags| tags.retain(|other| *other != tag));
            self.changed();
        };
        view! {
            <li class="tag-pill">
                <bdi>{shown}</bdi>
                <button type="button" class="plain" aria-label=label on:click=remove>"×"</button>
            </li>
        }
        .erased()
    }

    fn on_key(self, event: &KeyboardEvent) {
        let Some(input) = self.input() else { return };
        let is_in_input = event.target().is_some_and(|target| &target == input.as_ref());
        match event.key().as_str() {
            // Enter would send the form.
            "Enter" | "," if is_in_input && !event.is_composing() => {
                event.prevent_default();
                self.take(&input);
                self.changed();
            }
            // Held down, it ends at the first letter of the field.
            "Backspace" if is_in_input && input.value().is_empty() && !event.repeat() => {
                self.tags.update(|tags| _ = tags.pop());
                self.changed();
            }
            _ => {}
        }
    }

    fn take(self, input: &HtmlInputElement) {
        let typed = input.value();
        let mut tags = self.tags.get_untracked();
        for part in typed.split(',') {
            let tag = part.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
            if !tag.is_empty() && !tags.contains(&tag) {
                tags.push(tag);
            }
        }
        input.set_value("");
        self.tags.set(tags);
    }

    /// Tells the form, as typing does.
    fn changed(self) {
        if let Some(input) = self.input() {
            tell(&input, "input");
            _ = input.focus();
        }
    }

    fn input(self) -> Option<HtmlInputElement> {
        let whole = self.whole.get_untracked()?;
        whole.query_selector("input").ok()??.dyn_into().ok()
    }
}

impl Default for TagList {
    fn default() -> Self {
        Self::new()
    }
}
