//! What becomes of comments that somebody does not want.

use std::time::Duration;

use byline::{
    domain::{
        article::Slug,
        comment::{COMMENTS_PER_PAGE, Verdict},
        role::Role,
    },
    error::Error,
    server::{
        administration,
        articles::{bin, open, saving::Which, withdrawing},
        auth::Client,
        comments::{self, deciding},
        config::Comments,
        failure::Failure,
        favorites, follows, profiles, reports, users,
    },
};
use reqwest::StatusCode;
use serde_json::json;

use super::{comments::say, led_to, send, under};
use crate::support::{TestApp, story};

story!(the_author_of_an_article_hides_comments_and_closes_them, |engine| {
    let app = TestApp::start(engine).await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    let cyd = app.person("cyd").await;
    ada.write("Open", "published", "public").await;
    cyd.write("Elsewhere", "published", "public").await;
    let comment = say(&bob, "open", "Rude words").await;
    for script in [true, false] {
        let page = "/article/open?form=show-comment";
        let hide = [("slug", "open"), ("handle", comment.as_str()), ("shown", "false")];
        for browser in [&bob, &cyd] {
            let answer = send(browser, script, page, &hide).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{answer:?}");
        }
        // Not by way of an article of one's own either.
        let other = [("slug", "elsewhere"), ("handle", comment.as_str()), ("shown", "false")];
        assert_eq!(cyd.call("show-comment", &other).await.status, StatusCode::NOT_FOUND);
        led_to(&send(&ada, script, page, &hide).await);
        for (browser, sees) in [(&app.browser(), false), (&cyd, false), (&bob, true), (&ada, true)]
        {
            let seen = under(browser, "open").await;
            assert_eq!(seen.contains("Rude words"), sees, "{seen}");
            assert_eq!(seen.contains("Hidden"), sees, "{seen}");
        }
        let show = [("slug", "open"), ("handle", comment.as_str()), ("shown", "true")];
        led_to(&send(&ada, script, page, &show).await);
        assert!(under(&cyd, "open").await.contains("Rude words"));

        let page = "/article/open?form=open-comments";
        let close = [("slug", "open"), ("open", "false")];
        assert_eq!(send(&bob, script, page, &close).await.status, StatusCode::NOT_FOUND);
        led_to(&send(&ada, script, page, &close).await);
        let fields = [("slug", "open"), ("comment", "One more")];
        let answer = send(&bob, script, "/article/open?form=comment", &fields).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{answer:?}");
        match script {
            true => assert_eq!(answer.json(), json!("comments_closed")),
            false => assert!(answer.body.contains("One more"), "{answer:?}"),
        }
        let seen = under(&cyd, "open").await;
        assert!(seen.contains("Comments are closed.") && seen.contains("Rude words"), "{seen}");
        led_to(&send(&ada, script, page, &[("slug", "open"), ("open", "true")]).await);
        say(&bob, "open", "One more").await;
    }
});

