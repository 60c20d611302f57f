//! Invitations: links that let one person register who was asked to.

use std::time::Duration;

use sqlx::FromRow;
use uuid::Uuid;

use super::{
    AppState,
    attempts::{self, Budget},
    auth::Client,
    clock::Timestamp,
    config::Registration,
    cookies,
    db::{Db, Tx, reading, within, writing},
    failure::Failure,
    mail::{letters::Letter, outbox},
    registrations,
    tokens::{Token, hash},
    users::{self, User},
};
use crate::{
    domain::{
        email::EmailAddress,
        field::{Field, Problem},
        registration::{Invitation, Use},
        token::TypedToken,
    },
    error::{Error, Problems},
};

/// Two weeks: whoever is asked may be away for one.
const LIFE: Duration = Duration::from_secs(14 * 24 * 3600);

/// As many as somebody can keep an eye on. A site that is to grow faster is open.
const MOST_OPEN: usize = 10;

/// What fits a page that is looked through.
const SHOWN: i64 = 50;

/// The cookie that holds a new link's token until it is shown.
pub const COOKIE: &str = "invitation";

/// Two minutes: long enough to copy a link, short enough that a browser left open shows none.
const SHOWN_FOR_S: i64 = 120;

/// Makes an invitation for whoever gets the link. With an address it is mailed there and shown
/// nowhere; without one it is put into a cookie of the browser that is answered, for
/// [`just_made`] to be shown.
///
/// # Errors
/// [`Error::Invalid`] for a wrong address, or when too many are open; [`Error::TooMany`];
/// [`Error::RegistrationClosed`]; [`Error::Unauthenticated`] for whoever was shut out, or may do
/// less, since the request began.
pub async fn make(
    state: &AppState,
    client: &Client,
    inviter: &User,
    email: &str,
) -> Result<(), Failure> {
    if state.config.registration == Registration::Closed {
        return Err(Error::RegistrationClosed.into());
    }
    let now = state.clock.now();
    let email = if email.trim().is_empty() { None } else { Some(parse(email)?) };
    let mut budgets = vec![Budget::invitations_of(inviter.id)];
    if let Some(email) = &email {
        budgets.extend(registrations::mail_budgets(state, client, email.as_str()));
    }
    // Not given back: each is a mail, or takes the place of one that was withdrawn.
    let _ = attempts::take(&state.db, &budgets, now).await?;
    let token = Token::random()?;
    // Held until the end, so two at once do not both make the last one.
    let mut tx = users::begin(&state.db, inviter).await?;
    if !has_room(&mut tx, inviter.id, now).await? {
        return Err(Error::Invalid(vec![(Field::Email, Problem::TooMany(MOST_OPEN))]).into());
    }
    // The token of one that is mailed is made when it is.
    let shown = email.is_none().then_some(&token);
    let address = email.as_ref().map(EmailAddress::as_str);
    let id = insert(&mut tx, Some(inviter.id), shown, address, now).await?;
    if email.is_some() {
        outbox::put(&mut tx, &Letter::Invitation { id }, now).await?;
    } else {
        let shown = token.expose().to_owned();
        cookies::set(&state.config.origin, COOKIE, shown, SHOWN_FOR_S);
    }
    tx.commit().await?;
    state.mail.wake();
    tracing::info!(event = "invited", user = %inviter.id, address = %client.address);
    Ok(())
}

fn parse(email: &str) -> Result<EmailAddress, Error> {
    let mut problems = Problems::default();
    let parsed = problems.check(Field::Email, EmailAddress::parse(email));
    parsed.ok_or_else(|| problems.into_error())
}

/// Makes an invitation on the command line; gives the token of its link.
///
/// # Errors
/// When the system gives no randomness, or the database cannot be written.
pub async fn make_for_the_site(db: &Db, now: Timestamp) -> Result<Token, Failure> {
    let token = Token::random()?;
    let mut tx = db.begin().await?;
    insert(&mut tx, None, Some(&token), None, now).await?;
    tx.commit().await?;
    Ok(token)
}

