//! Taking in what readers made of articles: after all of these, and only where everybody in the file
//! speaks for themselves.

use std::io::{Read, Seek};

use uuid::Uuid;

use super::{Import, moment, unpack};
use crate::{
    domain::{
        account::FORMER,
        article::Slug,
        comment::{CommentState, CommentText},
        field::Field,
        transfer::{Beside, Outcome, Reason},
    },
    error::Error,
    server::{
        articles::importing,
        clock::Timestamp,
        comments::importing::{Incoming, add},
        db::Tx,
        failure::Failure,
        favorites, follows,
        transfer::{
            readers::{self, Followed, Liked, Reader, Said, Talk},
            unpacking::{Part, Unpacker},
        },
        users::key,
    },
};

/// Somebody, or an article, that a file names.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Found {
    /// Under that key.
    Here(Uuid),
    /// Where it is only looked: it would be here by then.
    Promised,
}

impl Import<'_> {
    /// Takes in all that is in a zip.
    pub(super) async fn take_readers<R: Read + Seek + Send + 'static>(
        &mut self,
        mut unpacker: Unpacker<R>,
    ) -> Result<(), Failure> {
        loop {
            let (rest, batch) = unpack(unpacker, Part::Readers).await?;
            unpacker = rest;
            if batch.is_empty() {
                return Ok(());
            }
            for (path, text) in batch {
                let taken = match text {
                    Ok(text) if readers::is_talk(&path) => self.take_talk(&path, &text).await,
                    Ok(text) => self.take_reader(&path, &text).await,
                    Err(reason) => Ok(Err(reason)),
                };
                if let Err(reason) = taken? {
                    self.report.note(&path, Outcome::Skipped(reason));
                }
            }
        }
    }

    /// What was said under an article, in one transaction; or why nothing of it is taken.
    async fn take_talk(&mut self, path: &str, text: &str) -> Result<Result<(), Reason>, Failure> {
        let talk: Talk = match readers::parse(text) {
            Ok(talk) => talk,
            Err(reason) => return Ok(Err(reason)),
        };
        let now = self.site.clock.now();
        let Some(article) = self.article(&talk.author, &talk.slug, now).await? else {
            return Ok(Err(Reason::NoSuchArticle));
        };
        // Before anything is held: former members may have to get their account.
        let mut checked = Vec::new();
        for said in &talk.comments {
            let author = self.person(&said.author, now).await?;
            let comment = check(said, now);
            checked.push(comment.and_then(|new| Ok((author.ok_or(Reason::NoAuthor)?, new))));
        }
        let mut tx = self.begin().await?;
        for (n, comment) in checked.into_iter().enumerate() {
            let outcome = match comment {
                Err(reason) => Outcome::Skipped(reason),
                Ok((author, new)) => match (article, author) {
                    (Found::Here(article), Found::Here(author)) => {
                        outcome(add(&mut tx, article, author, &new).await?)
                    }
                    _ => Outcome::Taken,
                },
            };
            self.report.note_beside(Beside::Comment, &format!("{path}: {}", n + 1), outcome);
        }
        self.end(tx).await?;
        Ok(Ok(()))
    }

    /// What somebody likes and whom they follow, in one transaction; or why nothing of it is taken.
    async fn take_reader(&mut self, path: &str, text: &str) -> Result<Result<(), Reason>, Failure> {
        let reader: Reader = match readers::parse(text) {
            Ok(reader) => reader,
            Err(reason) => return Ok(Err(reason)),
        };
        let now = self.site.clock.now();
        let Some(person) = self.member(&reader.username, now).await? else {
            return Ok(Err(Reason::NoAuthor));
        };
        let (mut followed, mut liked) = (Vec::new(), Vec::new());
        for one in &reader.follows {
            followed.push((one.author.as_str(), self.followed(person, one, now).await?));
        }
        for one in &reader.favorites {
            liked.push((one.slug.as_str(), self.liked(one, now).await?));
        }
        let mut tx = self.begin().await?;
        self.follow(&mut tx, path, person, &followed).await?;
        self.like(&mut tx, path, person, &liked).await?;
        self.end(tx).await?;
        Ok(Ok(()))
    }

    async fn follow(
        &mut self,
        tx: &mut Tx,
        path: &str,
        person: Found,
        followed: &[Named<'_>],
    ) -> Result<(), Failure> {
        for (name, found) in followed {
            let outcome = match (person, found) {
                (_, Err(reason)) => Outcome::Skipped(reason.clone()),
                (Found::Here(person), Ok((Found::Here(author), since))) => {
                    match follows::take_in(tx, person, *author, *since).await {
                        Ok(new) => outcome(new),
                        Err(Failure::Refused(Error::Invalid(problems))) => {
                            Outcome::Skipped(Reason::Fields(problems))
                        }
                        Err(failure) => return Err(failure),
                    }
                }
                _ => Outcome::Taken,
            };
            self.report.note_beside(Beside::Follow, &format!("{path}: {name}"), outcome);
        }
        Ok(())
    }

    async fn like(
        &mut self,
        tx: &mut Tx,
        path: &str,
        person: Found,
        liked: &[Named<'_>],
    ) -> Result<(), Failure> {
        let mut here = Vec::new();
        for (name, found) in liked {
            let outcome = match (person, found) {
                (_, Err(reason)) => Outcome::Skipped(reason.clone()),
                (Found::Here(_), Ok((Found::Here(article), since))) => {
                    here.push((*article, *since));
                    continue;
                }
                _ => Outcome::Taken,
            };
            self.report.note_beside(Beside::Favorite, &format!("{path}: {name}"), outcome);
        }
        if let Found::Here(person) = person {
            for new in favorites::take_in(tx, person, &here).await? {
                self.report.note_beside(Beside::Favorite, path, outcome(new));
            }
        }
        Ok(())
    }

    async fn followed(
        &mut self,
        follower: Found,
        one: &Followed,
        now: Timestamp,
    ) -> Result<Result<(Found, Timestamp), Reason>, Failure> {
        let author = self.member(&one.author, now).await?;
        Ok(match author {
            None => Err(Reason::NoAuthor),
            Some(Found::Here(_)) if author == Some(follower) => Err(Reason::Oneself),
            Some(author) => since(&one.since, now).map(|since| (author, since)),
        })
    }

    async fn liked(
        &mut self,
        one: &Liked,
        now: Timestamp,
    ) -> Result<Result<(Found, Timestamp), Reason>, Failure> {
        let article = self.article(&one.author, &one.slug, now).await?;
        let found = article.ok_or(Reason::NoSuchArticle);
        Ok(found.and_then(|article| Ok((article, since(&one.since, now)?))))
    }

    /// Who has that name and an account of their own, which former members have not.
    async fn member(&mut self, name: &str, now: Timestamp) -> Result<Option<Found>, Failure> {
        if name == FORMER { Ok(None) } else { self.person(name, now).await }
    }

    /// Who has that name.
    async fn person(&mut self, name: &str, now: Timestamp) -> Result<Option<Found>, Failure> {
        let found = self.author(name, now).await?.map(Found::Here);
        Ok(found.or_else(|| self.expected.contains(&key(name)).then_some(Found::Promised)))
    }

    /// The article of that author at that address: nobody else's, and none in the bin.
    async fn article(
        &mut self,
        author: &str,
        slug: &str,
        now: Timestamp,
    ) -> Result<Option<Found>, Failure> {
        let Some(slug) = Slug::parse(slug) else { return Ok(None) };
        if self.is_promised(author, &slug) {
            return Ok(Some(Found::Promised));
        }
        let Some(author) = self.author(author, now).await? else { return Ok(None) };
        Ok(importing::at(self.site.db, author, &slug).await?.map(Found::Here))
    }
}

/// What somebody likes or whom they follow, by name, and since when; or why it is left out.
type Named<'a> = (&'a str, Result<(Found, Timestamp), Reason>);

fn outcome(new: bool) -> Outcome {
    if new { Outcome::Taken } else { Outcome::There }
}

/// Checks every field. Its time is what a comment is known by, so it has to have one that stays: no
/// other is put in its place.
fn check(said: &Said, now: Timestamp) -> Result<Incoming, Reason> {
    let text = CommentText::parse(&said.text)
        .map_err(|problem| Reason::Fields(vec![(Field::Comment, problem)]))?;
    let created = moment(&said.created)?.ok_or(Reason::Time)?;
    if created > now {
        return Err(Reason::ToCome);
    }
    Ok(Incoming { text, state: CommentState::from_name(&said.state), created })
}

/// What is from times to come began now.
fn since(text: &str, now: Timestamp) -> Result<Timestamp, Reason> {
    Ok(moment(text)?.unwrap_or(now).min(now))
}
