//! What stands in the editor's form: reading it, and writing it there.

use std::hash::{DefaultHasher, Hash, Hasher};

use leptos::{
    prelude::*,
    wasm_bindgen::{JsCast, JsValue},
    web_sys::{
        Event, FormData, HtmlFormElement, HtmlInputElement, HtmlSelectElement, HtmlTextAreaElement,
        UrlSearchParams,
        js_sys::{Array, Date, Reflect},
    },
};

use crate::{
    domain::field::Field,
    ui::{self, form::tell},
};

/// Names and values, in the form's order.
pub type Text = Vec<(String, String)>;

/// What names an article and the version of it, and is no part of its text.
const NAMES: [&str; 5] = ["article", "slug", "draft_key", "version", "replaces"];

/// A time, which stands there now by one clock and now by another.
const TIME: [&str; 2] = ["publish_at", "zone"];

/// What it says to a reader, but for the time.
const SAID: [Field; 11] = [
    Field::Title,
    Field::Description,
    Field::Body,
    Field::Tags,
    Field::Cover,
    Field::CoverAlt,
    Field::Visibility,
    Field::SlugWanted,
    Field::Canonical,
    Field::Language,
    Field::Direction,
];

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

/// What is read of a form, of the event that it is read by: `formdata`.
pub fn read_by(event: &Event) -> Option<FormData> {
    Reflect::get(event, &"formData".into()).ok()?.dyn_into().ok()
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
    let at_the_same_time = !both_have(one, other, "publish_at") || instant(one) == instant(other);
    let (one, other) = (said(one), said(other));
    let in_both = |name: &str| other.iter().any(|(n, _)| n == name);
    at_the_same_time
        && one
            .iter()
            .filter(|(name, _)| in_both(name))
            .all(|(name, text)| value(&other, name) == text)
}

/// What a text is known by: two that say the same have the same. Without a field for the time, as
/// the form of a published article is, it says none.
pub fn digest(text: &Text) -> u64 {
    let mut hasher = DefaultHasher::new();
    for field in SAID {
        value(text, field.name()).replace("\r\n", "\n").hash(&mut hasher);
    }
    has(text, "publish_at").then(|| instant(text)).hash(&mut hasher);
    hasher.finish()
}

/// A stored text without the time, if the form that holds `own` has no field for it.
pub fn shared(mut stored: Text, own: &Text) -> Text {
    if !has(own, "publish_at") {
        stored.retain(|(name, _)| name != "publish_at");
    }
    stored
}

/// The number of the version that it started from.
pub fn version(text: &Text) -> i64 {
    value(text, "version").parse().unwrap_or(0)
}

/// Whether there is a field of that name.
pub fn has(text: &Text, name: &str) -> bool {
    text.iter().any(|(own, _)| own == name)
}

fn both_have(one: &Text, other: &Text, name: &str) -> bool {
    has(one, name) && has(other, name)
}

/// When it shall appear, in milliseconds, by whichever clock it says so; none is at once.
fn instant(text: &Text) -> Option<u64> {
    let at = Date::new(&format!("{}Z", value(text, "publish_at")).into()).get_time();
    let zone: f64 = value(text, "zone").parse().unwrap_or(0.0);
    (!at.is_nan()).then_some((at + zone * 60_000.0) as u64)
}

/// In which fields of the form `stored` says something else than `own`, beside title and text, and
/// what: a time by this browser's clock.
pub fn different(stored: &Text, own: &Text) -> Vec<(&'static str, String)> {
    let differs = |field: &Field| {
        let name = field.name();
        let beside = !matches!(field, Field::Title | Field::Body);
        beside && both_have(stored, own, name) && value(stored, name) != value(own, name)
    };
    let mut different: Vec<(&'static str, String)> = SAID
        .into_iter()
        .filter(differs)
        .map(|field| (field.label(), value(stored, field.name()).to_owned()))
        .collect();
    if both_have(stored, own, Field::PublishAt.name()) && instant(stored) != instant(own) {
        let at = instant(stored).map(|at| local(&Date::new(&(at as f64).into())));
        different.push((Field::PublishAt.label(), at.unwrap_or_default().replace('T', " ")));
    }
    different
}

/// A moment as `datetime-local` inputs have it.
pub fn local(at: &Date) -> String {
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}",
        at.get_full_year(),
        at.get_month() + 1,
        at.get_date(),
        at.get_hours(),
        at.get_minutes()
    )
}

