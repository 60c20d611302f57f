//! A forgotten password, and those who would like somebody to have forgotten one.

use std::time::Duration;

use byline::server::users;
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::{
    phone::Phone,
    support::{Answer, PASSWORD, TestApp, story},
};

const FRESH: &str = "another good password";

/// Asks for the mail as that identity.
async fn ask(app: &TestApp, identity: &str) -> Answer {
    app.browser().call("ask-for-reset", &[("email", identity)]).await
}

/// Asks for ada's mail, and gives the path of the link in it.
async fn link_for_ada(app: &TestApp) -> String {
    assert_eq!(ask(app, "ada").await.status, StatusCode::OK);
    let letters = app.post().await;
    letters.last().unwrap().link(&app.origin)
}

/// Sets a new password by that link.
async fn set(app: &TestApp, link: &str, password: &str) -> Answer {
    let token = link.rsplit('/').next().unwrap();
    app.browser().call("reset-password", &[("token", token), ("password", password)]).await
}

fn is_expired(answer: &Answer) -> bool {
    answer.status == StatusCode::GONE && answer.json() == json!("link_expired")
}

/// Everything of an answer that a stranger can compare.
fn outside(answer: &Answer) -> (StatusCode, Vec<(String, String)>, String) {
    let changes = |name: &str| matches!(name, "date" | "content-security-policy");
    let headers = answer.headers.iter().filter(|(name, _)| !changes(name.as_str()));
    let mut headers: Vec<(String, String)> =
        headers.map(|(n, v)| (n.to_string(), v.to_str().unwrap().to_owned())).collect();
    headers.sort();
    (answer.status, headers, answer.body.clone())
}

