//! What machines read: feeds, the sitemap, robots.txt.

use std::{
    collections::BTreeMap,
    io::Write,
    process::{Command, Stdio},
};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    downloads::write_many,
    support::{Answer, Browser, TestApp, story},
};

/// Texts that have made other programs run what they say, by their kind.
const HOSTILE: &str = include_str!("../hostile-texts.json");

/// Every address of a feed.
const FEEDS: [&str; 6] = [
    "/feed.atom",
    "/feed.json",
    "/profile/ada/feed.atom",
    "/profile/ada/feed.json",
    "/tag/harbour/feed.atom",
    "/tag/harbour/feed.json",
];

async fn publish(browser: &Browser, title: &str, body: &str, more: &[(&str, &str)]) -> Answer {
    let mut fields = vec![("title", title), ("body", body), ("status", "published")];
    fields.extend(more);
    let answer = browser.call("save-article", &fields).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer
}

/// What a strict reader makes of an Atom feed: the feed, and then each entry.
fn read_by_a_feed_reader(answer: &Answer) -> Vec<Value> {
    #[expect(clippy::disallowed_methods, reason = "the tests' own setting")]
    let python = std::env::var("TEST_PYTHON").expect("TEST_PYTHON is not set: run `make test`");
    let mut reader = Command::new(python)
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python/read_feed.py"))
        .arg(answer.header("content-type"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    reader.stdin.take().unwrap().write_all(answer.body.as_bytes()).unwrap();
    let read = reader.wait_with_output().unwrap();
    assert!(read.status.success(), "{}\n{}", String::from_utf8_lossy(&read.stderr), answer.body);
    let lines = String::from_utf8(read.stdout).unwrap();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

story!(a_feed_reader_finds_the_newest_articles_whole, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    publish(&ada, "First", "A text with **weight**.", &[("tags", "harbour, Ropes & knots")]).await;
    publish(&ada, "<Second> & last", "See [there](/article/first \"x\").", &[("tags", "harbour")])
        .await;
    let reader = app.browser();
    for path in ["/feed.atom", "/profile/ada/feed.atom", "/tag/harbour/feed.atom"] {
        let answer = reader.get(path).await;
        assert_eq!(answer.header("content-type"), "application/atom+xml; charset=utf-8");
        let read = read_by_a_feed_reader(&answer);
        assert_eq!(read[0]["version"], "atom10");
        assert_eq!(read.len(), 3, "{read:?}");
        assert_eq!(read[1]["url"], format!("{}/article/second-last", app.origin));
        assert_eq!(read[1]["title"], "<Second> & last");
        assert_eq!(read[1]["author"], "ada");
        assert!(answer.body.contains("&lt;strong&gt;weight&lt;/strong&gt;"), "{}", answer.body);
        assert!(answer.body.contains(&format!("{}/article/first", app.origin)), "{}", answer.body);
    }
    let json = reader.get("/tag/ropes%20&%20knots/feed.json").await;
    assert_eq!(json.header("content-type"), "application/feed+json; charset=utf-8");
    let feed = json.json();
    assert_eq!(feed["version"], "https://jsonfeed.org/version/1.1");
    assert_eq!(feed["items"].as_array().unwrap().len(), 1);
    let item = &feed["items"][0];
    assert_eq!(item["url"], format!("{}/article/first", app.origin));
    assert_eq!(item["content_html"], "<p>A text with <strong>weight</strong>.</p>\n");
    assert_eq!(item["authors"][0]["name"], "ada");
    assert_eq!(item["tags"], serde_json::json!(["harbour", "ropes & knots"]));
});

story!(a_feed_says_what_an_article_is_written_in_and_its_footnotes_lead_into_it, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let text = "Words.[^a] [On](next)\n\n[^a]: A note.";
    publish(&ada, "Shalom", text, &[("language", "he"), ("description", "Short")]).await;
    let atom = app.browser().get("/feed.atom").await;
    read_by_a_feed_reader(&atom);
    assert_eq!(atom.body.matches("xml:lang=\"he\"").count(), 3, "{}", atom.body);
    let json = app.browser().get("/feed.json").await.json();
    let item = &json["items"][0];
    assert_eq!(item["language"], "he");
    let html = item["content_html"].as_str().unwrap();
    let article = format!("{}/article/shalom", app.origin);
    assert!(html.contains(&format!("href=\"{article}#")), "{html}");
    assert!(html.contains(&format!("href=\"{}/article/next\"", app.origin)), "{html}");
});

story!(what_is_not_public_is_in_no_feed_and_in_no_sitemap, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let tagged = [("tags", "harbour")];
    publish(&ada, "Open", "Words enough to read.", &tagged).await;
    publish(
        &ada,
        "Among us",
        "Words enough to read.",
        &[("tags", "harbour"), ("visibility", "members")],
    )
    .await;
    let draft =
        [("tags", "harbour"), ("status", "draft"), ("title", "Not yet"), ("body", "Words enough.")];
    assert_eq!(ada.call("save-article", &draft).await.status, StatusCode::OK);
    // The author's own session makes no difference: what a feed holds may be kept by anybody.
    for browser in [&app.browser(), &ada] {
        for path in FEEDS.into_iter().chain(["/sitemap.xml", "/sitemap/1.xml"]) {
            let answer = browser.get(path).await;
            assert_eq!(answer.status, StatusCode::OK, "{path}");
            for hidden in ["Among us", "among-us", "Not yet", "not-yet"] {
                assert!(!answer.body.contains(hidden), "{hidden} in {path}");
            }
        }
        assert!(browser.get("/feed.atom").await.body.contains("Open"));
        assert!(browser.get("/sitemap/1.xml").await.body.contains("/article/open</loc>"));
    }
});

