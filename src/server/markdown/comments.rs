//! Comments: paragraphs, emphasis, code, links, lists and quotations. A heading is a paragraph, a
//! picture its description, and a line end is one.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd, html};

use crate::markdown::{
    in_pieces, links, not_too_deep, short_attributes, shown_as_typed, usable_by_keyboard,
};

/// Renders a comment's text, which is short: it takes no thread of its own.
pub fn render(markdown: &str) -> String {
    let parser = Parser::new_ext(markdown, Options::ENABLE_STRIKETHROUGH);
    let events = short_attributes(not_too_deep(parser).map(shown_as_typed));
    let events = links::mark(events).filter_map(plainer);
    let mut rendered = String::with_capacity(markdown.len() * 3 / 2);
    html::push_html(&mut rendered, in_pieces(events.map(usable_by_keyboard)));
    SANITISER.clean(&rendered).to_string()
}

fn plainer(event: Event) -> Option<Event> {
    match event {
        Event::Start(Tag::Heading { .. }) => Some(Event::Start(Tag::Paragraph)),
        Event::End(TagEnd::Heading(_)) => Some(Event::End(TagEnd::Paragraph)),
        Event::Start(Tag::Image { .. }) | Event::End(TagEnd::Image) | Event::Rule => None,
        Event::SoftBreak => Some(Event::HardBreak),
        other => Some(other),
    }
}

static SANITISER: LazyLock<ammonia::Builder<'static>> = LazyLock::new(|| {
    let mut builder = ammonia::Builder::default();
    builder
        .tags(HashSet::from([
            "p",
            "br",
            "em",
            "strong",
            "del",
            "code",
            "pre",
            "a",
            "ul",
            "ol",
            "li",
            "blockquote",
        ]))
        .tag_attributes(HashMap::from([
            ("a", HashSet::from(["href", "title"])),
            ("ol", HashSet::from(["start"])),
        ]))
        .add_tag_attribute_values("pre", "tabindex", ["0"])
        .generic_attributes(HashSet::new())
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        .link_rel(Some("noopener noreferrer nofollow"));
    builder
});
