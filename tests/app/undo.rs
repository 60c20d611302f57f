//! "This was not me": whoever got into an account is put out of it by a link in a notice, and the
//! link is good for nothing else.

use std::time::Duration;

use byline::server::{undo, users};
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::{
    authenticator::{Device, add, log_in},
    phone::Phone,
    support::{Answer, Browser, Letter, PASSWORD, TestApp, story},
};

/// What the thief changes the password to.
const STOLEN: &str = "the thief's own password";

/// What ada sets in the end.
const FRESH: &str = "another good password";

const ADA: &str = "ada@example.org";

const THIEF: &str = "thief@example.net";

/// A site with a name, as passkeys want it.
const SITE: &str = "https://blog.example.org";

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Gives the account of whoever that browser is another address.
async fn change_email(app: &TestApp, browser: &Browser, email: &str) {
    let asked = browser.call("ask-for-email", &[("email", email)]).await;
    assert_eq!(asked.status, StatusCode::OK, "{asked:?}");
    let letters = app.post().await;
    let confirm = "Confirm your e-mail address";
    let letter = letters.iter().rev().find(|l| l.header("Subject") == confirm).unwrap();
    assert_eq!(letter.header("To"), email);
    let link = letter.link(&app.origin);
    let token = link.rsplit('/').next().unwrap();
    let changed = browser.call("change-email", &[("token", token)]).await;
    assert_eq!(changed.status, StatusCode::OK, "{changed:?}");
}

async fn change_password(browser: &Browser, from: &str, to: &str) {
    let fields = [("current_password", from), ("new_password", to)];
    let changed = browser.call("change-password", &fields).await;
    assert_eq!(changed.status, StatusCode::OK, "{changed:?}");
}

/// The links that say "this was not me" of the mails to an address, the oldest first.
async fn links_to(app: &TestApp, address: &str) -> Vec<String> {
    let letters = app.post().await;
    let to = letters.iter().filter(|letter| letter.header("To") == address);
    let notices = to.filter(|letter| letter.raw().contains("/not-me/"));
    notices.map(|letter| letter.link(&app.origin)).collect()
}

/// Uses a link, as whoever has it.
async fn undo(app: &TestApp, link: &str) -> Answer {
    let token = link.rsplit('/').next().unwrap();
    app.browser().call("undo", &[("token", token)]).await
}

fn is_done(answer: &Answer) -> bool {
    answer.status == StatusCode::OK && answer.json()["to"] == "/login?undone=true"
}

fn is_expired(answer: &Answer) -> bool {
    answer.status == StatusCode::GONE
}

/// Sets a new password by the newest mail to ada.
async fn reset_by_mail(app: &TestApp) {
    let letters = app.post().await;
    let letter = letters.iter().rev().find(|l| l.header("Subject") == "Set a new password");
    let letter: &Letter = letter.unwrap();
    assert_eq!(letter.header("To"), ADA);
    let link = letter.link(&app.origin);
    let token = link.rsplit('/').next().unwrap();
    let fields = [("token", token), ("password", FRESH)];
    let set = app.browser().call("reset-password", &fields).await;
    assert_eq!(set.status, StatusCode::OK, "{set:?}");
    assert_eq!(app.browser().log_in(ADA, FRESH).await.status, StatusCode::OK);
}

/// A thief who is logged in as ada, and knows her password.
async fn thief(app: &TestApp) -> Browser {
    app.person("ada").await;
    let thief = app.browser();
    assert_eq!(thief.log_in("ada", PASSWORD).await.status, StatusCode::OK);
    thief
}

