//! Setting a second factor up, living with it, and losing it.

use std::time::Duration;

use byline::server::{factors, key::SiteKey, sealed};
use reqwest::StatusCode;
use serde_json::json;

use crate::phone::Phone;
use crate::support::{Answer, Browser, PASSWORD, TestApp, story};

const MINUTE: Duration = Duration::from_secs(60);

/// A password that nobody has yet.
const ANOTHER: &str = "four other random words";

const HERE: &str = "/settings/security/second-factor";

/// Sends one of the page's forms without JavaScript.
async fn submit(browser: &Browser, form: &str, fields: &[(&str, &str)]) -> Answer {
    browser.submit(&format!("{HERE}?form={form}"), fields).await
}

/// Logs in with digits.
async fn log_in(app: &TestApp, phone: &Phone) -> Browser {
    let browser = app.browser();
    assert_eq!(browser.log_in("ada", PASSWORD).await.status, StatusCode::OK);
    let finished = browser.call("finish-log-in", &[("code", &phone.digits(app))]).await;
    assert_eq!(finished.status, StatusCode::OK, "{}", finished.body);
    app.state.clock.advance(crate::phone::STEP);
    browser
}

/// The texts between the tags of an element that has that class.
fn secrets(page: &str) -> Vec<&str> {
    let parts = page.split("class=\"secret\">").skip(1);
    parts.map(|part| part.split('<').next().unwrap()).collect()
}

story!(a_person_sets_an_app_up_without_javascript_and_gets_recovery_codes, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let other = app.browser();
    other.log_in("ada", PASSWORD).await;
    let link = app.reset_token("ada").await;
    let page = ada.get("/settings/security").await;
    assert!(
        page.body.contains("Off: whoever knows") && page.body.contains(&format!("href=\"{HERE}\""))
    );
    let page = ada.get(HERE).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(!page.body.contains("Recovery codes") && !page.body.contains("Switch it off"));

    let begun = submit(&ada, "begin-authenticator", &[]).await;
    assert_eq!(begun.status, StatusCode::OK, "{}", begun.body);
    assert_eq!(begun.header("cache-control"), "private, no-store");
    assert!(
        begun.body.contains("<svg") && begun.body.contains("<path d=\"M0 0h7v1h-7z"),
        "a QR code"
    );
    let phone = Phone::new(secrets(&begun.body)[0]);
    let letters = phone.shown.replace(' ', "");
    assert_eq!((letters.len(), phone.shown.len()), (32, 39), "in groups of four");
    let issuer = app.origin.trim_start_matches("http://").replace(':', "%3A");
    let uri = format!("otpauth://totp/{issuer}:ada?secret={letters}&amp;issuer={issuer}");
    assert!(begun.body.contains(&uri), "{uri}: {}", begun.body);

    // Wrong digits: the same secret again, and nothing is switched on.
    for wrong in [phone.wrong_digits(&app), "12345".into(), "abcdef".into(), String::new()] {
        let refused = submit(&ada, "confirm-authenticator", &[("code", &wrong)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.body);
        assert!(refused.body.contains("id=\"code-error\""), "{}", refused.body);
        assert_eq!(secrets(&refused.body), [phone.shown.as_str()]);
        assert!(wrong.is_empty() || !refused.body.contains(&format!("value=\"{wrong}\"")));
    }
    assert_eq!(other.name().await.as_deref(), Some("ada"));
    let old = ada.cookie();
    let done = submit(&ada, "confirm-authenticator", &[("code", &phone.digits(&app))]).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.body);
    assert_eq!(done.header("cache-control"), "private, no-store");
    let codes: Vec<&str> = secrets(&done.body)[0].lines().collect();
    assert_eq!(codes.len(), 10);
    assert!(codes.iter().all(|code| code.len() == 19), "{codes:?}");
    assert!(done.body.contains("Switch it off") && !done.body.contains(&phone.shown));

    // This browser goes on, under another identifier; all else has ended.
    assert!(ada.cookie() != old && ada.name().await.as_deref() == Some("ada"));
    assert_eq!(other.name().await, None, "T8: every other session has ended");
    let by_link = [("token", link.as_str()), ("password", ANOTHER)];
    assert_eq!(app.browser().call("reset-password", &by_link).await.status, StatusCode::GONE);
    let page = ada.get("/settings/security").await.body;
    for said in [
        "On: the password alone",
        "Recovery codes left: 10.",
        "An authenticator app was set up",
        "New recovery codes were made",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    let told = app.post().await;
    assert_eq!(told.len(), 1);
    assert_eq!(
        (told[0].header("Subject"), told[0].header("To")),
        ("Your second factor", "ada@example.org")
    );
    assert!(told[0].part("text/plain").contains("An authenticator app was set up"));
});

