//! Taking in: each article by itself, whole or not at all, and nothing twice.

mod checking;
mod pictures;
mod readers;
mod versions;

use std::{
    collections::{HashMap, HashSet},
    io::{self, Read, Seek},
    time::Duration,
};

use uuid::Uuid;

use self::{
    checking::{check, moment},
    versions::Versions,
};
use super::{
    front_matter::{ArticleFile, CHANGES},
    people::{self, Newcomer, Person},
    realworld,
    unpacking::{Limits, Part, Unpacked, Unpacker},
};
use crate::{
    domain::{
        account::FORMER,
        article::Slug,
        transfer::{Fault, Outcome, Reason, Report},
        username::Username,
    },
    error::Error,
    server::{
        articles::importing::{self, Incoming, Made},
        clock::{Clock, Timestamp},
        config::ImageSettings,
        db::{Db, Tx},
        failure::Failure,
        images::shelf::Shelf,
        leaving,
        users::{self, User, key},
    },
};

/// Longer than any answer of a site with its articles.
const LONGEST_JSON: u64 = 256 * 1024 * 1024;

/// Whose the articles will be.
#[derive(Clone, Debug)]
pub enum Whose {
    /// One person's, whoever signed them elsewhere.
    Of(User),
    /// Of whoever signed them; people in the file get accounts. They have no password but the
    /// one whose hash comes along, or else this hash of one that nobody knows.
    Signed(String),
}

/// Where it goes.
#[derive(Clone, Copy)]
pub struct Site<'a> {
    /// The database.
    pub db: &'a Db,
    /// The time.
    pub clock: &'a Clock,
    /// The files of pictures.
    pub shelf: &'a Shelf,
    /// How large those may be.
    pub images: &'a ImageSettings,
}

/// An import under way.
pub struct Import<'a> {
    site: Site<'a>,
    whose: Whose,
    /// What is not stored by then is told to be sent again.
    ends: Option<Timestamp>,
    report: Report,
    /// The keys of authors by their names.
    known: HashMap<String, Option<Uuid>>,
    /// Who would have an account, where it is only looked.
    expected: HashSet<String>,
    /// The articles that this import has brought, or would: their authors' names and addresses.
    brought: HashSet<(String, String)>,
}

impl<'a> Import<'a> {
    /// With `looked`, nothing is stored: it is only looked what would be.
    pub fn new(site: Site<'a>, whose: Whose, looked: bool) -> Self {
        let report = Report { looked, ..Report::default() };
        let (known, expected, brought) = (HashMap::new(), HashSet::new(), HashSet::new());
        Self { site, whose, ends: None, report, known, expected, brought }
    }

    /// Ends in time for an answer.
    pub fn within(self, time: Duration) -> Self {
        Self { ends: Some(self.site.clock.now().after(time)), ..self }
    }

    /// Takes in what is in a file.
    ///
    /// # Errors
    /// [`Error::Import`] when it is no such file; nothing was stored then.
    pub async fn take(
        mut self,
        mut file: impl Read + Seek + Send + 'static,
        limits: Limits,
    ) -> Result<Report, Failure> {
        let first = first_byte(&mut file).map_err(|_| Error::Import(Fault::Unreadable))?;
        if first == Some(b'P') {
            self.take_zip(file, limits).await?;
        } else {
            self.take_json(file, limits).await?;
        }
        Ok(self.report)
    }