story!(a_stolen_account_comes_back_by_the_link_in_a_notice_without_javascript, |engine| {
    let app = TestApp::start(engine).await;
    let thief = thief(&app).await;
    change_password(&thief, PASSWORD, STOLEN).await;
    change_email(&app, &thief, THIEF).await;
    let links = links_to(&app, ADA).await;
    assert_eq!(links.len(), 3, "of the password, of asking, of the address");
    let browser = app.browser();
    let link = links.last().unwrap();
    let page = browser.get(link).await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(page.header("referrer-policy"), "no-referrer");
    assert_eq!(page.header("cache-control"), "private, no-store");
    for said in ["Everybody is logged out", "stops working", "address is ada@example.org again"] {
        assert!(page.body.contains(said), "{said}: {}", page.body);
    }
    assert!(page.body.contains(&format!("action=\"{link}\"")));
    assert!(!page.body.contains(THIEF));
    assert_eq!(thief.name().await.as_deref(), Some("ada"), "nothing has happened");
    let token = link.rsplit('/').next().unwrap();
    let answer = browser.submit(link, &[("token", token)]).await;
    assert_eq!(
        (answer.status, answer.header("location")),
        (StatusCode::SEE_OTHER, "/login?undone=true")
    );
    assert_eq!(browser.cookie(), None, "nobody is logged in by a link");
    assert!(browser.get("/login?undone=true").await.body.contains("We mailed you a link"));
    assert_eq!(thief.name().await, None);
    for password in [PASSWORD, STOLEN] {
        for identity in ["ada", ADA, THIEF] {
            let answer = app.browser().log_in(identity, password).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{identity} by {password}");
        }
    }
    // The thief's mailbox resets nothing.
    let before = app.post().await.len();
    app.browser().call("ask-for-reset", &[("email", THIEF)]).await;
    assert_eq!(app.post().await.len(), before);
    let told = |letters: &[Letter], to: &str| {
        letters
            .iter()
            .filter(|l| l.header("To") == to)
            .any(|l| l.header("Subject") == "Everybody was logged out of your account")
    };
    let letters = app.post().await;
    assert!(told(&letters, ADA) && told(&letters, THIEF));
    reset_by_mail(&app).await;
    let ada = app.browser();
    ada.log_in("ada", FRESH).await;
    let security = ada.ask("own-security", &[]).await.json();
    let kinds = security["events"].as_array().unwrap().iter().map(|event| &event["kind"]);
    assert_eq!(kinds.filter(|kind| **kind == "undone").count(), 1);
    assert_eq!(ada.ask("own-identity", &[]).await.json()["email"], ADA);
});

story!(whoever_had_the_account_first_has_it_in_the_end_whatever_the_thief_does, |engine| {
    let app = TestApp::start(engine).await;
    let thief = thief(&app).await;
    change_email(&app, &thief, THIEF).await;
    let link = links_to(&app, ADA).await.pop().unwrap();
    change_password(&thief, PASSWORD, STOLEN).await;
    change_email(&app, &thief, "second@example.net").await;
    change_email(&app, &thief, THIEF).await;
    change_password(&thief, STOLEN, PASSWORD).await;
    let renamed = thief.call("change-username", &[("username", "mine-now")]).await;
    assert_eq!(renamed.status, StatusCode::OK);
    // Their own links, of mailboxes that they read.
    let mut theirs = links_to(&app, THIEF).await;
    theirs.extend(links_to(&app, "second@example.net").await);
    assert!(theirs.len() >= 4, "{theirs:?}");
    // One more is still on its way when ada's is used.
    change_password(&thief, PASSWORD, STOLEN).await;
    app.state.clock.advance(6 * DAY);
    assert!(is_done(&undo(&app, &link).await));
    assert_eq!(links_to(&app, THIEF).await.len() + 1, theirs.len(), "it brought none");
    for link in &theirs {
        assert!(is_expired(&undo(&app, link).await), "{link}");
        assert!(is_expired(&app.browser().get(link).await), "{link}");
    }
    reset_by_mail(&app).await;
    // And the name is ada's own.
    let ada = app.browser();
    ada.log_in(ADA, FRESH).await;
    let back = ada.call("change-username", &[("username", "ada")]).await;
    assert_eq!(back.status, StatusCode::OK, "{back:?}");
});

story!(a_thief_who_undoes_first_gains_nothing_by_it, |engine| {
    let app = TestApp::start(engine).await;
    let thief = thief(&app).await;
    change_email(&app, &thief, THIEF).await;
    let link = links_to(&app, ADA).await.pop().unwrap();
    change_password(&thief, PASSWORD, STOLEN).await;
    change_email(&app, &thief, "second@example.net").await;
    let theirs = links_to(&app, THIEF).await;
    assert!(is_done(&undo(&app, theirs.last().unwrap()).await), "back to their first mailbox");
    assert!(is_done(&undo(&app, &link).await), "and from there to ada's");
    for link in theirs {
        assert!(is_expired(&undo(&app, &link).await));
    }
    reset_by_mail(&app).await;
});

