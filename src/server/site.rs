//! The site's files: WebAssembly, JavaScript, style sheet and what `public/` holds. A
//! release build carries them inside the binary; a debug build reads them from disk.

use std::sync::LazyLock;

use axum::{
    body::Body,
    extract::Path,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use data_encoding::HEXLOWER;
use rust_embed::{EmbeddedFile, RustEmbed};

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/target/site"]
#[allow_missing = true]
#[exclude = "*.ts"]
#[exclude = "*.ts.br"]
#[exclude = "*.ts.gz"]
struct Files;

/// The names of the files that every page links to, as paths: with a hash in a release build,
/// without one while developing.
#[derive(Clone, Debug, Default)]
pub struct Bundle {
    /// The loader.
    pub js: String,
    /// The program.
    pub wasm: String,
    /// The style sheet.
    pub css: String,
}

/// What was packed, which does not change while the program runs.
pub fn bundle() -> &'static Bundle {
    static BUNDLE: LazyLock<Bundle> = LazyLock::new(|| {
        let find = |suffix: &str| {
            let ours = |name: &str| name.starts_with("pkg/byline.") && name.ends_with(suffix);
            Files::iter().find(|name| ours(name)).map(|name| format!("/{name}")).unwrap_or_default()
        };
        Bundle { js: find(".js"), wasm: find(".wasm"), css: find(".css") }
    });
    &BUNDLE
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
    let lasting = if is_hashed(&name) { "public, max-age=31536000, immutable" } else { "no-cache" };
    serve(&format!("pkg/{name}"), &headers, lasting)
}

/// Whether a name has a hash of the contents before its ending, as cargo-leptos writes it: 128
/// bits in URL-safe base64. What lies under such a name never changes.
fn is_hashed(name: &str) -> bool {
    let is_digit = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    name.rsplit('.').nth(1).is_some_and(|hash| hash.len() == 22 && hash.bytes().all(is_digit))
}

/// Answers `GET` for a file of [`public_names`].
pub async fn public(uri: axum::http::Uri, headers: HeaderMap) -> Response {
    serve(uri.path().trim_start_matches('/'), &headers, "public, max-age=3600")
}

fn serve(name: &str, headers: &HeaderMap, cache_control: &'static str) -> Response {
    // Only names that were packed at build time exist, so there is nothing to climb out of.
    let Some(file) = Files::get(name).filter(|_| !is_packed(name)) else {
        // Not to be remembered: while a site is upgraded, the next answer may be another one.
        let forgotten = [(header::CACHE_CONTROL, "no-store")];
        return (StatusCode::NOT_FOUND, forgotten).into_response();
    };
    let etag = etag(&file);
    let (encoding, file) = best_encoding(name, headers, file);
    let mut response = if knows(headers, &etag) {
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
    for (coding, ending) in [("br", ".br"), ("gzip", ".gz")] {
        if takes(headers, coding)
            && let Some(packed) = Files::get(&format!("{name}{ending}"))
        {
            return (Some(coding), packed);
        }
    }
    (None, plain)
}

/// Whether the client takes a content coding (RFC 9110, 12.5.3): it names it, or `*` and not
/// it, with a weight above zero.
fn takes(headers: &HeaderMap, coding: &str) -> bool {
    let mut any = false;
    for entry in entries(headers, header::ACCEPT_ENCODING) {
        let (name, weight) = entry.split_once(';').unwrap_or((entry, ""));
        let (_, weight) = weight.split_once('=').unwrap_or(("q", "1"));
        let wanted = weight.trim().parse::<f32>().is_ok_and(|weight| weight > 0.0);
        if name.trim().eq_ignore_ascii_case(coding) {
            return wanted;
        }
        any |= name.trim() == "*" && wanted;
    }
    any
}

/// Whether the client has the file already (RFC 9110, 13.1.2).
pub fn knows(headers: &HeaderMap, etag: &HeaderValue) -> bool {
    let ours = etag.to_str().unwrap_or_default().trim_start_matches("W/");
    entries(headers, header::IF_NONE_MATCH)
        .any(|tag| tag == "*" || tag.trim_start_matches("W/") == ours)
}

/// The entries of a header that is a list, on however many lines.
fn entries(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let lines = headers.get_all(name).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(str::trim)
}

/// Weak: the same for each encoding.
fn etag(file: &EmbeddedFile) -> HeaderValue {
    weak_etag(&file.metadata.sha256_hash())
}

/// The first 96 bits of a hash of the contents.
pub fn weak_etag(hash: &[u8]) -> HeaderValue {
    let hex = HEXLOWER.encode(hash.get(..12).unwrap_or(hash));
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

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: HeaderName, lines: &[&'static str]) -> HeaderMap {
        lines.iter().map(|line| (name.clone(), HeaderValue::from_static(line))).collect()
    }

    #[test]
    fn a_coding_is_sent_to_those_alone_who_take_it() {
        for (lines, br, gzip) in [
            (&["br, gzip"][..], true, true),
            (&["gzip;q=1.0, br;q=0.5"], true, true),
            (&["br;q=0, gzip"], false, true),
            (&["br; q=0.000, GZIP ; Q=0.1"], false, true),
            (&["gzip", "br"], true, true),
            (&["*"], true, true),
            (&["*, br;q=0"], false, true),
            (&["*;q=0, gzip"], false, true),
            (&["identity"], false, false),
            (&["brotli, xgzip, br;q=x"], false, false),
            (&[""], false, false),
            (&[], false, false),
        ] {
            let headers = with(header::ACCEPT_ENCODING, lines);
            assert_eq!((takes(&headers, "br"), takes(&headers, "gzip")), (br, gzip), "{lines:?}");
        }
    }

    #[test]
    fn a_file_that_the_client_has_is_not_sent_again() {
        let ours = HeaderValue::from_static("W/\"a1\"");
        for (lines, known) in [
            (&["W/\"a1\""][..], true),
            (&["\"a1\""], true),
            (&["\"b2\", W/\"a1\""], true),
            (&["\"b2\"", "\"a1\""], true),
            (&["*"], true),
            (&["\"a\""], false),
            (&["a1"], false),
            (&[], false),
        ] {
            assert_eq!(knows(&with(header::IF_NONE_MATCH, lines), &ours), known, "{lines:?}");
        }
    }

    #[test]
    fn only_a_name_with_a_hash_in_it_lasts() {
        for (name, hashed) in [
            ("byline.KITx-Zlgls4-c174Qv_iKw.wasm", true),
            ("chunk_4.qR4ACuO2KBwHx3teNqXdGA.wasm", true),
            ("byline.wasm", false),
            ("split_reading.wasm", false),
            ("favicon.svg", false),
            ("a/KITx-Zlgls4-c174Qv_iKw", false),
            ("", false),
        ] {
            assert_eq!(is_hashed(name), hashed, "{name}");
        }
    }
}
