//! Articles that come in files: each is stored as it was where it came from, and takes the place
//! of none.

use sqlx::FromRow;
use uuid::Uuid;

use super::{
    bin::DELETED,
    revisions::{self, Earlier},
    saving::{Basis, Which, hold_version, raise_version, rendered::Rendered, stored, text::Text},
    slugs,
    tallies::{Changes, Countable},
    working_copies,
};
use crate::{
    domain::{
        article::{Slug, Status, life::RevisionKind},
        transfer::{Outcome, Reason},
    },
    error::Error,
    markdown::minutes,
    server::{
        clock::Timestamp,
        db::{Db, Tx, reading, within},
        failure::Failure,
        images::references,
    },
};

/// An article from a file, every field checked.
pub struct Incoming {
    /// What it says.
    pub text: Text,
    /// The last part of its address; the title's, if it comes with none.
    pub slug: Slug,
    /// Those that it had before.
    pub former_slugs: Vec<Slug>,
    /// Draft or published.
    pub status: Status,
    /// When it was begun.
    pub created: Timestamp,
    /// When it was saved the last time.
    pub updated: Timestamp,
    /// When it appeared, or will.
    pub published: Option<Timestamp>,
    /// Whether nobody may comment.
    pub comments_closed: bool,
    /// What it said before, the oldest first; the last is what its author saved last.
    pub versions: Vec<Earlier>,
}

impl Incoming {
    /// Whether it is that text.
    fn says(&self, title: &str, description: &str, body: &str) -> bool {
        let Text { title: own, description: standfirst, body: text, .. } = &self.text;
        (own.as_str(), standfirst.as_str(), text.as_str()) == (title, description, body)
    }

    /// The number of the last of its versions.
    fn version(&self) -> i64 {
        let last = self.versions.last().map_or(0, |last| last.version);
        last + i64::from(self.is_one_more())
    }

    /// Whether what it says now is to be a version too, since it is none of those that come along.
    /// Where these are as many as are kept, it may have been one that was forgotten.
    fn is_one_more(&self) -> bool {
        let says_it = |earlier: &Earlier| earlier.text.is_as(&self.text);
        self.versions.len() < usize::from(revisions::MOST) && !self.versions.iter().any(says_it)
    }
}

/// Which article of the author has that address, or had it.
///
/// # Errors
/// When the database cannot be read.
pub async fn at(db: &Db, author: Uuid, slug: &Slug) -> sqlx::Result<Option<Uuid>> {
    const AT: &str = "select a.id from article_slugs s join articles a on a.id = s.article_id \
         where s.slug = $1 and a.author_id = $2 and a.status in ('draft', 'published')";
    reading!(db, |pool| {
        sqlx::query_scalar(AT).bind(slug.as_str()).bind(author).fetch_optional(pool).await
    })
}

/// What keeps an article from being taken, if anything does: what has its address.
///
/// # Errors
/// When the database cannot be read.
pub async fn obstacle(db: &Db, author: Uuid, new: &Incoming) -> sqlx::Result<Option<Outcome>> {
    const HOLDER: &str = "select a.author_id, a.status, a.title, a.description, a.body \
         from article_slugs s join articles a on a.id = s.article_id where s.slug = $1";
    #[derive(FromRow)]
    struct Holder {
        author_id: Uuid,
        status: String,
        title: String,
        description: String,
        body: String,
    }
    let holder: Option<Holder> = reading!(db, |pool| {
        sqlx::query_as(HOLDER).bind(new.slug.as_str()).fetch_optional(pool).await
    })?;
    let Some(holder) = holder else { return Ok(None) };
    let same = new.says(&holder.title, &holder.description, &holder.body);
    Ok(Some(match () {
        () if holder.author_id != author => Outcome::Skipped(Reason::AddressTaken),
        () if holder.status == DELETED => Outcome::Skipped(Reason::InBin),
        () if same => Outcome::There,
        () => Outcome::Skipped(Reason::Differs),
    }))
}

