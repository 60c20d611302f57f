//! The buttons over the text, and the keys that do the same.

pub mod edits;

use leptos::{
    ev::KeyboardEvent,
    html,
    prelude::*,
    wasm_bindgen::JsCast,
    web_sys::{HtmlElement, HtmlInputElement, HtmlTextAreaElement},
};
use web_sys::HtmlDocument;

use super::{autosave::Autosave, state::Happened, text::text_area};
use crate::ui::{erased::Erase, form::tell};
use edits::{Tool, edit, in_bytes, in_utf16};

/// The buttons: what they do, what they are called, what stands on them, their key.
const BUTTONS: [(Tool, &str, &str, Option<&str>); 9] = [
    (Tool::Bold, "Bold", "B", Some("b")),
    (Tool::Italic, "Italic", "I", Some("i")),
    (Tool::Heading, "Heading", "H", None),
    (Tool::Link, "Link", "↗", Some("k")),
    (Tool::Quote, "Quotation", "❝", None),
    (Tool::Code, "Code", "‹›", Some("e")),
    (Tool::List, "List", "•—", None),
    (Tool::Numbers, "Numbered list", "1.", None),
    (Tool::Image, "Image by its address", "▣", None),
];

/// Keys without a button.
const KEYS: [(&str, Tool); 2] = [("]", Tool::Indent), ("[", Tool::Outdent)];

/// What the help says of the keys.
pub const KEYS_HELP: [(&str, &str); 6] = [
    ("Ctrl+B, Ctrl+I", "bold, italic"),
    ("Ctrl+K", "a link"),
    ("Ctrl+E", "code"),
    ("Ctrl+]", "the lines further in; Ctrl+[ further out"),
    ("Ctrl+S", "save now"),
    ("Tab", "to the next field, as everywhere"),
];

/// The buttons. Without JavaScript they could do nothing, and are not there.
pub fn toolbar(runs: RwSignal<bool>) -> AnyView {
    let bar = NodeRef::<html::Div>::new();
    // One stop for the Tab key; the arrows lead to the others (ARIA APG, toolbar).
    let at = RwSignal::new(0_usize);
    let move_on = move |event: KeyboardEvent| {
        let last = BUTTONS.len() - 1;
        let next = match event.key().as_str() {
            "ArrowRight" => (at.get_untracked() + 1) % BUTTONS.len(),
            "ArrowLeft" => at.get_untracked().checked_sub(1).unwrap_or(last),
            "Home" => 0,
            "End" => last,
            _ => return,
        };
        event.prevent_default();
        at.set(next);
        let child = u32::try_from(next).ok().and_then(|n| bar.get_untracked()?.children().item(n));
        if let Some(button) = child.and_then(|child| child.dyn_into::<HtmlElement>().ok()) {
            _ = button.focus();
        }
    };
    let buttons = BUTTONS.iter().enumerate().map(|(n, &(tool, name, sign, key))| {
        let title =
            key.map_or(name.to_owned(), |key| format!("{name} (Ctrl+{})", key.to_uppercase()));
        view! {
            <button
                type="button"
                class="plain tool"
                title=title
                aria-label=name
                tabindex=move || if at.get() == n { "0" } else { "-1" }
                on:click=move |_| use_tool(tool)
            >
                {sign}
            </button>
        }
    });
    view! {
        <div class="toolbar" role="toolbar" aria-label="Formatting" aria-controls="body" node_ref=bar hidden=move || !runs.get() on:keydown=move_on>
            {buttons.collect_view()}
        </div>
    }
    .erased()
}

/// What a key does in the text. Tab moves on, as everywhere.
pub fn on_key(event: &KeyboardEvent, autosave: Autosave) {
    if !(event.ctrl_key() || event.meta_key()) || event.alt_key() || event.shift_key() {
        return;
    }
    let key = event.key().to_lowercase();
    if key == "s" {
        event.prevent_default();
        return autosave.happened(Happened::Asked);
    }
    let of_button = BUTTONS.iter().find(|(.., own)| *own == Some(key.as_str())).map(|b| b.0);
    let tool = of_button.or_else(|| KEYS.iter().find(|(own, _)| *own == key).map(|k| k.1));
    if let Some(tool) = tool.filter(|_| is_in_body(event)) {
        event.prevent_default();
        use_tool(tool);
    }
}

/// Enter in a field of one line saves, where it would press the first button: what nobody has
/// finished is shown to nobody.
pub fn on_enter(event: &KeyboardEvent, autosave: Autosave) {
    let input = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
    let is_line =
        input.is_some_and(|input| !matches!(&*input.type_(), "radio" | "checkbox" | "file"));
    if event.key() == "Enter" && is_line && !event.default_prevented() && !event.is_composing() {
        event.prevent_default();
        autosave.happened(Happened::Asked);
    }
}

fn is_in_body(event: &KeyboardEvent) -> bool {
    event.target().and_then(|target| target.dyn_into::<HtmlTextAreaElement>().ok()).is_some()
}

fn use_tool(tool: Tool) {
    let Some(area) = text_area() else { return };
    let text = area.value();
    let place = |place: Result<Option<u32>, _>| place.ok().flatten().unwrap_or(0) as usize;
    let start = in_bytes(&text, place(area.selection_start()));
    let end = in_bytes(&text, place(area.selection_end()));
    let edit = edit(tool, &text, start, end);
    let select = |area: &HtmlTextAreaElement, text: &str, from: usize, to: usize| {
        let utf16 = |at| u32::try_from(in_utf16(text, at)).unwrap_or(u32::MAX);
        _ = area.set_selection_range(utf16(from), utf16(to));
    };
    select(&area, &text, edit.from, edit.to);
    write(&area, &edit.with);
    select(&area, &area.value(), edit.chosen.0, edit.chosen.1);
}

/// Puts a text in place of what is chosen there, or at the cursor, and leads the keyboard there.
pub fn write(area: &HtmlTextAreaElement, text: &str) {
    _ = area.focus();
    if !typed_in_place_of_selection(text) {
        _ = area.set_range_text(text);
        tell(area, "input");
    }
}

/// As if it had been typed, so that the browser can undo it.
fn typed_in_place_of_selection(text: &str) -> bool {
    let document = document().dyn_into::<HtmlDocument>().ok();
    let command = if text.is_empty() { "delete" } else { "insertText" };
    document.is_some_and(|document| {
        document.exec_command_with_show_ui_and_value(command, false, text).unwrap_or(false)
    })
}
