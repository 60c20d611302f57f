//! What is expected: who has an account, which sessions live, and what each step does to them.

use byline::domain::role::Role;
use std::collections::HashMap;

use super::{Quick, Slow};

pub const DAY: u64 = 24 * 60;

/// A number that whoever holds up a request goes by: what it found may be another's by then.
pub type Key = usize;

#[derive(Clone, Debug)]
pub struct Account {
    active: bool,
    role: Role,
    /// The one that it has now.
    pub password: Key,
    /// Another one after whatever must end what began before.
    stamp: Key,
}

#[derive(Clone, Debug)]
struct Session {
    who: usize,
    kept: bool,
    began: u64,
    seen: u64,
    proved: u64,
}

/// Everybody and everything, in minutes since it began.
#[derive(Debug, Default)]
pub struct Model {
    now: u64,
    keys: Key,
    /// Whoever has one.
    pub accounts: [Option<Account>; 2],
    sessions: HashMap<Key, Session>,
    /// What each browser's cookie opens, or would if it were not over.
    browsers: [Option<Key>; 3],
}

/// What a request that hashes has found before it does.
#[derive(Debug)]
pub struct Begun {
    stamp: Option<Key>,
    session: Option<Key>,
    at: u64,
    /// The password that it would set.
    pub next: Key,
}

impl Model {
    fn key(&mut self) -> Key {
        self.keys += 1;
        self.keys
    }

    pub fn account(&self, who: usize) -> Option<&Account> {
        self.accounts[who].as_ref().filter(|account| account.active)
    }

    /// The session of a browser, if it is none that has ended.
    fn session(&self, browser: usize) -> Option<(Key, &Session)> {
        let key = self.browsers[browser]?;
        let session = self.sessions.get(&key)?;
        let (idle, absolute) = if session.kept { (30 * DAY, 90 * DAY) } else { (DAY / 2, 7 * DAY) };
        let lives = self.now < session.seen + idle && self.now < session.began + absolute;
        lives.then_some((key, session))
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

    fn enter(&mut self, who: usize, browser: usize, kept: bool) {
        if let Some(old) = self.browsers[browser] {
            self.sessions.remove(&old);
        }
        let (now, key) = (self.now, self.key());
        self.sessions.insert(key, Session { who, kept, began: now, seen: now, proved: now });
        self.browsers[browser] = Some(key);
    }

    /// What follows each change of an account.
    fn end_access(&mut self, who: usize) {
        let stamp = self.key();
        self.sessions.retain(|_, session| session.who != who);
        if let Some(account) = &mut self.accounts[who] {
            account.stamp = stamp;
        }
    }

    fn set_password(&mut self, who: usize, password: Key) {
        self.accounts[who].as_mut().unwrap().password = password;
        self.end_access(who);
    }

    pub fn begin(&mut self, slow: &Slow) -> Begun {
        let next = self.key();
        let session = match *slow {
            Slow::ChangePassword { browser, .. } | Slow::Confirm { browser, .. } => {
                self.session(browser).map(|(key, session)| (key, session.who))
            }
            _ => None,
        };
        let who = match *slow {
            Slow::Register { who, .. } | Slow::LogIn { who, .. } | Slow::Reset { who } => Some(who),
            _ => session.map(|(_, who)| who),
        };
        let account = who.and_then(|who| self.account(who));
        Begun {
            stamp: account.map(|account| account.stamp),
            session: session.map(|(key, _)| key),
            at: self.now,
            next,
        }
    }

    /// Ends what was begun; whether it does anything.
    pub fn finish(&mut self, slow: &Slow, begun: &Begun) -> bool {
        let same = |model: &Self, who: usize| {
            begun.stamp.is_some() && model.account(who).map(|account| account.stamp) == begun.stamp
        };
        match *slow {
            Slow::Register { who, browser } => {
                let free = self.accounts[who].is_none();
                if free {
                    let (password, stamp) = (begun.next, self.key());
                    self.accounts[who] =
                        Some(Account { active: true, role: Role::Author, password, stamp });
                    self.enter(who, browser, false);
                }
                free
            }
            Slow::LogIn { who, browser, keep, right } => {
                let done = right && same(self, who);
                if done {
                    self.enter(who, browser, keep);
                }
                done
            }
            Slow::ChangePassword { browser, right } | Slow::Confirm { browser, right } => {
                let asking = begun.session.and_then(|key| self.sessions.get(&key)).cloned();
                let Some(Session { who, kept, .. }) = asking else { return false };
                let done = right && same(self, who);
                if done && matches!(slow, Slow::ChangePassword { .. }) {
                    self.set_password(who, begun.next);
                }
                if done {
                    self.enter(who, browser, kept);
                }
                done
            }
            Slow::Reset { who } => {
                let done = same(self, who) && self.now < begun.at + 15;
                if done {
                    self.set_password(who, begun.next);
                }
                done
            }
        }
    }

    pub fn quick(&mut self, quick: &Quick) -> bool {
        match *quick {
            Quick::LogOut { browser } => {
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
                if account.active != active {
                    account.active = active;
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
                self.accounts[who].take().is_some()
            }
            Quick::Wait { minutes } => {
                self.now += minutes;
                true
            }
        }
    }
}
