//! Comments that somebody found something wrong with, and those that are held: what waits for
//! whoever moderates.

use sqlx::FromRow;
use uuid::Uuid;

use super::{
    attempts::{self, Budget},
    auth::Client,
    clock::Timestamp,
    comments::deciding,
    db::{Db, Tx, reading, within},
    failure::Failure,
    users::{self, User},
};
use crate::{
    domain::{
        administration::Reason,
        comment::{COMMENTS_PER_PAGE, Reported, Reports, Verdict},
        field::{Field, Problem},
        page::Cut,
    },
    error::{Error, Problems},
};

/// Writes down what somebody found wrong with a comment that they can see; once more, it replaces
/// what they said before.
///
/// # Errors
/// [`Error::Invalid`]; [`Error::NotFound`], also for one's own; [`Error::TooMany`].
pub async fn report(
    db: &Db,
    reporter: &User,
    comment: Uuid,
    reason: &str,
    now: Timestamp,
) -> Result<(), Failure> {
    const REPORT: &str = "insert into comment_reports (comment_id, reporter_id, reason, created_at) \
         select c.id, $2, $3, $4 from comments c join articles a on a.id = c.article_id \
         where c.id = $1 and c.state = 'shown' and c.author_id <> $2 \
         and a.status = 'published' and a.published_at <= $4 \
         on conflict (comment_id, reporter_id) do update set reason = excluded.reason";
    let reason = parse(reason)?;
    // Not given back: somebody reads each.
    let _ = attempts::take(db, &[Budget::reports_of(reporter.id)], now).await?;
    let mut tx = users::begin(db, reporter).await?;
    let reported = within!(&mut tx, |c| {
        sqlx::query(REPORT)
            .bind(comment)
            .bind(reporter.id)
            .bind(reason.as_str())
            .bind(now)
            .execute(c)
            .await
            .map(|done| done.rows_affected())
    })?;
    if reported == 0 {
        return Err(Error::NotFound.into());
    }
    tx.commit().await?;
    tracing::info!(event = "comment_reported", %comment, by = %reporter.id);
    Ok(())
}

/// Without a reason nobody knows what to look for.
fn parse(reason: &str) -> Result<Reason, Error> {
    let mut problems = Problems::default();
    let parsed = Reason::parse(reason).and_then(|reason| match reason.as_str() {
        "" => Err(Problem::Required),
        _ => Ok(reason),
    });
    problems.check(Field::Reason, parsed).ok_or_else(|| problems.into_error())
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    author: String,
    body: String,
    slug: String,
    title: String,
    reporter: Option<String>,
    reason: String,
    at: Timestamp,
}

impl Row {
    fn into_reported(self) -> Reported {
        Reported {
            handle: self.id.to_string(),
            author: self.author,
            text: self.body,
            slug: self.slug,
            title: self.title,
            reporter: self.reporter,
            reason: self.reason,
            when: self.at.to_minute(),
        }
    }
}

/// What waits: the comments that have been held longest, and one page of reports, the oldest
/// first. What is under an article that is not there for its readers waits until it is.
///
/// # Errors
/// When the database cannot be read.
pub async fn list(db: &Db, page: u32, now: Timestamp) -> sqlx::Result<Reports> {
    const REPORTED: &str = "select c.id, u.username as author, c.body, a.slug, a.title, \
         w.username as reporter, r.reason, r.created_at as at from comment_reports r \
         join comments c on c.id = r.comment_id join users u on u.id = c.author_id \
         join users w on w.id = r.reporter_id join articles a on a.id = c.article_id \
         where a.status = 'published' and a.published_at <= $3 \
         and (u.leaves_at is null or u.keeps_articles) \
         order by r.created_at, r.comment_id, r.reporter_id limit $1 offset $2";
    const HELD: &str = "select c.id, u.username as author, c.body, a.slug, a.title, \
         null as reporter, '' as reason, c.created_at as at from comments c \
         join users u on u.id = c.author_id join articles a on a.id = c.article_id \
         where c.state = 'held' and a.status = 'published' and a.published_at <= $3 \
         and u.leaves_at is null order by c.created_at, c.id limit $1 offset $2";
    let cut = Cut::new(page, COMMENTS_PER_PAGE);
    let rows = async |sql: &'static str, most: i64, offset: i64| {
        let rows: sqlx::Result<Vec<Row>> = reading!(db, |pool| {
            sqlx::query_as(sql).bind(most).bind(offset).bind(now).fetch_all(pool).await
        });
        rows.map(|rows| rows.into_iter().map(Row::into_reported).collect::<Vec<_>>())
    };
    let held = rows(HELD, i64::from(COMMENTS_PER_PAGE), 0).await?;
    let mut reports = rows(REPORTED, cut.read(), cut.past()).await?;
    let more = cut.trim(&mut reports);
    Ok(Reports { held, reports, page: cut.page, more })
}

/// Decides about a comment that was reported or held; all reports of it are settled with that.
///
/// # Errors
/// [`Error::NotFound`] when neither is so any more.
pub async fn settle(
    db: &Db,
    (moderator, client): (&User, &Client),
    comment: Uuid,
    verdict: Verdict,
    now: Timestamp,
) -> Result<(), Failure> {
    match verdict {
        Verdict::Remove => {
            deciding::delete(db, (moderator, client), comment, now).await?;
        }
        Verdict::Keep => {
            let mut tx = users::begin(db, moderator).await?;
            let settled = keep(&mut tx, comment).await?;
            if settled == 0 {
                return Err(Error::NotFound.into());
            }
            tx.commit().await?;
        }
    }
    Ok(())
}

/// Settles the reports of a comment and approves it if it is held; says how much there was to do.
async fn keep(tx: &mut Tx, comment: Uuid) -> sqlx::Result<u64> {
    const DISMISS: &str = "delete from comment_reports where comment_id = $1";
    const APPROVE: &str = "update comments set state = 'shown' where id = $1 and state = 'held'";
    let mut done = 0;
    for settle in [APPROVE, DISMISS] {
        done += within!(&mut *tx, |c| {
            sqlx::query(settle).bind(comment).execute(c).await.map(|done| done.rows_affected())
        })?;
    }
    Ok(done)
}
