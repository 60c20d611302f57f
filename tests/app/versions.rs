//! What articles said before, on its way from one site to another.

use std::{io::Cursor, time::Duration};

use byline::server::{
    images::unused,
    transfer::import::{Import, Whose},
    users,
};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    downloads::download,
    images::{file, jpeg, taken},
    life::{keep, manuscript, save},
    readers::{file_of, why},
    support::{Browser, PASSWORD, TestApp, story},
    transfer::{LIMITS, counts, exported, imported, opened, packed, repacked, sent, site},
};

const LATER: Duration = Duration::from_secs(700);
const THEN: &str = "2020-01-01T00:00:00Z";
const PUBLISHED: (&str, &str) = ("status", "published");
const DRAFT: (&str, &str) = ("status", "draft");

/// An update of a published article.
async fn update(author: &Browser, slug: &str, fields: &[(&str, &str)]) {
    let version = manuscript(author, slug).await["version"].to_string();
    let which = [("slug", slug), ("version", version.as_str()), PUBLISHED];
    save(author, &[fields, &which].concat()).await;
}

/// All versions of an article, each with what it changed.
async fn told(author: &Browser, slug: &str) -> Vec<Value> {
    let all = author.ask("revisions", &[("slug", slug)]).await.json()["revisions"].clone();
    let mut told = Vec::new();
    for revision in all.as_array().unwrap() {
        let version = revision["version"].to_string();
        let shown = author.ask("revisions", &[("slug", slug), ("version", &version)]).await;
        told.push(json!({ "of": revision, "changed": shown.json()["differences"] }));
    }
    told
}

fn numbers(told: &[Value]) -> Vec<i64> {
    told.iter().map(|one| one["of"]["version"].as_i64().unwrap()).collect()
}

/// Articles with all that a version can be: published, updated, kept beside what readers see, dropped,
/// taken back, and of a draft.
async fn write_on(app: &TestApp, ada: &Browser) {
    let wait = || app.state.clock.advance(LATER);
    let first = [("title", "Fog"), ("body", "The fog came in <b>slowly</b>.\n"), PUBLISHED];
    save(ada, &first).await;
    wait();
    let second = [
        ("title", "Fog \u{2028} \"and\" more"),
        ("body", "\u{FEFF}The fog went.\n\n---\n\n\\ \u{1F32B}"),
        ("description", "In a word: --- #"),
        ("tags", "old boats, weather"),
    ];
    update(ada, "fog", &second).await;
    wait();
    keep(ada, "fog", &[("title", "Fog"), ("body", "What is dropped.")]).await;
    assert_eq!(ada.call("discard-changes", &[("slug", "fog")]).await.status, StatusCode::OK);
    wait();
    keep(ada, "fog", &[("title", "Fog"), ("body", "Not for readers yet.")]).await;
    save(ada, &[("title", "Notes"), ("body", "One."), DRAFT]).await;
    for body in ["Two of them.", "Three of them, and more."] {
        wait();
        keep(ada, "notes", &[("title", "Notes"), ("body", body)]).await;
    }
    save(ada, &[("title", "Back"), ("body", "It was for readers once."), PUBLISHED]).await;
    let back = [("slug", "back"), ("version", "1"), ("title", "Back"), ("body", "No more."), DRAFT];
    save(ada, &back).await;
}

