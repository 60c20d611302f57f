//! The newest articles for feed readers: Atom (RFC 4287) and JSON Feed 1.1, of the site, of an
//! author, of a tag. What is public, and whole; who asks makes no difference.

use atom_syndication::{Category, Content, Entry, Feed, Link, Person, Text};
use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{
    AppState,
    articles::lists::{self, Shelf, Whole},
    config::Readers,
    failure::Failure,
    markdown, site, users,
};
use crate::{
    domain::{
        account::FORMER,
        article::{Preview, Tags},
    },
    error::Error,
};

/// How many articles a feed holds: whoever looks once a week misses none.
const NEWEST: u32 = 20;

/// What a feed without an article says of when it changed: RFC 4287 wants a moment.
const NEVER: &str = "1970-01-01T00:00:00Z";

/// The addresses of all feeds.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/feed.atom", get(|s, h| of_site(s, h, Format::Atom)))
        .route("/feed.json", get(|s, h| of_site(s, h, Format::Json)))
        .route("/profile/{username}/feed.atom", get(|s, p, h| of_author(s, p, h, Format::Atom)))
        .route("/profile/{username}/feed.json", get(|s, p, h| of_author(s, p, h, Format::Json)))
        .route("/tag/{tag}/feed.atom", get(|s, p, h| of_tag(s, p, h, Format::Atom)))
        .route("/tag/{tag}/feed.json", get(|s, p, h| of_tag(s, p, h, Format::Json)))
}

/// The page that a feed belongs to, for the `<link>` by which readers find it: its path, without
/// a slash at its end.
pub fn page_with_feed(path: &str) -> &str {
    let of_page = path.split('/').collect::<Vec<_>>();
    match of_page.as_slice() {
        ["", "profile" | "tag", name] if !name.is_empty() => path,
        _ => "",
    }
}

#[derive(Clone, Copy)]
enum Format {
    Atom,
    Json,
}

async fn of_site(State(state): State<AppState>, headers: HeaderMap, format: Format) -> Response {
    answer(site_feed(&state).await, &headers, format)
}

async fn of_author(
    State(state): State<AppState>,
    Path(username): Path<String>,
    headers: HeaderMap,
    format: Format,
) -> Response {
    answer(author_feed(&state, &username).await, &headers, format)
}

async fn of_tag(
    State(state): State<AppState>,
    Path(tag): Path<String>,
    headers: HeaderMap,
    format: Format,
) -> Response {
    answer(tag_feed(&state, &tag).await, &headers, format)
}

async fn site_feed(state: &AppState) -> Result<Newest, Failure> {
    let feed = newest(state, state.config.name.as_str().to_owned(), "", Shelf::Public).await?;
    Ok(Newest { tagline: Some(state.config.tagline.as_str().to_owned()), ..feed })
}

async fn author_feed(state: &AppState, username: &str) -> Result<Newest, Failure> {
    let found = users::find_public(&state.db, username).await?;
    let (author, username, _) = found.ok_or(Error::NotFound)?;
    let shelf = Shelf::Author { author, member: false };
    let title = format!("{username} on {}", state.config.name.as_str());
    newest(state, title, &format!("/profile/{username}"), shelf).await
}

async fn tag_feed(state: &AppState, tag: &str) -> Result<Newest, Failure> {
    let tags = Tags::parse(tag).map_err(|_| Error::NotFound)?;
    let [tag] = tags.as_slice() else { return Err(Error::NotFound.into()) };
    let page = format!("/tag/{}", in_a_path(tag));
    let title = format!("{tag} on {}", state.config.name.as_str());
    newest(state, title, &page, Shelf::Tagged { tag, member: false }).await
}

/// A feed before it is written in either format.
struct Newest {
    title: String,
    /// What the site says of itself, in the feed that is the site's own.
    tagline: Option<String>,
    origin: String,
    /// The path of its page, without a slash at its end.
    page: String,
    articles: Vec<Whole>,
}

async fn newest(
    state: &AppState,
    title: String,
    page: &str,
    shelf: Shelf<'_>,
) -> Result<Newest, Failure> {
    // Nothing of a site for members leaves it.
    if state.config.readers == Readers::Members {
        return Err(Error::NotFound.into());
    }
    let mut articles = lists::newest_whole(&state.db, shelf, NEWEST, state.clock.now()).await?;
    let origin = state.config.origin.as_str();
    for article in &mut articles {
        let address = address(origin, &article.preview);
        article.html = markdown::standing_alone(&article.html, &address);
    }
    let tagline = None;
    Ok(Newest { title, tagline, origin: origin.to_owned(), page: page.to_owned(), articles })
}

impl Newest {
    fn home(&self) -> String {
        if self.page.is_empty() {
            format!("{}/", self.origin)
        } else {
            format!("{}{}", self.origin, self.page)
        }
    }

    fn at(&self, name: &str) -> String {
        format!("{}{}/{name}", self.origin, self.page)
    }

    fn updated(&self) -> &str {
        self.articles.iter().map(|article| article.updated.iso.as_str()).max().unwrap_or(NEVER)
    }

