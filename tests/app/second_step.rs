//! Between a right password and being logged in, for whoever has a second factor.

use std::time::Duration;

use byline::server::page_paths;
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::doors::FIELDS;
use crate::phone::Phone;
use crate::support::{Answer, Browser, PASSWORD, TestApp, story};

const MINUTE: Duration = Duration::from_secs(60);

const STEP: &str = "/login/step?form=finish";

/// A site on which ada has a second factor.
async fn with_ada(engine: crate::support::Engine, more: &[&str]) -> (TestApp, Phone, Vec<String>) {
    let app = TestApp::start_with(engine, more).await;
    let ada = app.person("ada").await;
    app.execute("update users set confirmed_at = 0").await;
    let (phone, codes) = Phone::set_up(&app, &ada).await;
    ada.log_out().await;
    (app, phone, codes)
}

/// A browser in which ada's password was right.
async fn half_way(app: &TestApp) -> Browser {
    let browser = app.browser();
    let answer = browser.log_in("ada", PASSWORD).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert_eq!(answer.json()["to"], "/login/step?next=%2F");
    assert!(step_of(&browser).is_some());
    browser
}

/// What a half-finished log-in is known by.
fn step_of(browser: &Browser) -> Option<String> {
    browser.others.lock().unwrap().get("byline-step").cloned()
}

fn set_step(browser: &Browser, value: &str) {
    browser.others.lock().unwrap().insert("byline-step".into(), value.into());
}

/// Answers the second step through either door.
async fn answer(browser: &Browser, script: bool, fields: &[(&str, &str)]) -> Answer {
    if script {
        browser.call("finish-log-in", fields).await
    } else {
        browser.submit(STEP, fields).await
    }
}

async fn with_digits(browser: &Browser, script: bool, digits: &str) -> StatusCode {
    answer(browser, script, &[("code", digits)]).await.status
}

fn done(script: bool) -> StatusCode {
    if script { StatusCode::OK } else { StatusCode::SEE_OTHER }
}

/// Whether anybody waits for a second step.
async fn waiting(app: &TestApp) -> i64 {
    app.count("select count(*) from pending_log_ins").await
}

