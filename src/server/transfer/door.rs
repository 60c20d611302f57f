//! How a file with articles comes in: by the form of `/settings/data/import`, for one's own.

use std::{io::Cursor, time::Duration};

use axum::{
    Json,
    body::Body,
    extract::Request,
    http::{HeaderMap, Method, request::Parts},
    response::{IntoResponse, Response},
};

use super::{
    import::{Import, Whose},
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
        AppState,
        attempts::{self, Budget},
        auth, doors,
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

/// Half of what a request may take: what is stored by then is told, and the rest sent again.
const TIME: Duration = Duration::from_secs(15);

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
    let most = state.config.body_limit.saturating_mul(FORMS_PER_FILE);
    let Form { file, look } = read_form(&parts.headers, body, most).await?;
    // Not given back: to find out what is in a file is work, whatever it is.
    let now = state.clock.now();
    let _ = attempts::take(&state.db, &[Budget::imports_of(author.id)], now).await?;
    let import = Import::new(&state.db, &state.clock, Whose::Of(author.id), look).within(TIME);
    let report = import.take(Cursor::new(file), LIMITS).await?;
    let (taken, skipped) = (report.taken, report.skipped);
    tracing::info!(event = "articles_imported", user = %author.id, look, taken, skipped);
    Ok(report)
}

#[derive(Default)]
struct Form {
    file: Vec<u8>,
    /// Whether nothing is to be stored.
    look: bool,
}

async fn read_form(headers: &HeaderMap, body: Body, most: u64) -> Result<Form, Failure> {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let begun = multipart::Form::begin(headers, body);
    let mut parts = begun.ok_or(Error::Import(Fault::Missing))?;
    let (mut form, mut whole) = (Form::default(), true);
    while let Some(part) = parts.next().await? {
        match part.name() {
            "file" => match part.read(most).await? {
                Some(file) => form.file = file,
                None => whole = false,
            },
            "look" => form.look = true,
            _ => {}
        }
    }
    match form {
        _ if !whole => Err(Error::Import(Fault::TooLarge).into()),
        Form { file, .. } if file.is_empty() => Err(Error::Import(Fault::Missing).into()),
        form => Ok(form),
    }
}
