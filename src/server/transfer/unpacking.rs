//! Files out of a zip that anybody may have made. Nothing of it is written to a disk, and nothing
//! is believed: what it says that it holds is compared with what comes out.

use std::{
    collections::HashMap,
    io::{Read, Seek},
};

use serde::de::DeserializeOwned;
use zip::ZipArchive;

use super::{
    people::{self, Person},
    pictures::{self, Described},
    readers, versions,
};
use crate::domain::{
    image::Flaw,
    transfer::{Fault, Reason},
};

/// How much may come out of a zip.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How many files.
    pub files: usize,
    /// How many bytes, all together.
    pub bytes: u64,
}

/// An article has up to 200,000 characters, of up to four bytes, and its front matter.
const LONGEST_FILE: u64 = 1024 * 1024;

/// As many comments as a file may have, of up to 5,000 characters of up to four bytes.
const LONGEST_TALK: u64 = 24 * 1024 * 1024;

/// The longest article in as many versions as are kept, of up to four bytes a character. They are
/// taken together.
const LONGEST_HISTORY: u64 = 96 * 1024 * 1024;

/// The people of a site of a hundred thousand, or what is said of its pictures.
const LONGEST_LIST: u64 = 64 * 1024 * 1024;

/// How much is unpacked at a time: enough that starting a thread for it costs nothing.
const AT_A_TIME: usize = 256 * 1024;

/// What stands beside the articles in what is exported here, and is not taken.
const BESIDE: [&str; 11] = [
    people::FILE,
    "README.txt",
    "account.json",
    "articles.json",
    "comments.json",
    "favorites.json",
    "follows.json",
    pictures::FILE,
    "second-factors.json",
    "security-events.json",
    "sessions.json",
];

/// Which of the files are unpacked.
#[derive(Clone, Copy, Debug)]
pub enum Part {
    /// Articles, and whatever is nothing else.
    Articles,
    /// What readers made of them: nobody gets it who does not ask.
    Readers,
}

/// A file, or why it is none.
pub type Unpacked = (String, Result<String, Reason>);

/// A zip that is being unpacked, in the order of the names in it.
pub struct Unpacker<R> {
    zip: ZipArchive<R>,
    /// What is left to do, the next one last.
    left: Vec<(String, usize)>,
    /// What readers made that is, the same way.
    readers: Vec<(String, usize)>,
    /// What articles said before, by the paths of these: the first one first.
    versions: HashMap<String, Vec<(String, usize)>>,
    /// The pictures that are, the same way.
    pictures: Vec<(String, usize)>,
    bytes: u64,
}

impl<R: Read + Seek> Unpacker<R> {
    /// # Errors
    /// The [`Fault`] of the whole.
    pub fn open(file: R, limits: Limits) -> Result<Self, Fault> {
        let zip = ZipArchive::new(file).map_err(|_| Fault::Unreadable)?;
        if zip.has_duplicate_names() {
            return Err(Fault::SameNames);
        }
        let told = zip.decompressed_size().unwrap_or(0);
        if zip.len() > limits.files || told > u128::from(limits.bytes) {
            return Err(Fault::TooMuch);
        }
        let name = |n: usize| match zip.name_for_index(n) {
            Some(Ok(name)) => name.into_owned(),
            // No path: it is told as a file without a name.
            _ => format!("/{n}"),
        };
        let mut left: Vec<(String, usize)> = (0..zip.len()).map(|n| (name(n), n)).collect();
        left.retain(|(name, _)| !is_beside(name));
        left.sort();
        let mut versions: HashMap<String, Vec<(String, usize)>> = HashMap::new();
        left.retain(|file| match versions::article_of(&file.0) {
            Some(article) => {
                versions.entry(article).or_default().push(file.clone());
                false
            }
            None => true,
        });
        left.reverse();
        let is_picture = |(name, _): &(String, usize)| name.starts_with(pictures::FOLDER);
        let (pictures, left): (Vec<_>, Vec<_>) = left.into_iter().partition(is_picture);
        let (readers, left) = left.into_iter().partition(|(name, _)| readers::is_file(name));
        Ok(Self { zip, left, readers, versions, pictures, bytes: limits.bytes })
    }

    /// The people in it, if there are any.
    ///
    /// # Errors
    /// [`Fault::Unreadable`].
    pub fn people(&mut self) -> Result<Vec<Person>, Fault> {
        self.list(people::FILE)
    }

