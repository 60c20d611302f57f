//! Colours for code: what each piece of it is stands in its class. The style sheet has the
//! colours.

use hl_lite::{Kind, Lang, highlight};
use pulldown_cmark::{CodeBlockKind, Event, Tag};

/// How much code of an article is told apart, in bytes; the block that would go beyond stays
/// plain.
const MOST_CODE: usize = 100_000;

/// How many pieces of an article have a class: each adds some thirty bytes, be it a single
/// character.
const MOST_PIECES: usize = 20_000;

/// The classes that a piece of code may have.
pub const CLASSES: [&str; 7] =
    ["hl-comment", "hl-function", "hl-keyword", "hl-literal", "hl-name", "hl-string", "hl-type"];

/// Marks what stands in code blocks that name a language which is known; other code stays as it
/// is. Time grows with the code's length and no faster.
pub fn mark(events: Vec<Event<'_>>) -> Vec<Event<'_>> {
    let mut marked = Vec::with_capacity(events.len());
    let (mut code_left, mut pieces_left) = (MOST_CODE, MOST_PIECES);
    let mut events = events.into_iter();
    while let Some(event) = events.next() {
        let language = language_of(&event);
        marked.push(event);
        let Some(language) = language else { continue };
        let mut code = String::new();
        let end = loop {
            match events.next() {
                Some(Event::Text(line)) => code.push_str(&line),
                other => break other,
            }
        };
        if code.len() <= code_left {
            code_left -= code.len();
            in_pieces(language, &code, &mut pieces_left, &mut marked);
        } else {
            marked.push(Event::Text(code.into()));
        }
        marked.extend(end);
    }
    marked
}

/// The language that a code block names: the first word behind the fence, as in
/// `rust,ignore`.
fn language_of(event: &Event) -> Option<Lang> {
    let Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) = event else { return None };
    Lang::from_slug(info.split([' ', ',']).next()?)
}

fn in_pieces(language: Lang, code: &str, pieces_left: &mut usize, marked: &mut Vec<Event<'_>>) {
    for piece in highlight(language, code) {
        let text = Event::Text(piece.text.to_owned().into());
        match class_of(piece.kind).filter(|_| *pieces_left > 0) {
            Some(class) => {
                *pieces_left -= 1;
                let open = Event::Html(format!("<span class=\"{class}\">").into());
                marked.extend([open, text, Event::Html("</span>".into())]);
            }
            None => marked.push(text),
        }
    }
}

/// Brackets and operators have no colour: there are many, and they say what they are.
fn class_of(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Plain | Kind::Operator | Kind::Punctuation => None,
        Kind::Comment => Some("hl-comment"),
        Kind::Function => Some("hl-function"),
        Kind::Keyword => Some("hl-keyword"),
        Kind::Number | Kind::Constant => Some("hl-literal"),
        Kind::Attribute | Kind::Property | Kind::Variable => Some("hl-name"),
        Kind::String => Some("hl-string"),
        Kind::Type | Kind::Tag => Some("hl-type"),
    }
}
