//! Comments: what is said under articles. [`deciding`] is what becomes of them.
//!
//! A comment is there as its article is: what is no draft, and who may read it, is asked of the
//! article each time. Who has written one is asked of their account: whoever is leaving and takes
//! their articles along takes their comments too, and who lets them stay signs no more.

pub mod deciding;
pub mod importing;
pub mod leaving;

use sqlx::FromRow;
use uuid::Uuid;

use super::{
    articles::open::Open,
    attempts::{self, Budget},
    clock::Timestamp,
    config::Comments,
    db::{Db, reading, within},
    failure::Failure,
    markdown::comments::render,
    users::{self, User},
};
use crate::{
    domain::{
        article::Slug,
        comment::{COMMENTS_PER_PAGE, Comment, CommentState, CommentText, Thread},
        field::Field,
        page::{Cut, LAST_PAGE},
        role::Permission,
    },
    error::{Error, Problems},
};

/// What somebody sees under an article: `$1`; `$2` is who they are, `$3` whether they see all.
macro_rules! seen {
    ($what:literal, $rest:literal) => {
        concat!(
            $what,
            " from comments c join users u on u.id = c.author_id where c.article_id = $1 \
             and (u.leaves_at is null or u.keeps_articles) \
             and (c.state = 'shown' or c.author_id = $2 or $3)",
            $rest
        )
    };
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    author_id: Uuid,
    html: String,
    state: String,
    created_at: Timestamp,
    author: String,
    image: String,
    reported: bool,
}

/// One page of the comments under an article, as somebody may see them.
///
/// # Errors
/// When the database cannot be read.
pub async fn list(
    db: &Db,
    article: &Open,
    viewer: Option<&User>,
    page: u32,
) -> sqlx::Result<Thread> {
    const LIST: &str = seen!(
        "select c.id, c.author_id, c.html, c.state, c.created_at, \
         case when u.leaves_at is null then u.username else 'a former member' end as author, \
         case when u.leaves_at is null then u.image else '' end as image, \
         exists (select 1 from comment_reports r where r.comment_id = c.id and r.reporter_id = $2) \
         as reported",
        " order by c.created_at, c.id limit $4 offset $5"
    );
    let cut = Cut::new(page, COMMENTS_PER_PAGE);
    let (who, sees_all) = eyes(article, viewer);
    let mut rows: Vec<Row> = reading!(db, |pool| {
        sqlx::query_as(LIST)
            .bind(article.id)
            .bind(who)
            .bind(sees_all)
            .bind(cut.read())
            .bind(cut.past())
            .fetch_all(pool)
            .await
    })?;
    let more = cut.trim(&mut rows);
    Ok(Thread {
        comments: rows.into_iter().map(|row| row.into_comment(who)).collect(),
        page: cut.page,
        more,
        open: !article.comments_closed,
        moderates: viewer.is_some_and(|viewer| viewer.may(Permission::ModerateComments)),
    })
}

impl Row {
    fn into_comment(self, viewer: Option<Uuid>) -> Comment {
        Comment {
            handle: self.id.to_string(),
            author: self.author,
            image: self.image,
            html: self.html,
            when: self.created_at.to_minute(),
            state: CommentState::from_name(&self.state),
            mine: viewer == Some(self.author_id),
            reported: self.reported,
        }
    }
}

/// Who looks, and whether they see what is hidden or held.
fn eyes(article: &Open, viewer: Option<&User>) -> (Option<Uuid>, bool) {
    let sees_all = viewer.is_some_and(|viewer| {
        viewer.id == article.author_id || viewer.may(Permission::ModerateComments)
    });
    (viewer.map(|viewer| viewer.id), sees_all)
}

