//! What an open page is told of its session, so that it notices when that has ended.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Browser, PASSWORD, TestApp, story};

const HOUR: Duration = Duration::from_secs(3600);

/// What an open page hears of its session.
async fn asks(browser: &Browser) -> (StatusCode, Value) {
    let answer = browser.send(browser.bare(Method::GET, "/session")).await;
    assert_eq!(answer.header("cache-control"), "private, no-store");
    assert_eq!(answer.header("set-cookie"), "");
    (answer.status, answer.json())
}

/// Whether it is that nobody is logged in.
fn is_gone((status, code): &(StatusCode, Value)) -> bool {
    *status == StatusCode::UNAUTHORIZED && *code == json!("unauthenticated")
}

story!(an_open_page_hears_at_once_that_its_session_has_ended, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let bob = asks(&app.person("bob").await).await;
    let handle = asks(&ada).await;
    assert_eq!((handle.0, handle.1.as_str().unwrap().len()), (StatusCode::OK, 32));
    assert_ne!(handle, bob);
    assert!(is_gone(&asks(&app.browser()).await));
    let others: Vec<Browser> = [app.browser(), app.browser(), app.browser()].into();
    for other in &others {
        other.log_in("ada", PASSWORD).await;
        assert_eq!(asks(other).await, handle, "the same person");
    }
    let cookie = others[0].cookie();
    others[0].log_out().await;
    others[0].set_cookie(cookie);
    assert!(is_gone(&asks(&others[0]).await));
    ada.call("end-other-sessions", &[]).await;
    assert!(is_gone(&asks(&others[1]).await));
    others[1].log_in("ada", PASSWORD).await;
    byline::server::users::set_active(&app.state.db, "ada", false, app.state.clock.now())
        .await
        .unwrap();
    assert!(is_gone(&asks(&others[1]).await) && is_gone(&asks(&ada).await));
    for forged in ["byline=", "byline=x", "byline=AAAAAAAAAAAAAAAAAAAAAA", "other=1"] {
        let thief = app.browser();
        thief.set_cookie(Some(forged.to_owned()));
        assert!(is_gone(&asks(&thief).await), "{forged}");
    }
});

story!(t14_asking_is_no_use_of_a_session_and_keeps_none_alive, |engine| {
    let app = TestApp::start(engine).await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    for _ in 0..11 {
        app.state.clock.advance(HOUR);
        let before = app.text("select cast(max(last_seen_at) as text) from sessions").await;
        assert_eq!(asks(&ada).await.0, StatusCode::OK);
        let after = app.text("select cast(max(last_seen_at) as text) from sessions").await;
        assert_eq!(before, after);
    }
    // Bob uses his.
    assert_eq!(bob.name().await.as_deref(), Some("bob"));
    app.state.clock.advance(HOUR);
    assert!(is_gone(&asks(&ada).await), "half a day without any use");
    assert_eq!(ada.name().await, None);
    assert_eq!(asks(&bob).await.0, StatusCode::OK);
});

story!(a_database_that_is_away_has_ended_no_session, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    app.state.db.close().await;
    let (status, _) = asks(&ada).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
});
