//! Every address and every server function: who may pass, and what the answer carries.

use std::collections::HashSet;

use byline::{
    pages::data::DOWNLOAD,
    server::{doors::FORMS, page_paths},
};
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::support::{Answer, TestApp, story};

/// What a stranger may call. Everything else must answer 401, and a new function is refused
/// here until somebody decides.
pub const PUBLIC_FUNCTIONS: &[&str] = &[
    "article",
    "ask-for-reset",
    "begin-passkey-log-in",
    "choose-username",
    "confirm-by-code",
    "confirm-by-link",
    "front-page",
    "log-in",
    "log-in-with-passkey",
    "log-out",
    "profile",
    "register",
    "registration-link",
    "registration-step",
    "registration-terms",
    "reset-password",
    "reset-terms",
    "restore-account",
    "search",
    "send-code-again",
    "tagged",
    "tags",
    "undo",
    "undo-terms",
    "who-am-i",
];

/// What is not there for anybody but administrators.
pub const HIDDEN_FUNCTIONS: [&str; 7] =
    ["audit-log", "end-sessions-of", "mail-reset", "people", "person", "set-active", "set-role"];

/// The pages that are not there for anybody but administrators.
pub const HIDDEN_PAGES: [&str; 3] = ["/admin", "/admin/log", "/admin/people/{username}"];

/// What is there for whoever moderates as well.
pub const MODERATING_PAGES: [&str; 1] = ["/admin/reports"];

/// What a stranger may open; every other page sends them to log in.
pub const PUBLIC_PAGES: &[&str] = &[
    "/",
    "/login",
    "/register",
    "/register/confirm",
    "/register/confirm/{token}",
    "/reset",
    "/reset/{token}",
    "/not-me/{token}",
    "/restore/{token}",
    "/article/{slug}",
    "/profile/{username}",
    "/profile/{username}/favorites",
    "/tag/{tag}",
    "/tags",
    "/search",
];

/// The pages whose forms a stranger may send. Logging out asks for nobody: whoever is not logged
/// in is logged out already.
const PUBLIC_FORMS: &[&str] = &[
    "/login",
    "/login/step?form=cancel",
    "/not-me/{token}",
    "/register",
    "/register/confirm/{token}",
    "/register/confirm?form=again",
    "/register/confirm?form=code",
    "/register/confirm?form=name",
    "/reset",
    "/reset/{token}",
    "/restore/{token}",
    "/settings",
];

/// What is neither a page nor a function, and open.
const PUBLIC_OTHERS: [&str; 11] = [
    "/health",
    "/ready",
    "/robots.txt",
    "/sitemap.xml",
    "/sitemap/1.xml",
    "/feed.atom",
    "/feed.json",
    "/profile/{username}/feed.atom",
    "/profile/{username}/feed.json",
    "/tag/{tag}/feed.atom",
    "/tag/{tag}/feed.json",
];

/// Fields that every function can make sense of, so that only the guard can refuse.
pub const FIELDS: &[(&str, &str)] = &[
    ("articles", "keep"),
    ("article", ""),
    ("revision", "1"),
    ("invitation", ""),
    ("token", "x"),
    ("slug", "open"),
    ("page", "1"),
    ("username", "ada"),
    ("tag", "x"),
    ("title", "T"),
    ("body", "Words enough for it."),
    ("status", "published"),
    ("version", "1"),
    ("email", "ada"),
    ("email_again", "ada"),
    ("password", "a guess"),
    ("visibility", "public"),
    ("handle", "0"),
    ("passkey_name", "A phone"),
    ("answer", "{}"),
    ("code", "23456789"),
    ("current_password", "a guess"),
    ("new_password", "another guess at it"),
    ("role", "reader"),
    ("active", "false"),
    ("q", "ada"),
    ("recovery_code", ""),
    ("comment", "Well said."),
    ("shown", "true"),
    ("open", "true"),
    ("reason", "Rude"),
    ("favorite", "true"),
    ("follow", "true"),
    ("verdict", "keep"),
    ("id", "0190b3f5-0000-7000-8000-000000000000"),
    ("alt", "Fog"),
];

story!(every_server_function_refuses_a_stranger_or_is_on_the_public_list, |engine| {
    let app = TestApp::start(engine).await;
    app.person("ada").await.write("Open", "published", "public").await;
    let mut found = HashSet::new();
    for (path, method) in leptos::server_fn::axum::server_fn_paths() {
        let name = path.strip_prefix("/rpc/").expect("server functions live under /rpc");
        found.insert(name);
        let stranger = app.browser();
        let answer = if method == Method::GET {
            stranger.ask(name, FIELDS).await
        } else {
            stranger.call(name, FIELDS).await
        };
        if PUBLIC_FUNCTIONS.contains(&name) {
            assert_ne!(answer.json(), json!("unauthenticated"), "{name} is on the public list");
        } else if HIDDEN_FUNCTIONS.contains(&name) {
            assert_eq!((answer.status, answer.json()), (StatusCode::NOT_FOUND, json!("not_found")));
        } else {
            assert_eq!(
                (answer.status, answer.json()),
                (StatusCode::UNAUTHORIZED, json!("unauthenticated")),
                "{name}"
            );
        }
    }
    assert!(PUBLIC_FUNCTIONS.iter().all(|name| found.contains(name)), "{found:?}");
    assert!(found.len() >= 14, "{found:?}");
});

