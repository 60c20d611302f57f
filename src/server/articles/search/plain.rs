//! An article's text without its markup: what search looks through, and shows a part of.

/// Tags that stand within a word; all others part words.
const WITHIN: [&str; 8] = ["a", "b", "code", "del", "em", "i", "span", "strong"];

/// The text in what the sanitiser wrote, on one line. It writes attributes in double quotes and
/// no comments, and escapes as [`unescaped`] undoes.
pub fn text_of(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        text.push_str(&rest[..at]);
        let tag = &rest[at..at + length_of_tag(&rest[at..])];
        if !WITHIN.contains(&name_of(tag)) {
            text.push(' ');
        }
        rest = &rest[at + tag.len()..];
    }
    text.push_str(rest);
    unescaped(&text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Up to the first `>` that stands in no attribute's value.
fn length_of_tag(html: &str) -> usize {
    let mut quoted = false;
    let end = html.bytes().position(|b| {
        quoted ^= b == b'"';
        b == b'>' && !quoted
    });
    end.map_or(html.len(), |end| end + 1)
}

fn name_of(tag: &str) -> &str {
    let name = tag.trim_start_matches(['<', '/']);
    name.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default()
}

fn unescaped(text: &str) -> String {
    let text = text.replace("&nbsp;", " ").replace("&lt;", "<").replace("&gt;", ">");
    // The ampersand last: what was typed as "&amp;lt;" is "&lt;" and no sign.
    text.replace("&quot;", "\"").replace("&amp;", "&")
}
