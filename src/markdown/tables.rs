//! Tables.

use pulldown_cmark::{Alignment, Event, Tag, TagEnd};

/// How many cells that end a row empty an article may have. Markdown fills up short rows, so
/// that a few hundred rows under a few hundred columns would become megabytes of nothing.
const EMPTY_CELLS: usize = 1000;

/// A wide table scrolls inside a region of its own; its columns are aligned by an attribute,
/// since the Content-Security-Policy refuses styles; and its rows are not filled up for ever.
pub fn lay_out(events: Vec<Event>) -> Vec<Event> {
    const OPEN: &str =
        "<div class=\"table-scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Table\">";
    let mut laid_out = Vec::with_capacity(events.len());
    let mut alignments = Vec::new();
    let (mut cell, mut column) = ("th", 0);
    // Where the row's last cell with something in it ended, and where the present one began.
    let (mut filled_to, mut began) = (0, 0);
    let mut empty_left = EMPTY_CELLS;
    for event in events {
        match event {
            Event::Start(Tag::Table(columns)) => {
                alignments = columns;
                laid_out.push(Event::Html(OPEN.into()));
                laid_out.push(Event::Start(Tag::Table(Vec::new())));
            }
            Event::End(TagEnd::Table) => {
                laid_out.extend([Event::End(TagEnd::Table), Event::Html("</div>\n".into())]);
            }
            Event::Start(Tag::TableHead | Tag::TableRow) => {
                cell = if matches!(event, Event::Start(Tag::TableHead)) { "th" } else { "td" };
                column = 0;
                laid_out.push(event);
                filled_to = laid_out.len();
            }
            Event::Start(Tag::TableCell) => {
                began = laid_out.len();
                laid_out.push(cell_start(cell, alignments.get(column)));
                column += 1;
            }
            Event::End(TagEnd::TableCell) => {
                let is_empty = laid_out.len() == began + 1;
                laid_out.push(event);
                if !is_empty {
                    filled_to = laid_out.len();
                }
            }
            Event::End(TagEnd::TableRow) => {
                // An empty cell is two events.
                let kept = ((laid_out.len() - filled_to) / 2).min(empty_left);
                empty_left -= kept;
                laid_out.truncate(filled_to + 2 * kept);
                laid_out.push(event);
            }
            other => laid_out.push(other),
        }
    }
    laid_out
}

fn cell_start(cell: &str, alignment: Option<&Alignment>) -> Event<'static> {
    let align = match alignment {
        Some(Alignment::Left) => " align=\"left\"",
        Some(Alignment::Center) => " align=\"center\"",
        Some(Alignment::Right) => " align=\"right\"",
        Some(Alignment::None) | None => "",
    };
    Event::Html(format!("<{cell}{align}>").into())
}
