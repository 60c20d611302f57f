//! When a text that is being written is saved, and what its writer is told of it.
//!
//! What happens goes in, what is to be done comes out: no network, no document, no clock. A save
//! names the version that the last one was answered with, so there is never more than one on its
//! way.

use std::mem;

use super::told::Told;
use crate::error::Error;

/// Milliseconds since any moment that stays the same.
pub type Millis = u64;

/// A pause in typing this long is worth a save.
const PAUSE: Millis = 2_000;

/// Whoever types without a pause is saved all the same.
const LONGEST: Millis = 10_000;

/// The pauses between tries while the server is away: the first, and the longest.
const RETRY: (Millis, Millis) = (2_000, 60_000);

/// Between looks whether somebody has logged in again.
const LOGGED_OUT: Millis = 5_000;

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happened {
    /// Something was typed. A new article of which nothing is left is not worth a save.
    Typed {
        /// Whether anything stands in the form.
        anything: bool,
    },
    /// Time passed.
    Tick,
    /// The person wants it saved now.
    Asked,
    /// The save on its way was answered.
    Kept {
        /// The article's number now.
        version: i64,
    },
    /// The save on its way was refused.
    NotKept(Trouble),
    /// The browser says that the network is back.
    Online,
    /// A button of the form was pressed.
    Submitted,
    /// The form was refused.
    NotDone(Trouble),
    /// The form did what it was for.
    Done,
    /// Of two versions, one's own shall stand in the other's place.
    Mine,
    /// Of two versions, the stored one stands in the form now.
    Theirs,
}

/// What there is to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Nothing.
    Nothing,
    /// Send the text to be kept, naming [`Saver::version`].
    Save,
    /// Send the form.
    Submit,
    /// Show what is stored beside what was typed.
    Compare,
    /// Make the text that of a new article.
    BeNew,
}

/// Why the server does not have the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It was not reached, or cannot do it now.
    Away {
        /// How long it asks to be left alone.
        wait: Millis,
    },
    /// Nobody is logged in.
    LoggedOut,
    /// Another text was stored since this one was opened.
    Conflict {
        /// The number of that one.
        version: i64,
    },
    /// The article is not there any more.
    Gone,
    /// Something in the form cannot be stored: this.
    Wrong(String),
}

impl From<&Error> for Trouble {
    fn from(error: &Error) -> Self {
        match error {
            Error::Unauthenticated => Trouble::LoggedOut,
            Error::Conflict { version } => Trouble::Conflict { version: *version },
            Error::NotFound => Trouble::Gone,
            Error::Invalid(problems) => {
                let first = problems.first().map(|(field, problem)| {
                    let (label, text) = (field.label(), problem.text(*field));
                    if text.contains(label) { text } else { format!("{label}: {text}") }
                });
                Trouble::Wrong(first.unwrap_or_else(|| error.text()))
            }
            Error::Forbidden | Error::BadRequest => Trouble::Wrong(error.text()),
            other => Trouble::Away { wait: other.retry_after_s().unwrap_or(0) * 1_000 },
        }
    }
}

/// Where the form itself is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Submission {
    None,
    /// A save is on its way, and the form would name a version that is none any more.
    Waits,
    Sent,
}

/// The saving of one text.
#[derive(Clone, Debug)]
pub struct Saver {
    version: i64,
    /// How many edits were made, how many of them the server has, and with how many a save left.
    edits: u32,
    stored: u32,
    on_way: Option<u32>,
    /// How many the form left with.
    sent: u32,
    /// When the first edit was made that the server does not have, and when the last one was.
    since: Millis,
    last: Millis,
    trouble: Option<Trouble>,
    tries: u32,
    not_before: Millis,
    submission: Submission,
    saved_at: Option<Millis>,
    replaces: bool,
    /// Whether somebody asked for a save that was not answered yet.
    asked: bool,
    spoken: Told,
}

impl Saver {
    /// Of a text that was opened in that version; a new one is in version 0.
    pub fn new(version: i64) -> Self {
        Self {
            version,
            edits: 0,
            stored: 0,
            on_way: None,
            sent: 0,
            since: 0,
            last: 0,
            trouble: None,
            tries: 0,
            not_before: 0,
            submission: Submission::None,
            saved_at: None,
            replaces: false,
            asked: false,
            spoken: Told::Nothing,
        }
    }

    /// The number that the next save names.
    pub fn version(&self) -> i64 {
        self.version
    }

    /// Whether that version was seen, and this text shall stand in its place all the same: it then
    /// stays among the versions of the article.
    pub fn replaces(&self) -> bool {
        self.replaces
    }

    /// Starts from another version: that of a text that was put into the form.
    pub fn starts_from(&mut self, version: i64) {
        self.version = version;
    }

    /// Whether the server has what it had when the text was opened, as far as we know.
    pub fn is_as_opened(&self) -> bool {
        self.saved_at.is_none() && self.on_way.is_none()
    }

    /// Whether there is anything that the server does not have.
    pub fn is_unsaved(&self) -> bool {
        self.edits > self.stored
    }

    /// What the writer is told.
    pub fn told(&self) -> Told {
        match (&self.trouble, self.saved_at) {
            (Some(trouble), _) => Told::Trouble(trouble.clone()),
            (None, _) if self.on_way.is_some() => Told::Saving,
            (None, _) if self.is_unsaved() => Told::Unsaved,
            (None, Some(at)) => Told::Saved(at),
            (None, None) => Told::Nothing,
        }
    }

    /// What is read out to a writer who listens: what is wrong, that it is right again, and the
    /// save that was asked for. That every pause in typing ends in a save is nothing to hear.
    pub fn spoken(&self) -> Told {
        self.spoken.clone()
    }

