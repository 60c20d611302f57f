//! From Markdown to HTML: what it looks like, and what cannot be done with it.

use std::{collections::HashSet, future::ready};

use byline::server::markdown::{render, to_html};
use reqwest::StatusCode;

use crate::support::{TestApp, story};

/// The longest text that an article may have, in characters.
const LONGEST: usize = 200_000;

#[test]
fn no_text_grows_beyond_a_small_multiple_of_itself_or_doubles_an_identifier() {
    for text in hard_texts() {
        let html = to_html(&text);
        let shown = text.chars().take(40).collect::<String>();
        assert!(
            html.len() <= 32 * text.len() + 32_000,
            "{shown:?}: {} bytes became {}",
            text.len(),
            html.len()
        );
        let mut ids = HashSet::new();
        for id in ids_of(&html) {
            assert!(ids.insert(id), "{shown:?}: {id} stands twice");
        }
    }
}

#[test]
fn the_highest_headings_are_right_under_the_title_whichever_they_are() {
    let levels = |text: &str| -> String {
        let html = to_html(text);
        html.match_indices("<h").map(|(at, _)| &html[at + 2..=at + 2]).collect()
    };
    assert_eq!(levels("# A\n\n## B\n\n### C"), "234");
    assert_eq!(levels("## A\n\n### B\n\n## C"), "232");
    assert_eq!(levels("#### A\n\n###### B"), "24");
    assert_eq!(levels("## A\n\n# B"), "32", "the first is not the highest");
    assert_eq!(levels("# A\n\n###### B"), "26");
}

/// Texts that some renderer choked on.
fn hard_texts() -> Vec<String> {
    let of_length = |n: usize, piece: &str| piece.repeat(n / piece.chars().count());
    let long = |piece: &str| of_length(20_000, piece);
    let longest = |piece: &str| of_length(LONGEST, piece);
    let nested = |open: &str, close: &str| {
        let n = LONGEST / 2 / open.len().max(close.len());
        format!("{}a{}", open.repeat(n), close.repeat(n - 1))
    };
    let stairs = |steps: usize, piece: &str, end: &str| {
        (0..steps).map(|n| format!("{}{end}", piece.repeat(n))).collect::<String>()
    };
    let table = |columns: usize, rows: &str| {
        format!("{}\n{}\n{rows}", "|a".repeat(columns), "|-:".repeat(columns))
    };
    let counted = |make: fn(usize) -> String| (0..1000).map(make).collect::<String>();
    let mut texts: Vec<String> =
        ["[", "](", "![", "[a](", "*", "*a ", "*a_ ", "_", "`", "> ", "- ", "1. ", "|", "\\", "\t"]
            .map(longest)
            .to_vec();
    texts.extend(
        [("[", "](x)"), ("![", "](x)"), ("**", "**"), ("*a **b ", " c** d*"), ("~~a ", " b~~")]
            .map(|(open, close)| nested(open, close)),
    );
    texts.extend([stairs(600, ">", "\n"), stairs(600, " ", "- a\n"), stairs(600, "`", " ")]);
    texts.extend(
        [
            "a**b",
            "&",
            "&amp;",
            "<",
            "<a ",
            "<!-- ",
            "\"",
            "\u{A0}",
            "&\n",
            ">\n\n",
            "-\n",
            "- [ ] a\n",
            "#\n",
            "# a\n",
            "# \u{FDFD}\u{4E00}\n",
            "a\n=\n",
            "***\n\n",
            "```\n",
            "```a\n",
            "<a:b>",
            "<a@b>",
            "[](/)",
            "[^a]: x\n\n",
            "[^a]: ",
            "a|b\n:-:|-:\n\n",
            "a\n\n",
            "http://a ",
            "https://example.org/&&(",
            "http://a)",
            "://",
            "https://",
        ]
        .map(long),
    );
    let many = long("&");
    texts.extend([
        format!("`{many}`"),
        format!("~~~\n{many}"),
        format!("# {many}"),
        format!("![{many}](x)"),
        format!("[a](x '{many}')"),
        format!("[a](/{many})"),
        format!("<a:{many}>"),
        long(&format!("![{}](x) ", "&".repeat(4000))),
        format!("# {}", long("\u{FDFD}")),
        format!("https://a{}", longest(".")),
        format!("https://a({}", longest(")")),
        format!("[a]: /{}\n\n{}", "x".repeat(10_000), "[a]".repeat(3000)),
        format!("[a]: /{}\n\n{}", "x".repeat(1000), "[a]".repeat(6000)),
        format!("[^a]: x\n\n{}", "[^a]".repeat(5000)),
        counted(|n| format!("[{n}]: x\n\n[{n}]")),
        counted(|n| format!("[^{n}] [^{n}]: x\n\n[^{n}]: y\n\n[^{n}]: y\n\n")),
        counted(|n| format!("# a {}\n# a\n", n % 30)),
        table(4000, &"a\n".repeat(2000)),
        table(500, &"a\n".repeat(500)),
        table(50, &"a\n".repeat(5000)),
        table(500, &long("|")),
    ]);
    texts
}