story!(the_notice_to_the_new_address_brings_no_link, |engine| {
    let app = TestApp::start(engine).await;
    let thief = thief(&app).await;
    change_email(&app, &thief, THIEF).await;
    let letters = app.post().await;
    let to_thief: Vec<&Letter> = letters.iter().filter(|l| l.header("To") == THIEF).collect();
    let subjects: Vec<&str> = to_thief.iter().map(|letter| letter.header("Subject")).collect();
    assert_eq!(subjects, ["Confirm your e-mail address", "This is your address now"]);
    assert!(to_thief.iter().all(|letter| !letter.raw().contains("/not-me/")));
});

story!(whoever_went_back_to_their_address_themselves_has_undone_what_came_between, |engine| {
    let app = TestApp::start(engine).await;
    let thief = thief(&app).await;
    change_email(&app, &thief, THIEF).await;
    change_password(&thief, PASSWORD, STOLEN).await;
    let theirs = links_to(&app, THIEF).await;
    assert!(!theirs.is_empty());
    // Ada is let in by whoever runs the site, and changes the address back.
    let ada = app.browser();
    ada.log_in("ada", STOLEN).await;
    change_email(&app, &ada, ADA).await;
    app.post().await;
    assert_eq!(links_to(&app, THIEF).await.len(), theirs.len() + 1, "asking was still told");
    for link in links_to(&app, THIEF).await {
        assert!(is_expired(&undo(&app, &link).await), "{link}");
    }
    assert_eq!(ada.name().await.as_deref(), Some("ada"));
});

story!(a_former_address_is_nobody_elses_for_a_week, |engine| {
    let app = TestApp::start(engine).await;
    let thief = thief(&app).await;
    let bob = app.person("bob").await;
    change_email(&app, &thief, THIEF).await;
    let link = links_to(&app, ADA).await.pop().unwrap();
    // Not to be registered, and not to be had by a link either.
    let fields = [("username", "someone"), ("email", ADA), ("password", PASSWORD)];
    let taken = app.browser().call("register", &fields).await;
    assert_eq!(taken.json(), json!({ "invalid": [["email", "taken"]] }));
    bob.call("ask-for-email", &[("email", ADA)]).await;
    let letters = app.post().await;
    let last = letters.iter().rev().find(|letter| letter.header("To") == ADA).unwrap();
    assert_eq!(last.header("Subject"), "Your address is in use");
    app.state.clock.advance(7 * DAY);
    assert!(is_expired(&undo(&app, &link).await), "it is over");
    assert_eq!(app.browser().call("register", &fields).await.status, StatusCode::OK);
    assert_eq!(app.browser().log_in(ADA, PASSWORD).await.status, StatusCode::OK);
});

story!(t32_a_second_factor_that_the_thief_added_goes_and_an_older_one_stays, |engine| {
    let app = TestApp::start(engine).await;
    let thief = thief(&app).await;
    Phone::set_up(&app, &thief).await;
    let link = links_to(&app, ADA).await.pop().unwrap();
    assert!(is_done(&undo(&app, &link).await), "{link}");
    assert_eq!(app.count("select count(*) from authenticators").await, 0);
    assert_eq!(app.count("select count(*) from recovery_codes").await, 0);
    reset_by_mail(&app).await;
    let ada = app.browser();
    ada.log_in("ada", FRESH).await;
    assert_eq!(ada.name().await.as_deref(), Some("ada"));
    // Hers, after a while: whoever reads her mail alone does not get past it.
    Phone::set_up(&app, &ada).await;
    app.state.clock.advance(8 * DAY);
    app.browser().call("ask-for-reset", &[("email", "ada")]).await;
    reset_by_mail(&app).await;
    let link = links_to(&app, ADA).await.pop().unwrap();
    assert!(is_done(&undo(&app, &link).await));
    assert_eq!(app.count("select count(*) from authenticators").await, 1);
    reset_by_mail(&app).await;
    let mailbox = app.browser();
    let answer = mailbox.log_in("ada", FRESH).await.json();
    assert!(answer["to"].as_str().unwrap().starts_with("/login/step"), "{answer}");
    assert_eq!(mailbox.name().await, None);
});

