//! Strangers who guess, and devices that they cannot hold up: what log-ins, registrations and
//! requests for mails are counted in.

use std::time::Duration;

use byline::server::users;
use data_encoding::BASE64URL_NOPAD;
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::support::{Answer, Browser, PASSWORD, TestApp, story};

const DEVICE: &str = "device";

/// A password that nobody has yet.
const ANOTHER: &str = "four other random words";

const GUESSED: StatusCode = StatusCode::UNAUTHORIZED;
const HELD_UP: StatusCode = StatusCode::TOO_MANY_REQUESTS;

/// Every visitor names an address of their own, by way of a proxy.
const BEHIND_A_PROXY: [&str; 2] = ["--trusted-proxies", "127.0.0.1"];

async fn start(engine: crate::support::Engine, more: &[&str]) -> TestApp {
    TestApp::start_with(engine, &[&BEHIND_A_PROXY[..], more].concat()).await
}

/// Calls a function from that address.
async fn call(browser: &Browser, from: &str, function: &str, form: &[(&str, &str)]) -> Answer {
    let request = browser
        .bare(Method::POST, &format!("/rpc/{function}"))
        .header("sec-fetch-site", "same-origin")
        .header("x-forwarded-for", from);
    browser.send(request.form(form)).await
}

async fn log_in(browser: &Browser, from: &str, identity: &str, password: &str) -> StatusCode {
    call(browser, from, "log-in", &[("email", identity), ("password", password)]).await.status
}

/// Guesses at ada's password from many networks, by both her identities, until nobody without
/// a mark is heard.
async fn flood(app: &TestApp) {
    for identity in ["ada", "ada@example.org"] {
        for n in 0..11 {
            log_in(&app.browser(), &format!("203.0.{n}.7"), identity, "a guess").await;
        }
        let status = log_in(&app.browser(), "198.51.100.1", identity, PASSWORD).await;
        assert_eq!(status, HELD_UP, "{identity}: a stranger with the right password");
    }
}

story!(t38_a_strangers_flood_holds_up_neither_the_owners_sessions_log_in_nor_reset, |engine| {
    let app = start(engine, &[]).await;
    let ada = app.person("ada").await;
    flood(&app).await;
    assert_eq!(ada.name().await.as_deref(), Some("ada"), "the session goes on");
    let proof = [("password", PASSWORD), ("next", "/settings/security")];
    assert_eq!(ada.call("confirm", &proof).await.status, StatusCode::OK, "and may prove itself");
    for (identity, script) in [("ada", true), ("ada@example.org", false)] {
        assert_eq!(ada.log_out().await.status, StatusCode::OK);
        let form = [("email", identity), ("password", PASSWORD)];
        let answer = if script {
            ada.call("log-in", &form).await
        } else {
            ada.submit("/login", &form).await
        };
        assert!(!answer.status.is_client_error(), "{identity}: {answer:?}");
        assert_eq!(ada.name().await.as_deref(), Some("ada"), "{identity}");
    }
    // Nor does it help to have logged in once: after a reset the browser that set the password is
    // the owner's, and the guesses go on.
    let elsewhere = app.browser();
    assert_eq!(elsewhere.call("ask-for-reset", &[("email", "ada")]).await.status, StatusCode::OK);
    let link = app.post().await.last().unwrap().link(&app.origin);
    let token = link.rsplit('/').next().unwrap();
    let fresh = [("token", token), ("password", ANOTHER)];
    assert_eq!(elsewhere.submit(&link, &fresh).await.status, StatusCode::SEE_OTHER);
    assert_eq!(elsewhere.name().await, None, "nobody is logged in by a link");
    for n in 0..11 {
        log_in(&app.browser(), &format!("203.0.{n}.8"), "ada", "a guess").await;
    }
    assert_eq!(log_in(&app.browser(), "198.51.100.2", "ada", ANOTHER).await, HELD_UP);
    assert_eq!(elsewhere.log_in("ada", ANOTHER).await.status, StatusCode::OK);
});

story!(t38_v8_2_4_a_known_device_has_guesses_of_its_own_and_no_more, |engine| {
    let app = start(engine, &["--login-attempts-per-account", "3"]).await;
    let (ada, phone) = (app.person("ada").await, app.browser());
    phone.log_in("ada", PASSWORD).await;
    for identity in ["ada", "ADA@example.org", "ada"] {
        assert_eq!(ada.log_in(identity, "a guess").await.status, GUESSED);
    }
    let before = app.state.passwords.work();
    let answer = ada.log_in("ada", PASSWORD).await;
    assert_eq!(answer.status, HELD_UP);
    assert!((1..=900).contains(&answer.header("retry-after").parse::<u64>().unwrap()));
    // By the other identity as well: whoever has the mark knows that they are one person's.
    assert_eq!(ada.log_in("ada@example.org", PASSWORD).await.status, HELD_UP);
    assert_eq!(app.state.passwords.work(), before);
    // Nobody else is held up by it, not even by what they do not know.
    assert_eq!(phone.log_in("ada", PASSWORD).await.status, StatusCode::OK);
    assert_eq!(app.browser().log_in("ada", PASSWORD).await.status, StatusCode::OK);
    app.state.clock.advance(Duration::from_secs(15 * 60));
    assert_eq!(ada.log_in("ada", PASSWORD).await.status, StatusCode::OK);
});