/// Whether somebody, whose account is held, may make one more.
async fn has_room(tx: &mut Tx, inviter: Uuid, now: Timestamp) -> sqlx::Result<bool> {
    const OPEN: &str = "select count(*) from invitations \
         where inviter_id = $1 and used_at is null and expires_at > $2";
    let open: i64 =
        within!(tx, |c| sqlx::query_scalar(OPEN).bind(inviter).bind(now).fetch_one(c).await)?;
    Ok(usize::try_from(open).is_ok_and(|open| open < MOST_OPEN))
}

async fn insert(
    tx: &mut Tx,
    inviter: Option<Uuid>,
    token: Option<&Token>,
    email: Option<&str>,
    now: Timestamp,
) -> sqlx::Result<Uuid> {
    const INSERT: &str = "insert into invitations (id, inviter_id, hash, email, created_at, expires_at) \
         values ($1, $2, $3, $4, $5, $6)";
    let id = Uuid::now_v7();
    within!(tx, |c| {
        sqlx::query(INSERT)
            .bind(id)
            .bind(inviter)
            .bind(token.map(|token| hash(token.expose())))
            .bind(email)
            .bind(now)
            .bind(now.after(LIFE))
            .execute(c)
            .await
            .map(|_| id)
    })
}

/// An invitation that still lets somebody in.
#[derive(FromRow)]
pub struct Open {
    /// The key.
    pub id: Uuid,
    /// The name of whoever invites; none for whoever runs the site.
    pub inviter: Option<String>,
}

/// The invitation that a link belongs to, unless it was used, its time is over, or whoever made
/// it is shut out.
///
/// # Errors
/// When the database cannot be read.
pub async fn find(db: &Db, token: &TypedToken, now: Timestamp) -> sqlx::Result<Option<Open>> {
    const FIND: &str = "select invitations.id, users.username as inviter \
         from invitations left join users on users.id = invitations.inviter_id \
         where hash = $1 and used_at is null and expires_at > $2 \
         and (inviter_id is null or users.active)";
    let hash = hash(token.expose());
    reading!(db, |pool| sqlx::query_as(FIND).bind(hash).bind(now).fetch_optional(pool).await)
}

/// The invitation that a registration is begun with: what the site's setting wants, or none
/// where it wants none.
///
/// # Errors
/// [`Error::RegistrationClosed`]; [`Error::LinkExpired`] where one is wanted and this is none.
pub async fn wanted(state: &AppState, token: &TypedToken) -> Result<Option<Uuid>, Failure> {
    let setting = state.config.registration;
    let nothing = token.expose().trim().is_empty();
    if setting == Registration::Closed || (setting == Registration::Invite && nothing) {
        return Err(Error::RegistrationClosed.into());
    }
    let found = find(&state.db, token, state.clock.now()).await?;
    match found {
        Some(open) => Ok(Some(open.id)),
        None if setting == Registration::Open => Ok(None),
        None => Err(Error::LinkExpired.into()),
    }
}

/// Uses an invitation up for an account, in the transaction that makes it. Of many at once one
/// counts.
///
/// # Errors
/// [`Error::RegistrationClosed`] or [`Error::LinkExpired`] where one is wanted.
pub async fn spend(
    tx: &mut Tx,
    setting: Registration,
    invitation: Option<Uuid>,
    account: Uuid,
    now: Timestamp,
) -> Result<(), Failure> {
    const SPEND: &str = "update invitations set used_at = $2, used_by = $3 \
         where id = $1 and used_at is null and expires_at > $2 \
         and (inviter_id is null or exists (select 1 from users where users.id = inviter_id and active))";
    let Some(invitation) = invitation else {
        let closed = setting != Registration::Open;
        return if closed { Err(Error::RegistrationClosed.into()) } else { Ok(()) };
    };
    let spent = within!(tx, |c| {
        sqlx::query(SPEND)
            .bind(invitation)
            .bind(now)
            .bind(account)
            .execute(c)
            .await
            .map(|done| done.rows_affected() == 1)
    })?;
    // On an open site it is just a link.
    if spent || setting == Registration::Open { Ok(()) } else { Err(Error::LinkExpired.into()) }
}

