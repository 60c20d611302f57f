//! Registering with a proof of the address, and those who have no such proof.

use std::time::Duration;

use byline::server::{registrations::pending, users};
use clap::Parser;
use futures_util::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::support::{Answer, Browser, Letter, OnlyConfig, PASSWORD, TestApp, story};

const MINUTE: Duration = Duration::from_secs(60);
const CONFIRM: &str = "/register/confirm";

async fn proving(engine: crate::support::Engine) -> TestApp {
    TestApp::start_with(engine, &["--email-proof", "on", "--registration-mails", "100"]).await
}

/// Signs up as whoever that is, with that address.
async fn sign_up(browser: &Browser, name: &str, email: &str, password: &str) -> Answer {
    let fields = [("username", name), ("email", email), ("password", password)];
    browser.call("register", &fields).await
}

/// Signs up in a browser of its own, and gives it with the newest letter to the address.
async fn signed_up(app: &TestApp, name: &str, email: &str, password: &str) -> (Browser, Letter) {
    let browser = app.browser();
    let answer = sign_up(&browser, name, email, password).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    (browser, app.post().await.pop().unwrap())
}

async fn type_code(browser: &Browser, code: &str) -> Answer {
    browser.call("confirm-by-code", &[("code", code)]).await
}

async fn open(browser: &Browser, link: &str, password: &str) -> Answer {
    let token = link.rsplit('/').next().unwrap();
    browser.call("confirm-by-link", &[("token", token), ("password", password)]).await
}

fn is_expired(answer: &Answer) -> bool {
    answer.status == StatusCode::GONE && answer.json() == json!("link_expired")
}

fn is_wrong(answer: &Answer, field: &str) -> bool {
    answer.json() == json!({ "invalid": [[field, "wrong"]] })
}

async fn accounts(app: &TestApp) -> i64 {
    app.count("select count(*) from users").await
}

async fn attempts(app: &TestApp) -> i64 {
    app.count("select count(*) from pending_registrations").await
}

/// Everything of an answer that a stranger can compare, but for the random value of the cookie.
fn outside(answer: &Answer) -> (StatusCode, Vec<(String, String)>, String) {
    let changes = |name: &str| matches!(name, "date" | "content-security-policy");
    let headers = answer.headers.iter().filter(|(name, _)| !changes(name.as_str()));
    let mut headers: Vec<(String, String)> = headers
        .map(|(name, value)| {
            let value = value.to_str().unwrap();
            let random = value.strip_prefix("byline-registration=").map(|rest| &rest[..64]);
            (name.to_string(), random.map_or(value.to_owned(), |random| value.replace(random, "")))
        })
        .collect();
    headers.sort();
    let policy = answer.header("content-security-policy");
    let nonce = policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next());
    let body = nonce.map_or(answer.body.clone(), |nonce| answer.body.replace(nonce, ""));
    (answer.status, headers, body)
}

story!(whoever_registers_types_the_mailed_code_without_javascript, |engine| {
    let app = proving(engine).await;
    let browser = app.browser();
    let page = browser.get("/register").await;
    assert!(page.body.contains("We mail a code to it"), "{}", page.body);
    let fields = [("username", "Ada"), ("email", "Ada@example.org"), ("password", PASSWORD)];
    let answer = browser.submit("/register", &fields).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, CONFIRM));
    let cookie = answer.header("set-cookie");
    assert!(cookie.contains("; HttpOnly; SameSite=Lax; Path=/; Max-Age=1800"), "{cookie}");
    assert_eq!((accounts(&app).await, browser.name().await), (0, None));
    assert_eq!(app.count("select count(*) from sessions").await, 0);
    let page = browser.get(CONFIRM).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("Ada@example.org") && page.body.contains("?form=code"));
    let letters = app.post().await;
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].header("To"), "Ada@example.org");
    assert!(letters[0].part("text/html").contains(&letters[0].code()), "{}", letters[0].raw());
    let wrong = browser.submit("/register/confirm?form=code", &[("code", "ABCD-EFGH")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.body.contains("there is a newer one"), "{}", wrong.body);
    assert!(!wrong.body.contains("ABCD-EFGH"), "a code is not repeated");
    let typed = format!(" {} ", letters[0].code().to_lowercase().replace('-', " "));
    let right = browser.submit("/register/confirm?form=code", &[("code", &typed)]).await;
    assert_eq!((right.status, right.header("location")), (StatusCode::SEE_OTHER, "/"));
    assert_eq!(browser.name().await.as_deref(), Some("Ada"));
    assert_eq!(app.count("select count(*) from users where confirmed_at > 0").await, 1);
    assert_eq!((attempts(&app).await, browser.other_cookie("registration")), (0, None));
    assert_eq!(app.browser().log_in("ada@example.org", PASSWORD).await.status, StatusCode::OK);
});

