//! The life of an account as a state machine: two people and three browsers do whatever they
//! can, in any order, with requests held open across what happens next. A model of it says
//! after each step who each browser may act as, and every browser is asked.
//!
//! A failure prints the shortest sequence that proptest finds, and the seed; with
//! `PROPTEST_RNG_SEED` set to it the same sequences come again. What was found once stands
//! among the tests at the end.

mod model;
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
    Quick(Quick),
    /// The first hashes a password, and is held up there while the second happens.
    Meanwhile(Slow, Quick),
    /// Somebody saves an article, and half of the request is not sent before that happens.
    WhileSaving(usize, Quick),
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

/// What does not.
#[derive(Clone, Debug)]
enum Quick {
    LogOut { browser: usize },
    EndSession { browser: usize, of: usize },
    EndOthers { browser: usize },
    SetActive { who: usize, active: bool },
    SetRole { who: usize, role: Role },
    Delete { who: usize },
    Wait { minutes: u64 },
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
        1 => (who.clone(), prop::sample::select(&Role::ALL[..]))
            .prop_map(|(who, role)| Quick::SetRole { who, role }),
        1 => who.prop_map(|who| Quick::Delete { who }),
        3 => minutes.prop_map(|minutes| Quick::Wait { minutes }),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => slow().prop_map(Step::Slow),
        2 => quick().prop_map(Step::Quick),
        3 => (slow(), quick()).prop_map(|(slow, quick)| Step::Meanwhile(slow, quick)),
        1 => (0..3_usize, quick()).prop_map(|(browser, quick)| Step::WhileSaving(browser, quick)),
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
    const WAIT: Quick = Quick::Wait { minutes: 8 * DAY };
    let born = || Step::Slow(Slow::Register { who: 0, browser: 0 });
    let log_in = |browser, keep| Slow::LogIn { who: 0, browser, keep, right: true };
    let confirm = Slow::Confirm { browser: 0, right: true };
    let change = Slow::ChangePassword { browser: 0, right: true };
    let (out, shut) = (Quick::LogOut { browser: 0 }, Quick::SetActive { who: 0, active: false });
    let role = Quick::SetRole { who: 0, role: Role::Editor };
    let ended = |by| Quick::EndSession { browser: by, of: 0 };
    let mut lives = Vec::new();
    for slow in [log_in(0, true), log_in(1, false), confirm, change, Slow::Reset { who: 0 }] {
        for quick in [&out, &shut, &role, &ended(0), &Quick::Delete { who: 0 }, &WAIT] {
            lives.push(vec![born(), Step::Meanwhile(slow.clone(), quick.clone())]);
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
    lives
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
