//! What readers made of an article, as one of them may see it.

use super::{
    AppState, articles::open, comments, config::Comments, failure::Failure, favorites, follows,
    users::User,
};
use crate::{
    domain::{account::FORMER, article::Slug, comment::Responses},
    error::Error,
};

/// What belongs under the article at that address, which `author` has signed; none under one that
/// is not there for its readers.
///
/// # Errors
/// When the database cannot be read.
pub async fn of(
    state: &AppState,
    slug: &Slug,
    reader: Option<&User>,
    author: &str,
    page: u32,
) -> Result<Option<Responses>, Failure> {
    let db = &state.db;
    let article = match open::find(db, slug, reader, state.clock.now()).await {
        Err(Failure::Refused(Error::NotFound)) => return Ok(None),
        found => found?,
    };
    let (favorites, favorite) =
        favorites::of_article(db, article.id, reader.map(|reader| reader.id)).await?;
    let mine = reader.is_some_and(|reader| reader.id == article.author_id);
    let following = match reader {
        Some(reader) if !mine && author != FORMER => {
            Some(follows::is_following(db, reader.id, article.author_id).await?)
        }
        _ => None,
    };
    let thread = match state.config.comments {
        Comments::Off => None,
        Comments::Open | Comments::Hold => Some(comments::list(db, &article, reader, page).await?),
    };
    Ok(Some(Responses {
        slug: slug.as_str().to_owned(),
        author: author.to_owned(),
        member: reader.is_some(),
        mine,
        favorites,
        favorite,
        following,
        thread,
    }))
}
