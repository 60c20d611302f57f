//! What becomes of a comment: its author deletes it, the author of the article hides it and ends
//! the talk, whoever moderates removes it. To everybody else it is not there to be decided about.

use uuid::Uuid;

use crate::{
    domain::{
        administration::{Action, Reason},
        comment::CommentState,
        role::Permission,
    },
    error::Error,
    server::{
        articles::open::Open,
        audit::{self, By},
        auth::Client,
        clock::Timestamp,
        db::{Db, within},
        failure::Failure,
        users::{self, User},
    },
};

/// The key that a form calls a comment by.
///
/// # Errors
/// [`Error::NotFound`] for what is none.
pub fn key_of(handle: &str) -> Result<Uuid, Error> {
    handle.parse().map_err(|_| Error::NotFound)
}

/// Deletes a comment of one's own, or, as whoever moderates, anybody's; that is written down. Gives
/// the last part of the article's address, if the article is there: where a draft is by now is told
/// to nobody.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn delete(
    db: &Db,
    (user, client): (&User, &Client),
    comment: Uuid,
    now: Timestamp,
) -> Result<Option<String>, Failure> {
    // What is under a draft nobody but its author has to do with.
    const DELETE: &str = "delete from comments where id = $1 and (author_id = $2 or ($3 and exists \
         (select 1 from articles a where a.id = comments.article_id and a.status = 'published'))) \
         returning article_id, author_id";
    const NAMES: &str = "select a.slug, a.status = 'published' and a.published_at <= $3, u.username \
         from articles a, users u where a.id = $1 and u.id = $2";
    let moderates = user.may(Permission::ModerateComments);
    let mut tx = users::begin(db, user).await?;
    let deleted: Option<(Uuid, Uuid)> = within!(&mut tx, |c| {
        sqlx::query_as(DELETE).bind(comment).bind(user.id).bind(moderates).fetch_optional(c).await
    })?;
    let (article, author) = deleted.ok_or(Error::NotFound)?;
    let (slug, is_there, name): (String, bool, String) = within!(&mut tx, |c| {
        sqlx::query_as(NAMES).bind(article).bind(author).bind(now).fetch_one(c).await
    })?;
    if author != user.id {
        let by = By { who: Some((user, client)), reason: Reason::default(), now };
        audit::write(&mut tx, &by, (author, &name), Action::CommentRemoved, &slug).await?;
    }
    tx.commit().await?;
    tracing::info!(event = "comment_deleted", %author, by = %user.id);
    Ok(is_there.then_some(slug))
}

/// Shows a comment or hides it, as the author of the article or as whoever moderates. Shown, one
/// that was held is approved, and with it whoever wrote it.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn set_shown(
    db: &Db,
    user: &User,
    article: &Open,
    comment: Uuid,
    shown: bool,
) -> Result<(), Failure> {
    const SET: &str = "update comments set state = $3 where id = $1 and article_id = $2";
    let state = if shown { CommentState::Shown } else { CommentState::Hidden };
    if user.id != article.author_id && !user.may(Permission::ModerateComments) {
        return Err(Error::NotFound.into());
    }
    let mut tx = users::begin(db, user).await?;
    let set = within!(&mut tx, |c| {
        sqlx::query(SET)
            .bind(comment)
            .bind(article.id)
            .bind(state.name())
            .execute(c)
            .await
            .map(|done| done.rows_affected())
    })?;
    if set == 0 {
        return Err(Error::NotFound.into());
    }
    Ok(tx.commit().await?)
}

/// Takes comments on one's own article, or no more. Those that there are stay.
///
/// # Errors
/// [`Error::NotFound`] for somebody else's.
pub async fn set_open(db: &Db, user: &User, article: &Open, open: bool) -> Result<(), Failure> {
    const SET: &str = "update articles set comments_closed = $3 where id = $1 and author_id = $2";
    let mut tx = users::begin(db, user).await?;
    let set = within!(&mut tx, |c| {
        sqlx::query(SET)
            .bind(article.id)
            .bind(user.id)
            .bind(!open)
            .execute(c)
            .await
            .map(|done| done.rows_affected())
    })?;
    if set == 0 {
        return Err(Error::NotFound.into());
    }
    Ok(tx.commit().await?)
}
