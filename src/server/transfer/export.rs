//! All that a site has, as a zip.

use std::{collections::BTreeSet, io::Write};

use serde::Serialize;
use sqlx::FromRow;
use uuid::Uuid;
use zip::{
    CompressionMethod, DateTime, ZipWriter,
    write::{SimpleFileOptions, StreamWriter},
};

use super::{
    front_matter::{ArticleFile, CHANGES, CLOSED, name_of_changes, parts, path_of},
    people, pictures, readers, versions,
};
use crate::server::{
    articles::{
        reading::TextRow,
        working_copies::{self, WorkingCopy},
    },
    clock::Timestamp,
    db::{Db, reading},
    images::shelf::Shelf,
};

/// How much was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// How many articles.
    pub articles: usize,
    /// How many pictures.
    pub pictures: usize,
    /// How many versions of articles.
    pub versions: usize,
    /// How many comments.
    pub comments: usize,
    /// How many favourites.
    pub favorites: usize,
    /// How many who follow another.
    pub follows: usize,
}

/// Writes it: the people, if their hashes are asked for with those, every article that is not in
/// the bin with the changes of it that are not published, what it said before and what was said
/// under it, what people like and whom they follow, and the pictures that all these show.
///
/// # Errors
/// When the database or a picture cannot be read or the zip not be written.
pub async fn export(
    db: &Db,
    shelf: &Shelf,
    out: impl Write,
    with_accounts: bool,
) -> anyhow::Result<Exported> {
    let mut zip = ZipWriter::new_stream(out);
    let people = json(&people::all(db, with_accounts).await?)?;
    zip.start_file(people::FILE, options(None))?;
    zip.write_all(&people)?;
    let mut written = Exported::default();
    for Listed { id, author_id, .. } in list(db).await? {
        // What was deleted meanwhile is left out.
        let files = with_changes(db, author_id, id).await?;
        for file in &files {
            zip.start_file(file.name.as_str(), options(file.changed))?;
            zip.write_all(file.to_markdown().as_bytes())?;
        }
        if let Some(article) = files.first() {
            written.articles += 1;
            written.versions += put_versions(&mut zip, db, (id, article)).await?;
            written.comments += put_talk(&mut zip, db, (id, article)).await?;
        }
    }
    for reader in readers::all(db).await? {
        for (path, reader) in readers::files_of(db, &reader).await? {
            zip.start_file(path, options(None))?;
            zip.write_all(&json(&reader)?)?;
            written.favorites += reader.favorites.len();
            written.follows += reader.follows.len();
        }
    }
    written.pictures = put_pictures(&mut zip, db, shelf).await?;
    zip.finish()?.into_inner().flush()?;
    Ok(written)
}

/// Writes what an article said before, each part with the time of its last version.
async fn put_versions<W: Write>(
    zip: &mut ZipWriter<StreamWriter<W>>,
    db: &Db,
    article: (Uuid, &ArticleFile),
) -> anyhow::Result<usize> {
    let (mut put, mut part) = (0, (0, 0));
    while let Some((path, history, saved)) = versions::part(db, article, part).await? {
        zip.start_file(path, options(Some(saved)))?;
        zip.write_all(&json(&history)?)?;
        put += history.versions.len();
        part = (part.0 + 1, history.versions.last().map_or(part.1, |last| last.version));
    }
    Ok(put)
}

/// Writes what was said under an article, each part with the time of its last comment.
async fn put_talk<W: Write>(
    zip: &mut ZipWriter<StreamWriter<W>>,
    db: &Db,
    article: (Uuid, &ArticleFile),
) -> anyhow::Result<usize> {
    let (mut said, mut part) = (0, (0, None));
    while let Some((path, talk, next)) = readers::talk(db, article, part).await? {
        zip.start_file(path, options(Some(next.0)))?;
        zip.write_all(&json(&talk)?)?;
        said += talk.comments.len();
        part = (part.0 + 1, Some(next));
    }
    Ok(said)
}

/// Writes the pictures, one at a time, and then what is said of those that were there.
async fn put_pictures<W: Write>(
    zip: &mut ZipWriter<StreamWriter<W>>,
    db: &Db,
    shelf: &Shelf,
) -> anyhow::Result<usize> {
    let (mut told, mut written) = (Vec::new(), BTreeSet::new());
    for picture in pictures::shown(db).await? {
        if !written.contains(&picture.file) {
            let Some(name) = picture.name() else { continue };
            let Some(file) = shelf.read(&name).await? else { continue };
            zip.start_file(picture.file.as_str(), options(None))?;
            zip.write_all(&file)?;
            written.insert(picture.file.clone());
        }
        told.push(picture);
    }
    zip.start_file(pictures::FILE, options(None))?;
    zip.write_all(&json(&told)?)?;
    Ok(written.len())
}

/// A file of JSON that people can read as well.
///
/// # Errors
/// None that is known.
pub fn json(value: &impl Serialize) -> serde_json::Result<Vec<u8>> {
    let mut json = serde_json::to_vec_pretty(value)?;
    json.push(b'\n');
    Ok(json)
}

#[derive(FromRow)]
struct Listed {
    id: Uuid,
    author_id: Uuid,
    author: String,
    slug: String,
}