fn ids_of(html: &str) -> impl Iterator<Item = &str> {
    html.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next())
}

#[tokio::test]
async fn the_thread_that_answers_requests_does_not_render() {
    let text = "word *word* ".repeat(LONGEST / 12);
    tokio::select! {
        biased;
        _ = render(text.clone()) => panic!("rendered before it gave way"),
        () = ready(()) => {}
    }
    assert_eq!(render(text.clone()).await.unwrap(), to_html(&text));
}

#[test]
fn a_long_text_is_whole() {
    for piece in ["Käse & Wein ", "a\u{A0}&&&&b ", "日本語 "] {
        let text = piece.repeat(5000);
        let escaped = text.trim_end().replace('&', "&amp;").replace('\u{A0}', "&nbsp;");
        assert_eq!(to_html(&text), format!("<p>{escaped}</p>\n"));
        let html = to_html(&format!("`{}`\n\n# {text}", text.trim_end()));
        assert!(html.contains(&format!("<code>{escaped}</code>")), "{piece}");
        assert!(html.contains(&format!("\">{escaped}</h2>")), "{piece}");
    }
}

#[test]
fn a_footnote_and_its_text_lead_to_each_other_whatever_it_is_called() {
    let html = to_html("One[^main] two[^\"x] again[^main]\n\n[^main]: First\n\n[^\"x]: Second");
    for part in [
        "One<sup class=\"footnote-reference\"><a href=\"#fn-1\" id=\"fnref-1\" rel=\"noopener noreferrer nofollow\">1</a>",
        "again<sup class=\"footnote-reference\"><a href=\"#fn-1\" rel=\"noopener noreferrer nofollow\">1</a>",
        "<div class=\"footnote-definition\" id=\"fn-1\">",
        "<p>First <a href=\"#fnref-1\" aria-label=\"Back from note 1 to the text\" rel=\"noopener noreferrer nofollow\">↩\u{FE0E}</a></p>",
        "<div class=\"footnote-definition\" id=\"fn-2\">",
    ] {
        assert!(html.contains(part), "{part} in {html}");
    }
    assert_eq!(ids_of(&html).collect::<Vec<_>>(), ["fnref-1", "fnref-2", "fn-1", "fn-2"]);
}

#[test]
fn a_footnote_is_known_by_its_name_in_any_case() {
    let html = to_html("Fog[^Ä] and rain[^two].\n\n[^TWO]: Wet\n\n[^ä]: Grey");
    for part in
        ["href=\"#fn-1\" id=\"fnref-1\"", "id=\"fn-1\"><sup", "<p>Grey <a href=\"#fnref-1\""]
    {
        assert!(html.contains(part), "{part} in {html}");
    }
    assert_eq!(html.matches("footnote-definition-label").count(), 2, "{html}");
}

