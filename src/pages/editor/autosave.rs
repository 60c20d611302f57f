//! Saving what is typed, while it is typed: to this browser at once, to the server soon after.
//!
//! [`super::state`] decides when; here it is done.

mod choosing;
mod opening;

use leptos::{
    ev::SubmitEvent,
    html,
    leptos_dom::helpers::{set_interval_with_handle, window_event_listener},
    prelude::*,
    server_fn::ServerFn,
    task::spawn_local,
    wasm_bindgen::JsCast,
    web_sys::{FormData, HtmlElement, HtmlFormElement},
};
use std::time::Duration;

use super::{
    browser::{is_to_come, now, rename_page},
    calls::{KeepText, stored_manuscript},
    images::without_placeholder,
    local::{self, Copy},
    state::{Deed, Happened, Millis, Saver, Trouble},
    text::{self, Text},
    told::Told,
};
use crate::{
    domain::{
        article::{Kept, Manuscript},
        field::Field,
    },
    error::Error,
    pages::who_am_i,
    ui::{
        form::{FormState, post},
        layout::ViewerData,
    },
};

/// How often it is asked whether something is due.
const TICK: Duration = Duration::from_millis(500);

/// The saving of the text in one editor.
#[derive(Clone, Copy)]
pub struct Autosave {
    /// Where the text stands.
    pub form: NodeRef<html::Form>,
    /// What its writer is told.
    pub told: RwSignal<Told>,
    /// What of it is read out.
    pub spoken: RwSignal<Told>,
    /// Whether the browser kept what it was last given to keep.
    pub here: RwSignal<bool>,
    /// After a conflict, the text that is stored.
    pub theirs: RwSignal<Option<Manuscript>>,
    /// When what stands there was typed, if it was found in this browser.
    pub restored: RwSignal<Option<Millis>>,
    /// What else is in this browser of the same article.
    pub others: RwSignal<Vec<Copy>>,
    state: FormState,
    saver: StoredValue<Saver>,
    /// The text as the server gave it.
    opened: StoredValue<Text>,
    person: StoredValue<Option<String>>,
    key: StoredValue<String>,
    /// The value of the button that was pressed.
    pressed: StoredValue<String>,
    /// The last part of the article's address, as it is by now.
    slug: RwSignal<String>,
    /// The digests of what this text started from, and of what was sent and never answered: where
    /// that is stored, nobody else has saved anything.
    own: StoredValue<Vec<u64>>,
    /// Whether a picture is on its way.
    picture: StoredValue<bool>,
    /// Whether the form is sent once that picture is there.
    pub waits: RwSignal<bool>,
}

/// As many texts are known for one's own. One more that was stored is taken for somebody else's.
const OWN: usize = 64;

impl Autosave {
    /// Of that text, in the form with that state; `slug` becomes what the article is called.
    pub fn new(manuscript: &Manuscript, state: FormState, slug: RwSignal<String>) -> Self {
        Self {
            form: NodeRef::new(),
            told: RwSignal::new(Told::Nothing),
            spoken: RwSignal::new(Told::Nothing),
            here: RwSignal::new(true),
            theirs: RwSignal::new(None),
            restored: RwSignal::new(None),
            others: RwSignal::new(Vec::new()),
            state,
            saver: StoredValue::new(Saver::new(manuscript.version)),
            opened: StoredValue::new(text_of(manuscript)),
            person: StoredValue::new(None),
            key: StoredValue::new(String::new()),
            pressed: StoredValue::new(String::new()),
            slug,
            own: StoredValue::new(Vec::new()),
            picture: StoredValue::new(false),
            waits: RwSignal::new(false),
        }
    }

    /// Begins in the browser, once the form and its writer are known. On the server nothing
    /// happens.
    pub fn begin(self) {
        let viewer = use_context::<ViewerData>();
        Effect::new(move |begun: Option<bool>| {
            let viewer = viewer.and_then(|viewer| viewer.get()).and_then(Result::ok).flatten();
            if begun == Some(true) {
                return true;
            }
            let (Some(viewer), Some(form)) = (viewer, self.form.get()) else { return false };
            self.open(viewer.username, &form);
            true
        });
        Effect::new(move |_| {
            if let Some(error) = self.state.error() {
                self.happened(Happened::NotDone(Trouble::from(&error)));
            }
        });
        Effect::new(move |_| {
            let every = set_interval_with_handle(move || self.happened(Happened::Tick), TICK).ok();
            let online =
                window_event_listener(leptos::ev::online, move |_| self.happened(Happened::Online));
            on_cleanup(move || {
                if let Some(every) = every {
                    every.clear();
                }
                online.remove();
                self.leave();
            });
        });
    }

