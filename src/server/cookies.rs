//! Cookies beside the session's, which tower-sessions sets itself.

use axum::http::{HeaderMap, HeaderValue, header};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;
use tower_sessions::{
    cookie::{Cookie, SameSite, time::Duration},
    session::Id,
};

use super::config::Origin;

/// The cookie of that name in a request; an empty one is none.
pub fn read(headers: &HeaderMap, origin: &Origin, name: &str) -> Option<String> {
    value_of(headers, &full_name(origin, name))
}

/// What the session cookie of a request names, for what is answered outside of tower-sessions.
pub fn session(headers: &HeaderMap, origin: &Origin) -> Option<Id> {
    value_of(headers, origin.cookie_name())?.parse().ok()
}

fn value_of(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    lines
        .flat_map(Cookie::split_parse)
        .filter_map(Result::ok)
        .find(|cookie| cookie.name() == name)
        .map(|cookie| cookie.value().to_owned())
        .filter(|value| !value.is_empty())
}

/// Sets a cookie in the answer to the server function that runs: for this host alone, and out of
/// any script's reach.
pub fn set(origin: &Origin, name: &str, value: String, seconds: i64) {
    answer_with(origin, name, value, Duration::seconds(seconds));
}

/// Takes it back, with the attributes that it was set with: without them a browser keeps a
/// `__Host-` cookie.
pub fn remove(origin: &Origin, name: &str) {
    answer_with(origin, name, String::new(), Duration::ZERO);
}

fn answer_with(origin: &Origin, name: &str, value: String, age: Duration) {
    let cookie = Cookie::build((full_name(origin, name), value))
        .path("/")
        .http_only(true)
        .secure(origin.is_secure())
        .same_site(SameSite::Lax)
        .max_age(age);
    let Ok(line) = HeaderValue::from_str(&cookie.to_string()) else { return };
    if let Some(answer) = use_context::<ResponseOptions>() {
        answer.append_header(header::SET_COOKIE, line);
    }
}

/// With the session cookie's name before it, and so with its `__Host-`.
fn full_name(origin: &Origin, name: &str) -> String {
    format!("{}-{name}", origin.cookie_name())
}
