//! What stands in the editor's form: reading it, and writing it there.

use leptos::{
    prelude::*,
    wasm_bindgen::{JsCast, JsValue},
    web_sys::{
        Event, EventInit, FormData, HtmlFormElement, HtmlInputElement, HtmlSelectElement,
        HtmlTextAreaElement, UrlSearchParams, js_sys::Array,
    },
};

/// Names and values, in the form's order.
pub type Text = Vec<(String, String)>;

/// What names an article and the version of it, and is no part of its text.
const NAMES: [&str; 5] = ["article", "slug", "draft_key", "version", "replaces"];

/// A time, which stands there now by one clock and now by another.
const TIME: [&str; 2] = ["publish_at", "zone"];

/// What is written by hand.
const WRITTEN: [&str; 6] = ["title", "description", "body", "tags", "cover", "cover_alt"];

/// Everything in the form.
pub fn all_of(form: &HtmlFormElement) -> Text {
    let Ok(data) = FormData::new_with_form(form) else { return Vec::new() };
    let pairs = Array::from(&data);
    let pairs = pairs.iter().map(|pair| Array::from(&pair));
    let text = |value: JsValue| value.as_string().unwrap_or_default();
    pairs.map(|pair| (text(pair.get(0)), text(pair.get(1)))).collect()
}

/// As a form is sent.
pub fn encoded(text: &Text) -> String {
    let Ok(params) = UrlSearchParams::new() else { return String::new() };
    for (name, value) in text {
        params.append(name, value);
    }
    params.to_string().into()
}

/// The value under that name.
pub fn value<'a>(text: &'a Text, name: &str) -> &'a str {
    text.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value)
}

/// Whether both say the same to a reader.
pub fn is_same(one: &Text, other: &Text) -> bool {
    let said = |text: &Text| -> Text {
        let is_said = |name: &str| !NAMES.contains(&name) && !TIME.contains(&name);
        let said = text.iter().filter(|(name, _)| is_said(name));
        said.map(|(name, value)| (name.clone(), value.replace("\r\n", "\n"))).collect()
    };
    let (one, other) = (said(one), said(other));
    let in_both = |name: &str| other.iter().any(|(n, _)| n == name);
    one.iter().filter(|(name, _)| in_both(name)).all(|(name, text)| value(&other, name) == text)
}

/// Whether anything was written that would be missed.
pub fn says_anything(text: &Text) -> bool {
    WRITTEN.iter().any(|name| !value(text, name).trim().is_empty())
}

/// Puts values into the form, in place of what stands there.
pub fn put(form: &HtmlFormElement, text: &Text) {
    for (name, value) in text {
        set(form, name, value);
    }
}

/// Puts the words of another text into the form, which stays that of its article.
pub fn put_words(form: &HtmlFormElement, text: &Text) {
    let words = text.iter().filter(|(name, _)| !NAMES.contains(&name.as_str()));
    words.for_each(|(name, value)| set(form, name, value));
}

/// Puts a value into the form at once. An effect would do it after the form has been sent.
pub fn set(form: &HtmlFormElement, name: &str, value: &str) {
    let find = |selector: &str| form.query_selector(selector).ok().flatten();
    let Some(element) = find(&format!("[name=\"{name}\"]:not(button)")) else { return };
    if let Some(area) = element.dyn_ref::<HtmlTextAreaElement>() {
        area.set_value(value);
    } else if let Some(select) = element.dyn_ref::<HtmlSelectElement>() {
        select.set_value(value);
    } else if let Some(input) = element.dyn_ref::<HtmlInputElement>() {
        match input.type_().as_str() {
            "radio" => {
                let chosen = find(&format!("[name=\"{name}\"][value=\"{value}\"]"));
                if let Some(radio) = chosen.and_then(|e| e.dyn_into::<HtmlInputElement>().ok()) {
                    radio.set_checked(true);
                }
            }
            "checkbox" => input.set_checked(input.value() == value),
            _ => input.set_value(value),
        }
    }
    tell(&element, "change");
}

/// Leads the keyboard into the text itself: the button that it was at goes with what it decided.
pub fn focus(form: &HtmlFormElement) {
    let area = form.query_selector("textarea[name=body]").ok().flatten();
    if let Some(area) = area.and_then(|area| area.dyn_into::<HtmlTextAreaElement>().ok()) {
        _ = area.focus();
    }
}

/// Says that an element changed, to whoever listens to it or above it.
pub fn tell(element: &leptos::web_sys::EventTarget, what: &str) {
    let bubbles = EventInit::new();
    bubbles.set_bubbles(true);
    if let Ok(event) = Event::new_with_event_init_dict(what, &bubbles) {
        _ = element.dispatch_event(&event);
    }
}

/// Whether something was typed before the application was there, or put back by the browser.
pub fn was_touched(form: &HtmlFormElement) -> bool {
    WRITTEN.iter().any(|name| {
        let element = form.query_selector(&format!("[name={name}]")).ok().flatten();
        element.is_some_and(|element| {
            if let Some(area) = element.dyn_ref::<HtmlTextAreaElement>() {
                area.default_value().is_ok_and(|served| served != area.value())
            } else {
                let input = element.dyn_ref::<HtmlInputElement>();
                input.is_some_and(|input| input.default_value() != input.value())
            }
        })
    })
}

/// The form that holds an element's page, if it is in the document: while somebody is logged out
/// it is not, and nothing of it may be sent.
pub fn in_document(form: NodeRef<leptos::html::Form>) -> Option<HtmlFormElement> {
    form.get_untracked().filter(|form| form.is_connected())
}