    /// What is said of the pictures in it.
    ///
    /// # Errors
    /// [`Fault::Unreadable`].
    pub fn described(&mut self) -> Result<Vec<Described>, Fault> {
        self.list(pictures::FILE)
    }

    fn list<T: DeserializeOwned>(&mut self, name: &str) -> Result<Vec<T>, Fault> {
        let Some(n) = self.zip.index_for_name(name) else { return Ok(Vec::new()) };
        let file = self.zip.by_index(n).map_err(|_| Fault::Unreadable)?;
        serde_json::from_reader(file.take(LONGEST_LIST)).map_err(|_| Fault::Unreadable)
    }

    /// Which picture comes next.
    pub fn next_picture(&mut self) -> Option<(String, usize)> {
        self.pictures.pop()
    }

    /// The picture of that number, if it is no longer than `most`.
    ///
    /// # Errors
    /// [`Reason::Picture`].
    pub fn read_picture(&mut self, n: usize, most: u64) -> Result<Vec<u8>, Reason> {
        self.bytes_of(n, most, Reason::Picture(Flaw::TooLarge), Reason::Picture(Flaw::Broken))
    }

    /// Some more files; none when there are no more.
    pub fn next_batch(&mut self, part: Part) -> Vec<Unpacked> {
        let (mut batch, mut length) = (Vec::new(), 0);
        while length < AT_A_TIME
            && let Some((name, n)) = match part {
                Part::Articles => self.left.pop(),
                Part::Readers => self.readers.pop(),
            }
        {
            let read = self.read(&name, n, part);
            // What is no article is a line of the report, and costs as much as a short one.
            length += read.as_ref().map_or(0, String::len) + name.len() + 1024;
            batch.push((name, read));
        }
        batch
    }

    /// What the article of that path said before, file by file.
    pub fn versions_of(&mut self, article: &str) -> Vec<Unpacked> {
        let mut left = LONGEST_HISTORY;
        let files = self.versions.remove(article).unwrap_or_default();
        let read = |(name, n): (String, usize)| {
            let before = self.bytes;
            let text = if is_path(&name) { self.text_of(n, left) } else { Err(Reason::Name) };
            left = left.saturating_sub(before - self.bytes);
            (name, text)
        };
        files.into_iter().map(read).collect()
    }

    /// The files with versions that nobody asked for.
    pub fn other_versions(&mut self) -> Vec<String> {
        let mut names: Vec<String> =
            self.versions.drain().flat_map(|(_, files)| files).map(|(name, _)| name).collect();
        names.sort();
        names
    }

    fn read(&mut self, name: &str, n: usize, part: Part) -> Result<String, Reason> {
        if !is_path(name) {
            return Err(Reason::Name);
        }
        let most = match part {
            Part::Articles if !name.ends_with(".md") => return Err(Reason::NoArticle),
            Part::Articles => LONGEST_FILE,
            Part::Readers => LONGEST_TALK,
        };
        self.text_of(n, most)
    }

    fn text_of(&mut self, n: usize, most: u64) -> Result<String, Reason> {
        let bytes = self.bytes_of(n, most, Reason::TooLarge, Reason::NoText)?;
        String::from_utf8(bytes).map_err(|_| Reason::NoText)
    }

    /// What is in a file, or which of the two reasons there is.
    fn bytes_of(
        &mut self,
        n: usize,
        most: u64,
        too_large: Reason,
        damaged: Reason,
    ) -> Result<Vec<u8>, Reason> {
        let most = most.min(self.bytes);
        let Ok(file) = self.zip.by_index(n) else { return Err(damaged) };
        let mut bytes = Vec::new();
        let read = file.take(most + 1).read_to_end(&mut bytes);
        self.bytes = self.bytes.saturating_sub(bytes.len() as u64);
        if bytes.len() as u64 > most {
            return Err(too_large);
        }
        read.map(|_| bytes).map_err(|_| damaged)
    }
}

fn is_beside(name: &str) -> bool {
    name.ends_with('/') || BESIDE.contains(&name)
}

/// Whether a name is a path inside of the zip.
fn is_path(name: &str) -> bool {
    let plain = |part: &str| !matches!(part, "" | "." | "..");
    name.split('/').all(plain)
        && !name.contains(|c: char| c.is_control() || matches!(c, '\\' | ':'))
}
