//! Taking a site, or one's own articles, elsewhere.

use std::{
    io::{Cursor, Read, Write},
    time::Duration,
};

use byline::{
    domain::{role::Role, transfer::Fault},
    error::Error,
    server::{
        failure::Failure,
        images::unused,
        leaving,
        transfer::{
            export::export,
            import::{Import, Site, Whose},
            unpacking::Limits,
        },
        users,
    },
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use zip::{ZipWriter, write::SimpleFileOptions};

use crate::{
    command::{byline, run, said},
    downloads::download,
    images::{file, jpeg, taken},
    people::comments::say,
    support::{Answer, Browser, PASSWORD, TestApp, story},
};

const IMPORT: &str = "/settings/data/import";

pub const LIMITS: Limits = Limits { files: 1000, bytes: 1 << 30 };

/// Sends a file as the page's form does; `look` is the other button.
async fn send(app: &TestApp, browser: &Browser, file: &[u8], look: bool, accept: &str) -> Answer {
    let mut body =
        b"--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.zip\"\r\n\
        Content-Type: application/zip\r\n\r\n"
            .to_vec();
    body.extend_from_slice(file);
    if look {
        body.extend_from_slice(
            b"\r\n--edge\r\nContent-Disposition: form-data; name=\"look\"\r\n\r\ntrue",
        );
    }
    body.extend_from_slice(b"\r\n--edge--\r\n");
    let request = browser
        .bare(Method::POST, IMPORT)
        .header("origin", &app.origin)
        .header("sec-fetch-site", "same-origin")
        .header("accept", accept)
        .header("content-type", "multipart/form-data; boundary=edge");
    browser.send(request.body(body)).await
}

pub async fn sent(app: &TestApp, browser: &Browser, file: &[u8]) -> Value {
    let answer = send(app, browser, file, false, "application/json").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer.json()
}

pub fn packed(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(text).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// With one name in place of the other, which is as long.
fn renamed(mut zip: Vec<u8>, from: &[u8], to: &[u8]) -> Vec<u8> {
    while let Some(at) = zip.windows(from.len()).position(|bytes| bytes == from) {
        zip[at..at + to.len()].copy_from_slice(to);
    }
    zip
}

pub fn counts(report: &Value) -> (u64, u64, u64) {
    let count = |key: &str| report[key].as_u64().unwrap();
    (count("taken"), count("there"), count("skipped"))
}

/// Comments, favourites and follows.
pub fn beside(report: &Value) -> (u64, u64, u64) {
    let count = |key: &str| report[key].as_u64().unwrap();
    (count("comments"), count("favorites"), count("follows"))
}

pub async fn exported(app: &TestApp, with_accounts: bool) -> Vec<u8> {
    let mut out = Vec::new();
    export(&app.state.db, &app.state.images, &mut out, with_accounts).await.unwrap();
    out
}

pub fn site(app: &TestApp) -> Site<'_> {
    let state = &app.state;
    Site { db: &state.db, clock: &state.clock, shelf: &state.images, images: &state.config.images }
}

/// Imports as the command line does.
pub async fn imported(app: &TestApp, zip: &[u8], look: bool) -> Value {
    let hash = app.state.passwords.hash(&unknown()).await.unwrap();
    let import = Import::new(site(app), Whose::Signed(hash), look);
    let report = import.take(Cursor::new(zip.to_vec()), LIMITS).await.unwrap();
    serde_json::to_value(report).unwrap()
}

fn unknown() -> byline::domain::password::Password {
    byline::domain::password::Password::parse_given("nobody knows this one".into()).unwrap()
}

async fn write(browser: &Browser, fields: &[(&str, &str)]) -> Answer {
    let body = ("body", "Enough words to be an article.\n\n\u{FEFF}---\n\nAnd more.\n\n");
    let has_body = fields.iter().any(|(name, _)| *name == "body");
    let fields: Vec<_> = fields.iter().copied().chain((!has_body).then_some(body)).collect();
    let answer = browser.call("save-article", &fields).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer
}

/// A site with all that there can be.
pub async fn fill(app: &TestApp) {
    let (ada, bob, eve) =
        (app.person("Ada").await, app.person("bob").await, app.person("eve").await);
    write(
        &ada,
        &[
            ("title", "Fog: \"thick\" & \\ 'dense'\u{2028}"),
            ("description", "--- # not a comment"),
            ("tags", "old boats, weather, ein ünïcode"),
            ("visibility", "members"),
            ("status", "published"),
            ("language", "de-AT"),
            ("direction", "rtl"),
            ("canonical", "https://example.org/fog?a=b#c"),
        ],
    )
    .await;
    write(&ada, &[("title", "Con"), ("slug_wanted", "con"), ("status", "published")]).await;
    let renamed = [
        ("slug", "con"),
        ("version", "1"),
        ("title", "Con"),
        ("slug_wanted", "pro"),
        ("status", "published"),
    ];
    write(&ada, &renamed).await;
    let later = [
        ("title", "Later"),
        ("status", "published"),
        ("publish_at", "2999-01-01T10:00"),
        ("zone", "0"),
    ];
    write(&ada, &later).await;
    write(&ada, &[("title", "Unfinished"), ("status", "draft")]).await;
    let later = ada.ask("manuscript", &[("slug", "later")]).await.json()["id"].clone();
    let changes = [
        ("article", later.as_str().unwrap()),
        ("version", "1"),
        ("title", "Later, and other words"),
        ("body", "Half a sentence"),
        ("tags", "not yet"),
        ("publish_at", "2999-02-01T10:00"),
        ("zone", "0"),
    ];
    let kept = ada.call("keep-text", &changes).await;
    assert_eq!(kept.status, StatusCode::OK, "{}", kept.body);
    write(&bob, &[("title", "Of bob"), ("status", "published")]).await;
    write(&eve, &[("title", "Left behind"), ("status", "published")]).await;
    read_and_answer(app, [&ada, &bob, &eve]).await;
    let closed = ada.call("open-comments", &[("slug", "pro"), ("open", "false")]).await;
    assert_eq!(closed.status, StatusCode::OK, "{}", closed.body);
    let about = [("bio", "Of \"fog\""), ("image", "https://example.org/a.png")];
    assert_eq!(ada.call("save-profile", &about).await.status, StatusCode::OK);
    write(&ada, &[("title", "In the bin"), ("status", "draft")]).await;
    ada.call("delete-article", &[("slug", "in-the-bin")]).await;
    ada.call("change-username", &[("username", "Lovelace")]).await;
    let (db, now) = (&app.state.db, app.state.clock.now());
    users::set_active(db, "bob", false, now).await.unwrap();
    leaving::delete_now(db, "eve", true, now).await.unwrap();
}

/// All that readers make: comments in each state, favourites, and whom they follow.
async fn read_and_answer(app: &TestApp, [ada, bob, eve]: [&Browser; 3]) {
    let fog = "fog-thick-dense";
    say(bob, fog, "Well **said** & \"done\"\r\n\r\nby <i>you</i> \u{2028} \u{1F32B}").await;
    say(eve, fog, "I stay, unsigned.").await;
    say(ada, fog, "Thank you.").await;
    say(bob, "pro", "Before the end of it").await;
    say(ada, "of-bob", "Under what is a draft by now").await;
    let rude = say(bob, fog, "Rude words").await;
    let unseen = say(eve, fog, "Rude, and gone with me").await;
    for comment in [&rude, &unseen] {
        let hide = [("slug", fog), ("handle", comment.as_str()), ("shown", "false")];
        assert_eq!(ada.call("show-comment", &hide).await.status, StatusCode::OK);
    }
    say(ada, "left-behind", "Held").await;
    app.execute("update comments set state = 'held' where body = 'Held'").await;
    let mut likes = vec![(bob, "pro"), (bob, fog), (eve, fog), (ada, "left-behind")];
    likes.extend([(ada, "of-bob"), (ada, fog)]);
    for (browser, slug) in likes {
        let fields = [("slug", slug), ("favorite", "true")];
        assert_eq!(browser.call("set-favorite", &fields).await.status, StatusCode::OK);
    }
    for (browser, name) in [(bob, "ada"), (bob, "eve"), (ada, "bob"), (eve, "ada")] {
        let fields = [("username", name), ("follow", "true")];
        assert_eq!(browser.call("set-follow", &fields).await.status, StatusCode::OK);
    }
    let back = [("slug", "of-bob"), ("version", "1"), ("title", "Of bob"), ("status", "draft")];
    write(bob, &back).await;
}

story!(a_site_that_is_exported_and_imported_is_exported_the_same_byte_by_byte, |engine| {
    let (from, to) = (TestApp::start(engine).await, TestApp::start(engine).await);
    fill(&from).await;
    let zip = exported(&from, false).await;
    assert_eq!(zip, exported(&from, false).await, "nothing tells when");
    let looked = imported(&to, &zip, true).await;
    assert_eq!(counts(&looked), (7, 0, 0), "{looked}");
    assert_eq!(beside(&looked), (7, 5, 2), "{looked}");
    let rows = to.dump().await;
    for table in ["articles: ", "comments: ", "favorites: ", "follows: "] {
        assert!(!rows.iter().any(|row| row.starts_with(table)), "only looked: {table}");
    }
    let report = imported(&to, &zip, false).await;
    assert_eq!(counts(&report), (7, 0, 0), "{report}");
    assert_eq!(beside(&report), (7, 5, 2), "{report}");
    assert!(exported(&to, false).await == zip, "the same bytes");
    let again = imported(&to, &zip, false).await;
    assert_eq!(counts(&again), (0, 7, 0), "{again}");
    assert_eq!(beside(&again), (0, 0, 0), "{again}");
    assert!(exported(&to, false).await == zip, "and again");
    let closed = to.text("select slug from articles where comments_closed").await;
    assert_eq!(closed, "pro");
    let about = to.text("select bio from users where username = 'Lovelace'").await;
    assert_eq!(about, "Of \"fog\"");
    // Changes are never lost to those of a file.
    to.execute("update working_copies set body = 'Other words'").await;
    let again = imported(&to, &zip, false).await;
    assert_eq!(counts(&again), (0, 6, 1), "{again}");
    assert_eq!(to.text("select body from working_copies").await, "Other words");
    // It is a site like the other: what is found, counted, followed and hidden.
    let reader = to.person("reader").await;
    let body = reader.get("/article/con").await;
    assert!(body.header("location").ends_with("/article/pro"), "a former address leads on");
    assert!(reader.get("/search?q=thick").await.body.contains("Fog"));
    assert_eq!(reader.get("/article/later").await.status, StatusCode::NOT_FOUND);
    assert!(reader.get("/article/left-behind").await.body.contains("a former member"));
    assert_eq!(reader.log_in("bob", PASSWORD).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(reader.log_in("lovelace", PASSWORD).await.status, StatusCode::UNAUTHORIZED);
});

story!(what_was_taken_offline_while_its_author_was_changing_it_comes_along_as_it_is, |engine| {
    let (from, to) = (TestApp::start(engine).await, TestApp::start(engine).await);
    let ada = from.person("ada").await;
    ada.write("Open", "published", "public").await;
    let open = ada.ask("manuscript", &[("slug", "open")]).await.json()["id"].clone();
    let fields = [("article", open.as_str().unwrap()), ("version", "1"), ("title", "Half a word")];
    assert_eq!(ada.call("keep-text", &fields).await.status, StatusCode::OK);
    let eve = from.person_with("eve", Role::Editor).await;
    assert_eq!(eve.call("withdraw-article", &[("slug", "open")]).await.status, StatusCode::OK);
    let zip = exported(&from, false).await;
    let report = imported(&to, &zip, false).await;
    assert_eq!(counts(&report), (2, 0, 0), "{report}");
    assert!(exported(&to, false).await == zip, "the same bytes");
    assert_eq!(counts(&imported(&to, &zip, false).await), (0, 2, 0), "nothing twice");
});

story!(t17_an_export_holds_no_hash_unless_it_is_asked_for, |engine| {
    let (from, to) = (TestApp::start(engine).await, TestApp::start(engine).await);
    from.person("ada").await;
    let text = |zip: &[u8]| {
        let mut zip = zip::ZipArchive::new(Cursor::new(zip.to_vec())).unwrap();
        std::io::read_to_string(zip.by_name("people.json").unwrap()).unwrap()
    };
    let plain = text(&exported(&from, false).await);
    assert!(plain.contains("ada@example.org") && !plain.contains("argon2"), "{plain}");
    let zip = exported(&from, true).await;
    imported(&to, &zip, false).await;
    assert_eq!(to.browser().log_in("ada", PASSWORD).await.status, StatusCode::OK);
    assert!(exported(&to, true).await == zip, "the same bytes");
});

story!(an_author_takes_their_articles_to_another_site, |engine| {
    let (from, to) = (TestApp::start(engine).await, TestApp::start(engine).await);
    let (ada, lovelace) = (from.person("ada").await, to.person("lovelace").await);
    for (title, status) in [("Fog", "published"), ("Rain", "published"), ("Notes", "draft")] {
        write(&ada, &[("title", title), ("tags", "weather"), ("status", status)]).await;
    }
    let (_, _, zip) = download(&from, &ada).await;
    to.person("bob").await.write("Rain", "published", "public").await;
    let looked = send(&to, &lovelace, &zip, true, "text/html").await;
    assert_eq!(looked.status, StatusCode::OK, "{}", looked.body);
    assert!(
        looked.body.contains("2 would be imported, 0 there already, 1 left out."),
        "{}",
        looked.body
    );
    assert_eq!(lovelace.get("/article/fog").await.status, StatusCode::NOT_FOUND, "only looked");
    let done = send(&to, &lovelace, &zip, false, "text/html").await;
    assert!(done.body.contains("articles/ada/rain.md"), "{}", done.body);
    assert!(done.body.contains("somebody else"), "{}", done.body);
    let report = sent(&to, &lovelace, &zip).await;
    assert_eq!(counts(&report), (0, 2, 1), "{report}");
    assert!(lovelace.get("/article/fog").await.body.contains("lovelace"));
    assert!(lovelace.get("/article/rain").await.body.contains("bob"));
    assert_eq!(to.browser().get("/article/notes").await.status, StatusCode::NOT_FOUND);
});

story!(
    a_look_says_what_becomes_of_changes_whatever_stands_between_them_and_their_article,
    |engine| {
        let app = TestApp::start(engine).await;
        let ada = app.person("ada").await;
        // What is written here is not hidden by what comes.
        ada.write("Own", "draft", "public").await;
        let article = |slug: &str, status: &str, words: &str| {
            format!(
                "---\ntitle: Fog\nslug: {slug}\nstatus: {status}\n---\n\n{words} enough for it.\n"
            )
        };
        let zip = packed(&[
            ("fog.md", article("fog", "published", "Words").as_bytes()),
            ("fog2.md", article("fog2", "published", "Words").as_bytes()),
            ("fog_changes.md", article("fog", "changes", "Other words").as_bytes()),
            ("offline.md", article("offline", "draft", "Words").as_bytes()),
            ("offline_changes.md", article("offline", "changes", "Other words").as_bytes()),
            ("own_changes.md", article("own", "changes", "Other words").as_bytes()),
            ("no_changes.md", article("no", "changes", "Other words").as_bytes()),
        ]);
        let looked = send(&app, &ada, &zip, true, "application/json").await;
        assert_eq!(looked.status, StatusCode::OK, "{looked:?}");
        let looked = looked.json();
        assert_eq!(counts(&looked), (5, 0, 2), "{looked}");
        assert_eq!(counts(&sent(&app, &ada, &zip).await), (5, 0, 2));
        let body = |slug: &'static str| {
            let ada = &ada;
            async move { ada.ask("manuscript", &[("slug", slug)]).await.json()["body"].clone() }
        };
        assert!(body("offline").await.to_string().contains("Other words"));
        assert!(body("own").await.to_string().contains("Enough words"));
    }
);

story!(what_is_here_already_is_never_overwritten, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    ada.write("Fog", "published", "public").await;
    ada.write("Gone", "draft", "public").await;
    ada.call("delete-article", &[("slug", "gone")]).await;
    let zip = packed(&[
        ("fog.md", b"---\ntitle: Fog\nslug: fog\n---\n\nAnother text under that address.\n"),
        ("gone.md", b"---\ntitle: Gone\n---\n\nEnough words to be an article.\n"),
        ("new.md", b"---\r\ntitle: New\r\ndate: 2024-02-03\r\ntags: [a, b]\r\n---\r\n\r\nWords enough.\r\n"),
    ]);
    let report = sent(&app, &ada, &zip).await;
    assert_eq!(
        report["lines"],
        json!([
            {"file": "fog.md", "outcome": {"skipped": "differs"}},
            {"file": "gone.md", "outcome": {"skipped": "in_bin"}},
            {"file": "new.md", "outcome": "taken"},
        ])
    );
    assert!(ada.get("/article/fog").await.body.contains("Enough words"));
    let manuscript = ada.ask("manuscript", &[("slug", "new")]).await.json();
    assert_eq!((&manuscript["status"], &manuscript["tags"]), (&json!("draft"), &json!("a, b")));
});