story!(t37_of_a_hundred_guesses_at_once_on_a_known_device_only_its_budget_is_looked_at, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let before = app.state.passwords.work();
    let guesses: Vec<String> = (0..100).map(|n| format!("guess number {n}")).collect();
    let guesses = guesses.iter().map(|guess| ada.log_in("ada", guess));
    let answers = futures_util::future::join_all(guesses).await;
    let count = |status| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!((count(GUESSED), count(HELD_UP)), (10, 90));
    assert_eq!(app.state.passwords.work() - before, 10);
});

/// That mark with the bytes of a part replaced.
fn with(mark: &str, at: usize, bytes: &[u8]) -> String {
    let mut all = BASE64URL_NOPAD.decode(mark.as_bytes()).unwrap();
    all.splice(at..at + bytes.len(), bytes.iter().copied());
    BASE64URL_NOPAD.encode(&all)
}

fn bytes(mark: &str) -> Vec<u8> {
    BASE64URL_NOPAD.decode(mark.as_bytes()).unwrap()
}

story!(t38_a_mark_that_is_forged_or_anothers_is_worth_nothing, |engine| {
    let app = start(engine, &[]).await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    let other_site = TestApp::start(engine).await;
    let elsewhere = other_site.person("ada").await.other_cookie(DEVICE).unwrap();
    let (adas, bobs) = (ada.other_cookie(DEVICE).unwrap(), bob.other_cookie(DEVICE).unwrap());
    assert_eq!(bytes(&adas).len(), 16 + 16 + 8 + 1 + 32);
    flood(&app).await;
    let ada_id = &bytes(&adas)[..16];
    let mut forged = vec![
        bobs.clone(),
        with(&bobs, 0, ada_id),
        with(&elsewhere, 0, ada_id),
        with(&adas, 16, &[7; 16]),
        with(&adas, 32, &i64::MAX.to_be_bytes()),
        with(&adas, 40, &[0]),
        with(&adas, 41, &[0; 32]),
        adas[..adas.len() - 3].to_owned(),
        format!("{adas}AAAA"),
        format!("x.y.z.{adas}"),
        ".".repeat(3000),
        "\u{e9}".into(),
        "null".into(),
    ];
    // Any one bit of it.
    forged.extend((0..73).step_by(4).map(|n| with(&adas, n, &[bytes(&adas)[n] ^ 1])));
    for forged in forged {
        let thief = app.browser();
        thief.set_other_cookie(DEVICE, &forged);
        let status = log_in(&thief, "198.51.100.3", "ada", PASSWORD).await;
        assert_eq!(status, HELD_UP, "{forged:.200}");
    }
    // Bob's own is good for bob, and ada's for ada.
    assert_eq!(bob.log_in("bob", PASSWORD).await.status, StatusCode::OK);
    assert_eq!(ada.log_in("ada", PASSWORD).await.status, StatusCode::OK);
});

story!(t38_a_mark_from_before_a_new_password_or_from_long_ago_is_worth_nothing, |engine| {
    let app = start(engine, &[]).await;
    let (ada, stolen) = (app.person("ada").await, app.browser());
    stolen.log_in("ada", PASSWORD).await;
    let change = [("current_password", PASSWORD), ("new_password", ANOTHER)];
    assert_eq!(ada.call("change-password", &change).await.status, StatusCode::OK);
    flood(&app).await;
    assert_eq!(stolen.log_in("ada", ANOTHER).await.status, HELD_UP, "a stranger by now");
    assert_eq!(ada.log_in("ada", ANOTHER).await.status, StatusCode::OK, "who changed it is not");
    users::set_active(&app.state.db, "ada", false, app.state.clock.now()).await.unwrap();
    users::set_active(&app.state.db, "ada", true, app.state.clock.now()).await.unwrap();
    assert_eq!(ada.log_in("ada", ANOTHER).await.status, HELD_UP);
    app.state.clock.advance(Duration::from_secs(15 * 60));
    assert_eq!(ada.log_in("ada", ANOTHER).await.status, StatusCode::OK);
    for (days, expected) in [(89, StatusCode::OK), (90, HELD_UP)] {
        app.state.clock.advance(Duration::from_secs(days * 24 * 3600));
        flood(&app).await;
        assert_eq!(ada.log_in("ada", ANOTHER).await.status, expected, "after {days} days");
    }
});

