//! What a person does for the safety of their account: looking through their sessions, ending
//! them, changing the password, proving who they are once more.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Answer, Browser, Engine, HeldArgon2, PASSWORD, TestApp, held_story, story};

/// A password that nobody has yet.
const ANOTHER: &str = "four other random words";

const MINUTE: Duration = Duration::from_secs(60);

const SECURITY: &str = "/settings/security";

/// Another browser of somebody who is registered.
async fn another_browser(app: &TestApp, name: &str) -> Browser {
    let browser = app.browser();
    assert_eq!(browser.log_in(name, PASSWORD).await.status, StatusCode::OK, "{name}");
    browser
}

/// The sessions that a person sees.
async fn sessions(browser: &Browser) -> Vec<Value> {
    let answer = browser.ask("own-security", &[]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer.json()["sessions"].as_array().unwrap().clone()
}

/// The handle by which a browser's own session goes.
async fn handle(browser: &Browser) -> String {
    let all = sessions(browser).await;
    all.iter().find(|s| s["here"] == true).unwrap()["handle"].as_str().unwrap().to_owned()
}

/// Sends one of the page's forms without JavaScript, or calls its function.
async fn send(browser: &Browser, script: bool, form: &str, fields: &[(&str, &str)]) -> Answer {
    if script {
        browser.call(form, fields).await
    } else {
        browser.submit(&format!("{SECURITY}?form={form}"), fields).await
    }
}

/// Whether it was done, through whichever door.
fn is_done(answer: &Answer) -> bool {
    match answer.status {
        StatusCode::OK => answer.json()["to"] == SECURITY,
        StatusCode::SEE_OTHER => answer.header("location") == SECURITY,
        _ => false,
    }
}

async fn change_password(browser: &Browser, script: bool, from: &str, to: &str) -> Answer {
    let fields = [("current_password", from), ("new_password", to)];
    send(browser, script, "change-password", &fields).await
}

story!(a_person_sees_where_they_are_logged_in_and_which_one_this_is, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    app.person("bob").await;
    let phone = app.browser();
    let request = phone.bare(Method::POST, "/rpc/log-in").header("origin", &app.origin).header(
        "user-agent",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 \
         (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
    );
    phone.send(request.form(&[("email", "ada"), ("password", PASSWORD)])).await;
    let all = sessions(&ada).await;
    assert_eq!(all.len(), 2, "and not bob's: {all:?}");
    assert_eq!((&all[0]["here"], &all[1]["here"]), (&json!(true), &json!(false)));
    assert_eq!(all[1]["device"], "Safari on an iPhone");
    assert_eq!(all[1]["network"], "127.0.0.1");
    assert!(all[1]["last"]["text"].as_str().unwrap().ends_with(" UTC"), "{all:?}");
    let page = ada.get(SECURITY).await;
    assert_eq!(page.status, StatusCode::OK);
    for said in ["Safari on an iPhone", "This one", "127.0.0.1"] {
        assert!(page.body.contains(said), "{said}: {}", page.body);
    }
    assert_eq!(page.body.matches("name=\"handle\"").count(), 1, "no button for this one");
    assert!(ada.get("/settings").await.body.contains(&format!("href=\"{SECURITY}\"")));
});

#[test]
fn browsers_are_called_what_people_call_them() {
    use byline::server::sessions::device::in_words;
    for (user_agent, words) in [
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "Firefox on Linux",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
             Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
             Chrome/141.0.0.0 Safari/537.36",
            "Chrome on Windows",
        ),
        (
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) \
             SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
            "Samsung Internet on Android",
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 \
             (KHTML, like Gecko) Version/18.0 Safari/605.1.15",
            "Safari on a Mac",
        ),
        ("curl/8.5.0", "curl"),
        ("something (Linux)", "A program on Linux"),
        ("<script>", "A program that does not say what it is"),
        ("", "A program that does not say what it is"),
    ] {
        assert_eq!(in_words(user_agent), words, "{user_agent}");
    }
}