story!(hostile_files_are_lines_of_the_report_and_store_nothing, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let good = b"---\ntitle: Good\n---\n\nEnough words to be an article.\n";
    let long = [&b"---\ntitle: Long\n---\n\n"[..], &vec![b'a'; 2 * 1024 * 1024]].concat();
    let bomb = "---\na: &a [x, x, x]\nb: &b [*a, *a, *a]\ntags: [*b, *b]\ntitle: Bomb\n---\n\nEnough words.\n";
    let deep = format!("---\ntitle: {}\n---\n\nEnough words.\n", "[".repeat(10_000));
    let zip = packed(&[
        ("../up.md", good),
        ("/root.md", good),
        ("a/../b.md", good),
        ("c:\\d.md", good),
        ("bin.exe", b"MZ"),
        ("bomb.md", bomb.as_bytes()),
        ("deep.md", deep.as_bytes()),
        ("fields.md", b"---\ntitle: ''\nstatus: published\nlanguage: '!'\n---\n\nx\n"),
        ("long.md", &long),
        ("none.md", b"No front matter at all."),
        ("not-utf8.md", b"---\ntitle: X\xFF\n---\n\nEnough words.\n"),
        ("time.md", b"---\ntitle: Time\ncreated: yesterday\n---\n\nEnough words.\n"),
        ("twice.md", b"---\ntitle: A\ntitle: B\n---\n\nEnough words.\n"),
    ]);
    let report = sent(&app, &ada, &zip).await;
    assert_eq!(counts(&report), (0, 0, 13), "{report}");
    let lines = report["lines"].as_array().unwrap();
    let why = |name: &str| {
        let line = lines.iter().find(|line| line["file"] == name);
        line.unwrap_or_else(|| panic!("{name}"))["outcome"]["skipped"].clone()
    };
    for (name, reason) in [
        ("../up.md", "name"),
        ("/root.md", "name"),
        ("a/../b.md", "name"),
        ("c:\\d.md", "name"),
        ("bin.exe", "no_article"),
        ("bomb.md", "front_matter"),
        ("deep.md", "front_matter"),
        ("long.md", "too_large"),
        ("none.md", "front_matter"),
        ("not-utf8.md", "no_text"),
        ("time.md", "time"),
        ("twice.md", "front_matter"),
    ] {
        assert_eq!(why(name), reason, "{name}");
    }
    assert_eq!(why("fields.md")["fields"].as_array().unwrap().len(), 3);
    assert_eq!(app.text("select cast(count(*) as text) from articles").await, "0");
    assert_eq!(app.text("select cast(count(*) as text) from article_slugs").await, "0");
});