story!(t17_no_get_hands_out_a_secret_of_a_second_factor, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let phone = Phone::begin(&ada).await;
    let letters = phone.shown.replace(' ', "");
    let addresses = [
        HERE.to_owned(),
        format!("{HERE}?form=begin-authenticator"),
        format!("{HERE}?form=confirm-authenticator"),
        "/rpc/own-factors".into(),
        "/rpc/begin-authenticator".into(),
        "/rpc/confirm-authenticator?code=1".into(),
        "/rpc/own-security".into(),
    ];
    for address in &addresses {
        let body = ada.get(address).await.body;
        assert!(!body.contains(&letters) && !body.contains(&phone.shown), "{address}: {body}");
        assert!(secrets(&body).is_empty(), "{address}");
    }
    // The answer to another form has it no more than a GET has.
    let other = submit(&ada, "remove-authenticator", &[]).await;
    assert_eq!(other.status, StatusCode::NOT_FOUND);
    assert!(!other.body.contains(&phone.shown));
    // Nor has another session's, though it is the same person's.
    let second = app.browser();
    second.log_in("ada", PASSWORD).await;
    let refused = submit(&second, "confirm-authenticator", &[("code", &phone.digits(&app))]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(!refused.body.contains(&phone.shown));
    let (_, codes) = Phone::set_up(&app, &ada).await;
    for address in &addresses {
        let body = ada.get(address).await.body;
        assert!(codes.iter().all(|code| !body.contains(code.as_str())), "{address}: {body}");
    }
});

story!(a_set_up_ends_after_ten_minutes_and_with_its_session, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let phone = Phone::begin(&ada).await;
    app.state.clock.advance(10 * MINUTE);
    let late = ada.call("confirm-authenticator", &[("code", &phone.digits(&app))]).await;
    assert_eq!((late.status, late.json()), (StatusCode::FORBIDDEN, json!("recent_login_needed")));
    ada.call("confirm", &[("password", PASSWORD)]).await;
    let phone = Phone::begin(&ada).await;
    ada.call("confirm", &[("password", PASSWORD)]).await;
    let gone = ada.call("confirm-authenticator", &[("code", &phone.digits(&app))]).await;
    assert_eq!(gone.status, StatusCode::FORBIDDEN, "another identifier, another session");
    assert_eq!(app.count("select count(*) from authenticator_setups").await, 0);
    // Begun when the proof was nearly stale, it is no longer good than that.
    app.state.clock.advance(9 * MINUTE);
    let phone = Phone::begin(&ada).await;
    app.state.clock.advance(MINUTE);
    let late = ada.call("confirm-authenticator", &[("code", &phone.digits(&app))]).await;
    assert_eq!((late.status, late.json()), (StatusCode::FORBIDDEN, json!("recent_login_needed")));
    assert_eq!(app.count("select count(*) from authenticators").await, 0);
});

