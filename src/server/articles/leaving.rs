//! What becomes of the articles of somebody who leaves.
//!
//! Hidden is a status that the rest of the program does not know, and so takes for a draft: no
//! list has one, nobody reads one, and each can be shown again as it was.

use uuid::Uuid;

use super::{
    bin::DELETED,
    tallies::{Changes, Scope},
};
use crate::{
    domain::article::{Status, Visibility},
    server::{
        clock::Timestamp,
        db::{Tx, within},
    },
};

const HIDDEN: &str = "hidden";
const PUBLISHED: &str = Status::Published.name();

/// Hides what the author has published.
///
/// # Errors
/// When the database cannot be written.
pub async fn hide(tx: &mut Tx, author: Uuid) -> sqlx::Result<()> {
    turn(tx, author, PUBLISHED, HIDDEN, -1).await
}

/// Shows it again.
///
/// # Errors
/// When the database cannot be written.
pub async fn show(tx: &mut Tx, author: Uuid) -> sqlx::Result<()> {
    turn(tx, author, HIDDEN, PUBLISHED, 1).await
}

/// Gives published articles another status, or the reverse; `by` is how many more are published
/// with each.
async fn turn(tx: &mut Tx, author: Uuid, from: &str, to: &str, by: i64) -> sqlx::Result<()> {
    // One statement finds and changes: whatever is saved meanwhile, what was counted is what was
    // turned.
    const TURN: &str = "update articles set status = $3 where author_id = $1 and status = $2 \
         returning visibility";
    const TURN_TAGS: &str = "update article_tags set status = $3 where status = $2 and article_id in \
         (select id from articles where author_id = $1 and status = $3) returning tag, visibility";
    let turned: Vec<String> = within!(&mut *tx, |c| {
        sqlx::query_scalar(TURN).bind(author).bind(from).bind(to).fetch_all(c).await
    })?;
    let tags: Vec<(String, String)> = within!(&mut *tx, |c| {
        sqlx::query_as(TURN_TAGS).bind(author).bind(from).bind(to).fetch_all(c).await
    })?;
    let mut changes = Changes::default();
    for visibility in turned {
        for scope in [Scope::Author(author), Scope::Site] {
            changes.count(scope.clone(), kind_of(&visibility), by);
            changes.count(scope, DRAFT, -by);
        }
    }
    for (tag, visibility) in tags {
        changes.count(Scope::Tag(tag), kind_of(&visibility), by);
    }
    changes.store(tx).await
}

/// Makes drafts of what the author has published for a time to come: nothing appears of somebody
/// who has gone.
///
/// # Errors
/// When the database cannot be written.
pub async fn unschedule(tx: &mut Tx, author: Uuid, now: Timestamp) -> sqlx::Result<()> {
    const UNSCHEDULE: &str = "update articles set status = 'draft', published_at = null, publish_at = published_at, \
         version = version + 1 where author_id = $1 and status = 'published' and published_at > $2 \
         returning id, visibility";
    const TAGS: &str = "update article_tags set status = 'draft', published_at = null where article_id = $1 \
         returning tag";
    let turned: Vec<(Uuid, String)> = within!(&mut *tx, |c| {
        sqlx::query_as(UNSCHEDULE).bind(author).bind(now).fetch_all(c).await
    })?;
    let mut changes = Changes::default();
    for (id, visibility) in turned {
        let tags: Vec<String> =
            within!(&mut *tx, |c| sqlx::query_scalar(TAGS).bind(id).fetch_all(c).await)?;
        let kind = kind_of(&visibility);
        for scope in [Scope::Author(author), Scope::Site] {
            changes.count(scope.clone(), kind, -1);
            changes.count(scope, DRAFT, 1);
        }
        for tag in tags {
            changes.count(Scope::Tag(tag), kind, -1);
        }
    }
    changes.store(tx).await
}

/// Signs what the author has published with another account. What no reader ever saw, changes
/// under way and former texts, is deleted.
///
/// # Errors
/// When the database cannot be written.
pub async fn hand_over(tx: &mut Tx, author: Uuid, to: Uuid) -> sqlx::Result<()> {
    const FORGET_CHANGES: &str = "delete from working_copies where article_id in \
         (select id from articles where author_id = $1)";
    const FORGET_REVISIONS: &str = "delete from revisions where article_id in \
         (select id from articles where author_id = $1)";
    for forget in [FORGET_CHANGES, FORGET_REVISIONS] {
        within!(&mut *tx, |c| sqlx::query(forget).bind(author).execute(c).await.map(|_| ()))?;
    }
    const HAND_OVER: &str = "update articles set author_id = $2, draft_key = null where author_id = $1 and status = 'published' \
         returning visibility";
    let handed: Vec<String> = within!(&mut *tx, |c| {
        sqlx::query_scalar(HAND_OVER).bind(author).bind(to).fetch_all(c).await
    })?;
    let mut changes = Changes::default();
    for visibility in handed {
        changes.count(Scope::Author(author), kind_of(&visibility), -1);
        changes.count(Scope::Author(to), kind_of(&visibility), 1);
    }
    changes.store(tx).await
}

/// Deletes all that the author has.
///
/// # Errors
/// When the database cannot be written.
pub async fn delete_all(tx: &mut Tx, author: Uuid) -> sqlx::Result<()> {
    const DELETE_TAGS: &str = "delete from article_tags where article_id in \
         (select id from articles where author_id = $1) returning tag, visibility, status";
    const DELETE: &str = "delete from articles where author_id = $1 returning visibility, status";
    let tags: Vec<(String, String, String)> =
        within!(&mut *tx, |c| sqlx::query_as(DELETE_TAGS).bind(author).fetch_all(c).await)?;
    let articles: Vec<(String, String)> =
        within!(&mut *tx, |c| sqlx::query_as(DELETE).bind(author).fetch_all(c).await)?;
    let mut changes = Changes::default();
    for (tag, visibility, status) in tags {
        if status == PUBLISHED {
            changes.count(Scope::Tag(tag), kind_of(&visibility), -1);
        }
    }
    // What is deleted already is not counted.
    for (visibility, status) in articles.into_iter().filter(|(_, status)| status != DELETED) {
        let kind = if status == PUBLISHED { kind_of(&visibility) } else { DRAFT };
        for scope in [Scope::Author(author), Scope::Site] {
            changes.count(scope, kind, -1);
        }
    }
    changes.store(tx).await
}

/// What an article that is not published is counted under.
const DRAFT: &str = Status::Draft.name();

fn kind_of(visibility: &str) -> &'static str {
    Visibility::from_name(visibility).unwrap_or(Visibility::Members).name()
}
