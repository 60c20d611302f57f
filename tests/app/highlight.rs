//! Colours for code: which code has them, and that it stays the code that was typed.

use byline::server::markdown::to_html;

/// Names of languages that are known.
const LANGUAGES: [&str; 12] = [
    "rust",
    "bash",
    "css",
    "dockerfile",
    "html",
    "js",
    "json",
    "md",
    "python",
    "toml",
    "ts",
    "yaml",
];

fn fenced(language: &str, code: &str) -> String {
    format!("~~~~~{language}\n{code}\n~~~~~\n")
}

/// The text of the only code block, as a browser reads it.
fn code_in(html: &str) -> String {
    let (_, code) = html.split_once("<code").unwrap();
    let (code, _) = code.split_once('>').unwrap().1.rsplit_once("</code>").unwrap();
    let mut text = String::new();
    for part in code.split('<') {
        // The sanitiser escapes `>` in texts: the first is a tag's.
        text.push_str(if text.is_empty() && !part.contains('>') {
            part
        } else {
            part.split_once('>').map_or(part, |(_, rest)| rest)
        });
    }
    html_escape::decode_html_entities(&text).into_owned()
}

#[test]
fn code_in_a_known_language_is_told_apart_by_classes() {
    let html = to_html("```rust,ignore\n// why\nlet x: u8 = f(\"<b>\");\n```");
    for piece in [
        "<pre tabindex=\"0\"><code>",
        "<span class=\"hl-comment\">// why</span>",
        "<span class=\"hl-keyword\">let</span>",
        "<span class=\"hl-type\">u8</span>",
        "<span class=\"hl-string\">\"&lt;b&gt;\"</span>",
    ] {
        assert!(html.contains(piece), "{piece} in {html}");
    }
    assert!(!html.contains("style"), "{html}");
}

#[test]
fn code_in_no_language_or_an_unknown_one_stays_as_it_is() {
    for language in ["", "brainfuck", "text", "rust\"onload=x", "<script>", "../rust", "rust\u{0}"]
    {
        let html = to_html(&fenced(language, "let x = \"1\";"));
        assert!(!html.contains("<span"), "{language:?}: {html}");
        assert!(!html.contains("onload=\"") && !html.contains("<script"), "{language:?}: {html}");
        assert_eq!(code_in(&html), "let x = \"1\";\n", "{language:?}");
    }
    assert!(!to_html("    let x = 1;").contains("<span"), "indented");
    assert!(!to_html("`let x = 1;`").contains("<span"), "inline");
}

/// Quotes and brackets that never close, and what else lexers trip over.
#[test]
fn no_code_is_lost_or_grows_without_bounds_in_any_language() {
    let many = |piece: &str| piece.repeat(10_000 / piece.len());
    let nested =
        |open: &str, close: &str| format!("{}{}", open.repeat(10_000), close.repeat(10_000));
    let mut codes =
        vec![nested("(", ")"), nested("[", "]"), nested("{", "}"), nested("<a>", "</a>")];
    codes.extend(
        [
            "\"",
            "'",
            "`",
            "\"'",
            "r#\"",
            "/*",
            "*/",
            "<!--",
            "</script>",
            "${",
            "`${",
            "$(",
            "((",
            "#",
            "\\",
            "\\\"",
            "&",
            "\u{A0}",
            "1 ",
            "1;",
            "a: ",
            "- ",
            "@a",
            "<<A\n",
            "é",
            "日本",
            "🍂",
            "\"\"\"",
            "f\"{",
            "%",
            "//\n",
            "a.b(",
            "\t",
            "|\n",
            "---\n",
            "```\n",
            "0x",
            "1e",
            "#[",
            "'a ",
        ]
        .map(many),
    );
    for language in LANGUAGES {
        for code in &codes {
            let html = to_html(&fenced(language, code));
            let shown: String = code.chars().take(10).collect();
            assert!(html.len() <= 32 * code.len() + 32_000, "{language}: {shown:?}");
            assert!(code_in(&html) == format!("{code}\n"), "{language}: {shown:?} is another code");
        }
    }
}

#[test]
fn of_very_much_code_the_beginning_is_told_apart() {
    let block = fenced("rust", &"let x = 1;\n".repeat(4000));
    let html = to_html(&block.repeat(3));
    let marked: Vec<usize> =
        html.split("<pre").skip(1).map(|block| block.matches("<span").count()).collect();
    assert_eq!(marked, [8000, 8000, 0], "three blocks of 44 kB");
    let html = to_html(&fenced("rust", &"1 ".repeat(45_000)));
    assert_eq!(html.matches("<span").count(), 20_000);
    assert_eq!(code_in(&html).len(), 90_001);
}

#[test]
fn a_picture_is_fetched_when_it_comes_into_sight_and_keeps_its_description() {
    let html = to_html("![A \"boat\"](https://pictures.example/a.png)");
    assert!(
        html.contains("alt=\"A &quot;boat&quot;\"") && html.contains("loading=\"lazy\""),
        "{html}"
    );
}
