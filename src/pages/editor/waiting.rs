//! What the writer is told of the saving, and what else of the article is in this browser.

use leptos::prelude::*;

use super::{
    autosave::Autosave,
    browser::{clock, moment},
    local::Copy,
    state::Trouble,
    text::value,
    told::Told,
};
use crate::ui::erased::Erase;

/// Of a button that was pressed while a picture is on its way.
const WAITS: &str = "Goes on as soon as the picture is uploaded";

/// How much of a kept text is shown to know it by, in characters.
const BEGINNING: usize = 80;

/// The state of the text in words: all of it to be seen, and what matters to be heard.
pub fn state_line(autosave: Autosave) -> AnyView {
    let in_words = move |told: RwSignal<Told>| told.get().text(clock, autosave.here.get());
    let in_words = move |told: RwSignal<Told>| {
        if autosave.waits.get() { WAITS.to_owned() } else { in_words(told) }
    };
    let (seen, heard) = (move || in_words(autosave.told), move || in_words(autosave.spoken));
    let wrong = move || {
        let trouble = matches!(autosave.told.get(), Told::Trouble(ref t) if !matches!(t, Trouble::Away { .. }));
        if trouble { "save-state wrong" } else { "save-state" }
    };
    view! { <p class=wrong>{seen}</p><p class="visually-hidden" role="status">{heard}</p> }.erased()
}

/// Says that the text is that of this browser, and gives the way back.
pub fn restored_line(autosave: Autosave) -> AnyView {
    let line = move || {
        autosave.restored.get().map(|at| {
            view! {
                <p class="notice restored" role="status">
                    {format!("Restored what you typed here {}. ", moment(at))}
                    <button type="button" class="plain" on:click=move |_| autosave.use_saved()>"Use the saved text instead"</button>
                </p>
            }
        })
    };
    line.erased()
}

/// The other texts of this article, until they are dismissed.
pub fn kept_texts(autosave: Autosave) -> AnyView {
    let any = Memo::new(move |_| autosave.others.with(|copies| !copies.is_empty()));
    let rows =
        move || autosave.others.get().into_iter().map(|copy| row(autosave, copy)).collect_view();
    let list = move || {
        any.get().then(|| {
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
            <p>{moment(copy.at)}": "<bdi>{beginning}</bdi></p>
            <p class="actions">
                <button type="button" class="secondary" on:click=move |_| autosave.swap(&put)>"Put it into the editor"</button>
                <button type="button" class="secondary" on:click=move |_| autosave.dismiss(&gone)>"Dismiss"</button>
            </p>
        </li>
    }
    .erased()
}