story!(what_articles_said_before_moves_to_the_other_database_and_back, |engine| {
    let from = TestApp::start(engine).await;
    let (to, back) = (TestApp::start(engine.other()).await, TestApp::start(engine).await);
    let ada = from.person("ada").await;
    write_on(&from, &ada).await;
    // No later than it is there: what was kept last was so lately.
    for app in [&to, &back] {
        app.state.clock.advance(5 * LATER);
    }
    let zip = exported(&from, true).await;
    let history = file_of(&zip, "articles/ada/fog_versions.json");
    let kinds = history["versions"].as_array().unwrap().iter().map(|v| v["kind"].clone());
    assert_eq!(kinds.collect::<Vec<_>>(), ["published", "updated", "kept", "kept"]);
    assert_eq!(history["versions"][1]["tags"], json!(["old boats", "weather"]));

    let looked = imported(&to, &zip, true).await;
    assert_eq!((counts(&looked), &looked["versions"]), ((4, 0, 0), &json!(9)), "{looked}");
    assert_eq!(to.count("select count(*) from revisions").await, 0, "only looked");
    let report = imported(&to, &zip, false).await;
    assert_eq!((counts(&report), &report["versions"]), ((4, 0, 0), &json!(9)), "{report}");
    let there = exported(&to, true).await;
    assert!(there == zip, "the same bytes there");
    imported(&back, &there, false).await;
    assert!(exported(&back, true).await == zip, "and back");
    let before = to.dump().await;
    let again = imported(&to, &zip, false).await;
    assert_eq!((counts(&again), &again["versions"]), ((0, 4, 0), &json!(0)), "{again}");
    assert_eq!(to.dump().await, before, "nothing twice");

    // The same list, with the same differences; what is written next is one more of it, however soon.
    let there = to.browser();
    there.log_in("ada", PASSWORD).await;
    for slug in ["fog", "notes", "back"] {
        assert_eq!(told(&there, slug).await, told(&ada, slug).await, "{slug}");
    }
    assert_eq!(numbers(&told(&there, "fog").await), [5, 3, 2, 1]);
    assert_eq!(manuscript(&there, "fog").await["body"], "Not for readers yet.");
    let kept = keep(&there, "fog", &[("title", "Fog"), ("body", "Some more for later.")]).await;
    assert_eq!(kept.status, StatusCode::OK, "{}", kept.body);
    assert_eq!(numbers(&told(&there, "fog").await), [6, 5, 3, 2, 1]);
    update(&there, "fog", &[("title", "Fog"), ("body", "They read this from now on.")]).await;
    assert_eq!(numbers(&told(&there, "fog").await), [7, 6, 5, 3, 2, 1]);
    let restore = [("slug", "fog"), ("revision", "1"), ("version", "7")];
    assert_eq!(there.call("restore-revision", &restore).await.status, StatusCode::OK);
    assert_eq!(manuscript(&there, "fog").await["body"], "The fog came in <b>slowly</b>.\n");
    let kept =
        keep(&there, "notes", &[("title", "Notes"), ("body", "Four, and more of them.")]).await;
    assert_eq!(kept.status, StatusCode::OK, "{}", kept.body);
    assert_eq!(numbers(&told(&there, "notes").await), [4, 3, 2, 1]);

    // What was written here since stays when the file comes again.
    let before = to.dump().await;
    let again = imported(&to, &zip, false).await;
    assert_eq!((counts(&again).0, &again["versions"]), (0, &json!(0)), "{again}");
    assert_eq!(to.dump().await, before);
});

story!(a_picture_that_only_an_earlier_version_shows_goes_along_and_stays, |engine| {
    let (from, to) = (TestApp::start(engine).await, TestApp::start(engine).await);
    let ada = from.person("ada").await;
    let shown = taken(&ada, &jpeg(60, 40, 1), "Once").await;
    let cover = taken(&ada, &jpeg(70, 40, 2), "Above").await;
    let body = format!("Enough words to be an article.\n\n![Once]({shown})");
    save(&ada, &[("title", "Hills"), ("body", &body), ("cover", &cover), PUBLISHED]).await;
    update(&ada, "hills", &[("title", "Hills"), ("body", "Words alone, from now on.")]).await;
    let zip = exported(&from, true).await;
    let report = imported(&to, &zip, false).await;
    assert_eq!((&report["pictures"], &report["versions"]), (&json!(2), &json!(2)), "{report}");
    assert!(exported(&to, true).await == zip, "the same bytes");
    to.state.clock.advance(Duration::from_secs(3 * 24 * 3600));
    unused::collect(&to.state, to.state.clock.now()).await.unwrap();
    let there = to.browser();
    there.log_in("ada", PASSWORD).await;
    let restore = [("slug", "hills"), ("revision", "1"), ("version", "2")];
    assert_eq!(there.call("restore-revision", &restore).await.status, StatusCode::OK);
    let back = manuscript(&there, "hills").await;
    assert_eq!((&back["body"], &back["cover"]), (&json!(body), &json!(cover)));
    for picture in [&shown, &cover] {
        assert!(file(&there, picture).await == file(&ada, picture).await, "{picture}");
    }
});

