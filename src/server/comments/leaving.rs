//! What becomes of the comments of somebody who leaves and lets their articles stay.

use uuid::Uuid;

use crate::server::db::{Tx, within};

/// Signs what the author has said with another account; what nobody was to see is deleted, as
/// drafts are.
///
/// # Errors
/// When the database cannot be written.
pub async fn hand_over(tx: &mut Tx, author: Uuid, to: Uuid) -> sqlx::Result<()> {
    const DROP: &str = "delete from comments where author_id = $1 and state <> 'shown'";
    const HAND_OVER: &str = "update comments set author_id = $2 where author_id = $1";
    within!(&mut *tx, |c| sqlx::query(DROP).bind(author).execute(c).await.map(|_| ()))?;
    within!(tx, |c| sqlx::query(HAND_OVER).bind(author).bind(to).execute(c).await.map(|_| ()))
}
