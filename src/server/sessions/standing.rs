//! Whether a session still is: what an open page asks, so that it does not go on to show what
//! is no longer its reader's.
//!
//! Asking is no use of the session. It goes past the session layer, which would note that the
//! session was seen and let it live on: a page that is left open must not keep itself open.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use tower_sessions::session::Id;
use uuid::Uuid;

use super::hash;
use crate::{
    error::Error,
    server::{
        AppState,
        clock::Timestamp,
        cookies,
        db::{Db, reading},
        doors,
        failure::Failure,
    },
};

/// Answers `GET /session`: whose it is, or 401. What is no answer, such as that of a database
/// that is away, is another status. A person is called by a hash, which stays when they change
/// their name.
pub async fn answer(State(state): State<AppState>, headers: HeaderMap) -> Response {
    let found = match cookies::session(&headers, &state.config.origin) {
        Some(id) => whose(&state.db, &id, state.clock.now()).await,
        None => Ok(None),
    };
    let mut response = match found {
        Ok(Some(user)) => Json(handle(user)).into_response(),
        Ok(None) => doors::json(&Error::Unauthenticated),
        Err(error) => doors::json(&Failure::from(error).into()),
    };
    let never = HeaderValue::from_static("private, no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, never);
    response
}

/// Half of a hash: enough to tell people apart, and nothing that could be named to a server
/// function.
fn handle(user: Uuid) -> String {
    HEXLOWER.encode(&Sha256::digest(user.as_bytes())[..16])
}

/// Whoever is logged in with that session. Whatever ends sessions deletes their rows.
async fn whose(db: &Db, id: &Id, now: Timestamp) -> sqlx::Result<Option<Uuid>> {
    const WHOSE: &str = "select u.id from sessions s join users u on u.id = s.user_id \
         where s.id_hash = $1 and s.ends_at > $2 and u.active";
    reading!(db, |pool| {
        sqlx::query_scalar(WHOSE).bind(hash(id)).bind(now).fetch_optional(pool).await
    })
}