story!(v6_3_3_whoever_has_a_second_factor_is_asked_for_it_after_the_password, |engine| {
    let (app, phone, codes) = with_ada(engine, &[]).await;
    let ada = app.browser();
    let fields = [("email", "ada"), ("password", PASSWORD), ("next", "/editor")];
    let to = ada.submit("/login", &fields).await;
    assert_eq!(
        (to.status, to.header("location")),
        (StatusCode::SEE_OTHER, "/login/step?next=%2Feditor")
    );
    assert_eq!((ada.cookie(), ada.name().await), (None, None));
    let page = ada.get(to.header("location")).await;
    assert_eq!(page.status, StatusCode::OK);
    for part in [
        "name=\"code\"",
        "one-time-code",
        "inputmode=\"numeric\"",
        "name=\"recovery_code\"",
        "value=\"/editor\"",
    ] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    // What is wrong stands beside its field, and no code comes back.
    let wrong = phone.wrong_digits(&app);
    let refused = ada.submit(STEP, &[("code", &wrong), ("next", "/editor")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        refused.body.contains("id=\"code-error\"") && refused.body.contains("value=\"/editor\"")
    );
    assert!(!refused.body.contains(&wrong), "a code comes back");
    let empty = ada.submit(STEP, &[("code", " "), ("recovery_code", "")]).await;
    assert!(empty.body.contains("Code is missing."), "{}", empty.body);
    let digits = phone.digits(&app);
    let spaced = format!("{} {}", &digits[..3], &digits[3..]);
    let done = ada.submit(STEP, &[("code", &spaced), ("next", "/editor")]).await;
    assert_eq!((done.status, done.header("location")), (StatusCode::SEE_OTHER, "/editor"));
    assert_eq!(ada.name().await.as_deref(), Some("ada"));
    assert_eq!((step_of(&ada), waiting(&app).await), (None, 0));
    // Or with a recovery code, once.
    for (script, code) in [true, false].into_iter().zip(&codes) {
        let other = half_way(&app).await;
        let answered = answer(&other, script, &[("code", ""), ("recovery_code", code)]).await;
        assert_eq!(answered.status, self::done(script), "{}", answered.body);
        assert_eq!(other.name().await.as_deref(), Some("ada"));
    }
    let told: Vec<_> = app.post().await.iter().map(|l| l.header("Subject").to_owned()).collect();
    assert_eq!(told, ["Your second factor"; 3], "the set-up, and each code");
});

story!(a_log_in_is_kept_across_the_second_step_if_it_was_asked_to_be, |engine| {
    let (app, phone, _) = with_ada(engine, &[]).await;
    let ada = app.browser();
    ada.call("log-in", &[("email", "ada"), ("password", PASSWORD), ("keep", "true")]).await;
    let done = answer(&ada, true, &[("code", &phone.digits(&app))]).await;
    let cookies: Vec<_> =
        done.headers.get_all("set-cookie").iter().map(|c| c.to_str().unwrap().to_owned()).collect();
    assert!(
        cookies.iter().any(|c| c.starts_with("byline=") && c.contains("Max-Age=7776000")),
        "{cookies:?}"
    );
    assert!(
        cookies.iter().any(|c| c.starts_with("byline-step=;") && c.contains("Max-Age=0")),
        "{cookies:?}"
    );
});

story!(t01_a_wrong_password_does_not_tell_who_has_a_second_factor, |engine| {
    let (app, ..) = with_ada(engine, &[]).await;
    app.person("bob").await;
    let outside = |answer: Answer| {
        let mut names: Vec<_> = answer.headers.keys().map(ToString::to_string).collect();
        names.sort();
        (answer.status, names, answer.body)
    };
    let mut answers = Vec::new();
    for name in ["ada", "bob", "eve"] {
        answers.push(outside(app.browser().log_in(name, "a wrong guess").await));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert_eq!(
        app.browser().log_in("bob", PASSWORD).await.json(),
        json!({ "to": "/", "reload": true })
    );
});

story!(t10_what_waits_for_a_second_step_dies_with_a_log_out, |engine| {
    let (app, phone, _) = with_ada(engine, &[]).await;
    for script in [true, false] {
        let browser = half_way(&app).await;
        let value = step_of(&browser).unwrap();
        if script {
            browser.log_out().await;
        } else {
            browser.submit("/login/step?form=cancel", &[]).await;
        }
        assert_eq!((step_of(&browser), waiting(&app).await), (None, 0));
        set_step(&browser, &value);
        assert_eq!(
            with_digits(&browser, script, &phone.digits(&app)).await,
            StatusCode::UNAUTHORIZED
        );
        assert_eq!(browser.name().await, None);
    }
});

story!(t10_what_waits_for_a_second_step_dies_after_fifteen_minutes, |engine| {
    let (app, phone, _) = with_ada(engine, &[]).await;
    let browser = half_way(&app).await;
    app.state.clock.advance(15 * MINUTE - Duration::from_secs(30));
    assert_eq!(browser.get("/login/step").await.status, StatusCode::OK);
    app.state.clock.advance(Duration::from_secs(30));
    for script in [true, false] {
        assert_eq!(
            with_digits(&browser, script, &phone.digits(&app)).await,
            StatusCode::UNAUTHORIZED
        );
    }
    let page = browser.get("/login/step").await;
    assert_eq!(page.status, StatusCode::UNAUTHORIZED);
    assert!(page.body.contains("This log-in is over") && page.body.contains("href=\"/login\""));
    byline::server::second_step::forget_ended(&app.state.db, app.state.clock.now()).await.unwrap();
    assert_eq!(waiting(&app).await, 0);
});

story!(t10_what_waits_for_a_second_step_dies_with_another_password, |engine| {
    use byline::{domain::password::Password, server::users};
    let (app, phone, _) = with_ada(engine, &[]).await;
    let reset = app.reset_token("ada").await;
    for how in ["by a link", "on the command line", "even if its row stayed"] {
        let browser = half_way(&app).await;
        match how {
            "by a link" => {
                let fields = [("token", reset.as_str()), ("password", PASSWORD)];
                let set = app.browser().call("reset-password", &fields).await;
                assert_eq!(set.status, StatusCode::OK, "{}", set.body);
                assert_eq!(waiting(&app).await, 0);
            }
            "on the command line" => {
                let same = Password::parse_given(PASSWORD.into()).ok().unwrap();
                let hash = app.state.passwords.hash(&same).await.unwrap();
                users::set_password(&app.state.db, "ada", &hash, app.state.clock.now())
                    .await
                    .unwrap();
                assert_eq!(waiting(&app).await, 0);
            }
            _ => {
                app.execute(
                    "update users set security_stamp = (select secret from authenticators)",
                )
                .await;
                assert_eq!(waiting(&app).await, 1);
            }
        }
        for script in [true, false] {
            let status = with_digits(&browser, script, &phone.next_digits(&app)).await;
            assert_eq!(status, StatusCode::UNAUTHORIZED, "{how}");
        }
        assert_eq!(browser.name().await, None, "{how}");
    }
});

story!(t11_between_password_and_second_factor_one_is_a_stranger_everywhere, |engine| {
    let (app, phone, _) = with_ada(engine, &[]).await;
    let half = half_way(&app).await;
    let value = step_of(&half).unwrap();
    let browser = || {
        let browser = app.browser();
        set_step(&browser, &value);
        browser
    };
    let mut functions: Vec<_> = leptos::server_fn::axum::server_fn_paths().collect();
    // A log-out ends what waits, so it comes last.
    functions.sort_by_key(|(path, _)| *path == "/rpc/log-out");
    let mut walked = 0;
    for (path, method) in functions {
        let name = path.strip_prefix("/rpc/").unwrap();
        if matches!(
            name,
            "second-step" | "finish-log-in" | "begin-passkey-step" | "finish-log-in-with-passkey"
        ) {
            continue;
        }
        let ask = async |browser: Browser| {
            let answer = if method == Method::GET {
                browser.ask(name, FIELDS).await
            } else {
                browser.call(name, FIELDS).await
            };
            (answer.status, answer.body, browser.cookie())
        };
        if name == "log-out" {
            for page in page_paths().iter().filter(|page| *page != "/login/step") {
                let path = page
                    .replace("{slug}", "open")
                    .replace("{username}", "ada")
                    .replace("{tag}", "x")
                    .replace("{token}", "x");
                let (stranger, half) = (app.browser().get(&path).await, browser().get(&path).await);
                assert_eq!(stranger.status, half.status, "{page}");
                assert_eq!(stranger.header("location"), half.header("location"), "{page}");
                assert!(!half.body.contains("href=\"/settings\""), "{page}");
            }
            assert_eq!(
                browser().ask("second-step", &[]).await.status,
                StatusCode::OK,
                "it waits still"
            );
        }
        assert_eq!(ask(browser()).await, ask(app.browser()).await, "{name}");
        walked += 1;
    }
    assert!(walked >= 20, "{walked}");
    // Nor is its value taken for a session's.
    let thief = app.browser();
    thief.set_cookie(Some(format!("byline={value}")));
    assert_eq!(thief.name().await, None);
    assert_eq!(app.count("select count(*) from sessions").await, 0);
    assert_eq!(with_digits(&half, true, &phone.digits(&app)).await, StatusCode::UNAUTHORIZED);
});

story!(t22_where_a_second_step_leads_is_checked_when_it_is_used, |engine| {
    let (app, phone, _) = with_ada(engine, &[]).await;
    let ada = app.browser();
    let fields = [("email", "ada"), ("password", PASSWORD), ("next", "//evil.example")];
    assert_eq!(ada.submit("/login", &fields).await.header("location"), "/login/step?next=%2F");
    let page = ada.get("/login/step?next=//evil.example").await;
    assert!(page.body.contains("name=\"next\" value=\"/\""), "{}", page.body);
    for (script, next) in [(true, "https://evil.example"), (false, "/\\evil.example")] {
        let browser = half_way(&app).await;
        let answered =
            answer(&browser, script, &[("code", &phone.next_digits(&app)), ("next", next)]).await;
        let to = answered.json()["to"].as_str().unwrap_or_default().to_owned();
        assert_eq!(format!("{to}{}", answered.header("location")), "/");
    }
});

story!(t37_of_many_wrong_codes_at_once_only_the_budget_is_looked_at, |engine| {
    let (app, phone, codes) = with_ada(engine, &["--login-attempts-per-account", "100"]).await;
    let mut browsers = Vec::new();
    for _ in 0..8 {
        browsers.push(half_way(&app).await);
    }
    let wrong = phone.wrong_digits(&app);
    let guesses = browsers
        .iter()
        .flat_map(|browser| (0..5).map(|n| with_digits(browser, n % 2 == 0, &wrong)));
    let statuses = futures_util::future::join_all(guesses).await;
    let looked = statuses.iter().filter(|s| **s == StatusCode::UNPROCESSABLE_ENTITY).count();
    assert!(looked <= 10, "{statuses:?}");
    assert!(statuses.iter().all(|s| matches!(s.as_u16(), 401 | 422 | 429)), "{statuses:?}");
    // Right digits are not looked at any more, whichever the door and the log-in.
    for script in [true, false] {
        let browser = half_way(&app).await;
        let right = answer(&browser, script, &[("code", &phone.digits(&app))]).await;
        assert_eq!(right.status, StatusCode::TOO_MANY_REQUESTS, "{}", right.body);
        assert!(!right.header("retry-after").is_empty());
        let code = answer(&browser, script, &[("recovery_code", &codes[0])]).await;
        assert_eq!(code.status, StatusCode::TOO_MANY_REQUESTS);
    }
    assert_eq!(app.count("select count(*) from sessions").await, 0);
    app.state.clock.advance(15 * MINUTE);
    assert_eq!(with_digits(&half_way(&app).await, true, &phone.digits(&app)).await, StatusCode::OK);
});

story!(t37_digits_are_looked_at_thirty_times_a_day_and_recovery_codes_go_on, |engine| {
    let (app, phone, codes) = with_ada(engine, &[]).await;
    for _ in 0..6 {
        let browser = half_way(&app).await;
        for script in [true, false, true, false, true] {
            let status = with_digits(&browser, script, &phone.wrong_digits(&app)).await;
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        }
        app.state.clock.advance(16 * MINUTE);
    }
    let browser = half_way(&app).await;
    let status = with_digits(&browser, true, &phone.digits(&app)).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    let code = answer(&browser, true, &[("recovery_code", &codes[0])]).await;
    assert_eq!(code.status, StatusCode::OK, "the owner is not shut out");
    app.state.clock.advance(24 * 60 * MINUTE);
    assert_eq!(with_digits(&half_way(&app).await, true, &phone.digits(&app)).await, StatusCode::OK);
});

story!(t38_whoever_has_the_password_and_guesses_holds_up_no_device_of_the_owner, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let (phone, _) = Phone::set_up(&app, &ada).await;
    ada.log_out().await;
    for _ in 0..2 {
        let thief = half_way(&app).await;
        for script in [true, false, true, false, true] {
            let status = with_digits(&thief, script, &phone.wrong_digits(&app)).await;
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        }
    }
    let right = phone.digits(&app);
    let status = with_digits(&half_way(&app).await, true, &right).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS, "a strange device");
    ada.log_in("ada", PASSWORD).await;
    assert_eq!(with_digits(&ada, true, &right).await, StatusCode::OK, "one that was here before");
    // There, too, guesses are counted.
    for n in 0..11 {
        let fields = [("password", PASSWORD), ("code", &phone.wrong_digits(&app))];
        let expected = if n < 10 { 422 } else { 429 };
        assert_eq!(ada.call("confirm", &fields).await.status, expected, "{n}");
    }
});

