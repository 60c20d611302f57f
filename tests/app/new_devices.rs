//! A log-in from where nobody logged in before is told to the account's owner.

use std::time::Duration;

use reqwest::{Method, StatusCode};

use crate::support::{PASSWORD, TestApp, story};

const DAY: Duration = Duration::from_secs(24 * 3600);

const IPHONE: &str =
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1";
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
const NEWER_FIREFOX: &str =
    "Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0";

/// Logs in as ada by that browser from that network.
async fn log_in(app: &TestApp, user_agent: &str, network: &str, password: &str) {
    let browser = app.browser();
    let request = browser
        .bare(Method::POST, "/rpc/log-in")
        .header("origin", &app.origin)
        .header("user-agent", user_agent)
        .header("x-forwarded-for", network);
    let answer = browser.send(request.form(&[("email", "ada"), ("password", password)])).await;
    assert_eq!(answer.status == StatusCode::OK, password == PASSWORD, "{answer:?}");
}

async fn start(engine: crate::support::Engine) -> TestApp {
    let app = TestApp::start_with(engine, &["--trusted-proxies", "127.0.0.1"]).await;
    app.person("ada").await.log_out().await;
    app
}

story!(whoever_registered_and_stays_is_told_of_the_first_log_in_from_elsewhere, |engine| {
    let app = TestApp::start_with(engine, &["--trusted-proxies", "127.0.0.1"]).await;
    app.person("ada").await;
    log_in(&app, IPHONE, "203.0.113.1", PASSWORD).await;
    assert_eq!(app.post().await.len(), 1);
});

story!(v6_3_5_a_log_in_from_a_new_device_is_told_and_from_a_known_one_is_not, |engine| {
    let app = start(engine).await;
    log_in(&app, FIREFOX, "203.0.113.1", PASSWORD).await;
    assert!(app.post().await.is_empty(), "the first one after registration");
    log_in(&app, NEWER_FIREFOX, "203.0.113.1", PASSWORD).await;
    assert!(app.post().await.is_empty(), "the same browser, updated");
    log_in(&app, IPHONE, "198.51.100.7", "a wrong guess").await;
    assert!(app.post().await.is_empty(), "nobody came in");
    log_in(&app, IPHONE, "203.0.113.1", PASSWORD).await;
    let letters = app.post().await;
    let [letter] = &letters[..] else { panic!("{letters:?}") };
    assert_eq!(letter.header("Subject"), "A log-in from a new device");
    assert_eq!(letter.header("To"), "ada@example.org");
    let text = letter.part("text/plain");
    assert!(text.contains("Safari on an iPhone, from 203.0.113.1, on "), "{text}");
    // It can be undone like anything else.
    let link = letter.link(&app.origin);
    let token = link.strip_prefix("/not-me/").unwrap();
    log_in(&app, FIREFOX, "198.51.100.7", PASSWORD).await;
    assert_eq!(app.post().await.len(), 2, "from another network");
    for (browser, network) in [(IPHONE, "203.0.113.1"), (FIREFOX, "198.51.100.7")] {
        log_in(&app, browser, network, PASSWORD).await;
    }
    assert_eq!(app.post().await.len(), 2, "known by now");
    let undone = app.browser().call("undo", &[("token", token)]).await;
    assert_eq!(undone.status, StatusCode::OK, "{undone:?}");
    assert_eq!(app.count("select count(*) from sessions").await, 0);
});

story!(a_browser_that_was_here_before_is_known_wherever_it_comes_from, |engine| {
    let app = start(engine).await;
    log_in(&app, FIREFOX, "203.0.113.1", PASSWORD).await;
    let phone = app.browser();
    for network in ["198.51.100.7", "198.51.100.8", "192.0.2.9"] {
        let request = phone
            .bare(Method::POST, "/rpc/log-in")
            .header("origin", &app.origin)
            .header("user-agent", IPHONE)
            .header("x-forwarded-for", network);
        let answer = phone.send(request.form(&[("email", "ada"), ("password", PASSWORD)])).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        phone.log_out().await;
    }
    assert_eq!(app.post().await.len(), 1, "the first time");
});

story!(t33_whoever_travels_is_told_three_times_a_day, |engine| {
    let app = start(engine).await;
    for n in 0..8 {
        log_in(&app, FIREFOX, &format!("203.0.113.{n}"), PASSWORD).await;
    }
    assert_eq!(app.post().await.len(), 3);
    app.state.clock.advance(DAY);
    log_in(&app, FIREFOX, "198.51.100.7", PASSWORD).await;
    assert_eq!(app.post().await.len(), 4);
});

story!(whoever_was_away_so_long_that_nothing_is_remembered_is_told, |engine| {
    let app = start(engine).await;
    log_in(&app, FIREFOX, "203.0.113.1", PASSWORD).await;
    app.state.clock.advance(91 * DAY);
    let (db, now) = (&app.state.db, app.state.clock.now());
    byline::server::security_log::forget_old(db, now).await.unwrap();
    byline::server::sessions::forget_ended(db, now).await.unwrap();
    log_in(&app, FIREFOX, "203.0.113.1", PASSWORD).await;
    assert_eq!(app.post().await.len(), 1);
});