story!(every_page_refuses_a_stranger_or_is_on_the_public_list, |engine| {
    let app = TestApp::start(engine).await;
    app.person("ada")
        .await
        .call(
            "save-article",
            &[
                ("title", "Open"),
                ("body", "Words enough for it."),
                ("tags", "x"),
                ("status", "published"),
            ],
        )
        .await;
    let tokens = app.tokens("ada").await;
    let (_, mailed) = app.attempt("bob").await;
    let link = mailed.link.expose();
    let patterns = byline::server::page_paths();
    assert!(patterns.len() >= 10);
    for pattern in patterns.iter().map(String::as_str) {
        let path = pattern
            .replace("{slug}", "open")
            .replace("{username}", "ada")
            .replace("{tag}", "x")
            .replace(
                "{token}",
                if pattern.starts_with("/register") { link } else { tokens.of(pattern) },
            );
        let answer = app.browser().get(&path).await;
        if PUBLIC_PAGES.contains(&pattern) {
            assert_eq!(answer.status, StatusCode::OK, "{pattern}");
        } else if HIDDEN_PAGES.contains(&pattern) || MODERATING_PAGES.contains(&pattern) {
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{pattern}");
        } else {
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{pattern}");
            assert!(answer.header("location").starts_with("/login?next="), "{pattern}");
            let stranger = app.browser();
            let head = stranger.send(stranger.bare(Method::HEAD, &path)).await;
            assert_eq!(head.status, StatusCode::SEE_OTHER, "HEAD {pattern}");
            assert_eq!(head.header("location"), answer.header("location"), "HEAD {pattern}");
        }
    }
});

/// Whether a stranger got nothing but the advice to log in, or there is nothing to get.
fn is_refusal(answer: &Answer) -> bool {
    match answer.status {
        StatusCode::SEE_OTHER => answer.header("location").starts_with("/login?next="),
        StatusCode::UNAUTHORIZED | StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => true,
        _ => false,
    }
}

/// Whether a stranger may do that: reading includes asking for the headers alone.
fn is_public(method: &Method, route: &str) -> bool {
    let reads = matches!(*method, Method::GET | Method::HEAD);
    match route.strip_prefix("/rpc/") {
        Some(function) => {
            let mut all = leptos::server_fn::axum::server_fn_paths();
            all.any(|(path, m)| path == route && m == *method)
                && PUBLIC_FUNCTIONS.contains(&function)
        }
        None if reads => {
            let page = route.split('?').next().unwrap();
            PUBLIC_PAGES.contains(&page) || PUBLIC_OTHERS.contains(&page)
        }
        None => *method == Method::POST && PUBLIC_FORMS.contains(&route),
    }
}

story!(every_route_with_every_method_refuses_a_stranger_or_is_on_the_public_list, |engine| {
    let app = TestApp::start(engine).await;
    let tagged = [
        ("title", "Open"),
        ("body", "Words enough for it."),
        ("tags", "x"),
        ("status", "published"),
    ];
    app.person("ada").await.call("save-article", &tagged).await;
    let mut routes: HashSet<&str> = page_paths().iter().map(String::as_str).collect();
    routes.extend(FORMS.iter().map(|(page, _)| *page));
    routes.extend(leptos::server_fn::axum::server_fn_paths().map(|(path, _)| path));
    routes.extend(PUBLIC_OTHERS);
    routes.extend([DOWNLOAD, "/session"]);
    routes.extend(["/rpc/nothing", "/pkg/nothing", "/nothing"]);
    let fields: Vec<_> = FIELDS
        .iter()
        .map(|&(name, value)| {
            // A guess would be refused as well, but not because nobody is logged in.
            (name, if name == "password" { crate::support::PASSWORD } else { value })
        })
        .collect();
    for route in routes {
        let path = route
            .replace("{slug}", "open")
            .replace("{username}", "ada")
            .replace("{tag}", "x")
            .replace("{token}", "x");
        for method in [
            Method::GET,
            Method::HEAD,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
            Method::OPTIONS,
            Method::TRACE,
        ] {
            let stranger = app.browser();
            let request = stranger
                .bare(method.clone(), &path)
                .header("origin", &app.origin)
                .header("accept", if route.starts_with("/rpc") { "*/*" } else { "text/html" });
            let request = match method {
                Method::GET | Method::HEAD => request.query(&fields),
                _ => request.form(&fields),
            };
            let answer = stranger.send(request).await;
            assert_ne!(
                is_refusal(&answer),
                is_public(&method, route),
                "{method} {route}: {answer:?}"
            );
        }
    }
    assert_eq!(app.count("select count(*) from articles").await, 1);
});

