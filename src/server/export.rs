//! All that is one's own, as a file to keep: a zip that is made while it is sent.
//!
//! Nothing of it is ever whole in memory or on the disk. The articles are read one by one and
//! packed a few at a time, in the threads for blocking work, as fast as the browser takes what
//! comes of it; a browser that dawdles holds a compressor's window and no thread.

mod files;

use std::{
    io::{self, Write},
    mem,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::Context;
use axum::{
    body::{Body, Bytes},
    http::{header, request::Parts},
    response::{IntoResponse, Response},
};
use futures_util::stream;
use tower_sessions::session::Id;
use uuid::Uuid;
use zip::{ZipWriter, write::StreamWriter};

use self::files::File;
use super::{
    AppState,
    attempts::{self, Budget},
    auth::{self, Client},
    clock::Timestamp,
    comments,
    db::{Db, reading},
    factors,
    failure::Failure,
    favorites, follows,
    images::{keeping, shelf::Shelf},
    mail::{letters::Letter, notices::Notice, outbox},
    names, passkeys, profiles, security_log,
    sessions::own,
    transfer::{
        export::{options, with_changes},
        front_matter::ArticleFile,
    },
    users::User,
};
use crate::domain::{image::ImageName, security::EventKind};

/// How much text is packed at a time: enough that starting a thread for it costs nothing.
const AT_A_TIME: usize = 256 * 1024;

/// Answers with the zip; writes down that it was asked for, and tells the account's owner by
/// mail, as it is all that somebody with the password could want to take away.
///
/// # Errors
/// [`Error::Unauthenticated`], [`Error::RecentLoginNeeded`] or [`Error::TooMany`].
///
/// [`Error::Unauthenticated`]: crate::error::Error::Unauthenticated
/// [`Error::RecentLoginNeeded`]: crate::error::Error::RecentLoginNeeded
/// [`Error::TooMany`]: crate::error::Error::TooMany
pub async fn download(state: &AppState, parts: &Parts) -> Result<Response, Failure> {
    let user = auth::require_recent(state, parts).await?;
    let asking = auth::identifier(&auth::session(parts)?)?;
    let client: &Client = parts.extensions.get().context("no client in this request")?;
    let (db, now) = (&state.db, state.clock.now());
    // Not given back: it is a lot of work, and a mail.
    let _ = attempts::take(db, &[Budget::download_of(user.id)], now).await?;
    let packer = Packer::new(state, &user, &asking, now).await?;
    let mut tx = db.begin().await?;
    security_log::write(&mut tx, user.id, EventKind::DataDownloaded, Some(client), now).await?;
    let notice = Letter::notice(&user, Notice::DataDownloaded);
    outbox::put(&mut tx, &notice, now).await?;
    tx.commit().await?;
    state.mail.wake();
    tracing::info!(event = "data_downloaded", user = %user.id, address = %client.address);
    // A name has nothing in it that could end the quotation, or mean a folder.
    let name = format!("attachment; filename=\"byline-{}.zip\"", user.username);
    let headers =
        [(header::CONTENT_TYPE, "application/zip".to_owned()), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, packer.into_body()).into_response())
}

/// What the zip is written to: it is taken out of here as it comes.
#[derive(Clone, Default)]
struct Outlet(Arc<Mutex<Vec<u8>>>);

impl Outlet {
    fn take(&self) -> Bytes {
        mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner)).into()
    }
}