story!(t17_a_session_goes_by_a_handle_that_opens_nothing, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let hex = match engine {
        Engine::Sqlite => "select lower(hex(id_hash)) from sessions",
        Engine::Postgres => "select encode(id_hash, 'hex') from sessions",
    };
    let stored = app.text(hex).await;
    let handle = handle(&ada).await;
    assert_eq!((handle.len(), handle.bytes().all(|b| b.is_ascii_hexdigit())), (32, true));
    assert!(!stored.contains(&handle), "{handle} of {stored}");
    for body in [ada.get(SECURITY).await.body, ada.ask("own-security", &[]).await.body] {
        assert!(!body.contains(&stored[..32]) && !body.contains(&stored[32..]));
    }
    // Neither the handle nor the stored hash is taken for an identifier.
    for forged in [handle, stored] {
        let thief = app.browser();
        thief.set_cookie(Some(format!("byline={forged}")));
        assert_eq!(thief.name().await, None);
    }
});

story!(t08_v7_5_2_the_cookie_of_an_ended_session_is_dead_at_its_next_request, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    for script in [true, false] {
        let (lost, kept) = (another_browser(&app, "ada").await, another_browser(&app, "ada").await);
        let (cookie, handle) = (lost.cookie(), handle(&lost).await);
        let answer = send(&ada, script, "end-session", &[("handle", &handle)]).await;
        assert!(is_done(&answer), "{answer:?}");
        lost.set_cookie(cookie);
        assert_eq!(lost.name().await, None);
        assert_eq!(kept.name().await.as_deref(), Some("ada"));
        assert_eq!(ada.name().await.as_deref(), Some("ada"));
        let again = send(&ada, script, "end-session", &[("handle", &handle)]).await;
        assert_eq!(again.status, StatusCode::NOT_FOUND, "it is gone");
    }
});

story!(t08_all_other_sessions_end_at_once_and_this_one_goes_on, |engine| {
    let app = TestApp::start(engine).await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    for script in [true, false] {
        let lost = [another_browser(&app, "ada").await, another_browser(&app, "ada").await];
        let answer = send(&ada, script, "end-other-sessions", &[]).await;
        assert!(is_done(&answer), "{answer:?}");
        for browser in lost {
            assert_eq!(browser.name().await, None);
        }
        assert_eq!(sessions(&ada).await.len(), 1);
        assert_eq!(bob.name().await.as_deref(), Some("bob"));
    }
});

story!(t45_nobody_ends_somebody_elses_session, |engine| {
    let app = TestApp::start(engine).await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    let adas = handle(&ada).await;
    let cookie = ada.cookie().unwrap();
    let id = cookie.split('=').nth(1).unwrap();
    for script in [true, false] {
        for wanted in [adas.as_str(), id, "", "0", "%"] {
            let answer = send(&bob, script, "end-session", &[("handle", wanted)]).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{wanted:?}: {}", answer.body);
        }
        // Naming somebody in the form changes nothing about whose sessions they are.
        let named = [("user_id", "1"), ("username", "ada")];
        assert!(is_done(&send(&bob, script, "end-other-sessions", &named).await));
    }
    assert_eq!(ada.name().await.as_deref(), Some("ada"));
    assert!(sessions(&bob).await.iter().all(|session| session["handle"] != adas));
});

story!(t07_a_request_in_flight_does_not_bring_a_session_back_that_was_ended, |engine| {
    use byline::server::sessions::Store;
    use tower_sessions::{Session, SessionStore};
    let app = TestApp::start(engine).await;
    let (ada, lost) = (app.person("ada").await, another_browser(&app, "ada").await);
    let cookie = lost.cookie().unwrap();
    let id = cookie.split('=').nth(1).unwrap().parse().unwrap();
    let store = Store::new(app.state.db.clone(), app.state.clock.clone());
    let open = Session::new(Some(id), std::sync::Arc::new(store.clone()), None);
    open.insert("draft", 1).await.unwrap();
    let handle = handle(&lost).await;
    assert!(is_done(&ada.call("end-session", &[("handle", &handle)]).await));
    assert!(open.save().await.is_err(), "a save after the end must fail");
    assert!(store.load(&id).await.unwrap().is_none());
    lost.set_cookie(Some(cookie));
    assert_eq!(lost.name().await, None);
});