story!(after_logging_in_one_is_where_one_was_going, |engine| {
    let app = TestApp::start(engine).await;
    app.person("ada").await;
    let to = app.browser().get("/editor").await;
    let page = app.browser().get(to.header("location")).await;
    assert!(page.body.contains("name=\"next\" value=\"/editor\""));
});

story!(a_wrong_address_is_a_page_for_people_and_a_code_for_programs, |engine| {
    let app = TestApp::start(engine).await;
    let browser = app.browser();
    let page = browser.get("/no/such/page").await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert!(page.body.contains("There is nothing here") && page.body.contains("<nav"));
    let code = browser.ask("no-such-function", &[]).await;
    assert_eq!((code.status, code.json()), (StatusCode::NOT_FOUND, json!("not_found")));
    assert_eq!(browser.get("/pkg/../Cargo.toml").await.status, StatusCode::NOT_FOUND);
    for path in [
        "/pkg/..%2f..%2fCargo.toml",
        "/pkg/%2e%2e/Cargo.toml",
        "/.git/config",
        "/.env",
        "/Cargo.toml",
        "/byline.db",
        "/pkg/",
    ] {
        assert_eq!(browser.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
});

story!(a_wrong_method_is_405_and_says_what_is_allowed, |engine| {
    let app = TestApp::start(engine).await;
    let browser = app.browser();
    for (method, path, allow) in [
        (Method::GET, "/rpc/log-in", "POST"),
        (Method::PUT, "/rpc/log-in", "POST"),
        (Method::POST, "/rpc/who-am-i", "GET"),
        (Method::DELETE, "/login", "GET,HEAD,POST"),
        (Method::PUT, "/", "GET,HEAD"),
        (Method::TRACE, "/", "GET,HEAD"),
    ] {
        let answer =
            browser.send(browser.bare(method.clone(), path).header("origin", &app.origin)).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
        let mut allowed: Vec<&str> = answer.header("allow").split(',').map(str::trim).collect();
        allowed.sort_unstable();
        assert_eq!(allowed.join(","), allow, "{method} {path}");
        assert_eq!(answer.json(), json!("bad_request"), "{method} {path}");
    }
});

story!(a_form_that_an_article_does_not_have_is_not_the_one_that_deletes_it, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    assert_eq!(ada.write("Open", "published", "public").await.status, StatusCode::OK);
    for form in ["", "nothing", "withdraws", "withdraw&x=1", "delete-article"] {
        for page in ["/article/open", "/settings"] {
            let answer = ada.submit(&format!("{page}?form={form}"), &[("slug", "open")]).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{page} {form}: {answer:?}");
        }
    }
    assert_eq!(app.browser().get("/article/open").await.status, StatusCode::OK);
    assert!(ada.name().await.is_some());
});

story!(every_answer_carries_the_protective_headers, |engine| {
    let app = TestApp::start_with(engine, &["--origin", "https://blog.example.org"]).await;
    let browser = app.browser();
    let refused = browser
        .send(browser.bare(Method::POST, "/rpc/log-in").header("origin", "https://evil.example"))
        .await;
    let mut answers = vec![refused];
    for path in
        ["/", "/nothing", "/articles", "/rpc/who-am-i", "/rpc/nothing", "/health", "/favicon.svg"]
    {
        answers.push(browser.get(path).await);
    }
    for answer in answers {
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "strict-origin-when-cross-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("strict-transport-security", "max-age=63072000; includeSubDomains"),
        ] {
            assert_eq!(answer.header(name), value, "{answer:?}");
        }
        let policy = answer.header("content-security-policy");
        assert!(
            policy.contains("frame-ancestors 'none'") && policy.contains("base-uri 'none'"),
            "{policy}"
        );
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{policy}");
        assert_eq!((answer.header("server"), answer.header("x-powered-by")), ("", ""));
    }
});

story!(no_two_pages_share_a_nonce_and_every_script_has_it, |engine| {
    let app = TestApp::start(engine).await;
    let mut nonces = HashSet::new();
    for _ in 0..10 {
        let page = app.browser().get("/").await;
        let policy = page.header("content-security-policy");
        let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap().to_owned();
        assert!(nonce.len() >= 22, "128 bits and more: {nonce}");
        assert!(page.body.matches("<script").count() >= 1);
        assert_eq!(
            page.body.matches("<script").count(),
            page.body.matches(&format!("nonce=\"{nonce}\"")).count() - 1,
            "and the preload"
        );
        assert!(!page.body.contains(" style=") && !page.body.contains(" onclick="));
        nonces.insert(nonce);
    }
    assert_eq!(nonces.len(), 10);
});

story!(whether_it_lives_and_whether_it_is_ready_are_two_questions, |engine| {
    let app = TestApp::start(engine).await;
    let browser = app.browser();
    assert_eq!(browser.get("/health").await.status, StatusCode::OK);
    assert_eq!(browser.get("/ready").await.status, StatusCode::OK);
    app.state.db.close().await;
    assert_eq!(browser.get("/health").await.status, StatusCode::OK);
    let answer = browser.get("/ready").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(
        !answer.body.to_lowercase().contains("sql") && !answer.body.to_lowercase().contains("pool")
    );
});