story!(a_browser_keeps_the_marks_of_the_last_three_people, |engine| {
    let app = start(engine, &[]).await;
    let shared = app.browser();
    for name in ["ada", "bob", "eve", "zoe"] {
        app.person(name).await;
        assert_eq!(shared.log_in(name, PASSWORD).await.status, StatusCode::OK);
        // A second log-in is one mark still.
        assert_eq!(shared.log_in(name, PASSWORD).await.status, StatusCode::OK);
    }
    assert_eq!(shared.other_cookie(DEVICE).unwrap().split('.').count(), 3);
    for name in ["bob", "eve", "zoe", "ada"] {
        for n in 0..11 {
            log_in(&app.browser(), &format!("203.0.{n}.9"), name, "a guess").await;
        }
        let expected = if name == "ada" { HELD_UP } else { StatusCode::OK };
        assert_eq!(shared.log_in(name, PASSWORD).await.status, expected, "{name}");
    }
});

story!(the_mark_is_out_of_reach_and_stays_when_its_person_logs_out, |engine| {
    let app = TestApp::start_with(engine, &["--origin", "https://blog.example.org"]).await;
    let ada = app.browser();
    let set = ada.register("ada").await;
    let set = set.set_cookie("byline-device");
    assert!(set.starts_with("__Host-byline-device="), "{set}");
    for part in ["Secure", "HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=7776000"] {
        assert!(set.contains(part), "{part} in {set}");
    }
    assert!(!set.contains("Domain"), "{set}");
    ada.log_out().await;
    let mark = ada.other_cookie("device").unwrap();
    // It opens nothing, and what fails sets none.
    assert_eq!(ada.name().await, None);
    let stranger = app.browser();
    stranger.log_in("ada", "a guess").await;
    stranger.log_in("nobody", "a guess").await;
    assert_eq!(stranger.other_cookie("device"), None);
    // The device keeps its name: its failures are not forgotten by a log-in.
    ada.log_in("ada", PASSWORD).await;
    let again = ada.other_cookie("device").unwrap();
    assert_eq!(bytes(&again)[..32], bytes(&mark)[..32]);
    assert_ne!(again, mark);
});

story!(t01_and_t02_a_mark_tells_nobody_who_has_an_account, |engine| {
    const COUNTED: &str = "select cast(coalesce(sum(count), 0) as bigint) from attempts";
    let app = TestApp::start(engine).await;
    let (bob, ada) = (app.person("bob").await, app.person("ada").await);
    let (bobs, gone) = (bob.other_cookie(DEVICE).unwrap(), ada.other_cookie(DEVICE).unwrap());
    app.execute("delete from users where username = 'ada'").await;
    app.person("known").await;
    for mark in [bobs, gone] {
        let mut told = Vec::new();
        for identity in ["known", "nobod", "ada"] {
            let browser = app.browser();
            browser.set_other_cookie(DEVICE, &mark);
            let before = (app.state.passwords.work(), app.count(COUNTED).await);
            let answer = browser.log_in(identity, "a guess").await;
            let mut names: Vec<String> = answer.headers.keys().map(ToString::to_string).collect();
            names.sort();
            let work = app.state.passwords.work() - before.0;
            let counted = app.count(COUNTED).await - before.1;
            told.push((answer.status, names, answer.body, work, counted));
            // The note of a minute ago would be one the less.
            app.state.clock.advance(Duration::from_secs(16 * 60));
            byline::server::attempts::forget_ended(&app.state.db, app.state.clock.now())
                .await
                .unwrap();
        }
        assert_eq!((told[0].0, told[0].3, told[0].4), (GUESSED, 1, 6));
        assert!(told.iter().all(|one| *one == told[0]), "{told:?}");
    }
});

story!(t35_a_mark_lifts_no_limit_of_an_address_or_a_network, |engine| {
    let limits = ["--login-attempts-per-address", "3", "--network-factor", "2"];
    let app = start(engine, &limits).await;
    let ada = app.person("ada").await;
    for n in 0..3 {
        log_in(&app.browser(), "203.0.113.1", &format!("victim{n}"), "a guess").await;
    }
    assert_eq!(log_in(&ada, "203.0.113.1", "ada", PASSWORD).await, HELD_UP);
    assert_eq!(log_in(&ada, "203.0.113.2", "ada", PASSWORD).await, StatusCode::OK);
    for n in 3..6 {
        log_in(&app.browser(), "203.0.113.3", &format!("victim{n}"), "a guess").await;
    }
    assert_eq!(log_in(&ada, "203.0.113.2", "ada", PASSWORD).await, HELD_UP);
});

