//! The pictures of articles, as files: the widest form of each, under its own name, which is its
//! hash, and beside them a file with what their owners say of them.

use serde::{Deserialize, Serialize};
use sqlx::FromRow;

use crate::{
    domain::{account::FORMER, image::ImageName},
    server::{
        clock::Timestamp,
        db::{Db, reading},
        images::keeping::Named,
    },
};

/// Where they are.
pub const FOLDER: &str = "images/";

/// The path of the file beside them.
pub const FILE: &str = "images.json";

/// What one of its owners says of a picture.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Described {
    /// Its path.
    pub file: String,
    /// Who uploaded it.
    #[serde(default)]
    pub owner: String,
    /// When (RFC 3339).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub uploaded: String,
    /// What it shows, in words.
    #[serde(default)]
    pub alt: String,
}

impl Described {
    /// Of the picture of that name.
    pub fn new(name: &ImageName, owner: &str, uploaded: Option<Timestamp>, alt: &str) -> Self {
        Self {
            file: path_of(name),
            owner: owner.to_owned(),
            uploaded: uploaded.map(Timestamp::to_rfc3339).unwrap_or_default(),
            alt: alt.to_owned(),
        }
    }

    /// The name of the picture.
    pub fn name(&self) -> Option<ImageName> {
        name_in(&self.file)
    }
}

/// The path of a picture's file.
pub fn path_of(name: &ImageName) -> String {
    format!("{FOLDER}{name}")
}

/// The name of the picture with that path.
pub fn name_in(path: &str) -> Option<ImageName> {
    ImageName::parse(path.strip_prefix(FOLDER)?)
}

/// What is said of the pictures that are shown in what is exported, in the order of their paths;
/// of those that people left behind, once for all who did.
///
/// # Errors
/// When the database cannot be read.
pub async fn shown(db: &Db) -> sqlx::Result<Vec<Described>> {
    // In an article, in one of its versions, of which its changes that are not published are the
    // last, or as the picture of a person.
    const SHOWN: &str = "select i.hash, i.width, i.kind, i.alt, i.created_at, \
         case when u.leaves_at is null then u.username else $1 end as owner \
         from images i join users u on u.id = i.uploader_id \
         where exists (select 1 from article_images s join articles a on a.id = s.article_id \
         join users w on w.id = a.author_id where s.hash = i.hash \
         and (a.status = 'published' or (a.status = 'draft' and w.leaves_at is null))) \
         or exists (select 1 from revision_images s join articles a on a.id = s.article_id \
         join users w on w.id = a.author_id where s.hash = i.hash \
         and a.status in ('draft', 'published') and w.leaves_at is null) \
         or exists (select 1 from users p where p.image like '/images/%' \
         and substr(p.image, 9, 32) = i.hash and p.leaves_at is null)";
    #[derive(FromRow)]
    struct Row {
        #[sqlx(flatten)]
        named: Named,
        alt: String,
        created_at: Timestamp,
        owner: String,
    }
    let rows: Vec<Row> =
        reading!(db, |pool| sqlx::query_as(SHOWN).bind(FORMER).fetch_all(pool).await)?;
    let described = |row: Row| {
        let name = row.named.name()?;
        Some(Described::new(&name, &row.owner, Some(row.created_at), &row.alt))
    };
    let mut all: Vec<Described> = rows.into_iter().filter_map(described).collect();
    all.sort();
    all.dedup_by(|later, first| (&later.file, &later.owner) == (&first.file, &first.owner));
    Ok(all)
}
