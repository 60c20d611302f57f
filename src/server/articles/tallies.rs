//! Tallies: how many articles there are.

use uuid::Uuid;

use crate::{
    domain::article::{Status, Visibility},
    server::db::{Tx, within},
};

/// The scope of the site's own tallies.
pub const SITE: Uuid = Uuid::nil();

/// What an article counts as.
pub fn kind(status: Status, visibility: Visibility) -> &'static str {
    match status {
        Status::Draft => "draft",
        Status::Published => visibility.name(),
    }
}

/// Keeps the counts of the site and of the author right, in the same transaction. Rows are
/// always written in the same order, so that two writers wait and never lock each other out.
pub async fn tally(tx: &mut Tx, author: Uuid, changes: &[(&str, i64)]) -> sqlx::Result<()> {
    const TALLY: &str = "insert into tallies (scope, kind, count) values ($1, $2, $3) \
         on conflict (scope, kind) do update set count = tallies.count + excluded.count";
    let mut changes = changes.to_vec();
    changes.sort_unstable();
    for scope in [SITE, author] {
        for (kind, by) in &changes {
            within!(tx, |c| sqlx::query(TALLY)
                .bind(scope)
                .bind(*kind)
                .bind(by)
                .execute(c)
                .await
                .map(|_| ()))?;
        }
    }
    Ok(())
}