story!(a_sitemap_that_is_full_goes_on_in_another_file, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    write_many(&app, engine).await;
    publish(&ada, "The newest", "Words enough to read.", &[]).await;
    app.execute("update tallies set count = 10001 where scope = 'site' and kind = 'public'").await;
    let index = app.browser().get("/sitemap.xml").await.body;
    assert_eq!(index.matches("<loc>").count(), 2, "{index}");
    let pages = async |file: &str| app.browser().get(&format!("/sitemap/{file}.xml")).await;
    let (first, second) = (pages("1").await.body, pages("2").await.body);
    assert_eq!(first.matches("<loc>").count(), 1 + 10_000, "the front page before them");
    assert_eq!(second.matches("<loc>").count(), 1);
    assert!(second.contains("/article/the-newest<") && !first.contains("the-newest"), "{second}");
    assert_eq!(pages("3").await.status, StatusCode::NOT_FOUND);
});

story!(a_site_for_members_tells_machines_nothing, |engine| {
    let app = TestApp::start_with(engine, &["--readers", "members"]).await;
    let ada = app.person("ada").await;
    publish(&ada, "Open", "Words enough to read.", &[("tags", "harbour")]).await;
    for path in FEEDS.into_iter().chain(["/sitemap.xml", "/sitemap/1.xml"]) {
        assert_eq!(app.browser().get(path).await.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(ada.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(app.browser().get("/robots.txt").await.body, "User-agent: *\nDisallow: /\n");
    assert!(!ada.get("/").await.body.contains("feed.atom"));
});

story!(a_feed_that_has_not_changed_is_not_sent_again, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    publish(&ada, "Open", "Words enough to read.", &[("tags", "harbour")]).await;
    let reader = app.browser();
    for path in FEEDS.into_iter().chain(["/sitemap.xml", "/sitemap/1.xml", "/robots.txt"]) {
        let etag = reader.get(path).await.header("etag").to_owned();
        let again = reader.bare(Method::GET, path).header("if-none-match", &etag);
        let again = reader.send(again).await;
        assert_eq!((again.status, again.body.as_str()), (StatusCode::NOT_MODIFIED, ""), "{path}");
        assert_eq!(again.header("cache-control"), "public, no-cache");
    }
    let etag = reader.get("/feed.atom").await.header("etag").to_owned();
    publish(&ada, "Newer", "Words enough to read.", &[]).await;
    let request = reader.bare(Method::GET, "/feed.atom").header("if-none-match", &etag);
    assert_eq!(reader.send(request).await.status, StatusCode::OK);
});

story!(a_page_names_its_feed, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    publish(&ada, "Open", "Words enough to read.", &[("tags", "ropes & knots")]).await;
    for (page, feed) in [
        ("/", "/feed.atom"),
        ("/article/open", "/feed.atom"),
        ("/profile/ada", "/profile/ada/feed.atom"),
        ("/tag/ropes%20&%20knots", "/tag/ropes%20&%20knots/feed.atom"),
    ] {
        let body = app.browser().get(page).await.body;
        let named = body.split("type=\"application/atom+xml\"").nth(1).unwrap();
        let href = named.split("href=\"").nth(1).unwrap().split('"').next().unwrap();
        assert_eq!(href.replace("&amp;", "&"), feed, "{page}");
        assert_eq!(app.browser().get(feed).await.status, StatusCode::OK, "{feed}");
    }
});

story!(a_feed_of_nobody_and_of_no_tag_is_not_there, |engine| {
    let app = TestApp::start(engine).await;
    for path in [
        "/profile/nobody/feed.atom",
        "/tag/a,b/feed.json",
        "/sitemap/0.xml",
        "/sitemap/2.xml",
        "/sitemap/x",
    ] {
        assert_eq!(app.browser().get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    // A tag that nobody used yet, and a site without an article, have feeds without entries.
    for path in ["/feed.atom", "/tag/nothing/feed.atom"] {
        assert_eq!(read_by_a_feed_reader(&app.browser().get(path).await).len(), 1, "{path}");
    }
});

story!(no_character_of_a_text_breaks_its_feed, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let body = "&#1; &#x1F; \u{FFFF} ]]> <!-- <script>alert(1)</script> &amp;amp; \u{2028} & enough words.";
    publish(&ada, "]]> &lt; \u{FFFE} </title>", body, &[("description", "<b> & \u{FFFF}")]).await;
    let read = read_by_a_feed_reader(&app.browser().get("/feed.atom").await);
    assert_eq!(read[1]["title"], "]]> &lt;  </title>");
    let feed = app.browser().get("/feed.json").await.json();
    let html = feed["items"][0]["content_html"].as_str().unwrap();
    assert!(!html.contains("<script"), "{html}");
});

/// Checks a feed by the letter of JSON Feed 1.1, and gives its items.
fn read_as_json_feed(answer: &Answer) -> Vec<Value> {
    const ITEM: [&str; 9] = [
        "id",
        "url",
        "title",
        "content_html",
        "summary",
        "date_published",
        "date_modified",
        "authors",
        "tags",
    ];
    let feed = answer.json();
    assert_eq!(feed["version"], "https://jsonfeed.org/version/1.1");
    assert!(feed["title"].is_string(), "{feed}");
    for address in ["home_page_url", "feed_url"] {
        assert!(feed[address].as_str().unwrap().starts_with("http"), "{feed}");
    }
    let items = feed["items"].as_array().unwrap();
    for item in items {
        let unknown = item.as_object().unwrap().keys().find(|key| !ITEM.contains(&key.as_str()));
        assert_eq!(unknown, None, "{item}");
        for text in ["id", "url", "title", "content_html"] {
            assert!(item[text].is_string(), "{text} in {item}");
        }
        for moment in ["date_published", "date_modified"] {
            let moment = item[moment].as_str().unwrap();
            assert!(moment.len() == 20 && moment.ends_with('Z'), "{moment}");
        }
        assert!(
            item["authors"].as_array().unwrap().iter().all(|author| author["name"].is_string())
        );
        assert!(item["tags"].as_array().unwrap().iter().all(Value::is_string), "{item}");
    }
    items.clone()
}

/// As a title and a tag are stored.
fn in_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

story!(whatever_a_text_says_both_feeds_say_it_and_nothing_else, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let hostile: BTreeMap<String, Vec<String>> = serde_json::from_str(HOSTILE).unwrap();
    let (tags, texts): (Vec<_>, Vec<_>) = hostile.iter().partition(|(kind, _)| *kind == "tags");
    let tags: Vec<&String> = tags.into_iter().flat_map(|(_, tags)| tags).collect();
    let texts: Vec<&String> = texts.into_iter().flat_map(|(_, texts)| texts).collect();
    assert!(tags.len() + texts.len() > 400);
    // Two in an article, and as many articles as a feed holds.
    for (round, texts) in texts.chunks(40).enumerate() {
        let tag = tags[round % tags.len()];
        let pairs: Vec<_> = texts.chunks(2).map(|pair| (pair[0], pair[pair.len() - 1])).collect();
        for (title, description) in &pairs {
            let body = format!("{title}\n\n{description}\n\nWords enough to be read.");
            publish(&ada, title, &body, &[("description", description), ("tags", tag)]).await;
        }
        let atom = read_by_a_feed_reader(&app.browser().get("/feed.atom").await);
        let json = read_as_json_feed(&app.browser().get("/feed.json").await);
        assert_eq!((atom.len(), json.len()), (21, 20), "in round {round}");
        let newest = pairs.iter().rev().zip(atom[1..].iter().zip(&json));
        for ((title, description), (entry, item)) in newest {
            let (title, description) = (in_one_line(title), in_one_line(description));
            assert_eq!((&item["title"], &item["summary"]), (&json!(title), &json!(description)));
            assert_eq!(item["tags"], json!([in_one_line(tag).to_lowercase()]));
            // XML has no place for these two.
            let in_xml = |line: String| json!(line.replace(['\u{FFFE}', '\u{FFFF}'], ""));
            let told = (&entry["title"], &entry["summary"]);
            assert_eq!(told, (&in_xml(title), &in_xml(description)));
            for feed in [entry["content"].as_str().unwrap(), item["content_html"].as_str().unwrap()]
            {
                for wrong in ["<script", "<svg", "<style", "<iframe", "<base"] {
                    assert!(!feed.contains(wrong), "{wrong} in {feed}");
                }
            }
        }
    }
});
