//! Attacks that broke other systems, by the numbers of docs/attacks.md. Sessions (T6 to T9,
//! T13, T14) are in `sessions.rs`.

use std::time::Duration;

use byline::domain::{email::EmailAddress, next::Next};
use byline::error::Error;
use byline::server::{
    db::{Db, is_away},
    doors::FORMS,
    users::User,
};
use byline::{
    pages::{data::DOWNLOAD, import::IMPORT},
    ui::upload::UPLOAD,
};
use clap::Parser;
use proptest::prelude::*;
use reqwest::{Method, StatusCode};
use serde_json::json;
use tower::ServiceExt;

use crate::{
    house_rules::sources,
    log::Log,
    support::{
        Answer, Browser, HeldArgon2, OnlyConfig, PASSWORD, TestApp, heard_story, held_story, story,
    },
};

/// A password that is nowhere else.
const SECRET: &str = "dromedary-2048-umbrella";

/// Everything of an answer that a stranger can compare.
fn outside(answer: &Answer) -> (StatusCode, Vec<(String, String)>, String) {
    let mut headers: Vec<_> = answer
        .headers
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "date" | "content-security-policy"))
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    headers.sort();
    (answer.status, headers, answer.body.clone())
}

story!(t01_an_unknown_account_a_wrong_password_and_a_closed_account_look_the_same, |engine| {
    let app = TestApp::start(engine).await;
    app.person("known").await;
    app.person("shut1").await;
    byline::server::users::set_active(&app.state.db, "shut1", false, app.state.clock.now())
        .await
        .unwrap();
    let mut calls = Vec::new();
    for (identity, password) in
        [("known", "wrong password"), ("nobod", "wrong password"), ("shut1", PASSWORD)]
    {
        calls.push(outside(&app.browser().log_in(identity, password).await));
    }
    assert_eq!(calls[0].0, StatusCode::UNAUTHORIZED);
    assert_eq!(calls[0], calls[1]);
    assert_eq!(calls[0], calls[2]);
    // The page repeats what was typed and carries a nonce; nothing else may differ.
    let page = async |identity: &'static str| {
        let answer = app
            .browser()
            .submit("/login", &[("email", identity), ("password", "wrong password")])
            .await;
        let policy = answer.header("content-security-policy");
        let nonce = policy
            .split("'nonce-")
            .nth(1)
            .and_then(|rest| rest.split('\'').next())
            .unwrap()
            .to_owned();
        outside(&Answer { body: answer.body.replace(&nonce, "").replace(identity, ""), ..answer })
    };
    assert_eq!(page("known").await, page("nobod").await);
});

story!(t02_v6_3_8_an_unknown_account_costs_the_same_work_as_a_known_one, |engine| {
    let app = TestApp::start(engine).await;
    app.person("known").await;
    let passwords = &app.state.passwords;
    let spent = async || {
        let counted =
            app.count("select cast(coalesce(sum(count), 0) as bigint) from attempts").await;
        (passwords.work(), passwords.filled(), counted)
    };
    let mut costs = Vec::new();
    for identity in ["known", "nobody", "known@example.org", "nobody@example.org"] {
        let before = spent().await;
        app.browser().log_in(identity, "wrong password").await;
        let after = spent().await;
        costs.push((after.0 - before.0, after.1 - before.1, after.2 - before.2));
    }
    // One argon2 hash as costly as any, five counted attempts and a note each.
    assert_eq!(costs, [(1, 2 * 19_456, 6); 4]);
});

/// Every way in which a request can fail to say that it comes from our own pages.
fn foreign(browser: &Browser, method: Method, path: &str, how: &str) -> reqwest::RequestBuilder {
    let request = browser.bare(method, path).form(&[
        ("slug", "mine"),
        ("email", "ada"),
        ("password", PASSWORD),
    ]);
    match how {
        "cross-site" => {
            request.header("sec-fetch-site", "cross-site").header("origin", "https://evil.example")
        }
        "same-site" => request
            .header("sec-fetch-site", "same-site")
            .header("origin", "https://sub.evil.example"),
        "foreign origin" => request.header("origin", "https://evil.example"),
        "null origin" => request.header("origin", "null"),
        "forged host" => {
            request.header("origin", "https://evil.example").header("host", "evil.example")
        }
        _ => request,
    }
}

story!(t15_v3_5_1_no_other_site_can_make_a_browser_change_anything, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    ada.write("Mine", "published", "public").await;
    let state = async || {
        let users = app.count("select count(*) from users").await;
        let versions =
            app.count("select cast(coalesce(sum(version), 0) as bigint) from articles").await;
        (users, versions, app.count("select count(*) from sessions").await)
    };
    let before = state().await;
    let mut doors: Vec<(Method, String)> = leptos::server_fn::axum::server_fn_paths()
        .filter(|(_, method)| *method == Method::POST)
        .map(|(path, method)| (method, path.to_owned()))
        .collect();
    assert!(doors.len() >= 5, "the server functions are registered");
    doors.extend(FORMS.iter().map(|(page, _)| (Method::POST, page.replace("{slug}", "mine"))));
    doors.extend([DOWNLOAD, IMPORT, UPLOAD].map(|door| (Method::POST, door.into())));
    for (method, path) in doors {
        for how in [
            "cross-site",
            "same-site",
            "foreign origin",
            "null origin",
            "forged host",
            "nothing at all",
        ] {
            let answer = ada.send(foreign(&ada, method.clone(), &path, how)).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{how} to {path}");
        }
    }
    assert_eq!(state().await, before);
    assert!(ada.name().await.is_some());
});

story!(t16_no_other_site_can_log_a_browser_in_or_register_it, |engine| {
    let app = TestApp::start(engine).await;
    app.person("ada").await;
    for path in [
        "/login",
        "/register",
        "/register/confirm?form=code",
        "/register/confirm/x",
        "/rpc/log-in",
        "/rpc/register",
        "/rpc/confirm-by-code",
        "/rpc/confirm-by-link",
    ] {
        for how in ["cross-site", "same-site", "foreign origin", "null origin", "forged host"] {
            let victim = app.browser();
            let answer = victim.send(foreign(&victim, Method::POST, path, how)).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{how} to {path}");
            assert_eq!(victim.cookie(), None);
        }
    }
});

