//! The keys of the desk: from article to article, into the search, to a new one.
//!
//! Arrows, Home and End work where the focus is in the list, and scroll elsewhere. Keys of one
//! character work on the whole page; whoever talks to their computer, or rests a hand on the keys,
//! switches them off (WCAG 2.1.4). Without JavaScript there are none, and nothing says so.

use leptos::{
    ev::{Event, KeyboardEvent, keydown},
    html,
    leptos_dom::helpers::window_event_listener,
    prelude::*,
    wasm_bindgen::JsCast,
    web_sys::{
        Element, HtmlDetailsElement, HtmlDivElement, HtmlElement, HtmlInputElement,
        HtmlSelectElement, HtmlTextAreaElement, Storage,
    },
};

use crate::ui::{erased::Erase, focus::focus};

/// Where the browser remembers that keys of one character are off.
const SWITCH: &str = "byline-desk-keys";

/// What is said of the keys.
const HELP: [(&str, &str); 6] = [
    ("↓ ↑ Home End", "in the list: the next article, the one before, the first, the last"),
    ("j k", "the next article, the one before, from anywhere on this page"),
    ("Enter", "opens the article that has the focus"),
    ("/", "into the search"),
    ("n", "a new article"),
    ("?", "this list"),
];

/// What a key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// The focus goes to that row, counted from 0.
    Row(u32),
    /// It goes into the search.
    Search,
    /// A new article.
    Write,
    /// The list of keys is shown.
    Help,
}

/// What that key asks for, if anything: with `at` as the row that has the focus, of so many, and
/// whether keys of one character are on.
pub fn asked(key: &str, at: Option<u32>, rows: u32, characters: bool) -> Option<Deed> {
    let last = rows.checked_sub(1);
    let row = |n: u32| last.map(|last| Deed::Row(n.min(last)));
    match (key, at) {
        ("ArrowDown", Some(at)) => row(at + 1),
        ("ArrowUp", Some(at)) => row(at.saturating_sub(1)),
        ("Home", Some(_)) => row(0),
        ("End", Some(_)) => row(rows),
        _ if !characters => None,
        ("j", at) => row(at.map_or(0, |at| at + 1)),
        ("k", at) => row(at.map_or(0, |at| at.saturating_sub(1))),
        ("/", _) => Some(Deed::Search),
        ("n", _) => Some(Deed::Write),
        ("?", _) => Some(Deed::Help),
        _ => None,
    }
}

/// Listens for the keys as long as `page` is there, and says which there are.
pub fn keys(page: NodeRef<html::Div>) -> AnyView {
    let (runs, characters) = (RwSignal::new(false), RwSignal::new(true));
    Effect::new(move |_| {
        characters.set(are_on());
        runs.set(true);
        let listener = window_event_listener(keydown, move |event| {
            if let Some(page) = page.get_untracked() {
                on_key(&event, &page, characters.get_untracked());
            }
        });
        on_cleanup(move || listener.remove());
    });
    let switch = move |event: Event| {
        let on = event_target_checked(&event);
        characters.set(on);
        remember(on);
    };
    let entry = |(keys, means): &(&'static str, &'static str)| {
        view! { <div><dt><kbd>{*keys}</kbd></dt><dd>{*means}</dd></div> }
    };
    view! {
        <details class="help desk-keys" hidden=move || !runs.get()>
            <summary>"Keys"</summary>
            <dl>{HELP.iter().map(entry).collect_view()}</dl>
            <label class="check">
                <input type="checkbox" prop:checked=move || characters.get() on:change=switch />
                " Keys of one character work on this page"
            </label>
        </details>
    }
    .erased()
}

fn on_key(event: &KeyboardEvent, page: &HtmlDivElement, characters: bool) {
    // While somebody is logged out the page is not in the document.
    if !page.is_connected() || event.default_prevented() || is_for_others(event) {
        return;
    }
    let find = |selector: &str| page.query_selector(selector).ok().flatten();
    let rows = find(".desk").map(|list| list.children());
    let row = |n: u32| rows.as_ref()?.item(n);
    let count = rows.as_ref().map_or(0, |rows| rows.length());
    let active = document().active_element();
    let at = (0..count).find(|n| row(*n).is_some_and(|row| row.contains(active.as_deref())));
    let Some(deed) = asked(&event.key(), at, count, characters) else { return };
    event.prevent_default();
    match deed {
        Deed::Row(n) => {
            focus(row(n).and_then(|row| row.query_selector("a, button").ok().flatten()))
        }
        Deed::Search => focus(find("#q")),
        // As if it were pressed: the router goes there.
        Deed::Write => {
            let link = find(".page-head a").and_then(|link| link.dyn_into::<HtmlElement>().ok());
            link.iter().for_each(HtmlElement::click);
        }
        Deed::Help => {
            let help = find(".desk-keys").and_then(|help| help.dyn_into().ok());
            help.iter().for_each(|help: &HtmlDetailsElement| help.set_open(true));
            focus(find(".desk-keys summary"));
        }
    }
}

/// Whether it is the browser's, or somebody types. Shift makes `/` on some keyboards, and marks
/// text with the arrows.
fn is_for_others(event: &KeyboardEvent) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let is_typing = target.is_some_and(|target| {
        let box_or_line = target.dyn_ref::<HtmlInputElement>();
        box_or_line.is_some_and(|input| input.type_() != "checkbox")
            || target.is_instance_of::<HtmlTextAreaElement>()
            || target.is_instance_of::<HtmlSelectElement>()
    });
    is_typing
        || event.ctrl_key()
        || event.alt_key()
        || event.meta_key()
        || event.is_composing()
        || (event.shift_key() && event.key().chars().count() > 1)
}

fn are_on() -> bool {
    storage().and_then(|storage| storage.get_item(SWITCH).ok()?).is_none()
}

fn remember(on: bool) {
    if let Some(storage) = storage() {
        _ = if on { storage.remove_item(SWITCH) } else { storage.set_item(SWITCH, "off") };
    }
}

fn storage() -> Option<Storage> {
    window().local_storage().ok().flatten()
}
