//! Where the keyboard and the screen reader go on.

use leptos::{
    wasm_bindgen::JsCast,
    web_sys::{Element, HtmlElement},
};

/// Leads them to that element, if it is there.
pub fn focus(element: Option<Element>) {
    if let Some(element) = element.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        _ = element.focus();
    }
}
