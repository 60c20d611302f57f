//! Footnotes, and the links between them and the text.

use std::collections::{HashMap, HashSet};

use pulldown_cmark::{CowStr, Event, Tag, TagEnd};

/// What stands in one, and what the writer calls it.
struct Note<'a> {
    name: CowStr<'a>,
    events: Vec<Event<'a>>,
}

/// The number of each footnote that is known so far, by its name.
type Numbers<'a> = HashMap<CowStr<'a>, usize>;

/// Puts footnotes at the end, wherever they were written, in the order of their first mention;
/// those that nothing mentions come last. They are known by their numbers and not by what the
/// writer calls them: a name could be that of something else on the page. The first reference and
/// the first definition of each lead to each other.
pub fn at_end(events: Vec<Event>) -> Vec<Event> {
    let (text, mut notes) = apart(events);
    let mut numbers = Numbers::new();
    let mentioned = number(&text, &notes, &mut numbers);
    notes.sort_by_key(|note| numbers.get(&note.name).copied());
    let mut linked = HashSet::new();
    let mut refer = |event| match event {
        Event::FootnoteReference(name) => {
            let n = numbers.get(&name).copied().unwrap_or_default();
            reference(n, linked.insert(n))
        }
        other => other,
    };
    let mut all: Vec<Event> = text.into_iter().map(&mut refer).collect();
    let mut last = 0;
    for note in notes {
        let n = numbers.get(&note.name).copied().unwrap_or_default();
        let is_first = n != last;
        last = n;
        let id = if is_first { format!(" id=\"fn-{n}\"") } else { String::new() };
        let label = format!("<sup class=\"footnote-definition-label\">{n}</sup>");
        all.push(Event::Html(format!("\n<div class=\"footnote-definition\"{id}>{label}").into()));
        let back = (is_first && n <= mentioned).then(|| way_back(n));
        let mut events: Vec<Event> = note.events.into_iter().map(&mut refer).collect();
        // In the line where the reader is at its end.
        let line = matches!(events.last(), Some(Event::End(TagEnd::Paragraph)));
        let at = events.len() - usize::from(line);
        events.splice(at..at, back);
        all.extend(events);
        all.push(Event::Html("</div>\n".into()));
    }
    all
}

/// The text without the footnotes that are defined in it, and these.
fn apart(events: Vec<Event>) -> (Vec<Event>, Vec<Note>) {
    let (mut text, mut notes, mut open) = (Vec::new(), Vec::new(), Vec::<Note>::new());
    for event in events {
        match event {
            Event::Start(Tag::FootnoteDefinition(name)) => {
                open.push(Note { name: folded(&name), events: Vec::new() });
            }
            Event::End(TagEnd::FootnoteDefinition) => notes.extend(open.pop()),
            other => {
                let other = match other {
                    Event::FootnoteReference(name) => Event::FootnoteReference(folded(&name)),
                    other => other,
                };
                open.last_mut().map_or(&mut text, |note| &mut note.events).push(other);
            }
        }
    }
    (text, notes)
}

/// A name, in the case in which all are compared.
fn folded<'a>(name: &str) -> CowStr<'a> {
    CowStr::from(name.to_lowercase())
}

/// Numbers every footnote, those that the text mentions first, then those that these mention. How
/// many are mentioned: the others have the numbers above.
fn number<'a>(text: &[Event<'a>], notes: &[Note<'a>], numbers: &mut Numbers<'a>) -> usize {
    let mut by_name: HashMap<CowStr<'a>, Vec<&Note<'a>>> = HashMap::new();
    for note in notes {
        by_name.entry(note.name.clone()).or_default().push(note);
    }
    let mut order: Vec<CowStr<'a>> = Vec::new();
    mention(text, numbers, &mut order);
    let mut read = 0;
    while let Some(name) = order.get(read) {
        for note in by_name.remove(name).unwrap_or_default() {
            mention(&note.events, numbers, &mut order);
        }
        read += 1;
    }
    let mentioned = numbers.len();
    for note in notes {
        let next = numbers.len() + 1;
        numbers.entry(note.name.clone()).or_insert(next);
        mention(&note.events, numbers, &mut order);
    }
    mentioned
}

fn mention<'a>(events: &[Event<'a>], numbers: &mut Numbers<'a>, order: &mut Vec<CowStr<'a>>) {
    for event in events {
        if let Event::FootnoteReference(name) = event
            && !numbers.contains_key(name)
        {
            numbers.insert(name.clone(), numbers.len() + 1);
            order.push(name.clone());
        }
    }
}

fn reference(n: usize, is_first: bool) -> Event<'static> {
    let id = if is_first { format!(" id=\"fnref-{n}\"") } else { String::new() };
    let link = format!("<a href=\"#fn-{n}\"{id}>{n}</a>");
    Event::Html(format!("<sup class=\"footnote-reference\">{link}</sup>").into())
}

/// The variation selector keeps the arrow from being drawn as a picture.
fn way_back(n: usize) -> Event<'static> {
    Event::Html(
        format!(
            " <a href=\"#fnref-{n}\" aria-label=\"Back from note {n} to the text\">↩\u{FE0E}</a>"
        )
        .into(),
    )
}
