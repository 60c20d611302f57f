//! What people say of themselves, whom and what they like, and what they say under articles.

pub mod comments;
mod favorites;
mod moderation;

use byline::domain::role::Role;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    downloads::write_many,
    images::{jpeg, taken},
    support::{Answer, Browser, PASSWORD, TestApp, story},
};

/// Sends the form of a page without JavaScript, or calls its function.
async fn send(browser: &Browser, script: bool, page: &str, fields: &[(&str, &str)]) -> Answer {
    let (path, form) = page.split_once("?form=").unwrap();
    let function = match (path, form) {
        ("/settings", _) => "save-profile",
        (_, "comment") => "add-comment",
        (_, "report") => "report-comment",
        (_, "favorite") => "set-favorite",
        (_, "follow") => "set-follow",
        (_, "settle") => "settle-report",
        (_, function) => function,
    };
    if script { browser.call(function, fields).await } else { browser.submit(page, fields).await }
}

/// Where a form led.
fn led_to(answer: &Answer) -> String {
    let to = answer.json()["to"].as_str().map(str::to_owned);
    assert!(answer.status.is_success() || answer.status.is_redirection(), "{answer:?}");
    to.unwrap_or_else(|| answer.header("location").to_owned())
}

/// The titles on a list.
fn titles(list: &Value) -> Vec<&str> {
    let previews = list["previews"].as_array().unwrap();
    previews.iter().map(|preview| preview["title"].as_str().unwrap()).collect()
}

/// Favourites and comments of an article, as somebody sees them.
async fn under(browser: &Browser, slug: &str) -> String {
    let article = browser.ask("article", &[("slug", slug)]).await;
    assert_eq!(article.status, StatusCode::OK, "{article:?}");
    article.json()["responses"].as_str().unwrap().to_owned()
}

story!(a_person_says_something_of_themselves_and_shows_a_picture, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    assert!(ada.get("/settings").await.body.contains("name=\"bio\""));
    for script in [true, false] {
        let bio = format!("I write.\r\n<b>Often</b>, {script}");
        let image = format!("https://example.org/{script}.png");
        let fields = [("bio", bio.as_str()), ("image", image.as_str())];
        let answer = send(&ada, script, "/settings?form=profile", &fields).await;
        assert_eq!(led_to(&answer), "/profile/ada");
        let page = app.browser().get("/profile/ada").await.body;
        let text = format!("I write.\n&lt;b&gt;Often&lt;/b&gt;, {script}");
        assert!(page.contains(&text) && page.contains("user-info"), "{page}");
        assert!(page.contains(&format!("src=\"{image}\"")) && page.contains("user-img"), "{page}");
        let own = ada.ask("own-account", &[]).await.json();
        assert_eq!(own["image"], json!(image));
    }
    let none = [("bio", ""), ("image", "")];
    led_to(&send(&ada, true, "/settings?form=profile", &none).await);
    let page = app.browser().get("/profile/ada").await.body;
    assert!(page.contains("class=\"user-img\">A</span>"), "a drawn one: {page}");
});

story!(
    whoever_shows_a_picture_of_themselves_while_a_text_with_it_is_saved_waits_for_nobody,
    |engine| {
        let app = TestApp::start(engine).await;
        let ada = app.person("ada").await;
        let picture = taken(&ada, &jpeg(20, 20, 1), "A boat").await;
        let body = format!("What is shown: ![]({picture})");
        for _ in 0..20 {
            let (profile, text) = (
                [("bio", ""), ("image", picture.as_str())],
                [("title", "Boats"), ("body", body.as_str()), ("status", "draft")],
            );
            let (profile, saved) =
                tokio::join!(ada.call("save-profile", &profile), ada.call("save-article", &text));
            assert_eq!((profile.status, saved.status), (StatusCode::OK, StatusCode::OK));
        }
    }
);

story!(what_is_no_bio_and_no_picture_is_refused_and_stays_in_the_form, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let long = "x".repeat(301);
    let before = app.dump().await;
    for image in [
        "javascript:alert(1)",
        "//example.org/a.png",
        "data:image/png;base64,AA",
        "/profile/ada",
        "https://",
        "https:///x",
        "https://example.org/a b.png",
        "https://example.org/\"onerror=",
    ] {
        for script in [true, false] {
            let fields = [("bio", long.as_str()), ("image", image)];
            let answer = send(&ada, script, "/settings?form=profile", &fields).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{image}");
            if script {
                let wrong =
                    json!({"invalid": [["image", "malformed"], ["bio", {"too_long": 300}]]});
                assert_eq!(answer.json(), wrong, "{image}");
            } else {
                assert!(answer.body.contains(&long), "what was typed is there");
            }
        }
    }
    let stranger = app.browser().call("save-profile", &[("bio", "x")]).await;
    assert_eq!(stranger.status, StatusCode::UNAUTHORIZED);
    assert_eq!(app.dump().await, before);
});