/// Puts a time into the form, by this browser's clock.
fn put_time(form: &HtmlFormElement, text: &Text) {
    let at = instant(text).map(|at| Date::new(&(at as f64).into()));
    let zone = at.as_ref().map_or(0.0, Date::get_timezone_offset);
    set(form, "zone", &zone.to_string());
    set(form, "publish_at", &at.map(|at| local(&at)).unwrap_or_default());
}

/// Whether anything was written that would be missed.
pub fn says_anything(text: &Text) -> bool {
    WRITTEN.iter().any(|name| !value(text, name).trim().is_empty())
}

/// Puts values into the form, in place of what stands there.
pub fn put(form: &HtmlFormElement, text: &Text) {
    let timeless = text.iter().filter(|(name, _)| !TIME.contains(&name.as_str()));
    timeless.for_each(|(name, value)| set(form, name, value));
    put_time(form, text);
}

/// Puts the words of another text into the form, which stays that of its article.
pub fn put_words(form: &HtmlFormElement, text: &Text) {
    let words = text.iter().filter(|(name, _)| !NAMES.contains(&name.as_str()));
    put(form, &words.cloned().collect());
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

/// Where the article's text itself is written.
pub fn text_area() -> Option<HtmlTextAreaElement> {
    document().get_element_by_id(Field::Body.name())?.dyn_into().ok()
}

/// Leads the keyboard into the text itself: the button that it was at goes with what it decided.
pub fn focus(form: &HtmlFormElement) {
    focus_on(form, "textarea[name=body]");
}

/// The same for a text that was put there in place of another: to its beginning. A text that is
/// put there leaves the cursor at its end, and the page would go there too. The page follows once
/// what stood beside or above the text is gone.
pub fn focus_anew(form: &HtmlFormElement) {
    let area = form.query_selector("textarea[name=body]").ok().flatten();
    if let Some(area) = area.as_ref().and_then(|area| area.dyn_ref::<HtmlTextAreaElement>()) {
        _ = area.set_selection_range(0, 0);
        area.set_scroll_top(0);
    }
    ui::focus::focus(area.clone());
    request_animation_frame(move || _ = area.map(|area| area.scroll_into_view()));
}

/// Leads the keyboard to the first element of the form that is so.
pub fn focus_on(form: &HtmlFormElement, selector: &str) {
    ui::focus::focus(form.query_selector(selector).ok().flatten());
}

/// Whether something was typed or chosen before the application was there, or put back by the
/// browser.
pub fn was_touched(form: &HtmlFormElement) -> bool {
    let find = |selector: &str| form.query_selector(selector).ok().flatten();
    let typed = |field: &Field| {
        find(&format!("[name={}]", field.name())).is_some_and(|element| {
            if let Some(area) = element.dyn_ref::<HtmlTextAreaElement>() {
                return area.default_value().is_ok_and(|served| served != area.value());
            }
            let input = element.dyn_ref::<HtmlInputElement>();
            let input = input.filter(|input| input.type_() != "radio");
            input.is_some_and(|input| input.default_value() != input.value())
        })
    };
    let chosen = "[type=radio]:checked:not([checked])";
    SAID.iter().any(typed) || find(chosen).is_some() || was_timed(form)
}

/// The same of the time, which may stand there by the browser's clock already.
fn was_timed(form: &HtmlFormElement) -> bool {
    let input = form.query_selector("[name=publish_at]").ok().flatten();
    let Some(input) = input.and_then(|input| input.dyn_into::<HtmlInputElement>().ok()) else {
        return false;
    };
    instant(&all_of(form)) != instant(&vec![("publish_at".into(), input.default_value())])
}

/// The form that holds an element's page, if it is in the document: while somebody is logged out
/// it is not, and nothing of it may be sent.
pub fn in_document(form: NodeRef<leptos::html::Form>) -> Option<HtmlFormElement> {
    form.get_untracked().filter(|form| form.is_connected())
}
