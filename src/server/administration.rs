//! What is done to accounts by whoever runs the site: an administrator on the pages under
//! `/admin`, or whoever has the machine on the command line. [`people`] is what they see.
//!
//! Each deed is one transaction: the change, the end of the account's sessions, an entry in the
//! audit log, one in the person's own log, and the notice that is mailed to them.

pub mod people;

use sqlx::FromRow;
use uuid::Uuid;

use super::{
    articles::leaving as articles,
    audit::{self, By},
    auth::Client,
    clock::Timestamp,
    db::{Db, Tx, within},
    failure::Failure,
    leaving,
    mail::{letters::Letter, outbox},
    security_log,
    users::{self, User},
};
use crate::{
    domain::{
        administration::{Action, Reason},
        field::{Field, Problem, has_controls},
        role::{Permission, Role},
        security::EventKind,
    },
    error::{Error, Problems},
};

/// The account that something is done to, held until the transaction ends.
#[derive(FromRow)]
pub(super) struct Subject {
    pub(super) id: Uuid,
    pub(super) username: String,
    pub(super) email: String,
    active: bool,
    barred: bool,
    /// Role names, separated by commas.
    roles: String,
}

/// An administrator who acts, with their reason as it was typed.
///
/// # Errors
/// [`Error::Invalid`].
pub fn by<'a>(
    administrator: &'a User,
    client: &'a Client,
    reason: &str,
    now: Timestamp,
) -> Result<By<'a>, Error> {
    let mut problems = Problems::default();
    let reason = problems.check(Field::Reason, Reason::parse(reason));
    let reason = reason.ok_or_else(|| problems.into_error())?;
    Ok(By { who: Some((administrator, client)), reason, now })
}

/// Where an administrator goes on who did something to the account of that name: whoever ended
/// their own sessions is logged out.
pub fn goes_on_at(administrator: &User, name: &str) -> String {
    if administrator.username == name { "/login".into() } else { page_of(name) }
}

/// The address of the page about the account of that name.
pub fn page_of(name: &str) -> String {
    format!("/admin/people/{name}")
}

/// Gives an account one role in place of those it has; its sessions end. `sure` is wanted of
/// administrators who do it to themselves. Gives the account's name.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::LastAdministrator`]; [`Error::Invalid`] without `sure`;
/// [`Error::Unauthenticated`] when whoever does it lost the right meanwhile.
pub async fn set_role(
    db: &Db,
    by: &By<'_>,
    username: &str,
    role: Role,
    sure: bool,
) -> Result<String, Failure> {
    let mut tx = db.begin().await?;
    let subject = hold(&mut tx, by, username).await?;
    subject.is_somebody_else_or(by, sure)?;
    if subject.roles == role.name() {
        return Ok(subject.username);
    }
    if !role.may(Permission::Administer) {
        subject.is_not_the_last_administrator(&mut tx).await?;
    }
    users::replace_roles(&mut tx, subject.id, role).await?;
    users::shut_out(&mut tx, subject.id).await?;
    let detail = format!("{} to {}", subject.roles.replace(',', ", "), role.name());
    let on = (subject.id, subject.username.as_str());
    audit::write(&mut tx, by, on, Action::RoleChanged, &detail).await?;
    security_log::write(&mut tx, subject.id, EventKind::RoleChanged, None, by.now).await?;
    let (user, email) = (subject.id, subject.email);
    outbox::put(&mut tx, &Letter::RoleChanged { user, email, role }, by.now).await?;
    tx.commit().await?;
    tracing::info!(event = "role_changed", %user, by = who(by), role = role.name());
    Ok(subject.username)
}

/// Lets an account log in, or no longer; either way its sessions end. `sure` as in
/// [`set_role`]. Gives the account's name.
///
/// # Errors
/// As [`set_role`].
pub async fn set_active(
    db: &Db,
    by: &By<'_>,
    username: &str,
    active: bool,
    sure: bool,
) -> Result<String, Failure> {
    const SET: &str = "update users set active = $2, barred = not $2 where id = $1";
    let mut tx = db.begin().await?;
    let subject = hold(&mut tx, by, username).await?;
    subject.is_somebody_else_or(by, sure)?;
    // One that its owner has closed is not active, and can be taken back as long as it is not
    // barred.
    if subject.active == active && subject.barred != active {
        return Ok(subject.username);
    }
    if !active {
        subject.is_not_the_last_administrator(&mut tx).await?;
    }
    within!(&mut tx, |c| sqlx::query(SET)
        .bind(subject.id)
        .bind(active)
        .execute(c)
        .await
        .map(|_| ()))?;
    users::shut_out(&mut tx, subject.id).await?;
    if active {
        // Whoever is let in stays.
        leaving::cancel(&mut tx, subject.id).await?;
    } else {
        articles::unschedule(&mut tx, subject.id, by.now).await?;
    }
    let (action, kind) = if active {
        (Action::Activated, EventKind::Activated)
    } else {
        (Action::Deactivated, EventKind::Deactivated)
    };
    audit::write(&mut tx, by, (subject.id, &subject.username), action, "").await?;
    security_log::write(&mut tx, subject.id, kind, None, by.now).await?;
    let (user, email) = (subject.id, subject.email);
    outbox::put(&mut tx, &Letter::ActiveChanged { user, email, active }, by.now).await?;
    tx.commit().await?;
    tracing::info!(event = "active_changed", %user, by = who(by), active);
    Ok(subject.username)
}

