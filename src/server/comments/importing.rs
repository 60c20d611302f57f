//! Comments that come in files: each is added once, and changes none that is here.

use uuid::Uuid;

use crate::{
    domain::comment::{CommentState, CommentText},
    server::{
        clock::Timestamp,
        db::{Tx, within},
        markdown::comments::render,
    },
};

/// A comment from a file, every field checked.
pub struct Incoming {
    /// What it says.
    pub text: CommentText,
    /// Who sees it.
    pub state: CommentState,
    /// When it was written.
    pub created: Timestamp,
}

/// Adds it, with HTML that is made here; says whether it is one more. The one that is here has the
/// same author, time and text, under the same article.
///
/// # Errors
/// When the database cannot be written.
pub async fn add(tx: &mut Tx, article: Uuid, author: Uuid, new: &Incoming) -> sqlx::Result<bool> {
    const ADD: &str = "insert into comments (id, article_id, author_id, body, html, state, created_at) \
         select $1, $2, $3, $4, $5, $6, $7 where not exists (select 1 from comments \
         where article_id = $2 and author_id = $3 and created_at = $7 and body = $4)";
    let html = render(new.text.as_str());
    within!(tx, |c| {
        sqlx::query(ADD)
            .bind(Uuid::now_v7())
            .bind(article)
            .bind(author)
            .bind(new.text.as_str())
            .bind(&html)
            .bind(new.state.name())
            .bind(new.created)
            .execute(c)
            .await
            .map(|done| done.rows_affected() > 0)
    })
}