story!(files_that_are_none_are_refused_with_a_code, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let names: Vec<String> = (0..10_001).map(|n| format!("{n}.md")).collect();
    let many: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
    let twice = packed(&[("aaa.md", b"x"), ("bbb.md", b"x")]);
    let twice: Vec<u8> = renamed(twice, b"bbb.md", b"aaa.md");
    for (file, fault, status) in [
        (Vec::new(), "missing", StatusCode::UNPROCESSABLE_ENTITY),
        (b"PK\x03\x04 and no more".to_vec(), "unreadable", StatusCode::UNPROCESSABLE_ENTITY),
        (b"hello".to_vec(), "unreadable", StatusCode::UNPROCESSABLE_ENTITY),
        (b"{\"articles\": 3}".to_vec(), "unreadable", StatusCode::UNPROCESSABLE_ENTITY),
        (twice, "same_names", StatusCode::UNPROCESSABLE_ENTITY),
        (packed(&many), "too_much", StatusCode::PAYLOAD_TOO_LARGE),
        (vec![b'P'; 51 * 1024 * 1024], "too_large", StatusCode::PAYLOAD_TOO_LARGE),
    ] {
        let answer = send(&app, &ada, &file, false, "application/json").await;
        assert_eq!((answer.status, answer.json()), (status, json!({ "import": fault })));
        let page = send(&app, &ada, &file, true, "text/html").await;
        assert_eq!(page.status, status, "{fault}");
        assert!(page.body.contains("<h1>Import articles</h1>"), "{}", page.body);
    }
});

