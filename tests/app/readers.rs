//! What readers made of articles goes along with a site, and only with a site.

use std::io::Cursor;

use byline::server::{
    leaving,
    transfer::import::{Import, Whose},
    users,
};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    lists::tallies_are_right,
    people::comments::say,
    support::{PASSWORD, TestApp, story},
    transfer::{
        LIMITS, beside, counts, exported, fill, imported, opened, packed, repacked, sent, site,
    },
};

/// Why something was left out.
pub fn why(report: &Value, name: &str) -> Value {
    let lines = report["lines"].as_array().unwrap();
    let line = lines.iter().find(|line| line["file"] == name);
    line.unwrap_or_else(|| panic!("{name} in {report}"))["outcome"]["skipped"].clone()
}

pub fn file_of(zip: &[u8], name: &str) -> Value {
    let files = opened(zip);
    let found = files.iter().find(|(found, _)| found == name);
    serde_json::from_slice(&found.unwrap_or_else(|| panic!("{name}")).1).unwrap()
}

story!(what_readers_made_moves_to_the_other_database_and_back, |engine| {
    let from = TestApp::start(engine).await;
    let (to, back) = (TestApp::start(engine.other()).await, TestApp::start(engine).await);
    fill(&from).await;
    let zip = exported(&from, true).await;
    imported(&to, &zip, false).await;
    let there = exported(&to, true).await;
    assert!(there == zip, "the same bytes there");
    imported(&back, &there, false).await;
    assert!(exported(&back, true).await == zip, "and back");
    tallies_are_right(&to).await;

    let talk = file_of(&zip, "articles/Lovelace/fog-thick-dense_comments.json");
    assert_eq!((&talk["author"], &talk["slug"]), (&json!("Lovelace"), &json!("fog-thick-dense")));
    let said = talk["comments"].as_array().unwrap();
    let of = |n: usize| (&said[n]["author"], &said[n]["state"]);
    assert_eq!(said[0]["text"], "Well **said** & \"done\"\n\nby <i>you</i> \u{2028} \u{1F32B}");
    let stays = (&json!("a former member"), &json!("shown"));
    assert_eq!((of(0), of(1)), ((&json!("bob"), &json!("shown")), stays));
    assert_eq!((of(3), said.len()), ((&json!("bob"), &json!("hidden")), 4), "not what was to go");
    let held = file_of(&zip, "articles/_former/left-behind_comments.json");
    assert_eq!(held["comments"][0]["state"], "held");
    let bob = file_of(&zip, "people/bob.json");
    assert_eq!(bob["follows"][0]["author"], "Lovelace");
    let liked = [&bob["favorites"][0]["slug"], &bob["favorites"][1]["slug"]];
    assert_eq!(liked, ["pro", "fog-thick-dense"], "in the order of their times");

    // It is there as it was: who sees what, how it looks, and who is whose favourite.
    let (reader, ada) = (to.person("reader").await, to.browser());
    let page = reader.get("/article/fog-thick-dense").await.body;
    assert!(page.contains("<strong>said</strong>") && page.contains("&lt;i&gt;you"), "{page}");
    assert!(page.contains("I stay, unsigned.") && !page.contains("Rude words"), "{page}");
    assert!(page.contains("Add to favourites (2)"), "{page}");
    ada.log_in("lovelace", PASSWORD).await;
    assert!(ada.get("/article/fog-thick-dense").await.body.contains("Rude words"));
    let favorites = reader.get("/profile/lovelace/favorites").await.body;
    assert!(favorites.contains("Left behind") && favorites.contains("Fog"), "{favorites}");
    users::set_active(&to.state.db, "bob", true, to.state.clock.now()).await.unwrap();
    let bob = to.browser();
    bob.log_in("bob", PASSWORD).await;
    let feed = bob.ask("front-page", &[("page", "1"), ("feed", "following")]).await.json();
    assert!(feed["previews"].to_string().contains("Con"), "{feed}");
});

