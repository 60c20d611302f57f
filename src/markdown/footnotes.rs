//! Footnotes, and the links between them and the text.

use std::collections::{HashMap, HashSet};

use pulldown_cmark::{CowStr, Event, Tag, TagEnd};

/// Footnotes are known by their numbers, in the order of their first mention, and not by what
/// the writer calls them: a name could be that of something else on the page. The first
/// reference and the first definition of each lead to each other.
pub fn number(events: Vec<Event>) -> Vec<Event> {
    let mut numbers: HashMap<CowStr, usize> = HashMap::new();
    let mut referred = HashSet::new();
    for event in &events {
        if let Event::FootnoteReference(name) | Event::Start(Tag::FootnoteDefinition(name)) = event
        {
            let next = numbers.len() + 1;
            let number = *numbers.entry(name.clone()).or_insert(next);
            if matches!(event, Event::FootnoteReference(_)) {
                referred.insert(number);
            }
        }
    }
    let number = |name: &CowStr| numbers.get(name).copied().unwrap_or_default();
    let (mut linked, mut defined) = (HashSet::new(), HashSet::new());
    let numbered = events.into_iter().map(|event| match event {
        Event::FootnoteReference(name) => {
            let n = number(&name);
            footnote_reference(n, linked.insert(n))
        }
        Event::Start(Tag::FootnoteDefinition(name)) => {
            let n = number(&name);
            footnote_definition(n, defined.insert(n), referred.contains(&n))
        }
        Event::End(TagEnd::FootnoteDefinition) => Event::Html("</div>\n".into()),
        other => other,
    });
    numbered.collect()
}

fn footnote_reference(n: usize, is_first: bool) -> Event<'static> {
    let id = if is_first { format!(" id=\"fnref-{n}\"") } else { String::new() };
    let link = format!("<a href=\"#fn-{n}\"{id}>{n}</a>");
    Event::Html(format!("<sup class=\"footnote-reference\">{link}</sup>").into())
}

fn footnote_definition(n: usize, is_first: bool, is_referred_to: bool) -> Event<'static> {
    let id = if is_first { format!(" id=\"fn-{n}\"") } else { String::new() };
    let back = if is_referred_to {
        format!("<a href=\"#fnref-{n}\" aria-label=\"{n}, back to the text\">{n}</a>")
    } else {
        n.to_string()
    };
    let label = format!("<sup class=\"footnote-definition-label\">{back}</sup>");
    Event::Html(format!("\n<div class=\"footnote-definition\"{id}>{label}").into())
}