/// All addresses that a GET can read: every page, and every server function that is called
/// by GET. Each stands for something that ada's article, name and token make real.
async fn readable(app: &TestApp, ada: &Browser) -> Vec<String> {
    let (mut all, tokens) = (Vec::new(), app.tokens("ada").await);
    let (_, mailed) = app.attempt("bob").await;
    let token = |place: &str| {
        let of_registration = place.contains("/registration-") || place.contains("/register/");
        if of_registration { mailed.link.expose().to_owned() } else { tokens.of(place).to_owned() }
    };
    for page in byline::server::page_paths() {
        let page =
            page.replace("{slug}", "mine").replace("{username}", "ada").replace("{tag}", "x");
        all.push(page.replace("{token}", &token(&page)));
    }
    let manuscript = ada.ask("manuscript", &[("slug", "mine")]).await.json();
    let article = manuscript["id"].as_str().unwrap();
    let functions = leptos::server_fn::axum::server_fn_paths();
    for (path, _) in functions.filter(|(_, method)| *method == Method::GET) {
        let token = token(path);
        let query = format!("slug=mine&article={article}&username=ada&tag=x&q=x&page=1");
        all.push(format!("{path}?{query}&token={token}"));
    }
    all
}

/// Ada, who wrote an article and looks after the site: there is nothing that she may not read.
async fn with_one_article(app: &TestApp) -> Browser {
    let ada = app.administrator("ada").await;
    let article =
        [("title", "Mine"), ("body", "Words enough."), ("tags", "x"), ("status", "published")];
    assert_eq!(ada.call("save-article", &article).await.status, StatusCode::OK);
    ada
}

story!(t15_v3_5_3_no_get_changes_anything, |engine| {
    let app = TestApp::start(engine).await;
    let ada = with_one_article(&app).await;
    // Later than "last seen" is exact: that is written, and nothing but that.
    app.state.clock.advance(Duration::from_secs(120));
    let mut addresses = readable(&app, &ada).await;
    let before = app.dump().await;
    assert!(before.iter().any(|row| row.starts_with("article_tags: ")), "{before:?}");
    let query = "title=New&body=Words+enough.&status=published&email=ada&password=guessed";
    for path in leptos::server_fn::axum::server_fn_paths().map(|(path, _)| path) {
        addresses.push(format!("{path}?slug=mine&username=new&{query}"));
    }
    for (page, _) in FORMS {
        addresses
            .push(format!("{}?slug=mine&username=new&{query}", page.replace("{slug}", "mine")));
    }
    for address in addresses {
        for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
            let request = ada.bare(method.clone(), &address).header("accept", "text/html");
            let answer = ada.send(request).await;
            assert!(!answer.status.is_server_error(), "{method} {address}: {}", answer.status);
            assert_eq!(app.dump().await, before, "{method} {address}");
        }
    }
    assert!(ada.name().await.is_some());
});

story!(t17_nothing_that_is_read_hands_out_a_secret, |engine| {
    let app = TestApp::start(engine).await;
    let ada = with_one_article(&app).await;
    let cookie = ada.cookie().unwrap();
    let id = cookie.split('=').nth(1).unwrap();
    for address in readable(&app, &ada).await {
        let answer = ada.get(&address).await;
        // Whoever is logged in has no log-in under way.
        let nothing = address == "/login/step" || address.starts_with("/rpc/second-step?");
        let expected = if nothing { StatusCode::UNAUTHORIZED } else { StatusCode::OK };
        assert_eq!(answer.status, expected, "{address}");
        assert!(!answer.body.contains(id) && !answer.body.contains("argon2"), "{address}");
    }
});

story!(t17_every_function_on_get_is_marked_as_reading_and_writes_nothing, |engine| {
    let app = TestApp::start(engine).await;
    let ada = with_one_article(&app).await;
    let marked: usize =
        sources("src").iter().map(|(_, text)| text.matches("\n// reads only\n").count()).sum();
    let functions: Vec<_> = readable(&app, &ada)
        .await
        .into_iter()
        .filter(|address| address.starts_with("/rpc/"))
        .collect();
    assert_eq!(functions.len(), marked);
    app.forbid_writing().await;
    for address in functions {
        for browser in [&ada, &app.browser()] {
            let answer = browser.send(browser.bare(Method::GET, &address)).await;
            assert!(!answer.status.is_server_error(), "{address}: {}", answer.body);
        }
    }
    let answer = ada.write("Another", "published", "public").await;
    assert!(answer.status.is_server_error(), "writing is forbidden indeed");
});

story!(t18_v3_5_2_json_under_another_name_is_refused, |engine| {
    let app = TestApp::start(engine).await;
    app.person("ada").await;
    for kind in ["text/plain", "application/json", "multipart/form-data; boundary=x", ""] {
        for path in ["/rpc/log-in", "/login"] {
            let browser = app.browser();
            let request = browser
                .bare(Method::POST, path)
                .header("origin", &app.origin)
                .header("content-type", kind);
            let answer = browser
                .send(request.body(format!("{{\"email\":\"ada\",\"password\":\"{PASSWORD}\"}}")))
                .await;
            assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{kind} to {path}");
            assert_eq!(browser.cookie(), None);
        }
    }
});

/// Addresses that other systems took for their own.
const FOREIGN_NEXT: [&str; 40] = [
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "\\\\\\\\\\\\evil.example",
    "/%09/evil.example",
    "/%2f/evil.example",
    "/%2fevil.example",
    "/%5cevil.example",
    "https:evil.example",
    "https://evil.example",
    "HTTPS://evil.example",
    "///evil.example",
    "/..//evil.example",
    "/article/..//evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "/\r\nLocation: https://evil.example",
    "/\0",
    "/article/\u{FF0F}evil",
    "/\u{2215}evil.example",
    "/@evil.example",
    "@evil.example",
    "evil.example",
    " /",
    "/ ",
    "",
    "/login",
    "/register",
    "/rpc/log-out",
    "/article//evil.example",
    "#//evil.example",
    "//evil.example#comment",
    "/\\evil.example#comment",
    "/login#comment",
    "/article/a#",
    "/article/a##comment",
    "/article/a#comment#",
    "/article/a#//evil.example",
    "/article/a#%2f",
    "/article/a#javascript:alert(1)",
];

