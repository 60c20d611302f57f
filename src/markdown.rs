//! From Markdown to HTML: CommonMark with tables, footnotes, task lists, strikethrough and bare web
//! addresses as links. Raw HTML is shown as it was typed.
//!
//! The server publishes with it and the editor's preview draws with it. Neither trusts it: the
//! one passes what it gives through a sanitiser, the other through a list of its own.

mod footnotes;
pub(crate) mod links;
mod tables;

use std::collections::HashMap;

use pulldown_cmark::{
    CodeBlockKind, CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html,
};

use crate::domain::field::Field;

/// The longest identifier of a heading, in ASCII characters.
const ID_LENGTH: usize = 80;

/// Renders an article's text. Time and size grow with the text's length and no faster. `slugify`
/// makes the identifier of a heading out of its text, and `finish` does whatever else there is to
/// do: the server's know every script and colour code, and weigh too much for a preview.
pub fn to_html(
    markdown: &str,
    slugify: impl Fn(&str) -> String,
    finish: impl for<'a> FnOnce(Vec<Event<'a>>) -> Vec<Event<'a>>,
) -> String {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_STRIKETHROUGH;
    let parser = Parser::new_ext(markdown, options);
    let events = short_attributes(not_too_deep(parser).map(shown_as_typed));
    let mut events = footnotes::at_end(links::mark(events).collect());
    anchor_headings(&mut events, slugify);
    let events = finish(tables::lay_out(events));
    let mut rendered = String::with_capacity(markdown.len() * 3 / 2);
    html::push_html(&mut rendered, in_pieces(events.into_iter().map(usable_by_keyboard)));
    rendered
}

/// Minutes to read, at least 1: 220 words a minute, and for scripts without spaces 500
/// characters a minute count as much.
pub fn minutes(markdown: &str) -> u32 {
    let words = markdown.split_whitespace().count();
    let dense = markdown.chars().filter(|c| ('\u{2E80}'..='\u{9FFF}').contains(c)).count();
    u32::try_from((words / 220 + dense / 500).max(1)).unwrap_or(u32::MAX)
}

/// Raw HTML becomes text, which the renderer escapes.
pub(crate) fn shown_as_typed(event: Event) -> Event {
    match event {
        Event::Html(raw) | Event::InlineHtml(raw) => Event::Text(raw),
        Event::Start(Tag::HtmlBlock) => Event::Start(Tag::Paragraph),
        Event::End(TagEnd::HtmlBlock) => Event::End(TagEnd::Paragraph),
        other => other,
    }
}

/// The deepest that quotations, lists and emphasis stand in each other. What is deeper keeps its
/// text and loses its frame: the sanitiser's work would grow with the square of the depth.
const DEEPEST: usize = 32;

pub(crate) fn not_too_deep<'a>(
    events: impl Iterator<Item = Event<'a>>,
) -> impl Iterator<Item = Event<'a>> {
    let mut depth = 0_usize;
    events.filter(move |event| match event {
        Event::Start(
            Tag::BlockQuote(_)
            | Tag::List(_)
            | Tag::Item
            | Tag::FootnoteDefinition(_)
            | Tag::Emphasis
            | Tag::Strong
            | Tag::Strikethrough
            | Tag::Image { .. },
        ) => {
            depth += 1;
            depth <= DEEPEST
        }
        Event::End(
            TagEnd::BlockQuote(_)
            | TagEnd::List(_)
            | TagEnd::Item
            | TagEnd::FootnoteDefinition
            | TagEnd::Emphasis
            | TagEnd::Strong
            | TagEnd::Strikethrough
            | TagEnd::Image,
        ) => {
            depth = depth.saturating_sub(1);
            depth < DEEPEST
        }
        _ => true,
    })
}

/// The longest attribute or piece of text that the server's sanitiser gets, in bytes. Writing `&` and
/// no-break spaces, html5ever 0.40 looks from each to the end of the piece that it stands in.
const LONGEST_PIECE: usize = 4096;

/// An image's description ends there; an address or a title that is longer falls away.
pub(crate) fn short_attributes<'a>(
    events: impl Iterator<Item = Event<'a>>,
) -> impl Iterator<Item = Event<'a>> {
    let (mut images, mut described) = (0_usize, 0);
    let short = |text: CowStr<'a>| if text.len() > LONGEST_PIECE { "".into() } else { text };
    events.map(move |event| match event {
        Event::Start(Tag::Image { link_type, dest_url, title, id }) => {
            described = if images == 0 { 0 } else { described };
            images += 1;
            let (dest_url, title) = (short(dest_url), short(title));
            Event::Start(Tag::Image { link_type, dest_url, title, id })
        }
        Event::End(TagEnd::Image) => {
            images = images.saturating_sub(1);
            event
        }
        Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
            let (dest_url, title) = (short(dest_url), short(title));
            Event::Start(Tag::Link { link_type, dest_url, title, id })
        }
        Event::Text(ref text) | Event::Code(ref text) if images > 0 => {
            let room = text.floor_char_boundary(LONGEST_PIECE.saturating_sub(described));
            described += text.len();
            Event::Text(text[..room].to_owned().into())
        }
        other => other,
    })
}