story!(t32_an_app_whose_place_the_thief_took_comes_back, |engine| {
    let app = TestApp::start(engine).await;
    let thief = thief(&app).await;
    app.execute("update users set confirmed_at = 0").await;
    let (hers, codes) = Phone::set_up(&app, &thief).await;
    app.state.clock.advance(30 * DAY);
    let session = app.browser();
    session.log_in("ada", PASSWORD).await;
    let by_app = session.call("finish-log-in", &[("code", &hers.digits(&app))]).await;
    assert_eq!(by_app.status, StatusCode::OK, "{}", by_app.body);
    // Twice, so that it is not the app before the last.
    for _ in 0..2 {
        app.state.clock.advance(Duration::from_secs(60));
        Phone::set_up(&app, &session).await;
    }
    let link = links_to(&app, ADA).await.pop().unwrap();
    assert!(is_done(&undo(&app, &link).await));
    assert_eq!(app.count("select count(*) from recovery_codes").await, 10, "{codes:?}");
    let letters = app.post().await;
    let reset = letters.iter().rev().find(|l| l.header("Subject") == "Set a new password").unwrap();
    let token = reset.link(&app.origin).rsplit('/').next().unwrap().to_owned();
    let fields = [("token", token.as_str()), ("password", FRESH)];
    assert_eq!(app.browser().call("reset-password", &fields).await.status, StatusCode::OK);
    app.state.clock.advance(Duration::from_secs(60));
    let ada = app.browser();
    let half = ada.log_in("ada", FRESH).await.json();
    assert!(half["to"].as_str().unwrap().starts_with("/login/step"), "{half}");
    let done = ada.call("finish-log-in", &[("code", &hers.digits(&app))]).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.body);
});

story!(t32_codes_that_the_thief_was_shown_go, |engine| {
    let app = TestApp::start(engine).await;
    let ada = thief(&app).await;
    app.execute("update users set confirmed_at = 0").await;
    let (hers, _) = Phone::set_up(&app, &ada).await;
    app.execute("delete from recovery_codes").await;
    app.state.clock.advance(30 * DAY);
    let thief = app.browser();
    thief.log_in("ada", PASSWORD).await;
    let by_app = thief.call("finish-log-in", &[("code", &hers.digits(&app))]).await;
    assert_eq!(by_app.status, StatusCode::OK, "{}", by_app.body);
    app.state.clock.advance(Duration::from_secs(60));
    let (_, codes) = Phone::set_up(&app, &thief).await;
    assert_eq!(codes.len(), 10, "her own were used up");
    let link = links_to(&app, ADA).await.pop().unwrap();
    assert!(is_done(&undo(&app, &link).await));
    assert_eq!(app.count("select count(*) from authenticators").await, 1, "hers is back");
    assert_eq!(app.count("select count(*) from recovery_codes").await, 0);
});

story!(t32_codes_that_the_owner_was_shown_stay, |engine| {
    let app = TestApp::start_with(engine, &["--origin", SITE]).await;
    let ada = app.person("ada").await;
    app.execute("update users set confirmed_at = 0").await;
    let mut device = Device::at(SITE);
    assert_eq!(add(&ada, &mut device, "A phone").await.status, StatusCode::OK);
    assert_eq!(ada.call("make-recovery-codes", &[]).await.status, StatusCode::OK);
    app.state.clock.advance(30 * DAY);
    let thief = app.browser();
    assert_eq!(log_in(&thief, &mut device).await.status, StatusCode::OK);
    let (_, codes) = Phone::set_up(&app, &thief).await;
    assert!(codes.is_empty(), "she has some");
    let letters = app.post().await;
    let notice = letters.iter().rev().find(|letter| letter.raw().contains("/not-me/")).unwrap();
    assert!(is_done(&undo(&app, &notice.link(SITE)).await));
    assert_eq!(app.count("select count(*) from authenticators").await, 0);
    assert_eq!(app.count("select count(*) from passkeys").await, 1);
    assert_eq!(app.count("select count(*) from recovery_codes").await, 10);
});

story!(whoever_took_an_account_over_and_deleted_it_is_undone_too, |engine| {
    let app = TestApp::start(engine).await;
    let thief = thief(&app).await;
    let fields = [("title", "Hers"), ("body", "Enough words."), ("status", "published")];
    assert_eq!(thief.call("save-article", &fields).await.status, StatusCode::OK);
    change_email(&app, &thief, THIEF).await;
    let gone = [("username", "ada"), ("articles", "delete")];
    assert_eq!(thief.call("delete-account", &gone).await.status, StatusCode::OK);
    let letters = app.post().await;
    let told: Vec<&str> = letters
        .iter()
        .filter(|letter| letter.header("Subject") == "Your account is deleted")
        .map(|letter| letter.header("To"))
        .collect();
    assert_eq!(told, [THIEF, ADA]);
    let link = links_to(&app, ADA).await.pop().unwrap();
    assert!(is_done(&undo(&app, &link).await), "{link}");
    let way_back = letters.iter().find(|letter| letter.raw().contains("/restore/")).unwrap();
    let token = way_back.link(&app.origin).rsplit('/').next().unwrap().to_owned();
    assert!(is_expired(&app.browser().call("restore-account", &[("token", &token)]).await));
    reset_by_mail(&app).await;
    assert_eq!(app.browser().get("/article/hers").await.status, StatusCode::OK);
    assert_eq!(app.count("select count(*) from users where leaves_at is not null").await, 0);
});