#[test]
fn t20_next_is_a_page_of_ours_or_the_front_page() {
    for next in FOREIGN_NEXT {
        assert_eq!(Next::parse(next).as_str(), "/", "{next:?}");
    }
    assert_eq!(Next::parse(&format!("/article/{}", "a".repeat(4096))).as_str(), "/");
    for next in [
        "/",
        "/editor",
        "/article/a-b",
        "/?page=2",
        "/profile/Ada_1",
        "/tag/old%20boats",
        "/search",
        "/article/a-b#comment",
        "/article/a-b?page=2#comment-1_a",
        "/#main",
    ] {
        assert_eq!(Next::parse(next).as_str(), next);
    }
}

proptest! {
    #[test]
    fn t20_whatever_next_is_it_stays_on_this_origin(next in "([/\\\\@:.%?#a-z0-9 \t\r\n-]|//|\\.\\.|https?:|%2f|%5c|article|editor){0,12}") {
        let base = url::Url::parse("https://blog.example.org/login").unwrap();
        let target = base.join(Next::parse(&next).as_str()).unwrap();
        prop_assert_eq!(target.origin(), base.origin());
    }
}

story!(t20_v3_7_2_a_log_in_goes_on_to_no_other_site, |engine| {
    let app = TestApp::start(engine).await;
    app.person("ada").await;
    for next in FOREIGN_NEXT {
        let fields = [("email", "ada"), ("password", PASSWORD), ("next", next)];
        let form = app.browser().submit("/login", &fields).await;
        assert_eq!(
            (form.status, form.header("location")),
            (StatusCode::SEE_OTHER, "/"),
            "{next:?}"
        );
        assert_eq!(app.browser().call("log-in", &fields).await.json()["to"], "/", "{next:?}");
    }
});

