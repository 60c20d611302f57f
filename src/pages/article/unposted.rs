//! A comment that is being written: it stays in its tab until it is posted, over a reload and over
//! whatever its writer reads meanwhile.

use leptos::{
    ev,
    leptos_dom::helpers::window_event_listener,
    prelude::*,
    wasm_bindgen::JsCast,
    web_sys::{HtmlTextAreaElement, Storage},
};

use crate::{domain::field::Field, ui::layout::ViewerData};

/// Added to the name of a comment that was sent.
const SENT: &str = "/sent";

/// Keeps what is typed under that article, as long as its page is there, and puts it back. On the
/// server nothing happens.
pub fn keep(slug: String) {
    let viewer = use_context::<ViewerData>();
    Effect::new(move |_| {
        let viewer = viewer.and_then(|viewer| viewer.get()).and_then(Result::ok).flatten();
        let (Some(viewer), Some(tab), Some(area)) = (viewer, tab(), area()) else { return };
        let name = format!("byline-comment/{}/{slug}", viewer.username);
        put_back(&tab, &name, &area);
        let (of_text, of_sent) = (name.clone(), format!("{name}{SENT}"));
        let typed = window_event_listener(ev::input, move |event| {
            if event.target().is_some_and(|target| &target == area.as_ref())
                && let Some(tab) = self::tab()
            {
                _ = tab.set_item(&of_text, &area.value());
            }
        });
        let sent = window_event_listener(ev::submit, move |_| {
            if let Some(tab) = self::tab() {
                _ = tab.set_item(&of_sent, "");
            }
        });
        on_cleanup(move || {
            typed.remove();
            sent.remove();
        });
    });
}

/// What was posted is forgotten: the page is at the new comment then.
fn put_back(tab: &Storage, name: &str, area: &HtmlTextAreaElement) {
    let was_sent = tab.get_item(&format!("{name}{SENT}")).ok().flatten().is_some();
    _ = tab.remove_item(&format!("{name}{SENT}"));
    let place = window().location().hash().unwrap_or_default();
    if was_sent && place.starts_with("#comment-") {
        _ = tab.remove_item(name);
    }
    let kept = tab.get_item(name).ok().flatten().unwrap_or_default();
    if area.value().is_empty() {
        area.set_value(&kept);
    } else {
        _ = tab.set_item(name, &area.value());
    }
}

fn area() -> Option<HtmlTextAreaElement> {
    document().get_element_by_id(Field::Comment.name())?.dyn_into().ok()
}

fn tab() -> Option<Storage> {
    window().session_storage().ok().flatten()
}
