//! Tallies: how many articles there are, and how many were published in which week.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::{
    domain::article::{Status, Visibility},
    server::{
        clock::Timestamp,
        db::{Db, Tx, reading, within},
    },
};

/// Whose articles are counted. In this order their rows are written: first those that few
/// others want, and what everybody waits for last.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// One author's.
    Author(Uuid),
    /// Those under one tag.
    Tag(String),
    /// All.
    Site,
}

impl Scope {
    /// As the database holds it.
    pub fn key(&self) -> String {
        match self {
            Scope::Author(author) => format!("author:{author}"),
            Scope::Tag(tag) => format!("tag:{tag}"),
            Scope::Site => "site".into(),
        }
    }
}

/// What an article that is not published is counted under.
pub const DRAFT: &str = Status::Draft.name();

/// What an article is counted by.
pub struct Countable<'a> {
    /// Whose it is.
    pub author: Uuid,
    /// Draft or published.
    pub status: Status,
    /// Who may read it.
    pub visibility: Visibility,
    /// When it appeared, or will. A draft may have one, by which nothing counts it.
    pub published_at: Option<Timestamp>,
    /// Its tags.
    pub tags: &'a [String],
}

/// What is counted under in one scope: a kind alone, or a kind and the week of its publication.
type Row = (Scope, Option<i64>, &'static str);

/// What a transaction does to the counts.
#[derive(Debug, Default)]
pub struct Changes(BTreeMap<Row, i64>);

impl Changes {
    /// There is one more.
    pub fn add(&mut self, article: &Countable<'_>) {
        self.change(article, 1);
    }

    /// There is one less.
    pub fn remove(&mut self, article: &Countable<'_>) {
        self.change(article, -1);
    }

    fn change(&mut self, article: &Countable<'_>, by: i64) {
        let (kind, tags) = match article.status {
            Status::Draft => (DRAFT, &[][..]),
            Status::Published => (article.visibility.name(), article.tags),
        };
        let tags = tags.iter().cloned().map(Scope::Tag);
        for scope in tags.chain([Scope::Author(article.author), Scope::Site]) {
            self.count(scope, (kind, article.published_at), by);
        }
    }

    /// There are that many more of a kind, published at that time, in one scope.
    pub fn count(
        &mut self,
        scope: Scope,
        (kind, published_at): (&'static str, Option<Timestamp>),
        by: i64,
    ) {
        let week = published_at.filter(|_| kind != DRAFT).map(Timestamp::week);
        if week.is_some() {
            *self.0.entry((scope.clone(), week, kind)).or_default() += by;
        }
        *self.0.entry((scope, None, kind)).or_default() += by;
    }

    /// Writes them, in the transaction that writes the article. The rows of both tables come in the
    /// map's order, which is everybody's: two writers wait and never lock each other out.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn store(self, tx: &mut Tx) -> sqlx::Result<()> {
        for ((scope, week, kind), by) in self.0.into_iter().filter(|(_, by)| *by != 0) {
            let scope = scope.key();
            match week {
                None => store_tally(tx, &scope, kind, by).await?,
                Some(week) => store_week(tx, &scope, week, kind, by).await?,
            }
        }
        Ok(())
    }
}

async fn store_tally(tx: &mut Tx, scope: &str, kind: &str, by: i64) -> sqlx::Result<()> {
    const CHANGE: &str = "insert into tallies (scope, kind, count) values ($1, $2, $3) \
         on conflict (scope, kind) do update set count = tallies.count + excluded.count";
    const FORGET: &str = "delete from tallies where scope = $1 and kind = $2 and count = 0";
    within!(&mut *tx, |c| {
        sqlx::query(CHANGE).bind(scope).bind(kind).bind(by).execute(c).await.map(|_| ())
    })?;
    if by < 0 {
        within!(tx, |c| sqlx::query(FORGET).bind(scope).bind(kind).execute(c).await.map(|_| ()))?;
    }
    Ok(())
}

async fn store_week(tx: &mut Tx, scope: &str, week: i64, kind: &str, by: i64) -> sqlx::Result<()> {
    const CHANGE: &str = "insert into weeks (scope, week, public, members) values ($1, $2, $3, $4) \
         on conflict (scope, week) do update set public = weeks.public + excluded.public, \
         members = weeks.members + excluded.members";
    const FORGET: &str =
        "delete from weeks where scope = $1 and week = $2 and public = 0 and members = 0";
    let public = if kind == Visibility::Public.name() { by } else { 0 };
    within!(&mut *tx, |c| {
        let change = sqlx::query(CHANGE).bind(scope).bind(week).bind(public).bind(by - public);
        change.execute(c).await.map(|_| ())
    })?;
    if by < 0 {
        within!(tx, |c| sqlx::query(FORGET).bind(scope).bind(week).execute(c).await.map(|_| ()))?;
    }
    Ok(())
}

/// How many are published, those for members among them or not.
///
/// # Errors
/// When the database cannot be read.
pub async fn published(db: &Db, scope: &Scope, members: bool) -> sqlx::Result<i64> {
    const COUNT: &str = "select cast(coalesce(sum(count), 0) as bigint) from tallies where scope = $1 and \
         (kind = 'public' or (kind = 'members' and $2))";
    reading!(db, |pool| {
        sqlx::query_scalar(COUNT).bind(scope.key()).bind(members).fetch_one(pool).await
    })
}

/// How many drafts there are.
///
/// # Errors
/// When the database cannot be read.
pub async fn drafts(db: &Db, scope: &Scope) -> sqlx::Result<i64> {
    const COUNT: &str = "select count from tallies where scope = $1 and kind = 'draft'";
    let counted: Option<i64> = reading!(db, |pool| sqlx::query_scalar(COUNT)
        .bind(scope.key())
        .fetch_optional(pool)
        .await)?;
    Ok(counted.unwrap_or(0))
}
