//! What is expected of whatever hashes no password and is sent by halves.

use super::{
    Sent,
    model::{Account, Begun, DAY, Key, Model},
};

/// How long an account that was left can be taken back, and a link to an address be used.
const FORTNIGHT: u64 = 14 * DAY;
const HOUR: u64 = 60;

/// What becomes of the sessions of an account that was changed.
enum After {
    Same,
    /// All end, and this browser gets another one.
    GoesOn,
    /// All end.
    Out,
}

impl Sent {
    /// Who it is about, or which browser says that.
    fn about(&self) -> (Option<usize>, Option<usize>) {
        match *self {
            Sent::TakeBack { who } => (Some(who), None),
            Sent::FinishLogIn { browser, .. }
            | Sent::AddApp { browser }
            | Sent::RemoveApp { browser }
            | Sent::AskForAddress { browser }
            | Sent::TakeAddress { browser }
            | Sent::Leave { browser } => (None, Some(browser)),
        }
    }
}

impl Model {
    pub fn begin_sent(&mut self, sent: &Sent) -> Begun {
        let (who, browser) = sent.about();
        self.begun(who, browser)
    }

    /// Ends what was begun; whether it does anything.
    pub fn finish_sent(&mut self, sent: &Sent, begun: &Begun) -> bool {
        match *sent {
            Sent::FinishLogIn { browser, right } => self.finish_log_in(browser, right, begun),
            Sent::TakeBack { who } => self.take_back(who, begun),
            Sent::AddApp { browser } => {
                // Its digits are those of the moment when they were typed.
                let shown = begun.recent && begun.at == self.now;
                self.change(browser, begun, shown, After::GoesOn, |account| account.app = true)
            }
            Sent::RemoveApp { browser } => {
                let may = begun.app && self.is_still_recent(begun);
                self.change(browser, begun, may, After::GoesOn, |account| account.app = false)
            }
            Sent::AskForAddress { browser } => {
                let (may, link) = (self.is_still_recent(begun), (begun.next, self.now + HOUR));
                self.change(browser, begun, may, After::Same, |account| account.link = Some(link))
            }
            Sent::TakeAddress { browser } => {
                let link = begun.who.and_then(|who| self.account(who)).and_then(|a| a.link);
                let good = |(key, ends): (Key, u64)| begun.link == Some(key) && self.now < ends;
                let may = link.is_some_and(good) && self.is_still_recent(begun);
                self.change(browser, begun, may, After::GoesOn, |account| account.proved = true)
            }
            Sent::Leave { browser } => {
                let (may, leaves) =
                    (self.is_still_recent(begun), (begun.next, self.now + FORTNIGHT));
                self.change(browser, begun, may, After::Out, |account| {
                    account.active = false;
                    account.leaves = Some(leaves);
                })
            }
        }
    }

    /// Whether the session that asks is there, and has proved lately whose it is.
    fn is_still_recent(&self, begun: &Begun) -> bool {
        begun.session.is_some_and(|key| self.is_recent(key))
    }

    /// Changes the account of whoever asks, unless it or the session has changed since.
    fn change(
        &mut self,
        browser: usize,
        begun: &Begun,
        may: bool,
        after: After,
        change: impl FnOnce(&mut Account),
    ) -> bool {
        let asking = begun.session.and_then(|key| self.sessions.get(&key)).cloned();
        let (Some(asking), Some(who)) = (asking, begun.who) else { return false };
        if !may || !self.is_same(who, begun) {
            return false;
        }
        change(self.accounts[who].as_mut().unwrap());
        match after {
            After::Same => {}
            After::GoesOn => {
                self.end_access(who);
                self.enter(who, browser, asking.kept);
            }
            After::Out => {
                self.end_access(who);
                self.browsers[browser] = None;
            }
        }
        true
    }

    fn finish_log_in(&mut self, browser: usize, right: bool, begun: &Begun) -> bool {
        let now = self.now;
        let pending = self.pending(browser).filter(|pending| begun.pending == Some(pending.key));
        let Some(pending) = pending.cloned() else { return false };
        if right && now == begun.at && !self.spent[pending.who] {
            self.spent[pending.who] = true;
            self.pending[browser] = None;
            self.enter(pending.who, browser, pending.kept);
            return true;
        }
        self.pending[browser].as_mut().unwrap().tries -= 1;
        false
    }

    fn take_back(&mut self, who: usize, begun: &Begun) -> bool {
        let now = self.now;
        let Some(account) = &mut self.accounts[who] else { return false };
        let good = |(key, ends): (Key, u64)| begun.back == Some(key) && now < ends;
        let done = !account.barred && account.leaves.is_some_and(good);
        if done {
            account.active = true;
            account.leaves = None;
            self.end_access(who);
        }
        done
    }
}