story!(what_was_decided_here_stays_when_the_same_file_comes_again, |engine| {
    let (from, to) = (TestApp::start(engine).await, TestApp::start(engine).await);
    fill(&from).await;
    let zip = exported(&from, false).await;
    imported(&to, &zip, false).await;
    to.execute("update comments set state = 'hidden', html = 'Here' where body = 'Thank you.'")
        .await;
    to.execute("update favorites set created_at = 1").await;
    to.execute("update follows set created_at = 1").await;
    let before = to.dump().await;
    let again = imported(&to, &zip, false).await;
    assert_eq!((counts(&again), beside(&again)), ((0, 7, 0), (0, 0, 0)), "{again}");
    assert_eq!(to.dump().await, before);
    // What is missing comes back; articles that say something else by now keep what is theirs.
    to.execute("update articles set body = 'Other words by now' where slug = 'pro'").await;
    to.execute("delete from comments where body = 'Before the end of it'").await;
    let looked = imported(&to, &zip, true).await;
    assert_eq!((counts(&looked), beside(&looked)), ((0, 6, 1), (1, 0, 0)), "{looked}");
    let again = imported(&to, &zip, false).await;
    assert_eq!((counts(&again), beside(&again)), ((0, 6, 1), (1, 0, 0)), "{again}");
    // Nor is anything said for somebody who has gone from here since.
    let now = to.state.clock.now();
    leaving::delete_now(&to.state.db, "bob", false, now).await.unwrap();
    let gone = imported(&to, &zip, false).await;
    assert_eq!(beside(&gone), (0, 0, 0), "{gone}");
    assert_eq!(why(&gone, "people/bob.json"), "no_author");
    assert_eq!(why(&gone, "articles/Lovelace/pro_comments.json: 1"), "no_author");
    tallies_are_right(&to).await;
});

story!(whoever_takes_in_their_own_speaks_for_nobody_else, |engine| {
    let (from, to) = (TestApp::start(engine).await, TestApp::start(engine).await);
    fill(&from).await;
    let zip = exported(&from, false).await;
    let (eve, _) = (to.person("eve").await, to.person("bob").await);
    to.person("Ada").await.write("Open", "published", "public").await;
    let mut files = opened(&zip);
    let own = json!({
        "author": "Ada", "slug": "open",
        "comments": [
            {"author": "bob", "created": "2020-01-01T00:00:00Z", "state": "shown", "text": "I am a thief"},
            {"author": "eve", "created": "2020-01-01T00:00:00Z", "state": "shown", "text": "Unseen"},
        ],
    });
    let bob = json!({
        "username": "bob",
        "follows": [{"author": "eve", "since": "2020-01-01T00:00:00Z"}],
        "favorites": [{"author": "Ada", "slug": "open", "since": "2020-01-01T00:00:00Z"}],
    });
    files.retain(|(name, _)| name != "people/bob.json");
    for (name, file) in [("articles/Ada/open_comments.json", own), ("people/bob.json", bob)] {
        files.push((name.to_owned(), file.to_string().into_bytes()));
    }
    let zip = repacked(&files);
    let nothing = async |report: &Value| {
        assert_eq!(beside(report), (0, 0, 0), "{report}");
        for table in [
            "select count(*) from comments",
            "select count(*) from favorites",
            "select count(*) from favorite_tallies",
            "select count(*) from follows",
        ] {
            assert_eq!(to.count(table).await, 0, "{table}");
        }
    };
    let report = sent(&to, &eve, &zip).await;
    assert_eq!(counts(&report), (7, 0, 0), "they are passed over: {report}");
    nothing(&report).await;
    // Nor by the command line, as somebody.
    let whose = users::find_named(&to.state.db, "eve").await.unwrap().unwrap();
    let import = Import::new(site(&to), Whose::Of(whose), false);
    let report = import.take(Cursor::new(zip.clone()), LIMITS).await.unwrap();
    nothing(&serde_json::to_value(report).unwrap()).await;
    // They would have been taken.
    let report = imported(&to, &zip, false).await;
    assert_eq!(why(&report, "articles/_former/left-behind_comments.json"), "no_such_article");
    let open = "select count(*) from comments where body in ('I am a thief', 'Unseen')";
    assert_eq!(to.count(open).await, 2, "{report}");
});