story!(t21_a_foreign_referer_and_a_forged_error_lead_nowhere, |engine| {
    let app = TestApp::start(engine).await;
    let browser = app.browser();
    for path in ["/login", "/rpc/log-in"] {
        let request = browser
            .bare(Method::POST, path)
            .header("origin", &app.origin)
            .header("accept", "text/html");
        let request = request
            .header("referer", "https://evil.example/login")
            .form(&[("email", "a"), ("password", "b")]);
        let answer = browser.send(request).await;
        assert_eq!(
            (answer.status, answer.header("location")),
            (StatusCode::UNAUTHORIZED, ""),
            "{path}"
        );
        assert!(!answer.body.contains("evil.example"));
    }
    use base64::Engine;
    let forged = base64::engine::general_purpose::URL_SAFE
        .encode(r#"{"internal":{"incident":"call 0900 12345"}}"#);
    let page = browser.get(&format!("/login?__path=%2Frpc%2Flog-in&__err={forged}")).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(!page.body.contains("0900"), "{}", page.body);
});

story!(t22_where_to_go_next_is_checked_when_it_is_used, |engine| {
    let app = TestApp::start(engine).await;
    let page = app.browser().get("/login?next=//evil.example").await.body;
    assert!(page.contains("name=\"next\" value=\"/\""), "{page}");
    let page = app.browser().get("/login?next=/editor").await.body;
    assert!(page.contains("name=\"next\" value=\"/editor\""), "{page}");
    let page = app.browser().get("/login?next=/editor%23//evil.example").await.body;
    assert!(page.contains("name=\"next\" value=\"/\""), "{page}");
    // No session remembers it: a second log-in without it goes home.
    let ada = app.person("ada").await;
    assert_eq!(ada.log_in("ada", PASSWORD).await.json()["to"], "/");
});

story!(t26_a_field_of_another_shape_is_a_bad_request, |engine| {
    let app = TestApp::start(engine).await;
    let (ada, stranger) = (with_one_article(&app).await, app.browser());
    let shapes = ["[]=x", "[a]=x", "", "=", "=null", "=%7B%7D", "[0][0]=x"];
    let fields = ["password", "title", "slug", "version", "token"];
    let mut bodies: Vec<String> =
        fields.iter().flat_map(|name| shapes.map(|shape| format!("{name}{shape}"))).collect();
    bodies.push(String::new());
    for body in bodies {
        for function in ["log-in", "register", "reset-password", "save-article", "delete-article"] {
            for (who, browser) in [("a member", &ada), ("a stranger", &stranger)] {
                let cookie = browser.cookie();
                let request = browser
                    .bare(Method::POST, &format!("/rpc/{function}"))
                    .header("origin", &app.origin)
                    .header("content-type", "application/x-www-form-urlencoded")
                    .body(format!("email=ada&{body}"));
                let status = browser.send(request).await.status;
                assert!(status.is_client_error(), "{body:?} to {function} by {who}: {status}");
                assert_eq!(browser.cookie(), cookie, "{body:?} to {function} by {who}");
            }
        }
    }
    assert_eq!(ada.name().await.as_deref(), Some("ada"));
    assert_eq!(app.count("select cast(sum(version) as bigint) from articles").await, 1);
});

story!(t28_no_folding_of_letters_makes_two_people_one, |engine| {
    let app = TestApp::start(engine).await;
    app.person("mike").await;
    for other in [
        "m\u{131}ke@example.org",
        "mike@e\u{445}ample.org",
        "mike\u{FF20}example.org",
        "\u{212A}ate@example.org",
    ] {
        let fields = [
            ("username", "other"),
            ("email", other),
            ("email_again", other),
            ("password", PASSWORD),
        ];
        let answer = app.browser().call("register", &fields).await;
        assert_eq!(answer.json(), json!({ "invalid": [["email", "malformed"]] }), "{other}");
        assert_eq!(
            app.browser().log_in(other, PASSWORD).await.status,
            StatusCode::UNAUTHORIZED,
            "{other}"
        );
    }
});

#[test]
fn t29_an_address_has_one_at_and_nothing_that_could_be_read_twice() {
    for wrong in [
        "",
        "@",
        "a@",
        "@b",
        "a@b@c",
        "a@x,b@y",
        "a b@c.example",
        "a@b..c",
        "a@-b.example",
        "a@b-.example",
        "a@b\n.example",
        "a@b\0",
        "\"a\"@b.example",
        "a@[127.0.0.1]",
        "a@b.example\u{200B}",
        "<a@b.example>",
        "a@b.example;c@d.example",
        "a@b.example, ",
        ".a@b.example",
        "a.@b.example",
        "a..b@c.example",
    ] {
        assert!(EmailAddress::parse(wrong).is_err(), "{wrong:?}");
    }
    let long = format!("{}@{}.example", "a".repeat(65), "b".repeat(20));
    assert!(EmailAddress::parse(&long).is_err());
    for right in ["a@b", "a.b+c@d-e.example", "A!#$%&'*+/=?^_`{|}~-@example.org"] {
        assert!(EmailAddress::parse(right).is_ok(), "{right:?}");
    }
}

proptest! {
    #[test]
    fn t29_what_passes_is_plain_and_stays_the_same(typed in "[a-zA-Z0-9@.,;<>\"' \\u{FF20}\\u{131}\\x00-]{0,40}") {
        if let Ok(address) = EmailAddress::parse(&typed) {
            let text = address.as_str();
            prop_assert!(text.is_ascii() && text.len() <= 254 && text.matches('@').count() == 1);
            prop_assert!(!text.contains([' ', ',', ';', '<', '>', '"', '\0']));
            prop_assert_eq!(EmailAddress::parse(text).unwrap(), address);
        }
    }
}

story!(t34_ones_own_good_log_in_forgives_nobody_elses_failures, |engine| {
    let app = TestApp::start_with(engine, &["--login-attempts-per-address", "5"]).await;
    app.person("mine").await;
    for n in 0..4 {
        assert_eq!(
            app.browser().log_in(&format!("victim{n}"), "a guess").await.status,
            StatusCode::UNAUTHORIZED
        );
        assert_eq!(app.browser().log_in("mine", PASSWORD).await.status, StatusCode::OK);
    }
    assert_eq!(app.browser().log_in("victim4", "a guess").await.status, StatusCode::UNAUTHORIZED);
    let answer = app.browser().log_in("victim5", "a guess").await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    let wait: u64 = answer.header("retry-after").parse().unwrap();
    assert!((1..=900).contains(&wait));
    app.state.clock.advance(Duration::from_secs(wait));
    assert_eq!(app.browser().log_in("mine", PASSWORD).await.status, StatusCode::OK);
});

async fn guess_from(app: &TestApp, forwarded_for: &str, identity: &str) -> StatusCode {
    let browser = app.browser();
    let request = browser
        .bare(Method::POST, "/rpc/log-in")
        .header("origin", &app.origin)
        .header("x-forwarded-for", forwarded_for);
    browser.send(request.form(&[("email", identity), ("password", "a guess")])).await.status
}

story!(t35_a_forged_forwarded_address_lifts_no_limit, |engine| {
    let app = TestApp::start_with(engine, &["--login-attempts-per-address", "3"]).await;
    for n in 0..6 {
        let status = guess_from(&app, &format!("203.0.113.{n}"), &format!("victim{n}")).await;
        assert_eq!(status == StatusCode::TOO_MANY_REQUESTS, n >= 3, "guess {n}");
    }
});

story!(t35_a_trusted_proxy_is_believed_and_a_whole_slash_64_is_one_client, |engine| {
    let app = TestApp::start_with(
        engine,
        &["--login-attempts-per-address", "3", "--trusted-proxies", "127.0.0.1"],
    )
    .await;
    for n in 0..6 {
        // What the client itself wrote stands first and counts for nothing.
        let status =
            guess_from(&app, &format!("198.51.100.{n}, 2001:db8:0:1::{n}"), &format!("victim{n}"))
                .await;
        assert_eq!(status == StatusCode::TOO_MANY_REQUESTS, n >= 3, "guess {n}");
    }
    assert_eq!(guess_from(&app, "2001:db8:0:2::1", "victim").await, StatusCode::UNAUTHORIZED);
});

story!(t35_an_ipv4_address_written_as_ipv6_is_the_same_address, |engine| {
    let proxies = "127.0.0.1, 10.0.0.0/8";
    let app = TestApp::start_with(
        engine,
        &["--login-attempts-per-address", "3", "--trusted-proxies", proxies],
    )
    .await;
    // A proxy's own proxy, as a socket for both kinds of address names it.
    for n in 0..6 {
        let through = format!("203.0.113.{n}, ::ffff:10.0.0.9");
        let status = guess_from(&app, &through, &format!("victim{n}")).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "guess {n}");
    }
    let site = byline::server::router(app.state.clone());
    for n in 0..6 {
        let peer: std::net::SocketAddr = "[::ffff:10.0.0.9]:4711".parse().unwrap();
        let request = axum::extract::Request::post("/rpc/log-in")
            .header("origin", &app.origin)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("x-forwarded-for", format!("198.51.100.{n}"))
            .extension(axum::extract::ConnectInfo(peer))
            .body(axum::body::Body::from(format!("email=person{n}&password=guess")))
            .unwrap();
        let status = site.clone().oneshot(request).await.unwrap().status();
        assert_eq!(status, StatusCode::UNAUTHORIZED, "guess {n} through the proxy");
    }
});