    async fn take_zip(
        &mut self,
        file: impl Read + Seek + Send + 'static,
        limits: Limits,
    ) -> Result<(), Failure> {
        let opened = tokio::task::spawn_blocking(move || {
            let mut unpacker = Unpacker::open(file, limits)?;
            let people = unpacker.people()?;
            let described = unpacker.described()?;
            Ok::<_, Fault>((unpacker, people, described))
        });
        let opened = opened.await.map_err(anyhow::Error::from)?;
        let (unpacker, people, described) = opened.map_err(Error::Import)?;
        self.take_people(&people).await?;
        let mut unpacker = self.take_pictures(unpacker, described).await?;
        loop {
            let (rest, batch) = unpack(unpacker, Part::Articles).await?;
            unpacker = rest;
            if batch.is_empty() {
                break;
            }
            for (name, text) in batch {
                let article = text.and_then(|text| ArticleFile::parse(&text));
                let (rest, versions) = self.versions_of(unpacker, &name, &article).await?;
                unpacker = rest;
                self.take_article(&name, article, versions).await?;
            }
        }
        match self.whose {
            // Nobody says what others said, liked and followed, nor what an article said before.
            Whose::Of(_) => Ok(()),
            Whose::Signed(_) => {
                for name in unpacker.other_versions() {
                    self.report.note(&name, Outcome::Skipped(Reason::NoSuchArticle));
                }
                self.take_readers(unpacker).await
            }
        }
    }

    async fn take_json(&mut self, file: impl Read, limits: Limits) -> Result<(), Failure> {
        let mut json = Vec::new();
        let read = file.take(LONGEST_JSON).read_to_end(&mut json);
        read.map_err(|_| Error::Import(Fault::Unreadable))?;
        let articles = realworld::parse(&json).map_err(Error::Import)?;
        if articles.len() > limits.files {
            return Err(Error::Import(Fault::TooMuch).into());
        }
        for article in articles {
            self.take_article(&article.name.clone(), Ok(article), Versions::default()).await?;
        }
        Ok(())
    }

    /// Accounts for those who have none. It is no line of the report that somebody has one.
    async fn take_people(&mut self, people: &[Person]) -> Result<(), Failure> {
        let Whose::Signed(no_password) = &self.whose else { return Ok(()) };
        for person in people {
            if people::find(self.site.db, &person.username).await?.is_some() {
                continue;
            }
            let outcome = match Newcomer::parse(person, no_password, self.site.clock.now()) {
                Err(reason) => Outcome::Skipped(reason),
                Ok(_) if self.report.looked => {
                    self.expected.insert(key(&person.username));
                    continue;
                }
                Ok(newcomer) => newcomer.store(self.site.db, self.site.clock.now()).await?,
            };
            if outcome != Outcome::Taken {
                self.report.note(&format!("{}: {}", people::FILE, person.username), outcome);
            }
        }
        Ok(())
    }

    fn is_over(&self) -> bool {
        self.ends.is_some_and(|ends| self.site.clock.now() >= ends)
    }

    async fn take_article(
        &mut self,
        name: &str,
        article: Result<ArticleFile, Reason>,
        versions: Versions,
    ) -> Result<(), Failure> {
        let Versions { all: versions, wrong } = versions;
        let many = versions.len();
        let now = self.site.clock.now();
        let outcome = if self.is_over() {
            Outcome::Skipped(Reason::NotReached)
        } else {
            match article.and_then(|article| Ok((check(&article, now)?, article))) {
                Ok((incoming, file)) if file.status == CHANGES => {
                    self.keep_changes(&incoming, &file.author, now).await?
                }
                Ok((incoming, file)) => {
                    let incoming = Incoming { versions, ..incoming };
                    let outcome = self.store(&incoming, &file.author, now).await?;
                    if outcome == Outcome::Taken {
                        let brought = self.place(&file.author, &incoming.slug);
                        self.brought.insert(brought);
                    }
                    outcome
                }
                Err(reason) => Outcome::Skipped(reason),
            }
        };
        let is_here = outcome == Outcome::Taken;
        self.report.note(name, outcome);
        if is_here {
            self.note_versions(many, wrong);
        }
        Ok(())
    }

