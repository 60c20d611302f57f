//! A text that is opened, and what this browser has of it.

use leptos::{prelude::*, task::spawn_local, web_sys::HtmlFormElement};

use super::Autosave;
use crate::pages::editor::{
    browser::fresh,
    calls::stored_manuscript,
    local::{self, Copy},
    text,
};

impl Autosave {
    /// Begins with what its writer is called, and what stands in the form.
    pub(super) fn open(self, person: String, form: &HtmlFormElement) {
        self.key.set_value(local::key(&person, &fresh()));
        let opened = text::all_of(form);
        let copies = local::copies(&person, &opened);
        self.person.set_value(Some(person));
        if text::value(&opened, "draft_key").is_empty() {
            text::set(form, "draft_key", &fresh());
        }
        let is_new = text::value(&opened, "article").is_empty();
        if !is_new {
            self.own.set_value(vec![self.digest_of_opened(form)]);
        }
        if text::was_touched(form) || self.state.was_refused() {
            self.typed();
        }
        if is_new && !copies.is_empty() {
            spawn_local(async move { self.offer(not_stored(copies).await) });
        } else {
            self.offer(copies);
        }
    }

    /// Shows the newest text that this browser has, unless something was typed by now, and lists the
    /// others.
    fn offer(self, mut copies: Vec<Copy>) {
        let Some(form) = self.form.try_get_untracked().flatten() else { return };
        let newest = copies.iter().position(|copy| !copy.is_aside);
        if let Some(newest) = newest.filter(|_| !self.is_unsaved() && !text::was_touched(&form)) {
            self.restore(&form, &copies.remove(newest));
        }
        self.others.set(copies);
    }

    fn restore(self, form: &HtmlFormElement, copy: &Copy) {
        let opened = self.opened.get_value();
        let is_own = copy.own.contains(&self.digest_of_opened(form));
        if text::value(&opened, "article").is_empty() {
            text::put(form, &copy.text);
        } else {
            text::put_words(form, &copy.text);
        }
        // What is stored was typed here too, and nobody else has saved anything since.
        let version = if is_own { text::version(&opened) } else { copy.version() };
        self.saver.update_value(|saver| saver.starts_from(version));
        self.own.set_value(copy.own.clone());
        self.restored.set(Some(copy.at));
        self.typed();
        if self.here.get_untracked() {
            local::forget(&copy.key);
        } else {
            // There is no room for both.
            self.key.set_value(copy.key.clone());
            self.typed();
        }
    }

    fn digest_of_opened(self, form: &HtmlFormElement) -> u64 {
        text::digest(&text::shared(self.opened.get_value(), &text::all_of(form)))
    }
}

/// The copies of articles that are not stored yet. The others wait where those are edited.
async fn not_stored(copies: Vec<Copy>) -> Vec<Copy> {
    let mut left = Vec::new();
    for copy in copies {
        let begun = text::value(&copy.text, "draft_key").to_owned();
        if stored_manuscript(String::new(), begun).await.is_err() {
            left.push(copy);
        }
    }
    left
}
