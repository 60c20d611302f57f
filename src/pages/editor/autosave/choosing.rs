//! Two texts of one article, and which of them stands.

use leptos::prelude::*;

use super::{Autosave, text_of};
use crate::{
    domain::article::Manuscript,
    pages::editor::{
        browser::{fresh, now},
        calls::stored_manuscript,
        local::{self, Copy},
        state::{Happened, Saver, Trouble},
        text::{self, Text},
    },
};

impl Autosave {
    /// The text of the conflict that was typed here shall stand.
    pub fn keep_mine(self) {
        if let Some(theirs) = self.theirs.try_update(Option::take).flatten() {
            self.put_aside(text_of(&theirs));
        }
        self.happened(Happened::Mine);
        if let Some(form) = self.form.get_untracked() {
            text::focus(&form);
        }
    }

    /// The text of the conflict that is stored shall stand.
    pub fn take_theirs(self) {
        let (Some(theirs), Some(form)) =
            (self.theirs.try_update(Option::take).flatten(), self.form.get_untracked())
        else {
            return;
        };
        self.put_aside(text::all_of(&form));
        text::put(&form, &text_of(&theirs));
        self.opened.set_value(text_of(&theirs));
        self.happened(Happened::Theirs);
        self.saver.update_value(|saver| saver.starts_from(theirs.version));
        self.restored.set(None);
        local::forget(&self.key.get_value());
        text::focus_anew(&form);
    }

    /// What the server gave shall stand, in place of what was found in this browser.
    pub fn use_saved(self) {
        let Some(form) = self.form.get_untracked() else { return };
        self.put_aside(text::all_of(&form));
        self.restored.set(None);
        let opened = self.opened.get_value();
        if !self.saver.with_value(Saver::is_as_opened) {
            // The server has the other one by now.
            text::put_words(&form, &opened);
            text::focus_anew(&form);
            return self.typed();
        }
        text::put(&form, &opened);
        if text::value(&opened, "article").is_empty() {
            // Another article: the one that the other text begins may go on in another tab.
            text::set(&form, "draft_key", &fresh());
        }
        text::focus_anew(&form);
        self.happened(Happened::Theirs);
        self.saver.update_value(|saver| saver.starts_from(text::version(&opened)));
        local::forget(&self.key.get_value());
    }

    /// Another text of this browser shall stand; the present one takes its place there.
    pub fn swap(self, copy: &Copy) {
        let Some(form) = self.form.get_untracked() else { return };
        let present = text::all_of(&form);
        if text::says_anything(&present) {
            self.put_aside(present);
        }
        text::put_words(&form, &copy.text);
        text::focus_anew(&form);
        self.typed();
        self.drop_copy(copy);
    }

    /// That text of this browser is needed no more. The keyboard goes on at those that are left,
    /// or in the text: the button that it was at goes with the row.
    pub fn dismiss(self, copy: &Copy) {
        self.drop_copy(copy);
        let Some(form) = self.form.get_untracked() else { return };
        if self.others.with_untracked(Vec::is_empty) {
            text::focus(&form);
        } else {
            text::focus_on(&form, ".kept-texts summary");
        }
    }

    fn drop_copy(self, copy: &Copy) {
        local::forget(&copy.key);
        self.others.update(|others| others.retain(|other| other.key != copy.key));
    }

    /// In this browser, under a name of its own, until it is dismissed.
    fn put_aside(self, text: Text) {
        let Some(person) = self.person.get_value() else { return };
        let key = local::key(&person, &fresh());
        let copy = Copy { key, at: now(), is_aside: true, text, own: Vec::new() };
        self.keep_copy(&copy);
        self.others.update(|others| others.insert(0, copy));
    }

    /// What is gone cannot be edited: the text goes on as a new article's.
    pub(super) fn be_new(self) {
        let Some(form) = self.form.get_untracked() else { return };
        for (name, value) in [("article", ""), ("slug", ""), ("version", "0")] {
            text::set(&form, name, value);
        }
        text::set(&form, "draft_key", &fresh());
        self.keep(text::all_of(&form));
    }

    /// Whether that was typed here: what this text started from, or what was sent.
    fn is_own(self, stored: Text, typed: &Text) -> bool {
        let digest = text::digest(&text::shared(stored, typed));
        self.own.try_with_value(|own| own.contains(&digest)).unwrap_or(false)
    }

    /// Where the stored text says something else than one's own, beside title and text: in which
    /// field, and what.
    pub fn different(self, theirs: &Manuscript) -> Vec<(&'static str, String)> {
        let own = self.form.get_untracked().map(|form| text::all_of(&form)).unwrap_or_default();
        text::different(&text_of(theirs), &own)
    }

    /// Asks what is stored, to show it beside what was typed.
    pub(super) async fn compare(self) {
        let Some(form) = self.form.get_untracked() else { return };
        let named = text::all_of(&form);
        let named = |name| text::value(&named, name).to_owned();
        match stored_manuscript(named("article"), named("draft_key")).await {
            // It is this one: only its answer was lost, or it was saved anew as it was.
            Ok(theirs) if self.is_own(text_of(&theirs), &text::all_of(&form)) => {
                self.name(&form, &theirs.id, &theirs.slug);
                self.happened(Happened::Mine);
            }
            // With what was typed while it was asked for.
            Ok(theirs) if text::is_same(&text_of(&theirs), &text::all_of(&form)) => {
                self.name(&form, &theirs.id, &theirs.slug);
                self.happened(Happened::Theirs);
                if let Some(key) = self.key.try_get_value() {
                    local::forget(&key);
                }
            }
            Ok(theirs) => {
                self.name(&form, &theirs.id, &theirs.slug);
                _ = self.theirs.try_set(Some(theirs));
            }
            Err(error) => self.happened(Happened::NotKept(Trouble::from(&error))),
        }
    }
}