    /// Something in the form was changed by its writer.
    pub fn typed(self) {
        let Some(form) = self.form.get_untracked() else { return };
        let text = text::all_of(&form);
        let anything = text::says_anything(&text);
        self.keep(text);
        self.happened(Happened::Typed { anything });
    }

    /// Adds to what is sent that it shall stand in the place of what its writer has seen, and takes
    /// out what stands for a picture that is on its way.
    pub fn complete(self, data: &FormData) {
        let body = data.get(Field::Body.name()).as_string();
        if let Some(body) = body.as_deref().and_then(without_placeholder) {
            _ = data.set_with_str(Field::Body.name(), &body);
        }
        let replaces = self.saver.with_value(|saver| saver.replaces().then(|| saver.version()));
        if let Some(version) = replaces {
            _ = data.append_with_str("replaces", &version.to_string());
        }
    }

    /// Sends what is not saved yet when the page is left by the browser's own ways, which ask
    /// nobody. It stays in this browser until the server has it.
    fn leave(self) {
        let (Some(form), true) = (self.form.get_untracked(), self.is_unsaved()) else { return };
        let (text, key) = (text::all_of(&form), self.key.get_value());
        let (person, own) = (self.person.get_value(), self.own.get_value());
        spawn_local(async move {
            if send_last(person, text, &own).await.is_ok() {
                local::forget(&key);
            }
        });
    }

    /// Whether the form may be sent now. If not, it is sent when the save on its way is answered, or
    /// the picture that is on its way has come.
    pub fn submits(self, event: &SubmitEvent) -> bool {
        let value = event.submitter().and_then(|button| button.get_attribute("value"));
        self.pressed.set_value(value.unwrap_or_default());
        self.waits.set(self.picture.get_value());
        if self.waits.get_untracked() {
            return false;
        }
        let deed = self.saver.try_update_value(|saver| saver.step(Happened::Submitted, now()));
        self.tell();
        if let (Some(Deed::Submit), Some(form)) = (deed, self.form.get_untracked()) {
            self.name_version(&form);
            self.sends(&text::all_of(&form));
            return true;
        }
        false
    }

    /// A picture for the text goes on its way.
    pub fn picture_leaves(self) {
        self.picture.set_value(true);
    }

    /// It has come, or nothing came of it: then whoever pressed a button decides anew.
    pub fn picture_ends(self, came: bool) {
        self.picture.set_value(false);
        if self.waits.get_untracked() {
            self.waits.set(false);
            if came {
                self.press();
            }
        }
    }

    /// The form did what it was for: nothing has to be kept any more, but for what was typed since
    /// it was sent.
    pub fn done(self) {
        self.happened(Happened::Done);
        if !self.is_unsaved() {
            local::forget(&self.key.get_value());
        }
    }

    /// Whether something would be lost to the server if the page was left now.
    pub fn is_unsaved(self) -> bool {
        self.saver.try_with_value(Saver::is_unsaved).unwrap_or(false)
    }

    /// Whether a time to come stands in the form.
    pub fn is_for_later(self) -> bool {
        let text = self.form.get_untracked().map(|form| text::all_of(&form)).unwrap_or_default();
        is_to_come(text::value(&text, "publish_at"))
    }

    /// Takes note of what happened, and does what follows.
    pub fn happened(self, happened: Happened) {
        let deed = self.saver.try_update_value(|saver| saver.step(happened, now()));
        self.tell();
        match deed {
            Some(Deed::Save) => spawn_local(self.save()),
            Some(Deed::Submit) => self.press(),
            Some(Deed::Compare) => spawn_local(self.compare()),
            Some(Deed::BeNew) => self.be_new(),
            Some(Deed::Nothing) | None => {}
        }
    }

    /// In this browser, under this tab's name.
    fn keep(self, text: Text) {
        let key = self.key.get_value();
        if self.person.with_value(Option::is_some) {
            let own = self.own.get_value();
            self.keep_copy(&Copy { key, at: now(), is_aside: false, text, own });
        }
    }

    fn keep_copy(self, copy: &Copy) {
        let kept = local::keep(copy);
        if self.here.try_get_untracked() == Some(!kept) {
            self.here.set(kept);
        }
    }

