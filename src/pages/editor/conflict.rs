//! Two versions of one article: somebody, perhaps oneself in another tab or on another device,
//! saved it meanwhile. Both texts are there, and the choice is the author's.

use leptos::prelude::*;

use super::{autosave::Autosave, state::Trouble, told::Told};
use crate::{
    domain::article::Manuscript,
    error::Error,
    ui::{erased::Erase, form::FormState},
};

/// The choice, above the texts, and where the article went if it is gone.
pub fn choice(autosave: Autosave) -> AnyView {
    let panel = move || match autosave.told.get() {
        Told::Trouble(Trouble::Conflict { .. }) => Some(two_versions(autosave)),
        Told::Trouble(Trouble::Gone) => Some(gone()),
        _ => None,
    };
    panel.erased()
}

fn two_versions(autosave: Autosave) -> AnyView {
    view! {
        <section class="conflict" aria-labelledby="conflict-title">
            <h2 id="conflict-title">"Two versions"</h2>
            <p>
                "This article was saved somewhere else since you opened it. Your text and the stored one are both below; "
                "what you do not choose stays in this browser until you dismiss it."
            </p>
            <p class="actions">
                <button type="button" on:click=move |_| autosave.keep_mine()>"Keep mine"</button>
                <button
                    type="button"
                    class="secondary"
                    disabled=move || autosave.theirs.with(Option::is_none)
                    on:click=move |_| autosave.take_theirs()
                >
                    "Take the stored one"
                </button>
            </p>
        </section>
    }
    .erased()
}

/// The stored text, beside one's own, and what else is different in it.
pub fn stored(theirs: &Manuscript, different: Vec<(&'static str, String)>) -> AnyView {
    let line = |(label, value): (&'static str, String)| {
        let value = if value.is_empty() { "nothing".to_owned() } else { value };
        view! { <div><dt>{label}", as stored"</dt><dd dir="auto">{value}</dd></div> }
    };
    let different = (!different.is_empty())
        .then(|| view! { <dl>{different.into_iter().map(line).collect_view()}</dl> });
    view! {
        <section class="stored" aria-label="The stored text">
            <div class="field title-field">
                <label for="stored-title">"Title, as stored"</label>
                <input id="stored-title" type="text" dir="auto" readonly=true prop:value=theirs.title.clone() />
            </div>
            <div class="field body-field">
                <label for="stored-body">"Article, as stored"</label>
                <textarea id="stored-body" rows="18" dir="auto" readonly=true prop:value=theirs.body.clone()></textarea>
            </div>
            {different}
        </section>
    }
    .erased()
}

/// As long as no script runs: a box to tick.
pub fn without_script(form: FormState, slug: String, runs: RwSignal<bool>) -> AnyView {
    let refusal = form.refusal();
    let panel = move || match refusal {
        Some(Error::Conflict { version }) if !runs.get() => Some(tick_box(&slug, version)),
        Some(Error::NotFound) if !runs.get() => Some(gone()),
        _ => None,
    };
    panel.erased()
}

fn tick_box(slug: &str, version: i64) -> AnyView {
    view! {
        <section class="conflict" aria-labelledby="conflict-title">
            <h2 id="conflict-title">"Two versions"</h2>
            <p>
                "Your text is below, untouched. "
                <a href=format!("/editor/{slug}") target="_blank" rel="external">"Open the saved version in a new tab"</a>
                " and compare. To let yours take its place, tick the box and save again."
            </p>
            <label class="check">
                <input type="checkbox" name="replaces" value=version.to_string() />
                " Replace the saved version with mine"
            </label>
        </section>
    }
    .erased()
}

/// The article was deleted in another tab: what was typed becomes an article of its own, rather
/// than nothing.
fn gone() -> AnyView {
    view! {
        <section class="conflict" aria-labelledby="conflict-title">
            <h2 id="conflict-title">"The article is not here any more"</h2>
            <p>
                "It was deleted, or saved under another title, in another tab. "
                "Your text is below, untouched: save it again, and it becomes a new article. "
                <a href="/articles" target="_blank" rel="external">"Open my articles in a new tab"</a>
            </p>
        </section>
    }
    .erased()
}