    async fn store(
        &mut self,
        incoming: &Incoming,
        author: &str,
        now: Timestamp,
    ) -> Result<Outcome, Failure> {
        let Some(author) = self.author(author, now).await? else {
            let expected = self.expected.contains(&key(author));
            let missing = Outcome::Skipped(Reason::NoAuthor);
            return Ok(if expected { Outcome::Taken } else { missing });
        };
        if let Some(outcome) = importing::obstacle(self.site.db, author, incoming).await? {
            return Ok(outcome);
        }
        if self.report.looked {
            return Ok(Outcome::Taken);
        }
        let made = Made::of(self.site.db, incoming).await?;
        let mut tx = self.begin().await?;
        if !made.store(&mut tx, author, now).await? {
            drop(tx);
            // Somebody was faster: perhaps the same file, sent twice.
            let since = importing::obstacle(self.site.db, author, incoming).await?;
            return Ok(since.unwrap_or(Outcome::Skipped(Reason::AddressTaken)));
        }
        tx.commit().await?;
        Ok(Outcome::Taken)
    }

    /// What has changed in an article, which comes before it.
    async fn keep_changes(
        &mut self,
        incoming: &Incoming,
        author: &str,
        now: Timestamp,
    ) -> Result<Outcome, Failure> {
        if self.is_promised(author, &incoming.slug) {
            return Ok(Outcome::Taken);
        }
        let brought = self.brought.contains(&self.place(author, &incoming.slug));
        let Some(author) = self.author(author, now).await? else {
            return Ok(Outcome::Skipped(Reason::NoAuthor));
        };
        let mut tx = self.begin().await?;
        let outcome = importing::keep_changes(&mut tx, author, incoming, brought, now).await?;
        self.end(tx).await?;
        Ok(outcome)
    }

    /// Whether that article would be here, where it is only looked.
    fn is_promised(&self, author: &str, slug: &Slug) -> bool {
        self.report.looked && self.brought.contains(&self.place(author, slug))
    }

    /// Who signed an article elsewhere says nothing, and may say it at any length, where all are one
    /// person's.
    fn place(&self, author: &str, slug: &Slug) -> (String, String) {
        let author = match self.whose {
            Whose::Of(_) => String::new(),
            Whose::Signed(_) => key(author),
        };
        (author, slug.as_str().to_owned())
    }

    async fn begin(&self) -> Result<Tx, Failure> {
        match &self.whose {
            Whose::Of(author) => users::begin(self.site.db, author).await,
            // Of whoever was shut out as well.
            Whose::Signed(_) => Ok(self.site.db.begin().await?),
        }
    }

    /// Makes it last; where it is only looked, nothing comes of it.
    async fn end(&self, tx: Tx) -> sqlx::Result<()> {
        if self.report.looked { Ok(()) } else { tx.commit().await }
    }

    /// The key of whoever the article will be of.
    async fn author(&mut self, name: &str, now: Timestamp) -> Result<Option<Uuid>, Failure> {
        if let Whose::Of(author) = &self.whose {
            return Ok(Some(author.id));
        }
        // What is no name is nobody's, and is not remembered.
        if name != FORMER && Username::parse(name).is_err() {
            return Ok(None);
        }
        if let Some(known) = self.known.get(&key(name)) {
            return Ok(*known);
        }
        let found = if name != FORMER {
            people::find(self.site.db, name).await?
        } else if self.report.looked {
            self.expected.insert(key(name));
            leaving::former(self.site.db).await?
        } else {
            let mut tx = self.site.db.begin().await?;
            leaving::make_former(&mut tx, now).await?;
            tx.commit().await?;
            Some(leaving::FORMER)
        };
        self.known.insert(key(name), found);
        Ok(found)
    }
}

/// Unpacks some more files, in a thread for blocking work.
async fn unpack<R: Read + Seek + Send + 'static>(
    mut unpacker: Unpacker<R>,
    part: Part,
) -> Result<(Unpacker<R>, Vec<Unpacked>), Failure> {
    let unpacking = tokio::task::spawn_blocking(move || {
        let batch = unpacker.next_batch(part);
        (unpacker, batch)
    });
    Ok(unpacking.await.map_err(anyhow::Error::from)?)
}

/// What a file begins with; it stands at its beginning afterwards, wherever it stood before.
fn first_byte(file: &mut (impl Read + Seek)) -> io::Result<Option<u8>> {
    file.rewind()?;
    let mut first = [0];
    let there = file.read(&mut first)? == first.len();
    file.rewind()?;
    Ok(there.then_some(first[0]))
}