    fn tell(self) {
        let told = self.saver.try_with_value(|saver| (saver.told(), saver.spoken()));
        if let Some((told, spoken)) = told {
            set_if_new(self.told, told);
            set_if_new(self.spoken, spoken);
        }
    }

    fn name_version(self, form: &HtmlFormElement) {
        text::set(form, "version", &self.saver.with_value(Saver::version).to_string());
    }

    async fn save(self) {
        let form = text::in_document(self.form);
        let answer = match &form {
            Some(form) => {
                self.name_version(form);
                let text = text::all_of(form);
                self.sends(&text);
                self.keep(text.clone());
                let answer = send(self.person.try_get_value().flatten(), &text).await;
                if answer.is_ok() {
                    _ = self.own.try_update_value(|own| *own = vec![text::digest(&text)]);
                }
                answer
            }
            // Somebody else may be logged in by now.
            None => Err(Error::Unauthenticated),
        };
        match (answer, form) {
            (Ok(kept), Some(form)) => self.kept(&kept, &form),
            (Err(error), _) => self.happened(Happened::NotKept(Trouble::from(&error))),
            (Ok(_), None) => {}
        }
    }

    /// What is sent may be stored, whether or not there is an answer.
    fn sends(self, text: &Text) {
        self.own.update_value(|own| {
            own.push(text::digest(text));
            own.drain(..own.len().saturating_sub(OWN));
        });
    }

    fn kept(self, kept: &Kept, form: &HtmlFormElement) {
        self.name(form, &kept.id, &kept.slug);
        text::set(form, "version", &kept.version.to_string());
        if form.is_connected() {
            rename_page(&kept.slug);
        }
        self.happened(Happened::Kept { version: kept.version });
        if self.is_unsaved() {
            self.keep(text::all_of(form));
        } else if let Some(key) = self.key.try_get_value() {
            local::forget(&key);
        }
    }

    fn name(self, form: &HtmlFormElement, id: &str, slug: &str) {
        text::set(form, "article", id);
        text::set(form, "slug", slug);
        _ = self.slug.try_set(slug.to_owned());
    }

    fn press(self) {
        if let Some(form) = text::in_document(self.form) {
            let button = format!("button[value=\"{}\"]", self.pressed.get_value());
            let button = form.query_selector(&button).ok().flatten();
            let button: Option<HtmlElement> = button.and_then(|button| button.dyn_into().ok());
            _ = form.request_submit_with_submitter(button.as_ref());
        }
    }
}

/// What stays the same is drawn once.
fn set_if_new(signal: RwSignal<Told>, told: Told) {
    if signal.try_get_untracked().is_some_and(|shown| shown != told) {
        signal.set(told);
    }
}

/// A new text goes to nobody but its writer: what has an article is refused to others anyway.
async fn send(person: Option<String>, text: &Text) -> Result<Kept, Error> {
    if text::value(text, "article").is_empty()
        && who_am_i().await?.map(|viewer| viewer.username) != person
    {
        return Err(Error::Unauthenticated);
    }
    post(KeepText::PATH, text::encoded(text)).await
}

/// The same of the last that was typed on a page that is left. Where an earlier text of that page
/// was stored meanwhile, it goes on from there.
async fn send_last(person: Option<String>, mut text: Text, own: &[u64]) -> Result<Kept, Error> {
    let answer = send(person.clone(), &text).await;
    if !matches!(answer, Err(Error::Conflict { .. })) {
        return answer;
    }
    let named = |name| text::value(&text, name).to_owned();
    let stored = stored_manuscript(named("article"), named("draft_key")).await?;
    if !own.contains(&text::digest(&text::shared(text_of(&stored), &text))) {
        return answer;
    }
    text.retain(|(name, _)| name != "article" && name != "version");
    text.push(("article".into(), stored.id));
    text.push(("version".into(), stored.version.to_string()));
    send(person, &text).await
}

/// A manuscript as the form has it: its fields have the names of the form's. The time that it shall
/// appear at is in UTC.
pub fn text_of(manuscript: &Manuscript) -> Text {
    let Ok(serde_json::Value::Object(fields)) = serde_json::to_value(manuscript) else {
        return Vec::new();
    };
    let pairs = fields.into_iter().filter_map(|(name, value)| {
        let name = if name == "id" { "article".to_owned() } else { name };
        match value {
            serde_json::Value::String(text) => Some((name, text)),
            serde_json::Value::Number(number) => Some((name, number.to_string())),
            _ => None,
        }
    });
    pairs.chain([("zone".to_owned(), "0".to_owned())]).collect()
}