story!(no_more_is_unpacked_than_was_agreed_on, |engine| {
    let app = TestApp::start(engine).await;
    let zip = packed(&[("a.md", &[b'a'; 2000]), ("b.md", b"b")]);
    for limits in [Limits { files: 1, bytes: 1 << 30 }, Limits { files: 9, bytes: 2000 }] {
        let import = Import::new(site(&app), Whose::Signed(String::new()), false);
        let taken = import.take(Cursor::new(zip.clone()), limits).await;
        assert!(
            matches!(taken, Err(Failure::Refused(Error::Import(Fault::TooMuch)))),
            "{limits:?}"
        );
    }
});

story!(articles_of_a_realworld_site_come_in_with_their_times, |engine| {
    let app = TestApp::start(engine).await;
    app.person("jake").await;
    let article = |slug: &str, author: &str| {
        json!({
            "slug": slug, "title": "How to train your dragon", "description": "Ever wonder how?",
            "body": "You have to believe in it.", "tagList": ["dragons", "training"],
            "createdAt": "2016-02-18T03:22:56.637Z", "updatedAt": "2016-02-18T03:48:35.824Z",
            "favorited": false, "favoritesCount": 0,
            "author": {"username": author, "bio": null, "image": "https://i.example/1.jpg", "following": false}
        })
    };
    let answer = json!({
        "articles": [article("dragon", "jake"), article("other", "nobody"), article("../up", "jake")],
        "articlesCount": 3
    });
    let report = imported(&app, answer.to_string().as_bytes(), false).await;
    assert_eq!(report["lines"][0], json!({"file": "dragon", "outcome": "taken"}));
    assert_eq!(report["lines"][1]["outcome"]["skipped"], "no_author");
    assert_eq!(counts(&report), (1, 0, 2), "{report}");
    let page = app.browser().get("/article/dragon").await;
    assert!(page.body.contains("18 February 2016") && page.body.contains("jake"), "{}", page.body);
    let again = imported(&app, answer.to_string().as_bytes(), false).await;
    assert_eq!(counts(&again), (0, 1, 2), "{again}");
});