story!(setting_an_app_up_and_switching_it_off_ask_for_a_fresh_proof, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    app.state.clock.advance(11 * MINUTE);
    let refused = submit(&ada, "begin-authenticator", &[]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.body.contains("Confirm that it is you"), "in its place: {}", refused.body);
    let fields = [("password", PASSWORD), ("next", HERE)];
    let proved = submit(&ada, "confirm", &fields).await;
    assert_eq!((proved.status, proved.header("location")), (StatusCode::SEE_OTHER, HERE));
    let (phone, codes) = Phone::set_up(&app, &ada).await;
    app.state.clock.advance(11 * MINUTE);
    for form in ["begin-authenticator", "remove-authenticator", "make-recovery-codes"] {
        for script in [true, false] {
            let refused =
                if script { ada.call(form, &[]).await } else { submit(&ada, form, &[]).await };
            assert_eq!(refused.status, StatusCode::FORBIDDEN, "{form}");
            assert!(script || refused.body.contains("Confirm that it is you"), "{form}");
        }
    }
    // The proof asks for the second factor, and shows its fields when it is missing.
    let missing = submit(&ada, "confirm", &fields).await;
    assert_eq!(missing.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        missing.body.contains("id=\"code-error\"")
            && missing.body.contains("name=\"recovery_code\"")
    );
    // They stay when it is the password that is wrong.
    let code = phone.next_digits(&app);
    let fields = [("password", "a guess"), ("next", HERE), ("asked", "digits"), ("code", &code)];
    let wrong = submit(&ada, "confirm", &fields).await;
    assert!(wrong.body.contains("id=\"password-error\"") && wrong.body.contains("name=\"code\""));
    let fields = [("password", PASSWORD), ("next", HERE), ("code", &code)];
    let proved = submit(&ada, "confirm", &fields).await;
    assert_eq!(proved.header("location"), HERE, "{}", proved.body);
    app.state.clock.advance(crate::phone::STEP);
    let other = log_in(&app, &phone).await;
    let removed = submit(&ada, "remove-authenticator", &[]).await;
    assert_eq!(removed.header("location"), "/settings/security", "{}", removed.body);
    assert!(
        ada.get("/settings/security")
            .await
            .body
            .contains("The authenticator app was switched off.")
    );
    assert_eq!(other.name().await, None, "T8");
    assert_eq!(ada.name().await.as_deref(), Some("ada"));
    // And with it the recovery codes: the password is enough again.
    assert_eq!(app.count("select count(*) from recovery_codes").await, 0);
    let again = app.browser().log_in("ada", PASSWORD).await;
    assert_eq!(again.json()["to"], "/", "{codes:?}");
});

