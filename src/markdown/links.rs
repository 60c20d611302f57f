//! Web addresses that stand in a text as they are become links.

use std::iter;

use pulldown_cmark::{CowStr, Event, LinkType, Tag, TagEnd, utils::TextMergeStream};

/// An address that is longer, in bytes, stays text: readers could not be led there.
const LONGEST: usize = 2048;

/// What ends a sentence, or a quotation, after an address, and no address.
const AFTER: &str = "?!.,:;*_~'…。，、！？”’»";

/// What belongs to an address if it was opened in it, as in `/wiki/Fog_(weather)`.
const BRACKETS: [(char, char); 3] = [('(', ')'), ('[', ']'), ('{', '}')];

/// Makes links of the addresses in the text, but for what stands in links, in pictures' descriptions
/// and in code. In time that grows with the text's length and no faster.
pub(crate) fn mark<'a>(events: impl Iterator<Item = Event<'a>>) -> impl Iterator<Item = Event<'a>> {
    let mut inside = 0_usize;
    let mut events = TextMergeStream::new(events).peekable();
    let marked = iter::from_fn(move || {
        let event = events.next()?;
        match &event {
            Event::Start(Tag::Link { .. } | Tag::Image { .. } | Tag::CodeBlock(_)) => inside += 1,
            Event::End(TagEnd::Link | TagEnd::Image | TagEnd::CodeBlock) => {
                inside = inside.saturating_sub(1);
            }
            Event::Text(text) if inside == 0 && text.contains("://") => {
                return Some(linked(text, events.peek().is_some_and(is_emphasis)));
            }
            _ => {}
        }
        Some(vec![event])
    });
    marked.flatten()
}

fn is_emphasis(event: &Event<'_>) -> bool {
    matches!(event, Event::Start(Tag::Emphasis | Tag::Strong | Tag::Strikethrough))
}

/// The text with its links. Where it goes on with an emphasis an address may go on in that: its
/// marks were taken for others' ones, and half an address leads to another place.
fn linked<'a>(text: &str, goes_on: bool) -> Vec<Event<'a>> {
    let owned = |text: &str| CowStr::from(text.to_owned());
    let mut events = Vec::new();
    // Where what is not in an event yet begins, and where what was not looked at does.
    let (mut from, mut at) = (0, 0);
    while let Some(found) = text[at..].find("://") {
        let colon = at + found;
        at = colon + "://".len();
        let Some(start) = scheme(&text[from..colon]).map(|start| from + start) else { continue };
        let Some(length) = rest(&text[at..]) else { continue };
        at += length;
        let address = &text[start..at];
        let is_half = goes_on && !text[at..].contains(ends);
        if address.len() > LONGEST || is_half {
            continue;
        }
        if start > from {
            events.push(Event::Text(owned(&text[from..start])));
        }
        events.push(Event::Start(Tag::Link {
            link_type: LinkType::Autolink,
            dest_url: owned(address),
            title: "".into(),
            id: "".into(),
        }));
        events.push(Event::Text(owned(address)));
        events.push(Event::End(TagEnd::Link));
        from = at;
    }
    if from < text.len() {
        events.push(Event::Text(owned(&text[from..])));
    }
    events
}

/// Where `http` or `https` begins at the end of that text, if it is a word of its own.
fn scheme(before: &str) -> Option<usize> {
    ["https", "http"].into_iter().find_map(|scheme| {
        let start = before.len().checked_sub(scheme.len())?;
        let alone = !before.as_bytes()[..start].last().is_some_and(u8::is_ascii_alphanumeric);
        let same = before.as_bytes()[start..].eq_ignore_ascii_case(scheme.as_bytes());
        (alone && same).then_some(start)
    })
}

/// How long what follows `://` is, in bytes, if it begins as the name of a host.
fn rest(after: &str) -> Option<usize> {
    after.chars().next().filter(|first| first.is_alphanumeric())?;
    let end = after.find(ends).unwrap_or(after.len());
    Some(without_what_follows(&after[..end]).len())
}

/// Whether that is in no address.
fn ends(c: char) -> bool {
    c.is_whitespace() || c.is_control() || "<>\"`\\".contains(c)
}

/// An address without the marks behind it, and without brackets that were opened before it.
fn without_what_follows(mut address: &str) -> &str {
    let count = |mark| address.chars().filter(|c| *c == mark).count();
    let mut surplus = BRACKETS.map(|(open, close)| count(close).saturating_sub(count(open)));
    while let Some(last) = address.chars().next_back() {
        match BRACKETS.iter().position(|(_, close)| *close == last) {
            Some(kind) if surplus[kind] > 0 => surplus[kind] -= 1,
            None if AFTER.contains(last) => {}
            _ => break,
        }
        address = &address[..address.len() - last.len_utf8()];
    }
    address
}
