//! The life of an account as a state machine: two people and three browsers do whatever they
//! can, in any order, with requests held open across what happens next. They log in, by an app
//! too, change what opens their accounts, leave and come back. A model of it says after each step
//! who each browser may act as, and every browser is asked.
//!
//! A failure prints the shortest sequence that proptest finds, and the seed; with
//! `PROPTEST_RNG_SEED` set to it the same sequences come again. What was found once stands
//! among the tests at the end.

mod model;
mod sent;
mod site;

use byline::domain::role::Role;
use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, RngSeed, TestRunner},
};

use self::{model::DAY, site::Life};
use crate::support::{Engine, HeldArgon2};

/// How many lives on each engine, and how many steps each is long.
const LIVES: u32 = 6;
const STEPS: usize = 24;

/// What somebody does: people are numbered, and so are browsers.
#[derive(Clone, Debug)]
enum Step {
    Slow(Slow),
    Brief(Brief),
    /// The first hashes a password, and is held up there while the second happens.
    Meanwhile(Slow, Brief),
    /// Somebody saves an article, and half of the request is not sent before that happens.
    WhileSaving(usize, Brief),
    /// The same with what changes an account, or leads into it.
    WhileSending(Sent, Brief),
}

/// What hashes no password.
#[derive(Clone, Debug)]
enum Brief {
    Sent(Sent),
    Quick(Quick),
}

/// What hashes a password.
#[derive(Clone, Debug)]
enum Slow {
    Register { who: usize, browser: usize },
    LogIn { who: usize, browser: usize, keep: bool, right: bool },
    ChangePassword { browser: usize, right: bool },
    Confirm { browser: usize, right: bool },
    Reset { who: usize },
}

/// What is sent by somebody who is logged in or on the way there, or has a link; and may be sent
/// by halves.
#[derive(Clone, Debug)]
enum Sent {
    /// The second step of a log-in, with what the person's app shows or with something else.
    FinishLogIn {
        browser: usize,
        right: bool,
    },
    /// Sets an app up, in place of the one that there may be; what is sent is its digits.
    AddApp {
        browser: usize,
    },
    RemoveApp {
        browser: usize,
    },
    /// Has a link mailed to another address.
    AskForAddress {
        browser: usize,
    },
    /// Uses the last such link of whoever is in that browser.
    TakeAddress {
        browser: usize,
    },
    /// Deletes the account.
    Leave {
        browser: usize,
    },
    /// Undoes that, by the last link that was mailed.
    TakeBack {
        who: usize,
    },
}

/// What happens at once.
#[derive(Clone, Debug)]
enum Quick {
    LogOut {
        browser: usize,
    },
    EndSession {
        browser: usize,
        of: usize,
    },
    EndOthers {
        browser: usize,
    },
    SetActive {
        who: usize,
        active: bool,
    },
    SetRole {
        who: usize,
        role: Role,
    },
    Delete {
        who: usize,
    },
    /// What was left long enough ago is deleted for good.
    Sweep,
    Wait {
        minutes: u64,
    },
}

fn slow() -> impl Strategy<Value = Slow> {
    let (who, browser) = (0..2_usize, 0..3_usize);
    prop_oneof![
        2 => (who.clone(), browser.clone()).prop_map(|(who, browser)| Slow::Register { who, browser }),
        4 => (who.clone(), browser.clone(), any::<bool>(), prop::bool::weighted(0.9)).prop_map(
            |(who, browser, keep, right)| Slow::LogIn { who, browser, keep, right }),
        2 => (browser.clone(), prop::bool::weighted(0.9))
            .prop_map(|(browser, right)| Slow::ChangePassword { browser, right }),
        2 => (browser, prop::bool::weighted(0.9))
            .prop_map(|(browser, right)| Slow::Confirm { browser, right }),
        2 => who.prop_map(|who| Slow::Reset { who }),
    ]
}

