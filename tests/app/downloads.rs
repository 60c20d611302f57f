//! Taking along what is one's own.

use std::{
    collections::BTreeMap,
    io::{Cursor, Read},
    time::Duration,
};

use byline::pages::data::DOWNLOAD;
use reqwest::{Method, StatusCode, header::HeaderMap};
use serde_json::{Value, json};

use crate::{
    images::{file, jpeg, taken},
    support::{Browser, Engine, PASSWORD, TestApp, story},
};

const DATA: &str = "/settings/data";

const MINUTE: Duration = Duration::from_secs(60);

/// What is made while it is sent takes as long as the machine needs for it. A server that stalls is
/// noticed by the pause between two pieces of it.
const WHOLE_DOWNLOAD: Duration = Duration::from_secs(600);

/// Asks for the zip as the page's form does; what came.
pub async fn download(app: &TestApp, browser: &Browser) -> (StatusCode, HeaderMap, Vec<u8>) {
    let request = browser.bare(Method::POST, DOWNLOAD).header("origin", &app.origin);
    let request = request.header("sec-fetch-site", "same-origin").header("accept", "text/html");
    let none: [(&str, &str); 0] = [];
    let response = request.form(&none).timeout(WHOLE_DOWNLOAD).send().await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    (status, headers, response.bytes().await.unwrap().to_vec())
}

/// The files in a zip, by their paths.
fn unpacked(zip: Vec<u8>) -> BTreeMap<String, String> {
    let mut zip = zip::ZipArchive::new(Cursor::new(zip)).unwrap();
    let mut files = BTreeMap::new();
    for n in 0..zip.len() {
        let mut file = zip.by_index(n).unwrap();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        assert_eq!(files.insert(file.name().unwrap().into_owned(), text), None);
    }
    files
}

/// All that is theirs.
pub async fn data_of(app: &TestApp, browser: &Browser) -> BTreeMap<String, String> {
    let (status, _, zip) = download(app, browser).await;
    assert_eq!(status, StatusCode::OK, "{}", String::from_utf8_lossy(&zip));
    unpacked(zip)
}

async fn write(browser: &Browser, fields: &[(&str, &str)]) {
    let answer = browser.call("save-article", fields).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
}

story!(a_person_takes_along_all_that_is_theirs_and_nothing_else, |engine| {
    let app = TestApp::start(engine).await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    let fields = [
        ("title", "Fog"),
        ("description", "Of boats"),
        ("body", "The fog came **early** that day.\n\nThen it left."),
        ("tags", "old boats, weather"),
        ("visibility", "members"),
        ("status", "published"),
    ];
    write(&ada, &fields).await;
    ada.write("Unfinished", "draft", "public").await;
    bob.write("Not hers", "published", "public").await;
    ada.call("change-username", &[("username", "lovelace")]).await;
    assert_eq!(ada.get(DATA).await.status, StatusCode::OK);
    let (status, headers, zip) = download(&app, &ada).await;
    assert_eq!(status, StatusCode::OK);
    for (name, value) in [
        ("content-type", "application/zip"),
        ("content-disposition", "attachment; filename=\"byline-lovelace.zip\""),
        ("cache-control", "private, no-store"),
        ("x-content-type-options", "nosniff"),
    ] {
        assert_eq!(headers.get(name).unwrap(), value, "{name}");
    }
    assert!(!headers.contains_key("content-encoding"), "what is packed is not packed again");
    let files = unpacked(zip);
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "README.txt",
            "account.json",
            "articles.json",
            "articles/lovelace/fog.md",
            "articles/lovelace/unfinished.md",
            "comments.json",
            "favorites.json",
            "follows.json",
            "images.json",
            "second-factors.json",
            "security-events.json",
            "sessions.json"
        ]
    );
    let fog = &files["articles/lovelace/fog.md"];
    for line in [
        "---\ntitle: \"Fog\"\n",
        "description: \"Of boats\"\n",
        "visibility: \"members\"\n",
        "status: \"published\"\n",
        "tags: [\"old boats\", \"weather\"]\n---\n\nThe fog came **early** that day.\n\nThen it left.\n",
    ] {
        assert!(fog.contains(line), "{line:?} in {fog}");
    }
    let read = |name: &str| serde_json::from_str::<Value>(&files[name]).unwrap();
    let articles = read("articles.json");
    assert_eq!(articles.as_array().unwrap().len(), 2);
    assert_eq!(articles[1]["tags"], json!(["old boats", "weather"]));
    assert_eq!(articles[0]["status"], "draft");
    assert_eq!(read("account.json")["email"], "ada@example.org");
    assert_eq!(read("account.json")["former_usernames"], json!(["ada"]));
    assert_eq!(read("second-factors.json")["passkeys"], json!([]));
    assert_eq!(read("sessions.json")[0]["network"], "127.0.0.1");
    // It was written down, and told.
    let again = data_of(&app, &ada).await;
    assert!(again["security-events.json"].contains("data_downloaded"));
    assert!(ada.get("/settings/security").await.body.contains("Your data was downloaded"));
    let letters = app.post().await;
    assert_eq!(letters[1].header("Subject"), "Your data was downloaded");
    assert_eq!(letters[1].header("To"), "ada@example.org");
    assert!(letters[1].part("text/plain").contains("/not-me/"));
});

