//! What the site is called and says of itself, which its server knows.

use leptos::prelude::*;

use crate::domain::site::{SiteName, Tagline};

/// The name.
pub fn site_name() -> String {
    if is_server() {
        return use_context::<SiteName>().unwrap_or_default().as_str().to_owned();
    }
    in_document(".navbar-brand")
}

/// The tagline.
pub fn tagline() -> String {
    if is_server() {
        return use_context::<Tagline>().unwrap_or_default().as_str().to_owned();
    }
    in_document(".tagline")
}

/// In the browser both are read from the document, which the server wrote them into: carried along
/// as data they would be more to load.
fn in_document(selector: &str) -> String {
    let element = document().query_selector(selector).ok().flatten();
    element.and_then(|element| element.text_content()).unwrap_or_default()
}