story!(t41_what_is_grave_asks_for_the_strongest_proof_that_there_is, |engine| {
    let app = TestApp::start_with(engine, &["--login-attempts-per-account", "100"]).await;
    let ada = app.person("ada").await;
    let (phone, codes) = Phone::set_up(&app, &ada).await;
    // As if this session were from before the second factor: the password is fresh, and that is all.
    app.execute("update sessions set aal = 1").await;
    let grave = [
        ("end-other-sessions", vec![]),
        ("begin-authenticator", vec![]),
        ("remove-authenticator", vec![]),
        ("make-recovery-codes", vec![]),
        ("change-password", vec![("current_password", PASSWORD), ("new_password", ANOTHER)]),
    ];
    for (function, fields) in &grave {
        let refused = ada.call(function, fields).await;
        let refused = (refused.status, refused.json());
        assert_eq!(refused, (StatusCode::FORBIDDEN, json!("recent_login_needed")), "{function}");
    }
    let change = [("current_password", PASSWORD), ("new_password", ANOTHER)];
    let page = ada.submit("/settings/security?form=change-password", &change).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    assert!(page.body.contains("Confirm that it is you"), "in its place: {}", page.body);
    // A password alone proves too little, through either door, and wrong digits nothing.
    let wrong = phone.wrong_digits(&app);
    for fields in [
        vec![("password", PASSWORD)],
        vec![("password", PASSWORD), ("code", "")],
        vec![("password", PASSWORD), ("code", &wrong)],
        vec![("password", PASSWORD), ("recovery_code", "AAAA-AAAA-AAAA-AAAA")],
        vec![("code", codes[0].as_str()), ("password", "")],
        vec![("code", codes[0].as_str()), ("password", "a guess")],
    ] {
        for script in [true, false] {
            let refused = if script {
                ada.call("confirm", &fields).await
            } else {
                ada.submit("/settings/security?form=confirm", &fields).await
            };
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{fields:?}");
        }
    }
    assert_eq!(ada.call("end-other-sessions", &[]).await.status, StatusCode::FORBIDDEN);
    let fields = [("password", PASSWORD), ("code", &phone.digits(&app))];
    assert_eq!(ada.call("confirm", &fields).await.status, StatusCode::OK);
    assert_eq!(ada.call("end-other-sessions", &[]).await.status, StatusCode::OK);
    assert_eq!(ada.call("change-password", &change).await.status, StatusCode::OK);
    // It goes on with what was proved.
    assert_eq!(ada.call("end-other-sessions", &[]).await.status, StatusCode::OK);
    // A recovery code does as well, which the code that failed above was not used up by.
    app.state.clock.advance(11 * MINUTE);
    let fields = [("password", ANOTHER), ("recovery_code", codes[0].as_str())];
    assert_eq!(ada.call("confirm", &fields).await.status, StatusCode::OK);
    assert_eq!(ada.call("end-other-sessions", &[]).await.status, StatusCode::OK);
});

story!(t42_somebody_elses_second_factor_freshens_no_session, |engine| {
    let app = TestApp::start(engine).await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    let (adas, _) = Phone::set_up(&app, &ada).await;
    let (bobs, codes) = Phone::set_up(&app, &bob).await;
    let other = log_in(&app, &adas).await;
    app.state.clock.advance(11 * MINUTE);
    let digits = bobs.digits(&app);
    for proof in [
        vec![("code", digits.as_str())],
        vec![("code", &digits), ("username", "bob"), ("user_id", "1")],
        vec![("recovery_code", codes[0].as_str())],
    ] {
        let fields = [vec![("password", PASSWORD)], proof].concat();
        let refused = ada.call("confirm", &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{fields:?}");
    }
    assert_eq!(ada.call("end-other-sessions", &[]).await.status, StatusCode::FORBIDDEN);
    let fields = [("password", PASSWORD), ("code", &adas.digits(&app))];
    assert_eq!(ada.call("confirm", &fields).await.status, StatusCode::OK);
    for stale in [&other, &bob] {
        assert_eq!(stale.call("end-other-sessions", &[]).await.status, StatusCode::FORBIDDEN);
    }
    // A secret that is moved to another account's row opens nothing there.
    app.execute(
        "update authenticators set secret = (select secret from authenticators where user_id \
         = (select id from users where username = 'bob')), last_step = 0",
    )
    .await;
    let fields = [("password", PASSWORD), ("code", &bobs.next_digits(&app))];
    assert_eq!(ada.call("confirm", &fields).await.status, StatusCode::INTERNAL_SERVER_ERROR);
});

story!(t39_digits_are_good_for_one_proof_or_one_log_in, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let (phone, _) = Phone::set_up(&app, &ada).await;
    let digits = phone.digits(&app);
    let cookie = ada.cookie();
    let proofs = futures_util::future::join_all((0..6).map(|_| {
        let browser = app.browser();
        browser.set_cookie(cookie.clone());
        let fields = [("password", PASSWORD), ("code", digits.as_str())];
        async move { (browser.call("confirm", &fields).await.status, browser.cookie()) }
    }));
    let proofs = proofs.await;
    let good: Vec<_> = proofs.iter().filter(|(status, _)| status.is_success()).collect();
    assert_eq!(good.len(), 1, "{proofs:?}");
    ada.set_cookie(good[0].1.clone());
    let fields = [("password", PASSWORD), ("code", digits.as_str())];
    assert_eq!(ada.call("confirm", &fields).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let browser = app.browser();
    browser.log_in("ada", PASSWORD).await;
    let late = browser.call("finish-log-in", &[("code", &digits)]).await;
    assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY);
});