story!(t36_no_spelling_of_the_path_is_another_bucket, |engine| {
    let app = TestApp::start_with(engine, &["--login-attempts-per-account", "2"]).await;
    app.person("ada").await;
    for _ in 0..2 {
        app.browser().log_in("ada", "a guess").await;
    }
    for path in [
        "/rpc/log-in",
        "//rpc/log-in",
        "/rpc//log-in",
        "/rpc/./log-in",
        "/rpc/x/../log-in",
        "/rpc/log%2Din",
        "/rpc/log-in/",
        "/RPC/LOG-IN",
        "/rpc/log-in?x=1",
        "/login",
        "/login/",
        "/%6Cogin",
        "//login",
    ] {
        for identity in ["ada", "ADA", " Ada "] {
            let browser = app.browser();
            let request = browser
                .bare(Method::POST, path)
                .header("origin", &app.origin)
                .header("accept", "text/html");
            let status = browser
                .send(request.form(&[("email", identity), ("password", PASSWORD)]))
                .await
                .status;
            let closed = [
                StatusCode::TOO_MANY_REQUESTS,
                StatusCode::NOT_FOUND,
                StatusCode::METHOD_NOT_ALLOWED,
            ];
            assert!(closed.contains(&status), "{path} as {identity:?}: {status}");
            assert_eq!(browser.cookie(), None);
        }
    }
});

story!(t36_both_identities_of_an_account_share_one_budget, |engine| {
    let app = TestApp::start_with(engine, &["--login-attempts-per-account", "4"]).await;
    app.person("ada").await;
    // Nothing in the answers, nor in the work, tells that the two are one person's: a pair
    // that does not exist gets the same.
    let mut told = Vec::new();
    for name in ["ada", "nobody"] {
        let address = format!("{name}@example.org");
        let before = app.state.passwords.work();
        let mut answers = Vec::new();
        for identity in [name, &address, name, &address] {
            answers.push(app.browser().log_in(identity, "a guess").await.status);
        }
        for identity in [name, &address, name, &address, name, &address] {
            answers.push(app.browser().log_in(identity, PASSWORD).await.status);
        }
        told.push((answers, app.state.passwords.work() - before));
    }
    let four = |status| [status; 4];
    assert_eq!(told[0].0[..4], four(StatusCode::UNAUTHORIZED));
    assert_eq!(told[0].0[4..8], four(StatusCode::UNAUTHORIZED), "the right password, too late");
    assert_eq!(told[0].0[8..], [StatusCode::TOO_MANY_REQUESTS; 2]);
    assert_eq!(told[0], told[1]);
    app.state.clock.advance(Duration::from_secs(15 * 60));
    assert_eq!(app.browser().log_in("ada", PASSWORD).await.status, StatusCode::OK);
});

story!(t36_a_refused_attempt_writes_nothing, |engine| {
    const COUNTED: &str = "select cast(sum(count) * 1000 + count(*) as bigint) from attempts";
    let app = TestApp::start_with(engine, &["--login-attempts-per-account", "2"]).await;
    app.person("ada").await;
    for identity in ["ada", "nobody"] {
        for _ in 0..2 {
            app.browser().log_in(identity, "a guess").await;
        }
        let before = (app.count(COUNTED).await, app.state.passwords.work());
        for _ in 0..3 {
            let answer = app.browser().log_in(identity, PASSWORD).await;
            assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS, "{identity}");
        }
        assert_eq!((app.count(COUNTED).await, app.state.passwords.work()), before, "{identity}");
    }
});

story!(t34_what_is_given_back_goes_into_the_window_it_came_from, |engine| {
    use byline::server::attempts::{Budget, take};
    let app = TestApp::start(engine).await;
    let (db, clock) = (&app.state.db, &app.state.clock);
    let budgets = [Budget::log_in_as("ada", 2)];
    let slow = take(db, &budgets, clock.now()).await.unwrap();
    clock.advance(Duration::from_secs(15 * 60));
    for _ in 0..2 {
        let _failed = take(db, &budgets, clock.now()).await.unwrap();
    }
    slow.give_back(db).await.unwrap();
    assert!(take(db, &budgets, clock.now()).await.is_err(), "a guess more than there are");
    assert_eq!(app.count("select cast(sum(count) as bigint) from attempts").await, 2);
});

story!(t37_of_a_hundred_guesses_at_once_only_the_budget_is_looked_at, |engine| {
    let app = TestApp::start(engine).await;
    app.person("ada").await;
    let before = app.state.passwords.work();
    let browser = app.browser();
    let guesses: Vec<String> = (0..100).map(|n| format!("guess number {n}")).collect();
    let answers =
        futures_util::future::join_all(guesses.iter().map(|guess| browser.log_in("ada", guess)))
            .await;
    let looked_at = answers.iter().filter(|a| a.status == StatusCode::UNAUTHORIZED).count();
    let refused = answers.iter().filter(|a| a.status == StatusCode::TOO_MANY_REQUESTS).count();
    assert_eq!((looked_at, refused), (10, 90));
    assert_eq!(app.state.passwords.work() - before, 10);
    assert_eq!(
        app.count("select cast(sum(count) as bigint) from attempts where count = 10").await,
        50,
        "what was refused is not counted, against nobody"
    );
});

story!(t44_a_malformed_cookie_is_nobody, |engine| {
    let app = TestApp::start(engine).await;
    app.person("ada").await;
    for cookie in [
        "byline=",
        "byline=x",
        "byline=%00",
        "byline=AAAA;byline=BBBB",
        "byline=\"",
        "byline=AAAAAAAAAAAAAAAAAAAAA\u{e9}",
        "=;=;=",
    ] {
        let browser = app.browser();
        browser.set_cookie(Some(cookie.to_owned()));
        let answer = browser.send(browser.bare(Method::GET, "/rpc/who-am-i")).await;
        assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, "null"), "{cookie}");
        browser.set_cookie(Some(cookie.to_owned()));
        let settings = browser.send(browser.bare(Method::GET, "/rpc/own-account")).await;
        assert_eq!(settings.status, StatusCode::UNAUTHORIZED, "{cookie}");
    }
});

story!(t44_a_broken_store_closes_the_door, |engine| {
    let app = TestApp::start(engine).await;
    // A name that no number in hexadecimal digits has in it.
    let gwyn = app.person("gwyn").await;
    app.execute("alter table sessions rename to sessions_away").await;
    for path in ["/rpc/who-am-i", "/rpc/own-account", "/articles", "/"] {
        let answer = gwyn.get(path).await;
        assert!(answer.status.is_server_error(), "{path}: {}", answer.status);
        assert!(
            !answer.body.contains("gwyn")
                && !answer.body.contains("sessions")
                && !answer.body.is_empty(),
            "{path}: {}",
            answer.body
        );
    }
    app.execute("alter table sessions_away rename to sessions").await;
    assert!(gwyn.name().await.is_some());
});

