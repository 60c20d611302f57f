//! Taking somebody else's article offline: what editors are for.

use sqlx::FromRow;
use uuid::Uuid;

use super::tallies::{Changes, Countable};
use crate::{
    domain::{
        administration::Action,
        article::{Slug, Status, Visibility},
        security::EventKind,
    },
    error::Error,
    server::{
        audit::{self, By},
        clock::Timestamp,
        db::{Db, Tx, within},
        failure::Failure,
        mail::{letters::Letter, outbox},
        security_log, users,
    },
};

#[derive(FromRow)]
struct Author {
    id: Uuid,
    username: String,
    email: String,
}

#[derive(FromRow)]
struct Withdrawn {
    id: Uuid,
    title: String,
    visibility: String,
    published_at: Option<Timestamp>,
}

/// Makes a draft of a published article again, which its author alone sees; they are told, and may
/// publish it once more. Nothing of it is lost, and its address stays. Gives the author's name.
///
/// # Errors
/// [`Error::NotFound`], also for a draft; [`Error::Unauthenticated`] when whoever does it lost the
/// right meanwhile.
pub async fn withdraw(db: &Db, by: &By<'_>, slug: &Slug) -> Result<String, Failure> {
    // A new version: whoever is editing it is told that it was changed meanwhile.
    const WITHDRAW: &str = "update articles set status = 'draft', version = version + 1, updated_at = $3, appeared = true \
         where slug = $1 and author_id = $2 and status = 'published' and published_at <= $3 \
         returning id, title, visibility, published_at";
    let mut tx = db.begin().await?;
    let author = hold_author(&mut tx, slug).await?;
    if let Some((editor, _)) = by.who {
        users::still_has_the_right(&mut tx, editor).await?;
    }
    let withdrawn: Option<Withdrawn> = within!(&mut tx, |c| {
        sqlx::query_as(WITHDRAW)
            .bind(slug.as_str())
            .bind(author.id)
            .bind(by.now)
            .fetch_optional(c)
            .await
    })?;
    let withdrawn = withdrawn.ok_or(Error::NotFound)?;
    recount(&mut tx, author.id, &withdrawn).await?;
    let on = (author.id, author.username.as_str());
    audit::write(&mut tx, by, on, Action::ArticleWithdrawn, slug.as_str()).await?;
    security_log::write(&mut tx, author.id, EventKind::ArticleWithdrawn, None, by.now).await?;
    let letter = Letter::ArticleWithdrawn {
        user: author.id,
        email: author.email,
        title: withdrawn.title,
        slug: slug.as_str().to_owned(),
        reason: by.reason.as_str().to_owned(),
    };
    outbox::put(&mut tx, &letter, by.now).await?;
    tx.commit().await?;
    tracing::info!(event = "article_withdrawn", user = %author.id);
    Ok(author.username)
}

/// The account first, as everywhere: whoever deletes it, and its articles with it, waits.
async fn hold_author(tx: &mut Tx, slug: &Slug) -> Result<Author, Failure> {
    const HOLD: &str = "update users set active = active \
         where id = (select author_id from articles where slug = $1 and status = 'published') \
         returning id, username, email";
    let found = within!(tx, |c| sqlx::query_as(HOLD).bind(slug.as_str()).fetch_optional(c).await)?;
    found.ok_or_else(|| Error::NotFound.into())
}

/// What lists of tags filter by, and what is counted, follows the article.
async fn recount(tx: &mut Tx, author: Uuid, article: &Withdrawn) -> sqlx::Result<()> {
    const TAGS: &str =
        "update article_tags set status = 'draft' where article_id = $1 returning tag";
    let tags: Vec<String> =
        within!(&mut *tx, |c| sqlx::query_scalar(TAGS).bind(article.id).fetch_all(c).await)?;
    let visibility = Visibility::from_name(&article.visibility).unwrap_or(Visibility::Members);
    let published_at = article.published_at;
    let with = |status| Countable { author, status, visibility, published_at, tags: &tags };
    let mut changes = Changes::default();
    changes.remove(&with(Status::Published));
    changes.add(&with(Status::Draft));
    changes.store(tx).await
}