story!(of_whoever_is_leaving_goes_along_what_stays, |engine| {
    let (from, to) = (TestApp::start(engine).await, TestApp::start(engine).await);
    let (ada, bob, cyd) =
        (from.person("ada").await, from.person("bob").await, from.person("cyd").await);
    ada.write("Open", "published", "public").await;
    cyd.write("Of cyd", "published", "public").await;
    say(&bob, "open", "Stays").await;
    let hidden = say(&bob, "open", "Goes, unseen").await;
    let hide = [("slug", "open"), ("handle", hidden.as_str()), ("shown", "false")];
    assert_eq!(ada.call("show-comment", &hide).await.status, StatusCode::OK);
    say(&cyd, "open", "Goes").await;
    say(&ada, "of-cyd", "Goes with its article").await;
    for (browser, slug) in [(&ada, "of-cyd"), (&bob, "open"), (&cyd, "open")] {
        browser.call("set-favorite", &[("slug", slug), ("favorite", "true")]).await;
    }
    for (browser, name) in [(&ada, "bob"), (&bob, "ada"), (&cyd, "ada")] {
        browser.call("set-follow", &[("username", name), ("follow", "true")]).await;
    }
    for (browser, articles) in [(&bob, "keep"), (&cyd, "delete")] {
        let name = browser.name().await.unwrap();
        let fields = [("username", name.as_str()), ("articles", articles)];
        let left = browser.call("delete-account", &fields).await;
        assert!(left.status.is_success(), "{left:?}");
    }
    let zip = exported(&from, false).await;
    let names: Vec<String> = opened(&zip).into_iter().map(|(name, _)| name).collect();
    assert!(!names.iter().any(|name| name.starts_with("people/")), "{names:?}");
    let talk = file_of(&zip, "articles/ada/open_comments.json");
    let said = talk["comments"].as_array().unwrap();
    assert_eq!(said.len(), 1, "{talk}");
    assert_eq!(
        (&said[0]["author"], &said[0]["text"]),
        (&json!("a former member"), &json!("Stays"))
    );
    imported(&to, &zip, false).await;
    assert!(exported(&to, false).await == zip, "the same bytes");
});