story!(ending_the_others_and_changing_the_password_at_once_never_wait_for_each_other, |engine| {
    use byline::{
        error::Error,
        server::{auth::Client, failure::Failure, sessions::own, users},
    };
    let app = TestApp::start(engine).await;
    app.person("ada").await;
    let (db, now) = (&app.state.db, app.state.clock.now());
    let client = Client { address: [127, 0, 0, 1].into(), user_agent: String::new() };
    for _ in 0..8 {
        let mut ids = Vec::new();
        for _ in 0..4 {
            let cookie = another_browser(&app, "ada").await.cookie().unwrap();
            ids.push(cookie.split('=').nth(1).unwrap().parse().unwrap());
        }
        let found = users::find_credential(db, "ada").await.unwrap().unwrap();
        let ends = ids[1..].iter().map(|id| own::end_others(db, found.user_id, id, &client, now));
        let (email, hash) = ("ada@example.org", &found.password_hash);
        let change = async {
            users::change_password(db, &found, email, &ids[0], hash, &client, now)
                .await?
                .commit()
                .await
                .map_err(Failure::from)
        };
        let (changed, ended) = tokio::join!(change, futures_util::future::join_all(ends));
        // Whoever was slower hears that their session is over; nobody that the database is away.
        assert!(matches!(changed, Ok(_) | Err(Failure::Refused(Error::Unauthenticated))));
        assert!(ended.iter().all(Result::is_ok), "{ended:?}");
    }
});

// Those requests that make a new session of an old one could bring it back with it.
held_story!(t07_a_proof_in_flight_does_not_bring_a_session_back_that_was_ended, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    for (function, fields) in [
        ("confirm", vec![("password", PASSWORD)]),
        ("change-password", vec![("current_password", PASSWORD), ("new_password", ANOTHER)]),
    ] {
        let lost = another_browser(&app, "ada").await;
        let handle = handle(&lost).await;
        let before = app.state.passwords.work();
        let argon2 = HeldArgon2::hold();
        let end = async {
            // The session was loaded, and the password is about to be compared.
            while app.state.passwords.work() == before {
                tokio::task::yield_now().await;
            }
            assert!(is_done(&ada.call("end-session", &[("handle", &handle)]).await));
            argon2.let_go();
        };
        let (answer, ()) = tokio::join!(lost.call(function, &fields), end);
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{function}: {}", answer.body);
        assert_eq!(lost.name().await, None, "{function}");
        assert_eq!(sessions(&ada).await.len(), 1, "{function}");
    }
    assert_eq!(app.browser().log_in("ada", PASSWORD).await.status, StatusCode::OK);
});

story!(t06_changing_the_password_replaces_the_identifier_and_t08_ends_all_others, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let (mut from, mut to) = (PASSWORD, ANOTHER);
    for script in [true, false] {
        let other = app.browser();
        other.log_in("ada", from).await;
        let (old, link) = (ada.cookie(), app.reset_token("ada").await);
        let answer = change_password(&ada, script, from, to).await;
        assert!(is_done(&answer), "{answer:?}");
        let told = app.post().await;
        assert_eq!(told.last().unwrap().header("Subject"), "Your password was changed");
        let by_link = [("token", link.as_str()), ("password", "by an old link")];
        let dead = app.browser().call("reset-password", &by_link).await;
        assert_eq!(dead.status, StatusCode::GONE, "{dead:?}");
        assert!(ada.cookie().is_some() && ada.cookie() != old);
        assert_eq!(ada.name().await.as_deref(), Some("ada"), "this browser goes on");
        let thief = app.browser();
        thief.set_cookie(old);
        assert_eq!((thief.name().await, other.name().await), (None, None));
        assert_eq!(sessions(&ada).await.len(), 1);
        assert_eq!(app.browser().log_in("ada", from).await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(app.browser().log_in("ada", to).await.status, StatusCode::OK);
        (from, to) = (to, from);
    }
});

story!(t33_nobodys_mailbox_is_flooded_with_notices, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let (mut from, mut to) = (PASSWORD, ANOTHER);
    for _ in 0..5 {
        assert!(is_done(&change_password(&ada, true, from, to).await));
        (from, to) = (to, from);
    }
    let refused = change_password(&ada, true, from, to).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS, "{refused:?}");
    assert_eq!(app.post().await.len(), 5);
    assert_eq!(app.browser().log_in("ada", from).await.status, StatusCode::OK, "nothing changed");
});