story!(whoever_takes_in_their_own_brings_no_versions, |engine| {
    let (from, to) = (TestApp::start(engine).await, TestApp::start(engine).await);
    let (ada, eve) = (from.person("ada").await, to.person("eve").await);
    write_on(&from, &ada).await;
    to.state.clock.advance(8 * LATER);
    eve.log_in("eve", PASSWORD).await;
    let zip = exported(&from, false).await;
    let nothing = async |report: &Value| {
        assert_eq!((counts(report), &report["versions"]), ((4, 0, 0), &json!(0)), "{report}");
        let numbers = "select count(*) from revisions where version = 1";
        assert_eq!(to.count(numbers).await, 3, "those that begin here");
        assert_eq!(to.count("select count(*) from revisions where version > 1").await, 1);
        let lost = "select count(*) from revisions where body in ('One.', 'What is dropped.')";
        assert_eq!(to.count(lost).await, 0);
        to.execute("delete from articles").await;
    };
    nothing(&sent(&to, &eve, &zip).await).await;
    let whose = users::find_named(&to.state.db, "eve").await.unwrap().unwrap();
    let import = Import::new(site(&to), Whose::Of(whose), false);
    let report = import.take(Cursor::new(zip.clone()), LIMITS).await.unwrap();
    nothing(&serde_json::to_value(report).unwrap()).await;
    // Their own download has none.
    ada.log_in("ada", PASSWORD).await;
    let (_, _, own) = download(&from, &ada).await;
    let versions =
        |zip: &[u8]| opened(zip).into_iter().filter(|(name, _)| name.contains("_versions")).count();
    assert_eq!((versions(&zip), versions(&own)), (3, 0));
});

story!(of_whoever_is_leaving_nothing_goes_along_that_readers_never_saw, |engine| {
    let (from, to) = (TestApp::start(engine).await, TestApp::start(engine).await);
    let ada = from.person("ada").await;
    let unseen = taken(&ada, &jpeg(60, 40, 1), "Not for readers").await;
    save(&ada, &[("title", "Fog"), ("body", "Words for readers."), PUBLISHED]).await;
    let body = format!("Never for readers.\n\n![Unseen]({unseen})");
    keep(&ada, "fog", &[("title", "Fog"), ("body", &body)]).await;
    let left = ada.call("delete-account", &[("username", "ada"), ("articles", "keep")]).await;
    assert_eq!(left.status, StatusCode::OK, "{}", left.body);
    let zip = exported(&from, false).await;
    let names: Vec<String> = opened(&zip).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["people.json", "articles/_former/fog.md", "images.json"]);
    imported(&to, &zip, false).await;
    assert!(exported(&to, false).await == zip, "the same bytes");
});

/// A version as a file has it.
fn version(number: i64, body: &str) -> Value {
    json!({"version": number, "kind": "kept", "saved": THEN, "title": "Fog", "body": body})
}

fn with(field: &str, value: impl Into<Value>) -> Value {
    let mut version = version(2, "HOSTILE");
    version[field] = value.into();
    version
}

fn history(versions: &[Value]) -> Vec<u8> {
    json!({ "versions": versions }).to_string().into_bytes()
}

