//! A browser's name for itself, in words that its owner knows it by.
//!
//! Nothing hangs on it: anybody can write anything into that header. So it is a handful of
//! names to tell one's phone from one's desk, and no library with a list of all there are.

/// What is looked for, and what it is called. Each browser also names those that it wants to
/// be taken for, so the first that is found is the one: Edge says that it is Chrome, and
/// Chrome that it is Safari.
const BROWSERS: [(&str, &str); 11] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Vivaldi/", "Vivaldi"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
];

/// An iPhone says that it is like a Mac, and Android that it is a Linux.
const SYSTEMS: [(&str, &str); 8] = [
    ("iPhone", "an iPhone"),
    ("iPad", "an iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "a Mac"),
    ("Linux", "Linux"),
    ("BSD", "BSD"),
];

/// Browser and system, as far as they are known.
pub fn in_words(user_agent: &str) -> String {
    let find = |names: &[(&str, &'static str)]| {
        names.iter().find(|(mark, _)| user_agent.contains(mark)).map(|(_, name)| *name)
    };
    match (find(&BROWSERS), find(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.into(),
        (None, Some(system)) => format!("A program on {system}"),
        (None, None) => "A program that does not say what it is".into(),
    }
}