story!(whoever_follows_authors_reads_what_they_write_newest_first, |engine| {
    let app = TestApp::start(engine).await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    let (cyd, eve) = (app.person("cyd").await, app.person_with("eve", Role::Reader).await);
    let feed = [("page", "1"), ("feed", "following")];
    for script in [true, false] {
        let fields = [("username", "ADA"), ("follow", "true"), ("next", "")];
        let answer = send(&eve, script, "/profile/ada?form=follow", &fields).await;
        assert_eq!(led_to(&answer), "/profile/ada");
        assert!(eve.get("/profile/ada").await.body.contains("Unfollow "));
    }
    assert!(titles(&eve.ask("front-page", &feed).await.json()).is_empty());
    let page = eve.get("/?feed=following").await.body;
    assert!(page.contains("follow its author"), "it says what to do: {page}");
    for n in 0..12 {
        ada.write(&format!("Open {n:02}"), "published", "public").await;
    }
    ada.write("For members", "published", "members").await;
    ada.write("A draft", "draft", "public").await;
    bob.write("By bob", "published", "public").await;
    cyd.write("By cyd", "published", "public").await;
    let fields = [("username", "cyd"), ("follow", "true"), ("next", "/article/by-cyd")];
    let answer = send(&eve, false, "/article/by-cyd?form=follow", &fields).await;
    assert_eq!(led_to(&answer), "/article/by-cyd");
    let list = eve.ask("front-page", &feed).await.json();
    assert_eq!(titles(&list)[..3], ["By cyd", "For members", "Open 11"]);
    assert_eq!((&list["total"], &list["pages"]), (&json!(14), &json!(2)));
    let list = eve.ask("front-page", &[("page", "2"), ("feed", "following")]).await.json();
    assert_eq!(titles(&list), ["Open 03", "Open 02", "Open 01", "Open 00"]);
    let page = eve.get("/?feed=following&page=2").await.body;
    assert!(page.contains("Open 00") && page.contains("href=\"/?feed=following\""), "{page}");
    assert!(!page.contains("By bob"));
    let fields = [("username", "ada"), ("follow", "false"), ("next", "")];
    led_to(&send(&eve, false, "/profile/ada?form=follow", &fields).await);
    assert_eq!(titles(&eve.ask("front-page", &feed).await.json()), ["By cyd"]);
    // It is nobody's feed without a log-in, and one's own with one.
    let stranger = app.browser();
    assert_eq!(stranger.get("/?feed=following").await.status, StatusCode::UNAUTHORIZED);
    assert!(!stranger.get("/").await.body.contains("feed=following"));
    assert!(titles(&bob.ask("front-page", &feed).await.json()).is_empty());
});

story!(of_ten_thousand_articles_by_those_one_follows_the_newest_two_hundred_are_listed, |engine| {
    let app = TestApp::start(engine).await;
    let (_ada, bob) = (app.person("ada").await, app.person("bob").await);
    write_many(&app, engine).await;
    let eve = app.person("eve").await;
    bob.write("By bob", "published", "public").await;
    for name in ["ada", "bob"] {
        led_to(&eve.call("set-follow", &[("username", name), ("follow", "true")]).await);
    }
    let page =
        async |n: &str| eve.ask("front-page", &[("page", n), ("feed", "following")]).await.json();
    let first = page("1").await;
    assert_eq!((&first["total"], &first["pages"]), (&json!(200), &json!(20)));
    assert_eq!(titles(&first)[..2], ["By bob", "Many 10000"]);
    assert_eq!(titles(&page("20").await)[9], "Many 9802");
    assert!(titles(&page("21").await).is_empty() && titles(&page("9999").await).is_empty());
});

story!(whoever_has_published_nothing_is_led_to_the_editor_by_their_own_profile, |engine| {
    let app = TestApp::start(engine).await;
    let (ada, rea) = (app.person("ada").await, app.person_with("rea", Role::Reader).await);
    let main = async |browser: &Browser, path: &str| {
        let page = browser.get(path).await.body;
        page.split("<main").nth(1).unwrap().to_owned()
    };
    let leads = |page: &str| page.contains("href=\"/editor\"");
    let own = main(&ada, "/profile/ada").await;
    assert!(own.contains("You have not published anything yet.") && leads(&own), "{own}");
    // Not to what is not theirs, not below what they like, and nobody who may not write.
    assert!(!leads(&main(&rea, "/profile/ada").await));
    assert!(!leads(&main(&app.browser(), "/profile/ada").await));
    assert!(!leads(&main(&ada, "/profile/ada/favorites").await));
    let own = main(&rea, "/profile/rea").await;
    assert!(own.contains("You have not published anything yet.") && !leads(&own), "{own}");
    ada.write("Open", "published", "public").await;
    assert!(!leads(&main(&ada, "/profile/ada").await));
});

