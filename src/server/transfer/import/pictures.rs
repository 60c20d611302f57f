//! Taking in pictures: before the articles that show them, one at a time.

use std::{
    collections::HashMap,
    io::{Read, Seek},
};

use uuid::Uuid;

use super::{Import, Whose, moment};
use crate::{
    domain::{
        field::{Field, check_text},
        image::ImageName,
        transfer::{Beside, Outcome, Reason},
    },
    error::Error,
    server::{
        clock::Timestamp,
        failure::Failure,
        images::{
            decoding, importing,
            keeping::{self, New},
        },
        transfer::{
            pictures::{self, Described},
            unpacking::Unpacker,
        },
        users::key,
    },
};

/// A picture is stored without loss where it can be seen through, and so may be larger than what
/// was uploaded; whoever runs the site brings them all along.
const LARGEST_STORED: u64 = 128 * 1024 * 1024;

/// Somebody who will have a picture; without a key, once they have an account.
struct Owner {
    key: Option<Uuid>,
    alt: String,
    uploaded: Timestamp,
}

impl Import<'_> {
    /// Takes in all that are in a zip, and gives it back.
    pub(super) async fn take_pictures<R: Read + Seek + Send + 'static>(
        &mut self,
        mut unpacker: Unpacker<R>,
        described: Vec<Described>,
    ) -> Result<Unpacker<R>, Failure> {
        let mut said: HashMap<String, Vec<Described>> = HashMap::new();
        for one in described {
            said.entry(one.file.clone()).or_default().push(one);
        }
        while let Some((path, n)) = unpacker.next_picture() {
            if self.is_over() {
                self.report.note_beside(
                    Beside::Picture,
                    &path,
                    Outcome::Skipped(Reason::NotReached),
                );
                continue;
            }
            let said = said.remove(&path).unwrap_or_default();
            let wanted = match self.wanted(&path, &said).await? {
                Ok(wanted) => wanted,
                Err(outcome) => {
                    self.report.note_beside(Beside::Picture, &path, outcome);
                    continue;
                }
            };
            let most = match self.whose {
                Whose::Of(_) => self.site.images.most_bytes,
                Whose::Signed(_) => LARGEST_STORED,
            };
            let reading = tokio::task::spawn_blocking(move || {
                let read = unpacker.read_picture(n, most);
                (unpacker, read)
            });
            let (rest, read) = reading.await.map_err(anyhow::Error::from)?;
            unpacker = rest;
            let outcome = match read {
                Ok(file) => self.take_picture(file, wanted).await?,
                Err(reason) => Outcome::Skipped(reason),
            };
            self.report.note_beside(Beside::Picture, &path, outcome);
        }
        Ok(unpacker)
    }

    /// Which picture it is, and whose it will be who have not got it; or what becomes of it without
    /// a look into its file.
    async fn wanted(
        &mut self,
        path: &str,
        said: &[Described],
    ) -> Result<Result<(ImageName, Vec<Owner>), Outcome>, Failure> {
        let Some(name) = pictures::name_in(path) else {
            return Ok(Err(Outcome::Skipped(Reason::FalseName)));
        };
        let owners = match self.owners(said).await? {
            Ok(owners) => owners,
            Err(reason) => return Ok(Err(Outcome::Skipped(reason))),
        };
        let mut wanted = Vec::new();
        for owner in owners {
            let there = match owner.key {
                Some(key) => importing::is_there(self.site.db, self.site.shelf, key, &name).await?,
                None => false,
            };
            if !there {
                wanted.push(owner);
            }
        }
        Ok(if wanted.is_empty() { Err(Outcome::There) } else { Ok((name, wanted)) })
    }

    /// Whose it will be: one person's, or of those who had it.
    async fn owners(&mut self, said: &[Described]) -> Result<Result<Vec<Owner>, Reason>, Failure> {
        let now = self.site.clock.now();
        if let Whose::Of(owner) = &self.whose {
            let alt = said.first().map_or("", |said| said.alt.as_str());
            let owner = checked(alt).map(|alt| Owner { key: Some(owner.id), alt, uploaded: now });
            return Ok(owner.map(|owner| vec![owner]));
        }
        let mut owners = Vec::new();
        for one in said {
            let author = self.author(&one.owner, now).await?;
            if author.is_none() && !self.expected.contains(&key(&one.owner)) {
                continue;
            }
            let read = checked(&one.alt).and_then(|alt| {
                let uploaded = moment(&one.uploaded)?.unwrap_or(now).min(now);
                Ok(Owner { key: author, alt, uploaded })
            });
            match read {
                Ok(owner) => owners.push(owner),
                Err(reason) => return Ok(Err(reason)),
            }
        }
        Ok(if owners.is_empty() { Err(Reason::NoAuthor) } else { Ok(owners) })
    }

    async fn take_picture(
        &self,
        file: Vec<u8>,
        (name, owners): (ImageName, Vec<Owner>),
    ) -> Result<Outcome, Failure> {
        let reopened = decoding::reopen(file, name, self.site.images.most_pixels).await?;
        let picture = match reopened {
            Ok(picture) => picture,
            Err(reason) => return Ok(Outcome::Skipped(reason)),
        };
        if self.report.looked {
            return Ok(Outcome::Taken);
        }
        let limited = matches!(self.whose, Whose::Of(_));
        let mut sum = Outcome::There;
        for Owner { key, alt, uploaded } in owners {
            let owner = key.ok_or(Error::NotFound)?;
            let new = New { owner, alt: &alt, uploaded, renews: false, limited };
            match keeping::add(self.site.db, &new, &picture, self.site.clock.now()).await {
                Ok(true) => sum = Outcome::Taken,
                Ok(false) => {}
                Err(Failure::Refused(Error::Picture(flaw))) => {
                    return Ok(Outcome::Skipped(Reason::Picture(flaw)));
                }
                Err(failure) => return Err(failure),
            }
        }
        importing::store(self.site.shelf, picture).await?;
        Ok(sum)
    }
}

/// What a picture shows, in words that are taken.
fn checked(alt: &str) -> Result<String, Reason> {
    let checked = check_text(Field::Alt, alt);
    checked.map(|_| alt.to_owned()).map_err(|problem| Reason::Fields(vec![(Field::Alt, problem)]))
}
