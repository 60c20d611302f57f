//! What is kept in the browser: each text that somebody writes, from its first letter until the
//! server has it, so that a crash, a reload or a broken network takes nothing away.
//!
//! A copy belongs to a person and to the tab that it was typed in. No tab writes over what
//! another one keeps.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use web_sys::Storage;

use super::{
    state::Millis,
    text::{Text, is_same, says_anything, value, version},
};

const PREFIX: &str = "byline-text";

/// A text as it was typed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Copy {
    /// What it is called in the browser's storage.
    pub key: String,
    /// When the last of it was typed.
    pub at: Millis,
    /// Whether its writer chose another text in its place, and did not dismiss it yet.
    pub is_aside: bool,
    /// Everything that stood in the form.
    pub text: Text,
    /// The digests of what it started from, and of what was sent without an answer: texts of one's
    /// own, which may be stored.
    #[serde(default)]
    pub own: Vec<u64>,
}

impl Copy {
    /// The version that it started from.
    pub fn version(&self) -> i64 {
        version(&self.text)
    }

    /// Whether it is of the article that `opened` is of, be it typed before the first save of that
    /// was answered; of a new one if that is none yet.
    fn is_of(&self, opened: &Text) -> bool {
        let of = |name| (value(&self.text, name), value(opened, name));
        match (of("article"), of("draft_key")) {
            ((own, theirs), _) if own == theirs => true,
            (("", _), (own, begun)) => !own.is_empty() && own == begun,
            _ => false,
        }
    }
}

/// What a person's tab is called there.
pub fn key(person: &str, tab: &str) -> String {
    format!("{}{tab}", prefix(person))
}

fn prefix(person: &str) -> String {
    format!("{PREFIX}/{person}/")
}

/// Whether the browser keeps it: a full or forbidden storage does not.
#[must_use]
pub fn keep(copy: &Copy) -> bool {
    let Ok(json) = serde_json::to_string(copy) else { return false };
    storage().is_some_and(|storage| storage.set_item(&copy.key, &json).is_ok())
}

/// Forgets a copy.
pub fn forget(key: &str) {
    if let Some(storage) = storage() {
        _ = storage.remove_item(key);
    }
}

/// A person's copies of the article that was opened that say something else than it does, the
/// newest first. Those that say the same are needed no more, and are forgotten.
pub fn copies(person: &str, opened: &Text) -> Vec<Copy> {
    let mut copies = all(person);
    copies.retain(|copy| copy.is_of(opened));
    let (needless, mut copies): (Vec<Copy>, Vec<Copy>) = copies
        .into_iter()
        .partition(|copy| is_same(&copy.text, opened) || !says_anything(&copy.text));
    needless.iter().for_each(|copy| forget(&copy.key));
    copies.sort_by_key(|copy| std::cmp::Reverse(copy.at));
    copies
}

/// The newest copy of what was called so.
pub fn newest_at(person: &str, slug: &str) -> Option<Copy> {
    let own = all(person).into_iter().filter(|copy| value(&copy.text, "slug") == slug);
    own.max_by_key(|copy| copy.at)
}

fn all(person: &str) -> Vec<Copy> {
    let Some(storage) = storage() else { return Vec::new() };
    let prefix = prefix(person);
    let keys = (0..storage.length().unwrap_or(0)).filter_map(|n| storage.key(n).ok().flatten());
    let own = keys.filter(|key| key.starts_with(&prefix));
    own.filter_map(|key| serde_json::from_str(&storage.get_item(&key).ok()??).ok()).collect()
}

fn storage() -> Option<Storage> {
    window().local_storage().ok().flatten()
}