story!(t37_proofs_and_log_ins_share_the_budget_of_the_second_factor, |engine| {
    let app = TestApp::start_with(engine, &["--login-attempts-per-account", "100"]).await;
    let ada = app.person("ada").await;
    let (phone, _) = Phone::set_up(&app, &ada).await;
    let wrong = phone.wrong_digits(&app);
    let cookie = ada.cookie();
    let proofs = futures_util::future::join_all((0..20).map(|_| {
        let browser = app.browser();
        browser.set_cookie(cookie.clone());
        let fields = [("password", PASSWORD), ("code", wrong.as_str())];
        async move { browser.call("confirm", &fields).await.status }
    }));
    let statuses = proofs.await;
    let looked = statuses.iter().filter(|s| **s == StatusCode::UNPROCESSABLE_ENTITY).count();
    assert_eq!(looked, 10, "{statuses:?}");
    let browser = app.browser();
    browser.log_in("ada", PASSWORD).await;
    let status = browser.call("finish-log-in", &[("code", &phone.digits(&app))]).await.status;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(ada.name().await.as_deref(), Some("ada"));
});

story!(t32_v6_4_3_a_reset_by_mail_does_not_switch_the_second_factor_off, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    app.execute("update users set confirmed_at = 0").await;
    let (phone, codes) = Phone::set_up(&app, &ada).await;
    // Whoever used the guesses up gets no new ones by it.
    for _ in 0..2 {
        let thief = app.browser();
        thief.log_in("ada", PASSWORD).await;
        for _ in 0..5 {
            thief.call("finish-log-in", &[("code", &phone.wrong_digits(&app))]).await;
        }
    }
    let token = app.reset_token("ada").await;
    let browser = app.browser();
    let fields = [("token", token.as_str()), ("password", ANOTHER)];
    assert_eq!(browser.call("reset-password", &fields).await.status, StatusCode::OK);
    assert_eq!((browser.name().await, ada.name().await), (None, None));
    let half = browser.log_in("ada", ANOTHER).await;
    assert_eq!(half.json()["to"], "/login/step?next=%2F");
    assert_eq!(browser.name().await, None);
    let held = browser.call("finish-log-in", &[("code", &phone.digits(&app))]).await;
    assert_eq!(held.status, StatusCode::TOO_MANY_REQUESTS);
    app.state.clock.advance(15 * MINUTE);
    browser.log_in("ada", ANOTHER).await;
    let page = browser.get("/login/step").await;
    assert!(page.body.contains("Use a recovery code"));
    let fields = [("recovery_code", codes[9].as_str())];
    assert_eq!(browser.call("finish-log-in", &fields).await.status, StatusCode::OK);
    assert_eq!(browser.name().await.as_deref(), Some("ada"));
    // And may take leave of the telephone that is lost.
    assert_eq!(browser.call("remove-authenticator", &[]).await.status, StatusCode::OK);
});

