//! What the site is called, which its server knows.

use leptos::prelude::*;

use crate::domain::site::SiteName;

/// The name. In the browser it is read from the document, which the server wrote it into: carried
/// along as data it would be one more thing to load.
pub fn site_name() -> String {
    if is_server() {
        return use_context::<SiteName>().unwrap_or_default().as_str().to_owned();
    }
    let brand = document().query_selector(".navbar-brand").ok().flatten();
    brand.and_then(|brand| brand.text_content()).unwrap_or_default()
}