#[test]
fn a_footnote_that_is_defined_twice_has_one_identifier_and_one_unused_leads_nowhere() {
    let twice = to_html("a[^1]\n\n[^1]: x\n\n[^1]: y");
    assert_eq!(twice.matches("id=\"fn-1\"").count(), 1, "{twice}");
    let unused = to_html("a\n\n[^1]: x");
    assert!(unused.contains("id=\"fn-1\"") && !unused.contains("fnref-1"), "{unused}");
}

#[test]
fn footnotes_stand_at_the_end_in_the_order_of_their_first_mention() {
    let html = to_html(
        "[^none]: Of nothing\n\nOne[^b]\n\n[^a]: Note a\n\n[^b]: Note b, see[^c]\n\n> Two[^a]\n\n[^c]: Note c\n\nThe end",
    );
    let places: Vec<usize> = [
        "The end",
        "id=\"fn-1\"",
        "Note b",
        "id=\"fn-2\"",
        "Note a",
        "id=\"fn-3\"",
        "Note c",
        "Of nothing",
    ]
    .map(|part| html.find(part).unwrap_or_else(|| panic!("{part} in {html}")))
    .to_vec();
    assert!(places.is_sorted(), "{html}");
    // In a note too a mention leads to what it mentions, and that leads back.
    assert!(
        html.contains("see<sup class=\"footnote-reference\"><a href=\"#fn-3\" id=\"fnref-3\""),
        "{html}"
    );
    assert_eq!(html.matches("aria-label=\"Back from note").count(), 3, "{html}");
    // One that does not end in a line has the way back below it.
    let html = to_html("a[^1]\n\n[^1]: x\n\n    - y");
    assert!(html.contains("</ul>\n <a href=\"#fnref-1\""), "{html}");
}

/// A link to that address, which is its text.
fn link(address: &str) -> String {
    let address = address.replace('&', "&amp;");
    let href = address.replace('[', "%5B").replace(']', "%5D");
    format!("<a href=\"{href}\" rel=\"noopener noreferrer nofollow\">{address}</a>")
}

#[test]
fn a_bare_web_address_is_a_link_without_what_follows_it() {
    const ADDRESS: &str = "https://example.org/a_b_c/~d?e=1&f=2#g";
    for (before, address, after) in [
        ("", ADDRESS, ""),
        ("See ", ADDRESS, "."),
        ("See (", ADDRESS, ")!?"),
        ("", "https://example.org/wiki/Fog_(weather)", " and on"),
        ("(", "https://example.org/wiki/Fog_(weather)", ")."),
        ("„", "http://localhost:3000", "”…"),
        ("", "HTTPS://EXAMPLE.ORG", ","),
        ("", "https://example.org/a[b]", "]]"),
        ("", "https://example.org", "..."),
        ("見る", "https://example.org/x", "。"),
    ] {
        let html = to_html(&format!("{before}{address}{after}"));
        assert_eq!(html, format!("<p>{before}{}{after}</p>\n", link(address)));
    }
    let ends = to_html("https://example.org *now*, https://example.org_or_ not");
    assert_eq!(ends.matches(&link("https://example.org")).count(), 1, "{ends}");
    let html =
        to_html("**https://example.org/a** <https://example.org/b>\n# https://example.org/c");
    for address in ["https://example.org/a", "https://example.org/b", "https://example.org/c"] {
        assert!(html.contains(&link(address)), "{html}");
    }
    assert_eq!(html.matches("<a ").count(), 3, "{html}");
}