impl Write for Outlet {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

type Zip = ZipWriter<StreamWriter<Outlet>>;

/// What comes next in the zip.
enum Stage {
    /// What is known without the articles.
    Facts(Vec<File>),
    /// A file for each article, from this one on.
    Articles(usize),
    /// The list of all of them, from this one on.
    List(usize),
    /// The pictures, from this one on.
    Pictures(usize),
}

/// A zip that is being made.
struct Packer {
    db: Db,
    user: Uuid,
    /// All of the author's articles, the last written first. What is deleted meanwhile is left
    /// out; what is saved meanwhile is there as it is when its turn comes.
    articles: Vec<Uuid>,
    /// All of the author's pictures, and where their files are.
    pictures: Vec<ImageName>,
    shelf: Shelf,
    begun: Timestamp,
    /// None once it is closed.
    zip: Option<Zip>,
    outlet: Outlet,
    stage: Stage,
}

impl Packer {
    async fn new(
        state: &AppState,
        user: &User,
        asking: &Id,
        now: Timestamp,
    ) -> Result<Self, Failure> {
        const ARTICLES: &str = "select id from articles where author_id = $1 \
             order by updated_at desc, id desc";
        let db = state.db.clone();
        let articles: Vec<Uuid> = reading!(&db, |pool| {
            sqlx::query_scalar(ARTICLES).bind(user.id).fetch_all(pool).await
        })?;
        let pictures = keeping::all(&db, user.id).await?;
        let facts = vec![
            File::readme(state.config.origin.as_str(), articles.len(), now),
            File::account(
                user,
                &names::former(&db, user).await?,
                &profiles::own(&db, user.id).await?,
                now,
            )?,
            File::comments(&comments::all_of(&db, user.id, now).await?, now)?,
            File::favorites(&favorites::all_of(&db, user.id, now).await?, now)?,
            File::follows(&follows::all_of(&db, user.id).await?, now)?,
            File::factors(
                &factors::of(&db, user.id).await?,
                &passkeys::own::list(&db, user.id).await?,
                now,
            )?,
            File::sessions(&own::list(&db, user.id, asking, now).await?, now)?,
            File::events(&security_log::all(&db, user.id, now).await?, now)?,
            File::pictures(user, &pictures, now)?,
        ];
        let outlet = Outlet::default();
        let zip = Some(ZipWriter::new_stream(outlet.clone()));
        Ok(Self {
            db,
            user: user.id,
            articles,
            pictures: pictures.into_iter().map(|(name, _)| name).collect(),
            shelf: state.images.clone(),
            begun: now,
            zip,
            outlet,
            stage: Stage::Facts(facts),
        })
    }

    fn into_body(self) -> Body {
        let pieces = stream::try_unfold(self, |packer| async move {
            // The browser sees a download that broke off.
            packer.pack().await.inspect_err(|cause| {
                tracing::error!(cause = format!("{cause:#}"), "a download broke off");
            })
        });
        Body::from_stream(pieces)
    }

    /// The next piece, and what is left to do; `None` when that is nothing.
    async fn pack(mut self) -> anyhow::Result<Option<(Bytes, Self)>> {
        while let Some(zip) = self.zip.take() {
            let (files, last) = self.next_files().await?;
            let packed = tokio::task::spawn_blocking(move || put(zip, files, last));
            self.zip = packed.await??;
            let piece = self.outlet.take();
            // The compressor keeps what is little until more comes.
            if !piece.is_empty() {
                return Ok(Some((piece, self)));
            }
        }
        Ok(None)
    }

    /// What is to be packed now, and whether it is the last.
    async fn next_files(&mut self) -> anyhow::Result<(Vec<File>, bool)> {
        match &mut self.stage {
            Stage::Facts(files) => {
                let files = mem::take(files);
                self.stage = Stage::Articles(0);
                Ok((files, false))
            }
            Stage::Articles(at) => {
                let at = *at;
                let (articles, next) = self.read_from(at).await?;
                let over = next == self.articles.len();
                self.stage = if over { Stage::List(0) } else { Stage::Articles(next) };
                Ok((articles.iter().map(File::article).collect(), false))
            }
            Stage::List(at) => {
                let at = *at;
                let (articles, next) = self.read_from(at).await?;
                let over = next == self.articles.len();
                self.stage = if over { Stage::Pictures(0) } else { Stage::List(next) };
                Ok((
                    vec![File::list(&articles, at == 0, over, self.begun)?],
                    over && self.pictures.is_empty(),
                ))
            }
            Stage::Pictures(at) => {
                let at = *at;
                self.stage = Stage::Pictures(at + 1);
                let picture = match self.pictures.get(at) {
                    Some(name) => self
                        .shelf
                        .read(name)
                        .await?
                        .map(|file| File::picture(name, file, self.begun)),
                    None => None,
                };
                // What was deleted meanwhile is left out.
                Ok((Vec::from_iter(picture), at + 1 >= self.pictures.len()))
            }
        }
    }

    /// Some articles from that one on, and which one is next. None are all that there are.
    async fn read_from(&self, at: usize) -> anyhow::Result<(Vec<ArticleFile>, usize)> {
        let (mut read, mut length, mut next) = (Vec::new(), 0, at);
        while let Some(id) = self.articles.get(next).filter(|_| length < AT_A_TIME) {
            let files = with_changes(&self.db, self.user, *id).await?;
            length += files.iter().map(|file| file.body.len()).sum::<usize>();
            read.extend(files);
            next += 1;
        }
        Ok((read, next))
    }
}

/// Packs files, and closes the zip after the last ones.
fn put(mut zip: Zip, files: Vec<File>, last: bool) -> anyhow::Result<Option<Zip>> {
    for File { name, changed, contents } in files {
        if let Some(changed) = changed {
            zip.start_file(name, options(Some(changed)))?;
        }
        zip.write_all(&contents)?;
    }
    if !last {
        return Ok(Some(zip));
    }
    zip.finish()?;
    Ok(None)
}
