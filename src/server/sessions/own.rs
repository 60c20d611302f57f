//! A person's own sessions: the list of them, ending them, and how fresh they are.
//!
//! Nothing that a session is recognised by leaves the server. A page calls one by a handle
//! that is a hash of the stored hash, and every statement names the person as well: what is
//! somebody else's is not there.

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use sqlx::FromRow;
use tower_sessions::session::Id;
use uuid::Uuid;

use super::{Aal, device, hash};
use crate::{
    domain::security::{EventKind, OwnSession},
    error::Error,
    server::{
        auth::Client,
        clock::Timestamp,
        db::{Db, Tx, reading, within},
        failure::Failure,
        security_log, users,
    },
};

/// As many as a person can look through (ASVS 5.0, 7.1.2).
pub const MOST: i64 = 100;

#[derive(FromRow)]
struct Row {
    id_hash: Vec<u8>,
    created_at: Timestamp,
    last_seen_at: Timestamp,
    user_agent: String,
    address_prefix: String,
}

/// Where a person is logged in: the session that asks, then the others, the last used first.
///
/// # Errors
/// When the database cannot be read.
pub async fn list(
    db: &Db,
    user: Uuid,
    asking: &Id,
    now: Timestamp,
) -> sqlx::Result<Vec<OwnSession>> {
    const LIST: &str = "select id_hash, created_at, last_seen_at, user_agent, address_prefix from sessions \
         where user_id = $1 and ends_at > $2 \
         order by case when id_hash = $3 then 0 else 1 end, last_seen_at desc limit $4";
    let asking = hash(asking);
    let rows: Vec<Row> = reading!(db, |pool| {
        sqlx::query_as(LIST).bind(user).bind(now).bind(&asking).bind(MOST).fetch_all(pool).await
    })?;
    let shown = rows.into_iter().map(|row| OwnSession {
        handle: handle(&row.id_hash),
        device: device::in_words(&row.user_agent),
        network: row.address_prefix,
        first: row.created_at.to_minute(),
        last: row.last_seen_at.to_minute(),
        here: row.id_hash == asking,
    });
    Ok(shown.collect())
}

/// Makes room for one more session: of a hundred, the one that was used longest ago ends. Where
/// several log-ins come at the same moment, the next one ends what is too many.
///
/// # Errors
/// When the database cannot be written.
pub async fn make_room(tx: &mut Tx, user: Uuid, now: Timestamp) -> sqlx::Result<()> {
    const END: &str = "delete from sessions where user_id = $1 and id_hash not in \
         (select id_hash from sessions where user_id = $1 and ends_at > $2 \
         order by last_seen_at desc, id_hash limit $3)";
    within!(tx, |c| {
        sqlx::query(END).bind(user).bind(now).bind(MOST - 1).execute(c).await.map(|_| ())
    })
}

/// What a page calls a session by: 128 bits of a hash of what is stored, which is itself the
/// hash of what is in the cookie.
fn handle(id_hash: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(id_hash)[..16])
}

/// Ends one of a person's sessions.
///
/// # Errors
/// [`Error::NotFound`] when the person has none of that handle.
pub async fn end(
    db: &Db,
    user: Uuid,
    wanted: &str,
    client: &Client,
    now: Timestamp,
) -> Result<(), Failure> {
    const OWN: &str = "select id_hash from sessions where user_id = $1";
    let own: Vec<Vec<u8>> =
        reading!(db, |pool| sqlx::query_scalar(OWN).bind(user).fetch_all(pool).await)?;
    let found = own.into_iter().find(|id_hash| handle(id_hash) == wanted);
    let found = found.ok_or(Error::NotFound)?;
    let mut tx = db.begin().await?;
    if !delete(&mut tx, user, &found).await? {
        return Err(Error::NotFound.into());
    }
    note_and_commit(tx, user, 1, client, now).await
}

/// Ends a person's sessions but for the one that asks.
///
/// # Errors
/// When the database cannot be written.
pub async fn end_others(
    db: &Db,
    user: Uuid,
    asking: &Id,
    client: &Client,
    now: Timestamp,
) -> Result<(), Failure> {
    const END: &str = "delete from sessions where user_id = $1 and id_hash <> $2";
    let mut tx = db.begin().await?;
    // The account first, as everywhere: a change of password deletes the same rows in another order.
    users::hold(&mut tx, user).await?;
    let ended = within!(&mut tx, |c| {
        sqlx::query(END).bind(user).bind(hash(asking)).execute(c).await.map(|d| d.rows_affected())
    })?;
    // Where there was nothing to end, nothing happened.
    if ended == 0 { Ok(()) } else { note_and_commit(tx, user, ended, client, now).await }
}

async fn note_and_commit(
    mut tx: Tx,
    user: Uuid,
    ended: u64,
    client: &Client,
    now: Timestamp,
) -> Result<(), Failure> {
    security_log::write(&mut tx, user, EventKind::SessionsEnded, Some(client), now).await?;
    tx.commit().await?;
    tracing::info!(event = "sessions_ended", %user, address = %client.address, ended);
    Ok(())
}

/// Ends the session that asks, because another takes its place.
///
/// # Errors
/// [`Error::Unauthenticated`] when it was not there any more: somebody ended it while its request
/// was in flight, and nothing may follow it.
pub async fn give_up(tx: &mut Tx, user: Uuid, asking: &Id) -> Result<(), Failure> {
    let there = delete(tx, user, &hash(asking)).await?;
    if there { Ok(()) } else { Err(Error::Unauthenticated.into()) }
}

/// Deletes one of a person's sessions; says whether it was there.
async fn delete(tx: &mut Tx, user: Uuid, id_hash: &[u8]) -> sqlx::Result<bool> {
    const DELETE: &str = "delete from sessions where id_hash = $1 and user_id = $2";
    within!(tx, |c| {
        sqlx::query(DELETE)
            .bind(id_hash)
            .bind(user)
            .execute(c)
            .await
            .map(|d| d.rows_affected() == 1)
    })
}

/// When the person proved in this session who they are, and by how much; `None` when it has
/// ended.
///
/// # Errors
/// When the database cannot be read.
pub async fn proof(db: &Db, user: Uuid, asking: &Id) -> sqlx::Result<Option<(Timestamp, Aal)>> {
    const PROOF: &str =
        "select authenticated_at, aal from sessions where id_hash = $1 and user_id = $2";
    let found: Option<(Timestamp, i64)> = reading!(db, |pool| {
        sqlx::query_as(PROOF).bind(hash(asking)).bind(user).fetch_optional(pool).await
    })?;
    Ok(found.map(|(when, level)| (when, Aal::from_level(level))))
}
