//! What is expected: who has an account, which sessions live, and what each step does to them.

use byline::domain::role::Role;
use std::collections::HashMap;

use super::{Quick, Slow};

pub const DAY: u64 = 24 * 60;

/// A number that whoever holds up a request goes by: what it found may be another's by then.
pub type Key = usize;

#[derive(Clone, Debug)]
pub struct Account {
    pub(super) active: bool,
    /// Somebody else closed it: no link of its owner's opens it.
    pub(super) barred: bool,
    role: Role,
    /// The one that it has now.
    pub password: Key,
    /// Another one after whatever must end what began before.
    stamp: Key,
    /// Whether digits of an app are asked for.
    pub app: bool,
    /// Whether its address was ever proved.
    pub(super) proved: bool,
    /// What a link to another address goes by, and when that ends.
    pub(super) link: Option<(Key, u64)>,
    /// What the link goes by that takes it back, and when the account ends.
    pub(super) leaves: Option<(Key, u64)>,
}

#[derive(Clone, Debug)]
pub(super) struct Session {
    pub(super) who: usize,
    pub(super) kept: bool,
    began: u64,
    seen: u64,
    proved: u64,
}

/// A log-in that waits for its second step.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    pub(super) key: Key,
    pub(super) who: usize,
    pub(super) kept: bool,
    ends: u64,
    stamp: Key,
    pub(super) tries: u32,
}

/// Everybody and everything, in minutes since it began.
#[derive(Debug, Default)]
pub struct Model {
    pub(super) now: u64,
    keys: Key,
    /// Whoever has one.
    pub accounts: [Option<Account>; 2],
    /// Whoever had one that was deleted: their name is nobody's for ever.
    pub(super) gone: [bool; 2],
    pub(super) sessions: HashMap<Key, Session>,
    /// What each browser's cookie opens, or would if it were not over.
    pub(super) browsers: [Option<Key>; 3],
    /// The log-in that each browser has under way, or had.
    pub(super) pending: [Option<Pending>; 3],
    /// Whose digits were used in this step; none are good twice.
    pub(super) spent: [bool; 2],
}

/// What a request has found before it hashes, or before its second half has come.
#[derive(Debug)]
pub struct Begun {
    /// Whom it is about.
    pub who: Option<usize>,
    pub(super) stamp: Option<Key>,
    pub(super) session: Option<Key>,
    /// Whether whoever asks had proved lately who they are.
    pub(super) recent: bool,
    pub(super) pending: Option<Key>,
    pub(super) link: Option<Key>,
    pub(super) back: Option<Key>,
    /// Whether the account asked for digits.
    pub app: bool,
    pub(super) at: u64,
    /// The password that it would set, or the address that it would ask for.
    pub next: Key,
}

impl Slow {
    /// Who it is about, or which browser says that.
    fn about(&self) -> (Option<usize>, Option<usize>) {
        match *self {
            Slow::ChangePassword { browser, .. } | Slow::Confirm { browser, .. } => {
                (None, Some(browser))
            }
            Slow::Register { who, .. } | Slow::LogIn { who, .. } | Slow::Reset { who } => {
                (Some(who), None)
            }
        }
    }
}

impl Model {
    pub(super) fn key(&mut self) -> Key {
        self.keys += 1;
        self.keys
    }

    pub fn account(&self, who: usize) -> Option<&Account> {
        self.accounts[who].as_ref().filter(|account| account.active)
    }

    /// The session of a browser, if it is none that has ended.
    pub(super) fn session(&self, browser: usize) -> Option<(Key, &Session)> {
        let key = self.browsers[browser]?;
        let session = self.sessions.get(&key)?;
        let (idle, absolute) = if session.kept { (30 * DAY, 90 * DAY) } else { (DAY / 2, 7 * DAY) };
        let lives = self.now < session.seen + idle && self.now < session.began + absolute;
        lives.then_some((key, session))
    }

    /// The log-in that a browser has under way, if it is none that has ended.
    pub(super) fn pending(&self, browser: usize) -> Option<&Pending> {
        let pending = self.pending[browser].as_ref()?;
        let stamp = self.account(pending.who).map(|account| account.stamp);
        (stamp == Some(pending.stamp) && self.now < pending.ends && pending.tries > 0)
            .then_some(pending)
    }

    /// Whose second step a browser may do.
    pub fn half_way(&self, browser: usize) -> Option<usize> {
        self.pending(browser).map(|pending| pending.who)
    }

    /// Whether somebody proved lately in that session who they are.
    pub(super) fn is_recent(&self, session: Key) -> bool {
        self.sessions.get(&session).is_some_and(|session| self.now <= session.proved + 10)
    }

    /// Digits that were used may be used again.
    pub fn forget_digits(&mut self) {
        self.spent = [false; 2];
    }

    /// Who a browser may act as.
    pub fn who(&self, browser: usize) -> Option<usize> {
        self.session(browser).map(|(_, session)| session.who)
    }

    /// Every request notes that its session is in use.
    pub fn see(&mut self, browser: usize) {
        let now = self.now;
        if let Some((key, _)) = self.session(browser) {
            self.sessions.entry(key).and_modify(|session| session.seen = now);
        }
    }

    pub(super) fn enter(&mut self, who: usize, browser: usize, kept: bool) {
        if let Some(old) = self.browsers[browser] {
            self.sessions.remove(&old);
        }
        let (now, key) = (self.now, self.key());
        self.sessions.insert(key, Session { who, kept, began: now, seen: now, proved: now });
        self.browsers[browser] = Some(key);
    }

    /// What follows each change of an account.
    pub(super) fn end_access(&mut self, who: usize) {
        let stamp = self.key();
        self.sessions.retain(|_, session| session.who != who);
        if let Some(account) = &mut self.accounts[who] {
            account.stamp = stamp;
            account.link = None;
        }
    }