story!(versions_that_are_none_are_a_line_of_the_report_and_store_nothing, |engine| {
    let app = TestApp::start(engine).await;
    app.person("ada").await;
    let first = || version(1, "HOSTILE");
    let of_fields = |field: &str, problem: Value| json!({ "fields": [[field, problem]] });
    // Of each an article, what is beside it, and where in that what is wrong is.
    let wrong: Vec<(&str, Vec<u8>, &str, Value)> = vec![
        ("twice", history(&[first(), first()]), ": 2", json!("versions")),
        ("falling", history(&[version(2, "HOSTILE"), first()]), ": 2", json!("versions")),
        ("zero", history(&[version(0, "HOSTILE")]), ": 1", json!("versions")),
        ("below", history(&[version(-1, "HOSTILE")]), ": 1", json!("versions")),
        ("above", history(&[first(), version(1 << 31, "HOSTILE")]), ": 2", json!("versions")),
        ("huge", b"{\"versions\": [{\"version\": 1e30}]}".to_vec(), "", json!("json")),
        ("half", history(&[with("version", 1.5)]), "", json!("json")),
        ("no-time", history(&[with("saved", "")]), ": 1", json!("time")),
        ("time", history(&[first(), with("saved", "yesterday")]), ": 2", json!("time")),
        ("old", history(&[with("saved", "1066-10-14T00:00:00Z")]), ": 1", json!("time")),
        ("future", history(&[with("saved", "2999-01-01T00:00:00Z")]), ": 1", json!("to_come")),
        (
            "bell",
            history(&[with("body", "HOSTILE\u{7}")]),
            ": 1",
            of_fields("body", json!("malformed")),
        ),
        ("nul", history(&[with("title", "A\u{0}")]), ": 1", of_fields("title", json!("malformed"))),
        (
            "long",
            history(&[first(), with("body", "é".repeat(200_001))]),
            ": 2",
            of_fields("body", json!({ "too_long": 200_000 })),
        ),
        (
            "elsewhere",
            history(&[with("cover", "https://example.org/a.png")]),
            ": 1",
            of_fields("cover", json!("malformed")),
        ),
        ("list", b"[]".to_vec(), "", json!("json")),
        (
            "deep",
            format!("{{\"versions\": {}", "[".repeat(100_000)).into_bytes(),
            "",
            json!("json"),
        ),
        ("bytes", b"{\"versions\": [], \"x\": \"\xFF\"}".to_vec(), "", json!("no_text")),
        ("vast", vec![b' '; 97 * 1024 * 1024], "", json!("too_large")),
    ];
    let head = |slug: &str, status: &str| {
        format!(
            "---\ntitle: Fog\nauthor: ada\nslug: {slug}\nstatus: {status}\n---\n\nEnough words.\n"
        )
    };
    let mut files = Vec::new();
    for (slug, versions, ..) in &wrong {
        files.push((format!("articles/ada/{slug}.md"), head(slug, "published").into_bytes()));
        files.push((format!("articles/ada/{slug}_versions.json"), versions.clone()));
    }
    let next = |slug: &str, n: u32| format!("articles/ada/{slug}_versions_{n:04}.json");
    files.push(("articles/ada/parts.md".into(), head("parts", "draft").into_bytes()));
    files.push(("articles/ada/parts_versions.json".into(), history(&[first()])));
    files.push((next("parts", 2), history(&[first()])));
    let changes = head("below", "changes").replace("Enough", "Other");
    files.push(("articles/ada/far_changes.md".into(), changes.into_bytes()));
    for alone in ["articles/ada/far_changes", "articles/ada/none", "articles/../up"] {
        files.push((format!("{alone}_versions.json"), history(&[first()])));
    }
    let zip = repacked(&files);
    let taken = wrong.len() as u64 + 2;
    for look in [true, false] {
        let report = imported(&app, &zip, look).await;
        assert_eq!((counts(&report), &report["versions"]), ((taken, 0, taken + 2), &json!(0)));
        for (slug, _, place, reason) in &wrong {
            let line = format!("articles/ada/{slug}_versions.json{place}");
            assert_eq!(why(&report, &line), *reason, "{line}");
        }
        assert_eq!(why(&report, &format!("{}: 1", next("parts", 2))), "versions");
        for alone in ["articles/ada/far_changes", "articles/ada/none", "articles/../up"] {
            assert_eq!(why(&report, &format!("{alone}_versions.json")), "no_such_article");
        }
    }
    // Each article has the one that its import made, and the one of its changes.
    assert_eq!(app.count("select count(*) from revisions").await, i64::try_from(taken).unwrap());
    assert_eq!(app.count("select count(*) from revisions where version > 2").await, 0);
    let all = app.dump().await;
    assert!(!all.iter().any(|row| row.contains("HOSTILE")), "nothing of them is stored");
});

