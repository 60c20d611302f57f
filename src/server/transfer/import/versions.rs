//! Taking in what articles said before: with each of them, all of it or nothing, and only where
//! everybody in the file speaks for themselves.

use std::io::{Read, Seek};

use super::{Import, Whose, moment};
use crate::{
    domain::{
        article::life::RevisionKind,
        transfer::{Outcome, Reason},
    },
    error::Error,
    server::{
        articles::{
            revisions::{Earlier, MOST},
            saving::text::Typed,
        },
        clock::Timestamp,
        failure::Failure,
        transfer::{
            front_matter::{ArticleFile, CHANGES},
            readers,
            unpacking::{Unpacked, Unpacker},
            versions::{History, Version},
        },
    },
};

/// More than a version that is saved every second for sixty years.
const GREATEST: i64 = i32::MAX as i64;

/// The versions of an article.
#[derive(Default)]
pub(super) struct Versions {
    /// All of them, the oldest first; none where something is wrong with one.
    pub all: Vec<Earlier>,
    /// What is wrong, and where.
    pub wrong: Option<(String, Reason)>,
}

impl Import<'_> {
    /// Those of the article of that path, if it is one.
    pub(super) async fn versions_of<R: Read + Seek + Send + 'static>(
        &self,
        mut unpacker: Unpacker<R>,
        path: &str,
        article: &Result<ArticleFile, Reason>,
    ) -> Result<(Unpacker<R>, Versions), Failure> {
        let is_article = article.as_ref().is_ok_and(|article| article.status != CHANGES);
        if matches!(self.whose, Whose::Of(_)) || !is_article {
            return Ok((unpacker, Versions::default()));
        }
        let (path, now) = (path.to_owned(), self.site.clock.now());
        let reading = tokio::task::spawn_blocking(move || {
            let read = read(unpacker.versions_of(&path), now);
            (unpacker, read)
        });
        let (unpacker, read) = reading.await.map_err(anyhow::Error::from)?;
        let versions = match read {
            Ok(all) => Versions { all, wrong: None },
            Err(wrong) => Versions { all: Vec::new(), wrong: Some(wrong) },
        };
        Ok((unpacker, versions))
    }

    /// Notes what became of them where their article is here now. Where it is not, or was before, its
    /// own line says so.
    pub(super) fn note_versions(&mut self, many: usize, wrong: Option<(String, Reason)>) {
        self.report.versions += u32::try_from(many).unwrap_or(u32::MAX);
        if let Some((place, reason)) = wrong {
            self.report.note(&place, Outcome::Skipped(reason));
        }
    }
}

/// The last of those that are in these files, as many as are kept; or what is wrong with the first
/// that is none, and where.
fn read(files: Vec<Unpacked>, now: Timestamp) -> Result<Vec<Earlier>, (String, Reason)> {
    let mut all: Vec<Earlier> = Vec::new();
    for (path, text) in files {
        let parsed = text.and_then(|text| readers::parse(&text));
        let history: History = parsed.map_err(|reason| (path.clone(), reason))?;
        for (n, version) in history.versions.into_iter().enumerate() {
            let before = all.last().map_or(0, |earlier| earlier.version);
            let follows = (before + 1..=GREATEST).contains(&version.version);
            let checked = if follows { check(version, now) } else { Err(Reason::Versions) };
            // What was written to while it was exported may have one too many.
            if all.len() == usize::from(MOST) {
                all.remove(0);
            }
            all.push(checked.map_err(|reason| (format!("{path}: {}", n + 1), reason))?);
        }
    }
    Ok(all)
}

/// Checks every field. It was saved at some time: no other is put in its place.
fn check(version: Version, now: Timestamp) -> Result<Earlier, Reason> {
    let saved = moment(&version.saved)?.ok_or(Reason::Time)?;
    if saved > now {
        return Err(Reason::ToCome);
    }
    let typed = Typed {
        title: version.title,
        description: version.description,
        body: version.body,
        tags: version.tags.join(","),
        cover: version.cover,
        cover_alt: version.cover_alt,
        ..Typed::default()
    };
    let text = typed.unfinished().map_err(|error| match error {
        Error::Invalid(problems) => Reason::Fields(problems),
        _ => Reason::Json,
    })?;
    let kind = RevisionKind::from_name(&version.kind).unwrap_or(RevisionKind::Kept);
    Ok(Earlier { version: version.version, kind, saved, text })
}
