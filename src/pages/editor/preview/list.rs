//! What may stand in the preview. The browser has no sanitiser: whatever is not on this list,
//! which is the server's for what the renderer makes, is taken out.

const ELEMENTS: [&str; 28] = [
    "a",
    "blockquote",
    "br",
    "code",
    "del",
    "div",
    "em",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "img",
    "input",
    "li",
    "ol",
    "p",
    "pre",
    "strong",
    "sup",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
    "ul",
];

const SCHEMES: [&str; 3] = ["http", "https", "mailto"];

const CLASSES: [&str; 4] =
    ["footnote-reference", "footnote-definition-label", "footnote-definition", "table-scroll"];

/// Whether that element may stand there, by its lower-case name.
pub fn may_stand(element: &str) -> bool {
    ELEMENTS.contains(&element)
}

/// Whether that attribute of that element may stand there, with that value. Of identifiers only
/// those of footnotes may: another could be one that the editor's page has.
pub fn may_have(element: &str, attribute: &str, value: &str) -> bool {
    match (element, attribute) {
        ("a", "href") | ("img", "src") => is_safe(value),
        ("a" | "img", "title") | ("img", "alt") | ("a" | "input" | "div", "aria-label") => true,
        ("input", "type") => value == "checkbox",
        ("input", "checked" | "disabled") => value.is_empty(),
        ("ol", "start") => value.bytes().all(|b| b.is_ascii_digit()),
        ("td" | "th", "align") => ["left", "center", "right"].contains(&value),
        ("code", "class") => value.starts_with("language-"),
        ("div" | "sup", "class") => CLASSES.contains(&value),
        ("pre" | "div", "tabindex") => value == "0",
        ("div", "role") => value == "region",
        (_, "id") => value.starts_with("fn-") || value.starts_with("fnref-"),
        _ => false,
    }
}

/// Whether an address leads where readers may be led: relative, or of a scheme on the list.
/// Browsers ignore white space and control characters in one, so it may have none.
fn is_safe(address: &str) -> bool {
    if address.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return false;
    }
    let end = address.find(['/', '?', '#']).unwrap_or(address.len());
    match address[..end].split_once(':') {
        Some((scheme, _)) => SCHEMES.iter().any(|own| scheme.eq_ignore_ascii_case(own)),
        None => true,
    }
}
