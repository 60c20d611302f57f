//! Forms that work before, during and without JavaScript.
//!
//! A form is sent to its page's own address. When the page is hydrated the submission is
//! caught and goes to the server function instead. In both cases the answer is a [`Done`]
//! or an [`Error`], and in both cases what was typed stays: in the browser because inputs
//! are never written to, on the server because a refused form is rendered with what it
//! brought ([`Refused`]).

use leptos::{ev::SubmitEvent, form::FromFormData, prelude::*, server_fn::ServerFn};
use leptos_router::{NavigateOptions, hooks::use_navigate};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{domain::field::Field, error::Error};

/// What a form leads to when the server did what it asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// A path of this site.
    pub to: String,
    /// Whether the whole document must be loaded anew, because somebody else looks at it
    /// now: nothing that the former person saw may stay in memory.
    pub reload: bool,
}

impl Done {
    /// Goes on to that path.
    pub fn at(to: impl Into<String>) -> Self {
        Self { to: to.into(), reload: false }
    }

    /// Goes on to that path as somebody else.
    pub fn anew(to: impl Into<String>) -> Self {
        Self { to: to.into(), reload: true }
    }
}

/// A plain HTML form that the server refused: rendered into its own page.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Refused {
    /// The path of the server function.
    pub function: String,
    /// Why.
    pub error: Error,
    /// Names and values, passwords excepted.
    pub typed: Vec<(String, String)>,
}

/// The refused form of this document, until the form that it belongs to takes it.
#[derive(Clone, Copy)]
struct Refusal(StoredValue<Option<Refused>>);

/// Carries a refused form from the server's rendering to the hydrated page.
pub fn provide_refusal() {
    let refused = SharedValue::new(use_context::<Refused>);
    provide_context(Refusal(StoredValue::new(refused.into_inner())));
}

/// A form's state: what is wrong with it, and whether it is on its way.
#[derive(Clone, Copy)]
pub struct FormState {
    /// Why it was refused the last time.
    pub error: Signal<Option<Error>>,
    /// Whether it is being sent.
    pub pending: Signal<bool>,
    typed: StoredValue<Vec<(String, String)>>,
}

impl FormState {
    /// What was typed into that input before the server refused it without JavaScript.
    pub fn typed(&self, name: &str) -> Option<String> {
        self.typed.with_value(|typed| {
            typed.iter().find(|(n, _)| n == name).map(|(_, value)| value.clone())
        })
    }
}

/// The action and the state of the form for the server function `F`.
pub fn use_form<F>() -> (ServerAction<F>, FormState)
where
    F: ServerFn<Output = Done, Error = Error> + Clone + Send + Sync + 'static,
{
    let refused = use_context::<Refusal>().and_then(|refusal| {
        refusal
            .0
            .try_update_value(|slot| slot.take_if(|refused| refused.function == F::PATH))
            .flatten()
    });
    let (first, typed) = match refused {
        Some(refused) => (Some(refused.error), refused.typed),
        None => (None, Vec::new()),
    };
    // An error that somebody wrote into the address (`?__path=…&__err=…`) is none of ours.
    provide_context(ServerActionError::new("", ""));
    let action = ServerAction::<F>::new();
    let value = action.value();
    let error = Signal::derive(move || match value.get() {
        Some(Ok(_)) => None,
        Some(Err(error)) => Some(error),
        None => first.clone(),
    });
    let state =
        FormState { error, pending: action.pending().into(), typed: StoredValue::new(typed) };
    (action, state)
}

/// A form for the server function `F`, at home on the page `to`.
#[component]
pub fn Form<F>(
    /// From [`use_form`].
    action: ServerAction<F>,
    /// The page's own path, where the form goes without JavaScript.
    #[prop(into)]
    to: String,
    /// The form's class.
    #[prop(default = "form")]
    class: &'static str,
    /// The fields and the button.
    children: Children,
) -> impl IntoView
where
    F: ServerFn<Output = Done, Error = Error> + DeserializeOwned + Clone + Send + Sync + 'static,
{
    let pending = action.pending();
    let on_submit = move |event: SubmitEvent| {
        if event.default_prevented() {
            return;
        }
        // A form that cannot be read is left to the browser, which sends it as it is.
        if let Ok(arguments) = F::from_event(&event) {
            event.prevent_default();
            if !pending.get_untracked() {
                action.dispatch(arguments);
            }
        }
    };
    follow(Signal::from(action.value()));
    // The messages beside the fields say more than the browser's bubbles, and all at once.
    view! {
        <form class=class method="post" action=to novalidate=true on:submit=on_submit>
            {children()}
        </form>
    }
}