#[test]
fn what_is_no_bare_web_address_stays_as_it_is() {
    for text in [
        "`https://example.org`",
        "~~~\nhttps://example.org\n~~~",
        "    https://example.org",
        "![https://example.org](/x.png)",
        "https://",
        "https:// example.org",
        "https://.",
        "https:///example.org",
        "xhttps://example.org",
        "://example.org",
        "javascript://example.org",
        "ftp://example.org",
        "example.org",
        // Half an address would lead to another place.
        "https://example.org/_draft_/x",
        "https://example.org/?q=a*b*c",
        "https://example.org/,~~b~~",
    ] {
        assert!(!to_html(text).contains("<a "), "{text}: {}", to_html(text));
    }
    let long = format!("https://example.org/{}", "a".repeat(3000));
    assert_eq!(to_html(&long), format!("<p>{long}</p>\n"));
    let inside = to_html("[see https://example.org/a](https://example.org/b)");
    assert_eq!(inside.matches("<a ").count(), 1, "{inside}");
    let quoted = to_html("<b title=\"https://example.org/\">");
    assert!(
        quoted.contains(&format!("title=\"{}\"&gt;", link("https://example.org/"))),
        "{quoted}"
    );
}

#[test]
fn a_columns_alignment_is_kept() {
    let html = to_html("|a|b|c|d|\n|:-|:-:|-:|-|\n|1|2|3|4|\n|5|");
    for cell in ["th", "td"] {
        for (align, text) in [("left", ["a", "1"]), ("center", ["b", "2"]), ("right", ["c", "3"])] {
            let text = if cell == "th" { text[0] } else { text[1] };
            assert!(html.contains(&format!("<{cell} align=\"{align}\">{text}</{cell}>")), "{html}");
        }
    }
    assert!(html.contains("<th>d</th>") && html.contains("<td>4</td>"), "{html}");
    assert!(
        html.contains("<td align=\"left\">5</td><td align=\"center\"></td>"),
        "filled up: {html}"
    );
    assert!(!html.contains("style"), "{html}");
}

story!(v3_2_3_no_heading_takes_an_identifier_that_a_page_uses, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    ada.write("Before", "published", "public").await;
    let refused =
        [("title", ""), ("description", ""), ("body", ""), ("tags", "a/b"), ("status", "")];
    let stale = [
        ("slug", "before"),
        ("version", "9"),
        ("title", "Before"),
        ("body", "Enough words."),
        ("status", "draft"),
    ];
    let (stranger, wrong) = (
        app.browser(),
        [("username", "?"), ("email", "?"), ("email_again", "!"), ("password", "x")],
    );
    let pages = [
        ada.get("/").await,
        ada.get("/editor").await,
        ada.get("/settings").await,
        ada.get("/articles").await,
        ada.get("/article/before").await,
        ada.submit("/article/before?form=comment", &[("slug", "before"), ("comment", "")]).await,
        ada.submit("/editor", &refused).await,
        ada.submit("/editor/before", &stale).await,
        stranger.get("/login").await,
        stranger.submit("/login", &wrong).await,
        stranger.submit("/register", &wrong).await,
    ];
    let taken: HashSet<&str> = pages.iter().flat_map(|page| ids_of(&page.body)).collect();
    for id in ["main", "body", "title", "conflict-title", "username-error"] {
        assert!(taken.contains(id), "{id} is on no page: {taken:?}");
    }
    let headings: String = taken
        .iter()
        .chain(&["fn-1", "fnref 1", "fn", "Fn"])
        .map(|id| format!("# {id}\n\n# {id}\n\n"))
        .collect();
    let body = format!("{headings}\nnote[^1] [^main]\n\n[^1]: x\n\n[^main]: y");
    let saved = ada
        .call("save-article", &[("title", "Ids"), ("body", &body), ("status", "published")])
        .await;
    assert_eq!(saved.status, StatusCode::OK, "{}", saved.body);
    let page = app.browser().get("/article/ids").await.body;
    let mut seen = HashSet::new();
    for id in ids_of(&page) {
        assert!(seen.insert(id), "{id} stands twice");
    }
    let article =
        page.split("article-content").nth(1).unwrap().split("class=\"said\"").next().unwrap();
    for id in ids_of(article) {
        assert!(!taken.contains(id), "{id} is a page's own");
    }
});