/// The address at which somebody finds the comment of that key: which page it is on hangs on
/// what they see.
///
/// # Errors
/// When the database cannot be read.
pub async fn place_of(
    db: &Db,
    slug: &Slug,
    article: &Open,
    viewer: &User,
    comment: Uuid,
) -> sqlx::Result<String> {
    const BEFORE: &str = seen!(
        "select count(*)",
        " and (c.created_at, c.id) < (select o.created_at, o.id from comments o where o.id = $4)"
    );
    let (who, sees_all) = eyes(article, Some(viewer));
    let before: i64 = reading!(db, |pool| {
        sqlx::query_scalar(BEFORE)
            .bind(article.id)
            .bind(who)
            .bind(sees_all)
            .bind(comment)
            .fetch_one(pool)
            .await
    })?;
    let page = u32::try_from(before).unwrap_or(0) / COMMENTS_PER_PAGE + 1;
    let query = if page == 1 { String::new() } else { format!("?page={}", page.min(LAST_PAGE)) };
    Ok(format!("/article/{}{query}#comment-{comment}", slug.as_str()))
}

/// Stores what somebody says under an article; gives its key. What they say first is held, where
/// that is asked for, unless they wrote the article or moderate; what they say under articles of
/// their own, which nobody else looks at first, makes them no better known.
///
/// # Errors
/// [`Error::Invalid`]; [`Error::CommentsClosed`]; [`Error::TooMany`].
pub async fn add(
    db: &Db,
    rule: Comments,
    article: &Open,
    author: &User,
    typed: &str,
    now: Timestamp,
) -> Result<Uuid, Failure> {
    // As one statement, so that nothing is said where it was ended meanwhile.
    const ADD: &str = "insert into comments (id, article_id, author_id, body, html, state, created_at) \
         select $1, a.id, $3, $4, $5, case when $6 and not exists (select 1 from comments k \
         join articles b on b.id = k.article_id where k.author_id = $3 and k.state = 'shown' \
         and b.author_id <> $3) then 'held' else 'shown' end, $7 \
         from articles a where a.id = $2 and a.status = 'published' and not a.comments_closed";
    let mut problems = Problems::default();
    let text = problems.check(Field::Comment, CommentText::parse(typed));
    let text = text.ok_or_else(|| problems.into_error())?;
    if rule == Comments::Off || article.comments_closed {
        return Err(Error::CommentsClosed.into());
    }
    // Not given back: each is there to be read.
    let _ = attempts::take(db, &Budget::comments_of(author.id), now).await?;
    let trusted = author.id == article.author_id || author.may(Permission::ModerateComments);
    let id = Uuid::now_v7();
    let html = render(text.as_str());
    let mut tx = users::begin(db, author).await?;
    let added = within!(&mut tx, |c| {
        sqlx::query(ADD)
            .bind(id)
            .bind(article.id)
            .bind(author.id)
            .bind(text.as_str())
            .bind(&html)
            .bind(rule == Comments::Hold && !trusted)
            .bind(now)
            .execute(c)
            .await
            .map(|done| done.rows_affected())
    })?;
    if added == 0 {
        return Err(Error::CommentsClosed.into());
    }
    tx.commit().await?;
    Ok(id)
}

/// A comment of one's own, as it was typed.
#[derive(FromRow)]
pub struct Own {
    /// The last part of the article's address; none while the article is not there for its readers.
    pub slug: Option<String>,
    /// The Markdown.
    pub body: String,
    /// Who sees it.
    pub state: String,
    /// When it was written.
    pub created_at: Timestamp,
}

/// All that somebody said, the oldest first.
///
/// # Errors
/// When the database cannot be read.
pub async fn all_of(db: &Db, author: Uuid, now: Timestamp) -> sqlx::Result<Vec<Own>> {
    const ALL: &str = "select case when a.status = 'published' and a.published_at <= $2 \
         then a.slug end as slug, c.body, c.state, c.created_at from comments c \
         join articles a on a.id = c.article_id where c.author_id = $1 order by c.created_at, c.id";
    reading!(db, |pool| sqlx::query_as(ALL).bind(author).bind(now).fetch_all(pool).await)
}