/// Ends all sessions of an account, log-ins that are under way, and the links that were mailed
/// for it. `sure` as in [`set_role`]. Gives the account's name.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Invalid`] without `sure`; [`Error::Unauthenticated`] when
/// whoever does it lost the right meanwhile.
pub async fn end_sessions(
    db: &Db,
    by: &By<'_>,
    username: &str,
    sure: bool,
) -> Result<String, Failure> {
    let mut tx = db.begin().await?;
    let subject = hold(&mut tx, by, username).await?;
    subject.is_somebody_else_or(by, sure)?;
    users::shut_out(&mut tx, subject.id).await?;
    let on = (subject.id, subject.username.as_str());
    audit::write(&mut tx, by, on, Action::SessionsEnded, "").await?;
    security_log::write(&mut tx, subject.id, EventKind::SessionsEnded, None, by.now).await?;
    tx.commit().await?;
    tracing::info!(event = "sessions_ended", user = %subject.id, by = who(by));
    Ok(subject.username)
}

/// Mails the link to set a new password, as if its owner had asked for it: nobody else sees it,
/// and the password that they have stays until they use it. Gives the account's name.
///
/// # Errors
/// [`Error::NotFound`], also for an account that is deactivated; [`Error::Unauthenticated`] when
/// whoever does it lost the right meanwhile.
pub async fn mail_reset(db: &Db, by: &By<'_>, username: &str) -> Result<String, Failure> {
    let mut tx = db.begin().await?;
    let subject = hold(&mut tx, by, username).await?;
    if !subject.active {
        return Err(Error::NotFound.into());
    }
    let on = (subject.id, subject.username.as_str());
    audit::write(&mut tx, by, on, Action::ResetMailed, "").await?;
    let letter = Letter::ResetPassword { identity: subject.username.clone(), promised: true };
    outbox::put(&mut tx, &letter, by.now).await?;
    tx.commit().await?;
    tracing::info!(event = "reset_mailed", user = %subject.id, by = who(by));
    Ok(subject.username)
}

/// The account of that name, be it deactivated. From here on its role and its activity are as
/// they were read, and so is the right of whoever acts.
pub(super) async fn hold(tx: &mut Tx, by: &By<'_>, username: &str) -> Result<Subject, Failure> {
    // A write that changes nothing: whoever changes the account is waited for.
    const HOLD: &str = "update users set active = active where username_key = $1 \
         returning id, username, email, active, barred, \
         coalesce((select string_agg(role, ',') from user_roles where user_id = users.id), '') as roles";
    // PostgreSQL takes no NUL, and no name has one.
    if has_controls(username) {
        return Err(Error::NotFound.into());
    }
    users::hold_administrators(&mut *tx).await?;
    if let Some((administrator, _)) = by.who {
        users::still_has_the_right(&mut *tx, administrator).await?;
    }
    let key = users::key(username);
    let found = within!(tx, |c| sqlx::query_as(HOLD).bind(key).fetch_optional(c).await)?;
    found.ok_or_else(|| Error::NotFound.into())
}

impl Subject {
    /// What somebody does to themselves they are asked about.
    fn is_somebody_else_or(&self, by: &By<'_>, sure: bool) -> Result<(), Error> {
        let oneself = by.who.is_some_and(|(user, _)| user.id == self.id);
        if oneself && !sure {
            return Err(Error::Invalid(vec![(Field::Sure, Problem::Required)]));
        }
        Ok(())
    }

    async fn is_not_the_last_administrator(&self, tx: &mut Tx) -> Result<(), Failure> {
        let last = users::would_leave_no_administrator(tx, self.id).await?;
        if last { Err(Error::LastAdministrator.into()) } else { Ok(()) }
    }
}

/// For the log: the administrator's key.
fn who(by: &By<'_>) -> String {
    by.who.map_or_else(|| "the command line".into(), |(user, _)| user.id.to_string())
}