story!(t24_of_twenty_who_undo_at_once_one_does, |engine| {
    let app = TestApp::start(engine).await;
    let thief = thief(&app).await;
    change_email(&app, &thief, THIEF).await;
    let link = links_to(&app, ADA).await.pop().unwrap();
    let answers = futures_util::future::join_all((0..20).map(|_| undo(&app, &link))).await;
    assert_eq!(answers.iter().filter(|answer| is_done(answer)).count(), 1, "{answers:?}");
    // More than may wait for a hash are asked to come back.
    let refused = [StatusCode::GONE, StatusCode::SERVICE_UNAVAILABLE];
    let mut others = answers.iter().filter(|answer| !is_done(answer));
    assert!(others.all(|answer| refused.contains(&answer.status)), "{answers:?}");
    reset_by_mail(&app).await;
});

story!(t25_links_of_what_was_undone_are_dead_and_so_is_one_that_is_old, |engine| {
    let app = TestApp::start(engine).await;
    let thief = thief(&app).await;
    change_password(&thief, PASSWORD, STOLEN).await;
    change_password(&thief, STOLEN, PASSWORD).await;
    let links = links_to(&app, ADA).await;
    let [first, second] = &links[..] else { panic!("{links:?}") };
    let reset = app.reset_token("ada").await;
    assert!(is_done(&undo(&app, first).await), "it outlives another change of the password");
    for dead in [first, second] {
        assert!(is_expired(&undo(&app, dead).await));
        assert!(is_expired(&app.browser().get(dead).await));
    }
    let by_link = [("token", reset.as_str()), ("password", "by an old link")];
    assert!(is_expired(&app.browser().call("reset-password", &by_link).await));
    reset_by_mail(&app).await;
    let link = links_to(&app, ADA).await.pop().unwrap();
    app.state.clock.advance(7 * DAY);
    assert!(is_expired(&undo(&app, &link).await));
    undo::forget_ended(&app.state.db, app.state.clock.now()).await.unwrap();
    assert_eq!(app.count("select count(*) from undo_links").await, 0);
});

story!(t25_a_closed_account_is_not_opened_by_it, |engine| {
    let app = TestApp::start(engine).await;
    let thief = thief(&app).await;
    change_password(&thief, PASSWORD, STOLEN).await;
    let link = links_to(&app, ADA).await.pop().unwrap();
    let (db, now) = (&app.state.db, app.state.clock.now());
    users::set_active(db, "ada", false, now).await.unwrap();
    assert!(is_expired(&undo(&app, &link).await));
    users::set_active(db, "ada", true, now).await.unwrap();
    assert!(is_done(&undo(&app, &link).await));
    app.execute("delete from users").await;
    assert_eq!(app.count("select count(*) from undo_links").await, 0, "T12");
    assert_eq!(app.count("select count(*) from addresses").await, 0, "T12");
});

story!(t26_a_token_of_another_shape_undoes_nothing, |engine| {
    let app = TestApp::start(engine).await;
    let thief = thief(&app).await;
    change_password(&thief, PASSWORD, STOLEN).await;
    let link = links_to(&app, ADA).await.pop().unwrap();
    let right = link.rsplit('/').next().unwrap();
    let (upper, long, cut) = (right.to_uppercase(), "a".repeat(100_000), &right[1..]);
    let reset = app.reset_token("ada").await;
    for wrong in ["", " ", "null", "[]", "{}", "0", "%", "\0", "'", cut, &upper, &long, &reset] {
        let browser = app.browser();
        let fields = [("token", wrong)];
        for answer in [browser.call("undo", &fields).await, browser.submit(&link, &fields).await] {
            assert!(answer.status.is_client_error(), "{wrong:.80}: {}", answer.status);
        }
        let asked = browser.ask("undo-terms", &[("token", &wrong[..wrong.len().min(9000)])]).await;
        assert!(asked.status.is_client_error(), "{wrong:.80}: {}", asked.status);
    }
    for body in ["", "token[]=x", "token=x&token=x"] {
        let browser = app.browser();
        let request = browser
            .bare(Method::POST, "/rpc/undo")
            .header("origin", &app.origin)
            .header("content-type", "application/x-www-form-urlencoded");
        assert!(browser.send(request.body(body)).await.status.is_client_error(), "{body}");
    }
    assert_eq!(thief.name().await.as_deref(), Some("ada"));
    assert!(is_done(&undo(&app, &link).await));
});

