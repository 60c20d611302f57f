//! The status of the page's answer.

use std::sync::Arc;

use leptos::prelude::use_context;

/// Sets the HTTP status of the page that is being rendered. The server provides it; in the
/// browser there is none, and nothing happens.
#[derive(Clone)]
pub struct SetStatus(Arc<dyn Fn(u16) + Send + Sync>);

impl SetStatus {
    /// From whatever can set one.
    pub fn new(set: impl Fn(u16) + Send + Sync + 'static) -> Self {
        Self(Arc::new(set))
    }
}

/// Says what status the page has; 200 is the default.
pub fn set_status(status: u16) {
    if let Some(set) = use_context::<SetStatus>() {
        (set.0)(status);
    }
}