story!(t44_while_the_database_is_away_everybody_is_asked_to_come_back, |engine| {
    let app = TestApp::start(engine).await;
    let (ada, stranger) = (app.person("ada").await, app.browser());
    app.state.db.close().await;
    let pages = [stranger.get("/").await, ada.get("/").await, ada.get("/editor").await];
    let form = [("email", "ada"), ("password", PASSWORD)];
    let forms = [stranger.submit("/login", &form).await, ada.submit("/login", &form).await];
    for page in pages.iter().chain(&forms) {
        assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE, "{}", page.body);
        assert_eq!(page.header("retry-after"), "5", "{}", page.body);
        assert!(page.body.contains("<h1>") && page.body.contains("try again"), "{}", page.body);
        assert!(!page.body.contains("incident") && !page.body.contains("pool"), "{}", page.body);
    }
    let calls = [
        stranger.log_in("ada", PASSWORD).await,
        stranger.ask("article", &[("slug", "any")]).await,
        ada.ask("who-am-i", &[]).await,
        ada.write("Any title", "draft", "public").await,
        ada.log_out().await,
    ];
    for call in calls {
        assert_eq!(call.status, StatusCode::SERVICE_UNAVAILABLE, "{}", call.body);
        assert_eq!(call.json(), json!({ "unavailable": { "retry_after_s": 5 } }));
        assert_eq!(call.header("retry-after"), "5");
    }
    assert!(ada.cookie().is_some(), "the session outlives the database's absence");
});

#[tokio::test]
async fn t44_a_postgresql_that_shuts_down_is_away_and_a_wrong_statement_is_not() {
    let app = TestApp::start(crate::support::Engine::Postgres).await;
    let Db::Postgres(pool) = &app.state.db else { panic!("not PostgreSQL") };
    let ended = sqlx::query("select pg_terminate_backend(pg_backend_pid())").execute(pool).await;
    assert!(is_away(&ended.unwrap_err()));
    let wrong = sqlx::query("select nothing from nowhere").execute(pool).await;
    assert!(!is_away(&wrong.unwrap_err()));
}

story!(t45_v8_2_2_nobody_reaches_anybody_elses_things, |engine| {
    let app = TestApp::start(engine).await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    ada.write("Secret plan", "draft", "public").await;
    ada.write("Open plan", "published", "public").await;
    for slug in ["secret-plan", "open-plan"] {
        let edit = [
            ("slug", slug),
            ("version", "1"),
            ("title", "Mine now"),
            ("body", "Words of somebody else."),
            ("status", "published"),
        ];
        assert_eq!(bob.call("save-article", &edit).await.status, StatusCode::NOT_FOUND, "{slug}");
        assert_eq!(
            bob.call("delete-article", &[("slug", slug)]).await.status,
            StatusCode::NOT_FOUND,
            "{slug}"
        );
        assert_eq!(
            bob.ask("manuscript", &[("slug", slug)]).await.status,
            StatusCode::NOT_FOUND,
            "{slug}"
        );
        assert_eq!(
            bob.get(&format!("/editor/{slug}")).await.status,
            StatusCode::NOT_FOUND,
            "{slug}"
        );
    }
    // Naming somebody in the form changes nothing about who one is.
    let forged = [
        ("title", "Signed by another"),
        ("body", "Words of somebody else."),
        ("status", "published"),
        ("author_id", "1"),
        ("author", "ada"),
        ("user_id", "1"),
    ];
    bob.call("save-article", &forged).await;
    assert_eq!(
        bob.ask("article", &[("slug", "signed-by-another")]).await.json()["preview"]["author"],
        "bob"
    );
    assert_eq!(app.count("select cast(sum(version) as bigint) from articles").await, 3);
});

story!(t45_a_form_at_its_own_page_is_held_to_the_rules_of_its_function, |engine| {
    let app = TestApp::start(engine).await;
    app.person("taken").await;
    let long = "x".repeat(257);
    let stored = async || {
        (
            app.count("select count(*) from users").await,
            app.count("select count(*) from sessions").await,
        )
    };
    let before = stored().await;
    let register = |username, email, email_again, password| {
        let names = [("username", username), ("email", email), ("email_again", email_again)];
        ("/register", "register", [&names[..], &[("password", password)]].concat())
    };
    let log_in =
        |email, password| ("/login", "log-in", vec![("email", email), ("password", password)]);
    for (page, function, fields) in [
        register("", "", "", ""),
        register("-", "nobody", "somebody", "a short one"),
        register("a b", "a@b", "A@B", SECRET),
        register("fine", "a@b@c", "a@b@c", SECRET),
        register("fine", "a@b", "a@c", SECRET),
        register("fine", "a@b", "a@b", &long),
        register("TAKEN", "taken@EXAMPLE.org", "taken@example.org", SECRET),
        log_in("", ""),
        log_in(" ", SECRET),
        log_in("a\0b", SECRET),
        log_in(&long, SECRET),
        log_in("taken", &long),
        log_in("taken", SECRET),
        log_in("nobody", SECRET),
    ] {
        let browser = app.browser();
        let code = browser.call(function, &fields).await;
        let answer = browser.submit(page, &fields).await;
        assert!(code.status.is_client_error(), "{fields:?} to {function}: {}", code.status);
        assert_eq!(answer.status, code.status, "{fields:?} to {page}");
        let error: Error = serde_json::from_value(code.json()).unwrap();
        let said: Vec<String> = match &error {
            Error::Invalid(problems) => problems.iter().map(|(f, p)| p.text(*f)).collect(),
            other => vec![other.text()],
        };
        for text in said {
            assert!(answer.body.contains(&escaped(&text)), "{text} on {page}: {}", answer.body);
        }
        for (name, typed) in &fields {
            let value = format!("value=\"{}\"", escaped(typed));
            match *name {
                "password" => assert!(typed.is_empty() || !answer.body.contains(*typed)),
                _ => assert!(typed.is_empty() || answer.body.contains(&value), "{value} on {page}"),
            }
        }
        assert_eq!((browser.cookie(), stored().await), (None, before));
    }
});