story!(a_kept_session_is_kept_when_the_password_changes_and_no_other_becomes_kept, |engine| {
    let app = TestApp::start(engine).await;
    app.person("ada").await;
    let ada = app.browser();
    ada.call("log-in", &[("email", "ada"), ("password", PASSWORD), ("keep", "true")]).await;
    let changed = change_password(&ada, true, PASSWORD, ANOTHER).await;
    assert!(changed.session_cookie().contains("Max-Age=7776000"), "{changed:?}");
    let proved = ada.call("confirm", &[("password", ANOTHER)]).await;
    assert!(proved.session_cookie().contains("Max-Age=7776000"), "{proved:?}");
    let once = app.browser();
    once.log_in("ada", ANOTHER).await;
    let changed = change_password(&once, true, ANOTHER, PASSWORD).await;
    assert!(is_done(&changed) && !changed.session_cookie().contains("Max-Age"), "{changed:?}");
});

story!(v6_2_3_what_is_wrong_with_a_change_of_password_stands_beside_its_field, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let cookie = ada.cookie();
    let long = "x".repeat(257);
    for (current, new, wrong) in [
        ("", "", json!([["current_password", "required"], ["new_password", "required"]])),
        (PASSWORD, "too short", json!([["new_password", { "too_short": 12 }]])),
        (PASSWORD, &long, json!([["new_password", { "too_long": 256 }]])),
        (PASSWORD, PASSWORD, json!([["new_password", "unchanged"]])),
        ("not my password", ANOTHER, json!([["current_password", "wrong"]])),
    ] {
        let code = change_password(&ada, true, current, new).await;
        assert_eq!(code.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(code.json(), json!({ "invalid": wrong }), "{current:?} to {new:?}");
        let page = change_password(&ada, false, current, new).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        for entry in wrong.as_array().unwrap() {
            let field = entry[0].as_str().unwrap();
            assert!(page.body.contains(&format!("id=\"{field}-error\"")), "{field}: {}", page.body);
        }
        for typed in [current, new].iter().filter(|typed| !typed.is_empty()) {
            assert!(!page.body.contains(*typed), "a password comes back");
        }
    }
    assert_eq!(ada.cookie(), cookie);
    assert_eq!(app.browser().log_in("ada", PASSWORD).await.status, StatusCode::OK);
});

story!(t36_proving_who_one_is_uses_up_the_budgets_of_logging_in, |engine| {
    let app = TestApp::start_with(engine, &["--login-attempts-per-account", "4"]).await;
    let ada = app.person("ada").await;
    let proofs = [
        ("confirm", vec![("password", "a wrong guess")]),
        ("change-password", vec![("current_password", "a wrong guess"), ("new_password", ANOTHER)]),
    ];
    for (function, fields) in proofs.iter().cycle().take(4) {
        let answer = ada.call(function, fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.body);
    }
    let work = app.state.passwords.work();
    for script in [true, false] {
        let answers = [
            send(&ada, script, "confirm", &[("password", PASSWORD)]).await,
            change_password(&ada, script, PASSWORD, ANOTHER).await,
        ];
        for answer in answers {
            assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS, "{}", answer.body);
            assert!(!answer.header("retry-after").is_empty());
        }
    }
    // A log-in here is held up as well, by either identity; the session is not.
    for identity in ["ada", "ada@example.org"] {
        let answer = ada.log_in(identity, PASSWORD).await;
        assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS, "{identity}");
    }
    assert_eq!(app.state.passwords.work() - work, 0, "none of it was looked at");
    assert_eq!(ada.name().await.as_deref(), Some("ada"));
    app.state.clock.advance(15 * MINUTE);
    assert!(is_done(&change_password(&ada, true, PASSWORD, ANOTHER).await));
});

story!(t34_a_good_proof_gives_back_its_own_attempt, |engine| {
    let app = TestApp::start_with(engine, &["--login-attempts-per-account", "2"]).await;
    let ada = app.person("ada").await;
    for _ in 0..4 {
        let answer = ada.call("confirm", &[("password", PASSWORD), ("next", SECURITY)]).await;
        assert!(is_done(&answer), "{answer:?}");
    }
});

