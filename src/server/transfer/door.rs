//! How a file with articles comes in: by the form of `/settings/data/import`, for one's own.

use std::time::Duration;

use axum::{
    Json,
    body::Body,
    extract::Request,
    http::{HeaderMap, Method, request::Parts},
    response::{IntoResponse, Response},
};
use tempfile::SpooledTempFile;

use super::{
    import::{Import, Site, Whose},
    unpacking::Limits,
};
use crate::{
    domain::{
        role::Permission,
        transfer::{Fault, Report},
    },
    error::Error,
    pages::import::IMPORT,
    server::{
        AppState, Application,
        attempts::{self, Budget},
        auth,
        config::Config,
        doors,
        failure::Failure,
        multipart, pages,
    },
    ui::form::Refused,
};

/// More than a person writes in ten years; whoever has more has a command line.
const LIMITS: Limits = Limits { files: 10_000, bytes: 256 * 1024 * 1024 };

/// A file is packed, and so takes less than the texts in it: four times the longest form, which is
/// half of what the layer outside cuts off.
const FORMS_PER_FILE: u64 = 4;

/// Pictures are packed already. That many of the largest are many more of the usual size.
const PICTURES_PER_FILE: u64 = 5;

/// What is larger than this waits in a file of the system's folder for those, without a name.
const HELD_IN_MEMORY: usize = 8 * 1024 * 1024;

/// As long as somebody waits for an answer: what is stored by then is told, and the rest sent again.
const TIME: Duration = Duration::from_secs(15);

/// The most bytes of a file with articles and their pictures.
pub fn most_bytes(config: &Config) -> u64 {
    let forms = config.body_limit.saturating_mul(FORMS_PER_FILE);
    forms.max(config.images.most_bytes.saturating_mul(PICTURES_PER_FILE))
}

/// Whether a request brings a file with articles.
pub fn is_import(request: &Request) -> bool {
    let uri = request.uri();
    request.method() == Method::POST && uri.path() == IMPORT && uri.query().is_none()
}

/// Takes one in, or only looks what is in it.
pub async fn import(state: AppState, request: Request) -> Response {
    let html = doors::accepts_html(request.headers());
    let (parts, body) = request.into_parts();
    let taken = take(&state, &parts, body).await;
    let here = parts.uri.clone();
    match taken {
        Ok(report) if html => {
            pages::render_report(&state, doors::as_get(parts, IMPORT, &here), report).await
        }
        Ok(report) => Json(report).into_response(),
        Err(failure) if html => {
            let error = failure.into();
            let refused = Refused { function: IMPORT.to_owned(), error, typed: Vec::new() };
            pages::render_refused(&state, doors::as_get(parts, IMPORT, &here), refused).await
        }
        Err(failure) => doors::json(&failure.into()),
    }
}

async fn take(state: &AppState, parts: &Parts, body: Body) -> Result<Report, Failure> {
    // Before a byte of it is read: strangers send no files.
    auth::require_permission(parts, Permission::WriteArticles)?;
    let author = auth::require_recent(state, parts).await?;
    // Not given back: to find out what is in a file is work, whatever it is. And before the file is
    // read: each waits on the disk until it is there.
    let now = state.clock.now();
    let _ = attempts::take(&state.db, &[Budget::imports_of(author.id)], now).await?;
    let most = most_bytes(&state.config);
    let Form { file, look } = read_form(&parts.headers, body, most).await?;
    let Application { db, clock, images: shelf, config, .. } = &**state;
    let site = Site { db, clock, shelf, images: &config.images };
    let import = Import::new(site, Whose::Of(author.clone()), look).within(TIME);
    let report = import.take(file, LIMITS).await?;
    let Report { taken, skipped, pictures, .. } = report;
    tracing::info!(event = "articles_imported", user = %author.id, look, taken, skipped, pictures);
    Ok(report)
}

struct Form {
    file: SpooledTempFile,
    /// Whether nothing is to be stored.
    look: bool,
}

async fn read_form(headers: &HeaderMap, body: Body, most: u64) -> Result<Form, Failure> {
    let begun = multipart::Form::begin(headers, body);
    let mut parts = begun.ok_or(Error::Import(Fault::Missing))?;
    let mut form = Form { file: SpooledTempFile::new(HELD_IN_MEMORY), look: false };
    let (mut length, mut whole) = (0, true);
    while let Some(part) = parts.next().await? {
        match part.name() {
            // A few kilobytes at a time, which the system takes without waiting for a disk.
            "file" => match part.read_into(&mut form.file, most).await? {
                Some(read) => length += read,
                None => whole = false,
            },
            "look" => form.look = true,
            _ => {}
        }
    }
    match length {
        _ if !whole => Err(Error::Import(Fault::TooLarge).into()),
        0 => Err(Error::Import(Fault::Missing).into()),
        _ => Ok(form),
    }
}