/// As it stands in HTML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

story!(t46_what_is_logged_of_a_person_holds_no_secret, |engine| {
    let app = TestApp::start(engine).await;
    app.person("ada").await;
    let (id, ..) = byline::server::users::find_public(&app.state.db, "ada").await.unwrap().unwrap();
    let user: User = byline::server::users::find(&app.state.db, id).await.unwrap().unwrap();
    assert_eq!(format!("{user:?}"), format!("User({id})"));
    assert!(
        format!(
            "{:?}",
            byline::server::sessions::Store::new(app.state.db.clone(), app.state.clock.clone())
        ) == "Store"
    );
});

/// Whether a type has `Debug`: where it has, the constant of its own hides the trait's.
struct Probe<T>(std::marker::PhantomData<T>);
trait HasNone {
    const PRINTS: bool = false;
}
impl<T> HasNone for Probe<T> {}
impl<T: std::fmt::Debug> Probe<T> {
    const PRINTS: bool = true;
}

#[test]
fn t46_what_holds_a_secret_prints_none() {
    use byline::{
        domain::password::Password,
        domain::security::{Handed, SetUp},
        pages::{
            confirm::Confirm, log_in::LogIn, log_in_step::FinishLogIn, register::Register,
            reset::ResetPassword, second_factor::ConfirmAuthenticator,
        },
        server::{
            accounts::{Application, Proof},
            authenticator, factors,
            passwords::Passwords,
            recovery::RecoveryCode,
            registrations::pending::{Mailed, Pending},
            second_step,
            tokens::Token,
            users,
        },
    };
    let form = json!({ "username": "a", "email": "a", "email_again": "a", "password": SECRET });
    let log_in: LogIn = serde_json::from_value(form.clone()).unwrap();
    let register: Register = serde_json::from_value(form).unwrap();
    let form = json!({ "token": SECRET, "password": SECRET });
    let reset: ResetPassword = serde_json::from_value(form).unwrap();
    let form = json!({ "password": SECRET, "code": SECRET, "recovery_code": SECRET, "next": "" });
    let confirm: Confirm = serde_json::from_value(form.clone()).unwrap();
    let finish: FinishLogIn = serde_json::from_value(form.clone()).unwrap();
    let set_up: ConfirmAuthenticator = serde_json::from_value(form).unwrap();
    let url = format!("postgres://byline:{SECRET}@127.0.0.1/byline");
    let smtp = format!("smtps://byline:{SECRET}@127.0.0.1");
    let config =
        OnlyConfig::parse_from(["test", "--database-url", &url, "--smtp-url", &smtp]).config;
    let printed =
        format!("{log_in:?} {register:?} {reset:?} {confirm:?} {finish:?} {set_up:?} {config:?}");
    assert!(printed.contains("LogIn") && printed.contains("Register"), "{printed}");
    assert!(!printed.contains(SECRET), "{printed}");
    const {
        assert!(Probe::<User>::PRINTS, "the probe tells");
        assert!(!Probe::<Password>::PRINTS && !Probe::<Passwords>::PRINTS);
        assert!(!Probe::<Application>::PRINTS && !Probe::<users::NewUser>::PRINTS);
        assert!(!Probe::<users::Credential>::PRINTS && !Probe::<Token>::PRINTS);
        assert!(!Probe::<Proof>::PRINTS && !Probe::<factors::Given>::PRINTS);
        assert!(!Probe::<authenticator::Secret>::PRINTS && !Probe::<RecoveryCode>::PRINTS);
        assert!(!Probe::<second_step::Pending>::PRINTS);
        assert!(!Probe::<SetUp>::PRINTS && !Probe::<Handed>::PRINTS);
        assert!(!Probe::<Pending>::PRINTS && !Probe::<Mailed>::PRINTS);
    }
}

heard_story!(t46_no_password_that_is_sent_is_logged, |engine| {
    let (log, _heard) = Log::listen(tracing::Level::TRACE);
    let app = TestApp::start(engine).await;
    let fields = "username=ada&email=ada@b.example&email_again=ada@b.example";
    for (body, registered, logged_in) in [
        (format!("{fields}&password={SECRET}"), 200, 200),
        (format!("{fields}&password={SECRET}"), 422, 200),
        (format!("{fields}&password={SECRET}wrong"), 422, 401),
        (format!("{fields}&password={}", SECRET.repeat(20)), 422, 422),
        (format!("{fields}&password[]={SECRET}"), 400, 400),
        (format!("{fields}&password[{SECRET}]={SECRET}"), 400, 400),
        (format!("{fields}&password={SECRET}&password={SECRET}"), 400, 400),
        (format!("password={SECRET}"), 400, 400),
        (format!("{fields}&password={SECRET}&keep={SECRET}"), 422, 400),
        (format!("{fields}&{SECRET}"), 400, 400),
        (format!("{fields}&password={SECRET}%ff%f"), 422, 401),
        (format!("{{\"password\":\"{SECRET}\"}}"), 400, 400),
    ] {
        for (path, expected) in [("/rpc/register", registered), ("/rpc/log-in", logged_in)] {
            let browser = app.browser();
            let request = browser
                .bare(Method::POST, path)
                .header("origin", &app.origin)
                .header("content-type", "application/x-www-form-urlencoded");
            let answer = browser.send(request.body(body.clone())).await;
            assert_eq!(answer.status, expected, "{body} to {path}: {}", answer.body);
            assert!(!answer.body.contains(SECRET), "{}", answer.body);
        }
    }
    let log = log.text();
    for event in ["registered", "logged_in", "log_in_failed"] {
        assert!(log.contains(event), "{event} in {log}");
    }
    let line = log.lines().find(|line| line.contains(SECRET));
    assert_eq!(line, None);
});