story!(taking_in_asks_for_who_may_write_and_proved_it_lately, |engine| {
    let app = TestApp::start(engine).await;
    let zip = packed(&[("a.md", b"---\ntitle: A\n---\n\nEnough words to be an article.\n")]);
    let stranger = send(&app, &app.browser(), &zip, false, "application/json").await;
    assert_eq!(stranger.status, StatusCode::UNAUTHORIZED);
    let role = byline::domain::role::Role::Reader;
    let reader = app.person_with("reader", role).await;
    let refused = send(&app, &reader, &zip, false, "application/json").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let ada = app.person("ada").await;
    app.state.clock.advance(Duration::from_secs(11 * 60));
    let stale = send(&app, &ada, &zip, false, "text/html").await;
    assert_eq!(stale.status, StatusCode::FORBIDDEN);
    assert!(stale.body.contains("action=\"/settings/data/import?form=confirm\""), "{}", stale.body);
    let proof = [("password", PASSWORD), ("next", IMPORT)];
    let proved = ada.submit("/settings/data/import?form=confirm", &proof).await;
    assert_eq!((proved.status, proved.header("location")), (StatusCode::SEE_OTHER, IMPORT));
    assert_eq!(counts(&sent(&app, &ada, &zip).await), (1, 0, 0));
});