    /// Takes note of what happened, and says what follows.
    pub fn step(&mut self, happened: Happened, now: Millis) -> Deed {
        match happened {
            Happened::Typed { anything } => self.typed(anything, now),
            Happened::Tick if self.is_due(now) => self.save(),
            Happened::Asked => self.asked(),
            Happened::Online if self.may_save() => self.save(),
            Happened::Tick | Happened::Online => Deed::Nothing,
            Happened::Kept { version } => self.kept(version, now),
            Happened::NotKept(trouble) => self.not_kept(trouble, now),
            Happened::Submitted => self.submitted(),
            Happened::NotDone(trouble) => self.not_done(trouble),
            Happened::Done => self.is_stored(self.sent, now),
            Happened::Mine => self.mine(now),
            Happened::Theirs => self.theirs(now),
        }
    }

    fn typed(&mut self, anything: bool, now: Millis) -> Deed {
        if !self.is_unsaved() {
            self.since = now;
        }
        self.edits += 1;
        self.last = now;
        if !anything && self.version == 0 && self.on_way.is_none() {
            self.stored = self.edits;
        }
        // What was wrong may be right now.
        if matches!(self.trouble, Some(Trouble::Wrong(_))) {
            self.trouble = None;
        }
        if matches!(self.spoken, Told::Saved(_)) {
            self.spoken = Told::Nothing;
        }
        Deed::Nothing
    }

    fn asked(&mut self) -> Deed {
        self.asked = self.is_unsaved();
        if let (false, Some(at)) = (self.asked, self.saved_at) {
            self.spoken = Told::Saved(at);
        }
        if self.may_save() { self.save() } else { Deed::Nothing }
    }

    /// Heard by whoever asked for it, or heard before that it was not saved.
    fn speak_of_save(&mut self, now: Millis) {
        if mem::take(&mut self.asked) || matches!(self.spoken, Told::Trouble(_)) {
            self.spoken = Told::Saved(now);
        }
    }

    fn is_in(&mut self, trouble: Trouble) {
        self.spoken = Told::Trouble(trouble.clone());
        self.trouble = Some(trouble);
    }

    /// Whether there is something to save and nothing that forbids it.
    fn may_save(&self) -> bool {
        let possible =
            matches!(self.trouble, None | Some(Trouble::Away { .. } | Trouble::LoggedOut));
        let free = self.on_way.is_none() && self.submission == Submission::None;
        self.is_unsaved() && free && possible
    }

    fn is_due(&self, now: Millis) -> bool {
        let paused = now >= self.last + PAUSE || now >= self.since + LONGEST;
        self.may_save() && paused && now >= self.not_before
    }

    fn save(&mut self) -> Deed {
        self.on_way = Some(self.edits);
        Deed::Save
    }

    fn kept(&mut self, version: i64, now: Millis) -> Deed {
        self.version = version;
        self.stored = self.on_way.take().unwrap_or(self.stored);
        self.since = now;
        self.saved_at = Some(now);
        self.trouble = None;
        self.replaces = false;
        self.tries = 0;
        self.not_before = 0;
        self.speak_of_save(now);
        self.submit_if_waiting()
    }

    fn not_kept(&mut self, trouble: Trouble, now: Millis) -> Deed {
        self.on_way = None;
        let pause = match &trouble {
            Trouble::Away { wait } => {
                let (first, longest) = RETRY;
                let doubled = first.saturating_mul(1 << self.tries.min(10)).min(longest);
                self.tries += 1;
                doubled.max(*wait)
            }
            _ => LOGGED_OUT,
        };
        self.not_before = now + pause;
        match trouble {
            Trouble::Conflict { .. } | Trouble::Gone => self.not_done(trouble),
            other => {
                self.is_in(other);
                // The form's own answer says it above the fields.
                self.submit_if_waiting()
            }
        }
    }

    fn submit_if_waiting(&mut self) -> Deed {
        if self.submission != Submission::Waits {
            return Deed::Nothing;
        }
        self.send()
    }

    fn send(&mut self) -> Deed {
        self.submission = Submission::Sent;
        self.sent = self.edits;
        Deed::Submit
    }

    fn submitted(&mut self) -> Deed {
        match (self.submission, self.on_way) {
            (Submission::None, None) | (Submission::Sent, _) => self.send(),
            _ => {
                self.submission = Submission::Waits;
                Deed::Nothing
            }
        }
    }

    fn not_done(&mut self, trouble: Trouble) -> Deed {
        self.submission = Submission::None;
        match trouble {
            Trouble::Conflict { .. } => {
                self.is_in(trouble);
                Deed::Compare
            }
            Trouble::Gone => {
                self.is_in(trouble);
                self.version = 0;
                Deed::BeNew
            }
            Trouble::LoggedOut => {
                self.is_in(trouble);
                Deed::Nothing
            }
            // Said above the form; a draft may be kept that cannot be published.
            Trouble::Away { .. } | Trouble::Wrong(_) => Deed::Nothing,
        }
    }

    fn is_stored(&mut self, edits: u32, now: Millis) -> Deed {
        self.stored = edits;
        self.saved_at = Some(now);
        self.trouble = None;
        self.replaces = false;
        self.speak_of_save(now);
        Deed::Nothing
    }

    fn mine(&mut self, now: Millis) -> Deed {
        let Some(Trouble::Conflict { version }) = self.trouble.take() else { return Deed::Nothing };
        self.version = version;
        self.replaces = true;
        self.edits += 1;
        (self.since, self.last) = (now, now);
        if self.may_save() { self.save() } else { Deed::Nothing }
    }

    fn theirs(&mut self, now: Millis) -> Deed {
        if let Some(Trouble::Conflict { version }) = self.trouble.take() {
            self.version = version;
        }
        self.is_stored(self.edits, now)
    }
}
