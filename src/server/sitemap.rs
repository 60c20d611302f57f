//! What search engines ask for: `sitemap.xml` (sitemaps.org 0.9) and `robots.txt` (RFC 9309).

use axum::{
    Router,
    extract::{Path, State},
    http::HeaderMap,
    response::{IntoResponse, Response},
    routing::get,
};
use quick_xml::escape::escape;

use super::{AppState, articles::lists, config::Readers, failure::Failure, feeds::cached};
use crate::error::Error;

/// How many addresses a file holds; the format allows 50,000 and 50 MB.
const PER_FILE: u32 = 10_000;

const NAMESPACE: &str = "http://www.sitemaps.org/schemas/sitemap/0.9";

/// The addresses of the files.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/robots.txt", get(robots))
        .route("/sitemap.xml", get(index))
        .route("/sitemap/{file}", get(part))
}

/// Pages that are somebody's own, or forms, are of no use to a search engine; of a site for
/// members nothing is.
async fn robots(State(state): State<AppState>, headers: HeaderMap) -> Response {
    let text = match state.config.readers {
        Readers::Members => "User-agent: *\nDisallow: /\n".to_owned(),
        Readers::Public => {
            let closed = [
                "articles", "editor", "login", "not-me", "register", "reset", "restore", "rpc",
                "search", "settings",
            ];
            let closed: String = closed.iter().map(|path| format!("Disallow: /{path}\n")).collect();
            let origin = state.config.origin.as_str();
            format!("User-agent: *\n{closed}\nSitemap: {origin}/sitemap.xml\n")
        }
    };
    cached(&headers, "text/plain; charset=utf-8", text)
}

/// The list of the files, each with as many addresses as it may hold.
async fn index(State(state): State<AppState>, headers: HeaderMap) -> Response {
    let written = async {
        refuse_for_members(&state)?;
        let articles = lists::count(&state.db, lists::Shelf::Public, state.clock.now()).await?;
        let origin = state.config.origin.as_str();
        let files: String = (1..=articles.div_ceil(u64::from(PER_FILE)).max(1))
            .map(|n| format!("<sitemap><loc>{}/sitemap/{n}.xml</loc></sitemap>\n", escape(origin)))
            .collect();
        Ok(format!("<sitemapindex xmlns=\"{NAMESPACE}\">\n{files}</sitemapindex>\n"))
    };
    answer(written.await, &headers)
}

/// One file: the articles in the order in which they were published, so that a file that is full
/// changes no more; the front page before the first.
async fn part(
    State(state): State<AppState>,
    Path(file): Path<String>,
    headers: HeaderMap,
) -> Response {
    let written = async {
        refuse_for_members(&state)?;
        let number = file.strip_suffix(".xml").and_then(|number| number.parse::<u32>().ok());
        let before = number.and_then(|number| number.checked_sub(1)).ok_or(Error::NotFound)?;
        let articles = lists::oldest_public(&state.db, before, PER_FILE, state.clock.now()).await?;
        if articles.is_empty() && before > 0 {
            return Err(Error::NotFound.into());
        }
        let origin = state.config.origin.as_str();
        let front = (before == 0).then(|| format!("<url><loc>{}/</loc></url>\n", escape(origin)));
        let urls = articles.iter().map(|(slug, updated)| {
            let address = format!("{origin}/article/{slug}");
            let updated = updated.to_when().iso;
            format!("<url><loc>{}</loc><lastmod>{updated}</lastmod></url>\n", escape(&address))
        });
        let urls: String = front.into_iter().chain(urls).collect();
        Ok(format!("<urlset xmlns=\"{NAMESPACE}\">\n{urls}</urlset>\n"))
    };
    answer(written.await, &headers)
}

fn refuse_for_members(state: &AppState) -> Result<(), Failure> {
    match state.config.readers {
        Readers::Members => Err(Error::NotFound.into()),
        Readers::Public => Ok(()),
    }
}

fn answer(written: Result<String, Failure>, headers: &HeaderMap) -> Response {
    match written {
        Ok(xml) => {
            let document = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{xml}");
            cached(headers, "application/xml; charset=utf-8", document)
        }
        Err(failure) => failure.into_response(),
    }
}