#[tokio::test]
async fn a_site_moves_by_two_commands() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let in_folder = |folder: &tempfile::TempDir, args: &[&str]| {
        let mut command = byline(folder);
        command.args(args);
        let output = run(command, "");
        assert!(output.status.success(), "{args:?}: {}", said(&output));
        said(&output)
    };
    in_folder(&from, &["seed", "--users", "3", "--articles", "20"]);
    assert_eq!(
        in_folder(&from, &["export"]),
        "20 articles, 20 versions, 0 pictures, 0 comments, 0 favourites and 0 follows are in byline.zip.\n"
    );
    let file = from.path().join("byline.zip");
    let path = file.to_str().unwrap();
    let looked = in_folder(&to, &["import", path, "--dry-run"]);
    assert_eq!(
        looked,
        "20 would be imported, 0 there already, 0 left out. 20 versions would be imported.\n"
    );
    let imported = in_folder(&to, &["import", path]);
    assert_eq!(imported, "20 imported, 0 there already, 0 left out. 20 versions imported.\n");
    assert_eq!(in_folder(&to, &["import", path]), "0 imported, 20 there already, 0 left out.\n");
    in_folder(&to, &["export", "again.zip"]);
    let again = std::fs::read(to.path().join("again.zip")).unwrap();
    assert!(again == std::fs::read(&file).unwrap(), "the same bytes");
    let mut twice = byline(&from);
    twice.arg("export");
    assert!(!run(twice, "").status.success(), "nothing is overwritten");
    let mut nobody = byline(&to);
    nobody.args(["import", path, "--as", "nobody"]);
    assert!(said(&run(nobody, "")).contains("there is no account named nobody"));
}

story!(a_file_that_ends_early_breaks_nothing, |engine| {
    let app = TestApp::start(engine).await;
    fill(&app).await;
    let zip = exported(&app, false).await;
    let to = TestApp::start(engine).await;
    for length in [10, zip.len() / 2, zip.len() - 1] {
        let import = Import::new(site(&to), Whose::Signed(String::new()), false);
        let taken = import.take(Cursor::new(zip[..length].to_vec()), LIMITS).await;
        assert!(matches!(taken, Err(Failure::Refused(Error::Import(_)))), "{length}");
    }
    assert_eq!(to.text("select cast(count(*) as text) from users").await, "0");
});

/// The files in a zip, by name.
pub fn opened(zip: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut zip = zip::ZipArchive::new(Cursor::new(zip)).unwrap();
    let files = zip.len();
    let read = |n| {
        let mut file = zip.by_index(n).unwrap();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        (file.name().unwrap().into_owned(), bytes)
    };
    (0..files).map(read).collect()
}

pub fn repacked(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let files: Vec<(&str, &[u8])> =
        files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    packed(&files)
}

/// An article with a picture in its text and another one at its head.
async fn illustrate(browser: &Browser, title: &str, picture: &str, cover: &str) {
    let body = format!("Enough words to be an article.\n\n![In the fog]({picture})");
    let fields = [
        ("title", title),
        ("body", body.as_str()),
        ("cover", cover),
        ("cover_alt", "Above"),
        ("status", "published"),
    ];
    write(browser, &fields).await;
}

