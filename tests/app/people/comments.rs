//! What is said under articles.

use std::time::Duration;

use byline::{domain::role::Role, server::markdown::comments::render};
use reqwest::StatusCode;
use serde_json::json;

use super::{led_to, send, under};
use crate::support::{Browser, PASSWORD, TestApp, story};

/// Says something under an article; what it is called by then.
pub async fn say(browser: &Browser, slug: &str, text: &str) -> String {
    let answer = browser.call("add-comment", &[("slug", slug), ("comment", text)]).await;
    led_to(&answer).split("#comment-").nth(1).unwrap().to_owned()
}

story!(a_reader_comments_on_an_article_and_everybody_reads_it, |engine| {
    let app = TestApp::start(engine).await;
    let (ada, rea) = (app.person("ada").await, app.person_with("rea", Role::Reader).await);
    ada.write("Open", "published", "public").await;
    let letters = app.post().await.len();
    assert!(rea.get("/article/open").await.body.contains("comment-form"));
    for script in [true, false] {
        let text =
            format!("Well **said** & {script}\r\nby <i>you</i>\n\n# Big\n\n![a boat](/x.png)");
        let fields = [("slug", "open"), ("comment", text.as_str())];
        let to = led_to(&send(&rea, script, "/article/open?form=comment", &fields).await);
        let id = to.strip_prefix("/article/open#").unwrap();
        let page = app.browser().get("/article/open").await.body;
        assert!(page.contains(&format!("id=\"{id}\"")), "{page}");
        let html = format!(
            "<p>Well <strong>said</strong> &amp; {script}<br>\nby &lt;i&gt;you&lt;/i&gt;</p>\n<p>Big</p>\n<p>a boat</p>"
        );
        assert!(page.contains(&html), "{html} in {page}");
        assert!(page.contains("href=\"/profile/rea\""), "{page}");
    }
    let stranger = app.browser();
    let page = stranger.get("/article/open").await.body;
    assert!(page.contains("/login?next=/article/open%23comment\""), "{page}");
    assert!(!page.contains("comment-form"));
    // Whoever logs in there comes back to the form.
    let page = stranger.get("/login?next=/article/open%23comment").await.body;
    assert!(page.contains("name=\"next\" value=\"/article/open#comment\""), "{page}");
    let log_in = [("email", "rea"), ("password", PASSWORD), ("next", "/article/open#comment")];
    let answer = app.browser().submit("/login", &log_in).await;
    assert_eq!(answer.header("location"), "/article/open#comment", "{answer:?}");
    assert!(rea.get("/article/open").await.body.contains("id=\"comment\""));
    let link = say(&rea, "open", "[here](https://example.org)").await;
    let page = under(&stranger, "open").await;
    assert!(page.contains("rel=\"noopener noreferrer nofollow\""), "{link}: {page}");
    assert_eq!(app.post().await.len(), letters, "nothing is mailed");
});

#[test]
fn a_comment_has_a_little_markdown_and_nothing_else() {
    for (typed, shown) in [
        ("one\ntwo", "<p>one<br>\ntwo</p>"),
        ("## Big", "<p>Big</p>"),
        ("Big\n===", "<p>Big</p>"),
        ("***", ""),
        ("![*a* boat](https://example.org/x.png)", "<p><em>a</em> boat</p>"),
        ("| a |\n| - |\n| b |", "<p>| a |<br>\n| - |<br>\n| b |</p>"),
        ("<img src=x onerror=alert(1)>", "<p>&lt;img src=x onerror=alert(1)&gt;</p>"),
        ("- [x] done", "<ul>\n<li>[x] done</li>\n</ul>"),
        ("3. c", "<ol start=\"3\">\n<li>c</li>\n</ol>"),
        (
            "> so\n\n`x < y` ~~no~~",
            "<blockquote>\n<p>so</p>\n</blockquote>\n<p><code>x &lt; y</code> <del>no</del></p>",
        ),
        ("```js\nx()\n```", "<pre tabindex=\"0\"><code>x()\n</code></pre>"),
        ("[x](javascript:alert(1))", "<p><a rel=\"noopener noreferrer nofollow\">x</a></p>"),
        (
            "see https://example.org/x.",
            "<p>see <a href=\"https://example.org/x\" rel=\"noopener noreferrer nofollow\">https://example.org/x</a>.</p>",
        ),
        ("a[^1]\n\n[^1]: b", "<p>a<a href=\"b\" rel=\"noopener noreferrer nofollow\">^1</a></p>"),
    ] {
        assert_eq!(render(typed).trim(), shown, "{typed:?}");
    }
    // Nothing that is short takes long.
    for part in ["> ", "- ", "[", "*a ", "![", "`", "&", "<b>", "http://a "] {
        render(&part.repeat(5000 / part.len()));
    }
}