story!(of_many_changes_of_a_password_at_once_one_is_made, |engine| {
    let app = TestApp::start_with(engine, &["--login-attempts-per-account", "100"]).await;
    let ada = app.person("ada").await;
    let cookie = ada.cookie();
    // As many as have room before argon2 at once, from one address.
    let many = app.state.passwords.queue().most_of_one();
    let news: Vec<String> = (0..many).map(|n| format!("another password {n}")).collect();
    let answers = futures_util::future::join_all(news.iter().map(|new| {
        let browser = app.browser();
        browser.set_cookie(cookie.clone());
        async move { change_password(&browser, true, PASSWORD, new).await }
    }));
    let answers = answers.await;
    // Five an hour are looked at; whoever of them is not the first has lost the session.
    let refused =
        [StatusCode::UNAUTHORIZED, StatusCode::UNPROCESSABLE_ENTITY, StatusCode::TOO_MANY_REQUESTS];
    let made: Vec<usize> = (0..many).filter(|n| answers[*n].status == StatusCode::OK).collect();
    assert_eq!(made.len(), 1, "{answers:?}");
    let others = answers.iter().filter(|answer| answer.status != StatusCode::OK);
    assert!(others.into_iter().all(|answer| refused.contains(&answer.status)), "{answers:?}");
    assert_eq!(app.browser().log_in("ada", &news[made[0]]).await.status, StatusCode::OK);
});

story!(v7_5_3_what_is_grave_asks_for_the_password_again_after_ten_minutes, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let other = another_browser(&app, "ada").await;
    app.state.clock.advance(9 * MINUTE);
    assert!(is_done(&ada.call("end-other-sessions", &[]).await));
    assert_eq!(other.name().await, None);
    let mut other = another_browser(&app, "ada").await;
    app.state.clock.advance(2 * MINUTE);
    for script in [true, false] {
        let answer = send(&ada, script, "end-other-sessions", &[]).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{}", answer.body);
        assert_eq!(other.name().await.as_deref(), Some("ada"), "nothing was done");
        if script {
            assert_eq!(answer.json(), json!("recent_login_needed"));
        } else {
            assert!(answer.body.contains("Confirm that it is you"), "in its place");
            assert!(!answer.body.contains(">End all others<"));
        }
        // One by one they are all: that asks too.
        let handle = handle(&other).await;
        let one = send(&ada, script, "end-session", &[("handle", &handle)]).await;
        assert_eq!(one.status, StatusCode::FORBIDDEN, "{}", one.body);
        assert!(script || one.body.contains("Confirm that it is you"), "in its place");
        assert_eq!(other.name().await.as_deref(), Some("ada"), "nothing was done");

        let old = ada.cookie();
        let wrong = send(&ada, script, "confirm", &[("password", "a guess")]).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        if !script {
            assert!(wrong.body.contains("id=\"password-error\""), "the form again: {}", wrong.body);
        }
        let still = send(&ada, script, "end-other-sessions", &[]).await;
        assert_eq!(still.status, StatusCode::FORBIDDEN);
        let fields = [("password", PASSWORD), ("next", SECURITY)];
        assert!(is_done(&send(&ada, script, "confirm", &fields).await));
        assert_ne!(ada.cookie(), old, "T6: under another identifier");
        let thief = app.browser();
        thief.set_cookie(old);
        assert_eq!(thief.name().await, None);
        assert!(is_done(&send(&ada, script, "end-other-sessions", &[]).await));
        assert_eq!(other.name().await, None);
        other = another_browser(&app, "ada").await;
        app.state.clock.advance(11 * MINUTE);
    }
});

story!(t42_a_proof_freshens_this_session_only_and_only_with_this_accounts_password, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let other = another_browser(&app, "ada").await;
    let bob = app.person("bob").await;
    assert!(is_done(&change_password(&bob, true, PASSWORD, ANOTHER).await));
    app.state.clock.advance(11 * MINUTE);
    let refused = async |browser: &Browser| {
        let answer = browser.call("end-other-sessions", &[]).await;
        (answer.status, answer.json()) == (StatusCode::FORBIDDEN, json!("recent_login_needed"))
    };
    // Bob's password, and whoever the form says that it is, prove nothing for ada.
    for more in [vec![], vec![("username", "bob")], vec![("email", "bob"), ("user_id", "1")]] {
        let fields = [vec![("password", ANOTHER)], more].concat();
        for script in [true, false] {
            let answer = send(&ada, script, "confirm", &fields).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{fields:?}");
        }
    }
    assert!(refused(&ada).await);
    let proof = [("password", PASSWORD), ("next", SECURITY)];
    assert!(is_done(&ada.call("confirm", &proof).await));
    assert!(refused(&other).await && refused(&bob).await, "another session is as old as it was");
    assert!(is_done(&ada.call("end-other-sessions", &[]).await));
});