story!(nobody_follows_themselves_or_nobody, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    for (name, status) in [
        ("ada", StatusCode::BAD_REQUEST),
        ("nobody", StatusCode::NOT_FOUND),
        ("no name", StatusCode::NOT_FOUND),
        ("\0", StatusCode::NOT_FOUND),
    ] {
        let fields = [("username", name), ("follow", "true")];
        assert_eq!(ada.call("set-follow", &fields).await.status, status, "{name:?}");
    }
    app.account("bob").await;
    let fields = [("username", "bob"), ("follow", "true"), ("next", "//example.org")];
    assert_eq!(led_to(&ada.call("set-follow", &fields).await), "/", "no other site");
    assert_eq!(app.count("select count(*) from follows").await, 1);
    assert!(!ada.get("/profile/ada").await.body.contains("Follow "));
});

story!(a_favourite_is_counted_and_listed_for_whoever_may_read_it, |engine| {
    let app = TestApp::start(engine).await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    ada.write("Open", "published", "public").await;
    ada.write("Closed", "published", "members").await;
    for (script, slug) in [(true, "open"), (false, "closed")] {
        let page = format!("/article/{slug}?form=favorite");
        for favorite in ["true", "true"] {
            let fields = [("slug", slug), ("favorite", favorite)];
            let answer = send(&bob, script, &page, &fields).await;
            assert_eq!(led_to(&answer), format!("/article/{slug}#favorite"));
        }
        assert!(under(&bob, slug).await.contains("Remove from favourites (1)"));
        assert!(under(&ada, slug).await.contains("Add to favourites (1)"));
    }
    assert!(under(&app.browser(), "open").await.contains("One person’s favourite"));
    let liked = [("username", "bob"), ("page", "1"), ("favorites", "true")];
    let all = ada.ask("profile", &liked).await.json();
    assert_eq!(titles(&all["articles"]), ["Closed", "Open"]);
    let public = app.browser().ask("profile", &liked).await.json();
    assert_eq!(titles(&public["articles"]), ["Open"]);
    assert_eq!(public["articles"]["total"], 1);
    let page = app.browser().get("/profile/bob/favorites").await;
    assert!(page.status == StatusCode::OK && page.body.contains("Open"), "{page:?}");
    assert!(!page.body.contains("Closed"));
    // What is withdrawn is no list's.
    let eve = app.person_with("eve", Role::Editor).await;
    eve.call("withdraw-article", &[("slug", "open")]).await;
    assert!(titles(&app.browser().ask("profile", &liked).await.json()["articles"]).is_empty());
    let again = bob.call("set-favorite", &[("slug", "open"), ("favorite", "true")]).await;
    assert_eq!(again.status, StatusCode::NOT_FOUND);
    let stranger = app.browser().call("set-favorite", &[("slug", "x"), ("favorite", "true")]).await;
    assert_eq!(stranger.status, StatusCode::UNAUTHORIZED);
});

story!(what_one_likes_and_says_is_in_the_download_and_leaves_with_one, |engine| {
    let app = TestApp::start(engine).await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    ada.write("Open", "published", "public").await;
    for (n, name) in ["cyd", "dan"].into_iter().enumerate() {
        let leaver = app.person(name).await;
        leaver.call("add-comment", &[("slug", "open"), ("comment", name)]).await;
        leaver.call("set-favorite", &[("slug", "open"), ("favorite", "true")]).await;
        leaver.call("set-follow", &[("username", "ada"), ("follow", "true")]).await;
        bob.call("set-follow", &[("username", name), ("follow", "true")]).await;
        let keep = ["keep", "delete"][n];
        let fields = [("username", name), ("articles", keep)];
        assert_eq!(leaver.call("delete-account", &fields).await.status, StatusCode::OK);
        let seen = under(&bob, "open").await;
        assert_eq!(seen.contains(&format!("<p>{name}</p>")), keep == "keep", "{seen}");
        assert!(!seen.contains(&format!("/profile/{name}")), "{seen}");
    }
    app.state.clock.advance(byline::server::leaving::GRACE);
    let now = app.state.clock.now();
    byline::server::leaving::finish_due(&app.state.db, now).await.unwrap();
    assert_eq!(app.count("select count(*) from comments").await, 1);
    assert_eq!(app.count("select count(*) from favorites").await, 0);
    assert_eq!(app.count("select count(*) from follows").await, 0);
    assert_eq!(bob.log_in("bob", PASSWORD).await.status, StatusCode::OK);
    let seen = under(&bob, "open").await;
    assert!(seen.contains("<p>cyd</p>") && seen.contains("a former member"), "{seen}");
});
