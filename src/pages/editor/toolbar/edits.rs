//! What the buttons over the text do to it: pure, on places in the text.

/// A button over the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// `**bold**`
    Bold,
    /// `*italic*`
    Italic,
    /// `## Heading`
    Heading,
    /// `[text](address)`
    Link,
    /// `> quotation`
    Quote,
    /// `` `code` ``, or a block of it
    Code,
    /// `- entry`
    List,
    /// `1. entry`
    Numbers,
    /// `![description](address)`
    Image,
    /// The lines stand further in.
    Indent,
    /// The lines stand further out.
    Outdent,
}

/// One replacement, in bytes of the text before it, and what is chosen after it, in bytes of the
/// text then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// Where it begins.
    pub from: usize,
    /// Where it ends.
    pub to: usize,
    /// What stands there then.
    pub with: String,
    /// What is chosen then.
    pub chosen: (usize, usize),
}

/// What that button does where `start..end` is chosen.
pub fn edit(tool: Tool, text: &str, start: usize, end: usize) -> Edit {
    match tool {
        Tool::Bold => around(text, start, end, "**"),
        Tool::Italic => around(text, start, end, "*"),
        Tool::Code if text[start..end].contains('\n') => block(text, start, end),
        Tool::Code => around(text, start, end, "`"),
        Tool::Link => address(text, start, end, "["),
        Tool::Image => address(text, start, end, "!["),
        Tool::Heading => lines(text, start, end, |_, line| toggled(line, "## ")),
        Tool::Quote => lines(text, start, end, |_, line| toggled(line, "> ")),
        Tool::List => lines(text, start, end, |_, line| toggled(line, "- ")),
        Tool::Numbers => lines(text, start, end, numbered),
        Tool::Indent => lines(text, start, end, |_, line| format!("    {line}")),
        Tool::Outdent => lines(text, start, end, |_, line| {
            let spaces = line.len() - line.trim_start_matches(' ').len();
            line[spaces.min(4)..].to_owned()
        }),
    }
}

/// Marks on both sides of what is chosen, or none if they are there.
fn around(text: &str, start: usize, end: usize, mark: &str) -> Edit {
    let is_marked = text[..start].ends_with(mark) && text[end..].starts_with(mark);
    // One star of two is no mark of its own.
    let is_longer =
        mark == "*" && (text[..start].ends_with("**") && !text[..start].ends_with("***"));
    let chosen = &text[start..end];
    let n = mark.len();
    if is_marked && !is_longer {
        let (from, to) = (start - n, end + n);
        return Edit { from, to, with: chosen.to_owned(), chosen: (from, from + chosen.len()) };
    }
    let with = format!("{mark}{chosen}{mark}");
    Edit { from: start, to: end, with, chosen: (start + n, end + n) }
}

/// The address is chosen, to be typed; or the words, if there are none.
fn address(text: &str, start: usize, end: usize, open: &str) -> Edit {
    const ADDRESS: &str = "https://";
    let words = &text[start..end];
    let with = format!("{open}{words}]({ADDRESS})");
    let words_at = start + open.len();
    let address_at = words_at + words.len() + 2;
    let chosen = if words.is_empty() {
        (words_at, words_at)
    } else {
        (address_at, address_at + ADDRESS.len())
    };
    Edit { from: start, to: end, with, chosen }
}

fn block(text: &str, start: usize, end: usize) -> Edit {
    let (from, to) = whole_lines(text, start, end);
    let code = &text[from..to];
    let with = format!("```\n{code}\n```");
    Edit { from, to, with, chosen: (from + 4, from + 4 + code.len()) }
}

fn lines(text: &str, start: usize, end: usize, change: impl Fn(usize, &str) -> String) -> Edit {
    let (from, to) = whole_lines(text, start, end);
    let changed: Vec<String> =
        text[from..to].split('\n').enumerate().map(|(n, line)| change(n, line)).collect();
    let with = changed.join("\n");
    let last = from + with.len();
    // Without a choice one goes on typing at the end of the line.
    let chosen = if start == end { (last, last) } else { (from, last) };
    Edit { from, to, with, chosen }
}

fn whole_lines(text: &str, start: usize, end: usize) -> (usize, usize) {
    let from = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let to = text[end..].find('\n').map_or(text.len(), |at| end + at);
    (from, to)
}

fn toggled(line: &str, mark: &str) -> String {
    line.strip_prefix(mark).map_or_else(|| format!("{mark}{line}"), str::to_owned)
}

fn numbered(n: usize, line: &str) -> String {
    let digits = line.len() - line.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    match line[digits..].strip_prefix(". ") {
        Some(rest) if digits > 0 => rest.to_owned(),
        _ => format!("{}. {line}", n + 1),
    }
}

/// A place that JavaScript counts in UTF-16, in bytes.
pub fn in_bytes(text: &str, utf16: usize) -> usize {
    let mut units = 0;
    let found = text.char_indices().find(|(_, c)| {
        let is_there = units >= utf16;
        units += c.len_utf16();
        is_there
    });
    found.map_or(text.len(), |(at, _)| at)
}

/// A place in bytes as JavaScript counts it.
pub fn in_utf16(text: &str, bytes: usize) -> usize {
    text[..bytes].encode_utf16().count()
}
