//! The site's files: WebAssembly, JavaScript, style sheet and what `public/` holds. A
//! release build carries them inside the binary; a debug build reads them from disk.

use axum::{
    body::Body,
    extract::Path,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use rust_embed::{EmbeddedFile, RustEmbed};

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/target/site"]
#[allow_missing = true]
#[exclude = "*.ts"]
struct Files;

/// The hashed names of the files that every page links to, as paths.
#[derive(Clone, Debug, Default)]
pub struct Bundle {
    /// The loader.
    pub js: String,
    /// The program.
    pub wasm: String,
    /// The style sheet.
    pub css: String,
}

impl Bundle {
    /// Finds them. Names carry a hash in a release build and none while developing.
    pub fn find() -> Self {
        let find = |suffix: &str| {
            let ours = |name: &str| name.starts_with("pkg/byline.") && name.ends_with(suffix);
            Files::iter().find(|name| ours(name)).map(|name| format!("/{name}")).unwrap_or_default()
        };
        Self { js: find(".js"), wasm: find(".wasm"), css: find(".css") }
    }
}

/// The names of the files outside of `/pkg`: the favicon and its like.
pub fn public_names() -> Vec<String> {
    let public = |name: &str| !name.starts_with("pkg/") && !is_packed(name);
    Files::iter().filter(|name| public(name)).map(|name| format!("/{name}")).collect()
}

fn is_packed(name: &str) -> bool {
    name.ends_with(".br") || name.ends_with(".gz")
}

/// Answers `GET /pkg/…`.
pub async fn packaged(Path(name): Path<String>, headers: HeaderMap) -> Response {
    // The names are hashes of the contents: what lies under one never changes.
    let lasting =
        if cfg!(debug_assertions) { "no-cache" } else { "public, max-age=31536000, immutable" };
    serve(&format!("pkg/{name}"), &headers, lasting)
}

/// Answers `GET` for a file of [`public_names`].
pub async fn public(uri: axum::http::Uri, headers: HeaderMap) -> Response {
    serve(uri.path().trim_start_matches('/'), &headers, "public, max-age=3600")
}

fn serve(name: &str, headers: &HeaderMap, cache_control: &'static str) -> Response {
    // Only names that were packed at build time exist, so there is nothing to climb out of.
    let Some(file) = Files::get(name).filter(|_| !is_packed(name)) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let etag = etag(&file);
    let (encoding, file) = best_encoding(name, headers, file);
    let mut response = if headers.get(header::IF_NONE_MATCH).is_some_and(|known| *known == etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Body::from(file.data.into_owned()).into_response()
    };
    let out = response.headers_mut();
    out.insert(header::ETAG, etag);
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache_control));
    out.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(name)));
    if let Some(encoding) = encoding {
        out.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

/// The file that was compressed at build time, where there is one and the client takes it.
fn best_encoding(
    name: &str,
    headers: &HeaderMap,
    plain: EmbeddedFile,
) -> (Option<&'static str>, EmbeddedFile) {
    let accepted =
        headers.get(header::ACCEPT_ENCODING).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let takes = |coding: &str| {
        accepted.split(',').any(|one| one.split(';').next().is_some_and(|c| c.trim() == coding))
    };
    for (coding, ending) in [("br", ".br"), ("gzip", ".gz")] {
        if takes(coding)
            && let Some(packed) = Files::get(&format!("{name}{ending}"))
        {
            return (Some(coding), packed);
        }
    }
    (None, plain)
}

/// Weak: the same for each encoding.
fn etag(file: &EmbeddedFile) -> HeaderValue {
    let hash = file.metadata.sha256_hash();
    let hex: String = hash[..12].iter().map(|byte| format!("{byte:02x}")).collect();
    HeaderValue::from_str(&format!("W/\"{hex}\"")).unwrap_or(HeaderValue::from_static("W/\"\""))
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "wasm" => "application/wasm",
        "json" => "application/json; charset=utf-8",
        "webmanifest" => "application/manifest+json; charset=utf-8",
        "svg" => "image/svg+xml; charset=utf-8",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