story!(whoever_forgot_the_password_sets_a_new_one_without_javascript, |engine| {
    let app = TestApp::start(engine).await;
    let thief = app.person("ada").await;
    let browser = app.browser();
    let page = browser.get("/login").await;
    assert!(page.body.contains("href=\"/reset\""));
    let answer = browser.submit("/reset", &[("email", "ADA@example.org")]).await;
    assert_eq!(
        (answer.status, answer.header("location")),
        (StatusCode::SEE_OTHER, "/reset?sent=true")
    );
    assert!(browser.get("/reset?sent=true").await.body.contains("If there is such an account"));
    let link = app.post().await[0].link(&app.origin);
    let page = browser.get(&link).await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(page.header("referrer-policy"), "no-referrer");
    assert_eq!(page.header("cache-control"), "private, no-store");
    assert!(page.body.contains(&format!("action=\"{link}\"")), "{}", page.body);
    let token = link.rsplit('/').next().unwrap();
    let short = browser.submit(&link, &[("token", token), ("password", "short")]).await;
    assert_eq!(short.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(short.body.contains("needs at least 12 characters") && short.body.contains(token));
    let answer = browser.submit(&link, &[("token", token), ("password", FRESH)]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(answer.header("location"), "/login?changed=true");
    assert_eq!(browser.cookie(), None, "nobody is logged in by a link");
    assert!(browser.get("/login?changed=true").await.body.contains("Your new password is set"));
    assert_eq!(thief.name().await, None, "all sessions have ended");
    assert_eq!(browser.log_in("ada", PASSWORD).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(browser.log_in("ada", FRESH).await.status, StatusCode::OK);
    let letters = app.post().await;
    assert_eq!(letters.len(), 2);
    assert_eq!(letters[1].header("Subject"), "Your password was changed");
    assert_eq!(letters[1].header("To"), "ada@example.org");
    // The link is used up, on its page too.
    let page = browser.get(&link).await;
    assert_eq!(page.status, StatusCode::GONE);
    assert!(page.body.contains("href=\"/reset\""), "a way to another link");
    let again = browser.submit(&link, &[("token", token), ("password", FRESH)]).await;
    assert_eq!(again.status, StatusCode::GONE);
    assert!(again.body.contains("href=\"/reset\""));
});

story!(a_browser_that_hides_where_it_was_may_still_send_the_form, |engine| {
    let app = TestApp::start(engine).await;
    app.person("ada").await;
    let link = link_for_ada(&app).await;
    let token = link.rsplit('/').next().unwrap();
    let browser = app.browser();
    // From a page with the policy no-referrer, browsers send `Origin: null`.
    for (site, expected) in [
        (None, StatusCode::FORBIDDEN),
        (Some("none"), StatusCode::FORBIDDEN),
        (Some("same-site"), StatusCode::FORBIDDEN),
        (Some("cross-site"), StatusCode::FORBIDDEN),
        (Some("same-origin"), StatusCode::SEE_OTHER),
    ] {
        let request = browser.bare(Method::POST, &link).header("accept", "text/html");
        let request = request.header("origin", "null");
        let request = site.into_iter().fold(request, |r, site| r.header("sec-fetch-site", site));
        let answer = browser.send(request.form(&[("token", token), ("password", FRESH)])).await;
        assert_eq!(answer.status, expected, "{site:?}");
    }
});

story!(t01_asking_for_a_reset_does_not_tell_who_has_an_account, |engine| {
    let app = TestApp::start_with(engine, &["--resets-per-account", "3"]).await;
    app.person("known").await;
    app.person("shut1").await;
    users::set_active(&app.state.db, "shut1", false, app.state.clock.now()).await.unwrap();
    // Its notice is another story.
    app.execute("delete from outbox").await;
    let mut calls = Vec::new();
    let mut forms = Vec::new();
    for identity in ["known", "nobod", "shut1", "known@example.org", "nobod@example.org"] {
        calls.push(outside(&ask(&app, identity).await));
        forms.push(outside(&app.browser().submit("/reset", &[("email", identity)]).await));
        // Nor does being sent away for asking too often.
        calls.push(outside(&ask(&app, identity).await));
    }
    assert!(calls.iter().all(|answer| *answer == calls[0]), "{calls:?}");
    assert!(forms.iter().all(|answer| *answer == forms[0]), "{forms:?}");
    for identity in ["known", "nobod"] {
        assert_eq!(ask(&app, identity).await.status, StatusCode::TOO_MANY_REQUESTS);
    }
    // And only who has one is written to.
    let to: Vec<String> =
        app.post().await.iter().map(|letter| letter.header("To").to_owned()).collect();
    assert_eq!(to, ["known@example.org"; 3], "three an hour, by whichever identity");
    assert_eq!(app.count("select count(*) from outbox").await, 0);
});

story!(t02_asking_for_a_reset_costs_the_same_work_for_everybody, |engine| {
    let app = TestApp::start(engine).await;
    app.person("known").await;
    let mut costs = Vec::new();
    for identity in ["known", "nobody", "known@example.org", "nobody@example.org"] {
        let stored = async || {
            (
                app.state.passwords.work(),
                app.count("select cast(coalesce(sum(count), 0) as bigint) from attempts").await,
                app.count("select count(*) from outbox").await,
                app.count("select count(*) from account_tokens").await,
            )
        };
        let before = stored().await;
        ask(&app, identity).await;
        let after = stored().await;
        costs.push((
            after.0 - before.0,
            after.1 - before.1,
            after.2 - before.2,
            after.3 - before.3,
        ));
    }
    assert_eq!(costs, [(0, 3, 1, 0); 4], "three counted attempts, one letter, no hash, no token");
});

story!(t23_a_forged_host_is_in_no_link, |engine| {
    let app = TestApp::start_with(engine, &["--resets-per-account", "3"]).await;
    app.person("ada").await;
    for (name, value) in [
        ("host", "evil.example"),
        ("x-forwarded-host", "evil.example"),
        ("forwarded", "host=evil.example"),
    ] {
        let browser = app.browser();
        let request = browser
            .bare(Method::POST, "/rpc/ask-for-reset")
            .header("origin", &app.origin)
            .header(name, value)
            .form(&[("email", "ada")]);
        assert_eq!(browser.send(request).await.status, StatusCode::OK, "{name}");
    }
    let letters = app.post().await;
    assert_eq!(letters.len(), 3);
    for letter in letters {
        assert!(!letter.raw().contains("evil.example"), "{}", letter.raw());
        assert!(letter.link(&app.origin).starts_with("/reset/"));
    }
});

story!(t24_of_twenty_uses_of_a_link_at_once_one_counts, |engine| {
    let app = TestApp::start(engine).await;
    app.person("ada").await;
    let link = link_for_ada(&app).await;
    let passwords: Vec<String> = (0..20).map(|n| format!("{FRESH} {n}")).collect();
    let uses = passwords.iter().map(|password| set(&app, &link, password));
    let answers = futures_util::future::join_all(uses).await;
    let won: Vec<usize> = (0..20).filter(|n| answers[*n].status == StatusCode::OK).collect();
    let [won] = won[..] else { panic!("{won:?}") };
    for (n, answer) in answers.iter().enumerate().filter(|(n, _)| *n != won) {
        assert!(is_expired(answer), "{n}: {answer:?}");
    }
    assert_eq!(app.browser().log_in("ada", &passwords[won]).await.status, StatusCode::OK);
    assert_eq!(app.post().await.len(), 2, "one link, one notice");
});

story!(t25_a_newer_link_kills_the_former, |engine| {
    let app = TestApp::start(engine).await;
    app.person("ada").await;
    let (former, newer) = (link_for_ada(&app).await, link_for_ada(&app).await);
    assert_ne!(former, newer);
    assert!(is_expired(&set(&app, &former, FRESH).await));
    assert_eq!(set(&app, &newer, FRESH).await.status, StatusCode::OK);
});

story!(t25_a_changed_password_role_or_account_kills_the_link, |engine| {
    use byline::domain::{password::Password, role::Role};
    let app = TestApp::start_with(engine, &["--resets-per-account", "100"]).await;
    let (db, now) = (&app.state.db, app.state.clock.now());
    app.person("ada").await;
    for change in ["password", "role", "deactivation", "address", "deletion"] {
        let link = link_for_ada(&app).await;
        match change {
            "password" => {
                let same = Password::parse_given(PASSWORD.into()).ok().unwrap();
                let hash = app.state.passwords.hash(&same).await.unwrap();
                users::set_password(db, "ada", &hash, now).await.unwrap();
            }
            "role" => users::set_role(db, "ada", Role::Editor, now).await.unwrap(),
            "deactivation" => {
                users::set_active(db, "ada", false, now).await.unwrap();
                users::set_active(db, "ada", true, now).await.unwrap();
            }
            // Whatever changed it: the link proves the mailbox that it was mailed to (T27).
            "address" => {
                app.execute("update users set email = 'a@b.example', email_key = 'a@b.example'")
                    .await;
            }
            _ => app.execute("delete from users").await,
        }
        let answer = set(&app, &link, FRESH).await;
        assert!(is_expired(&answer), "after {change}: {answer:?}");
    }
    assert_eq!(app.count("select count(*) from account_tokens").await, 0);
});

story!(t26_a_token_of_another_shape_is_no_token, |engine| {
    let app = TestApp::start(engine).await;
    app.person("ada").await;
    let link = link_for_ada(&app).await;
    let right = link.rsplit('/').next().unwrap();
    let (upper, long) = (right.to_uppercase(), "a".repeat(100_000));
    let (cut, more) = (&right[1..], format!("{right}0"));
    for wrong in ["", " ", "null", "[]", "{}", "0", "%", "\0", "'", cut, &more, &upper, &long] {
        let fields = [("token", wrong), ("password", FRESH)];
        let browser = app.browser();
        let call = browser.call("reset-password", &fields).await;
        assert!(call.status.is_client_error(), "{wrong:.80}: {}", call.status);
        let form = browser.submit(&link, &fields).await;
        assert!(form.status.is_client_error(), "{wrong:.80}: {}", form.status);
        let asked = browser.ask("reset-terms", &[("token", &wrong[..wrong.len().min(9000)])]).await;
        assert!(asked.status.is_client_error(), "{wrong:.80}: {}", asked.status);
    }
    let browser = app.browser();
    for body in ["password=another+good+password", "token[]=x&password=x", "token=x", ""] {
        let request = browser
            .bare(Method::POST, "/rpc/reset-password")
            .header("origin", &app.origin)
            .header("content-type", "application/x-www-form-urlencoded");
        let status = browser.send(request.body(body)).await.status;
        assert!(status.is_client_error(), "{body}: {status}");
    }
    assert_eq!(app.browser().log_in("ada", PASSWORD).await.status, StatusCode::OK);
    assert_eq!(set(&app, &link, FRESH).await.status, StatusCode::OK, "it still works");
});

story!(t28_the_mail_goes_to_the_stored_address, |engine| {
    let app = TestApp::start(engine).await;
    let mike = app.browser();
    assert_eq!(mike.register("mike").await.status, StatusCode::OK);
    for typed in ["m\u{131}ke@example.org", "mike@example\u{ff0e}org", "mike@ex\u{e4}mple.org"] {
        assert_eq!(ask(&app, typed).await.status, StatusCode::OK, "{typed}");
    }
    assert!(app.post().await.is_empty());
    for typed in ["MIKE@EXAMPLE.ORG", " Mike "] {
        ask(&app, typed).await;
    }
    let letters = app.post().await;
    assert_eq!(letters.len(), 2);
    assert!(letters.iter().all(|letter| letter.header("To") == "mike@example.org"));
});

story!(t30_opening_a_link_changes_nothing, |engine| {
    let app = TestApp::start(engine).await;
    app.person("ada").await;
    let link = link_for_ada(&app).await;
    let before = app.dump().await;
    for method in [Method::GET, Method::HEAD, Method::OPTIONS, Method::GET] {
        let scanner = app.browser();
        scanner.send(scanner.bare(method, &link).header("accept", "text/html")).await;
    }
    assert_eq!(app.dump().await, before);
    assert_eq!(set(&app, &link, FRESH).await.status, StatusCode::OK);
});

story!(t31_whoever_took_the_address_first_is_out_after_a_reset, |engine| {
    let app = TestApp::start(engine).await;
    // Mallory registers with ada's address and stays logged in.
    let mallory = app.person("ada").await;
    assert_eq!(set(&app, &link_for_ada(&app).await, FRESH).await.status, StatusCode::OK);
    assert_eq!(mallory.name().await, None);
    assert_eq!(mallory.log_in("ada", PASSWORD).await.status, StatusCode::UNAUTHORIZED);
});

story!(
    t31_the_second_factor_of_whoever_took_the_address_first_keeps_its_owner_out_no_more,
    |engine| {
        let app = TestApp::start(engine).await;
        let mallory = app.person("ada").await;
        Phone::set_up(&app, &mallory).await;
        assert_eq!(set(&app, &link_for_ada(&app).await, FRESH).await.status, StatusCode::OK);
        let ada = app.browser();
        assert_eq!(ada.log_in("ada", FRESH).await.json()["to"], "/");
        assert_eq!(app.count("select count(*) from recovery_codes").await, 0);
        let letters = app.post().await;
        let told = letters
            .iter()
            .any(|letter| letter.raw().contains("All second factors were switched off"));
        assert!(told, "{letters:?}");
        // From then on the address is proved, and whoever reads mail there gets no further.
        Phone::set_up(&app, &ada).await;
        app.state.clock.advance(Duration::from_secs(3600));
        assert_eq!(set(&app, &link_for_ada(&app).await, PASSWORD).await.status, StatusCode::OK);
        let half = app.browser().log_in("ada", PASSWORD).await;
        assert_eq!(half.json()["to"], "/login/step?next=%2F");
    }
);

story!(t33_nobodys_mailbox_is_flooded_whatever_the_case_and_the_network, |engine| {
    let app = TestApp::start_with(engine, &["--trusted-proxies", "127.0.0.1"]).await;
    app.person("ada").await;
    let mut statuses = Vec::new();
    for (n, identity) in
        ["ada", "ADA", " Ada ", "aDa", "ada@example.org", "ADA@example.org"].iter().enumerate()
    {
        let browser = app.browser();
        let request = browser
            .bare(Method::POST, "/rpc/ask-for-reset")
            .header("origin", &app.origin)
            .header("x-forwarded-for", format!("203.0.113.{n}"));
        statuses.push(browser.send(request.form(&[("email", identity)])).await.status.as_u16());
    }
    assert_eq!(statuses, [200, 200, 429, 429, 200, 200]);
    assert_eq!(app.post().await.len(), 2, "name and address are one person's");
    app.state.clock.advance(Duration::from_secs(15 * 60));
    assert_eq!(ask(&app, "ada").await.status, StatusCode::OK);
    assert_eq!(app.post().await.len(), 3);
});

story!(t33_one_network_asks_twenty_times_an_hour, |engine| {
    let app = TestApp::start(engine).await;
    for n in 0..20 {
        assert_eq!(ask(&app, &format!("person{n}")).await.status, StatusCode::OK);
    }
    let refused = ask(&app, "another").await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.header("retry-after").parse::<u64>().unwrap() <= 3600);
    assert_eq!(app.count("select count(*) from outbox").await, 20);
});

story!(whoever_mistyped_too_often_may_log_in_after_a_reset, |engine| {
    let app = TestApp::start(engine).await;
    app.person("ada").await;
    for identity in ["ada", "ada@example.org"] {
        for _ in 0..11 {
            app.browser().log_in(identity, "mistyped once more").await;
        }
    }
    assert_eq!(set(&app, &link_for_ada(&app).await, FRESH).await.status, StatusCode::OK);
    for identity in ["ada", "ada@example.org"] {
        assert_eq!(app.browser().log_in(identity, FRESH).await.status, StatusCode::OK);
    }
});

story!(a_link_works_for_fifteen_minutes_and_is_swept_out_afterwards, |engine| {
    let app = TestApp::start(engine).await;
    app.person("ada").await;
    let link = link_for_ada(&app).await;
    app.state.clock.advance(Duration::from_secs(15 * 60 - 30));
    assert_eq!(app.browser().get(&link).await.status, StatusCode::OK);
    app.state.clock.advance(Duration::from_secs(30));
    assert_eq!(app.browser().get(&link).await.status, StatusCode::GONE);
    assert!(is_expired(&set(&app, &link, FRESH).await));
    let now = app.state.clock.now();
    byline::server::tokens::forget_ended(&app.state.db, now).await.unwrap();
    assert_eq!(app.count("select count(*) from account_tokens").await, 0);
});

story!(t08_v7_4_3_a_cookie_is_dead_after_a_reset, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let cookie = ada.cookie();
    assert_eq!(set(&app, &link_for_ada(&app).await, FRESH).await.status, StatusCode::OK);
    ada.set_cookie(cookie);
    assert_eq!(ada.name().await, None);
    assert_eq!(app.count("select count(*) from sessions").await, 0);
});