story!(t40_a_log_in_has_five_tries_over_whichever_door, |engine| {
    let (app, phone, _) = with_ada(engine, &[]).await;
    for doors in [[true; 5], [false; 5]] {
        let browser = half_way(&app).await;
        for script in doors {
            let status = with_digits(&browser, script, &phone.wrong_digits(&app)).await;
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        }
        for script in [true, false] {
            let status = with_digits(&browser, script, &phone.next_digits(&app)).await;
            assert_eq!(status, StatusCode::UNAUTHORIZED, "right, and too late");
        }
        assert_eq!(browser.name().await, None);
        app.state.clock.advance(15 * MINUTE);
    }
    let log = app.count("select count(*) from security_events where kind = 'second_step_failed'");
    assert_eq!(log.await, 1, "the owner is told, once an hour");
});

story!(t39_v6_5_1_digits_are_good_once, |engine| {
    let (app, phone, _) = with_ada(engine, &[]).await;
    let digits = phone.digits(&app);
    let mut browsers = Vec::new();
    for _ in 0..6 {
        browsers.push(half_way(&app).await);
    }
    let uses =
        browsers.iter().enumerate().map(|(n, browser)| with_digits(browser, n % 2 == 0, &digits));
    let statuses = futures_util::future::join_all(uses).await;
    let good = statuses.iter().filter(|s| s.is_success() || s.is_redirection()).count();
    assert_eq!(good, 1, "{statuses:?}");
    assert_eq!(app.count("select count(*) from sessions").await, 1);
    // Nor are those before them, of which the clock's tolerance lets one pass.
    let former = phone.next_digits(&app);
    let last = phone.next_digits(&app);
    assert_eq!(with_digits(&half_way(&app).await, true, &last).await, StatusCode::OK);
    let status = with_digits(&half_way(&app).await, true, &former).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
});

