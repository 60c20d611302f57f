//! What the site is called, which its server knows.

use leptos::prelude::*;

use crate::domain::site::SiteName;

/// Carries the name from the server's rendering to the hydrated page.
pub fn provide_site_name() {
    let name = SharedValue::new(use_context::<SiteName>);
    provide_context(name.into_inner().unwrap_or_default());
}

/// The name.
pub fn site_name() -> String {
    use_context::<SiteName>().unwrap_or_default().as_str().to_owned()
}