story!(new_recovery_codes_void_the_old_ones_and_few_are_said_to_be_few, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let none = ada.call("make-recovery-codes", &[]).await;
    assert_eq!(none.status, StatusCode::NOT_FOUND, "nothing that they could stand in for");
    let (phone, old) = Phone::set_up(&app, &ada).await;
    let made = submit(&ada, "make-recovery-codes", &[]).await;
    assert_eq!(made.status, StatusCode::OK);
    let new: Vec<&str> = secrets(&made.body)[0].lines().collect();
    assert_eq!((new.len(), app.count("select count(*) from recovery_codes").await), (10, 10));
    assert!(made.body.contains("download=\"recovery-codes.txt\""));
    let use_up = async |code: &str| {
        let browser = app.browser();
        browser.log_in("ada", PASSWORD).await;
        browser.call("finish-log-in", &[("recovery_code", code)]).await.status
    };
    assert_eq!(use_up(&old[0]).await, StatusCode::UNPROCESSABLE_ENTITY);
    const FEW: &str = "Hardly any recovery codes are left";
    for (n, code) in new.iter().take(7).enumerate() {
        for page in ["/settings/security", HERE] {
            assert!(!ada.get(page).await.body.contains(FEW), "{n} used");
        }
        assert_eq!(use_up(code).await, StatusCode::OK, "{code}");
    }
    for page in ["/settings/security", HERE] {
        let body = ada.get(page).await.body;
        assert!(body.contains(FEW), "{page}: {body}");
    }
    assert!(ada.get("/settings/security").await.body.contains("Recovery codes left: 3."));
    // Another app in place of the first leaves the codes as they are.
    let (_, codes) = Phone::set_up(&app, &ada).await;
    assert!(codes.is_empty());
    assert_eq!(app.count("select count(*) from recovery_codes").await, 3);
    app.browser().log_in("ada", PASSWORD).await;
    assert_eq!(
        use_up(&phone.digits(&app)).await,
        StatusCode::UNPROCESSABLE_ENTITY,
        "the former app"
    );
});

story!(whoever_runs_the_site_lets_in_who_has_lost_everything, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    Phone::set_up(&app, &ada).await;
    let half = app.browser();
    half.log_in("ada", PASSWORD).await;
    factors::reset(&app.state.db, "ADA", app.state.clock.now()).await.unwrap();
    assert_eq!(ada.name().await, None);
    for table in [
        "select count(*) from authenticators",
        "select count(*) from recovery_codes",
        "select count(*) from pending_log_ins",
    ] {
        assert_eq!(app.count(table).await, 0, "{table}");
    }
    let again = app.browser();
    assert_eq!(again.log_in("ada", PASSWORD).await.json()["to"], "/");
    let page = again.get("/settings/security").await.body;
    assert!(
        page.contains("All second factors were switched off")
            && page.contains("By whoever runs the site")
    );
    let told = app.post().await;
    assert!(
        told.last().unwrap().part("text/plain").contains("All second factors were switched off")
    );
    assert!(factors::reset(&app.state.db, "nobody", app.state.clock.now()).await.is_err());
});

// As docs/running.md says to do when somebody else is in an account.
story!(a_thiefs_factors_go_while_the_account_is_deactivated, |engine| {
    use byline::{domain::password::Password, server::users};
    let app = TestApp::start(engine).await;
    let thief = app.person("ada").await;
    let (phone, _) = Phone::set_up(&app, &thief).await;
    let (db, now) = (&app.state.db, app.state.clock.now());
    users::set_active(db, "ada", false, now).await.unwrap();
    factors::reset(db, "ada", now).await.unwrap();
    let another = Password::parse_given(ANOTHER.into()).ok().unwrap();
    let hash = app.state.passwords.hash(&another).await.unwrap();
    users::set_password(db, "ada", &hash, now).await.unwrap();
    users::set_active(db, "ada", true, now).await.unwrap();
    assert_eq!(thief.name().await, None);
    let stale = app.browser().log_in("ada", PASSWORD).await;
    assert_eq!(stale.status, StatusCode::UNAUTHORIZED, "{}", phone.shown);
    let ada = app.browser();
    assert_eq!(ada.log_in("ada", ANOTHER).await.json()["to"], "/");
    assert_eq!(app.count("select count(*) from authenticators").await, 0);
    // And its owner is told of both.
    let told = app.post().await;
    for subject in ["Your second factor", "Your password was changed"] {
        assert!(told.iter().any(|letter| letter.header("Subject") == subject), "{subject}");
    }
});

