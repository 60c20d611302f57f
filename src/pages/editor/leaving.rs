//! Leaving the editor with a text that the server does not have: the writer is asked.

use leptos::{
    ev::beforeunload,
    leptos_dom::helpers::window_event_listener,
    prelude::*,
    wasm_bindgen::{JsCast, closure::Closure},
    web_sys::{Element, HtmlAnchorElement, MouseEvent},
};

use super::autosave::Autosave;

const QUESTION: &str = "Not everything is saved yet. What you typed stays in this browser, and is there when you come back. Leave the page?";

/// Asks, as long as the page is there. On the server nothing happens.
pub fn ask(autosave: Autosave) {
    Effect::new(move |_| {
        let closing = window_event_listener(beforeunload, move |event| {
            if autosave.is_unsaved() {
                event.prevent_default();
                event.set_return_value(QUESTION);
            }
        });
        // Before the router, which catches clicks at the window.
        let click = Closure::<dyn Fn(MouseEvent)>::new(move |event: MouseEvent| {
            if let Some(link) = link_in_this_tab(&event) {
                follow(autosave, &event, &link);
            }
        });
        let function = click.as_ref().unchecked_ref();
        _ = document().add_event_listener_with_callback_and_bool("click", function, true);
        let click = StoredValue::new_local(click);
        on_cleanup(move || {
            closing.remove();
            click.with_value(|click| {
                let function = click.as_ref().unchecked_ref();
                _ = document()
                    .remove_event_listener_with_callback_and_bool("click", function, true);
            });
        });
    });
}

fn follow(autosave: Autosave, event: &MouseEvent, link: &HtmlAnchorElement) {
    let stays = autosave.is_unsaved() && !window().confirm_with_message(QUESTION).unwrap_or(true);
    if stays {
        event.prevent_default();
        event.stop_propagation();
    } else if link.pathname() == "/editor" {
        // The router takes this page for the one of a new article, under whatever address its
        // draft is by now. A load of the document begins another one.
        event.prevent_default();
        event.stop_propagation();
        _ = window().location().assign(&link.href());
    }
}

/// The link that a plain click leads away by.
fn link_in_this_tab(event: &MouseEvent) -> Option<HtmlAnchorElement> {
    let plain = event.button() == 0 && !event.ctrl_key() && !event.meta_key() && !event.shift_key();
    let target: Element = event.target()?.dyn_into().ok()?;
    let link: HtmlAnchorElement = target.closest("a[href]").ok()??.dyn_into().ok()?;
    let away = link.target().is_empty() && !link.get_attribute("href")?.starts_with('#');
    (plain && away).then_some(link)
}
