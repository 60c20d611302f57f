//! An article's page: the article, and what leads through it and on from it.

use super::{
    neighbours::{self, Place},
    reading::{self, Read},
};
use crate::{
    domain::{
        account::FORMER,
        article::{Article, Slug, Stage},
    },
    server::{
        AppState, contents,
        failure::Failure,
        head::{self, Head},
        users::User,
    },
};

/// The article at that address with all that its page shows. If it is published and a document is
/// being rendered, what machines want to know of it is written into the document's head.
///
/// # Errors
/// As [`reading::read`].
pub async fn read(
    state: &AppState,
    slug: &Slug,
    reader: Option<&User>,
    head: Option<Head>,
) -> Result<Article, Failure> {
    let Read { mut article, id, author, published, updated } =
        reading::read(state, slug, reader).await?;
    article.contents = contents::of(&article.html, article.preview.minutes);
    if article.stage != Stage::Published {
        return Ok(article);
    }
    // What former members wrote is not told apart by whose it was.
    if let Some(published) = published.filter(|_| article.preview.author != FORMER) {
        let place = Place { id, author, published };
        let now = state.clock.now();
        let found = neighbours::of(&state.db, place, reader.is_some(), now).await?;
        article.neighbours = found.to_html(&article.preview.author);
    }
    if let Some(place) = head {
        let (origin, site) = (state.config.origin.as_str(), &state.config.name);
        place.write(head::of_article(&article, &updated.to_when(), origin, site));
    }
    Ok(article)
}