/// A long text comes in pieces, with comments between them that the sanitiser takes out.
pub(crate) fn in_pieces<'a>(
    events: impl Iterator<Item = Event<'a>>,
) -> impl Iterator<Item = Event<'a>> {
    let mut since_break = 0;
    events.flat_map(move |event| {
        let (Event::Text(text) | Event::Code(text)) = &event else { return vec![event] };
        since_break += text.len();
        if since_break <= LONGEST_PIECE {
            return vec![event];
        }
        since_break = 0;
        let mut pieces = Vec::new();
        let mut rest = text.as_ref();
        while !rest.is_empty() {
            let (piece, next) = rest.split_at(rest.floor_char_boundary(LONGEST_PIECE));
            pieces.push(Event::Html("<!---->".into()));
            pieces.push(Event::Text(piece.to_owned().into()));
            rest = next;
        }
        if matches!(event, Event::Code(_)) {
            pieces.insert(0, Event::Html("<code>".into()));
            pieces.push(Event::Html("</code>".into()));
        }
        pieces
    })
}

/// What scrolls sideways can have the focus, and a box that says whether something is done
/// has a name. This HTML is ours; what was typed was escaped before.
pub(crate) fn usable_by_keyboard(event: Event) -> Event {
    let html = match event {
        Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(ref language))) if is_plain(language) => {
            CowStr::from(format!("<pre tabindex=\"0\"><code class=\"language-{language}\">"))
        }
        Event::Start(Tag::CodeBlock(_)) => "<pre tabindex=\"0\"><code>".into(),
        Event::End(TagEnd::CodeBlock) => "</code></pre>\n".into(),
        Event::TaskListMarker(true) => {
            "<input type=\"checkbox\" disabled checked aria-label=\"Done\">".into()
        }
        Event::TaskListMarker(false) => {
            "<input type=\"checkbox\" disabled aria-label=\"To do\">".into()
        }
        other => return other,
    };
    Event::Html(html)
}

/// A language's name that can stand in an attribute.
fn is_plain(language: &str) -> bool {
    !language.is_empty()
        && language.len() <= 20
        && language.chars().all(|c| c.is_ascii_alphanumeric() || "+#-".contains(c))
}

/// Gives each heading an identifier made of its text, and moves them all up or down, so that the
/// highest is an `h2`, whichever its author takes for that: the page's only `h1` is the title, and
/// no level is left out below it.
fn anchor_headings(events: &mut [Event], slugify: impl Fn(&str) -> String) {
    let mut used: HashMap<String, u32> = HashMap::new();
    let starts: Vec<usize> = (0..events.len())
        .filter(|&i| matches!(events[i], Event::Start(Tag::Heading { .. })))
        .collect();
    let levels = starts.iter().filter_map(|&i| match events[i] {
        Event::Start(Tag::Heading { level, .. }) => Some(level),
        _ => None,
    });
    let highest = levels.min().unwrap_or(HeadingLevel::H1);
    for start in starts {
        let text: String = events[start..]
            .iter()
            .take_while(|event| !matches!(event, Event::End(TagEnd::Heading(_))))
            .filter_map(|event| match event {
                Event::Text(text) | Event::Code(text) => Some(text.as_ref()),
                _ => None,
            })
            .collect();
        let id = unused(&slugify(&text), &mut used);
        if let Event::Start(Tag::Heading { level, id: place, .. }) = &mut events[start] {
            *level = under_title(*level, highest);
            *place = Some(CowStr::from(id));
        }
    }
    for event in events.iter_mut() {
        if let Event::End(TagEnd::Heading(level)) = event {
            *level = under_title(*level, highest);
        }
    }
}

/// The base itself, else with the next number. `used` remembers the last number of each
/// base, so that a thousand headings of one text cost no more than a thousand others.
fn unused(base: &str, used: &mut HashMap<String, u32>) -> String {
    let base: String = base.chars().take(ID_LENGTH).collect();
    let base = match base.trim_end_matches('-') {
        "" => "section".to_owned(),
        base if is_the_pages_own(base) => format!("section-{base}"),
        base => base.to_owned(),
    };
    let mut n = used.get(&base).copied().unwrap_or(0);
    let id = loop {
        n += 1;
        let id = if n == 1 { base.clone() } else { format!("{base}-{n}") };
        if n == 1 || !used.contains_key(&id) {
            break id;
        }
    };
    used.insert(base, n);
    used.entry(id.clone()).or_insert(1);
    id
}

/// Whether the page uses that identifier itself, for its parts, the fields of its forms, an
/// article's footnotes or its comments.
fn is_the_pages_own(id: &str) -> bool {
    const PARTS: [&str; 13] = [
        "main",
        "conflict-title",
        "stored-title",
        "stored-body",
        "comments",
        "comments-title",
        "responses",
        "favorite",
        "follow",
        "open-comments",
        "picture-file",
        "picture-alt",
        "picture-alt-hint",
    ];
    const FIELDS: [Field; 21] = [
        Field::SlugWanted,
        Field::Canonical,
        Field::Language,
        Field::Direction,
        Field::PublishAt,
        Field::Username,
        Field::Email,
        Field::EmailAgain,
        Field::Password,
        Field::Title,
        Field::Description,
        Field::Body,
        Field::Tags,
        Field::Cover,
        Field::CoverAlt,
        Field::Visibility,
        Field::Status,
        Field::Reason,
        Field::Bio,
        Field::Image,
        Field::Q,
    ];
    let field = id.strip_suffix("-hint").or(id.strip_suffix("-error")).unwrap_or(id);
    PARTS.contains(&id)
        || FIELDS.iter().any(|own| own.name() == field)
        || ["fn", "fnref", "comment"].contains(&id.split('-').next().unwrap_or_default())
}

fn under_title(level: HeadingLevel, highest: HeadingLevel) -> HeadingLevel {
    let below = level as usize - highest as usize;
    HeadingLevel::try_from(2 + below).unwrap_or(HeadingLevel::H6)
}
