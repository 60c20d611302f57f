//! The article as it will be read, beside the text that is being written: drawn by the renderer
//! that publishes, in a chunk of its own that only comes to whoever opens the preview.

pub mod list;

use std::time::Duration;

use leptos::{
    html,
    leptos_dom::helpers::{TimeoutHandle, set_timeout_with_handle},
    prelude::*,
    task::spawn_local,
    wasm_bindgen::JsCast,
    wasm_split::SplitLoaderError,
    web_sys::{Element, HtmlInputElement},
};
use web_sys::{DomParser, SupportedType};

use super::text::text_area;
use crate::{markdown::to_html, ui::erased::Erase};

/// Between the last key and the drawing.
const PAUSE: Duration = Duration::from_millis(250);

/// The preview of one text.
#[derive(Clone, Copy)]
pub struct Preview {
    /// Whether it is open.
    pub is_open: RwSignal<bool>,
    /// Whether its code did not come.
    failed: RwSignal<bool>,
    area: NodeRef<html::Div>,
    waits: StoredValue<Option<TimeoutHandle>>,
}

impl Preview {
    /// A closed one.
    pub fn new() -> Self {
        Self {
            is_open: RwSignal::new(false),
            failed: RwSignal::new(false),
            area: NodeRef::new(),
            waits: StoredValue::new(None),
        }
    }

    /// The button that opens and closes it. Without JavaScript it is not there.
    pub fn toggle(self, runs: RwSignal<bool>) -> AnyView {
        let turn = move |_| {
            self.is_open.update(|is_open| *is_open = !*is_open);
            self.draw_soon();
            // Who is far down in a long text would be below both: they are as high as the screen.
            if self.is_open.get_untracked() {
                request_animation_frame(move || {
                    if let Some(area) = self.area.try_get_untracked().flatten() {
                        area.scroll_into_view();
                    }
                });
            }
        };
        view! {
            <button
                type="button"
                class="secondary preview-toggle"
                aria-pressed=move || self.is_open.get().to_string()
                hidden=move || !runs.get()
                on:click=turn
            >
                "Preview"
            </button>
        }
        .erased()
    }

    /// Where it is drawn.
    pub fn pane(self) -> AnyView {
        let pane = move || {
            self.is_open.get().then(|| {
                view! {
                    <section class="preview" aria-label="Preview">
                        {move || self.failed.get().then(|| view! { <p class="error" role="status">"The preview could not be loaded. Try again when the site can be reached."</p> })}
                        <div class="article-content" tabindex="0" dir="auto" role="region" aria-label="The article as it will be read" node_ref=self.area on:scroll=move |_| self.follow(false)></div>
                    </section>
                }
            })
        };
        pane.erased()
    }

    /// Draws it anew when there is a pause in typing, if it is open.
    pub fn draw_soon(self) {
        if !self.is_open.get_untracked() {
            return;
        }
        let handle = set_timeout_with_handle(move || spawn_local(self.draw()), PAUSE).ok();
        let former = self.waits.try_update_value(|waits| std::mem::replace(waits, handle));
        if let Some(former) = former.flatten() {
            former.clear();
        }
    }

    /// Brings one side to the place where the other is.
    pub fn follow(self, text_leads: bool) {
        let (Some(area), Some(text)) = (self.area.get_untracked(), text_area()) else { return };
        let (leads, follows): (&Element, &Element) =
            if text_leads { (&text, &area) } else { (&area, &text) };
        // Whichever the pointer or the keyboard is at leads: an answer to an answer would never end.
        let elsewhere = follows.matches(":hover, :focus").unwrap_or(false);
        let here = leads.matches(":hover, :focus").unwrap_or(false);
        if elsewhere && !here {
            return;
        }
        let room = |element: &Element| f64::from(element.scroll_height() - element.client_height());
        if room(leads) > 0.0 {
            let part = f64::from(leads.scroll_top()) / room(leads);
            let to = (part * room(follows)).round() as i32;
            if (follows.scroll_top() - to).abs() > 2 {
                follows.set_scroll_top(to);
            }
        }
    }

    async fn draw(self) {
        let Some(text) = text_area() else { return };
        let html = rendered(text.value()).await;
        self.failed.try_set(html.is_err());
        let area = self.area.try_get_untracked().flatten();
        if let (Ok(html), Some(area)) = (html, area) {
            _ = area.set_attribute("dir", &direction());
            show(&area, &html);
            self.follow(true);
        }
    }
}

impl Default for Preview {
    fn default() -> Self {
        Self::new()
    }
}

#[leptos::wasm_split::wasm_split(preview, wasm_split_path = ::leptos::wasm_split, fallible)]
fn rendered(markdown: String) -> Result<String, SplitLoaderError> {
    // No heading is linked to in a preview.
    Ok(to_html(&markdown, |_| String::new(), |events| events))
}

/// Which way its author says that it runs.
fn direction() -> String {
    let chosen = document().query_selector("[name=direction]:checked").ok().flatten();
    let chosen = chosen.and_then(|chosen| chosen.dyn_into::<HtmlInputElement>().ok());
    chosen.map_or_else(|| "auto".to_owned(), |chosen| chosen.value())
}

/// Shows that HTML in the element. It is parsed in a document that runs nothing and loads
/// nothing, and only what is on the list leaves that document.
fn show(area: &Element, html: &str) {
    let parsed =
        DomParser::new().and_then(|parser| parser.parse_from_string(html, SupportedType::TextHtml));
    let Some(body) = parsed.ok().and_then(|parsed| parsed.body()) else { return };
    clean(&body);
    area.replace_children_with_node_0();
    while let Some(child) = body.first_child() {
        if area.append_child(&child).is_err() {
            break;
        }
    }
}

/// Takes out of an element whatever is not on the list, however deep it stands.
fn clean(element: &Element) {
    let mut next = element.first_element_child();
    while let Some(child) = next {
        next = child.next_element_sibling();
        let name = child.tag_name().to_lowercase();
        if !list::may_stand(&name) {
            child.remove();
            continue;
        }
        for attribute in child.get_attribute_names().iter().filter_map(|name| name.as_string()) {
            let value = child.get_attribute(&attribute).unwrap_or_default();
            if !list::may_have(&name, &attribute, &value) {
                _ = child.remove_attribute(&attribute);
            }
        }
        if name == "a" && !child.get_attribute("href").unwrap_or_default().starts_with('#') {
            // What is being written stays where it is.
            _ = child.set_attribute("target", "_blank");
            _ = child.set_attribute("rel", "noopener noreferrer nofollow external");
        }
        clean(&child);
    }
}
