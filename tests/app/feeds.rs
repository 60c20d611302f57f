//! What machines read: feeds, the sitemap, robots.txt.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use reqwest::{Method, StatusCode};

use crate::support::{Answer, Browser, TestApp, story};

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

/// What feedparser makes of an Atom feed, a line for the feed and one for each entry.
fn read_by_a_feed_reader(answer: &Answer) -> Vec<String> {
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
    String::from_utf8(read.stdout).unwrap().lines().map(str::to_owned).collect()
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
        let lines = read_by_a_feed_reader(&answer);
        assert!(lines[0].starts_with("atom10\t"), "{lines:?}");
        assert_eq!(lines.len(), 3, "{lines:?}");
        let second = format!("{}/article/second-last\t<Second> & last\tada", app.origin);
        assert!(lines[1].ends_with(&second), "{lines:?}");
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
    let lines = read_by_a_feed_reader(&app.browser().get("/feed.atom").await);
    assert!(lines[1].contains("]]> &lt;"), "{lines:?}");
    let feed = app.browser().get("/feed.json").await.json();
    let html = feed["items"][0]["content_html"].as_str().unwrap();
    assert!(!html.contains("<script"), "{html}");
});