    fn to_atom(&self) -> String {
        let feed = Feed {
            title: Text::plain(xml_text(&self.title)),
            subtitle: self.tagline.as_deref().map(|tagline| Text::plain(xml_text(tagline))),
            id: self.at("feed.atom"),
            updated: moment(self.updated()),
            links: vec![
                link("self", self.at("feed.atom"), "application/atom+xml"),
                link("alternate", self.home(), "text/html"),
            ],
            entries: self.articles.iter().map(|article| entry(&self.origin, article)).collect(),
            lang: Some("en".into()),
            ..Feed::default()
        };
        feed.to_string()
    }

    fn to_json(&self) -> Value {
        let items: Vec<Value> =
            self.articles.iter().map(|article| item(&self.origin, article)).collect();
        let mut feed = json!({
            "version": "https://jsonfeed.org/version/1.1",
            "title": self.title,
            "home_page_url": self.home(),
            "feed_url": self.at("feed.json"),
            "items": items,
        });
        if let Some(tagline) = &self.tagline {
            feed["description"] = json!(tagline);
        }
        feed
    }
}

fn entry(origin: &str, article: &Whole) -> Entry {
    let Whole { id, preview, html, tags, updated, language } = article;
    let category = |tag: &String| Category { term: xml_text(tag), ..Category::default() };
    let lang = (!language.is_empty()).then(|| language.clone());
    let text = |text: &str| Text { lang: lang.clone(), ..Text::plain(xml_text(text)) };
    Entry {
        title: text(&preview.title),
        id: format!("urn:uuid:{id}"),
        updated: moment(&updated.iso),
        published: Some(moment(&preview.when.iso)),
        authors: vec![Person {
            name: preview.author.clone(),
            uri: profile(origin, preview),
            ..Person::default()
        }],
        categories: tags.iter().map(category).collect(),
        links: vec![link("alternate", address(origin, preview), "text/html")],
        summary: (!preview.description.is_empty()).then(|| text(&preview.description)),
        content: Some(Content {
            content_type: Some("html".into()),
            value: Some(xml_text(html)),
            lang: lang.clone(),
            ..Content::default()
        }),
        ..Entry::default()
    }
}

fn item(origin: &str, article: &Whole) -> Value {
    let Whole { id, preview, html, tags, updated, language } = article;
    let mut item = json!({
        "id": format!("urn:uuid:{id}"),
        "url": address(origin, preview),
        "title": preview.title,
        "content_html": html,
        "date_published": preview.when.iso,
        "date_modified": updated.iso,
        "authors": [{ "name": preview.author }],
        "tags": tags,
    });
    if let Some(profile) = profile(origin, preview) {
        item["authors"][0]["url"] = profile.into();
    }
    if !preview.description.is_empty() {
        item["summary"] = json!(preview.description);
    }
    if !language.is_empty() {
        item["language"] = json!(language);
    }
    item
}

/// The page of whoever wrote it; none of those who have left.
fn profile(origin: &str, preview: &Preview) -> Option<String> {
    (preview.author != FORMER).then(|| format!("{origin}/profile/{}", preview.author))
}

fn address(origin: &str, preview: &Preview) -> String {
    format!("{origin}/article/{}", preview.slug)
}

fn link(rel: &str, href: String, kind: &str) -> Link {
    Link { rel: rel.into(), href, mime_type: Some(kind.into()), ..Link::default() }
}

/// What [`super::clock::Timestamp`] wrote, read by the crate that writes the feed.
fn moment(iso: &str) -> atom_syndication::FixedDateTime {
    iso.parse().unwrap_or_default()
}

/// Without the characters that no XML document may hold, not even escaped (XML 1.0, 2.2).
fn xml_text(text: &str) -> String {
    let allowed = |c: &char| {
        matches!(c, '\t' | '\n' | '\r') || *c >= ' ' && !matches!(c, '\u{FFFE}' | '\u{FFFF}')
    };
    text.chars().filter(allowed).collect()
}

/// One segment of a path, as [`url`] writes it.
fn in_a_path(segment: &str) -> String {
    let mut url = url::Url::parse("http://localhost/").ok();
    if let Some(mut path) = url.as_mut().and_then(|url| url.path_segments_mut().ok()) {
        path.clear().push(segment);
    }
    url.map(|url| url.path().trim_start_matches('/').to_owned()).unwrap_or_default()
}

/// The feed, or 304 for whoever has it. It may be kept by anybody, and is asked for anew each
/// time: an article that was taken back is gone from the next answer.
fn answer(feed: Result<Newest, Failure>, headers: &HeaderMap, format: Format) -> Response {
    let feed = match feed {
        Ok(feed) => feed,
        Err(failure) => return failure.into_response(),
    };
    let (kind, body) = match format {
        Format::Atom => ("application/atom+xml; charset=utf-8", feed.to_atom()),
        Format::Json => ("application/feed+json; charset=utf-8", feed.to_json().to_string()),
    };
    cached(headers, kind, body)
}

/// A document that anybody may keep as long as it has not changed.
pub fn cached(headers: &HeaderMap, kind: &'static str, body: String) -> Response {
    let etag = site::weak_etag(&Sha256::digest(&body));
    let mut response = if site::knows(headers, &etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        body.into_response()
    };
    let out = response.headers_mut();
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    out.insert(header::ETAG, etag);
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, no-cache"));
    response
}