story!(what_is_no_comment_is_refused_and_stays_in_the_form, |engine| {
    let app = TestApp::start(engine).await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    ada.write("Open", "published", "public").await;
    let long = "é".repeat(5001);
    let before = app.dump().await;
    for (text, problem) in [
        ("", json!("required")),
        (" \r\n ", json!("required")),
        (long.as_str(), json!({"too_long": 5000})),
        ("</textarea>&amp;\u{7}", json!("malformed")),
    ] {
        let fields = [("slug", "open"), ("comment", text)];
        let answer = bob.call("add-comment", &fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(answer.json(), json!({"invalid": [["comment", problem]]}));
        let answer = bob.submit("/article/open?form=comment", &fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        let typed = html_escape::encode_text(text).into_owned();
        assert!(answer.body.contains(&typed), "{}", answer.body);
        assert!(answer.body.contains("id=\"comment-error\""), "{}", answer.body);
    }
    // Whoever was logged out meanwhile keeps the text too.
    let fields = [("slug", "open"), ("comment", "A long thought.")];
    let answer = app.browser().submit("/article/open?form=comment", &fields).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert!(answer.body.contains(">\nA long thought.</textarea>"), "{}", answer.body);
    assert_eq!(app.dump().await, before);
});

story!(a_comment_is_there_as_its_article_is, |engine| {
    let app = TestApp::start(engine).await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    let eve = app.person_with("eve", Role::Editor).await;
    ada.write("Open", "published", "public").await;
    ada.write("Closed", "published", "members").await;
    ada.write("Draft", "draft", "public").await;
    say(&bob, "open", "Said in the open").await;
    say(&bob, "closed", "Said among members").await;
    let stranger = app.browser();
    assert_eq!(stranger.get("/article/closed").await.status, StatusCode::UNAUTHORIZED);
    for (browser, slug, status) in [
        (&stranger, "open", StatusCode::UNAUTHORIZED),
        (&bob, "draft", StatusCode::NOT_FOUND),
        (&ada, "draft", StatusCode::NOT_FOUND),
        (&bob, "nothing", StatusCode::NOT_FOUND),
        (&bob, "%", StatusCode::NOT_FOUND),
    ] {
        let answer = browser.call("add-comment", &[("slug", slug), ("comment", "No")]).await;
        assert_eq!(answer.status, status, "{slug}");
    }
    eve.call("withdraw-article", &[("slug", "open")]).await;
    assert_eq!(under(&ada, "open").await, "", "it is a draft");
    assert_eq!(bob.get("/article/open").await.status, StatusCode::NOT_FOUND);
    ada.call("delete-article", &[("slug", "open")]).await;
    ada.call("delete-article", &[("slug", "closed")]).await;
    let deactivated = [("username", "bob"), ("active", "false")];
    let root = app.administrator("root").await;
    ada.write("Another", "published", "public").await;
    say(&bob, "another", "It stays").await;
    assert_eq!(root.call("set-active", &deactivated).await.status, StatusCode::OK);
    assert!(under(&ada, "another").await.contains("It stays"));
});

story!(comments_come_in_pages_the_oldest_first, |engine| {
    let app = TestApp::start(engine).await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    ada.write("Open", "published", "public").await;
    let mut to = String::new();
    for n in 0..21 {
        let text = format!("Number {n:02}");
        let answer = bob.call("add-comment", &[("slug", "open"), ("comment", &text)]).await;
        to = led_to(&answer);
        app.state.clock.advance(Duration::from_secs(15));
    }
    assert!(to.starts_with("/article/open?page=2#comment-"), "{to}");
    let first = app.browser().get("/article/open").await.body;
    assert!(first.contains("Number 00") && first.contains("Number 19"), "{first}");
    assert!(!first.contains("Number 20") && first.contains("/article/open?page=2#comments"));
    assert!(first.find("Number 03") < first.find("Number 04"));
    let second = app.browser().get("/article/open?page=2").await.body;
    assert!(second.contains("Number 20") && !second.contains("Number 19"), "{second}");
    assert!(second.contains("/article/open?page=1#comments"), "{second}");
    let beyond = app.browser().get("/article/open?page=9999").await;
    assert_eq!(beyond.status, StatusCode::OK);
});

story!(whoever_says_too_much_at_once_waits, |engine| {
    let app = TestApp::start(engine).await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    ada.write("Open", "published", "public").await;
    for n in 0..5 {
        say(&bob, "open", &n.to_string()).await;
    }
    let fields = [("slug", "open"), ("comment", "And another thing")];
    let answer = bob.call("add-comment", &fields).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(answer.json()["too_many"]["retry_after_s"].as_u64().unwrap() <= 60);
    let page = bob.submit("/article/open?form=comment", &fields).await;
    assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(page.body.contains("And another thing") && !page.header("retry-after").is_empty());
    say(&ada, "open", "Somebody else may").await;
    app.state.clock.advance(Duration::from_secs(60));
    say(&bob, "open", "And another thing").await;
});

story!(ones_own_comment_is_deleted_and_nobody_elses, |engine| {
    let app = TestApp::start(engine).await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    let cyd = app.person("cyd").await;
    ada.write("Open", "published", "public").await;
    for script in [true, false] {
        let comment = say(&bob, "open", "Too hasty").await;
        let fields = [("handle", comment.as_str())];
        for browser in [&ada, &cyd] {
            assert!(!under(browser, "open").await.contains("form=delete-comment"));
            let answer = send(browser, script, "/article/open?form=delete-comment", &fields).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{answer:?}");
        }
        let answer = send(&bob, script, "/article/open?form=delete-comment", &fields).await;
        assert_eq!(led_to(&answer), "/article/open#comments");
        assert!(!under(&bob, "open").await.contains("Too hasty"));
        let answer = send(&bob, script, "/article/open?form=delete-comment", &fields).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{answer:?}");
    }
    assert_eq!(
        app.count("select count(*) from audit_log where action = 'comment_removed'").await,
        0
    );
});

story!(where_a_draft_is_now_is_not_told_to_whoever_commented_on_it, |engine| {
    let app = TestApp::start(engine).await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    ada.write("Open", "published", "public").await;
    let (first, second) = (say(&bob, "open", "One").await, say(&bob, "open", "Two").await);
    let moved = [
        ("slug", "open"),
        ("version", "1"),
        ("title", "Open"),
        ("body", "Enough words to be an article."),
        ("slug_wanted", "my-secret-plan"),
        ("status", "draft"),
    ];
    assert_eq!(ada.call("save-article", &moved).await.status, StatusCode::OK);
    let files = crate::downloads::data_of(&app, &bob).await;
    assert!(files["comments.json"].contains("Two") && !files["comments.json"].contains("secret"));
    for (script, handle) in [(true, &first), (false, &second)] {
        let fields = [("handle", handle.as_str())];
        let answer = send(&bob, script, "/article/open?form=delete-comment", &fields).await;
        assert_eq!(led_to(&answer), "/", "{answer:?}");
    }
    assert_eq!(app.count("select count(*) from comments").await, 0);
});
