//! Passkeys: logging in with one, and what a person does with theirs.

use std::time::Duration;

use byline::server::{
    factors,
    passkeys::challenges::{self, Binding, Purpose},
    users,
};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    authenticator::{Device, add, ask, log_in},
    phone::Phone,
    support::{Answer, Browser, Engine, PASSWORD, TestApp, story},
};

const MINUTE: Duration = Duration::from_secs(60);

const PASSKEYS: &str = "/settings/security/passkeys";

/// A site with a name.
const SITE: &str = "https://blog.example.org";

const COOKIE: &str = "__Host-byline-passkey";

async fn start(engine: Engine) -> TestApp {
    TestApp::start_with(engine, &["--origin", SITE]).await
}

/// Somebody with a passkey, their browser and the device.
async fn with_passkey(app: &TestApp, name: &str) -> (Browser, Device) {
    let (browser, mut device) = (app.person(name).await, Device::at(SITE));
    let answer = add(&browser, &mut device, "A phone").await;
    assert_eq!((answer.status, &answer.json()["to"]), (StatusCode::OK, &json!(PASSKEYS)));
    (browser, device)
}

async fn passkeys(browser: &Browser) -> Vec<Value> {
    let answer = browser.ask("own-passkeys", &[]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer.json()["passkeys"].as_array().unwrap().clone()
}

async fn handle(browser: &Browser) -> String {
    passkeys(browser).await[0]["handle"].as_str().unwrap().to_owned()
}

/// What happened to the account of whoever is logged in there.
async fn events(browser: &Browser) -> Vec<String> {
    let all = browser.ask("own-security", &[]).await.json();
    let events = all["events"].as_array().unwrap();
    events.iter().map(|event| event["kind"].as_str().unwrap().to_owned()).collect()
}

/// It was refused as what is wrong with a passkey is, and nobody is logged in.
async fn assert_refused(browser: &Browser, answer: &Answer, why: &str) {
    let refused = (StatusCode::FORBIDDEN, json!("passkey_refused"));
    assert_eq!((answer.status, answer.json()), refused, "{why}: {}", answer.body);
    assert_eq!(browser.name().await, None, "{why}");
}

async fn log_in_with(browser: &Browser, answer: &str) -> Answer {
    browser.call("log-in-with-passkey", &[("answer", answer)]).await
}

story!(a_person_logs_in_with_a_passkey_and_types_nothing, |engine| {
    let app = start(engine).await;
    let (ada, mut device) = with_passkey(&app, "ada").await;
    assert_eq!(passkeys(&ada).await[0]["used"], Value::Null);
    let browser = app.browser();
    let answer = log_in(&browser, &mut device).await;
    assert_eq!((answer.status, &answer.json()["to"]), (StatusCode::OK, &json!("/")));
    assert!(!answer.header("set-cookie").is_empty());
    assert_eq!(browser.name().await.as_deref(), Some("ada"));
    assert_eq!(browser.other_cookie("passkey"), None, "the challenge's cookie is taken back");
    assert_eq!(events(&ada).await[0], "logged_in");
    assert!(passkeys(&ada).await[0]["used"]["text"].as_str().unwrap().ends_with(" UTC"));
    // As with a password, one comes back to where one was going, and may be kept logged in.
    let (kept, question) = (app.browser(), ask(&ada, "begin-passkey-log-in", &[]).await);
    kept.others.lock().unwrap().clone_from(&ada.others.lock().unwrap());
    let answer = device.answer(&question).await;
    let fields = [("answer", answer.as_str()), ("keep", "true"), ("next", "/editor")];
    let answer = kept.call("log-in-with-passkey", &fields).await;
    assert_eq!(answer.json()["to"], "/editor", "{answer:?}");
    assert!(kept.cookie().is_some());
    let session = answer.headers.get_all("set-cookie").iter().map(|c| c.to_str().unwrap());
    let session = session.into_iter().find(|cookie| cookie.starts_with("__Host-byline="));
    assert!(session.unwrap().contains("Max-Age=7776000"), "{answer:?}");
});

story!(a_device_makes_a_key_that_it_finds_by_the_site_and_opens_for_its_owner_alone, |engine| {
    let app = start(engine).await;
    let (ada, _) = with_passkey(&app, "ada").await;
    let question = ask(&ada, "begin-adding-passkey", &[("passkey_name", "Another")]).await;
    assert_eq!(question["rp"]["id"], "blog.example.org");
    let wanted = &question["authenticatorSelection"];
    assert_eq!(
        (&wanted["residentKey"], &wanted["requireResidentKey"], &wanted["userVerification"]),
        (&json!("required"), &json!(true), &json!("required"))
    );
    let known = question["excludeCredentials"].as_array().unwrap();
    assert_eq!(known.len(), 1, "a device that has one is not asked for another");
    assert_eq!(question["user"]["name"], "ada");
});

story!(t05_a_log_in_by_passkey_names_nobody_and_lists_nothing, |engine| {
    let app = start(engine).await;
    let before = ask(&app.browser(), "begin-passkey-log-in", &[]).await;
    with_passkey(&app, "ada").await;
    let after = app.browser().call("begin-passkey-log-in", &[("email", "ada")]).await.json();
    for mut question in [before.clone(), after] {
        assert_eq!(question["allowCredentials"], json!([]));
        assert_eq!(question["userVerification"], "required");
        question["challenge"] = before["challenge"].clone();
        assert_eq!(question, before, "but for the challenge");
    }
});

/// Origins that somebody could take for the site's, or its host for theirs.
const FOREIGN: [&str; 9] = [
    "https://evil-blog.example.org",
    "https://evilblog.example.org",
    "https://sub.blog.example.org",
    "https://example.org",
    "https://blog.example.org.evil.example",
    "https://blog.example.org@evil.example",
    "https://blog.example.org:8443",
    "http://blog.example.org",
    "null",
];

story!(t20_an_answer_from_another_origin_logs_nobody_in_and_adds_nothing, |engine| {
    let app = start(engine).await;
    let (ada, mut device) = with_passkey(&app, "ada").await;
    for origin in FOREIGN {
        let browser = app.browser();
        let question = ask(&browser, "begin-passkey-log-in", &[]).await;
        let answer = device.answer_from(origin, &question).await;
        assert_refused(&browser, &log_in_with(&browser, &answer).await, origin).await;

        let question = ask(&ada, "begin-adding-passkey", &[("passkey_name", "Evil")]).await;
        let answer = Device::at(SITE).make_from(origin, &question).await;
        let added = ada.call("add-passkey", &[("passkey_name", "Evil"), ("answer", &answer)]).await;
        assert_eq!(added.status, StatusCode::FORBIDDEN, "{origin}: {}", added.body);
    }
    assert_eq!(passkeys(&ada).await.len(), 1);
    assert_eq!(log_in(&app.browser(), &mut device).await.status, StatusCode::OK);
});

story!(t42_an_answer_is_good_once, |engine| {
    let app = start(engine).await;
    let (_, mut device) = with_passkey(&app, "ada").await;
    let browser = app.browser();
    let question = ask(&browser, "begin-passkey-log-in", &[]).await;
    let cookies = browser.others.lock().unwrap().clone();
    let answer = device.answer(&question).await;
    assert_eq!(log_in_with(&browser, &answer).await.status, StatusCode::OK);
    let thief = app.browser();
    thief.others.lock().unwrap().clone_from(&cookies);
    assert_refused(&thief, &log_in_with(&thief, &answer).await, "again").await;
    // Whatever the first answer was worth.
    let question = ask(&thief, "begin-passkey-log-in", &[]).await;
    let cookies = thief.others.lock().unwrap().clone();
    let foreign = device.answer_from("https://evil.example", &question).await;
    assert_refused(&thief, &log_in_with(&thief, &foreign).await, "foreign").await;
    thief.others.lock().unwrap().clone_from(&cookies);
    let good = device.answer(&question).await;
    assert_refused(&thief, &log_in_with(&thief, &good).await, "a second guess").await;
});

story!(t42_of_twenty_answers_to_one_challenge_at_once_one_logs_in, |engine| {
    let app = start(engine).await;
    let (_, mut device) = with_passkey(&app, "ada").await;
    let browser = app.browser();
    let question = ask(&browser, "begin-passkey-log-in", &[]).await;
    let cookies = browser.others.lock().unwrap().clone();
    let before = app.count("select count(*) from sessions").await;
    let mut answers = Vec::new();
    for _ in 0..20 {
        answers.push(device.answer(&question).await);
    }
    let tries = answers.iter().map(|answer| {
        let browser = app.browser();
        browser.others.lock().unwrap().clone_from(&cookies);
        async move { log_in_with(&browser, answer).await.status }
    });
    let statuses = futures_util::future::join_all(tries).await;
    let good = statuses.iter().filter(|status| **status == StatusCode::OK).count();
    assert_eq!(good, 1, "{statuses:?}");
    assert_eq!(app.count("select count(*) from sessions").await, before + 1);
});

story!(t42_a_challenge_is_answered_by_the_browser_that_it_was_put_to, |engine| {
    let app = start(engine).await;
    let (_, mut device) = with_passkey(&app, "ada").await;
    let (browser, other, bare) = (app.browser(), app.browser(), app.browser());
    let question = ask(&browser, "begin-passkey-log-in", &[]).await;
    ask(&other, "begin-passkey-log-in", &[]).await;
    let answer = device.answer(&question).await;
    assert_refused(&other, &log_in_with(&other, &answer).await, "another browser").await;
    assert_refused(&bare, &log_in_with(&bare, &answer).await, "one that asked nothing").await;
    for value in ["", "x", "%00", "\u{fffd}"] {
        bare.others.lock().unwrap().insert(COOKIE.into(), value.into());
        assert_refused(&bare, &log_in_with(&bare, &answer).await, value).await;
    }
    assert_eq!(log_in_with(&browser, &answer).await.status, StatusCode::OK);
});

story!(t42_a_challenge_is_answered_by_the_session_and_the_person_that_it_was_put_to, |engine| {
    let app = start(engine).await;
    let (ada, mut device) = with_passkey(&app, "ada").await;
    let (bob, phone) = (app.person("bob").await, app.browser());
    log_in(&phone, &mut device).await;
    let name = [("passkey_name", "Stolen")];
    let question = ask(&ada, "begin-adding-passkey", &name).await;
    for (who, browser) in [("bob", &bob), ("another session of hers", &phone)] {
        for begun in [false, true] {
            if begun {
                ask(browser, "begin-adding-passkey", &name).await;
            }
            let answer = Device::at(SITE).make(&question).await;
            let added = browser.call("add-passkey", &[name[0], ("answer", &answer)]).await;
            assert_eq!(added.json(), json!("passkey_refused"), "{who}: {}", added.body);
        }
    }
    assert_eq!((passkeys(&bob).await.len(), passkeys(&ada).await.len()), (0, 1));
    let answer = Device::at(SITE).make(&question).await;
    let added = ada.call("add-passkey", &[name[0], ("answer", &answer)]).await;
    assert_eq!(added.status, StatusCode::OK, "{}", added.body);
});

story!(t42_a_challenge_is_for_one_purpose_one_person_and_five_minutes, |engine| {
    let app = start(engine).await;
    app.person("ada").await;
    let (db, now) = (&app.state.db, app.state.clock.now());
    let (ada, ..) = users::find_public(db, "ada").await.unwrap().unwrap();
    let nobody = uuid::Uuid::now_v7();
    let (here, there) = (Binding::to_browser("here"), Binding::to_browser("there"));
    let spend = async |binding, purpose, user, now| {
        challenges::spend(db, binding, purpose, user, now).await.unwrap()
    };
    for (user, others) in [(Some(ada), [None, Some(nobody)]), (None, [Some(ada), Some(nobody)])] {
        challenges::put(db, &here, Purpose::Add, user, "asked", now).await.unwrap();
        for other in others {
            assert_eq!(spend(&here, Purpose::Add, other, now).await, None, "{other:?}");
        }
        assert_eq!(spend(&here, Purpose::LogIn, user, now).await, None, "another purpose");
        assert_eq!(spend(&there, Purpose::Add, user, now).await, None, "another browser");
        let late = now.after(5 * MINUTE);
        assert_eq!(spend(&here, Purpose::Add, user, late).await, None, "too late");
        let asked = spend(&here, Purpose::Add, user, now.after(4 * MINUTE)).await;
        assert_eq!(asked.as_deref(), Some("asked"));
        assert_eq!(spend(&here, Purpose::Add, user, now).await, None, "used up");
    }
});

story!(a_challenge_that_nobody_answers_ends_after_five_minutes_and_is_swept_out, |engine| {
    let app = start(engine).await;
    let (_, mut device) = with_passkey(&app, "ada").await;
    let browser = app.browser();
    let question = ask(&browser, "begin-passkey-log-in", &[]).await;
    app.state.clock.advance(5 * MINUTE);
    let answer = device.answer(&question).await;
    assert_refused(&browser, &log_in_with(&browser, &answer).await, "too late").await;
    let waiting = async || app.count("select count(*) from passkey_challenges").await;
    assert_eq!(waiting().await, 1);
    challenges::forget_ended(&app.state.db, app.state.clock.now()).await.unwrap();
    assert_eq!(waiting().await, 0);
});

story!(t42_somebody_elses_passkey_is_not_added_to_ones_own_account, |engine| {
    let app = start(engine).await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    let name = [("passkey_name", "A phone")];
    let mut device = Device::at(SITE);
    let question = ask(&ada, "begin-adding-passkey", &name).await;
    let made: Value = serde_json::from_str(&device.make(&question).await).unwrap();
    let fields = [name[0], ("answer", &made.to_string())];
    assert_eq!(ada.call("add-passkey", &fields).await.status, StatusCode::OK);
    // What a device makes is not signed, so bob can pass it off as the answer to his question.
    let question = ask(&bob, "begin-adding-passkey", &name).await;
    let own: Value = serde_json::from_str(&Device::at(SITE).make(&question).await).unwrap();
    let mut forged = made;
    forged["response"]["clientDataJSON"] = own["response"]["clientDataJSON"].clone();
    let fields = [name[0], ("answer", &forged.to_string())];
    let answer = bob.call("add-passkey", &fields).await;
    assert_eq!(answer.json(), json!("passkey_refused"), "{}", answer.body);
    assert_eq!(passkeys(&bob).await.len(), 0);
    assert_eq!(bob.name().await.as_deref(), Some("bob"), "and nothing of his has ended");
    log_in(&bob, &mut device).await;
    assert_eq!(bob.name().await.as_deref(), Some("ada"));
});

story!(v6_5_7_whoever_is_not_verified_by_the_device_is_refused, |engine| {
    let app = start(engine).await;
    let (ada, mut device) = with_passkey(&app, "ada").await;
    device.verifies = false;
    let browser = app.browser();
    assert_refused(&browser, &log_in(&browser, &mut device).await, "a log-in").await;
    let mut other = Device { verifies: false, ..Device::at(SITE) };
    let added = add(&ada, &mut other, "Found in the street").await;
    assert_eq!(added.json(), json!("passkey_refused"), "{}", added.body);
});

story!(a_copy_of_a_passkey_is_refused_and_its_owner_hears_of_it, |engine| {
    let app = start(engine).await;
    let (ada, mut device) = (app.person("ada").await, Device { counts: true, ..Device::at(SITE) });
    assert_eq!(add(&ada, &mut device, "A stick").await.status, StatusCode::OK);
    let mut copy = device.clone();
    for _ in 0..2 {
        assert_eq!(log_in(&app.browser(), &mut device).await.status, StatusCode::OK);
    }
    let thief = app.browser();
    assert_refused(&thief, &log_in(&thief, &mut copy).await, "it counts one, and that was").await;
    assert_eq!(events(&ada).await[0], "passkey_refused");
    assert!(ada.get("/settings/security").await.body.contains("it may have been copied"));
    assert_eq!(log_in(&app.browser(), &mut device).await.status, StatusCode::OK);
});

story!(t38_no_guesses_at_a_password_hold_a_passkey_up, |engine| {
    let few = ["--login-attempts-per-account", "2", "--login-attempts-per-address", "3"];
    let app = TestApp::start_with(engine, &[&["--origin", SITE], &few[..]].concat()).await;
    let (_, mut device) = with_passkey(&app, "ada").await;
    for identity in ["ada", "ada", "ada@example.org", "ada@example.org", "ada"] {
        app.browser().log_in(identity, "a wrong guess").await;
    }
    let browser = app.browser();
    assert_eq!(browser.log_in("ada", PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS);
    let answer = log_in(&browser, &mut device).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert_eq!(browser.name().await.as_deref(), Some("ada"));
});

story!(log_ins_that_are_begun_and_not_finished_fill_no_disk, |engine| {
    let app = start(engine).await;
    let browser = app.browser();
    for _ in 0..300 {
        ask(&browser, "begin-passkey-log-in", &[]).await;
    }
    let answer = browser.call("begin-passkey-log-in", &[]).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(app.count("select count(*) from passkey_challenges").await, 300);
    app.state.clock.advance(15 * MINUTE);
    ask(&browser, "begin-passkey-log-in", &[]).await;
});

story!(a_deactivated_account_has_no_passkeys, |engine| {
    let app = start(engine).await;
    let (_, mut device) = with_passkey(&app, "ada").await;
    let (db, now) = (&app.state.db, app.state.clock.now());
    users::set_active(db, "ada", false, now).await.unwrap();
    let browser = app.browser();
    assert_refused(&browser, &log_in(&browser, &mut device).await, "deactivated").await;
    users::set_active(db, "ada", true, now).await.unwrap();
    assert_eq!(log_in(&browser, &mut device).await.status, StatusCode::OK);
    // T12: one that is deleted has nothing left.
    ask(&browser, "begin-adding-passkey", &[("passkey_name", "Another")]).await;
    app.execute("delete from users").await;
    assert_eq!(app.count("select count(*) from passkeys").await, 0);
    assert_eq!(
        app.count("select count(*) from passkey_challenges where user_id is not null").await,
        0
    );
    let stranger = app.browser();
    assert_refused(&stranger, &log_in(&stranger, &mut device).await, "deleted").await;
});

/// Another browser of ada's, logged in with that device or without one, and a link that was
/// mailed to her.
async fn bystanders(app: &TestApp, device: Option<&mut Device>) -> (Browser, String) {
    let other = app.browser();
    match device {
        Some(device) => log_in(&other, device).await,
        None => other.log_in("ada", PASSWORD).await,
    };
    assert_eq!(other.name().await.as_deref(), Some("ada"));
    (other, app.reset_token("ada").await)
}

/// What was open has ended, this browser goes on under another identifier, and the mail came
/// that says so.
async fn assert_alone(
    app: &TestApp,
    ada: &Browser,
    before: Option<String>,
    (other, link): (Browser, String),
    said: &str,
) {
    let thief = app.browser();
    thief.set_cookie(before);
    assert_eq!((thief.name().await, other.name().await), (None, None));
    assert_eq!(ada.name().await.as_deref(), Some("ada"), "this browser goes on");
    let dead = app.browser().call("reset-terms", &[("token", &link)]).await;
    assert_ne!(dead.status, StatusCode::OK);
    let fields = [("token", link.as_str()), ("password", "by an old link")];
    let dead = app.browser().call("reset-password", &fields).await;
    assert_eq!(dead.status, StatusCode::GONE, "{dead:?}");
    let mail = app.post().await;
    let letter = mail.last().unwrap();
    assert_eq!(
        (letter.header("Subject"), letter.header("To")),
        ("Your passkeys", "ada@example.org")
    );
    assert!(letter.part("text/plain").contains(said), "{}", letter.raw());
}

story!(t08_adding_a_passkey_ends_what_was_open_and_is_told_to_its_owner, |engine| {
    let app = start(engine).await;
    let ada = app.person("ada").await;
    let (before, bystanders) = (ada.cookie(), bystanders(&app, None).await);
    let answer = add(&ada, &mut Device::at(SITE), "A phone").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert_alone(&app, &ada, before, bystanders, "A passkey was added").await;
    assert_eq!(events(&ada).await[0], "passkey_added");
    assert!(ada.get(PASSKEYS).await.body.contains("A passkey was added."));
});

story!(t08_v6_5_6_a_removed_passkey_is_dead_and_so_is_what_was_open, |engine| {
    let app = start(engine).await;
    for script in [true, false] {
        if script {
            app.person("ada").await;
        }
        let ada = app.browser();
        ada.log_in("ada", PASSWORD).await;
        let mut device = Device::at(SITE);
        assert_eq!(add(&ada, &mut device, "A phone").await.status, StatusCode::OK);
        let by_passkey = app.browser();
        assert_eq!(log_in(&by_passkey, &mut device).await.status, StatusCode::OK);
        let waiting = app.browser();
        let question = ask(&waiting, "begin-passkey-log-in", &[]).await;
        let (before, bystanders) = (ada.cookie(), bystanders(&app, Some(&mut device)).await);
        let handle = handle(&ada).await;
        let field = [("handle", handle.as_str())];
        if script {
            assert_eq!(ada.call("remove-passkey", &field).await.json()["to"], PASSKEYS);
        } else {
            let answer = ada.submit(&format!("{PASSKEYS}?form=remove-passkey"), &field).await;
            assert_eq!(answer.header("location"), PASSKEYS, "{answer:?}");
        }
        assert_alone(&app, &ada, before, bystanders, "A passkey was removed").await;
        assert_eq!(by_passkey.name().await, None);
        let answer = device.answer(&question).await;
        assert_refused(&waiting, &log_in_with(&waiting, &answer).await, "it was under way").await;
        assert_refused(&waiting, &log_in(&waiting, &mut device).await, "removed").await;
        assert_eq!(events(&ada).await[0], "passkey_removed");
        assert_eq!(passkeys(&ada).await.len(), 0);
        let again = ada.call("remove-passkey", &field).await;
        assert_eq!(again.status, StatusCode::NOT_FOUND);
        assert_eq!(ada.name().await.as_deref(), Some("ada"), "and nothing has ended by that");
    }
});

story!(v6_7_1_what_opens_the_account_is_changed_by_whoever_proved_lately_who_they_are, |engine| {
    let app = start(engine).await;
    let (ada, mut device) = with_passkey(&app, "ada").await;
    let handle = handle(&ada).await;
    let question = ask(&ada, "begin-adding-passkey", &[("passkey_name", "Another")]).await;
    let answer = Device::at(SITE).make(&question).await;
    app.state.clock.advance(11 * MINUTE);
    for (function, fields) in [
        ("begin-adding-passkey", vec![("passkey_name", "Another")]),
        ("add-passkey", vec![("passkey_name", "Another"), ("answer", &answer)]),
        ("remove-passkey", vec![("handle", &handle)]),
    ] {
        let refused = ada.call(function, &fields).await;
        assert_eq!(refused.json(), json!("recent_login_needed"), "{function}: {}", refused.body);
    }
    let page = ada.get(PASSKEYS).await.body;
    assert!(page.contains("?form=confirm") && !page.contains("data-passkey=\"add\""), "{page}");
    let form = ada.submit(&format!("{PASSKEYS}?form=remove-passkey"), &[("handle", &handle)]).await;
    assert_eq!(form.status, StatusCode::FORBIDDEN);
    let question = ask(&ada, "begin-passkey-proof", &[]).await;
    let answer = device.answer(&question).await;
    let proof = [("answer", answer.as_str()), ("next", PASSKEYS)];
    let proved = ada.call("confirm-with-passkey", &proof).await;
    assert_eq!(proved.json()["to"], PASSKEYS, "{proved:?}");
    assert!(ada.get(PASSKEYS).await.body.contains("data-passkey=\"add\""));
    assert_eq!(ada.call("remove-passkey", &[("handle", &handle)]).await.status, StatusCode::OK);
    // A log-in by passkey is a proof as well.
    let added = add(&ada, &mut device, "A phone").await;
    assert_eq!(added.status, StatusCode::OK, "{}", added.body);
    app.state.clock.advance(11 * MINUTE);
    assert_eq!(log_in(&ada, &mut device).await.status, StatusCode::OK);
    ask(&ada, "begin-adding-passkey", &[("passkey_name", "Another")]).await;
});

story!(t33_nobodys_mailbox_is_flooded_and_an_account_has_at_most_twenty_passkeys, |engine| {
    let app = start(engine).await;
    let (ada, mut first) = (app.person("ada").await, Device::at(SITE));
    for n in 1..=20 {
        let name = format!("Device {n}");
        if n == 11 {
            let answer = add(&ada, &mut Device::at(SITE), &name).await;
            assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS, "ten mails an hour");
            app.state.clock.advance(60 * MINUTE);
            log_in(&ada, &mut first).await;
        }
        let mut other = Device::at(SITE);
        let device = if n == 1 { &mut first } else { &mut other };
        let answer = add(&ada, device, &name).await;
        assert_eq!(answer.status, StatusCode::OK, "{name}: {}", answer.body);
    }
    assert_eq!(app.post().await.len(), 20);
    let names: Vec<_> = passkeys(&ada).await.iter().map(|p| p["name"].clone()).collect();
    assert_eq!((&names[0], &names[19]), (&json!("Device 1"), &json!("Device 20")));
    let answer = ada.call("begin-adding-passkey", &[("passkey_name", "One more")]).await;
    assert_eq!(answer.json(), json!({ "invalid": [["passkey_name", { "too_many": 20 }]] }));
});

story!(a_person_calls_a_passkey_what_they_like, |engine| {
    let app = start(engine).await;
    let (ada, _) = with_passkey(&app, "ada").await;
    let handle = handle(&ada).await;
    let long = "x".repeat(65);
    for (name, wrong) in [
        ("", json!("required")),
        ("  ", json!("required")),
        (&long, json!({ "too_long": 64 })),
        ("two\nlines", json!("malformed")),
        ("\0", json!("malformed")),
    ] {
        let wrong = json!({ "invalid": [["passkey_name", wrong]] });
        let fields = [("handle", handle.as_str()), ("passkey_name", name)];
        assert_eq!(ada.call("rename-passkey", &fields).await.json(), wrong, "{name:?}");
        assert_eq!(ada.call("begin-adding-passkey", &fields).await.json(), wrong, "{name:?}");
        let page = ada.submit(&format!("{PASSKEYS}?form=rename-passkey"), &fields).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(page.body.contains("id=\"passkey_name-error\""), "{}", page.body);
    }
    for name in [" The <b>blue</b> \"stick\" ", "Ada\u{2019}s t\u{e9}l\u{e9}phone"] {
        let fields = [("handle", handle.as_str()), ("passkey_name", name)];
        let answer = ada.submit(&format!("{PASSKEYS}?form=rename-passkey"), &fields).await;
        assert_eq!(answer.header("location"), PASSKEYS, "{answer:?}");
        assert_eq!(passkeys(&ada).await[0]["name"], name.trim());
        assert!(!ada.get(PASSKEYS).await.body.contains("<b>"));
    }
});

story!(t45_nobody_renames_or_removes_somebody_elses_passkey, |engine| {
    let app = start(engine).await;
    let (ada, mut device) = with_passkey(&app, "ada").await;
    let bob = app.person("bob").await;
    let adas = handle(&ada).await;
    for handle in [adas.as_str(), "", "0", "%", "00000000-0000-0000-0000-000000000000"] {
        for function in ["rename-passkey", "remove-passkey"] {
            let fields = [("handle", handle), ("passkey_name", "Mine"), ("user_id", "1")];
            let answer = bob.call(function, &fields).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{function} {handle:?}");
            let form = bob.submit(&format!("{PASSKEYS}?form={function}"), &fields).await;
            assert_eq!(form.status, StatusCode::NOT_FOUND, "{function} {handle:?}");
        }
    }
    assert_eq!(passkeys(&ada).await[0]["name"], "A phone");
    assert_eq!(log_in(&app.browser(), &mut device).await.status, StatusCode::OK);
});

story!(t44_what_is_no_answer_is_a_bad_request, |engine| {
    let app = start(engine).await;
    let (ada, mut device) = with_passkey(&app, "ada").await;
    let browser = app.browser();
    let question = ask(&browser, "begin-passkey-log-in", &[]).await;
    let good: Value = serde_json::from_str(&device.answer(&question).await).unwrap();
    let shapes = ["", "{}", "[]", "null", "1", "\"x\"", "{\"id\":1}", "\0", "{\"response\":{}}"];
    for answer in shapes {
        let refused = log_in_with(&browser, answer).await;
        assert_eq!(refused.json(), json!("bad_request"), "{answer}: {}", refused.body);
        ask(&ada, "begin-adding-passkey", &[("passkey_name", "x")]).await;
        let refused = ada.call("add-passkey", &[("passkey_name", "x"), ("answer", answer)]).await;
        assert_eq!(refused.json(), json!("bad_request"), "{answer}: {}", refused.body);
    }
    // Each part of a good answer, as something else.
    for part in ["clientDataJSON", "authenticatorData", "signature", "userHandle"] {
        for other in [json!("AAAA"), json!(""), json!(null), json!(1), json!([1, 2]), json!("!")] {
            let browser = app.browser();
            ask(&browser, "begin-passkey-log-in", &[]).await;
            let mut answer = good.clone();
            answer["response"][part] = other.clone();
            let refused = log_in_with(&browser, &answer.to_string()).await;
            assert!(refused.status.is_client_error(), "{part} {other}: {refused:?}");
            assert_eq!(browser.name().await, None);
        }
    }
});

story!(a_site_that_goes_by_a_number_has_no_passkeys_and_says_so, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let page = ada.get(PASSKEYS).await.body;
    let name = format!("http://localhost:{}", app.address.port());
    assert!(page.contains(&name) && !page.contains("data-passkey=\"add\""), "{page}");
    for (browser, function) in
        [(&app.browser(), "begin-passkey-log-in"), (&ada, "begin-adding-passkey")]
    {
        let answer = browser.call(function, &[("passkey_name", "A phone")]).await;
        assert_eq!(answer.json(), json!("passkey_refused"), "{function}");
    }
});

