//! The field in which a new password is chosen, and how good the one that stands in it is.

use std::{future::Future, pin::Pin, sync::OnceLock};

use leptos::{
    ev::Event,
    prelude::*,
    task::spawn_local,
    wasm_bindgen::JsCast,
    web_sys::{Element, HtmlInputElement},
};

use super::form::{FormState, fields::TextField, input_of};
use crate::domain::field::Field;

/// What a password is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Strength {
    /// From 0, which is guessed at once, to 4.
    pub score: u8,
    /// The same in words, and what would mend it.
    pub words: String,
}

/// Tells it of a password, with the names that whoever guesses would try.
type Judge = fn(String, Vec<String>) -> Pin<Box<dyn Future<Output = Option<Strength>>>>;

/// Only the browser has one: the server decides by its list, and asks nobody for a score.
static JUDGE: OnceLock<Judge> = OnceLock::new();

/// From now on new passwords are judged by that.
pub fn judge_by(judge: Judge) {
    _ = JUDGE.set(judge);
}

/// A field for a new password. What its strength is said to be is advice: it keeps nobody from
/// sending the form.
#[component]
pub fn NewPassword(
    /// The form that it belongs to.
    form: FormState,
    /// Its name and its limits.
    field: Field,
    /// The label, where it is not the field's own.
    #[prop(optional)]
    label: Option<&'static str>,
    /// A sentence under the field.
    #[prop(into)]
    hint: String,
) -> impl IntoView {
    let strength = RwSignal::new(None::<Strength>);
    let look = move |input: &HtmlInputElement| {
        let (typed, names) = (input.value(), names_beside(input));
        let judge = JUDGE.get().filter(|_| !typed.is_empty());
        let Some(judge) = judge else { return strength.set(None) };
        spawn_local(async move {
            let found = judge(typed, names).await;
            // The person may have left the page meanwhile. What stays the same is not said again.
            if strength.try_get_untracked().is_some_and(|shown| shown != found) {
                strength.set(found);
            }
        });
    };
    // What was typed before the application was there.
    Effect::new(move |_| {
        if let Some(input) = input_of(field) {
            look(&input);
        }
    });
    let on_input = move |event: Event| {
        if let Some(input) = event.target().and_then(|target| target.dyn_into().ok()) {
            look(&input);
        }
    };
    let shown = move || {
        strength.get().map(|Strength { score, words }| {
            view! {
                <meter min="0" max="4" low="2" high="3" optimum="4" value=score.to_string() aria-label="Strength" />
                <p class="hint">{words}</p>
            }
        })
    };
    view! {
        <TextField
            form
            field
            kind="password"
            label=label.unwrap_or(field.label())
            autocomplete="new-password"
            hint
            on:input=on_input
        />
        // There from the beginning, or nothing in it would be read out.
        <div class="strength" aria-live="polite">{shown}</div>
    }
}

/// The names that stand in the same form.
fn names_beside(field: &Element) -> Vec<String> {
    let form = field.closest("form").ok().flatten();
    let value = |name| {
        let input = form.as_ref()?.query_selector(name).ok().flatten()?;
        Some(input.dyn_into::<HtmlInputElement>().ok()?.value())
    };
    ["[name=username]", "[name=email]"].into_iter().filter_map(value).collect()
}
