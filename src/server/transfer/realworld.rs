//! The JSON that sites of the RealWorld kind answer `GET /api/articles` with.

use serde::Deserialize;

use super::front_matter::ArticleFile;
use crate::domain::transfer::Fault;

#[derive(Deserialize)]
struct Answer {
    articles: Vec<Item>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    #[serde(default)]
    slug: String,
    title: String,
    #[serde(default)]
    description: Option<String>,
    // Its lists of articles have none since 2024.
    #[serde(default)]
    body: String,
    #[serde(default)]
    tag_list: Vec<String>,
    created_at: String,
    updated_at: String,
    author: Author,
}

#[derive(Deserialize)]
struct Author {
    username: String,
}

/// What is in it. There every article is published, and for everybody.
///
/// # Errors
/// [`Fault::Unreadable`].
pub fn parse(json: &[u8]) -> Result<Vec<ArticleFile>, Fault> {
    let Answer { articles } = serde_json::from_slice(json).map_err(|_| Fault::Unreadable)?;
    Ok(articles.into_iter().map(Item::into_file).collect())
}

impl Item {
    fn into_file(self) -> ArticleFile {
        ArticleFile {
            name: if self.slug.is_empty() { self.title.clone() } else { self.slug.clone() },
            title: self.title,
            description: self.description.unwrap_or_default(),
            author: self.author.username,
            slug: self.slug,
            tags: self.tag_list,
            status: "published".into(),
            published: self.created_at.clone(),
            created: self.created_at,
            updated: self.updated_at,
            body: self.body,
            ..ArticleFile::default()
        }
    }
}