    /// Whether an account is as a request found it.
    pub(super) fn is_same(&self, who: usize, begun: &Begun) -> bool {
        begun.stamp.is_some() && self.account(who).map(|account| account.stamp) == begun.stamp
    }

    fn set_password(&mut self, who: usize, password: Key) {
        self.accounts[who].as_mut().unwrap().password = password;
        self.end_access(who);
    }

    pub fn begin(&mut self, slow: &Slow) -> Begun {
        let (who, browser) = slow.about();
        self.begun(who, browser)
    }

    pub(super) fn begun(&mut self, who: Option<usize>, browser: Option<usize>) -> Begun {
        let next = self.key();
        let session = browser.and_then(|browser| self.session(browser));
        let who = who.or(session.map(|(_, session)| session.who));
        let session = session.map(|(key, _)| key);
        let account = who.and_then(|who| self.account(who));
        let closed = who.and_then(|who| self.accounts[who].as_ref());
        Begun {
            who,
            stamp: account.map(|account| account.stamp),
            session,
            recent: session.is_some_and(|key| self.is_recent(key)),
            pending: browser.and_then(|n| self.pending(n)).map(|pending| pending.key),
            link: account.and_then(|account| account.link).map(|(key, _)| key),
            back: closed.and_then(|account| account.leaves).map(|(key, _)| key),
            app: account.is_some_and(|account| account.app),
            at: self.now,
            next,
        }
    }

    /// Ends what was begun; whether it does anything.
    pub fn finish(&mut self, slow: &Slow, begun: &Begun) -> bool {
        match *slow {
            Slow::Register { who, browser } => {
                let free = self.accounts[who].is_none() && !self.gone[who];
                if free {
                    let (password, stamp) = (begun.next, self.key());
                    self.accounts[who] = Some(Account {
                        active: true,
                        barred: false,
                        role: Role::Author,
                        password,
                        stamp,
                        app: false,
                        proved: false,
                        link: None,
                        leaves: None,
                    });
                    self.enter(who, browser, false);
                }
                free
            }
            Slow::LogIn { who, browser, keep, right } => {
                let done = right && self.is_same(who, begun);
                if done && begun.app {
                    let (key, ends) = (self.key(), self.now + 15);
                    let stamp = begun.stamp.unwrap();
                    let pending = Pending { key, who, kept: keep, ends, stamp, tries: 5 };
                    self.pending[browser] = Some(pending);
                } else if done {
                    self.enter(who, browser, keep);
                }
                done
            }
            Slow::ChangePassword { browser, right } | Slow::Confirm { browser, right } => {
                let asking = begun.session.and_then(|key| self.sessions.get(&key)).cloned();
                let Some(Session { who, kept, .. }) = asking else { return false };
                let changes = matches!(slow, Slow::ChangePassword { .. });
                // An app's digits are asked for with the password, or were lately.
                let proved = !begun.app || if changes { begun.recent } else { !self.spent[who] };
                let done = right && proved && self.is_same(who, begun);
                if done && changes {
                    self.set_password(who, begun.next);
                }
                if done && begun.app && !changes {
                    self.spent[who] = true;
                }
                if done {
                    self.enter(who, browser, kept);
                }
                done
            }
            Slow::Reset { who } => {
                let done = self.is_same(who, begun) && self.now < begun.at + 15;
                if done {
                    let account = self.accounts[who].as_mut().unwrap();
                    // Of an address that was never proved, they may be anybody's.
                    account.app &= account.proved;
                    account.proved = true;
                    self.set_password(who, begun.next);
                }
                done
            }
        }
    }

    pub fn quick(&mut self, quick: &Quick) -> bool {
        match *quick {
            Quick::LogOut { browser } => {
                self.pending[browser] = None;
                if let Some(key) = self.browsers[browser].take() {
                    self.sessions.remove(&key);
                }
                true
            }
            Quick::EndSession { browser, of } => {
                let Some((_, asking)) = self.session(browser) else { return false };
                let Some((key, ended)) = self.session(of) else { return false };
                let done = self.now <= asking.proved + 10 && ended.who == asking.who;
                if done {
                    self.sessions.remove(&key);
                }
                done
            }
            Quick::EndOthers { browser } => {
                let Some((key, asking)) = self.session(browser) else { return false };
                let (who, done) = (asking.who, self.now <= asking.proved + 10);
                self.sessions.retain(|k, s| !done || *k == key || s.who != who);
                done
            }
            Quick::SetActive { who, active } => {
                let Some(account) = &mut self.accounts[who] else { return false };
                // What is so already changes nothing.
                if account.active != active || account.barred == active {
                    account.active = active;
                    account.barred = !active;
                    // Whoever is let in stays.
                    account.leaves = account.leaves.filter(|_| !active);
                    self.end_access(who);
                }
                true
            }
            Quick::SetRole { who, role } => {
                let Some(account) = &mut self.accounts[who] else { return false };
                if account.role != role {
                    account.role = role;
                    self.end_access(who);
                }
                true
            }
            Quick::Delete { who } => {
                self.end_access(who);
                let done = self.accounts[who].take().is_some();
                self.gone[who] |= done;
                done
            }
            Quick::Sweep => {
                for who in 0..self.accounts.len() {
                    let leaves = self.accounts[who].as_ref().and_then(|account| account.leaves);
                    if leaves.is_some_and(|(_, when)| when <= self.now) {
                        self.accounts[who] = None;
                        self.gone[who] = true;
                    }
                }
                true
            }
            Quick::Wait { minutes } => {
                self.now += minutes;
                true
            }
        }
    }
}