story!(t39_the_digits_of_the_set_up_are_not_good_for_a_log_in, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let phone = Phone::begin(&ada).await;
    let digits = phone.digits(&app);
    assert_eq!(
        ada.call("confirm-authenticator", &[("code", &digits)]).await.status,
        StatusCode::OK
    );
    for script in [true, false] {
        let status = with_digits(&half_way(&app).await, script, &digits).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let next = phone.next_digits(&app);
    assert_eq!(with_digits(&half_way(&app).await, false, &next).await, done(false));
});

story!(t42_somebody_elses_second_factor_finishes_no_log_in, |engine| {
    let (app, ..) = with_ada(engine, &[]).await;
    let bob = app.person("bob").await;
    let (phone, codes) = Phone::set_up(&app, &bob).await;
    let browser = half_way(&app).await;
    for script in [true, false] {
        for fields in [
            vec![("code", phone.digits(&app))],
            vec![("recovery_code", codes[0].clone())],
            vec![("code", phone.digits(&app)), ("username", "bob".into()), ("user_id", "1".into())],
        ] {
            if fields.len() > 1 && script {
                continue;
            }
            let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
            let answered = answer(&browser, script, &fields).await;
            assert_eq!(answered.status, StatusCode::UNPROCESSABLE_ENTITY, "{fields:?}");
        }
    }
    assert_eq!(browser.name().await, None);
});