fn sent() -> impl Strategy<Value = Sent> {
    let (who, browser) = (0..2_usize, 0..3_usize);
    prop_oneof![
        4 => (browser.clone(), prop::bool::weighted(0.9))
            .prop_map(|(browser, right)| Sent::FinishLogIn { browser, right }),
        2 => browser.clone().prop_map(|browser| Sent::AddApp { browser }),
        1 => browser.clone().prop_map(|browser| Sent::RemoveApp { browser }),
        2 => browser.clone().prop_map(|browser| Sent::AskForAddress { browser }),
        2 => browser.clone().prop_map(|browser| Sent::TakeAddress { browser }),
        1 => browser.prop_map(|browser| Sent::Leave { browser }),
        1 => who.prop_map(|who| Sent::TakeBack { who }),
    ]
}

fn quick() -> impl Strategy<Value = Quick> {
    let (who, browser) = (0..2_usize, 0..3_usize);
    // Nothing that adds up to the end of a session or of a proof.
    let minutes = prop::sample::select(vec![
        4,
        11,
        7 * 60 + 13,
        13 * 60,
        3 * DAY + 7,
        20 * DAY + 67,
        40 * DAY,
    ]);
    prop_oneof![
        2 => browser.clone().prop_map(|browser| Quick::LogOut { browser }),
        3 => (browser.clone(), browser.clone())
            .prop_map(|(browser, of)| Quick::EndSession { browser, of }),
        2 => browser.prop_map(|browser| Quick::EndOthers { browser }),
        2 => (who.clone(), any::<bool>()).prop_map(|(who, active)| Quick::SetActive { who, active }),
        1 => (who.clone(), prop::sample::select(&[Role::Reader, Role::Author, Role::Editor][..]))
            .prop_map(|(who, role)| Quick::SetRole { who, role }),
        1 => who.prop_map(|who| Quick::Delete { who }),
        1 => Just(Quick::Sweep),
        3 => minutes.prop_map(|minutes| Quick::Wait { minutes }),
    ]
}

fn brief() -> impl Strategy<Value = Brief> {
    prop_oneof![2 => sent().prop_map(Brief::Sent), 3 => quick().prop_map(Brief::Quick)]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => slow().prop_map(Step::Slow),
        4 => brief().prop_map(Step::Brief),
        3 => (slow(), brief()).prop_map(|(slow, brief)| Step::Meanwhile(slow, brief)),
        1 => (0..3_usize, brief()).prop_map(|(browser, brief)| Step::WhileSaving(browser, brief)),
        2 => (sent(), brief()).prop_map(|(sent, brief)| Step::WhileSending(sent, brief)),
    ]
}

fn any_life(engine: Engine) {
    let asked = Config::default();
    let seed = match asked.rng_seed {
        RngSeed::Fixed(seed) => seed,
        RngSeed::Random => {
            u64::from_le_bytes(uuid::Uuid::new_v4().as_bytes()[..8].try_into().unwrap())
        }
    };
    let config = Config {
        cases: LIVES,
        rng_seed: RngSeed::Fixed(seed),
        failure_persistence: None,
        // Each is a life, which takes a second or two.
        max_shrink_iters: 40,
        ..asked
    };
    let lives = vec(step(), STEPS);
    let lived = TestRunner::new(config).run(&lives, |steps| {
        HeldArgon2::run(Life::live(engine, &steps));
        Ok(())
    });
    if let Err(failure) = lived {
        panic!("PROPTEST_RNG_SEED={seed}: {failure}");
    }
}

#[test]
fn nobody_ever_acts_as_somebody_they_are_not_on_sqlite() {
    any_life(Engine::Sqlite);
}

#[test]
fn nobody_ever_acts_as_somebody_they_are_not_on_postgres() {
    any_life(Engine::Postgres);
}