story!(what_nobody_said_is_a_line_of_the_report_and_stores_nothing, |engine| {
    let app = TestApp::start(engine).await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    ada.write("Open", "published", "public").await;
    ada.write("Gone", "draft", "public").await;
    ada.call("delete-article", &[("slug", "gone")]).await;
    bob.write("Of bob", "published", "public").await;
    let said = |author: &str, created: &str, text: &str| {
        json!({
            "author": author, "created": created, "state": "shown", "text": text,
            "html": "<script>alert(1)</script>",
        })
    };
    let then = "2020-01-01T00:00:00Z";
    let talk = |author: &str, slug: &str, comments: Vec<Value>| {
        json!({"author": author, "slug": slug, "comments": comments}).to_string()
    };
    let one = || vec![said("bob", then, "Words")];
    let many = (0..1001).map(|n| said("bob", then, &n.to_string())).collect();
    let wrong = [
        said("nobody", then, "Words"),
        said("../bob", then, "Words"),
        said("bob", then, " \r\n "),
        said("bob", then, &"é".repeat(5001)),
        said("bob", then, "Bell \u{7}"),
        said("bob", "", "Words"),
        said("bob", "yesterday", "Words"),
        said("bob", "2999-01-01T00:00:00Z", "Words"),
    ];
    let since = |author: &str| json!({"author": author, "since": then});
    let liked = |author: &str, slug: &str| json!({"author": author, "slug": slug, "since": then});
    let follows = [since("bob"), since("BOB"), since("nobody"), since("a former member")];
    let favorites = [liked("bob", "open"), liked("ada", "gone"), liked("ada", "../open")];
    let reader = json!({"username": "bob", "follows": follows, "favorites": favorites});
    let deep = format!("{{\"author\": {}", "[".repeat(100_000));
    let zip = packed(&[
        ("articles/../up_comments.json", talk("ada", "open", one()).as_bytes()),
        ("articles/ada/deep.json", deep.as_bytes()),
        ("articles/ada/many.json", talk("ada", "open", many).as_bytes()),
        ("articles/ada/gone.json", talk("ada", "gone", one()).as_bytes()),
        ("articles/ada/of-bob.json", talk("ada", "of-bob", one()).as_bytes()),
        ("articles/ada/list.json", b"[]"),
        ("articles/ada/long.json", &vec![b' '; 25 * 1024 * 1024]),
        ("articles/ada/open.json", talk("ada", "open", wrong.to_vec()).as_bytes()),
        ("people/bob.json", reader.to_string().as_bytes()),
        ("people/nobody.json", b"{\"username\": \"nobody\"}"),
    ]);
    let before = app.dump().await;
    for look in [true, false] {
        let report = imported(&app, &zip, look).await;
        assert_eq!((counts(&report), beside(&report)), ((0, 0, 23), (0, 0, 0)), "{report}");
        for (name, reason) in [
            ("articles/../up_comments.json", json!("name")),
            ("articles/ada/deep.json", json!("json")),
            ("articles/ada/many.json", json!("json")),
            ("articles/ada/gone.json", json!("no_such_article")),
            ("articles/ada/of-bob.json", json!("no_such_article")),
            ("articles/ada/list.json", json!("json")),
            ("articles/ada/long.json", json!("too_large")),
            ("articles/ada/open.json: 1", json!("no_author")),
            ("articles/ada/open.json: 2", json!("no_author")),
            ("articles/ada/open.json: 3", json!({"fields": [["comment", "required"]]})),
            ("articles/ada/open.json: 4", json!({"fields": [["comment", {"too_long": 5000}]]})),
            ("articles/ada/open.json: 5", json!({"fields": [["comment", "malformed"]]})),
            ("articles/ada/open.json: 6", json!("time")),
            ("articles/ada/open.json: 7", json!("time")),
            ("articles/ada/open.json: 8", json!("to_come")),
            ("people/bob.json: bob", json!("oneself")),
            ("people/bob.json: BOB", json!("oneself")),
            ("people/bob.json: nobody", json!("no_author")),
            ("people/bob.json: a former member", json!("no_author")),
            ("people/bob.json: open", json!("no_such_article")),
            ("people/bob.json: gone", json!("no_such_article")),
            ("people/bob.json: ../open", json!("no_such_article")),
            ("people/nobody.json", json!("no_author")),
        ] {
            assert_eq!(why(&report, name), reason, "{name}");
        }
    }
    assert_eq!(app.dump().await, before);
    // Of a comment that is taken, the HTML is made here; who sees it is closed where it is not known.
    let mut kept = said("bob", then, "*Words*");
    kept["state"] = json!("open");
    let zip = packed(&[("articles/x.json", talk("ada", "open", vec![kept]).as_bytes())]);
    assert_eq!(beside(&imported(&app, &zip, false).await), (1, 0, 0));
    assert_eq!(app.text("select html from comments").await.trim(), "<p><em>Words</em></p>");
    assert_eq!(app.text("select state from comments").await, "held");
});

story!(as_many_comments_as_there_are_go_along_a_thousand_to_a_file, |engine| {
    let (from, to) = (TestApp::start(engine).await, TestApp::start(engine).await);
    from.person("ada").await.write("Open", "published", "public").await;
    let said = |n: usize| {
        json!({
            "author": "ada", "created": format!("2020-01-01T00:00:00.{:06}Z", n / 3),
            "state": "shown", "text": format!("Number {n}"),
        })
    };
    let talk = |numbers: std::ops::Range<usize>| {
        let comments: Vec<Value> = numbers.map(said).collect();
        json!({"author": "ada", "slug": "open", "comments": comments}).to_string()
    };
    let parts = [talk(0..1000), talk(1000..2000), talk(2000..2001)];
    let zip = packed(&[
        ("articles/1.json", parts[0].as_bytes()),
        ("articles/2.json", parts[1].as_bytes()),
        ("articles/3.json", parts[2].as_bytes()),
    ]);
    assert_eq!(beside(&imported(&from, &zip, false).await), (2001, 0, 0));
    let zip = exported(&from, false).await;
    let talks = ["_comments", "_comments_0002", "_comments_0003"].map(|part| {
        let file = file_of(&zip, &format!("articles/ada/open{part}.json"));
        file["comments"].as_array().unwrap().len()
    });
    assert_eq!(talks, [1000, 1000, 1]);
    assert_eq!(beside(&imported(&to, &zip, false).await), (2001, 0, 0));
    assert!(exported(&to, false).await == zip, "the same bytes");
});
