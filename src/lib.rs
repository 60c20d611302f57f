//! Byline: people register, log in, and write and read articles.
//!
//! One crate, compiled twice: natively (feature `ssr`) it is the server, and to
//! WebAssembly (feature `hydrate`) it is the single-page app. Suggested reading order:
//!
//! - [`domain`]: the words of the product and their rules; pure, on both sides
//! - [`error`]: the one error that every server function answers with
//! - [`json`]: how answers travel
//! - [`markdown`]: from Markdown to HTML, for readers and for the editor's preview
//! - [`pages`]: a file per page, its view and its server functions together
//! - [`ui`]: the pieces that pages share
//! - [`app`]: the document, the route table
//! - `strength`: how good a new password is; only the browser asks
//! - `server`: everything that only the server may know
//!
//! Arrows point down only: `pages` and `ui` know `domain`, `server` knows `domain`,
//! `domain` knows nothing. ARCHITECTURE.md walks through a log-in and a publication.

pub mod app;
pub mod domain;
pub mod error;
pub mod json;
pub mod markdown;
pub mod pages;
#[cfg(feature = "ssr")]
pub mod server;
#[cfg(feature = "hydrate")]
mod strength;
pub mod ui;

/// Takes over the server-rendered page in the browser.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    ui::new_password::judge_by(strength::judge);
    leptos::mount::hydrate_lazy(app::App);
}
