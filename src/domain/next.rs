//! Where to go after a log-in.

/// A path of this site, perhaps with a place on its page, safe to redirect to. Made of the route
/// table and nothing else: an allow-list of first segments and of the characters that our own
/// addresses are made of, so that no parser between here and the address bar can read another
/// host into it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Next(String);

impl Next {
    /// The front page.
    pub fn home() -> Self {
        Self("/".into())
    }

    /// The path, if it is one of ours; the front page otherwise.
    pub fn parse(wanted: &str) -> Self {
        if is_ours(wanted) { Self(wanted.into()) } else { Self::home() }
    }

    /// For `Location`, or the router.
    pub fn into_path(self) -> String {
        self.0
    }

    /// The path.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// First segments that a person may be sent back to. Not `/login` and `/register`: those
/// would loop.
const PLACES: [&str; 10] = [
    "admin", "article", "articles", "editor", "images", "profile", "search", "settings", "tag",
    "tags",
];

fn is_ours(wanted: &str) -> bool {
    // Percent signs stay: slugs may carry encoded letters. They are never decoded here,
    // and a browser does not decode them before it splits host from path.
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_/%?=&.".contains(&b);
    let Some(rest) = wanted.strip_prefix('/') else { return false };
    // The one `#` begins the name of a place; our own are as plain as that.
    let (rest, place) = rest.split_once('#').unwrap_or((rest, "top"));
    let named = |b: u8| b.is_ascii_alphanumeric() || b"-_".contains(&b);
    if place.is_empty() || !place.bytes().all(named) {
        return false;
    }
    if wanted.len() > 512 || !rest.bytes().all(plain) {
        return false;
    }
    let path = rest.split('?').next().unwrap_or_default();
    // An empty segment is a `//`; dots could climb.
    let plain = path.split('/').all(|s| !s.is_empty() && s != "." && s != "..");
    path.is_empty() || plain && path.split('/').next().is_some_and(|first| PLACES.contains(&first))
}
