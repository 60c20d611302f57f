//! What was wrong with the demo that Byline replaces, by the numbers of docs/attacks.md.
//! S5 is in `command.rs`.

use std::collections::HashSet;

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::support::{PASSWORD, TestApp, story};

story!(s01_a_wrong_name_and_a_wrong_password_are_one_error_under_one_key, |engine| {
    let app = TestApp::start(engine).await;
    app.person("ada").await;
    let unknown = app.browser().log_in("nobody", PASSWORD).await;
    let wrong = app.browser().log_in("ada", "not her password").await;
    assert_eq!((unknown.status, unknown.json()), (wrong.status, wrong.json()));
    assert_eq!(wrong.json(), json!("bad_credentials"));
});

story!(s02_another_site_logs_nobody_in_and_registers_nobody, |engine| {
    let app = TestApp::start(engine).await;
    app.person("ada").await;
    let log_in = [("email", "ada"), ("password", PASSWORD)];
    let register = [("username", "eve"), ("email", "eve@example.org"), ("password", PASSWORD)];
    for (path, fields) in [("/login", &log_in[..]), ("/register", &register[..])] {
        let victim = app.browser();
        let form = victim.bare(Method::POST, path).header("origin", "https://evil.example");
        let answer = victim.send(form.form(fields)).await;
        assert_eq!((answer.status, victim.cookie()), (StatusCode::FORBIDDEN, None), "{path}");
    }
    assert_eq!(app.count("select count(*) from users").await, 1);
});

story!(s03_a_restart_keeps_the_data, |engine| {
    let app = TestApp::start(engine).await;
    app.person("ada").await.write("Kept", "published", "public").await;
    let db = byline::server::db::Db::open(&app.state.config.database.url).await.unwrap();
    db.migrate().await.unwrap();
    db.migrate().await.unwrap();
    assert_eq!(app.count("select count(*) from users").await, 1);
    assert_eq!(app.count("select count(*) from articles").await, 1);
});

story!(s04_no_other_origin_may_read_an_answer, |engine| {
    let app = TestApp::start(engine).await;
    let browser = app.browser();
    for origin in ["https://evil.example", "null"] {
        for path in ["/", "/rpc/who-am-i", "/rpc/front-page?page=1", "/health", "/nothing"] {
            let answer =
                browser.send(browser.bare(Method::GET, path).header("origin", origin)).await;
            assert_eq!(answer.header("access-control-allow-origin"), "", "{path} from {origin}");
        }
    }
});

story!(s06_an_article_is_open_by_its_authors_choice_and_not_by_its_number, |engine| {
    let app = TestApp::start(engine).await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    ada.write("Draft of mine", "draft", "public").await;
    ada.write("Members of ours", "published", "members").await;
    assert_eq!(
        bob.ask("article", &[("slug", "draft-of-mine")]).await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        app.browser().ask("article", &[("slug", "members-of-ours")]).await.status,
        StatusCode::UNAUTHORIZED
    );
});

story!(s07_of_two_people_who_register_one_name_at_once_one_gets_it, |engine| {
    let app = TestApp::start(engine).await;
    let race = |field: &'static str| {
        let app = &app;
        async move {
            let tries = (0..12).map(|n| async move {
                let (name, email) = match field {
                    "name" => ("wanted".to_owned(), format!("{n}@example.org")),
                    _ => (format!("person{n}"), "wanted@example.org".to_owned()),
                };
                let fields = [
                    ("username", name.as_str()),
                    ("email", &email),
                    ("email_again", &email),
                    ("password", PASSWORD),
                ];
                app.browser().call("register", &fields).await.status
            });
            futures_util::future::join_all(tries).await
        }
    };
    for field in ["name", "address"] {
        let statuses = race(field).await;
        let won = statuses.iter().filter(|status| **status == StatusCode::OK).count();
        let lost =
            statuses.iter().filter(|status| **status == StatusCode::UNPROCESSABLE_ENTITY).count();
        assert_eq!((won, lost), (1, 11), "{field}: {statuses:?}");
    }
});

story!(s08_what_is_too_long_is_refused_and_nothing_is_cut_off, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let (title, body) = ("t".repeat(151), "b".repeat(200_001));
    let answer = ada
        .call("save-article", &[("title", &title), ("body", &body), ("status", "published")])
        .await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        answer.json(),
        json!({ "invalid": [["title", { "too_long": 150 }], ["body", { "too_long": 200_000 }]] })
    );
    let (title, body) = ("t".repeat(150), "b".repeat(200_000));
    let answer = ada
        .call("save-article", &[("title", &title), ("body", &body), ("status", "published")])
        .await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert_eq!(app.count("select cast(length(body) as bigint) from articles").await, 200_000);
});

story!(s09_every_link_leads_somewhere, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    ada.call(
        "save-article",
        &[
            ("title", "Linked"),
            ("body", "Words enough for it."),
            ("tags", "harbour, old boats"),
            ("status", "published"),
        ],
    )
    .await;
    ada.write("A draft too", "draft", "public").await;
    for browser in [&app.browser(), &ada] {
        let mut seen: HashSet<String> = HashSet::from(["/".to_owned()]);
        let mut open = vec!["/".to_owned()];
        while let Some(path) = open.pop() {
            let page = browser.get(&path).await;
            assert!(
                page.status.is_success() || page.status == StatusCode::SEE_OTHER,
                "{path}: {}",
                page.status
            );
            for href in page
                .body
                .split("<a ")
                .skip(1)
                .filter_map(|a| a.split("href=\"").nth(1)?.split('"').next())
            {
                let href = href.split('#').next().unwrap().replace("&amp;", "&");
                if href.starts_with('/') && seen.insert(href.clone()) {
                    open.push(href);
                }
            }
        }
        assert!(seen.len() >= 5, "{seen:?}");
    }
});

story!(s10_the_server_says_who_is_logged_in_on_each_request, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    assert_eq!(ada.ask("own-account", &[]).await.json()["email"], "ada@example.org");
    assert_eq!(app.browser().ask("own-account", &[]).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(app.browser().ask("who-am-i", &[]).await.body, "null");
});

story!(s11_every_error_stands_beside_its_field, |engine| {
    let app = TestApp::start(engine).await;
    let fields = [("username", ""), ("email", "x"), ("email_again", "y"), ("password", "z")];
    let page = app.browser().submit("/register", &fields).await.body;
    for field in ["username", "email", "email_again", "password"] {
        assert!(page.contains(&format!("id=\"{field}-error\"")), "{field}");
        assert!(page.contains(&format!("aria-describedby=\"{field}-error")), "{field}");
    }
    assert_eq!(page.matches("aria-invalid=\"true\"").count(), 4);
    assert!(page.contains("Username is missing."));
});