story!(on_ones_own_machine_a_site_by_the_name_of_localhost_has_passkeys, |engine| {
    let app = TestApp::start_with(engine, &["--origin", "http://localhost:3000"]).await;
    let (ada, mut device) = (app.person("ada").await, Device::at("http://localhost:3000"));
    assert_eq!(add(&ada, &mut device, "This machine").await.status, StatusCode::OK);
    let browser = app.browser();
    let question = ask(&browser, "begin-passkey-log-in", &[]).await;
    let answer = device.answer_from("http://localhost:3001", &question).await;
    assert_refused(&browser, &log_in_with(&browser, &answer).await, "another port").await;
    assert_eq!(log_in(&browser, &mut device).await.status, StatusCode::OK);
});

story!(a_person_finds_their_passkeys_and_what_they_are, |engine| {
    let app = start(engine).await;
    let ada = app.person("ada").await;
    assert!(ada.get("/settings/security").await.body.contains(&format!("href=\"{PASSKEYS}\"")));
    let page = ada.get(PASSKEYS).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("You have none yet."), "{}", page.body);
    assert!(!page.body.contains("?form=rename-passkey"));
    add(&ada, &mut Device::at(SITE), "A phone").await;
    let page = ada.get(PASSKEYS).await.body;
    assert!(page.contains("A phone") && page.contains("Never used"), "{page}");
    let login = app.browser().get("/login").await.body;
    assert!(login.contains("data-passkey=\"log-in\""), "{login}");
});

