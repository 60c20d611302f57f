//! What is made of a text before anything is held, and what is stored beside its article's row.

use uuid::Uuid;

use super::text::Text;
use crate::{
    domain::article::Status,
    server::{
        articles::search::{self, FoundBy},
        clock::Timestamp,
        db::{Db, Tx, within},
        images::references,
        markdown,
    },
};

/// A text on its way into the database.
pub struct Rendered<'a> {
    text: &'a Text,
    status: Status,
    /// What its readers get.
    pub html: String,
    /// A draft is not found.
    found_by: Option<FoundBy>,
}

impl<'a> Rendered<'a> {
    /// Renders a text, which will be stored in that state.
    ///
    /// # Errors
    /// When the database cannot be read, or a thread panicked.
    pub async fn new(db: &Db, text: &'a Text, status: Status) -> anyhow::Result<Self> {
        let html = markdown::render(text.body.as_str().to_owned()).await?;
        let html = references::dressed(db, html).await?;
        let found_by = match status {
            Status::Draft => None,
            Status::Published => {
                let (title, description) = (text.title.as_str(), text.description.as_str());
                let tags = text.tags.as_slice();
                Some(FoundBy::new(title.into(), tags, description.into(), html.clone()).await?)
            }
        };
        Ok(Self { text, status, html, found_by })
    }

    /// Stores what follows the row: its tags, its pictures, and what it is found by.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn store(
        &self,
        tx: &mut Tx,
        article: Uuid,
        published_at: Option<Timestamp>,
    ) -> sqlx::Result<()> {
        self.store_tags(tx, article, published_at).await?;
        self.store_pictures(tx, article).await?;
        search::keep(tx, article, self.found_by.as_ref()).await
    }

    async fn store_tags(
        &self,
        tx: &mut Tx,
        article: Uuid,
        published_at: Option<Timestamp>,
    ) -> sqlx::Result<()> {
        const ADD: &str = "insert into article_tags (article_id, tag, position, visibility, status, published_at) \
             values ($1, $2, $3, $4, $5, $6)";
        for (position, tag) in (0_i64..).zip(self.text.tags.as_slice()) {
            within!(tx, |c| sqlx::query(ADD)
                .bind(article)
                .bind(tag)
                .bind(position)
                .bind(self.text.visibility.name())
                .bind(self.status.name())
                .bind(published_at)
                .execute(c)
                .await
                .map(|_| ()))?;
        }
        Ok(())
    }

    /// The picture at the head of an article, and which it shows in all.
    async fn store_pictures(&self, tx: &mut Tx, article: Uuid) -> sqlx::Result<()> {
        const COVER: &str = "update articles set cover = $2, cover_alt = $3 where id = $1";
        let (cover, alt) = (self.text.cover.address(), self.text.cover.alt());
        within!(tx, |c| {
            sqlx::query(COVER).bind(article).bind(&cover).bind(alt).execute(c).await.map(|_| ())
        })?;
        references::keep(tx, article, &[self.text.body.as_str(), &cover]).await
    }
}