story!(a_comment_is_reported_and_whoever_moderates_decides, |engine| {
    let app = TestApp::start(engine).await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    let eve = app.person_with("eve", Role::Editor).await;
    let root = app.administrator("root").await;
    ada.write("Open", "published", "public").await;
    assert!(eve.get("/settings").await.body.contains("/admin/reports"));
    assert!(eve.get("/admin/reports").await.body.contains("Nothing waits for you."));
    for (script, verdict) in [(true, "keep"), (false, "keep"), (true, "remove"), (false, "remove")]
    {
        let comment = say(&bob, "open", "Rude words").await;
        let page = "/article/open?form=report";
        let with = |reason| [("slug", "open"), ("handle", comment.as_str()), ("reason", reason)];
        let answer = send(&ada, script, page, &with(" ")).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{answer:?}");
        let answer = send(&bob, script, page, &with("My own")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{answer:?}");
        let to = led_to(&send(&ada, script, page, &with("It is <rude>")).await);
        assert_eq!(to, format!("/article/open#comment-{comment}"));
        assert!(under(&ada, "open").await.contains("You have reported this."));
        let queue = eve.ask("reports", &[("page", "1")]).await.json();
        let report = &queue["reports"][0];
        assert_eq!((&report["reporter"], &report["author"]), (&json!("ada"), &json!("bob")));
        assert_eq!(
            (&report["reason"], &report["text"]),
            (&json!("It is <rude>"), &json!("Rude words"))
        );
        let shown = root.get("/admin/reports").await.body;
        assert!(shown.contains("It is &lt;rude&gt;"), "{shown}");
        let settle = [("handle", comment.as_str()), ("verdict", verdict)];
        led_to(&send(&eve, script, "/admin/reports?form=settle", &settle).await);
        let again = send(&eve, script, "/admin/reports?form=settle", &settle).await;
        assert_eq!(again.status, StatusCode::NOT_FOUND, "{again:?}");
        let queue = eve.ask("reports", &[("page", "1")]).await.json();
        assert_eq!(queue["reports"], json!([]));
        let there = under(&app.browser(), "open").await.contains(&comment);
        assert_eq!(there, verdict == "keep");
        app.execute("delete from attempts").await;
    }
    let log = root.ask("audit-log", &[("page", "1")]).await.json();
    let facts = ["action", "detail", "on", "by"].map(|fact| log["deeds"][0][fact].clone());
    assert_eq!(facts, ["comment_removed", "open", "bob", "eve"].map(|fact| json!(fact)));
});

story!(what_was_reported_first_is_looked_at_first, |engine| {
    let app = TestApp::start(engine).await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    let eve = app.person_with("eve", Role::Editor).await;
    ada.write("Open", "published", "public").await;
    for n in 0..=COMMENTS_PER_PAGE {
        app.execute("delete from attempts").await;
        app.state.clock.advance(Duration::from_secs(1));
        let comment = say(&bob, "open", &format!("Words {n}.")).await;
        let fields = [("slug", "open"), ("handle", comment.as_str()), ("reason", "Rude")];
        led_to(&ada.call("report-comment", &fields).await);
    }
    let first = eve.get("/admin/reports").await.body;
    assert!(first.contains("Words 0.") && first.contains("Words 19."), "{first}");
    assert!(first.contains(">Newer<") && !first.contains(">Older<"), "{first}");
    let second = eve.get("/admin/reports?page=2").await.body;
    assert!(second.contains("Words 20.") && !second.contains("Words 19."), "{second}");
    assert!(second.contains(">Older<") && !second.contains(">Newer<"), "{second}");
});

story!(t45_whoever_does_not_moderate_decides_about_nothing, |engine| {
    let app = TestApp::start(engine).await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    let rea = app.person_with("rea", Role::Reader).await;
    ada.write("Open", "published", "public").await;
    let comment = say(&bob, "open", "Rude words").await;
    let fields = [("slug", "open"), ("handle", comment.as_str()), ("reason", "Rude")];
    rea.call("report-comment", &fields).await;
    let before = app.dump().await;
    for browser in [&ada, &bob, &rea] {
        let settle = [("handle", comment.as_str()), ("verdict", "remove")];
        assert_eq!(browser.call("settle-report", &settle).await.status, StatusCode::FORBIDDEN);
        let answer = browser.submit("/admin/reports?form=settle", &settle).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
        assert_eq!(browser.get("/admin/reports").await.status, StatusCode::NOT_FOUND);
        assert_eq!(browser.ask("reports", &[("page", "1")]).await.status, StatusCode::FORBIDDEN);
    }
    let eve = app.person_with("eve", Role::Editor).await;
    assert_eq!(eve.get("/admin").await.status, StatusCode::NOT_FOUND);
    assert_eq!(eve.get("/admin/log").await.status, StatusCode::NOT_FOUND);
    for handle in ["0", "\0", "x", "00000000-0000-0000-0000-000000000000"] {
        let settle = [("handle", handle), ("verdict", "remove")];
        assert_eq!(eve.call("settle-report", &settle).await.status, StatusCode::NOT_FOUND);
    }
    let after = app.dump().await;
    assert!(before.iter().filter(|row| row.contains("Rude")).all(|row| after.contains(row)));
});

story!(what_somebody_says_first_is_held_until_it_is_approved, |engine| {
    let app = TestApp::start_with(engine, &["--comments", "hold"]).await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    let eve = app.person_with("eve", Role::Editor).await;
    ada.write("Open", "published", "public").await;
    let first = say(&bob, "open", "First words").await;
    say(&bob, "open", "Second words").await;
    for (browser, sees) in [(&app.browser(), false), (&bob, true), (&ada, true), (&eve, true)] {
        let seen = under(browser, "open").await;
        assert_eq!(seen.matches("Waits for approval").count(), if sees { 2 } else { 0 }, "{seen}");
    }
    let queue = eve.ask("reports", &[("page", "1")]).await.json();
    assert_eq!(queue["held"].as_array().unwrap().len(), 2, "{queue}");
    let waiting = ada.ask("desk", &[("page", "1")]).await.json()["articles"][0]["waiting"].clone();
    assert_eq!(waiting, 2);
    assert!(ada.get("/articles").await.body.contains("2 comments wait"));
    let approve = [("slug", "open"), ("handle", first.as_str()), ("shown", "true")];
    led_to(&ada.call("show-comment", &approve).await);
    say(&bob, "open", "Third words").await;
    let seen = under(&app.browser(), "open").await;
    assert!(seen.contains("First words") && seen.contains("Third words"), "{seen}");
    assert!(!seen.contains("Second words"), "{seen}");
    // Nobody waits for themselves.
    say(&ada, "open", "Mine").await;
    say(&eve, "open", "Hers").await;
    let seen = under(&app.browser(), "open").await;
    assert!(seen.contains("Mine") && seen.contains("Hers"), "{seen}");
    let second = eve.ask("reports", &[("page", "1")]).await.json()["held"][0]["handle"].clone();
    let settle = [("handle", second.as_str().unwrap()), ("verdict", "keep")];
    led_to(&eve.call("settle-report", &settle).await);
    assert!(under(&app.browser(), "open").await.contains("Second words"));
    assert!(!ada.get("/articles").await.body.contains("comments wait"));
});

story!(nobody_approves_themselves_under_an_article_of_their_own, |engine| {
    let app = TestApp::start_with(engine, &["--comments", "hold"]).await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    ada.write("Open", "published", "public").await;
    bob.write("Mine", "published", "public").await;
    say(&bob, "mine", "Nobody looks at this").await;
    let comment = say(&bob, "open", "Buy boats").await;
    assert!(!under(&app.browser(), "open").await.contains("Buy boats"));
    // What the author of the other article approves counts.
    let approve = [("slug", "open"), ("handle", comment.as_str()), ("shown", "true")];
    led_to(&ada.call("show-comment", &approve).await);
    say(&bob, "open", "Thank you").await;
    assert!(under(&app.browser(), "open").await.contains("Thank you"));
});

story!(t07_whoever_is_shut_out_meanwhile_says_likes_and_decides_nothing, |engine| {
    let app = TestApp::start(engine).await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    let editor = app.person_with("eve", Role::Editor).await;
    ada.write("Open", "published", "public").await;
    editor.write("Hers", "published", "public").await;
    let hers = deciding::key_of(&say(&ada, "open", "Rude words").await).unwrap();
    let his = deciding::key_of(&say(&bob, "open", "Hasty words").await).unwrap();
    let (db, now) = (&app.state.db, app.state.clock.now());
    let user = async |name: &str| users::find_named(db, name).await.unwrap().unwrap();
    let client = Client { address: [127, 0, 0, 1].into(), user_agent: String::new() };
    // Their requests have passed the guard …
    let (bob, eve) = (user("bob").await, user("eve").await);
    let slug = Slug::parse("open").unwrap();
    let article = open::find(db, &slug, Some(&bob), now).await.unwrap();
    // … when somebody takes the right away.
    users::set_active(db, "bob", false, now).await.unwrap();
    users::set_role(db, "eve", Role::Reader, now).await.unwrap();
    let kept = async || {
        let mut rows = app.dump().await;
        rows.retain(|row| !row.starts_with("attempts:"));
        rows
    };
    let before = kept().await;
    let by = administration::by(&eve, &client, "", now).unwrap();
    let (bio, image) = profiles::parse("Still here", "").unwrap();
    let said = comments::add(db, Comments::Open, &article, &bob, "Still here", now).await;
    let done = [
        said.map(|_| ()),
        reports::report(db, &bob, hers, "Rude", now).await,
        follows::set(db, &bob, "ada", true, now).await.map(|_| ()),
        favorites::set(db, &bob, article.id, true, now).await,
        profiles::save(db, &bob, &bio, &image).await,
        deciding::delete(db, (&bob, &client), his, now).await.map(|_| ()),
        deciding::delete(db, (&eve, &client), hers, now).await.map(|_| ()),
        deciding::set_shown(db, &eve, &article, hers, false).await,
        withdrawing::withdraw(db, &by, &slug).await.map(|_| ()),
        bin::delete(db, &eve, Which::At(&Slug::parse("hers").unwrap()), now).await.map(|_| ()),
        reports::settle(db, (&eve, &client), hers, Verdict::Remove, now).await,
        reports::settle(db, (&eve, &client), hers, Verdict::Keep, now).await,
    ];
    for (n, done) in done.into_iter().enumerate() {
        let refused = matches!(done, Err(Failure::Refused(Error::Unauthenticated)));
        assert!(refused, "{n}: {done:?}");
    }
    assert_eq!(kept().await, before);
});

story!(a_site_without_comments_takes_and_shows_none, |engine| {
    let app = TestApp::start_with(engine, &["--comments", "off"]).await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    ada.write("Open", "published", "public").await;
    let answer = bob.call("add-comment", &[("slug", "open"), ("comment", "Hello")]).await;
    assert_eq!((answer.status, answer.json()), (StatusCode::FORBIDDEN, json!("comments_closed")));
    let seen = under(&bob, "open").await;
    assert!(!seen.contains("comment-form") && seen.contains("Add to favourites"), "{seen}");
});