/// Somebody with a passkey and an app: their browser, the device, the app.
async fn with_both(app: &TestApp, name: &str) -> (Browser, Device, Phone) {
    let (browser, device) = with_passkey(app, name).await;
    let (phone, _) = Phone::set_up(app, &browser).await;
    (browser, device, phone)
}

/// A browser in which that person has given the password, and not yet the rest.
async fn half_way(app: &TestApp, name: &str) -> Browser {
    let browser = app.browser();
    let answer = browser.log_in(name, PASSWORD).await;
    assert!(answer.json()["to"].as_str().unwrap().starts_with("/login/step"), "{}", answer.body);
    browser
}

async fn finish_with(browser: &Browser, answer: &str) -> Answer {
    browser.call("finish-log-in-with-passkey", &[("answer", answer)]).await
}

story!(a_passkey_takes_the_place_of_digits_at_the_second_step_and_of_the_step_itself, |engine| {
    let app = start(engine).await;
    let (ada, mut device, _) = with_both(&app, "ada").await;
    let browser = half_way(&app, "ada").await;
    let page = browser.get("/login/step").await.body;
    assert!(page.contains("data-passkey=\"step\""), "{page}");
    let question = ask(&browser, "begin-passkey-step", &[]).await;
    assert_eq!(question["allowCredentials"].as_array().unwrap().len(), 1, "the account's own");
    let answer = device.answer(&question).await;
    let fields = [("answer", answer.as_str()), ("next", "/editor")];
    let answer = browser.call("finish-log-in-with-passkey", &fields).await;
    assert_eq!(answer.json()["to"], "/editor", "{}", answer.body);
    assert_eq!(browser.name().await.as_deref(), Some("ada"));
    assert_eq!(browser.other_cookie("step"), None);
    assert_eq!(events(&ada).await[0], "logged_in");
    assert!(passkeys(&ada).await[0]["used"].is_object());
    // By itself it is both steps, and a proof of both.
    let alone = app.browser();
    assert_eq!(log_in(&alone, &mut device).await.json()["to"], "/");
    assert_eq!(alone.call("end-other-sessions", &[]).await.status, StatusCode::OK);
    // Whoever has no passkey is offered none.
    let carol = app.person("carol").await;
    Phone::set_up(&app, &carol).await;
    let browser = half_way(&app, "carol").await;
    assert!(!browser.get("/login/step").await.body.contains("data-passkey"));
    let answer = browser.call("begin-passkey-step", &[]).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND, "{}", answer.body);
});

