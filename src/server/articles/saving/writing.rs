//! A save under way: the article's row, and what follows it.

use uuid::Uuid;

use super::{Basis, Intent, Saved, Stored, Which, overtaken, rendered::Rendered, text::Text};
use crate::{
    domain::{
        article::life::RevisionKind,
        field::{Field, Problem},
    },
    error::Error,
    markdown::minutes,
    server::{
        articles::{
            revisions, slugs,
            tallies::{Changes, Countable},
            working_copies,
        },
        clock::Timestamp,
        db::{Db, Tx, within},
        failure::Failure,
        images::references,
    },
};

/// A save under way.
pub(super) struct Writing<'a> {
    author: Uuid,
    text: &'a Text,
    intent: Intent,
    rendered: Rendered<'a>,
    now: Timestamp,
}

impl<'a> Writing<'a> {
    pub(super) async fn new(
        db: &Db,
        author: Uuid,
        text: &'a Text,
        intent: Intent,
        now: Timestamp,
    ) -> Result<Self, Failure> {
        refuse_lost_cover(db, text, intent).await?;
        let rendered = Rendered::new(db, text, intent.status()).await?;
        Ok(Self { author, text, intent, rendered, now })
    }

    pub(super) async fn insert(&self, tx: &mut Tx, which: Which<'_>) -> Result<Saved, Failure> {
        const INSERT: &str = "insert into articles (id, author_id, slug, title, description, body, html, minutes, \
             visibility, status, version, created_at, updated_at, published_at, appeared, slug_wanted, canonical, \
             language, direction, publish_at, draft_key) \
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1, $11, $11, $12, $13, $14, $15, $16, $17, $18, $19)";
        let id = Uuid::now_v7();
        let slug = self.settle_slug(tx, id, None).await?;
        let published_at = self.published_at(None);
        let text = self.text;
        let draft_key = match which {
            Which::New(key) => key,
            Which::Id(_) | Which::At(_) => None,
        };
        within!(&mut *tx, |c| {
            sqlx::query(INSERT)
                .bind(id)
                .bind(self.author)
                .bind(&slug)
                .bind(text.title.as_str())
                .bind(text.description.as_str())
                .bind(text.body.as_str())
                .bind(&self.rendered.html)
                .bind(i64::from(minutes(text.body.as_str())))
                .bind(text.visibility.name())
                .bind(self.intent.status().name())
                .bind(self.now)
                .bind(published_at)
                .bind(self.has_appeared(published_at))
                .bind(text.slug_wanted())
                .bind(text.canonical())
                .bind(text.language())
                .bind(text.direction.name())
                .bind(self.publish_at(published_at))
                .bind(draft_key)
                .execute(c)
                .await
                .map(|_| ())
        })?;
        let mut changes = Changes::default();
        changes.add(&self.countable(published_at));
        let kind = revision_kind(false, self.intent);
        self.finish(tx, (id, 1, kind), published_at, changes).await?;
        let scheduled = published_at.is_some_and(|at| at > self.now);
        Ok(Saved { id, slug, version: 1, scheduled })
    }

    pub(super) async fn overwrite(
        &self,
        tx: &mut Tx,
        basis: Basis<'_>,
        before: &Stored,
    ) -> Result<Saved, Failure> {
        if self.intent == Intent::Keep && before.is_published() {
            return Err(Error::Conflict { version: before.version }.into());
        }
        let slug = self.settle_slug(tx, before.id, Some(before)).await?;
        let published_at = self.published_at(Some(before));
        if !self.write_over(tx, basis.version, before, &slug, published_at).await? {
            return Err(overtaken(tx, before.id).await?.into());
        }
        let tags_before = clear_tags(tx, before.id).await?;
        working_copies::drop_of(tx, before.id).await?;
        let mut changes = Changes::default();
        changes.remove(&before.countable(self.author, &tags_before));
        changes.add(&self.countable(published_at));
        let version = basis.version + 1;
        let kind = revision_kind(before.is_published(), self.intent);
        self.finish(tx, (before.id, version, kind), published_at, changes).await?;
        let scheduled = published_at.is_some_and(|at| at > self.now);
        Ok(Saved { id: before.id, slug, version, scheduled })
    }

    /// Whether the row still had that version: checked and written in one statement.
    async fn write_over(
        &self,
        tx: &mut Tx,
        version: i64,
        before: &Stored,
        slug: &str,
        published_at: Option<Timestamp>,
    ) -> sqlx::Result<bool> {
        const OVERWRITE: &str = "update articles set slug = $3, title = $4, description = $5, body = $6, html = $7, \
             minutes = $8, visibility = $9, status = $10, version = version + 1, updated_at = $11, \
             published_at = $12, appeared = $13, slug_wanted = $14, canonical = $15, language = $16, \
             direction = $17, publish_at = $18 where id = $1 and version = $2";
        let text = self.text;
        within!(tx, |c| {
            sqlx::query(OVERWRITE)
                .bind(before.id)
                .bind(version)
                .bind(slug)
                .bind(text.title.as_str())
                .bind(text.description.as_str())
                .bind(text.body.as_str())
                .bind(&self.rendered.html)
                .bind(i64::from(minutes(text.body.as_str())))
                .bind(text.visibility.name())
                .bind(self.intent.status().name())
                .bind(self.now)
                .bind(published_at)
                .bind(before.has_appeared(self.now) || self.has_appeared(published_at))
                .bind(text.slug_wanted())
                .bind(text.canonical())
                .bind(text.language())
                .bind(text.direction.name())
                .bind(self.publish_at(published_at))
                .execute(c)
                .await
                .map(|done| done.rows_affected() == 1)
        })
    }

