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
            readers,
            unpacking::{Unpacked, Unpacker},
            versions::{History, Version},
        },
    },
};

/// More than a version that is saved every second for sixty years.
const GREATEST: i64 = i32::MAX as i64;

/// The versions of an article, or why there are none and in which file.
pub(super) type Versions = Result<Vec<Earlier>, (String, Reason)>;

impl Import<'_> {
    /// Those of the article of that path.
    pub(super) async fn versions_of<R: Read + Seek + Send + 'static>(
        &self,
        mut unpacker: Unpacker<R>,
        article: &str,
    ) -> Result<(Unpacker<R>, Versions), Failure> {
        if matches!(self.whose, Whose::Of(_)) {
            return Ok((unpacker, Ok(Vec::new())));
        }
        let (article, now) = (article.to_owned(), self.site.clock.now());
        let reading = tokio::task::spawn_blocking(move || {
            let versions = read(unpacker.versions_of(&article), now);
            (unpacker, versions)
        });
        Ok(reading.await.map_err(anyhow::Error::from)?)
    }

    /// Notes what became of them where their article is here now. Where it is not, or was before, its
    /// own line says so.
    pub(super) fn note_versions(&mut self, taken: Result<usize, (String, Reason)>) {
        match taken {
            Ok(many) => self.report.versions += u32::try_from(many).unwrap_or(u32::MAX),
            Err((file, reason)) => self.report.note(&file, Outcome::Skipped(reason)),
        }
    }
}

fn read(files: Vec<Unpacked>, now: Timestamp) -> Versions {
    let mut all: Vec<Earlier> = Vec::new();
    for (path, text) in files {
        let parsed = text.and_then(|text| readers::parse(&text));
        let history: History = parsed.map_err(|reason| (path.clone(), reason))?;
        for (n, version) in history.versions.into_iter().enumerate() {
            let before = all.last().map_or(0, |earlier| earlier.version);
            let has_room = all.len() < usize::from(MOST);
            let follows = has_room && (before + 1..=GREATEST).contains(&version.version);
            let checked = if follows { check(version, now) } else { Err(Reason::Versions) };
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
