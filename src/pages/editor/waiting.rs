//! What the writer is told of the saving, and what else of the article is in this browser.

use leptos::prelude::*;

use super::{
    autosave::Autosave,
    browser::clock,
    local::Copy,
    state::{Told, Trouble},
    text::value,
};
use crate::ui::erased::Erase;

/// How much of a kept text is shown to know it by, in characters.
const BEGINNING: usize = 80;

/// The state of the text in words.
pub fn state_line(autosave: Autosave) -> AnyView {
    let text = move || autosave.told.get().text(clock, autosave.here.get());
    let wrong = move || {
        let trouble = matches!(autosave.told.get(), Told::Trouble(ref t) if !matches!(t, Trouble::Away { .. }));
        if trouble { "save-state wrong" } else { "save-state" }
    };
    view! { <p class=wrong role="status">{text}</p> }.erased()
}

/// Says that the text is that of this browser, and gives the way back.
pub fn restored_line(autosave: Autosave) -> AnyView {
    let line = move || {
        autosave.restored.get().map(|at| {
            view! {
                <p class="notice restored" role="status">
                    {format!("Restored what you typed here at {}. ", clock(at))}
                    <button type="button" class="plain" on:click=move |_| autosave.use_saved()>"Use the saved text instead"</button>
                </p>
            }
        })
    };
    line.erased()
}

/// The other texts of this article, until they are dismissed.
pub fn kept_texts(autosave: Autosave) -> AnyView {
    let list = move || {
        let copies = autosave.others.get();
        (!copies.is_empty()).then(|| {
            let rows = copies.into_iter().map(|copy| row(autosave, copy)).collect_view();
            view! {
                <details class="help kept-texts">
                    <summary>"Other texts of this article in this browser"</summary>
                    <ul>{rows}</ul>
                </details>
            }
        })
    };
    list.erased()
}

fn row(autosave: Autosave, copy: Copy) -> AnyView {
    let text = [value(&copy.text, "title"), value(&copy.text, "body")].join(" · ");
    let beginning: String = text.chars().take(BEGINNING).collect();
    let (put, gone) = (copy.clone(), copy.clone());
    view! {
        <li>
            <p>{clock(copy.at)}": "{beginning}</p>
            <p class="actions">
                <button type="button" class="secondary" on:click=move |_| autosave.swap(&put)>"Put it into the editor"</button>
                <button type="button" class="secondary" on:click=move |_| autosave.dismiss(&gone)>"Dismiss"</button>
            </p>
        </li>
    }
    .erased()
}