story!(t35_who_has_many_addresses_has_one_network, |engine| {
    let limits = ["--login-attempts-per-address", "2", "--network-factor", "3"];
    let app = start(engine, &limits).await;
    for (network, other) in
        [("203.0.113.{n}", "203.0.114.1"), ("2001:db8:7:{n}::1", "2001:db8:8::1")]
    {
        for n in 0..8 {
            let from = network.replace("{n}", &n.to_string());
            let expected = if n < 6 { GUESSED } else { HELD_UP };
            let victim = format!("{}-{n}", &network[..3]);
            assert_eq!(log_in(&app.browser(), &from, &victim, "a guess").await, expected, "{from}");
        }
        assert_eq!(log_in(&app.browser(), other, "somebody", "a guess").await, GUESSED);
    }
});

story!(t35_a_network_registers_and_asks_for_mails_as_often_as_a_few_addresses, |engine| {
    let limits = ["--registrations-per-address", "1", "--resets-per-address", "1"];
    let app = start(engine, &[&limits[..], &["--network-factor", "2"]].concat()).await;
    for n in 0..4 {
        let from = format!("203.0.113.{n}");
        let expected = if n < 2 { StatusCode::OK } else { HELD_UP };
        let (name, email) = (format!("person{n}"), format!("p{n}@example.org"));
        let form = [("username", name.as_str()), ("email", &email), ("password", PASSWORD)];
        let registered = call(&app.browser(), &from, "register", &form).await;
        assert_eq!(registered.status, expected, "{from}");
        let asked = call(&app.browser(), &from, "ask-for-reset", &[("email", &name)]).await;
        assert_eq!(asked.status, expected, "{from}");
    }
    let asked = call(&app.browser(), "203.0.114.1", "ask-for-reset", &[("email", "person9")]).await;
    assert_eq!(asked.status, StatusCode::OK);
});

story!(t38_under_an_attack_on_the_whole_site_known_devices_go_on, |engine| {
    let app = start(engine, &["--login-failures-per-minute", "4"]).await;
    let (ada, phone) = (app.person("ada").await, app.browser());
    // Good ones give back what they took.
    for n in 0..6 {
        let from = format!("198.51.{n}.1");
        assert_eq!(log_in(&app.browser(), &from, "ada", PASSWORD).await, StatusCode::OK);
    }
    // A mistyped password on a known device is no part of it.
    assert_eq!(ada.log_in("ada", "mistyped").await.status, GUESSED);
    for n in 0..4 {
        let from = format!("203.0.{n}.7");
        let status = log_in(&app.browser(), &from, &format!("victim{n}"), "a guess").await;
        assert_eq!(status, GUESSED, "guess {n}");
    }
    let before = app.state.passwords.work();
    for identity in ["ada", "nobody"] {
        let form = [("email", identity), ("password", PASSWORD)];
        let refused = call(&phone, "203.0.9.7", "log-in", &form).await;
        assert_eq!(refused.status, HELD_UP, "{identity}");
        let wait: u64 = refused.header("retry-after").parse().unwrap();
        assert!((1..=60).contains(&wait), "{wait}");
        assert_eq!(refused.json()["too_many"], json!({ "retry_after_s": wait }));
    }
    assert_eq!(app.state.passwords.work(), before, "nothing was looked at");
    assert_eq!(ada.log_in("ada", PASSWORD).await.status, StatusCode::OK);
    assert_eq!(ada.name().await.as_deref(), Some("ada"));
    app.state.clock.advance(Duration::from_secs(60));
    assert_eq!(log_in(&phone, "203.0.9.7", "ada", PASSWORD).await, StatusCode::OK);
});

story!(t34_a_good_log_in_gives_back_its_own_attempt_and_forgives_no_failure, |engine| {
    let limits = ["--login-attempts-per-account", "2", "--login-failures-per-minute", "2"];
    let app = start(engine, &limits).await;
    let ada = app.person("ada").await;
    app.person("bob").await;
    for _ in 0..4 {
        assert_eq!(ada.log_in("ada", PASSWORD).await.status, StatusCode::OK);
    }
    // On her device …
    for (password, expected) in [
        ("a guess", GUESSED),
        (PASSWORD, StatusCode::OK),
        ("a guess", GUESSED),
        (PASSWORD, HELD_UP),
    ] {
        assert_eq!(ada.log_in("ada", password).await.status, expected);
    }
    // … and on the whole site.
    for (n, (identity, password, expected)) in [
        ("victim", "a guess", GUESSED),
        ("bob", PASSWORD, StatusCode::OK),
        ("another", "a guess", GUESSED),
        ("bob", PASSWORD, HELD_UP),
    ]
    .into_iter()
    .enumerate()
    {
        let status = log_in(&app.browser(), &format!("203.0.{n}.1"), identity, password).await;
        assert_eq!(status, expected, "{identity}");
    }
});