/// Goes where the answer leads: to the next page, or to the first field that is wrong.
fn follow(value: Signal<Option<Result<Done, Error>>>) {
    let navigate = use_navigate();
    Effect::new(move |_| match value.get() {
        Some(Ok(Done { to, reload: true })) => {
            // Without the fragment of a reload the browser keeps nothing of this document.
            let _ = window().location().assign(&to);
        }
        Some(Ok(Done { to, reload: false })) => navigate(&to, NavigateOptions::default()),
        Some(Err(_)) => request_animation_frame(focus_first_problem),
        None => {}
    });
}

fn focus_first_problem() {
    use leptos::wasm_bindgen::JsCast;
    let find = |selector| document().query_selector(selector).ok().flatten();
    let wrong = find("[aria-invalid=true]").or_else(|| find(".error-messages"));
    if let Some(element) = wrong.and_then(|e| e.dyn_into::<leptos::web_sys::HtmlElement>().ok()) {
        let _ = element.focus();
    }
}

/// Everything that is wrong, above the form; each entry leads to its field.
#[component]
pub fn ErrorMessages(
    /// The form that they are about.
    form: FormState,
) -> impl IntoView {
    move || {
        form.error.get().map(|error| {
            let items: Vec<AnyView> = match &error {
                Error::Invalid(problems) => problems
                    .iter()
                    .map(|(field, problem)| {
                        let href = format!("#{}", field.name());
                        view! { <li><a href=href rel="external">{problem.text(*field)}</a></li> }
                            .into_any()
                    })
                    .collect(),
                other => vec![view! { <li>{other.text()}</li> }.into_any()],
            };
            view! { <div role="alert"><ul class="error-messages" tabindex="-1">{items}</ul></div> }
        })
    }
}

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
                autocomplete=autocomplete
                autocapitalize="none"
                spellcheck=matches!(field, Field::Title | Field::Description).to_string()
                required={length.min > 0}
                maxlength=length.max.to_string()
                value=value
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
                rows=rows.to_string()
                required={length.min > 0}
                maxlength=length.max.to_string()
                aria-invalid=invalid(form, field)
                aria-describedby=described_by(form, field, hinted)
            >
                {value}
            </textarea>
            {hint_of(name, hint)}
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

fn hint_of(name: &'static str, hint: Option<String>) -> AnyView {
    hint.map(|hint| view! { <p class="hint" id=format!("{name}-hint")>{hint}</p> }).into_any()
}

/// What is wrong with a field, beside it.
pub fn error_of(form: FormState, field: Field) -> AnyView {
    let text = move || {
        let about = form.error.get().and_then(|error| error.about(field));
        about.map(|text| view! { <p class="error" id=format!("{}-error", field.name())>{text}</p> })
    };
    text.into_any()
}

fn invalid(
    form: FormState,
    field: Field,
) -> impl Fn() -> Option<&'static str> + Copy + Send + 'static {
    move || form.error.get().and_then(|error| error.about(field)).map(|_| "true")
}

fn described_by(
    form: FormState,
    field: Field,
    hinted: bool,
) -> impl Fn() -> Option<String> + Copy + Send + 'static {
    move || {
        let wrong = form.error.get().and_then(|error| error.about(field)).is_some();
        let hint = hinted.then(|| format!("{}-hint", field.name()));
        let error = wrong.then(|| format!("{}-error", field.name()));
        match (hint, error) {
            (Some(hint), Some(error)) => Some(format!("{error} {hint}")),
            (hint, error) => error.or(hint),
        }
    }
}