story!(pictures_go_along_and_the_other_site_needs_the_first_no_more, |engine| {
    let (from, to) = (TestApp::start(engine).await, TestApp::start(engine).await);
    let (ada, bob) = (from.person("Ada").await, from.person("bob").await);
    let (fog, sea) = (jpeg(1200, 800, 1), jpeg(300, 200, 2));
    let picture = taken(&ada, &fog, "Fog \u{2028} \"over\" the hills").await;
    let cover = taken(&ada, &sea, "").await;
    assert_eq!(taken(&bob, &fog, "His fog").await, picture);
    taken(&bob, &jpeg(5, 5, 3), "In no article").await;
    illustrate(&ada, "Hills", &picture, &cover).await;
    let zip = exported(&from, false).await;
    let pictures = opened(&zip).into_iter().filter(|(name, _)| name.starts_with("images/"));
    assert_eq!(pictures.count(), 2);
    let looked = imported(&to, &zip, true).await;
    assert_eq!((counts(&looked), &looked["pictures"]), ((1, 0, 0), &json!(2)), "{looked}");
    assert_eq!(to.text("select cast(count(*) as text) from images").await, "0", "only looked");
    let report = imported(&to, &zip, false).await;
    assert_eq!((counts(&report), &report["pictures"]), ((1, 0, 0), &json!(2)), "{report}");
    assert!(exported(&to, false).await == zip, "the same bytes");
    let again = imported(&to, &zip, false).await;
    assert_eq!((counts(&again), &again["pictures"]), ((0, 1, 0), &json!(0)), "{again}");
    assert!(exported(&to, false).await == zip, "and again");
    let reader = to.browser();
    let page = reader.get("/article/hills").await.body;
    for width in [480, 960, 1200] {
        let path = picture.replace("-1200.", &format!("-{width}."));
        assert!(page.contains(&path), "{path} in {page}");
        assert_eq!(file(&reader, &path).await.0, StatusCode::OK, "{path}");
    }
    assert!(page.contains("width=\"1200\" height=\"800\""), "{page}");
    assert!(page.contains("class=\"cover\"") && page.contains(&cover), "{page}");
    assert_eq!(file(&reader, &picture).await, file(&from.browser(), &picture).await);
});

story!(pictures_of_changes_that_are_not_published_go_along_and_come_back, |engine| {
    let (from, to) = (TestApp::start(engine).await, TestApp::start(engine).await);
    let (ada, lovelace) = (from.person("ada").await, to.person("lovelace").await);
    let published = taken(&ada, &jpeg(60, 40, 1), "Published").await;
    let changed = taken(&ada, &jpeg(50, 40, 2), "Not yet").await;
    let cover = taken(&ada, &jpeg(70, 40, 3), "Nor this").await;
    let dropped = taken(&ada, &jpeg(80, 40, 4), "Not any more").await;
    illustrate(&ada, "Hills", &published, "").await;
    let id = ada.ask("manuscript", &[("slug", "hills")]).await.json()["id"].clone();
    // Long enough after the first for that to stay among the versions.
    for (version, picture) in [("1", &dropped), ("2", &changed)] {
        from.state.clock.advance(Duration::from_secs(700));
        let body = format!("Other words, and enough of them.\n\n![Over]({picture})");
        let fields = [
            ("article", id.as_str().unwrap()),
            ("version", version),
            ("title", "Hills"),
            ("body", &body),
            ("cover", &cover),
            ("cover_alt", "Above"),
        ];
        assert_eq!(ada.call("keep-text", &fields).await.status, StatusCode::OK);
    }
    let sites = opened(&exported(&from, false).await);
    let pictures = sites.iter().filter(|(name, _)| name.starts_with("images/"));
    let mut pictures: Vec<String> = pictures.map(|(name, _)| format!("/{name}")).collect();
    let expected = [published.clone(), changed.clone(), cover.clone()];
    let mut all = [expected.as_slice(), &[dropped]].concat();
    pictures.sort();
    all.sort();
    assert_eq!(pictures, all, "what only an earlier version shows too");

    from.state.clock.advance(Duration::from_secs(1));
    ada.log_in("ada", PASSWORD).await;
    let (_, _, zip) = download(&from, &ada).await;
    let report = sent(&to, &lovelace, &zip).await;
    assert_eq!(report["skipped"], 0, "{report}");
    let back = lovelace.ask("manuscript", &[("slug", "hills")]).await.json();
    assert_eq!(back["has_changes"], true, "{back}");
    assert!(back["body"].as_str().unwrap().contains(&changed), "{back}");
    // They are wanted there: none of the three is thrown away.
    to.state.clock.advance(Duration::from_secs(3 * 24 * 3600));
    unused::collect(&to.state, to.state.clock.now()).await.unwrap();
    for picture in expected {
        let from_there = file(&lovelace, &picture).await;
        assert_eq!(from_there.0, StatusCode::OK, "{picture}");
        assert!(from_there == file(&ada, &picture).await, "{picture}");
    }
});