/// Keeps changes that are not published beside the article at their address, which its author has
/// to have, and not to have changed here. Beside a draft that was `brought` with them too: somebody
/// took it offline while its author was changing it. A draft that was here before stays as it is.
///
/// # Errors
/// When the database cannot be read or written.
pub async fn keep_changes(
    tx: &mut Tx,
    author: Uuid,
    new: &Incoming,
    brought: bool,
    now: Timestamp,
) -> Result<Outcome, Failure> {
    const KEPT: &str = "select title, description, body from working_copies where article_id = $1";
    let found = match stored(tx, author, Which::At(&new.slug)).await {
        // Or somebody else's.
        Err(Failure::Refused(Error::NotFound)) => None,
        found => found?,
    };
    let Some(article) = found else { return Ok(Outcome::Skipped(Reason::Unsettled)) };
    let kept: Option<(String, String, String)> =
        within!(&mut *tx, |c| sqlx::query_as(KEPT).bind(article.id).fetch_optional(c).await)?;
    if let Some((title, description, body)) = kept {
        let same = new.says(&title, &description, &body);
        return Ok(if same { Outcome::There } else { Outcome::Skipped(Reason::Differs) });
    }
    if !brought && !article.is_published() {
        return Ok(Outcome::Skipped(Reason::Unsettled));
    }
    let basis = Basis { which: Which::Id(article.id), version: article.version, replaces: false };
    // Its author may be writing: the article is held before its working copy, as they do.
    if revisions::is_at(tx, article.id, article.version, &new.text).await? {
        // It came with the versions of the article.
        hold_version(tx, &basis, article.id).await?;
    } else {
        let version = raise_version(tx, &basis, article.id).await?;
        revisions::note(tx, article.id, version, RevisionKind::Kept, &new.text, now).await?;
    }
    working_copies::put(tx, article.id, &new.text, new.updated).await?;
    Ok(Outcome::Taken)
}

/// An article with what is made of its text, before anything is held.
pub struct Made<'a> {
    new: &'a Incoming,
    rendered: Rendered<'a>,
}

impl<'a> Made<'a> {
    /// # Errors
    /// When the database cannot be read, or a thread panicked.
    pub async fn of(db: &Db, new: &'a Incoming) -> anyhow::Result<Self> {
        let rendered = Rendered::new(db, &new.text, new.status).await?;
        Ok(Self { new, rendered })
    }

    /// Stores it; says whether its address was to be had. A former address that is another's is
    /// left to it.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn store(&self, tx: &mut Tx, author: Uuid, now: Timestamp) -> sqlx::Result<bool> {
        let (id, new) = (Uuid::now_v7(), self.new);
        if !slugs::take(tx, id, new.slug.as_str()).await? {
            return Ok(false);
        }
        for former in &new.former_slugs {
            let _ = slugs::take(tx, id, former.as_str()).await?;
        }
        self.want_pictures(tx).await?;
        self.insert(tx, (id, author), now).await?;
        self.rendered.store(tx, id, new.published).await?;
        let kind = match new.status {
            Status::Draft => RevisionKind::Kept,
            Status::Published => RevisionKind::Published,
        };
        for Earlier { version, kind, saved, text } in &new.versions {
            revisions::take_in(tx, id, *version, *kind, text, *saved).await?;
        }
        if new.is_one_more() {
            revisions::take_in(tx, id, new.version(), kind, &new.text, now).await?;
        }
        revisions::let_stay(tx, id).await?;
        let mut changes = Changes::default();
        changes.add(&Countable {
            author,
            status: new.status,
            visibility: new.text.visibility,
            published_at: new.published,
            tags: new.text.tags.as_slice(),
        });
        changes.store(tx).await?;
        Ok(true)
    }

    /// Those of all its versions at once, and so in the order in which everybody writes their rows.
    async fn want_pictures(&self, tx: &mut Tx) -> sqlx::Result<()> {
        let versions = self.new.versions.iter().map(|earlier| &earlier.text);
        let texts: Vec<&Text> = versions.chain([&self.new.text]).collect();
        let covers: Vec<_> = texts.iter().map(|text| text.cover.address()).collect();
        let bodies = texts.iter().map(|text| text.body.as_str());
        let named: Vec<&str> = bodies.chain(covers.iter().map(|cover| cover.as_ref())).collect();
        references::want(tx, &named).await
    }

    async fn insert(
        &self,
        tx: &mut Tx,
        (id, author): (Uuid, Uuid),
        now: Timestamp,
    ) -> sqlx::Result<()> {
        const INSERT: &str = "insert into articles (id, author_id, slug, title, description, body, html, minutes, \
             visibility, status, version, created_at, updated_at, published_at, appeared, slug_wanted, canonical, \
             language, direction, publish_at, comments_closed) \
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $21, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)";
        let (new, text) = (self.new, &self.new.text);
        let appeared = new.published.is_some_and(|at| at <= now) || !new.former_slugs.is_empty();
        within!(tx, |c| {
            sqlx::query(INSERT)
                .bind(id)
                .bind(author)
                .bind(new.slug.as_str())
                .bind(text.title.as_str())
                .bind(text.description.as_str())
                .bind(text.body.as_str())
                .bind(&self.rendered.html)
                .bind(i64::from(minutes(text.body.as_str())))
                .bind(text.visibility.name())
                .bind(new.status.name())
                .bind(new.created)
                .bind(new.updated)
                .bind(new.published)
                .bind(appeared)
                .bind(text.slug_wanted())
                .bind(text.canonical())
                .bind(text.language())
                .bind(text.direction.name())
                .bind(text.publish_at)
                .bind(new.comments_closed)
                .bind(new.version())
                .execute(c)
                .await
                .map(|_| ())
        })
    }
}