story!(t30_opening_a_notices_link_undoes_nothing, |engine| {
    let app = TestApp::start(engine).await;
    let thief = thief(&app).await;
    change_email(&app, &thief, THIEF).await;
    let link = links_to(&app, ADA).await.pop().unwrap();
    let before = app.dump().await;
    for method in [Method::GET, Method::HEAD, Method::OPTIONS, Method::GET] {
        let scanner = app.browser();
        scanner.send(scanner.bare(method, &link).header("accept", "text/html")).await;
    }
    assert_eq!(app.dump().await, before);
    assert_eq!(thief.name().await.as_deref(), Some("ada"));
    assert!(is_done(&undo(&app, &link).await));
});

story!(a_link_that_undoes_opens_nothing, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let bob = app.person("bob").await;
    ada.write("Secret plan", "draft", "public").await;
    change_password(&ada, PASSWORD, STOLEN).await;
    change_email(&app, &ada, "countess@example.org").await;
    let link = links_to(&app, ADA).await.pop().unwrap();
    let token = link.rsplit('/').next().unwrap();
    let before = app.dump().await;
    // Whoever has it tries it wherever something can be put, but where it belongs.
    let names =
        ["token", "password", "current_password", "new_password", "handle", "slug", "next", "code"];
    let mut fields: Vec<(&str, &str)> = names.map(|name| (name, token)).to_vec();
    fields.extend([("email", "ada"), ("username", "ada"), ("page", "1"), ("tag", "x")]);
    fields.extend([("title", "Mine"), ("body", "Words enough for it."), ("status", "published")]);
    for cookie in [None, Some(format!("byline={token}"))] {
        for (path, method) in leptos::server_fn::axum::server_fn_paths() {
            let name = path.strip_prefix("/rpc/").unwrap();
            if ["undo", "undo-terms", "log-out", "ask-for-reset"].contains(&name) {
                continue;
            }
            let holder = app.browser();
            holder.set_cookie(cookie.clone());
            let answer = if method == Method::GET {
                holder.ask(name, &fields).await
            } else {
                holder.call(name, &fields).await
            };
            assert!(method == Method::GET || answer.status.is_client_error(), "{name}: {answer:?}");
            assert!(!answer.body.contains("Secret plan"), "{name}");
            assert_eq!(holder.name().await, None, "{name}");
        }
    }
    for page in ["/reset/", "/settings/email/"] {
        let answer = app.browser().get(&format!("{page}{token}")).await;
        assert_ne!(answer.status, StatusCode::OK, "{page}");
    }
    let no_guesses = |rows: Vec<String>| -> Vec<String> {
        let counted = |row: &String| !row.starts_with("attempts") && !row.contains("log_in_failed");
        rows.into_iter().filter(counted).collect()
    };
    assert_eq!(no_guesses(app.dump().await), no_guesses(before));
    // Where it belongs it takes from ada alone, and gives nothing but a mail to her.
    let roles = async || app.count("select count(*) from user_roles").await;
    let had = roles().await;
    let holder = app.browser();
    let done =
        holder.call("undo", &[("token", token), ("email", THIEF), ("password", FRESH)]).await;
    assert!(is_done(&done), "{done:?}");
    assert_eq!((holder.cookie(), holder.name().await), (None, None));
    assert_eq!(app.count("select count(*) from sessions").await, 1, "bob's");
    assert_eq!(bob.name().await.as_deref(), Some("bob"));
    assert_eq!(roles().await, had);
    assert_eq!(app.browser().log_in("bob", PASSWORD).await.status, StatusCode::OK);
    for password in [PASSWORD, STOLEN, FRESH, token] {
        let answer = app.browser().log_in("ada", password).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{password}");
    }
    reset_by_mail(&app).await;
});