story!(a_picture_that_is_not_what_it_says_is_left_out_and_its_article_is_not, |engine| {
    let (from, to) = (TestApp::start(engine).await, TestApp::start(engine).await);
    let (ada, lovelace) = (from.person("ada").await, to.person("lovelace").await);
    let picture = taken(&ada, &jpeg(600, 400, 4), "").await;
    illustrate(&ada, "Hills", &picture, "").await;
    let whole = opened(&exported(&from, false).await);
    let name = picture.trim_start_matches('/').to_owned();
    let stored = whole.iter().find(|(found, _)| *found == name).unwrap().1.clone();
    let digest = |bytes: &[u8]| {
        use sha2::{Digest, Sha256};
        let mut hash = data_encoding::HEXLOWER.encode(&Sha256::digest(bytes));
        hash.truncate(32);
        hash
    };
    let noted = [&stored[..2], b"\xFF\xFE\x00\x08SECRET", &stored[2..]].concat();
    let longer = [&stored[..], b"<script>"].concat();
    let cut = stored[..stored.len() / 2].to_vec();
    // A WebP that says in its first bytes that it has 8,192 pixels each way.
    let vast = b"RIFF\x12\x00\x00\x00WEBPVP8L\x05\x00\x00\x00\x2F\xFF\xDF\xFF\x07\x00".to_vec();
    let false_name = json!("false_name");
    let of = |flaw: &str| json!({ "picture": flaw });
    let named = |bytes: &[u8], rest: &str| format!("images/{}-{rest}", digest(bytes));
    for (name, bytes, reason) in [
        (name.clone(), jpeg(600, 400, 5), false_name.clone()),
        (named(&stored, "601.jpg"), stored.clone(), false_name.clone()),
        ("images/../hills.jpg".to_owned(), stored.clone(), false_name.clone()),
        (named(&stored, "600.webp"), stored.clone(), of("kind")),
        (named(&noted, "600.jpg"), noted, of("broken")),
        (named(&longer, "600.jpg"), longer, of("broken")),
        (named(&cut, "600.jpg"), cut, of("broken")),
        (named(&vast, "600.webp"), vast, of("too_many_pixels")),
    ] {
        let mut files = whole.clone();
        files.retain(|(found, _)| *found != picture.trim_start_matches('/'));
        files.push((name.clone(), bytes));
        let zip = repacked(&files);
        let report = sent(&to, &lovelace, &zip).await;
        let line = json!({"file": name, "outcome": {"skipped": reason}});
        assert!(report["lines"].as_array().unwrap().contains(&line), "{line} in {report}");
        assert_eq!(report["pictures"], 0, "{report}");
        assert_eq!(to.text("select cast(count(*) as text) from images").await, "0", "{name}");
        to.execute("update attempts set count = 0").await;
    }
    assert_eq!(lovelace.get("/article/hills").await.status, StatusCode::OK);
});

story!(a_download_comes_back_with_its_pictures_and_takes_nobodys, |engine| {
    let (from, to) = (TestApp::start(engine).await, TestApp::start(engine).await);
    let ada = from.person("ada").await;
    let (lovelace, bob) = (to.person("lovelace").await, to.person("bob").await);
    let photo = jpeg(600, 400, 6);
    let picture = taken(&ada, &photo, "Hers").await;
    illustrate(&ada, "Hills", &picture, &picture).await;
    let (_, _, zip) = download(&from, &ada).await;
    assert_eq!(taken(&bob, &photo, "His").await, picture);
    let before = file(&bob, &picture.replace("-600.", "-480.")).await;
    let report = sent(&to, &lovelace, &zip).await;
    assert_eq!((counts(&report), &report["pictures"]), ((1, 0, 0), &json!(1)), "{report}");
    let own = async |browser: &Browser| {
        let images = browser.ask("images", &[("page", "1")]).await.json()["images"].clone();
        images.as_array().unwrap().iter().map(|image| image["alt"].clone()).collect::<Vec<_>>()
    };
    assert_eq!((own(&lovelace).await, own(&bob).await), (vec![json!("Hers")], vec![json!("His")]));
    assert!(file(&bob, &picture.replace("-600.", "-480.")).await == before, "not stored anew");
    assert!(lovelace.get("/article/hills").await.body.contains("width=\"600\""));
    to.execute("update images set bytes = 524288000, alt = 'Kept'").await;
    let again = send(&to, &lovelace, &zip, false, "text/html").await;
    assert!(again.body.contains("0 imported, 1 there already, 0 left out."), "{}", again.body);
    assert_eq!(own(&lovelace).await, [json!("Kept")]);
    let other = taken(&ada, &jpeg(50, 50, 8), "").await;
    illustrate(&ada, "Sea", &other, "").await;
    let (_, _, more) = download(&from, &ada).await;
    let full = sent(&to, &lovelace, &more).await;
    let line = json!({"file": &other[1..], "outcome": {"skipped": {"picture": "no_room"}}});
    assert!(full["lines"].as_array().unwrap().contains(&line), "{full}");
    assert_eq!(file(&lovelace, &other).await.0, StatusCode::NOT_FOUND);
});
