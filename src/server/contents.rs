//! The contents of an article that is long: made of the headings in the HTML that was stored,
//! each time that it is read, so that articles from before there were contents have them too.

/// From that many minutes on an article has contents.
const LONG: u32 = 5;

/// And from that many headings on.
const FEWEST: usize = 3;

/// How many headings are listed. Nobody looks for one among more.
const MOST: usize = 100;

/// The longest heading that is listed, in bytes of HTML. What is longer is a paragraph.
const LONGEST: usize = 300;

/// The contents as HTML, to be shown as it is; empty for an article that needs none. A narrow
/// window has them folded: the style sheet shows one of the two.
pub fn of(html: &str, minutes: u32) -> String {
    if minutes < LONG {
        return String::new();
    }
    let headings: Vec<Heading> =
        html.match_indices("<h").filter_map(|(at, _)| heading(&html[at..])).take(MOST).collect();
    if headings.len() < FEWEST {
        return String::new();
    }
    // Articles whose headings all are of the lower level have it as their only one.
    let nested = headings.iter().any(|heading| !heading.lower);
    let entries: String = headings
        .iter()
        .map(|Heading { lower, id, text }| {
            let class = if *lower && nested { " class=\"lower\"" } else { "" };
            // The browser itself goes there, and marks what it went to.
            format!("<li{class}><a href=\"#{id}\" rel=\"external\">{text}</a></li>")
        })
        .collect();
    format!(
        "<nav aria-label=\"Contents\"><details><summary>Contents</summary><ol dir=\"auto\">{entries}</ol></details>\
         <div class=\"unfolded\"><p>Contents</p><ol dir=\"auto\">{entries}</ol></div></nav>"
    )
}

/// A heading of the second or the third level.
struct Heading<'a> {
    /// Whether it is of the third.
    lower: bool,
    /// As it stands in its attribute.
    id: &'a str,
    /// As HTML without tags.
    text: String,
}

/// The heading that begins there, if one does. It is looked for in what the sanitiser wrote,
/// where no text and no attribute looks like a heading's tag.
fn heading(html: &str) -> Option<Heading<'_>> {
    const LEVELS: [(&str, &str, bool); 2] =
        [("<h2 id=\"", "</h2>", false), ("<h3 id=\"", "</h3>", true)];
    let (start, end, lower) = LEVELS.into_iter().find(|(start, ..)| html.starts_with(start))?;
    let (id, rest) = html.strip_prefix(start)?.split_once("\">")?;
    let (inside, _) = rest.split_once(end)?;
    let text = text_of(inside);
    (!text.is_empty() && text.len() <= LONGEST).then_some(Heading { lower, id, text })
}

/// HTML without its tags and without the numbers of footnotes, which lead elsewhere.
fn text_of(html: &str) -> String {
    let mut text = String::new();
    let mut rest = html;
    while let Some((before, tag)) = rest.split_once('<') {
        text.push_str(before);
        rest = &tag[length_of_tag(tag)..];
        if tag.starts_with("sup class=\"footnote-reference\"") {
            rest = rest.split_once("</sup>").map_or("", |(_, rest)| rest);
        }
    }
    text.push_str(rest);
    text.trim().to_owned()
}

/// Up to the `>` that is not in the value of an attribute, where it may stand as it is.
fn length_of_tag(tag: &str) -> usize {
    let mut quoted = false;
    let end = tag.bytes().position(|byte| {
        quoted ^= byte == b'"';
        byte == b'>' && !quoted
    });
    end.map_or(tag.len(), |end| end + 1)
}
