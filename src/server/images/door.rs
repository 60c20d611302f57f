//! How pictures come in and go out.
//!
//! `POST /images` takes a form with a `file` and an `alt`: from the editor's script, which gets
//! JSON, and from the page of pictures, which works without one. `GET /images/…` gives the files.

use axum::{
    Json,
    body::Body,
    extract::{Path, Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};

use super::{decoding, keeping};
use crate::{
    domain::{
        field::{Field, check_text},
        image::{Flaw, ImageName, Uploaded},
        role::Permission,
    },
    error::{Error, Problems},
    server::{
        AppState,
        attempts::{self, Budget},
        auth::{self, AuthSession},
        doors,
        failure::Failure,
        multipart, pages, site,
    },
    ui::{form::Refused, upload::UPLOAD},
};

/// A year, and never asked for again: what is under a name does not change.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// Whether a request brings a picture.
pub fn is_upload(request: &Request) -> bool {
    request.method() == Method::POST
        && request.uri().path() == UPLOAD
        && request.uri().query().is_none()
}

/// Takes a picture in.
pub async fn upload(state: AppState, request: Request) -> Response {
    let html = doors::accepts_html(request.headers());
    let (parts, body) = request.into_parts();
    let mut typed = Vec::new();
    match take(&state, &parts, body, &mut typed).await {
        Ok(_) if html => doors::see_other(UPLOAD),
        Ok(uploaded) => (StatusCode::CREATED, Json(uploaded)).into_response(),
        Err(failure) => {
            let error = failure.into();
            if !html {
                return doors::json(&error);
            }
            let refused = Refused { function: UPLOAD.to_owned(), error, typed };
            let here = parts.uri.clone();
            pages::render_refused(&state, doors::as_get(parts, UPLOAD, &here), refused).await
        }
    }
}

async fn take(
    state: &AppState,
    parts: &Parts,
    body: Body,
    typed: &mut Vec<(String, String)>,
) -> Result<Uploaded, Failure> {
    // Before a byte of it is read: strangers send no pictures.
    let author = auth::require_permission(parts, Permission::WriteArticles)?;
    let now = state.clock.now();
    // Not given back: what is wrong with a picture is found by work that is worth counting. And
    // before the file is read: each waits in memory until it is there.
    let _ = attempts::take(&state.db, &[Budget::uploads_of(author.id)], now).await?;
    let form = read_form(&parts.headers, body, state.config.images.most_bytes).await?;
    typed.push((Field::Alt.name().to_owned(), form.alt.clone()));
    let mut problems = Problems::default();
    let alt = problems.check(Field::Alt, check_text(Field::Alt, form.alt.trim()));
    let alt = alt.ok_or_else(|| problems.into_error())?;
    let picture =
        decoding::decode(form.file, form.declared, state.config.images.most_pixels).await?;
    let uploaded = keeping::keep(state, author.id, picture, alt).await?;
    tracing::info!(event = "picture_uploaded", user = %author.id, path = uploaded.path);
    Ok(uploaded)
}

#[derive(Default)]
struct Form {
    file: Vec<u8>,
    /// The media type that the browser made of the file's name.
    declared: Option<String>,
    alt: String,
}

/// A description of five hundred characters takes no more.
const MOST_ALT: u64 = 2048;

async fn read_form(headers: &HeaderMap, body: Body, most: u64) -> Result<Form, Failure> {
    let begun = multipart::Form::begin(headers, body);
    let mut parts = begun.ok_or(Error::Picture(Flaw::Missing))?;
    let (mut form, mut whole) = (Form::default(), true);
    while let Some(part) = parts.next().await? {
        match part.name() {
            "file" => {
                form.declared = part.declared();
                match part.read(most).await? {
                    Some(file) => form.file = file,
                    None => whole = false,
                }
            }
            "alt" => {
                let alt = part.read(MOST_ALT).await?.unwrap_or_default();
                form.alt = String::from_utf8(alt).map_err(|_| Error::BadRequest)?;
            }
            _ => {}
        }
    }
    if whole { Ok(form) } else { Err(Error::Picture(Flaw::TooLarge).into()) }
}

/// Answers `GET /images/…`.
pub async fn show(
    State(state): State<AppState>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Response {
    answer(&state, &name, &headers).await
}

/// The same on a site where readers have to log in. There `layers::caching` has the last word: what
/// they see is kept by no cache.
pub async fn show_to_members(
    State(state): State<AppState>,
    Path(name): Path<String>,
    request: Request,
) -> Response {
    let user = request.extensions().get::<AuthSession>().and_then(|auth| auth.user.as_ref());
    if user.is_some_and(|user| user.may(Permission::ReadMembers)) {
        answer(&state, &name, request.headers()).await
    } else {
        StatusCode::UNAUTHORIZED.into_response()
    }
}

async fn answer(state: &AppState, name: &str, headers: &HeaderMap) -> Response {
    let forgotten = [(header::CACHE_CONTROL, "no-store")];
    let missing = (StatusCode::NOT_FOUND, forgotten).into_response();
    let Some(name) = ImageName::parse(name) else { return missing };
    let opened = match state.images.open_file(&name).await {
        Ok(Some(opened)) => opened,
        Ok(None) => return missing,
        Err(cause) => return Failure::from(cause).into_response(),
    };
    let Ok(etag) = HeaderValue::from_str(&format!("\"{name}\"")) else { return missing };
    let known = site::knows(headers, &etag);
    let mut response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let length = [(header::CONTENT_LENGTH, HeaderValue::from(opened.length))];
        (length, opened.body).into_response()
    };
    let out = response.headers_mut();
    out.insert(header::ETAG, etag);
    for (header, value) in [
        (header::CACHE_CONTROL, FOR_EVER),
        (header::CONTENT_TYPE, name.kind.media_type()),
        (header::CONTENT_DISPOSITION, "inline"),
        // Whatever a browser could be made to take it for, it does nothing.
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'; sandbox"),
        // Feed readers on other sites show articles with their pictures.
        (header::HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"),
    ] {
        out.insert(header, HeaderValue::from_static(value));
    }
    response
}
