//! What stands in a form: labelled inputs, each with what is wrong with it, and the button.

use html_escape::encode_text;
use leptos::prelude::*;

use super::FormState;
use crate::{
    domain::field::{Field, Length},
    ui::erased::Erase,
};

/// A labelled input of one line, with its hint and with what is wrong with it.
#[component]
pub fn TextField(
    /// The form that it belongs to.
    form: FormState,
    /// Its name and its limits.
    field: Field,
    /// The label, where it is not the field's own.
    #[prop(optional, into)]
    label: Option<String>,
    /// The input's `type`.
    #[prop(default = "text")]
    kind: &'static str,
    /// The input's `autocomplete`: what a password manager goes by.
    #[prop(default = "off")]
    autocomplete: &'static str,
    /// A sentence under the label.
    #[prop(optional, into)]
    hint: Option<String>,
    /// What stands in it at first.
    #[prop(optional, into)]
    value: Option<String>,
) -> impl IntoView {
    let name = field.name();
    let length = field.length();
    let value = form.typed(name).or(value);
    let hinted = hint.is_some();
    view! {
        <div class=format!("field {name}-field")>
            <label for=name>{label.unwrap_or_else(|| field.label().into())}</label>
            <input
                id=name
                name=name
                type=kind
                dir="auto"
                autocomplete=autocomplete
                autocapitalize="none"
                inputmode=(autocomplete == "one-time-code").then_some("numeric")
                spellcheck=matches!(field, Field::Title | Field::Description).to_string()
                required={length.min > 0}
                minlength=minlength(length)
                maxlength=maxlength(kind, length)
                autofocus=form.starts_at(Some(field))
                value=value
                on:input=move |_| form.typed_in(field)
                aria-invalid=invalid(form, field)
                aria-describedby=described_by(form, field, hinted)
            />
            {hint_of(name, hint)}
            {error_of(form, field)}
        </div>
    }
}

/// A labelled input of many lines.
#[component]
pub fn TextArea(
    /// The form that it belongs to.
    form: FormState,
    /// Its name and its limits.
    field: Field,
    /// A sentence under the label.
    #[prop(optional, into)]
    hint: Option<String>,
    /// What stands in it at first.
    #[prop(optional, into)]
    value: Option<String>,
    /// Lines that are seen at once.
    #[prop(default = 18)]
    rows: u32,
) -> impl IntoView {
    let name = field.name();
    let length = field.length();
    let value = form.typed(name).or(value).unwrap_or_default();
    let hinted = hint.is_some();
    view! {
        <div class=format!("field {name}-field")>
            <label for=name>{field.label()}</label>
            <textarea
                id=name
                name=name
                dir="auto"
                rows=rows.to_string()
                required={length.min > 0}
                minlength=minlength(length)
                autofocus=form.starts_at(Some(field))
                on:input=move |_| form.typed_in(field)
                aria-invalid=invalid(form, field)
                aria-describedby=described_by(form, field, hinted)
            >
                {text_of_area(value)}
            </textarea>
            {hint_of(name, hint)}
            {error_of(form, field)}
        </div>
    }
}

/// Leptos writes what stands in a `textarea` into the served document as it is, so there it must
/// be HTML: a text could end the element, and `&lt;` would come back as `<`. A parser takes a
/// first line end away, which is one too many for that. The browser takes text.
fn text_of_area(value: String) -> String {
    if is_server() { format!("\n{}", encode_text(&value)) } else { value }
}

/// A box whose tick says `true`.
#[component]
pub fn Tick(
    /// The form that it belongs to.
    form: FormState,
    /// Its name.
    field: Field,
    /// What is said by ticking it.
    label: &'static str,
) -> impl IntoView {
    let name = field.name();
    view! {
        <div class="field">
            <label class="check">
                <input
                    id=name
                    type="checkbox"
                    name=name
                    value="true"
                    checked=form.typed(name).is_some()
                    autofocus=form.starts_at(Some(field))
                    aria-invalid=invalid(form, field)
                    aria-describedby=described_by(form, field, false)
                />
                " "
                {label}
            </label>
            {error_of(form, field)}
        </div>
    }
}

/// The button that sends the form; it shows that work is going on.
#[component]
pub fn Submit(
    /// The form that it sends.
    form: FormState,
    /// What it says.
    #[prop(into)]
    label: String,
    /// The button's own name and value, where a form has several.
    #[prop(optional)]
    name: Option<&'static str>,
    /// The value that goes with the name.
    #[prop(optional)]
    value: Option<&'static str>,
    /// Its look: `primary`, `secondary` or `destructive`.
    #[prop(default = "primary")]
    class: &'static str,
) -> impl IntoView {
    let busy = move || form.pending.get().then_some("true");
    view! { <button type="submit" class=class name=name value=value aria-busy=busy>{label}</button> }
}

fn minlength(Length { min, .. }: Length) -> Option<String> {
    (min > 1).then(|| min.to_string())
}

/// A password, which nobody sees, is not cut at all: the server says that it is too long.
fn maxlength(kind: &str, length: Length) -> Option<String> {
    (kind != "password").then(|| length.in_utf16().to_string())
}

fn hint_of(name: &'static str, hint: Option<String>) -> AnyView {
    hint.map(|hint| view! { <p class="hint" id=format!("{name}-hint")>{hint}</p> }).erased()
}

/// What is wrong with a field, beside it.
fn error_of(form: FormState, field: Field) -> AnyView {
    let text = move || {
        form.problem(field)
            .map(|text| view! { <p class="error" id=format!("{}-error", field.name())>{text}</p> })
    };
    text.erased()
}

fn invalid(
    form: FormState,
    field: Field,
) -> impl Fn() -> Option<&'static str> + Copy + Send + 'static {
    move || form.problem(field).map(|_| "true")
}

fn described_by(
    form: FormState,
    field: Field,
    hinted: bool,
) -> impl Fn() -> Option<String> + Copy + Send + 'static {
    move || {
        let wrong = form.problem(field).is_some();
        let hint = hinted.then(|| format!("{}-hint", field.name()));
        let error = wrong.then(|| format!("{}-error", field.name()));
        match (hint, error) {
            (Some(hint), Some(error)) => Some(format!("{error} {hint}")),
            (hint, error) => error.or(hint),
        }
    }
}
