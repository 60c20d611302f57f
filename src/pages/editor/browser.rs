//! What the editor takes from the browser: the time, names that nothing else has, the address.

use leptos::{
    prelude::window,
    wasm_bindgen::JsValue,
    web_sys::js_sys::{Date, Math},
};

use super::state::Millis;

/// The moment, by this browser's clock.
pub fn now() -> Millis {
    Date::now() as Millis
}

/// Whether a moment, as `datetime-local` inputs have it, is still to come.
pub fn is_to_come(moment: &str) -> bool {
    !moment.is_empty() && Date::parse(moment) > Date::now()
}

/// A moment as the writer's clock has it.
pub fn clock(at: Millis) -> String {
    let date = Date::new(&JsValue::from(at as f64));
    format!("{:02}:{:02}", date.get_hours(), date.get_minutes())
}

/// The same of a moment that may be of another day.
pub fn moment(at: Millis) -> String {
    let (date, today) = (Date::new(&JsValue::from(at as f64)), Date::new_0());
    let day = |date: &Date| (date.get_full_year(), date.get_month() + 1, date.get_date());
    let (year, month, number) = day(&date);
    let at = clock(at);
    if day(&date) == day(&today) {
        return format!("at {at}");
    }
    format!("on {year}-{month:02}-{number:02} at {at}")
}

/// A name that nothing else has: a version 4 UUID (RFC 9562, 5.4). It keeps no secret.
pub fn fresh() -> String {
    let digit = |n: u32| char::from_digit(n, 16).unwrap_or('0');
    let random = || (Math::random() * 16.0) as u32;
    let fill = |c: char| match c {
        'x' => digit(random()),
        'y' => digit(8 + random() % 4),
        other => other,
    };
    "xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx".chars().map(fill).collect()
}

/// A draft is found again at its own address, also when the page is loaded anew.
pub fn rename_page(slug: &str) {
    let (Ok(history), Ok(path)) = (window().history(), window().location().pathname()) else {
        return;
    };
    let own = format!("/editor/{slug}");
    if path != own && path.starts_with("/editor") {
        let state = history.state().unwrap_or(JsValue::NULL);
        _ = history.replace_state_with_url(&state, "", Some(&own));
    }
}
