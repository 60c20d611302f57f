//! What the head of a served document says of its article, to search engines and to whatever
//! shows a link to it. It is for those who read the document and never for the browser's app, so
//! it is no part of the app.

use std::sync::{Arc, Mutex, PoisonError};

use html_escape::encode_double_quoted_attribute as quoted;
use serde_json::{Value, json};

use crate::domain::{
    account::FORMER,
    article::{Article, Visibility, When},
    site::SiteName,
};

/// A place in the head of the document that is being rendered, for HTML.
#[derive(Clone, Debug, Default)]
pub struct Head(Arc<Mutex<String>>);

impl Head {
    /// Puts HTML there.
    pub fn write(&self, html: String) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = html;
    }

    /// What was put there.
    pub fn take(&self) -> String {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What there is to say of an article that is published: its address, Open Graph (ogp.me), which
/// others than its makers read as well, and schema.org's `BlogPosting`. Each element is marked: the
/// app takes them away when it goes to another page.
pub fn of_article(article: &Article, updated: &When, origin: &str, site: &SiteName) -> String {
    let Article { preview, tags, .. } = article;
    let address = format!("{origin}/article/{}", preview.slug);
    let author = (preview.author != FORMER).then(|| format!("{origin}/profile/{}", preview.author));
    let about = preview.about();
    let canonical = quoted(&article.canonical);
    let mut head = format!("<link rel=\"canonical\" href=\"{canonical}\" data-served>");
    let mut property = |name: &str, content: &str| {
        let content = quoted(content);
        head += &format!("<meta property=\"{name}\" content=\"{content}\" data-served>");
    };
    property("og:type", "article");
    property("og:site_name", site.as_str());
    property("og:title", &preview.title);
    property("og:description", about);
    property("og:url", &article.canonical);
    property("article:published_time", &preview.when.iso);
    property("article:modified_time", &updated.iso);
    if let Some(author) = &author {
        property("article:author", author);
    }
    for tag in tags {
        property("article:tag", tag);
    }
    if let Some(cover) = &article.cover {
        property("og:image", &format!("{origin}{}", cover.path));
        property("og:image:alt", &cover.alt);
    }
    let card = if article.cover.is_some() { "summary_large_image" } else { "summary" };
    head += &format!("<meta name=\"twitter:card\" content=\"{card}\" data-served>");
    let posting = json!({
        "@context": "https://schema.org",
        "@type": "BlogPosting",
        "headline": preview.title,
        "description": about,
        "url": address,
        "mainEntityOfPage": article.canonical,
        "datePublished": preview.when.iso,
        "dateModified": updated.iso,
        "author": { "@type": "Person", "name": preview.author, "url": author },
        "publisher": { "@type": "Organization", "name": site.as_str(), "url": origin },
        "inLanguage": (!article.language.is_empty()).then_some(&article.language),
        "image": article.cover.as_ref().map(|cover| format!("{origin}{}", cover.path)),
        "keywords": tags,
        "timeRequired": format!("PT{}M", preview.minutes),
        "isAccessibleForFree": preview.visibility == Visibility::Public,
    });
    head + &data_block(&posting)
}

/// JSON for whoever reads the document. To a browser it is no script, so that no policy on
/// scripts is about it. No character of it can end the element, or begin a comment, or be a line
/// end to somebody who reads it as JavaScript.
fn data_block(data: &Value) -> String {
    let mut json = data.to_string();
    for (character, escaped) in [
        ('<', "\\u003c"),
        ('>', "\\u003e"),
        ('&', "\\u0026"),
        ('\u{2028}', "\\u2028"),
        ('\u{2029}', "\\u2029"),
    ] {
        json = json.replace(character, escaped);
    }
    format!("<script type=\"application/ld+json\" data-served>{json}</script>")
}
