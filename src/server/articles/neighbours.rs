//! The articles before and after one, by the same author.

use html_escape::{encode_double_quoted_attribute, encode_text};
use sqlx::FromRow;
use uuid::Uuid;

use crate::server::{
    clock::Timestamp,
    db::{Db, reading},
};

/// An article's place among those of its author.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Its key.
    pub id: Uuid,
    /// Whose it is.
    pub author: Uuid,
    /// When it was published.
    pub published: Timestamp,
}

/// The articles on both sides of one.
#[derive(Debug)]
pub struct Neighbours {
    before: Option<Neighbour>,
    after: Option<Neighbour>,
}

#[derive(Debug, FromRow)]
struct Neighbour {
    slug: String,
    title: String,
    published_at: Timestamp,
}

/// `$1` is the author, `$2` and `$3` when the one was published and its key.
macro_rules! neighbour_sql {
    ($whose:literal, before) => {
        neighbour_sql!($whose, "<", " desc")
    };
    ($whose:literal, after) => {
        neighbour_sql!($whose, ">", "")
    };
    ($whose:literal, $than:literal, $order:literal) => {
        concat!(
            "select slug, title, published_at from articles \
             where author_id = $1 and status = 'published'",
            $whose,
            " and (published_at, id) ",
            $than,
            " ($2, $3) order by published_at",
            $order,
            ", id",
            $order,
            " limit 1"
        )
    };
}

/// The statements that read the neighbour before and the one after: each the next entry of an
/// index. Without a log-in they pass over what is for members.
pub const fn sql(member: bool) -> [&'static str; 2] {
    if member {
        [neighbour_sql!("", before), neighbour_sql!("", after)]
    } else {
        [
            neighbour_sql!(" and visibility = 'public'", before),
            neighbour_sql!(" and visibility = 'public'", after),
        ]
    }
}

/// What was published before an article and after it, up to now, of what the reader may read.
///
/// # Errors
/// When the database cannot be read.
pub async fn of(db: &Db, place: Place, member: bool, now: Timestamp) -> sqlx::Result<Neighbours> {
    let [before, after] = sql(member);
    // What is yet to come has no place before anything that is there.
    let from = Place { published: place.published.min(now), ..place };
    let before = next(db, before, from).await?;
    let after = next(db, after, place).await?.filter(|next| next.published_at <= now);
    Ok(Neighbours { before, after })
}

async fn next(db: &Db, sql: &'static str, from: Place) -> sqlx::Result<Option<Neighbour>> {
    reading!(db, |pool| sqlx::query_as(sql)
        .bind(from.author)
        .bind(from.published)
        .bind(from.id)
        .fetch_optional(pool)
        .await)
}

impl Neighbours {
    /// The links to them as HTML, to be shown as it is; empty if there is none.
    pub fn to_html(&self, author: &str) -> String {
        let link = |rel: &str, label: &str, article: &Neighbour| {
            let (slug, title) = (&article.slug, encode_text(&article.title));
            format!(
                "<a href=\"/article/{slug}\" rel=\"{rel}\"><span>{label}</span> <bdi>{title}</bdi></a>"
            )
        };
        let before = self.before.as_ref().map(|article| link("prev", "Previous", article));
        let after = self.after.as_ref().map(|article| link("next", "Next", article));
        let links: String = before.into_iter().chain(after).collect();
        if links.is_empty() {
            return links;
        }
        let author = encode_double_quoted_attribute(author);
        format!("<nav aria-label=\"More by {author}\">{links}</nav>")
    }
}