story!(pictures_are_taken_along_with_what_they_show, |engine| {
    let app = TestApp::start(engine).await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    let (first, second) = (jpeg(500, 50, 1), jpeg(50, 5, 2));
    let paths = [taken(&ada, &first, "Fog").await, taken(&ada, &second, "").await];
    taken(&bob, &jpeg(50, 5, 3), "Not hers").await;
    let (status, _, zip) = download(&app, &ada).await;
    assert_eq!(status, StatusCode::OK);
    let mut zip = zip::ZipArchive::new(Cursor::new(zip)).unwrap();
    for path in &paths {
        let mut bytes = Vec::new();
        zip.by_name(path.trim_start_matches('/')).unwrap().read_to_end(&mut bytes).unwrap();
        assert_eq!(bytes, file(&ada, path).await.1);
    }
    let list: Value = serde_json::from_reader(zip.by_name("images.json").unwrap()).unwrap();
    let named = |n: usize| paths[n].trim_start_matches('/').to_owned();
    let told = json!([{"file": named(0), "owner": "ada", "alt": "Fog"}, {"file": named(1), "owner": "ada", "alt": ""}]);
    assert_eq!(list, told);
});

story!(t17_what_is_downloaded_holds_nothing_to_log_in_with, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let handle = ada.ask("own-security", &[]).await.json()["sessions"][0]["handle"].clone();
    let id = ada.cookie().unwrap().split('=').nth(1).unwrap().to_owned();
    let hash = app.text("select password_hash from users").await;
    app.reset_token("ada").await;
    for (name, text) in data_of(&app, &ada).await {
        for secret in [handle.as_str().unwrap(), &id, &hash, "argon2", PASSWORD] {
            assert!(!text.contains(secret), "{name}: {text}");
        }
    }
});

story!(the_front_matter_says_what_was_typed_whatever_that_is, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let titles = [
        "Con",
        "yes",
        "3.14",
        "2026-11-24",
        "null",
        "--- # not a comment",
        "a: b, [c] {d} & *e !f | > %g @h `i`",
        "\"quoted\" and \\back\\slashed\\",
        "'single'",
        "\u{2028}line\u{2029}ends\u{FEFF}",
        "emoji \u{1F600} and \u{FFFF}",
        "日本語の題",
    ];
    for title in titles {
        let fields = [
            ("title", title),
            ("description", title),
            ("body", "---\nEnough words to be an article.\n---"),
            ("status", "draft"),
        ];
        write(&ada, &fields).await;
    }
    let files = data_of(&app, &ada).await;
    let mut found = Vec::new();
    for (name, text) in files.iter().filter(|(name, _)| name.starts_with("articles/")) {
        let part = name.strip_prefix("articles/ada/").unwrap().strip_suffix(".md").unwrap();
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c);
        assert!(part.chars().all(plain), "{name}");
        let (head, body) = text[4..].split_once("\n---\n\n").unwrap();
        assert_eq!(body, "---\nEnough words to be an article.\n---\n", "{name}");
        // Lines are what YAML takes for lines, also before its version 1.2.
        let ends = |c: char| matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}');
        let lines: Vec<(&str, &str)> =
            head.split(ends).map(|line| line.split_once(": ").unwrap()).collect();
        let value = |key| {
            let found = lines.iter().find(|(k, _)| *k == key).unwrap().1;
            assert!(found.starts_with('"') && !found.contains(['\u{FEFF}', '\u{FFFF}']), "{found}");
            serde_json::from_str::<String>(found).unwrap()
        };
        assert_eq!(value("title"), value("description"));
        found.push(value("title"));
    }
    let mut expected: Vec<String> =
        titles.iter().map(|title| title.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    expected.sort();
    found.sort();
    assert_eq!(found, expected);
    assert!(files.contains_key("articles/ada/con_.md"), "no device of Windows: {:?}", files.keys());
});