story!(t22_a_proof_comes_back_to_a_page_of_ours, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    for next in ["//evil.example", "https://evil.example", "/\\evil.example", ""] {
        let fields = [("password", PASSWORD), ("next", next)];
        let answer = send(&ada, false, "confirm", &fields).await;
        assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/"));
    }
});

story!(a_form_that_the_page_does_not_have_leads_nowhere, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    for query in ["", "?form=", "?form=log-out", "?form=end-session&x=1", "?x=end-session"] {
        let answer = ada.submit(&format!("{SECURITY}{query}"), &[("handle", "x")]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{query}");
    }
});

/// What a person reads of what happened: kinds, and where from.
async fn events(browser: &Browser) -> Vec<(String, Value)> {
    let answer = browser.ask("own-security", &[]).await.json();
    let events = answer["events"].as_array().unwrap().clone();
    events.iter().map(|e| (e["kind"].as_str().unwrap().into(), e["network"].clone())).collect()
}

story!(a_person_reads_what_happened_to_their_account, |engine| {
    use byline::{domain::role::Role, server::users};
    let app = TestApp::start(engine).await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    assert!(ada.get(SECURITY).await.body.contains("Nothing yet"));
    let step = || app.state.clock.advance(MINUTE);
    app.browser().log_in("ada@example.org", "a wrong guess").await;
    step();
    another_browser(&app, "ada").await;
    step();
    assert!(is_done(&ada.call("end-other-sessions", &[]).await));
    step();
    // Nothing was there to end.
    assert!(is_done(&ada.call("end-other-sessions", &[]).await));
    assert!(is_done(&change_password(&ada, true, PASSWORD, ANOTHER).await));
    assert!(ada.get(SECURITY).await.body.contains("The password was changed."));
    step();
    let (db, now) = (&app.state.db, app.state.clock.now());
    users::set_role(db, "ada", Role::Editor, now).await.unwrap();
    users::set_active(db, "ada", false, now.after(MINUTE)).await.unwrap();
    users::set_active(db, "ada", true, now.after(2 * MINUTE)).await.unwrap();
    app.state.clock.advance(3 * MINUTE);
    ada.log_in("ada", ANOTHER).await;
    let network = json!("127.0.0.1");
    let expected = [
        ("logged_in", &network),
        ("activated", &Value::Null),
        ("deactivated", &Value::Null),
        ("role_changed", &Value::Null),
        ("password_changed", &network),
        ("sessions_ended", &network),
        ("logged_in", &network),
        ("log_in_failed", &network),
    ];
    let expected = expected.map(|(kind, network)| (kind.to_owned(), network.clone()));
    assert_eq!(events(&ada).await, expected);
    assert_eq!(events(&bob).await, [], "nobody reads of somebody else");
    let page = ada.get(SECURITY).await.body;
    assert!(page.contains("The role was changed") && page.contains("By whoever runs the site"));
    assert!(!page.contains("The password was changed."), "that was a while ago");
});

story!(nobody_pushes_what_they_changed_out_of_sight_by_logging_in, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    assert!(is_done(&change_password(&ada, true, PASSWORD, ANOTHER).await));
    for _ in 0..25 {
        app.state.clock.advance(MINUTE);
        assert_eq!(app.browser().log_in("ada", ANOTHER).await.status, StatusCode::OK);
    }
    let events = events(&ada).await;
    assert!(events.iter().any(|(kind, _)| kind == "password_changed"), "{events:?}");
    assert!((2..25).contains(&events.len()), "{events:?}");
});