story!(as_many_versions_as_are_kept_go_along_a_file_for_a_quarter_of_a_megabyte, |engine| {
    let (from, to) = (TestApp::start(engine).await, TestApp::start(engine).await);
    from.person("ada").await;
    let text = "words \"quoted\"\n".repeat(1000);
    let all: Vec<Value> = (1..=100).map(|n| version(7 * n, &format!("{n} {text}"))).collect();
    // The last is not what the article says: it may have said so before the first.
    let zip = packed(&[
        ("articles/ada/fog.md", b"---\ntitle: Fog\nauthor: ada\n---\n\nOther words.\n"),
        ("articles/ada/fog_versions.json", &history(&all)),
    ]);
    assert_eq!(imported(&from, &zip, false).await["versions"], 100);
    assert_eq!(from.count("select version from articles").await, 700);
    let zip = exported(&from, false).await;
    let parts = ["", "_0002", "_0003", "_0004", "_0005", "_0006"].map(|part| {
        let file = file_of(&zip, &format!("articles/ada/fog_versions{part}.json"));
        file["versions"].as_array().unwrap().len()
    });
    assert_eq!(parts, [18, 18, 18, 18, 18, 10]);
    assert_eq!(imported(&to, &zip, false).await["versions"], 100);
    assert!(exported(&to, false).await == zip, "the same bytes");
});

story!(of_more_versions_than_are_kept_the_last_are_taken, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let many: Vec<Value> = (1..=102).map(|n| version(n, &format!("Words {n}."))).collect();
    let zip = packed(&[
        ("articles/ada/fog.md", b"---\ntitle: Fog\nauthor: ada\n---\n\nWords 102.\n"),
        ("articles/ada/fog_versions.json", &history(&many)),
    ]);
    assert_eq!(imported(&app, &zip, false).await["versions"], 100);
    assert_eq!(numbers(&told(&ada, "fog").await), (3..=102).rev().collect::<Vec<_>>());
});

story!(an_article_that_says_what_none_of_its_versions_says_has_one_more, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let zip = packed(&[
        (
            "articles/ada/fog.md",
            b"---\ntitle: Fog\nauthor: ada\n---\n\nCorrected by hand, in the file.\n",
        ),
        ("articles/ada/fog_versions.json", &history(&[version(3, "As it was before it went.")])),
    ]);
    assert_eq!(imported(&app, &zip, false).await["versions"], 1);
    let kept = keep(&ada, "fog", &[("title", "Fog"), ("body", "Other words at once.")]).await;
    assert_eq!(kept.status, StatusCode::OK, "{}", kept.body);
    assert_eq!(numbers(&told(&ada, "fog").await), [5, 4, 3]);
    let restore = [("slug", "fog"), ("revision", "4"), ("version", "5")];
    assert_eq!(ada.call("restore-revision", &restore).await.status, StatusCode::OK);
    assert_eq!(manuscript(&ada, "fog").await["body"], "Corrected by hand, in the file.");
});
