//! Telling the owner of an account when somebody logs in from a device that it has not seen.

use sqlx::FromRow;
use uuid::Uuid;

use super::{
    AppState,
    attempts::{Budget, prefix},
    auth::Client,
    clock::Timestamp,
    db::{Tx, within},
    devices,
    failure::Failure,
    mail::{letters::Letter, notices::Notice, outbox},
    security_log::{self, KEPT},
    sessions::{device, own::MOST},
    users::{User, select_user},
};
use crate::domain::security::EventKind;

/// Somebody who is about to be let in.
#[derive(FromRow)]
pub struct Arrival {
    /// Who it is.
    #[sqlx(flatten)]
    pub user: User,
    /// Whether that browser is known to have logged in to the account from that network: most do
    /// so every time, and then nothing else needs to be looked at.
    seen: bool,
    /// Whether the account is known to have room for one more session: nearly all have.
    pub room: bool,
}

impl From<User> for Arrival {
    /// Nothing is known yet of where they come from, and where else they are logged in.
    fn from(user: User) -> Self {
        Self { user, seen: false, room: false }
    }
}

/// The active account with that key as it is now, arriving from there.
///
/// # Errors
/// When the database cannot be read.
pub async fn arriving(tx: &mut Tx, id: Uuid, client: &Client) -> sqlx::Result<Option<Arrival>> {
    const ARRIVING: &str = concat!(
        select_user!(
            ", exists (select 1 from security_events where user_id = users.id and kind = 'logged_in' \
             and address_prefix = $2 and user_agent = $3) as seen, \
             (select count(*) from sessions where user_id = users.id) < $4 as room"
        ),
        "active"
    );
    within!(tx, |c| {
        sqlx::query_as(ARRIVING)
            .bind(id)
            .bind(prefix(client.address))
            .bind(&client.user_agent)
            .bind(MOST)
            .fetch_optional(c)
            .await
    })
}

/// Writes a log-in down, and a letter to the account's owner if it came from where none came
/// before; says whether it did.
///
/// # Errors
/// When the database cannot be written.
pub async fn note_log_in(
    state: &AppState,
    tx: &mut Tx,
    arrival: &Arrival,
    client: &Client,
) -> Result<bool, Failure> {
    let (user, now) = (&arrival.user, state.clock.now());
    // A browser with the account's mark was here before, from wherever it comes now.
    let known = arrival.seen || devices::logged_in_before(state, user, now)?.is_some();
    let new = !known && is_new(tx, user, client, now).await?;
    security_log::write(tx, user.id, EventKind::LoggedIn, Some(client), now).await?;
    if !new || Budget::noting_new_device(user.id).take_one(tx, now).await?.is_none() {
        return Ok(false);
    }
    let notice = Notice::NewDevice {
        device: device::in_words(&client.user_agent),
        network: prefix(client.address),
        when: now.to_minute().text,
    };
    outbox::put(tx, &Letter::notice(user, notice), now).await?;
    Ok(true)
}

/// Whether that kind of browser never logged in to the account from that network, as far as is
/// remembered. The first log-in to a young account is its owner's, who has just made it.
async fn is_new(tx: &mut Tx, user: &User, client: &Client, now: Timestamp) -> sqlx::Result<bool> {
    // Whoever registered is logged in without having logged in.
    const BEFORE: &str = "select address_prefix, user_agent from security_events \
         where user_id = $1 and kind = 'logged_in' \
         and address_prefix is not null and user_agent is not null \
         union select address_prefix, user_agent from sessions where user_id = $1";
    // Networks, and browsers' names for themselves.
    let before: Vec<(String, String)> =
        within!(tx, |c| sqlx::query_as(BEFORE).bind(user.id).fetch_all(c).await)?;
    if before.is_empty() {
        return Ok(user.created_at <= now.before(KEPT));
    }
    let (network, device) = (prefix(client.address), device::in_words(&client.user_agent));
    let same = |(from, by): &(String, String)| *from == network && device::in_words(by) == device;
    Ok(!before.iter().any(same))
}
