//! From Markdown to HTML that is safe to show: CommonMark with tables, footnotes, task
//! lists and strikethrough. Raw HTML is shown as it was typed, and what was rendered goes
//! through a sanitiser all the same.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use pulldown_cmark::{
    CodeBlockKind, CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html,
};

/// Identifiers that the page itself uses; a heading must not take them.
const RESERVED_IDS: [&str; 1] = ["main"];

/// Renders an article's text.
pub fn render(markdown: &str) -> String {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_STRIKETHROUGH;
    let mut events: Vec<Event> =
        not_too_deep(Parser::new_ext(markdown, options)).map(shown_as_typed).collect();
    anchor_headings(&mut events);
    wrap_tables(&mut events);
    let mut rendered = String::with_capacity(markdown.len() * 3 / 2);
    html::push_html(&mut rendered, events.into_iter().map(usable_by_keyboard));
    SANITISER.clean(&rendered).to_string()
}

/// Minutes to read, at least 1: 220 words a minute, and for scripts without spaces 500
/// characters a minute count as much.
pub fn minutes(markdown: &str) -> u32 {
    let words = markdown.split_whitespace().count();
    let dense = markdown.chars().filter(|c| ('\u{2E80}'..='\u{9FFF}').contains(c)).count();
    u32::try_from((words / 220 + dense / 500).max(1)).unwrap_or(u32::MAX)
}

/// Raw HTML becomes text, which the renderer escapes.
fn shown_as_typed(event: Event) -> Event {
    match event {
        Event::Html(raw) | Event::InlineHtml(raw) => Event::Text(raw),
        Event::Start(Tag::HtmlBlock) => Event::Start(Tag::Paragraph),
        Event::End(TagEnd::HtmlBlock) => Event::End(TagEnd::Paragraph),
        other => other,
    }
}

/// The deepest that quotations and lists stand in each other. What is deeper keeps its text
/// and loses its frame: the sanitiser's work would grow with the square of the depth.
const DEEPEST: usize = 32;

fn not_too_deep<'a>(events: impl Iterator<Item = Event<'a>>) -> impl Iterator<Item = Event<'a>> {
    let mut depth = 0_usize;
    events.filter(move |event| match event {
        Event::Start(Tag::BlockQuote(_) | Tag::List(_) | Tag::Item) => {
            depth += 1;
            depth <= DEEPEST
        }
        Event::End(TagEnd::BlockQuote(_) | TagEnd::List(_) | TagEnd::Item) => {
            depth = depth.saturating_sub(1);
            depth < DEEPEST
        }
        _ => true,
    })
}

/// A wide table scrolls inside a region of its own.
fn wrap_tables(events: &mut Vec<Event>) {
    const OPEN: &str =
        "<div class=\"table-scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Table\">";
    let wrapped = std::mem::take(events).into_iter().flat_map(|event| match event {
        Event::Start(Tag::Table(_)) => [Some(Event::Html(OPEN.into())), Some(event)],
        Event::End(TagEnd::Table) => [Some(event), Some(Event::Html("</div>\n".into()))],
        other => [Some(other), None],
    });
    *events = wrapped.flatten().collect();
}

/// What scrolls sideways can have the focus, and a box that says whether something is done
/// has a name. This HTML is ours; what was typed was escaped before.
fn usable_by_keyboard(event: Event) -> Event {
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

/// Gives each heading an identifier made of its text, and moves it one level down: the
/// page's only `h1` is the title.
fn anchor_headings(events: &mut [Event]) {
    let mut used: HashMap<String, u32> =
        RESERVED_IDS.into_iter().map(|id| (id.to_owned(), 1)).collect();
    let starts: Vec<usize> = (0..events.len())
        .filter(|&i| matches!(events[i], Event::Start(Tag::Heading { .. })))
        .collect();
    for start in starts {
        let text: String = events[start..]
            .iter()
            .take_while(|event| !matches!(event, Event::End(TagEnd::Heading(_))))
            .filter_map(|event| match event {
                Event::Text(text) | Event::Code(text) => Some(text.as_ref()),
                _ => None,
            })
            .collect();
        let id = unused(&slug::slugify(&text), &mut used);
        if let Event::Start(Tag::Heading { level, id: place, .. }) = &mut events[start] {
            *level = one_down(*level);
            *place = Some(CowStr::from(id));
        }
    }
    for event in events.iter_mut() {
        if let Event::End(TagEnd::Heading(level)) = event {
            *level = one_down(*level);
        }
    }
}

/// The base itself, else with the next number. `used` remembers the last number of each
/// base, so that a thousand headings of one text cost no more than a thousand others.
fn unused(base: &str, used: &mut HashMap<String, u32>) -> String {
    let base = if base.is_empty() { "section" } else { base };
    let mut n = used.get(base).copied().unwrap_or(0);
    let id = loop {
        n += 1;
        let id = if n == 1 { base.to_owned() } else { format!("{base}-{n}") };
        if n == 1 || !used.contains_key(&id) {
            break id;
        }
    };
    used.insert(base.to_owned(), n);
    used.entry(id.clone()).or_insert(1);
    id
}

fn one_down(level: HeadingLevel) -> HeadingLevel {
    match level {
        HeadingLevel::H1 => HeadingLevel::H2,
        HeadingLevel::H2 => HeadingLevel::H3,
        HeadingLevel::H3 => HeadingLevel::H4,
        HeadingLevel::H4 => HeadingLevel::H5,
        HeadingLevel::H5 | HeadingLevel::H6 => HeadingLevel::H6,
    }
}

static SANITISER: LazyLock<ammonia::Builder<'static>> = LazyLock::new(|| {
    let mut builder = ammonia::Builder::default();
    builder
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        .link_rel(Some("noopener noreferrer nofollow"))
        .add_tags(["input"])
        .add_tag_attribute_values("input", "type", ["checkbox"])
        .add_tag_attribute_values("input", "checked", [""])
        .add_tag_attribute_values("input", "disabled", [""])
        .add_tag_attributes("input", ["aria-label"])
        .add_tag_attributes("code", ["class"])
        .add_tag_attribute_values("pre", "tabindex", ["0"])
        .add_tag_attribute_values("div", "tabindex", ["0"])
        .add_tag_attribute_values("div", "role", ["region"])
        .add_tag_attribute_values("div", "aria-label", ["Table"])
        .add_generic_attributes(["id"])
        .add_allowed_classes("sup", ["footnote-reference", "footnote-definition-label"])
        .add_allowed_classes("div", ["footnote-definition", "table-scroll"])
        .attribute_filter(|element, attribute, value| match (element, attribute) {
            ("code", "class") if !value.starts_with("language-") => None,
            // Column alignment comes as a style, which the Content-Security-Policy refuses.
            (_, "style") => None,
            _ => Some(Cow::Borrowed(value)),
        });
    builder
});