story!(all_that_is_kept_of_an_account_is_read_in_pages, |engine| {
    let app = TestApp::start(engine).await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    let log = async |browser: &Browser, page: &str| {
        let log = browser.ask("own-security-log", &[("page", page)]).await.json();
        (log["events"].as_array().unwrap().clone(), log["more"] == true)
    };
    assert_eq!(log(&ada, "1").await, (vec![], false));
    assert!(is_done(&change_password(&ada, true, PASSWORD, ANOTHER).await));
    for _ in 0..55 {
        app.state.clock.advance(MINUTE);
        assert_eq!(app.browser().log_in("ada", ANOTHER).await.status, StatusCode::OK);
    }
    let ((first, more), (second, last)) = (log(&ada, "1").await, log(&ada, "2").await);
    assert_eq!((first.len(), more, second.len(), last), (50, true, 6, false));
    assert!(first.iter().all(|event| event["kind"] == "logged_in"));
    assert_eq!(second[5]["kind"], "password_changed", "the first of all is the last");
    assert_eq!(log(&bob, "1").await, (vec![], false), "nobody reads of somebody else");

    let page = ada.get("/settings/security/log?page=2").await.body;
    assert!(page.contains("The password was changed") && page.contains(">Newer<"), "{page}");
    assert!(!page.contains(">Older<"));
    let beyond = ada.get("/settings/security/log?page=3").await.body;
    assert!(beyond.contains("There is nothing older"), "{beyond}");
    assert!(ada.get(SECURITY).await.body.contains("href=\"/settings/security/log\""));
    assert!(bob.get("/settings/security/log").await.body.contains("Nothing yet"));
    let nobody = app.browser().get("/settings/security/log").await;
    assert_eq!(nobody.header("location"), "/login?next=%2Fsettings%2Fsecurity%2Flog");
});

story!(a_proof_that_failed_is_told_from_a_log_in_that_failed, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let mistyped = [("current_password", "a wrong guess"), ("new_password", ANOTHER)];
    for n in 0..4 {
        ada.call("confirm", &[("password", "a wrong guess")]).await;
        ada.call("change-password", &mistyped).await;
        app.state.clock.advance(if n == 3 { MINUTE } else { Duration::ZERO });
    }
    app.browser().log_in("ada", "a wrong guess").await;
    let events = events(&ada).await;
    let count = |kind: &str| events.iter().filter(|(event, _)| event == kind).count();
    assert_eq!(count("log_in_failed"), 1, "{events:?}");
    assert!((1..=2).contains(&count("proof_failed")), "a line a minute: {events:?}");
    assert_eq!(events.len(), 1 + count("proof_failed"), "{events:?}");
    assert!(ada.get(SECURITY).await.body.contains("A proof failed"));
});

story!(a_flood_of_guesses_is_a_line_a_minute_to_its_owner_and_none_for_nobody, |engine| {
    let app = TestApp::start_with(engine, &["--login-attempts-per-account", "1000"]).await;
    app.person("ada").await;
    let flood = app.browser();
    let identities = ["ada", "ADA", "ada@example.org", "nobody"];
    // As many as are looked at of one address at once.
    let guesses = identities.iter().cycle().take(app.state.passwords.queue().most_of_one());
    let guesses = futures_util::future::join_all(guesses.map(|to| flood.log_in(to, "a guess")));
    assert!(guesses.await.iter().all(|answer| answer.status == StatusCode::UNAUTHORIZED));
    let noted = app.count("select count(*) from security_events").await;
    assert!((1..=2).contains(&noted), "{noted}: two if a minute ended meanwhile");
    app.state.clock.advance(2 * MINUTE);
    flood.log_in("ada", "a guess").await;
    assert_eq!(app.count("select count(*) from security_events").await, noted + 1);
});

story!(what_happened_is_forgotten_after_ninety_days_and_with_the_account, |engine| {
    use byline::server::security_log::forget_old;
    let app = TestApp::start(engine).await;
    app.person("ada").await;
    let noted = async || {
        forget_old(&app.state.db, app.state.clock.now()).await.unwrap();
        app.count("select count(*) from security_events").await
    };
    another_browser(&app, "ada").await;
    app.state.clock.advance(89 * 24 * 60 * MINUTE);
    another_browser(&app, "ada").await;
    assert_eq!(noted().await, 2);
    app.state.clock.advance(24 * 60 * MINUTE);
    assert_eq!(noted().await, 1);
    app.execute("delete from users").await;
    assert_eq!(noted().await, 0, "T12");
});