/// In the order of their paths. Sorted here, since databases sort by their locale.
async fn list(db: &Db) -> sqlx::Result<Vec<Listed>> {
    const LIST: &str = "select a.id, a.author_id, a.slug, \
         case when u.leaves_at is null then u.username else 'a former member' end as author \
         from articles a join users u on u.id = a.author_id \
         where a.status = 'published' or (a.status = 'draft' and u.leaves_at is null)";
    let mut all: Vec<Listed> = reading!(db, |pool| sqlx::query_as(LIST).fetch_all(pool).await)?;
    all.sort_by_cached_key(|listed| path_of(&listed.author, &listed.slug));
    Ok(all)
}

/// One of a person's articles, whole.
///
/// # Errors
/// When the database cannot be read.
pub async fn article(db: &Db, author: Uuid, id: Uuid) -> sqlx::Result<Option<ArticleFile>> {
    // A tag has no comma in it: that is what separates them when they are typed.
    const READ: &str = "select a.slug, title, description, body, visibility, status, a.created_at, a.updated_at, \
         published_at, case when status = 'draft' then publish_at end as publish_at, slug_wanted, canonical, \
         language, direction, cover, cover_alt, comments_closed, case when u.leaves_at is null then u.username else 'a former member' end as author, \
         coalesce((select string_agg(tag, ',' order by position) from article_tags where article_id = a.id), '') \
         as tags, coalesce((select string_agg(slug, ',') from article_slugs where article_id = a.id \
         and slug <> a.slug), '') as former_slugs \
         from articles a join users u on u.id = a.author_id \
         where a.id = $1 and a.author_id = $2";
    let row: Option<Row> = reading!(db, |pool| {
        sqlx::query_as(READ).bind(id).bind(author).fetch_optional(pool).await
    })?;
    Ok(row.map(Row::into_file))
}

#[derive(FromRow)]
struct Row {
    slug: String,
    status: String,
    created_at: Timestamp,
    updated_at: Timestamp,
    published_at: Option<Timestamp>,
    author: String,
    tags: String,
    former_slugs: String,
    comments_closed: bool,
    #[sqlx(flatten)]
    text: TextRow,
}

impl Row {
    fn into_file(self) -> ArticleFile {
        let mut former_slugs = parts(&self.former_slugs);
        former_slugs.sort();
        let file = ArticleFile {
            name: path_of(&self.author, &self.slug),
            changed: Some(self.updated_at),
            author: self.author,
            slug: self.slug,
            former_slugs,
            tags: parts(&self.tags),
            status: self.status,
            created: self.created_at.to_rfc3339(),
            updated: self.updated_at.to_rfc3339(),
            published: told(self.published_at),
            comments: if self.comments_closed { CLOSED.to_owned() } else { String::new() },
            ..ArticleFile::default()
        };
        with_text(file, self.text)
    }
}

/// One of a person's articles, whole, and the changes of it that are not published; of somebody who
/// is leaving these go with them.
///
/// # Errors
/// When the database cannot be read.
pub async fn with_changes(db: &Db, author: Uuid, id: Uuid) -> sqlx::Result<Vec<ArticleFile>> {
    let Some(article) = article(db, author, id).await? else { return Ok(Vec::new()) };
    let copy = if article.is_left() { None } else { working_copies::of(db, id).await? };
    let changes = copy.map(|copy| changed(&article, copy));
    Ok(std::iter::once(article).chain(changes).collect())
}

/// An article as its author has it, beside the one that readers see.
fn changed(article: &ArticleFile, copy: WorkingCopy) -> ArticleFile {
    let file = ArticleFile {
        name: name_of_changes(&article.name),
        changed: Some(copy.saved_at),
        tags: parts(&copy.tags),
        status: CHANGES.into(),
        updated: copy.saved_at.to_rfc3339(),
        ..article.clone()
    };
    with_text(file, copy.text)
}

/// The file with that text in it.
pub fn with_text(file: ArticleFile, text: TextRow) -> ArticleFile {
    ArticleFile {
        title: text.title,
        description: text.description,
        visibility: text.visibility,
        publish_at: told(text.publish_at),
        slug_wanted: text.slug_wanted,
        canonical: text.canonical,
        language: text.language,
        // The default is nothing to tell.
        direction: if text.direction == "auto" { String::new() } else { text.direction },
        cover: text.cover,
        cover_alt: text.cover_alt,
        body: text.body,
        ..file
    }
}

fn told(at: Option<Timestamp>) -> String {
    at.map(Timestamp::to_rfc3339).unwrap_or_default()
}

/// How a file is packed, with the time that unpacking gives it: its article's, which goes where
/// the article goes, or the first that a zip knows.
pub fn options(changed: Option<Timestamp>) -> SimpleFileOptions {
    let changed = changed.and_then(|changed| {
        let at = changed.to_offset();
        let (year, month) = (u16::try_from(at.year()).unwrap_or(1980), u8::from(at.month()));
        DateTime::from_date_and_time(year, month, at.day(), at.hour(), at.minute(), at.second())
            .ok()
    });
    SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .unix_permissions(0o644)
        .last_modified_time(changed.unwrap_or_default())
}