story!(taking_everything_along_asks_for_the_password_again_after_ten_minutes, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    app.state.clock.advance(11 * MINUTE);
    let none: [(&str, &str); 0] = [];
    let refused = ada.submit(DOWNLOAD, &none).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.body.contains("Confirm that it is you"), "{}", refused.body);
    assert!(!refused.body.contains("action=\"/settings/data?form=download\""), "in its place");
    assert_eq!(app.post().await.len(), 0, "nothing was done");
    let wrong = ada.submit("/settings/data?form=confirm", &[("password", "a guess")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let proof = [("password", PASSWORD), ("next", DATA)];
    let proved = ada.submit("/settings/data?form=confirm", &proof).await;
    assert_eq!((proved.status, proved.header("location")), (StatusCode::SEE_OTHER, DATA));
    assert!(data_of(&app, &ada).await.contains_key("README.txt"));
    // Nobody gets anything without a session, and a GET is the page.
    let stranger = app.browser();
    assert_eq!(download(&app, &stranger).await.0, StatusCode::UNAUTHORIZED);
    let page = ada.get(DOWNLOAD).await;
    assert!(page.header("content-type").starts_with("text/html"));
    let request = ada.bare(Method::POST, DOWNLOAD).header("origin", &app.origin);
    let other = ada.send(request.header("content-type", "text/plain").body("x")).await;
    assert_eq!(other.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
});

story!(everything_is_sent_five_times_an_hour_and_not_oftener, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    for _ in 0..5 {
        data_of(&app, &ada).await;
    }
    let (status, headers, page) = download(&app, &ada).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    assert!(headers.contains_key("retry-after"));
    assert!(String::from_utf8_lossy(&page).contains("tried too often"));
    assert_eq!(app.post().await.len(), 5);
    let bob = app.person("bob").await;
    data_of(&app, &bob).await;
    app.state.clock.advance(61 * MINUTE);
    ada.log_in("ada", PASSWORD).await;
    data_of(&app, &ada).await;
});

/// Gives ada that many more articles.
pub async fn write_many(app: &TestApp, engine: Engine) {
    app.execute(match engine {
        Engine::Sqlite => {
            "insert into articles (id, author_id, slug, title, description, body, html, minutes, visibility, status, \
             version, created_at, updated_at, published_at) \
             with recursive n (i) as (select 1 union all select i + 1 from n where i < 10000) \
             select randomblob(16), (select id from users where username = 'ada'), 'many-' || i, 'Many ' || i, '', \
             'Words enough for it. ' || hex(randomblob(500)), '', 1, 'public', 'published', 1, i, i, i from n"
        }
        Engine::Postgres => {
            "insert into articles (id, author_id, slug, title, description, body, html, minutes, visibility, status, \
             version, created_at, updated_at, published_at) \
             select gen_random_uuid(), (select id from users where username = 'ada'), 'many-' || i, 'Many ' || i, '', \
             'Words enough for it. ' || repeat(md5(i::text), 30), '', 1, 'public', 'published', 1, i, i, i \
             from generate_series(1, 10000) i"
        }
    })
    .await;
}

story!(whoever_wrote_ten_thousand_articles_gets_all_of_them, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    write_many(&app, engine).await;
    let files = data_of(&app, &ada).await;
    assert_eq!(files.len(), 10_010);
    assert!(files["articles/ada/many-4711.md"].contains("title: \"Many 4711\"\n"));
    let list: Value = serde_json::from_str(&files["articles.json"]).unwrap();
    assert_eq!(list.as_array().unwrap().len(), 10_000);
});