story!(t46_v6_5_2_no_secret_of_a_second_factor_lies_in_the_database_as_it_is, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let waits = Phone::begin(&ada).await;
    let dump = async || app.dump().await.join("\n").to_lowercase();
    let hex = |letters: &str| {
        let bare = letters.replace([' ', '-'], "");
        data_encoding::HEXLOWER
            .encode(&data_encoding::BASE32_NOPAD.decode(bare.as_bytes()).unwrap())
    };
    let clean = |dump: &str, shown: &str| {
        let bare = shown.replace([' ', '-'], "").to_lowercase();
        assert!(!dump.contains(&bare) && !dump.contains(&hex(shown)), "{shown}");
    };
    clean(&dump().await, &waits.shown);
    let (phone, codes) = Phone::set_up(&app, &ada).await;
    let browser = app.browser();
    browser.log_in("ada", PASSWORD).await;
    let value = browser.others.lock().unwrap()["byline-step"].clone();
    let dump = dump().await;
    assert!(dump.contains("authenticators: ") && dump.contains("pending_log_ins: "));
    clean(&dump, &phone.shown);
    for code in &codes {
        clean(&dump, code);
    }
    assert!(!dump.contains(&value));
});

story!(another_key_file_is_noticed_before_anybody_is_shut_out, |engine| {
    let app = TestApp::start(engine).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("another.key");
    let another = SiteKey::read_or_make(&file).unwrap();
    let (db, right) = (&app.state.db, &app.state.key);
    // As long as nothing is encrypted a key may come and go.
    sealed::check_key(db, &another, &file).await.unwrap();
    sealed::check_key(db, right, &file).await.unwrap();
    let ada = app.person("ada").await;
    Phone::set_up(&app, &ada).await;
    let refused = sealed::check_key(db, &another, &file).await.unwrap_err().to_string();
    for said in ["another.key", "BYLINE_KEY_FILE", "user reset-factors"] {
        assert!(refused.contains(said), "{said}: {refused}");
    }
    sealed::check_key(db, right, &file).await.unwrap();
    factors::reset(db, "ada", app.state.clock.now()).await.unwrap();
    sealed::check_key(db, &another, &file).await.unwrap();
});

/// Which the command line says in one sentence.
#[tokio::test(flavor = "multi_thread")]
async fn a_site_with_the_wrong_key_file_does_not_start() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    let url = format!("sqlite://{}", path.join("byline.db").display());
    let app = TestApp::start_at(url.clone(), folder, &[]).await;
    let ada = app.person("ada").await;
    Phone::set_up(&app, &ada).await;
    let byline = |args: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_byline"));
        command.env_clear().env("DATABASE_URL", &url).env("BYLINE_LISTEN", "127.0.0.1:0");
        command.env("BYLINE_KEY_FILE", path.join("wrong.key")).args(args).output().unwrap()
    };
    let refused = byline(&["serve"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.lines().count() == 1, "{said}");
    assert!(said.contains("wrong.key is not the one"), "{said}");
    let reset = byline(&["user", "reset-factors", "ada"]);
    assert!(reset.status.success(), "{reset:?}");
    assert!(!byline(&["user", "reset-factors", "nobody"]).status.success());
    assert_eq!(app.browser().log_in("ada", PASSWORD).await.json()["to"], "/");
    assert_eq!(
        app.count("select count(*) from security_events where kind = 'factors_reset'").await,
        1
    );
}

story!(t33_nobodys_mailbox_is_flooded_by_changes_of_second_factors, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    Phone::set_up(&app, &ada).await;
    let mut made = Vec::new();
    for _ in 0..12 {
        made.push(ada.call("make-recovery-codes", &[]).await.status.as_u16());
    }
    assert_eq!(made, [&[200; 9][..], &[429; 3]].concat(), "ten an hour, with the app");
    let off = ada.call("remove-authenticator", &[]).await;
    assert_eq!(off.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(app.post().await.len(), 10);
});