/// Takes one's own invitation back, unless it was used.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn withdraw(db: &Db, inviter: Uuid, handle: &str) -> Result<(), Failure> {
    const WITHDRAW: &str =
        "delete from invitations where id = $1 and inviter_id = $2 and used_at is null";
    let id = Uuid::try_parse(handle).map_err(|_| Error::NotFound)?;
    let gone = writing!(db, |pool| {
        sqlx::query(WITHDRAW)
            .bind(id)
            .bind(inviter)
            .execute(pool)
            .await
            .map(|done| done.rows_affected() == 1)
    })?;
    if gone { Ok(()) } else { Err(Error::NotFound.into()) }
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    email: Option<String>,
    expires_at: Timestamp,
    used_at: Option<Timestamp>,
    username: Option<String>,
}

/// What somebody has invited with: what is open and what was used, the last first.
///
/// # Errors
/// When the database cannot be read.
pub async fn list(db: &Db, inviter: Uuid, now: Timestamp) -> sqlx::Result<Vec<Invitation>> {
    const LIST: &str = "select invitations.id, invitations.email, expires_at, used_at, users.username \
         from invitations left join users on users.id = used_by and users.active \
         where inviter_id = $1 and (used_at is not null or expires_at > $2) \
         order by invitations.created_at desc, invitations.id desc limit $3";
    let rows: Vec<Row> = reading!(db, |pool| {
        sqlx::query_as(LIST).bind(inviter).bind(now).bind(SHOWN).fetch_all(pool).await
    })?;
    let shown = rows.into_iter().map(|row| Invitation {
        handle: row.id.simple().to_string(),
        email: row.email,
        until: row.expires_at.to_when(),
        used: row.used_at.map(|at| Use { by: row.username, when: at.to_when() }),
    });
    Ok(shown.collect())
}

/// The link that this browser has just made, if it is this person's and still open.
///
/// # Errors
/// When the database cannot be read.
pub async fn just_made(
    state: &AppState,
    inviter: Uuid,
    cookie: Option<String>,
) -> sqlx::Result<Option<String>> {
    const MINE: &str = "select count(*) from invitations \
         where hash = $1 and inviter_id = $2 and used_at is null";
    let Some(token) = cookie else { return Ok(None) };
    let mine: i64 = reading!(&state.db, |pool| {
        sqlx::query_scalar(MINE).bind(hash(&token)).bind(inviter).fetch_one(pool).await
    })?;
    Ok((mine == 1).then(|| link(state.config.origin.as_str(), &token)))
}

/// Where an invitation leads.
pub fn link(origin: &str, token: &str) -> String {
    format!("{origin}/register?invitation={token}")
}

/// Whom an invitation is to be mailed to, in whose name.
pub struct Addressed {
    /// The address.
    pub email: String,
    /// The name of whoever invites.
    pub inviter: String,
}

/// Makes the token of an invitation that is mailed; it takes the place of a former one. `None`
/// for one that was withdrawn.
///
/// # Errors
/// When the system gives no randomness, or the database cannot be written.
pub async fn mint(
    db: &Db,
    id: Uuid,
    now: Timestamp,
) -> Result<Option<(Addressed, Token)>, Failure> {
    const MINT: &str = "update invitations set hash = $2 where id = $1 and used_at is null and expires_at > $3 \
         returning email, (select username from users where users.id = inviter_id and active) as inviter";
    let token = Token::random()?;
    let found: Option<(Option<String>, Option<String>)> = writing!(db, |pool| {
        sqlx::query_as(MINT)
            .bind(id)
            .bind(hash(token.expose()))
            .bind(now)
            .fetch_optional(pool)
            .await
    })?;
    let Some((Some(email), Some(inviter))) = found else { return Ok(None) };
    Ok(Some((Addressed { email, inviter }, token)))
}

/// Throws away what nobody used in time.
///
/// # Errors
/// When the database cannot be written.
pub async fn forget_ended(db: &Db, now: Timestamp) -> sqlx::Result<()> {
    const FORGET: &str = "delete from invitations where expires_at <= $1 and used_at is null";
    writing!(db, |pool| sqlx::query(FORGET).bind(now).execute(pool).await.map(|_| ()))
}
