//! What becomes of the articles of somebody who leaves.
//!
//! Hidden is a status that the rest of the program does not know, and so takes for a draft: no
//! list has one, nobody reads one, and each can be shown again as it was.

use uuid::Uuid;

use super::{
    bin::DELETED,
    tallies::{Changes, DRAFT, Scope},
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
         returning visibility, published_at";
    const TURN_TAGS: &str = "update article_tags set status = $3 where status = $2 and article_id in \
         (select id from articles where author_id = $1 and status = $3) \
         returning tag, visibility, published_at";
    let turned: Vec<(String, Option<Timestamp>)> = within!(&mut *tx, |c| {
        sqlx::query_as(TURN).bind(author).bind(from).bind(to).fetch_all(c).await
    })?;
    let tags: Vec<(String, String, Option<Timestamp>)> = within!(&mut *tx, |c| {
        sqlx::query_as(TURN_TAGS).bind(author).bind(from).bind(to).fetch_all(c).await
    })?;
    let mut changes = Changes::default();
    for (visibility, at) in turned {
        for scope in [Scope::Author(author), Scope::Site] {
            changes.count(scope.clone(), (kind_of(&visibility), at), by);
            changes.count(scope, (DRAFT, None), -by);
        }
    }
    for (tag, visibility, at) in tags {
        changes.count(Scope::Tag(tag), (kind_of(&visibility), at), by);
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
         returning id, visibility, publish_at";
    const TAGS: &str = "update article_tags set status = 'draft', published_at = null where article_id = $1 \
         returning tag";
    let turned: Vec<(Uuid, String, Option<Timestamp>)> = within!(&mut *tx, |c| {
        sqlx::query_as(UNSCHEDULE).bind(author).bind(now).fetch_all(c).await
    })?;
    let mut changes = Changes::default();
    for (id, visibility, at) in turned {
        let tags: Vec<String> =
            within!(&mut *tx, |c| sqlx::query_scalar(TAGS).bind(id).fetch_all(c).await)?;
        let kind = (kind_of(&visibility), at);
        for scope in [Scope::Author(author), Scope::Site] {
            changes.count(scope.clone(), kind, -1);
            changes.count(scope, (DRAFT, None), 1);
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
         returning visibility, published_at";
    let handed: Vec<(String, Option<Timestamp>)> = within!(&mut *tx, |c| {
        sqlx::query_as(HAND_OVER).bind(author).bind(to).fetch_all(c).await
    })?;
    let mut changes = Changes::default();
    for (visibility, at) in handed {
        let kind = (kind_of(&visibility), at);
        changes.count(Scope::Author(author), kind, -1);
        changes.count(Scope::Author(to), kind, 1);
    }
    changes.store(tx).await
}

/// Deletes all that the author has.
///
/// # Errors
/// When the database cannot be written.
pub async fn delete_all(tx: &mut Tx, author: Uuid) -> sqlx::Result<()> {
    const DELETE_TAGS: &str = "delete from article_tags where article_id in \
         (select id from articles where author_id = $1) returning tag, visibility, status, published_at";
    const DELETE: &str =
        "delete from articles where author_id = $1 returning visibility, status, published_at";
    let tags: Vec<(String, String, String, Option<Timestamp>)> =
        within!(&mut *tx, |c| sqlx::query_as(DELETE_TAGS).bind(author).fetch_all(c).await)?;
    let articles: Vec<(String, String, Option<Timestamp>)> =
        within!(&mut *tx, |c| sqlx::query_as(DELETE).bind(author).fetch_all(c).await)?;
    let mut changes = Changes::default();
    for (tag, visibility, status, at) in tags {
        if status == PUBLISHED {
            changes.count(Scope::Tag(tag), (kind_of(&visibility), at), -1);
        }
    }
    // What is deleted already is not counted.
    for (visibility, status, at) in articles.into_iter().filter(|(_, status, _)| status != DELETED)
    {
        let kind = if status == PUBLISHED { (kind_of(&visibility), at) } else { (DRAFT, None) };
        for scope in [Scope::Author(author), Scope::Site] {
            changes.count(scope, kind, -1);
        }
    }
    changes.store(tx).await
}

fn kind_of(visibility: &str) -> &'static str {
    Visibility::from_name(visibility).unwrap_or(Visibility::Members).name()
}