    /// What follows the row: what is beside it, its revision, and what is counted.
    async fn finish(
        &self,
        tx: &mut Tx,
        (id, version, kind): (Uuid, i64, RevisionKind),
        published_at: Option<Timestamp>,
        changes: Changes,
    ) -> sqlx::Result<()> {
        self.rendered.store(tx, id, published_at).await?;
        revisions::note(tx, id, version, kind, self.text, self.now).await?;
        changes.store(tx).await
    }

    /// The address that it has from now on.
    async fn settle_slug(
        &self,
        tx: &mut Tx,
        id: Uuid,
        before: Option<&Stored>,
    ) -> Result<String, Failure> {
        let known = before.is_some_and(|before| before.has_appeared(self.now));
        let had = before.map(|before| before.slug.as_str());
        let wanted = self.text.slug.as_ref().map(|slug| slug.as_str().to_owned());
        let stays = before.is_some_and(|before| {
            let as_before =
                before.title == self.text.title.as_str() && before.slug_wanted.is_empty();
            wanted.is_none() && (known || as_before)
        });
        if let Some(had) = had.filter(|had| stays || wanted.as_deref() == Some(*had)) {
            return Ok(had.to_owned());
        }
        let is_wanted = wanted.is_some();
        for slug in wanted.into_iter().chain(slugs::of_title(&self.text.title)) {
            if had == Some(slug.as_str()) {
                return Ok(slug);
            }
            if slugs::take(tx, id, &slug).await? {
                if let Some(had) = had.filter(|_| !known) {
                    slugs::give_back(tx, id, had).await?;
                }
                return Ok(slug);
            }
            if is_wanted {
                // What is only kept goes on under the address that it has, and is told when it is
                // to be published: no word is lost over it.
                let taken = Error::Invalid(vec![(Field::SlugWanted, Problem::Taken)]);
                match (self.intent, had) {
                    (Intent::Keep, Some(had)) => return Ok(had.to_owned()),
                    (Intent::Keep, None) => {}
                    _ => return Err(taken.into()),
                }
            }
        }
        Err(anyhow::anyhow!("no free slug").into())
    }

    /// When it appears or appeared. An article that has readers keeps its day, whatever is wanted;
    /// one that was taken back before its time has none.
    fn published_at(&self, before: Option<&Stored>) -> Option<Timestamp> {
        let appeared = before.and_then(|before| before.published_at).filter(|at| *at <= self.now);
        let has_readers = appeared.is_some() && before.is_some_and(Stored::is_published);
        let wanted = self.text.publish_at.filter(|at| *at > self.now && !has_readers);
        match self.intent {
            Intent::Publish => wanted.or(appeared).or(Some(self.now)),
            Intent::Draft | Intent::Keep => appeared,
        }
    }

    /// What its editor shows as the time to come.
    fn publish_at(&self, published_at: Option<Timestamp>) -> Option<Timestamp> {
        match self.intent {
            Intent::Publish => published_at.filter(|at| *at > self.now),
            Intent::Draft | Intent::Keep => self.text.publish_at,
        }
    }

    fn has_appeared(&self, published_at: Option<Timestamp>) -> bool {
        published_at.is_some_and(|at| at <= self.now)
    }

    fn countable(&self, published_at: Option<Timestamp>) -> Countable<'_> {
        Countable {
            author: self.author,
            status: self.intent.status(),
            visibility: self.text.visibility,
            published_at,
            tags: self.text.tags.as_slice(),
        }
    }
}

/// A cover must be here. What is only kept may name one that is not: no word is lost over it.
async fn refuse_lost_cover(db: &Db, text: &Text, intent: Intent) -> Result<(), Failure> {
    let cover = text.cover.address();
    if intent == Intent::Keep || cover.is_empty() {
        return Ok(());
    }
    match references::shown(db, &cover, text.cover.alt()).await? {
        Some(_) => Ok(()),
        None => Err(Error::Invalid(vec![(Field::Cover, Problem::Malformed)]).into()),
    }
}

fn revision_kind(was_published: bool, intent: Intent) -> RevisionKind {
    match (was_published, intent) {
        (false, Intent::Publish) => RevisionKind::Published,
        (true, Intent::Publish) => RevisionKind::Updated,
        (true, Intent::Draft) => RevisionKind::Unpublished,
        (_, Intent::Keep) | (false, Intent::Draft) => RevisionKind::Kept,
    }
}

/// The tags that it had.
async fn clear_tags(tx: &mut Tx, article: Uuid) -> sqlx::Result<Vec<String>> {
    const CLEAR: &str = "delete from article_tags where article_id = $1 returning tag";
    within!(tx, |c| sqlx::query_scalar(CLEAR).bind(article).fetch_all(c).await)
}