story!(t43_a_recovery_code_is_good_once_and_in_whatever_way_it_is_typed, |engine| {
    let (app, _, codes) = with_ada(engine, &["--login-attempts-per-account", "100"]).await;
    let mut browsers = Vec::new();
    for _ in 0..6 {
        browsers.push(half_way(&app).await);
    }
    let uses = browsers.iter().enumerate().map(|(n, browser)| {
        let fields = [("recovery_code", codes[0].as_str())];
        async move { answer(browser, n % 2 == 0, &fields).await.status }
    });
    let statuses = futures_util::future::join_all(uses).await;
    let good = statuses.iter().filter(|s| s.is_success() || s.is_redirection()).count();
    assert_eq!(good, 1, "{statuses:?}");
    let typed = [
        codes[1].to_lowercase().replace('-', ""),
        codes[2].replace('-', " "),
        codes[3].replace('O', "0").replace('I', "1"),
        codes[4].to_lowercase().replace('o', "0").replace('i', "1"),
        format!(" {}\t", codes[5].replace('-', " - ")),
    ];
    for (n, code) in typed.iter().enumerate() {
        let browser = half_way(&app).await;
        let answered = answer(&browser, n % 2 == 0, &[("recovery_code", code)]).await;
        assert_eq!(answered.status, done(n % 2 == 0), "{code}: {}", answered.body);
    }
    // In the other field it counts as well.
    assert_eq!(with_digits(&half_way(&app).await, true, &codes[6]).await, StatusCode::OK);
    assert_eq!(app.count("select count(*) from recovery_codes").await, 3);
});