story!(t47_v6_2_8_a_password_is_exactly_what_was_typed, |engine| {
    let app = TestApp::start_with(engine, &["--login-attempts-per-account", "100"]).await;
    let long = "x".repeat(199);
    let twins = [
        (format!("{long}a"), format!("{long}b")),
        ("with\0a nul inside".to_owned(), "with".to_owned()),
        (" spaces around it ".to_owned(), "spaces around it".to_owned()),
        ("Case Matters Here".to_owned(), "case matters here".to_owned()),
    ];
    for (n, (right, wrong)) in twins.into_iter().enumerate() {
        let (name, email) = (format!("person{n}"), format!("p{n}@example.org"));
        let fields = [
            ("username", name.as_str()),
            ("email", &email),
            ("email_again", &email),
            ("password", &right),
        ];
        assert_eq!(
            app.browser().call("register", &fields).await.status,
            StatusCode::OK,
            "{right:?}"
        );
        assert_eq!(
            app.browser().log_in(&name, &wrong).await.status,
            StatusCode::UNAUTHORIZED,
            "{wrong:?}"
        );
        assert_eq!(app.browser().log_in(&name, &right).await.status, StatusCode::OK, "{right:?}");
    }
    // The same letters from a keyboard that composes them and from one that does not.
    let fields = [
        ("username", "zoe"),
        ("email", "z@example.org"),
        ("email_again", "z@example.org"),
        ("password", "caf\u{e9} caf\u{e9} caf\u{e9}"),
    ];
    assert_eq!(app.browser().call("register", &fields).await.status, StatusCode::OK);
    assert_eq!(
        app.browser().log_in("zoe", "cafe\u{301} cafe\u{301} cafe\u{301}").await.status,
        StatusCode::OK
    );
});

story!(t48_an_absurd_password_is_refused_before_it_is_hashed, |engine| {
    let app = TestApp::start(engine).await;
    app.person("ada").await;
    let before = app.state.passwords.work();
    for length in [257, 100_000, 1_000_000] {
        let answer = app.browser().log_in("ada", &"x".repeat(length)).await;
        assert_eq!(
            answer.json(),
            json!({ "invalid": [["password", { "too_long": 256 }]] }),
            "{length}"
        );
    }
    assert_eq!(app.state.passwords.work(), before);
});

held_story!(t48_of_a_flood_of_log_ins_as_many_are_hashed_at_once_as_there_are_cores, |engine| {
    let many = ["--login-attempts-per-account", "1000", "--login-attempts-per-address", "1000"];
    let app = TestApp::start_with(engine, &many).await;
    app.person("ada").await;
    let cores = std::thread::available_parallelism().unwrap().get() as u64;
    // As many as the queue takes from one address.
    let waiting = app.state.passwords.queue().most_of_one() as u64;
    let all_wait = format!("select count(*) from attempts where count = {waiting}").leak();
    let start = app.state.passwords.work();
    let hashed = || app.state.passwords.work() - start;
    let (flood, reader) = (app.browser(), app.browser());
    let guesses = futures_util::future::join_all(
        (0..waiting).map(|_| flood.log_in("ada", "a guess in vain")),
    );
    let argon2 = HeldArgon2::hold();
    let pages = async {
        while app.count(all_wait).await < 3 {
            tokio::task::yield_now().await;
        }
        // All of them wait for a hash. Memory is that of the few that have a turn.
        for _ in 0..5 {
            assert_eq!(reader.get("/").await.status, StatusCode::OK);
        }
        assert_eq!(hashed(), cores);
        argon2.let_go();
    };
    let (answers, ()) = tokio::join!(guesses, pages);
    assert!(answers.iter().all(|answer| answer.status == StatusCode::UNAUTHORIZED));
    assert_eq!(hashed(), waiting);
});

// Good log-ins are given back to every budget, so only their number at one time has an end.
held_story!(t48_whoever_logs_in_as_often_as_they_can_leaves_room_for_the_others, |engine| {
    let many = ["--trusted-proxies", "127.0.0.1", "--login-attempts-per-account", "1000"];
    let app = TestApp::start_with(engine, &many).await;
    app.person("ada").await;
    let most = app.state.passwords.queue().most_of_one();
    let log_in = async |from: &str| {
        let browser = app.browser();
        let request = browser
            .bare(Method::POST, "/rpc/log-in")
            .header("origin", &app.origin)
            .header("x-forwarded-for", from);
        browser.send(request.form(&[("email", "ada"), ("password", PASSWORD)])).await.status
    };
    let flood = futures_util::future::join_all((0..2 * most).map(|_| log_in("192.0.2.1")));
    let argon2 = HeldArgon2::hold();
    let others = async {
        while app.state.passwords.queue().places().available_permits() > most + 1 {
            tokio::task::yield_now().await;
        }
        argon2.let_go();
        log_in("192.0.2.2").await
    };
    let (statuses, other) = tokio::join!(flood, others);
    assert_eq!(other, StatusCode::OK);
    let away = |status: &&StatusCode| **status == StatusCode::SERVICE_UNAVAILABLE;
    assert!(statuses.iter().filter(away).count() > 0, "{statuses:?}");
});

story!(t48_when_too_many_wait_for_a_hash_the_next_is_sent_away_and_nothing_counts, |engine| {
    let app = TestApp::start_with(
        engine,
        &["--login-attempts-per-account", "2", "--registrations-per-address", "2"],
    )
    .await;
    app.person("ada").await;
    let queue = app.state.passwords.queue().places();
    let places = u32::try_from(queue.available_permits()).unwrap();
    let all = queue.try_acquire_many(places).unwrap();
    let work = app.state.passwords.work();
    for _ in 0..3 {
        for answer in
            [app.browser().log_in("ada", "a guess").await, app.browser().register("bob").await]
        {
            assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{}", answer.body);
            assert_eq!(answer.json(), json!({ "unavailable": { "retry_after_s": 5 } }));
            assert_eq!(answer.header("retry-after"), "5");
        }
    }
    assert_eq!(app.state.passwords.work(), work);
    drop(all);
    assert_eq!(app.browser().log_in("ada", PASSWORD).await.status, StatusCode::OK);
    app.person("bob").await;
    assert_eq!(queue.available_permits(), usize::try_from(places).unwrap(), "all left the queue");
});