story!(a_passkey_alone_is_a_second_factor_too, |engine| {
    let app = start(engine).await;
    let (ada, mut device) = with_passkey(&app, "ada").await;
    // What is grave asks for it.
    app.state.clock.advance(11 * MINUTE);
    let by_password = ada.call("confirm", &[("password", PASSWORD)]).await;
    assert_eq!(by_password.json(), json!({ "invalid": [["recovery_code", "required"]] }));
    // The password alone opens the account no more, and digits are asked of nobody who has no app.
    let browser = half_way(&app, "ada").await;
    assert_eq!(browser.name().await, None);
    let page = browser.get("/login/step").await.body;
    assert!(page.contains("data-passkey=\"step\"") && !page.contains("name=\"code\""), "{page}");
    for typed in ["", "123456"] {
        let answer = browser.call("finish-log-in", &[("code", typed)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.body);
        assert_eq!(answer.json()["invalid"][0][0], "recovery_code");
    }
    let question = ask(&browser, "begin-passkey-step", &[]).await;
    let answer = device.answer(&question).await;
    assert_eq!(finish_with(&browser, &answer).await.status, StatusCode::OK);
    // For the day on which the device is lost there are recovery codes.
    let page = browser.get(PASSKEYS).await.body;
    assert!(page.contains("You have no recovery codes"), "{page}");
    let made = browser.call("make-recovery-codes", &[]).await.json();
    let code = made["recovery_codes"][0].as_str().unwrap().to_owned();
    let lost = half_way(&app, "ada").await;
    let answer = lost.call("finish-log-in", &[("recovery_code", &code)]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    // With the last passkey they go, and the password is enough again.
    let fields = [("handle", handle(&lost).await)];
    let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
    assert_eq!(lost.call("remove-passkey", &fields).await.status, StatusCode::OK);
    assert_eq!(app.count("select count(*) from recovery_codes").await, 0);
    assert_eq!(app.browser().log_in("ada", PASSWORD).await.json()["to"], "/");
});

story!(t42_a_second_step_is_answered_once_by_its_own_browser_and_its_own_account, |engine| {
    let app = start(engine).await;
    let (_, mut device, phone) = with_both(&app, "ada").await;
    let (_, mut bobs, _) = with_both(&app, "bob").await;
    let (browser, other) = (half_way(&app, "ada").await, half_way(&app, "ada").await);
    let question = ask(&browser, "begin-passkey-step", &[]).await;
    let answer = device.answer(&question).await;
    assert_refused(&other, &finish_with(&other, &answer).await, "it asked nothing").await;
    ask(&other, "begin-passkey-step", &[]).await;
    assert_refused(&other, &finish_with(&other, &answer).await, "it asked something else").await;
    // Bob's device, told to answer for any account of his.
    let mut any = question.clone();
    any["allowCredentials"] = json!([]);
    let foreign = bobs.answer(&any).await;
    assert_refused(&browser, &finish_with(&browser, &foreign).await, "bob's").await;
    assert_refused(&browser, &finish_with(&browser, &answer).await, "a second guess").await;
    // A challenge of a log-in, or of somebody's session, is none of this step.
    let question = ask(&browser, "begin-passkey-log-in", &[]).await;
    let answer = device.answer(&question).await;
    assert_refused(&browser, &finish_with(&browser, &answer).await, "a log-in's").await;
    // The step waits still.
    let question = ask(&browser, "begin-passkey-step", &[]).await;
    let answer = device.answer(&question).await;
    let value = browser.other_cookie("step").unwrap();
    assert_eq!(finish_with(&browser, &answer).await.status, StatusCode::OK);
    let thief = app.browser();
    thief.others.lock().unwrap().insert("__Host-byline-step".into(), value);
    let again = finish_with(&thief, &answer).await;
    assert_eq!(again.json(), json!("unauthenticated"), "the log-in is over: {}", again.body);
    // Digits and a passkey at once: one of them logs in.
    let browser = half_way(&app, "ada").await;
    let question = ask(&browser, "begin-passkey-step", &[]).await;
    let (answer, digits) = (device.answer(&question).await, phone.next_digits(&app));
    let fields = [("code", digits.as_str())];
    let by_digits = browser.call("finish-log-in", &fields);
    let (by_digits, by_passkey) = tokio::join!(by_digits, finish_with(&browser, &answer));
    let statuses = [by_digits.status, by_passkey.status];
    let good = statuses.iter().filter(|status| **status == StatusCode::OK).count();
    assert_eq!(good, 1, "{statuses:?}");
});

story!(t42_a_proof_by_passkey_freshens_this_session_only_and_only_by_its_own_account, |engine| {
    let app = start(engine).await;
    let (ada, mut device) = with_passkey(&app, "ada").await;
    let (bob, mut bobs) = with_passkey(&app, "bob").await;
    let phone = app.browser();
    log_in(&phone, &mut device).await;
    app.state.clock.advance(11 * MINUTE);
    let prove = async |browser: &Browser, answer: &str| {
        let fields = [("answer", answer), ("next", PASSKEYS)];
        browser.call("confirm-with-passkey", &fields).await
    };
    let is_fresh = async |browser: &Browser| {
        let page = browser.ask("own-passkeys", &[]).await.json();
        page["recent"].as_bool().unwrap()
    };
    assert!(ada.get(PASSKEYS).await.body.contains("data-passkey=\"prove\""));
    // Bob's passkey, in ada's session and in his own.
    let question = ask(&ada, "begin-passkey-proof", &[]).await;
    let mut any = question.clone();
    any["allowCredentials"] = json!([]);
    let foreign = bobs.answer(&any).await;
    for (who, browser) in [("ada", &ada), ("bob", &bob)] {
        let refused = prove(browser, &foreign).await;
        assert_eq!(refused.json(), json!("passkey_refused"), "{who}: {}", refused.body);
        assert!(!is_fresh(browser).await, "{who}");
    }
    // Ada's answer, in another session of hers, and after a challenge of that one's.
    let question = ask(&ada, "begin-passkey-proof", &[]).await;
    let answer = device.answer(&question).await;
    for begun in [false, true] {
        if begun {
            ask(&phone, "begin-passkey-proof", &[]).await;
        }
        assert_eq!(prove(&phone, &answer).await.json(), json!("passkey_refused"));
    }
    let (before, value) = (ada.cookie(), prove(&ada, &answer).await.json());
    assert_eq!(value["to"], PASSKEYS, "{value}");
    assert!(ada.cookie() != before && is_fresh(&ada).await && !is_fresh(&phone).await);
    let thief = app.browser();
    thief.set_cookie(before);
    assert_eq!(thief.name().await, None, "the identifier is another one");
    assert_eq!(prove(&ada, &answer).await.json(), json!("passkey_refused"), "used up");
    assert_eq!(passkeys(&bob).await.len(), 1);
    let carol = app.person("carol").await;
    assert_eq!(carol.call("begin-passkey-proof", &[]).await.status, StatusCode::NOT_FOUND);
});

story!(t41_where_two_factors_are_asked_for_a_passkey_is_both, |engine| {
    let app = start(engine).await;
    let (ada, mut device, _) = with_both(&app, "ada").await;
    app.state.clock.advance(11 * MINUTE);
    let refused = ada.call("end-other-sessions", &[]).await;
    assert_eq!(refused.json(), json!("recent_login_needed"));
    let by_password = ada.call("confirm", &[("password", PASSWORD)]).await;
    assert_eq!(by_password.status, StatusCode::UNPROCESSABLE_ENTITY, "digits are missing");
    let question = ask(&ada, "begin-passkey-proof", &[]).await;
    let answer = device.answer(&question).await;
    let proved = ada.call("confirm-with-passkey", &[("answer", &answer)]).await;
    assert_eq!(proved.status, StatusCode::OK, "{}", proved.body);
    assert_eq!(ada.call("end-other-sessions", &[]).await.status, StatusCode::OK);
    assert_eq!(ada.call("remove-authenticator", &[]).await.status, StatusCode::OK);
});

story!(what_switches_all_factors_off_removes_the_passkeys, |engine| {
    let app = start(engine).await;
    let (ada, mut device, _) = with_both(&app, "ada").await;
    factors::reset(&app.state.db, "ada", app.state.clock.now()).await.unwrap();
    assert_eq!(ada.name().await, None);
    let browser = app.browser();
    assert_refused(&browser, &log_in(&browser, &mut device).await, "lost").await;
    assert_eq!(browser.log_in("ada", PASSWORD).await.json()["to"], "/", "the password is left");
});

story!(t31_the_passkeys_of_whoever_took_the_address_first_are_dead_after_a_reset, |engine| {
    let app = start(engine).await;
    let (_, mut first) = with_passkey(&app, "ada").await;
    let reset = async || {
        let token = app.reset_token("ada").await;
        let fields = [("token", token.as_str()), ("password", "four other random words")];
        let answer = app.browser().call("reset-password", &fields).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    };
    reset().await;
    let thief = app.browser();
    assert_refused(&thief, &log_in(&thief, &mut first).await, "before the address was proved")
        .await;
    // Once it is proved, whoever only reads the mailbox takes no passkey away.
    let owner = app.browser();
    owner.log_in("ada", "four other random words").await;
    let mut device = Device::at(SITE);
    assert_eq!(add(&owner, &mut device, "A phone").await.status, StatusCode::OK);
    reset().await;
    assert_eq!(log_in(&app.browser(), &mut device).await.status, StatusCode::OK);
});
