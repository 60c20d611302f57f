//! The addresses that articles have, and had. One that readers knew an article by leads to it for
//! ever and is given to no other; a draft's, which nobody knew, is free again when it changes.

use uuid::Uuid;

use crate::{
    domain::article::{Slug, Title},
    server::{
        clock::Timestamp,
        db::{Db, Tx, reading, within},
        users::User,
    },
};

/// How many random digits follow a slug whose title is not the first.
const TAIL: usize = 6;

/// Takes an address that is free, or that the article had; says whether it was to be had.
///
/// # Errors
/// When the database cannot be written.
pub async fn take(tx: &mut Tx, article: Uuid, slug: &str) -> sqlx::Result<bool> {
    const TAKE: &str = "insert into article_slugs (slug, article_id) values ($1, $2) \
         on conflict (slug) do update set article_id = excluded.article_id \
         where article_slugs.article_id = excluded.article_id returning slug";
    let taken: Option<String> =
        within!(tx, |c| sqlx::query_scalar(TAKE).bind(slug).bind(article).fetch_optional(c).await)?;
    Ok(taken.is_some())
}

/// Gives an address back that no reader knew.
///
/// # Errors
/// When the database cannot be written.
pub async fn give_back(tx: &mut Tx, article: Uuid, slug: &str) -> sqlx::Result<()> {
    const GIVE_BACK: &str = "delete from article_slugs where slug = $1 and article_id = $2";
    within!(tx, |c| sqlx::query(GIVE_BACK).bind(slug).bind(article).execute(c).await.map(|_| ()))
}

/// Where the article that was at this address is now, if it is another place and the reader may
/// know of the article.
///
/// # Errors
/// When the database cannot be read.
pub async fn successor(
    db: &Db,
    slug: &str,
    reader: Option<&User>,
    now: Timestamp,
) -> sqlx::Result<Option<String>> {
    const SUCCESSOR: &str = "select a.slug from article_slugs s join articles a on a.id = s.article_id \
         where s.slug = $1 and a.slug <> s.slug and a.status <> 'deleted' and (a.author_id = $2 or \
         (a.status = 'published' and a.published_at <= $3 and (a.visibility = 'public' or $4)))";
    // What cannot be a slug is looked up in no index.
    let Some(slug) = Slug::parse(slug) else { return Ok(None) };
    // No account has this key.
    let viewer = reader.map_or(Uuid::nil(), |reader| reader.id);
    reading!(db, |pool| {
        sqlx::query_scalar(SUCCESSOR)
            .bind(slug.as_str())
            .bind(viewer)
            .bind(now)
            .bind(reader.is_some())
            .fetch_optional(pool)
            .await
    })
}

/// Addresses to try in turn until one is free: the title's own, then with a random tail.
pub fn of_title(title: &Title) -> impl Iterator<Item = String> + use<> {
    let base = first_of(title);
    let tailed = base.clone();
    let tail = move |_| format!("{tailed}-{}", &Uuid::new_v4().simple().to_string()[..TAIL]);
    std::iter::once(base).chain((0..4).map(tail))
}

fn first_of(title: &Title) -> String {
    let whole = slug::slugify(title.as_str());
    // With room for a hyphen and a tail.
    let cut: String = whole.chars().take(Slug::LONGEST - TAIL - 1).collect();
    match cut.trim_end_matches('-') {
        "" => "article".into(),
        slug => slug.into(),
    }
}
