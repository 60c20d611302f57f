//! What whoever runs the site did to accounts: written down in the transaction of the deed, for
//! administrators to read.

use std::time::Duration;

use sqlx::FromRow;
use uuid::Uuid;

use super::{
    attempts::prefix,
    auth::Client,
    clock::Timestamp,
    db::{Db, Tx, reading, within, writing},
    sessions::device,
    users::User,
};
use crate::domain::{
    administration::{Action, Deed, Log, Reason},
    page::Cut,
};

/// A year: whoever asks why an account was shut out asks within that.
const KEPT: Duration = Duration::from_secs(365 * 24 * 3600);

/// Entries on a page of the log, and on a person's.
const PER_PAGE: u32 = 20;

/// For so long an entry is the answer to what the administrator has just done.
const FRESH: Duration = Duration::from_secs(60);

/// Who does something to an account, why and when.
#[derive(Clone)]
pub struct By<'a> {
    /// The administrator and their browser; nobody on the command line.
    pub who: Option<(&'a User, &'a Client)>,
    /// Why.
    pub reason: Reason,
    /// When.
    pub now: Timestamp,
}

impl By<'_> {
    /// Whoever has the machine.
    pub fn command_line(now: Timestamp) -> Self {
        Self { who: None, reason: Reason::default(), now }
    }
}

/// Writes down what was done to the account of that key and name.
///
/// # Errors
/// When the database cannot be written.
pub async fn write(
    tx: &mut Tx,
    by: &By<'_>,
    (subject, name): (Uuid, &str),
    action: Action,
    detail: &str,
) -> sqlx::Result<()> {
    const WRITE: &str = "insert into audit_log (id, actor_id, actor_name, subject_id, subject_name, action, detail, \
         reason, created_at, address_prefix, user_agent) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    within!(tx, |c| {
        sqlx::query(WRITE)
            .bind(Uuid::now_v7())
            .bind(by.who.map(|(user, _)| user.id))
            .bind(by.who.map(|(user, _)| &user.username))
            .bind(subject)
            .bind(name)
            .bind(action.name())
            .bind(detail)
            .bind(by.reason.as_str())
            .bind(by.now)
            .bind(by.who.map(|(_, client)| prefix(client.address)))
            .bind(by.who.map(|(_, client)| &client.user_agent))
            .execute(c)
            .await
            .map(|_| ())
    })
}

#[derive(FromRow)]
struct Row {
    action: String,
    detail: String,
    subject_name: String,
    now_called: Option<String>,
    actor_name: Option<String>,
    reason: String,
    created_at: Timestamp,
    address_prefix: Option<String>,
    user_agent: Option<String>,
}

impl Row {
    /// As a page shows it; `None` for what a newer version wrote down.
    fn into_deed(self, now: Timestamp) -> Option<Deed> {
        Some(Deed {
            action: Action::from_name(&self.action)?,
            detail: self.detail,
            on: self.subject_name,
            now_called: self.now_called,
            by: self.actor_name,
            reason: self.reason,
            when: self.created_at.to_minute(),
            network: self.address_prefix,
            device: self.user_agent.map(|user_agent| device::in_words(&user_agent)),
            fresh: now < self.created_at.after(FRESH),
        })
    }
}

/// What a [`Row`] is read from, and which of them.
macro_rules! select_deeds {
    ($which:literal) => {
        concat!(
            "select a.action, a.detail, a.subject_name, u.username as now_called, a.actor_name, \
             a.reason, a.created_at, a.address_prefix, a.user_agent \
             from audit_log a left join users u on u.id = a.subject_id ",
            $which
        )
    };
}

/// One page of all that was done, the last first.
///
/// # Errors
/// When the database cannot be read.
pub async fn list(db: &Db, page: u32, now: Timestamp) -> sqlx::Result<Log> {
    const LIST: &str = select_deeds!("order by a.created_at desc, a.id desc limit $1 offset $2");
    let cut = Cut::new(page, PER_PAGE);
    let mut rows: Vec<Row> = reading!(db, |pool| {
        sqlx::query_as(LIST).bind(cut.read()).bind(cut.past()).fetch_all(pool).await
    })?;
    let more = cut.trim(&mut rows);
    let deeds = rows.into_iter().filter_map(|row| row.into_deed(now)).collect();
    Ok(Log { deeds, page: cut.page, more })
}

/// What was done to one account lately, the last first.
///
/// # Errors
/// When the database cannot be read.
pub async fn about(db: &Db, subject: Uuid, now: Timestamp) -> sqlx::Result<Vec<Deed>> {
    const ABOUT: &str =
        select_deeds!("where a.subject_id = $1 order by a.created_at desc, a.id desc limit $2");
    let rows: Vec<Row> = reading!(db, |pool| {
        sqlx::query_as(ABOUT).bind(subject).bind(i64::from(PER_PAGE)).fetch_all(pool).await
    })?;
    Ok(rows.into_iter().filter_map(|row| row.into_deed(now)).collect())
}

/// Throws away what was done too long ago.
///
/// # Errors
/// When the database cannot be written.
pub async fn forget_old(db: &Db, now: Timestamp) -> sqlx::Result<()> {
    const FORGET: &str = "delete from audit_log where created_at <= $1";
    writing!(db, |pool| {
        sqlx::query(FORGET).bind(now.before(KEPT)).execute(pool).await.map(|_| ())
    })
}