story!(the_mailed_link_needs_a_click_in_the_browser_that_registered, |engine| {
    let app = proving(engine).await;
    let (browser, letter) = signed_up(&app, "ada", "ada@example.org", PASSWORD).await;
    let link = letter.link(&app.origin);
    let page = browser.get(&link).await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(page.header("referrer-policy"), "no-referrer");
    assert_eq!(page.header("cache-control"), "private, no-store");
    assert!(!page.body.contains("name=\"password\""), "{}", page.body);
    let token = link.rsplit('/').next().unwrap();
    let answer = browser.submit(&link, &[("token", token)]).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/"));
    assert_eq!(browser.name().await.as_deref(), Some("ada"));
    let again = browser.get(&link).await;
    assert_eq!(again.status, StatusCode::GONE);
    assert!(again.body.contains("no longer works") && again.body.contains("href=\"/login\""));
});

story!(the_mailed_link_asks_another_browser_for_the_password, |engine| {
    let app = proving(engine).await;
    let (first, letter) = signed_up(&app, "ada", "ada@example.org", PASSWORD).await;
    let (link, telephone) = (letter.link(&app.origin), app.browser());
    let token = link.rsplit('/').next().unwrap();
    assert!(telephone.get(&link).await.body.contains("name=\"password\""));
    for (password, said) in [("", "Password is missing"), ("a wrong one", "not your password")] {
        let refused = telephone.submit(&link, &[("token", token), ("password", password)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{password}");
        assert!(refused.body.contains(said), "{}", refused.body);
    }
    assert_eq!(open(&telephone, &link, PASSWORD).await.json()["to"], "/");
    assert_eq!(telephone.name().await.as_deref(), Some("ada"));
    assert!(is_expired(&type_code(&first, &letter.code()).await), "once");
    assert_eq!(first.name().await, None);
});

story!(t01_registering_does_not_tell_whose_address_has_an_account, |engine| {
    let app = proving(engine).await;
    signed_up(&app, "known", "known@example.org", PASSWORD).await;
    let letter = app.post().await.pop().unwrap();
    open(&app.browser(), &letter.link(&app.origin), PASSWORD).await;
    let (shut, mailed) = app.attempt("shut1").await;
    type_code(&shut, &mailed.code).await;
    users::set_active(&app.state.db, "shut1", false, app.state.clock.now()).await.unwrap();
    assert_eq!(accounts(&app).await, 2);
    let mut all = Vec::new();
    for name in ["known", "nobod", "shut1"] {
        let (email, browser) = (format!("{name}@example.org"), app.browser());
        let fields = [("username", "somebody"), ("email", &email), ("password", PASSWORD)];
        let code = [("code", "ABCD-EFGH")];
        let mut answers = vec![
            browser.submit("/register", &fields).await,
            browser.call("register", &fields).await,
            browser.get(CONFIRM).await,
            browser.ask("registration-step", &[]).await,
        ];
        app.post().await;
        answers.push(browser.call("send-code-again", &[]).await);
        answers.push(browser.submit("/register/confirm?form=again", &[]).await);
        for _ in 0..6 {
            answers.push(browser.call("confirm-by-code", &code).await);
        }
        answers.push(browser.submit("/register/confirm?form=code", &code).await);
        answers.push(browser.get(CONFIRM).await);
        let answers = answers.into_iter().map(|mut answer| {
            answer.body = answer.body.replace(&email, "");
            outside(&answer)
        });
        all.push(answers.collect::<Vec<_>>());
    }
    assert_eq!(all[0][0].0, StatusCode::SEE_OTHER);
    assert_eq!(all[0], all[1]);
    assert_eq!(all[2], all[1]);
});

story!(t02_registering_costs_the_same_work_for_a_known_and_an_unknown_address, |engine| {
    let app = proving(engine).await;
    let (ada, mailed) = app.attempt("ada").await;
    type_code(&ada, &mailed.code).await;
    let stored = async || {
        (
            app.state.passwords.work(),
            app.count("select cast(coalesce(sum(count), 0) as bigint) from attempts").await,
            app.count("select count(*) from outbox").await,
            app.count(
                "select cast(count(*) + sum(wrong_tries) as bigint) from pending_registrations",
            )
            .await,
            app.count("select count(*) from users").await,
        )
    };
    app.attempt("first").await;
    let mut costs = Vec::new();
    for (name, email) in [
        ("new", "ada@example.org"),
        ("new", "new@example.org"),
        ("ada", "ADA@example.org"),
        ("ada", "other@example.org"),
    ] {
        let (before, browser) = (stored().await, app.browser());
        sign_up(&browser, name, email, PASSWORD).await;
        type_code(&browser, "ABCD-EFGH").await;
        let after = stored().await;
        costs.push((
            after.0 - before.0,
            after.1 - before.1,
            after.2 - before.2,
            after.3 - before.3,
            after.4 - before.4,
        ));
    }
    let each = "one hash, six counted attempts, one letter, one row with one wrong try, no account";
    assert_eq!(costs, [(1, 6, 1, 2, 0); 4], "{each}");
});

story!(t03_whoever_has_an_account_is_told_by_mail, |engine| {
    let app = proving(engine).await;
    for name in ["known", "shut1"] {
        let (browser, mailed) = app.attempt(name).await;
        type_code(&browser, &mailed.code).await;
    }
    users::set_active(&app.state.db, "shut1", false, app.state.clock.now()).await.unwrap();
    let before = app.post().await.len();
    sign_up(&app.browser(), "other", "KNOWN@example.org", PASSWORD).await;
    sign_up(&app.browser(), "other", "shut1@example.org", PASSWORD).await;
    let letters = app.post().await;
    let [letter] = &letters[before..] else { panic!("{letters:?}") };
    assert_eq!(letter.header("To"), "known@example.org", "T28: the address that is stored");
    assert_eq!(letter.header("Subject"), "You have an account already");
    assert_eq!(letter.link(&app.origin), "/login");
    assert!(letter.raw().contains("/reset") && !letter.raw().contains("/confirm/"));
    assert_eq!(
        app.count("select count(*) from pending_registrations where code_hash is not null").await,
        0
    );
});

story!(t04_a_name_that_is_taken_is_told_after_the_proof_and_another_one_is_chosen, |engine| {
    let app = proving(engine).await;
    for name in ["ada", "bob"] {
        let (browser, mailed) = app.attempt(name).await;
        type_code(&browser, &mailed.code).await;
    }
    let (browser, letter) = signed_up(&app, "ADA", "eve@example.org", PASSWORD).await;
    let early = browser.call("choose-username", &[("username", "bob")]).await;
    assert!(is_expired(&early), "not before the proof: {}", early.body);
    let answer = type_code(&browser, &letter.code()).await;
    assert_eq!(answer.json(), json!({ "to": CONFIRM, "reload": true }));
    assert_eq!((accounts(&app).await, browser.name().await), (2, None));
    let page = browser.get(CONFIRM).await;
    assert!(page.body.contains("<strong>ADA</strong>") && page.body.contains("?form=name"));
    let taken = browser.submit("/register/confirm?form=name", &[("username", "Bob")]).await;
    assert_eq!(taken.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(taken.body.contains("This username is taken"), "{}", taken.body);
    // It is no list of who is here, either.
    for n in 0..19 {
        let answer = browser.call("choose-username", &[("username", "ada")]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{n}");
    }
    let answer = browser.call("choose-username", &[("username", "eve")]).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    // Whoever proves it in another browser goes on there.
    let (first, letter) = signed_up(&app, "ada", "fay@example.org", PASSWORD).await;
    let telephone = app.browser();
    let answer = open(&telephone, &letter.link(&app.origin), PASSWORD).await;
    assert_eq!(answer.json()["to"], CONFIRM);
    assert!(is_expired(&first.call("choose-username", &[("username", "fay")]).await));
    let answer = telephone.submit("/register/confirm?form=name", &[("username", "fay")]).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/"));
    assert_eq!(telephone.name().await.as_deref(), Some("fay"));
    assert_eq!(app.count("select count(*) from users where confirmed_at > 0").await, 3);
});

story!(t24_of_twenty_uses_at_once_one_makes_an_account, |engine| {
    let app = proving(engine).await;
    let (browser, letter) = signed_up(&app, "ada", "ada@example.org", PASSWORD).await;
    let code = letter.code();
    let answers = join_all((0..20).map(|_| type_code(&browser, &code))).await;
    let made = answers.iter().filter(|answer| answer.status == StatusCode::OK).count();
    let rest = answers.iter().filter(|answer| is_expired(answer)).count();
    assert_eq!((made, rest, accounts(&app).await), (1, 19, 1));
    let (browser, letter) = signed_up(&app, "bob", "bob@example.org", PASSWORD).await;
    let link = letter.link(&app.origin);
    let telephone = app.browser();
    let uses =
        (0..20).map(|n| open(if n % 2 == 0 { &browser } else { &telephone }, &link, PASSWORD));
    let answers = join_all(uses).await;
    let made = answers.iter().filter(|answer| answer.status == StatusCode::OK).count();
    let rest = answers.iter().filter(|answer| is_expired(answer)).count();
    assert_eq!((made, rest, accounts(&app).await), (1, 19, 2));
});

story!(of_two_who_prove_one_name_at_once_one_gets_it_and_one_chooses_another, |engine| {
    let app = proving(engine).await;
    let one = signed_up(&app, "ada", "ada@example.org", PASSWORD).await;
    let two = signed_up(&app, "Ada", "ada@example.net", PASSWORD).await;
    let (first, second) = (one.1.code(), two.1.code());
    let (first, second) = tokio::join!(type_code(&one.0, &first), type_code(&two.0, &second));
    let mut to = [first.json()["to"].clone(), second.json()["to"].clone()].map(|v| v.to_string());
    to.sort();
    assert_eq!(to, ["\"/\"", "\"/register/confirm\""]);
    assert_eq!(accounts(&app).await, 1);
});

story!(v6_6_2_two_attempts_for_one_address_do_not_get_into_each_others_way, |engine| {
    let app = proving(engine).await;
    let one = signed_up(&app, "ada", "ada@example.org", "the first of passwords").await;
    let two = signed_up(&app, "bob", "ADA@example.org", "the second of passwords").await;
    assert!(is_wrong(&type_code(&two.0, &one.1.code()).await, "code"), "each has its own code");
    assert_eq!(type_code(&one.0, &one.1.code()).await.status, StatusCode::OK);
    // The other one comes too late, and hears so only now.
    assert!(two.0.get(CONFIRM).await.body.contains("?form=code"));
    let late = type_code(&two.0, &two.1.code()).await;
    assert_eq!(late.json(), json!({ "invalid": [["email", "taken"]] }));
    assert_eq!((accounts(&app).await, two.0.name().await), (1, None));
    let answer = app.browser().log_in("ada", "the second of passwords").await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
});

story!(t25_a_newer_mail_replaces_the_former, |engine| {
    let app = proving(engine).await;
    let (browser, former) = signed_up(&app, "ada", "ada@example.org", PASSWORD).await;
    let answer = browser.submit("/register/confirm?form=again", &[]).await;
    assert_eq!(answer.header("location"), "/register/confirm?sent=true");
    assert!(browser.get(answer.header("location")).await.body.contains("Another mail"));
    let newer = app.post().await.pop().unwrap();
    assert_ne!(newer.code(), former.code());
    assert!(is_wrong(&type_code(&browser, &former.code()).await, "code"));
    assert!(is_expired(&open(&browser, &former.link(&app.origin), PASSWORD).await));
    assert_eq!(type_code(&browser, &newer.code()).await.status, StatusCode::OK);
    assert!(is_expired(&browser.call("send-code-again", &[]).await));
});

story!(t26_a_code_or_a_token_of_another_shape_is_none, |engine| {
    let app = proving(engine).await;
    // Nothing was delivered to this one: there is nothing that could be guessed.
    let bare = app.browser();
    sign_up(&bare, "bare", "bare@example.org", PASSWORD).await;
    let (browser, letter) = signed_up(&app, "ada", "ada@example.org", PASSWORD).await;
    let long = "A".repeat(40_000);
    for code in
        ["", " ", "null", "[]", "{}", "0", "ABCD-EFG0", "ABCD-EFGHJ", "\u{ff21}BCDEFGH", &long]
    {
        for browser in [&bare, &browser, &app.browser()] {
            let answer = type_code(browser, code).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{code:?}");
        }
    }
    assert!(is_wrong(&type_code(&bare, "ABCDEFGH").await, "code"));
    for token in ["", " ", "null", "[]", "{}", "%", &long, &letter.code()] {
        let answer = open(&browser, token, PASSWORD).await;
        assert!(answer.status.is_client_error(), "{token:?}: {}", answer.status);
    }
    // A token is no cookie, and a cookie is no token.
    let link = letter.link(&app.origin);
    let forger = app.browser();
    forger.set_other_cookie("registration", link.rsplit('/').next().unwrap());
    assert!(is_expired(&type_code(&forger, &letter.code()).await));
    let cookie = browser.other_cookie("registration").unwrap();
    assert!(is_expired(&open(&app.browser(), &cookie, PASSWORD).await));
    for cookie in ["", "x", "\"", "%00"] {
        forger.set_other_cookie("registration", cookie);
        assert!(is_expired(&type_code(&forger, &letter.code()).await), "{cookie:?}");
    }
    assert_eq!(accounts(&app).await, 0);
});

story!(t29_the_mail_goes_to_the_address_that_was_checked_and_to_no_other, |engine| {
    let app = proving(engine).await;
    for wrong in [
        "a@x.example,b@y.example",
        "a@x.example b@y.example",
        "m\u{131}ke@x.example",
        "a\r\nBcc: b@y.example",
    ] {
        let answer = sign_up(&app.browser(), "mike", wrong, PASSWORD).await;
        assert_eq!(answer.json(), json!({ "invalid": [["email", "malformed"]] }), "{wrong}");
    }
    assert_eq!((app.post().await.len(), attempts(&app).await), (0, 0));
    let (_, letter) = signed_up(&app, "Visit-Evil", "Mike.X@Example.org", PASSWORD).await;
    assert_eq!(letter.header("To"), "Mike.X@Example.org");
    assert!(!letter.raw().contains("Visit-Evil"), "a stranger's words are in no letter");
});

story!(t30_opening_a_link_changes_nothing, |engine| {
    let app = proving(engine).await;
    let (browser, letter) = signed_up(&app, "ada", "ada@example.org", PASSWORD).await;
    let link = letter.link(&app.origin);
    let query = format!("token={}&code={}&password={PASSWORD}", &link[18..], letter.code());
    let before = app.dump().await;
    for browser in [&browser, &app.browser()] {
        for path in [
            &link,
            CONFIRM,
            &format!("{CONFIRM}?form=code&{query}"),
            &format!("/rpc/registration-link?{query}"),
        ] {
            for method in [Method::GET, Method::HEAD] {
                let answer = browser.send(browser.bare(method.clone(), path)).await;
                let refused = method == Method::HEAD && path.starts_with("/rpc");
                assert!(answer.status.is_success() || refused, "{path}: {}", answer.status);
                assert_eq!(app.dump().await, before, "{path}");
            }
        }
    }
    assert_eq!(open(&browser, &link, "").await.status, StatusCode::OK, "it works still");
});

story!(t31_whoever_registers_with_somebody_elses_address_gets_nothing, |engine| {
    const ATTACKERS: &str = "the attacker's password";
    let app = proving(engine).await;
    let (attacker, bait) = signed_up(&app, "eve", "victim@example.org", ATTACKERS).await;
    let (victim, letter) = signed_up(&app, "vic", "victim@example.org", PASSWORD).await;
    // The victim opens the wrong one of two links, in a browser that is about to register.
    let link = bait.link(&app.origin);
    assert!(victim.get(&link).await.body.contains("name=\"password\""));
    for password in ["", PASSWORD] {
        let answer = open(&victim, &link, password).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.body);
    }
    // The code of the one attempt is worth nothing in the browser of the other.
    assert!(is_wrong(&type_code(&victim, &bait.code()).await, "code"));
    assert_eq!(accounts(&app).await, 0);
    assert_eq!(type_code(&victim, &letter.code()).await.status, StatusCode::OK);
    assert_eq!((victim.name().await.as_deref(), accounts(&app).await), (Some("vic"), 1));
    // Nothing of the attacker's is good for anything.
    for identity in ["victim@example.org", "vic", "eve"] {
        let answer = app.browser().log_in(identity, ATTACKERS).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{identity}");
    }
    assert!(is_wrong(&type_code(&attacker, "ABCD-EFGH").await, "code"));
    attacker.call("send-code-again", &[]).await;
    let told = app.post().await.pop().unwrap();
    assert_eq!(told.header("Subject"), "You have an account already");
    assert_eq!((attacker.name().await, accounts(&app).await), (None, 1));
});

story!(t33_no_mailbox_is_flooded_whatever_the_case_and_the_network, |engine| {
    let proxy = ["--email-proof", "on", "--trusted-proxies", "127.0.0.1"];
    let app = TestApp::start_with(engine, &proxy).await;
    let (ada, mailed) = app.attempt("ada").await;
    type_code(&ada, &mailed.code).await;
    for local in ["ada", "nobody"] {
        let mut statuses = Vec::new();
        for (network, spelling) in [
            (1, local.to_owned()),
            (1, local.to_uppercase()),
            (1, format!("{local}+1")),
            (1, local.to_owned()),
            (2, format!("{}.{}", &local[..1], &local[1..])),
            (2, local.to_owned()),
            (3, local.to_owned()),
            (4, local.to_owned()),
            (5, local.to_owned()),
        ] {
            let browser = app.browser();
            let email = format!("{spelling}@example.org");
            let fields = [("username", "other"), ("email", &email), ("password", PASSWORD)];
            let request = browser
                .bare(Method::POST, "/rpc/register")
                .header("origin", &app.origin)
                .header("x-forwarded-for", format!("203.0.113.{network}"));
            statuses.push(browser.send(request.form(&fields)).await.status.as_u16());
        }
        assert_eq!(statuses, [200, 200, 200, 429, 200, 200, 200, 429, 429], "{local}");
    }
    app.state.clock.advance(60 * MINUTE);
    let answer = sign_up(&app.browser(), "other", "ada@example.org", PASSWORD).await;
    assert_eq!(answer.status, StatusCode::OK);
});

story!(t33_sending_again_counts_as_well, |engine| {
    let app = TestApp::start_with(engine, &["--email-proof", "on"]).await;
    let (browser, _) = signed_up(&app, "ada", "ada@example.org", PASSWORD).await;
    for _ in 0..2 {
        assert_eq!(browser.call("send-code-again", &[]).await.status, StatusCode::OK);
    }
    let refused = browser.submit("/register/confirm?form=again", &[]).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.body.contains("tried too often") && refused.body.contains("?form=code"));
    assert_eq!(app.post().await.len(), 3);
});

story!(t37_v6_6_3_of_a_hundred_guesses_at_once_five_are_looked_at, |engine| {
    let patient = ["--email-proof", "on", "--login-attempts-per-address", "1000"];
    let app = TestApp::start_with(engine, &patient).await;
    let (browser, letter) = signed_up(&app, "ada", "ada@example.org", PASSWORD).await;
    let answers = join_all((0..100).map(|_| type_code(&browser, "ABCD-EFGH"))).await;
    let looked_at = answers.iter().filter(|answer| is_wrong(answer, "code")).count();
    assert_eq!(looked_at, 5);
    assert!(is_expired(&type_code(&browser, &letter.code()).await), "the right one, too late");
    assert!(is_expired(&open(&browser, &letter.link(&app.origin), PASSWORD).await));
    assert!(browser.get(CONFIRM).await.body.contains("There is nothing to confirm"));
    assert!(is_expired(&browser.call("send-code-again", &[]).await), "nor is there another mail");
    // So it is with the password beside the link, and each costs a hash.
    let (_, letter) = signed_up(&app, "bob", "bob@example.org", PASSWORD).await;
    let (telephone, work) = (app.browser(), app.state.passwords.work());
    let link = letter.link(&app.origin);
    let answers = join_all((0..20).map(|_| open(&telephone, &link, "a guess"))).await;
    assert_eq!(answers.iter().filter(|answer| is_wrong(answer, "password")).count(), 5);
    assert_eq!(app.state.passwords.work() - work, 5);
    assert!(is_expired(&open(&telephone, &link, PASSWORD).await));
    assert_eq!(accounts(&app).await, 0);
});

story!(t37_one_network_guesses_so_often_and_no_oftener, |engine| {
    let few = ["--email-proof", "on", "--login-attempts-per-address", "3"];
    let app = TestApp::start_with(engine, &few).await;
    let (browser, letter) = signed_up(&app, "ada", "ada@example.org", PASSWORD).await;
    for _ in 0..3 {
        assert!(is_expired(&type_code(&app.browser(), "ABCD-EFGH").await));
    }
    let refused = type_code(&browser, &letter.code()).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    app.state.clock.advance(15 * MINUTE);
    assert_eq!(type_code(&browser, &letter.code()).await.status, StatusCode::OK);
});

story!(an_attempt_lives_for_half_an_hour_and_is_swept_out_afterwards, |engine| {
    let app = proving(engine).await;
    let (ada, first) = signed_up(&app, "ada", "ada@example.org", PASSWORD).await;
    let (bob, second) = signed_up(&app, "bob", "bob@example.org", PASSWORD).await;
    app.state.clock.advance(29 * MINUTE);
    assert_eq!(type_code(&ada, &first.code()).await.status, StatusCode::OK);
    app.state.clock.advance(MINUTE);
    assert!(is_expired(&type_code(&bob, &second.code()).await));
    assert!(is_expired(&open(&bob, &second.link(&app.origin), PASSWORD).await));
    assert_eq!(bob.get(&second.link(&app.origin)).await.status, StatusCode::GONE);
    assert!(bob.get(CONFIRM).await.body.contains("There is nothing to confirm"));
    pending::forget_ended(&app.state.db, app.state.clock.now()).await.unwrap();
    assert_eq!((attempts(&app).await, accounts(&app).await), (0, 1));
    // A letter that comes too late is none.
    sign_up(&app.browser(), "cyd", "cyd@example.org", PASSWORD).await;
    app.state.clock.advance(30 * MINUTE);
    assert_eq!(app.post().await.len(), 2);
});

story!(t46_neither_the_database_nor_the_outbox_holds_what_confirms, |engine| {
    let app = proving(engine).await;
    let (browser, letter) = signed_up(&app, "ada", "ada@example.org", PASSWORD).await;
    browser.call("send-code-again", &[]).await;
    let code = letter.code();
    let secrets = [
        code.replace('-', ""),
        code,
        letter.link(&app.origin).rsplit('/').next().unwrap().to_owned(),
        browser.other_cookie("registration").unwrap(),
        PASSWORD.to_owned(),
    ];
    let dump = app.dump().await;
    assert!(dump.iter().any(|row| row.starts_with("outbox")), "{dump:?}");
    for secret in secrets {
        let secret = secret.to_lowercase();
        assert!(dump.iter().all(|row| !row.to_lowercase().contains(&secret)), "{secret}");
    }
});

story!(t44_a_code_is_worth_nothing_under_another_sites_key, |engine| {
    // Whoever reads the database alone cannot find the code that belongs to its hash.
    let app = proving(engine).await;
    let (browser, mailed) = app.attempt("ada").await;
    let other = tempfile::tempdir().unwrap();
    let key = byline::server::key::SiteKey::read_or_make(&other.path().join("key")).unwrap();
    let (cookie, now) = (browser.other_cookie("registration"), app.state.clock.now());
    let found = pending::waiting(&app.state.db, cookie.as_deref(), now).await.unwrap().unwrap();
    let code = byline::domain::registration::Code::parse(&mailed.code).ok().unwrap();
    assert!(found.has_code(&app.state.key, &code) && !found.has_code(&key, &code));
});

story!(whoever_is_logged_in_already_becomes_the_new_account, |engine| {
    let app = proving(engine).await;
    let (browser, mailed) = app.attempt("ada").await;
    type_code(&browser, &mailed.code).await;
    let before = browser.cookie();
    sign_up(&browser, "bob", "bob@example.org", PASSWORD).await;
    assert_eq!(browser.name().await.as_deref(), Some("ada"), "nothing happens before the proof");
    let letter = app.post().await.pop().unwrap();
    assert_eq!(type_code(&browser, &letter.code()).await.status, StatusCode::OK);
    assert_eq!(browser.name().await.as_deref(), Some("bob"));
    let thief = app.browser();
    thief.set_cookie(before);
    assert_eq!(thief.name().await, None, "T6: the former session has ended");
});

story!(a_site_that_was_closed_meanwhile_stays_closed, |engine| {
    let app =
        TestApp::start_with(engine, &["--registration", "closed", "--email-proof", "on"]).await;
    let (browser, mailed) = app.attempt("ada").await;
    let answer = type_code(&browser, &mailed.code).await;
    assert_eq!(answer.json(), json!("registration_closed"));
    let answer = sign_up(&app.browser(), "bob", "bob@example.org", PASSWORD).await;
    assert_eq!(answer.json(), json!("registration_closed"));
    assert_eq!((accounts(&app).await, attempts(&app).await), (0, 1));
});

story!(without_proof_one_is_logged_in_at_once_and_the_address_stays_unproved, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    assert!(ada.get("/register").await.body.contains("when you forget your password"));
    assert_eq!(app.count("select count(*) from users where confirmed_at is null").await, 1);
    assert_eq!((attempts(&app).await, app.post().await.len()), (0, 0));
    let page = app.browser().get(CONFIRM).await;
    assert!(page.body.contains("There is nothing to confirm"), "{}", page.body);
});

#[test]
fn proof_is_asked_for_where_there_is_a_mail_server_unless_it_is_said_otherwise() {
    let smtp = ["--smtp-url", "smtp://127.0.0.1"];
    for (arguments, expected) in [
        (vec![], false),
        (smtp.to_vec(), true),
        (vec!["--smtp-url", " "], false),
        ([&smtp[..], &["--email-proof", "off"]].concat(), false),
        (vec!["--email-proof", "on"], true),
    ] {
        let all = ["test"].into_iter().chain(arguments.clone());
        assert_eq!(OnlyConfig::parse_from(all).config.asks_for_proof(), expected, "{arguments:?}");
    }
    assert!(OnlyConfig::try_parse_from(["test", "--email-proof", "yes"]).is_err());
}
