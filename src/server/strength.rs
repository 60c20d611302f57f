//! What protects an account, and what would help most: facts that the server knows, in words. No
//! number is made of them, as nobody could say what it means.

use std::time::Duration;

use sqlx::FromRow;
use uuid::Uuid;

use super::{
    clock::Timestamp,
    db::{Db, reading},
    security_log::KEPT,
};
use crate::domain::security::{Factors, Protection, Step};

/// A browser that was not used for so long may be on a device that is somebody else's by now.
const LONG: Duration = Duration::from_secs(30 * 24 * 3600);

/// What is looked for when one asks whether somebody has the password.
const LATELY: Duration = Duration::from_secs(7 * 24 * 3600);

/// What is known of an account.
struct Facts {
    of_account: OfAccount,
    factors: Factors,
    now: Timestamp,
}

#[derive(FromRow)]
struct OfAccount {
    created_at: Timestamp,
    /// When its owner proved that the address is theirs.
    confirmed_at: Option<Timestamp>,
    /// As far as it is still known.
    password_changed_at: Option<Timestamp>,
    /// In how many browsers somebody is logged in.
    sessions: i64,
    /// Of them those that were not used for [`LONG`].
    unused: i64,
    /// When somebody last had the password and not the second factor, if that was lately.
    half_logged_in_at: Option<Timestamp>,
}

/// One thing that is looked at: what there is to say, whether it is as it should be, and what
/// would mend it where anything would.
struct Check {
    text: String,
    good: bool,
    step: Option<Step>,
}

/// All that is looked at, what matters most first: the first that can be mended is the next best
/// step. Whoever adds something that protects accounts adds a line.
const CHECKS: [fn(&Facts) -> Option<Check>; 6] =
    [password_known, second_factor, recovery_codes, address, sessions, password];

/// Looks at an account.
///
/// # Errors
/// When the database cannot be read.
pub async fn of(db: &Db, user: Uuid, factors: Factors, now: Timestamp) -> sqlx::Result<Protection> {
    const FACTS: &str = "select created_at, confirmed_at, \
         (select max(created_at) from security_events where user_id = users.id and kind = 'password_changed') \
         as password_changed_at, \
         (select count(*) from sessions where user_id = users.id and ends_at > $2) as sessions, \
         (select count(*) from sessions where user_id = users.id and ends_at > $2 and last_seen_at <= $3) as unused, \
         (select max(created_at) from security_events where user_id = users.id and kind = 'second_step_failed' \
         and created_at > $4) as half_logged_in_at from users where id = $1";
    let of_account = reading!(db, |pool| {
        sqlx::query_as(FACTS)
            .bind(user)
            .bind(now)
            .bind(now.before(LONG))
            .bind(now.before(LATELY))
            .fetch_one(pool)
            .await
    })?;
    let facts = Facts { of_account, factors, now };
    let mut protection = Protection::default();
    for check in CHECKS.iter().filter_map(|check| check(&facts)) {
        protection.facts.push((check.text, check.good));
        protection.next = protection.next.or(check.step);
    }
    Ok(protection)
}

fn step(label: &str, to: &str) -> Option<Step> {
    Some(Step { label: label.into(), to: to.into() })
}

/// Somebody came as far as the second step, and the password has not changed since.
fn password_known(facts: &Facts) -> Option<Check> {
    let at = facts.of_account.half_logged_in_at?;
    if facts.of_account.password_changed_at.is_some_and(|changed| changed > at) {
        return None;
    }
    Some(Check {
        text: format!(
            "On {} somebody gave the right password and no second factor. If it was not you, somebody knows it.",
            at.to_minute().text
        ),
        good: false,
        step: step("Change the password", "/settings/security#password-section"),
    })
}

fn second_factor(facts: &Facts) -> Option<Check> {
    let good = facts.factors.any();
    let text = if good {
        "A second factor is asked for: the password alone opens nothing."
    } else {
        "There is no second factor: whoever has the password is in."
    };
    let step = step("Set up a second factor", "/settings/security/second-factor");
    Some(Check { text: text.into(), good, step: step.filter(|_| !good) })
}

/// For the day on which the second factor is lost.
fn recovery_codes(facts: &Facts) -> Option<Check> {
    if !facts.factors.any() {
        return None;
    }
    let left = facts.factors.recovery_codes;
    let good = left > Factors::FEW;
    let text = match left {
        0 => "No recovery code is left: without the second factor you cannot log in.".into(),
        1 => "One recovery code is left.".into(),
        n => format!("{n} recovery codes are left."),
    };
    let step = step("Make new recovery codes", "/settings/security/second-factor");
    Some(Check { text, good, step: step.filter(|_| !good) })
}

/// Whoever forgets the password needs the mailbox.
fn address(facts: &Facts) -> Option<Check> {
    let text = match facts.of_account.confirmed_at {
        Some(at) => format!("You proved on {} that the e-mail address is yours.", at.to_when().text),
        None => "Nobody has proved that the e-mail address is yours: if it is mistyped, a forgotten password is lost; and whoever reads mail there can set a new one and switch your second factor off.".into(),
    };
    let good = facts.of_account.confirmed_at.is_some();
    let step = step("Prove the address", "/settings/account").filter(|_| !good);
    Some(Check { text, good, step })
}

fn sessions(facts: &Facts) -> Option<Check> {
    let (all, unused) = (facts.of_account.sessions, facts.of_account.unused);
    let text = match (all, unused) {
        (..=1, _) => "You are logged in here and nowhere else.".into(),
        (n, 0) => format!("You are logged in in {n} browsers, all of them used within 30 days."),
        (n, 1) => format!("You are logged in in {n} browsers, one of them not used for 30 days."),
        (n, m) => format!("You are logged in in {n} browsers, {m} of them not used for 30 days."),
    };
    let good = all <= 1 || unused == 0;
    let step = step("End what you do not use", "/settings/security#sessions");
    Some(Check { text, good, step: step.filter(|_| !good) })
}

/// Old is not bad: a password that nobody knows need not be changed (NIST SP 800-63B, 3.1.1.2).
fn password(facts: &Facts) -> Option<Check> {
    let OfAccount { created_at, password_changed_at, .. } = &facts.of_account;
    let text = match password_changed_at {
        Some(at) => format!("The password was changed on {}.", at.to_when().text),
        None if *created_at > facts.now.before(KEPT) => format!(
            "The password is the one that the account began with, on {}. That is fine if you use it nowhere else.",
            created_at.to_when().text
        ),
        None => format!(
            "The password was not changed in the last 90 days; the account is from {}. That is fine if you use it nowhere else.",
            created_at.to_when().text
        ),
    };
    Some(Check { text, good: true, step: None })
}