/// What other systems did wrong, each in as many steps as it takes.
fn short_lives() -> Vec<Vec<Step>> {
    const WAIT: Brief = Brief::Quick(Quick::Wait { minutes: 8 * DAY });
    let born = || Step::Slow(Slow::Register { who: 0, browser: 0 });
    let log_in = |browser, keep| Slow::LogIn { who: 0, browser, keep, right: true };
    let confirm = Slow::Confirm { browser: 0, right: true };
    let change = Slow::ChangePassword { browser: 0, right: true };
    let out = Brief::Quick(Quick::LogOut { browser: 0 });
    let shut = Brief::Quick(Quick::SetActive { who: 0, active: false });
    let role = Brief::Quick(Quick::SetRole { who: 0, role: Role::Editor });
    let ended = |by| Brief::Quick(Quick::EndSession { browser: by, of: 0 });
    let delete = Brief::Quick(Quick::Delete { who: 0 });
    let mut lives = Vec::new();
    for slow in [log_in(0, true), log_in(1, false), confirm, change, Slow::Reset { who: 0 }] {
        for brief in [&out, &shut, &role, &ended(0), &delete, &WAIT] {
            lives.push(vec![born(), Step::Meanwhile(slow.clone(), brief.clone())]);
        }
        // Ended from the browser beside it.
        let beside = [Step::Slow(log_in(1, false)), Step::Meanwhile(slow, ended(1))];
        lives.push([&[born()][..], &beside].concat());
    }
    lives.push(vec![born(), Step::WhileSaving(0, out)]);
    lives.push(vec![born(), Step::WhileSaving(0, shut)]);
    // Another person logs in where somebody still is.
    let other = Slow::Register { who: 1, browser: 0 };
    lives.push(vec![born(), Step::Slow(other), Step::Slow(log_in(0, false))]);
    lives.push(changes_cut_short());
    lives
}

/// One life in which everything that changes what opens an account is sent by halves, and the
/// session or the account ends before its second half.
fn changes_cut_short() -> Vec<Step> {
    const BROWSER: usize = 0;
    const FINISH: Sent = Sent::FinishLogIn { browser: BROWSER, right: true };
    const ASK: Sent = Sent::AskForAddress { browser: BROWSER };
    const ADD: Sent = Sent::AddApp { browser: BROWSER };
    const LEAVE: Sent = Sent::Leave { browser: BROWSER };
    let sent = |sent: &Sent| Step::Brief(Brief::Sent(sent.clone()));
    let quick = |quick| Step::Brief(Brief::Quick(quick));
    let log_in = Slow::LogIn { who: 0, browser: BROWSER, keep: false, right: true };
    let set_active = |active| Quick::SetActive { who: 0, active };
    let set_role = |role| Quick::SetRole { who: 0, role };
    let mut life = vec![Step::Slow(Slow::Register { who: 0, browser: BROWSER })];
    for (before, cut) in [
        (&[FINISH][..], ASK),
        (&[FINISH, ASK], Sent::TakeAddress { browser: BROWSER }),
        (&[FINISH], ADD),
        (&[FINISH, ADD], Sent::RemoveApp { browser: BROWSER }),
        (&[], FINISH),
        (&[FINISH], LEAVE),
        (&[FINISH, LEAVE], Sent::TakeBack { who: 0 }),
    ] {
        for end in [
            Brief::Quick(Quick::LogOut { browser: BROWSER }),
            Brief::Quick(set_role(Role::Editor)),
            Brief::Quick(set_active(false)),
            Brief::Sent(ADD),
            Brief::Sent(LEAVE),
            Brief::Quick(Quick::Wait { minutes: 8 * DAY }),
            // What touches nothing of it.
            Brief::Quick(Quick::Sweep),
        ] {
            life.extend([quick(set_active(true)), quick(set_role(Role::Author))]);
            life.push(Step::Slow(log_in.clone()));
            life.extend(before.iter().map(sent));
            life.push(Step::WhileSending(cut.clone(), end));
        }
    }
    life
}

fn each_short_life(engine: Engine) {
    HeldArgon2::run(async move {
        for life in short_lives() {
            Life::live(engine, &life).await;
        }
    });
}

#[test]
fn what_ended_amid_a_request_stays_ended_on_sqlite() {
    each_short_life(Engine::Sqlite);
}

#[test]
fn what_ended_amid_a_request_stays_ended_on_postgres() {
    each_short_life(Engine::Postgres);
}
