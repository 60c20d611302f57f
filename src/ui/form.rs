//! Forms that work before, during and without JavaScript.
//!
//! A form is sent to its page's own address. When the page is hydrated the submission is
//! caught and goes to the server function instead. In both cases the answer is a [`Done`]
//! or an [`Error`], and in both cases what was typed stays: in the browser because inputs
//! are never written to, on the server because a refused form is rendered with what it
//! brought ([`Refused`]).

pub mod fields;

use leptos::{
    ev::SubmitEvent,
    form::form_data_from_event,
    prelude::*,
    server_fn::{
        Decodes,
        client::{Client, browser::BrowserClient},
        request::{ClientReq, browser::BrowserRequest},
        response::ClientRes,
    },
    task::spawn_local,
    wasm_bindgen::JsCast,
    web_sys::{Event, EventInit, EventTarget, HtmlInputElement, UrlSearchParams},
};
use leptos_router::{NavigateOptions, hooks::use_navigate};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    domain::field::Field,
    error::Error,
    json::Text,
    ui::{erased::Erase, focus::focus},
};

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

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

impl Refused {
    /// What was typed into that input.
    pub fn typed(&self, name: &str) -> Option<&str> {
        self.typed.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

/// The refused form of this document, until the form that it belongs to takes it.
#[derive(Clone, Copy)]
struct Refusal(StoredValue<Option<Refused>>);

/// Carries a refused form from the server's rendering to the hydrated page.
pub fn provide_refusal() {
    let refused = SharedValue::new(use_context::<Refused>);
    provide_context(Refusal(StoredValue::new(refused.into_inner())));
}

/// A form's state: where it goes, what came of it, and whether it is on its way.
#[derive(Clone, Copy)]
pub struct FormState {
    function: &'static str,
    answer: RwSignal<Option<Result<Done, Error>>>,
    pending: RwSignal<bool>,
    refused: StoredValue<Option<Refused>>,
    /// What of the answer is said beside the fields: not what was wrong with one typed in since.
    beside: RwSignal<Option<Result<Done, Error>>>,
}

impl FormState {
    /// Why it was refused the last time. Tracked.
    pub fn error(&self) -> Option<Error> {
        error_of(self.answer)
    }

    /// What is wrong with that field, as long as it stands there as it was sent. Tracked.
    fn problem(&self, field: Field) -> Option<String> {
        error_of(self.beside).and_then(|error| error.about(field))
    }

    fn typed_in(&self, field: Field) {
        self.beside.update(|answer| {
            if let Some(Err(Error::Invalid(problems))) = answer {
                problems.retain(|(wrong, _)| *wrong != field);
            }
        });
    }

    /// Whether the page was rendered because the server refused this form without
    /// JavaScript; then [`FormState::typed`] has what was in it.
    pub fn was_refused(&self) -> bool {
        self.refused.with_value(Option::is_some)
    }

    /// Why the server refused this form without JavaScript, in the page that it rendered then.
    pub fn refusal(&self) -> Option<Error> {
        self.refused.with_value(|refused| refused.as_ref().map(|refused| refused.error.clone()))
    }

    /// Whether it was refused for want of a fresh proof. Tracked.
    pub fn wants_proof(&self) -> bool {
        self.error() == Some(Error::RecentLoginNeeded)
    }

    /// Forgets why it was refused, and keeps what is in it.
    pub fn forget(&self) {
        self.set_answer(None);
    }

    /// Unless the form is gone with its page.
    fn set_answer(&self, answer: Option<Result<Done, Error>>) {
        self.beside.try_set(answer.clone());
        self.answer.try_set(answer);
    }

    /// Whether it was sent and not answered yet. Tracked.
    pub fn is_on_its_way(&self) -> bool {
        self.pending.get()
    }

    /// What was typed into that input before the server refused it without JavaScript.
    pub fn typed(&self, name: &str) -> Option<String> {
        self.refused.with_value(|refused| refused.as_ref()?.typed(name).map(str::to_owned))
    }

    /// Whether the keyboard starts there in the page of a refused form: at the first field
    /// that is wrong, or (`None`) at the messages when it is none.
    fn starts_at(&self, field: Option<Field>) -> bool {
        self.refused.with_value(|refused| match refused.as_ref().map(|refused| &refused.error) {
            Some(Error::Invalid(problems)) => {
                field.is_some() && problems.first().map(|p| p.0) == field
            }
            Some(_) => field.is_none(),
            None => false,
        })
    }
}

fn error_of(answer: RwSignal<Option<Result<Done, Error>>>) -> Option<Error> {
    answer.with(|answer| answer.as_ref()?.as_ref().err().cloned())
}

/// The state of the form for the server function at that path, [`ServerFn::PATH`].
///
/// Forms know their function by its path alone. Typed arguments would bring a serialiser and
/// an action for each into the browser, to make again what the form holds already.
///
/// [`ServerFn::PATH`]: leptos::server_fn::ServerFn::PATH
pub fn use_form(function: &'static str) -> FormState {
    let refused = take_refused(function);
    let answer = refused.as_ref().map(|refused| Err(refused.error.clone()));
    FormState {
        function,
        beside: RwSignal::new(answer.clone()),
        answer: RwSignal::new(answer),
        pending: RwSignal::new(false),
        refused: StoredValue::new(refused),
    }
}

/// The refused form for that server function, if this document was rendered for one; once.
fn take_refused(function: &str) -> Option<Refused> {
    let Refusal(slot) = use_context()?;
    slot.try_update_value(|slot| slot.take_if(|refused| refused.function == function)).flatten()
}

/// A form, at home on the page `to`.
#[component]
pub fn Form(
    /// From [`use_form`].
    form: FormState,
    /// The page's own path, where the form goes without JavaScript.
    #[prop(into)]
    to: String,
    /// The form's class.
    #[prop(default = "form")]
    class: &'static str,
    /// The fields and the button.
    children: Children,
) -> impl IntoView {
    let go_on = use_go_on();
    let on_submit = move |event: SubmitEvent| send(form, event, go_on.clone());
    // The messages beside the fields say more than the browser's bubbles, and all at once.
    view! {
        <form class=class method="post" action=to novalidate=true on:submit=on_submit>
            {children()}
        </form>
    }
}

/// What goes on to where a form led.
pub fn use_go_on() -> impl Fn(&Done) + Clone + 'static {
    let navigate = use_navigate();
    move |done: &Done| {
        if done.reload {
            // A load of the whole document leaves nothing in memory.
            _ = window().location().assign(&done.to);
        } else {
            navigate(&done.to, NavigateOptions::default());
        }
    }
}

/// Sends what the form holds in place of the browser, and goes on when the server did what it
/// asked, or to the first field that is wrong.
pub fn send(form: FormState, event: SubmitEvent, go_on: impl FnOnce(&Done) + 'static) {
    // A form that cannot be read is left to the browser, which sends it as it is.
    let Some(contents) = contents(&event) else { return };
    event.prevent_default();
    if form.pending.get_untracked() {
        return;
    }
    form.pending.set(true);
    spawn_local(async move {
        let answer = post::<Done>(form.function, contents).await;
        // The person may have left the page meanwhile, and the form with it.
        let here = form.pending.try_set(false).is_none();
        match &answer {
            Ok(done) if done.reload || here => go_on(done),
            Err(_) if here => request_animation_frame(focus_first_problem),
            _ => {}
        }
        form.set_answer(Some(answer));
    });
}

/// What the browser would send, with the button that was pressed.
fn contents(event: &SubmitEvent) -> Option<String> {
    let data = form_data_from_event(event).ok()?;
    let pairs = UrlSearchParams::new_with_str_sequence_sequence(&data).ok()?;
    pairs.to_string().as_string()
}

/// Sends what a form holds to a server function.
///
/// # Errors
/// What the server answered in place of what was asked for, or that it did not.
pub async fn post<T: DeserializeOwned>(function: &str, contents: String) -> Result<T, Error> {
    let request: BrowserRequest = ClientReq::<Error>::try_new_post(function, FORM, JSON, contents)?;
    let response = <BrowserClient as Client<Error>>::send(request).await?;
    let ok = ClientRes::<Error>::status(&response) < 400;
    let body = ClientRes::<Error>::try_into_bytes(response).await?;
    // Something between here and the server may have answered in its place.
    if ok {
        <Text as Decodes<T>>::decode(body).map_err(|_| Error::Offline)
    } else {
        Err(<Text as Decodes<Error>>::decode(body).unwrap_or(Error::Offline))
    }
}

/// The input of that field, if it is on the page.
pub fn input_of(field: Field) -> Option<HtmlInputElement> {
    document().get_element_by_id(field.name())?.dyn_into().ok()
}

/// Says that an element changed, to whoever listens to it or above it.
pub fn tell(element: &EventTarget, what: &str) {
    let bubbles = EventInit::new();
    bubbles.set_bubbles(true);
    if let Ok(event) = Event::new_with_event_init_dict(what, &bubbles) {
        _ = element.dispatch_event(&event);
    }
}

fn focus_first_problem() {
    let find = |selector| document().query_selector(selector).ok().flatten();
    let wrong = find("[aria-invalid=true]").or_else(|| find(".error-messages"));
    if let Some(folded) = wrong.as_ref().and_then(|wrong| wrong.closest("details").ok().flatten()) {
        _ = folded.set_attribute("open", "");
    }
    focus(wrong);
}

/// Says that a form was refused, on a page that does not hold it.
#[component]
pub fn RefusedElsewhere(
    /// The path of the form's server function.
    function: &'static str,
) -> impl IntoView {
    take_refused(function).map(|refused| {
        view! { <div role="alert"><ul class="error-messages" tabindex="-1" autofocus=true><li>{refused.error.text()}</li></ul></div> }
    })
}

/// Everything that is wrong, above the form; each entry leads to its field.
#[component]
pub fn ErrorMessages(
    /// The form that they are about.
    form: FormState,
) -> impl IntoView {
    move || {
        form.error().map(|error| {
            let items: Vec<AnyView> = match &error {
                Error::Invalid(problems) => problems
                    .iter()
                    .map(|(field, problem)| {
                        let href = format!("#{}", field.name());
                        view! { <li><a href=href rel="external">{problem.text(*field)}</a></li> }
                            .erased()
                    })
                    .collect(),
                Error::Unauthenticated => vec![log_in_and_return().erased()],
                other => vec![view! { <li>{other.text()}</li> }.erased()],
            };
            let first = form.starts_at(None);
            view! { <div role="alert"><ul class="error-messages" tabindex="-1" autofocus=first>{items}</ul></div> }
        })
    }
}

/// What was typed is on this page alone, so it must not be left.
fn log_in_and_return() -> impl IntoView {
    view! {
        <li>
            "You are not logged in any more, and nothing was stored. "
            <a href="/login" target="_blank" rel="external">"Log in in a new tab"</a>
            ", then come back and send this again: what you typed is still here."
        </li>
    }
}
