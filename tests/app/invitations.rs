//! Registering by invitation, and inviting.

use std::time::Duration;

use byline::{
    error::Error,
    server::{failure::Failure, invitations, users},
};
use futures_util::future::join_all;
use reqwest::StatusCode;
use serde_json::json;

use crate::support::{Answer, Browser, Engine, PASSWORD, TestApp, story};

const DAY: Duration = Duration::from_secs(24 * 3600);
const HERE: &str = "/settings/invitations";

/// A site by invitation, with ada on it, who came by one of the command line's.
async fn by_invitation(engine: Engine, more: &[&str]) -> (TestApp, Browser) {
    let settings = [&["--registration", "invite"], more].concat();
    let app = TestApp::start_with(engine, &settings).await;
    let token = invitations::make_for_the_site(&app.state.db, app.state.clock.now()).await;
    let ada = app.browser();
    let answer = register(&ada, "ada", token.unwrap().expose()).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    if answer.json()["to"] != "/" {
        let code = app.post().await.pop().unwrap().code();
        assert_eq!(ada.call("confirm-by-code", &[("code", &code)]).await.status, StatusCode::OK);
    }
    (app, ada)
}

async fn register(browser: &Browser, name: &str, invitation: &str) -> Answer {
    let email = format!("{name}@example.org");
    let fields = [
        ("username", name),
        ("email", email.as_str()),
        ("password", PASSWORD),
        ("invitation", invitation),
    ];
    browser.call("register", &fields).await
}

/// Has somebody make a link; gives its token.
async fn invite(browser: &Browser) -> String {
    let answer = browser.call("invite", &[]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    browser.other_cookie("invitation").unwrap()
}

async fn made(browser: &Browser) -> serde_json::Value {
    browser.ask("own-invitations", &[]).await.json()["made"].clone()
}

async fn accounts(app: &TestApp) -> i64 {
    app.count("select count(*) from users").await
}

fn is_expired(answer: &Answer) -> bool {
    answer.status == StatusCode::GONE && answer.json() == json!("link_expired")
}

fn is_closed(answer: &Answer) -> bool {
    answer.status == StatusCode::FORBIDDEN && answer.json() == json!("registration_closed")
}

story!(a_member_invites_and_the_guest_registers_without_javascript, |engine| {
    let (app, ada) = by_invitation(engine, &[]).await;
    let page = app.browser().get("/register").await;
    assert!(page.body.contains("by invitation") && !page.body.contains("name=\"username\""));
    assert!(is_closed(&register(&app.browser(), "bob", "").await));
    let answer = ada.submit(&format!("{HERE}?form=make"), &[("email", "")]).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, HERE));
    let token = ada.other_cookie("invitation").unwrap();
    let path = format!("/register?invitation={token}");
    let page = ada.get(HERE).await;
    assert!(page.body.contains(&format!("{}{path}", app.origin)), "{}", page.body);
    assert!(page.body.contains("Open until") && page.body.contains("?form=withdraw"));
    let guest = app.browser();
    let page = guest.get(&path).await;
    assert_eq!(page.header("referrer-policy"), "no-referrer");
    assert_eq!(page.header("cache-control"), "private, no-store");
    assert!(
        page.body.contains("ada invites you") || page.body.contains("ada<!> invites you"),
        "{}",
        page.body
    );
    let fields = |name, password| {
        [
            ("username", name),
            ("email", "bob@example.org"),
            ("password", password),
            ("invitation", token.as_str()),
        ]
    };
    let refused = guest.submit(&path, &fields("b", "short")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains(&format!("action=\"{path}\"")), "the link is kept");
    let answer = guest.submit(&path, &fields("bob", PASSWORD)).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/"));
    assert_eq!(guest.name().await.as_deref(), Some("bob"));
    // It is used up, and ada sees by whom.
    let page = app.browser().get(&path).await;
    assert!(page.body.contains("was used already") && !page.body.contains("name=\"username\""));
    assert!(is_expired(&register(&app.browser(), "eve", &token).await));
    let page = ada.get(HERE).await;
    assert!(page.body.contains("Used by") && page.body.contains("href=\"/profile/bob\""));
    assert!(!page.body.contains(&token), "a link that was used is not shown");
    assert_eq!(accounts(&app).await, 2);
});

story!(a_link_is_shown_to_its_maker_for_two_minutes_and_stored_as_a_hash, |engine| {
    let (app, ada) = by_invitation(engine, &[]).await;
    let answer = ada.call("invite", &[]).await;
    let cookie = answer.header("set-cookie");
    assert!(cookie.contains("; HttpOnly; SameSite=Lax; Path=/; Max-Age=120"), "{cookie}");
    let token = ada.other_cookie("invitation").unwrap();
    assert!(app.dump().await.iter().all(|row| !row.to_lowercase().contains(&token)));
    // Somebody else's cookie is worth nothing here.
    let bob = app.browser();
    register(&bob, "bob", &token).await;
    let token = invite(&ada).await;
    bob.set_other_cookie("invitation", &token);
    assert_eq!(bob.ask("own-invitations", &[]).await.json()["link"], json!(null));
    assert!(ada.ask("own-invitations", &[]).await.json()["link"].is_string());
});

story!(an_invitation_can_be_mailed_and_its_link_is_nowhere_else, |engine| {
    let (app, ada) = by_invitation(engine, &[]).await;
    let answer = ada.call("invite", &[("email", "Bob@example.org")]).await;
    assert_eq!((answer.status, answer.header("set-cookie")), (StatusCode::OK, ""));
    assert_eq!(app.count("select count(*) from invitations where hash is null").await, 1);
    let letters = app.post().await;
    let [letter] = &letters[..] else { panic!("{letters:?}") };
    assert_eq!(letter.header("To"), "Bob@example.org");
    assert!(letter.part("text/plain").contains("ada invites you"), "{}", letter.raw());
    let link = letter.link(&app.origin);
    let token = link.strip_prefix("/register?invitation=").unwrap();
    assert!(app.dump().await.iter().all(|row| !row.to_lowercase().contains(token)));
    assert!(!ada.get(HERE).await.body.contains(token));
    // Whoever reads that mailbox may be called what they like.
    assert_eq!(register(&app.browser(), "robert", token).await.status, StatusCode::OK);
    for wrong in ["bob", "a@b@c", "m\u{131}ke@example.org"] {
        let answer = ada.call("invite", &[("email", wrong)]).await;
        assert_eq!(answer.json(), json!({ "invalid": [["email", "malformed"]] }), "{wrong}");
    }
    // One that was withdrawn before its turn is not sent.
    ada.call("invite", &[("email", "cyd@example.org")]).await;
    let handle = made(&ada).await[0]["handle"].as_str().unwrap().to_owned();
    ada.call("withdraw-invitation", &[("handle", &handle)]).await;
    assert_eq!(app.post().await.len(), 1);
});

story!(t24_of_twenty_uses_of_an_invitation_at_once_one_counts, |engine| {
    let (app, ada) = by_invitation(engine, &[]).await;
    let token = invite(&ada).await;
    let names: Vec<String> = (0..20).map(|n| format!("guest{n}")).collect();
    let browser = app.browser();
    let answers = join_all(names.iter().map(|name| register(&browser, name, &token))).await;
    let made = answers.iter().filter(|answer| answer.status == StatusCode::OK).count();
    let rest = answers.iter().filter(|answer| is_expired(answer)).count();
    assert_eq!((made, rest, accounts(&app).await), (1, 19, 2));
    assert_eq!(app.count("select count(*) from invitations where used_by is not null").await, 2);
});

story!(t24_with_a_proof_an_invitation_is_spent_when_the_account_begins, |engine| {
    let (app, ada) = by_invitation(engine, &["--email-proof", "on"]).await;
    let token = invite(&ada).await;
    let mut guests = Vec::new();
    for name in ["bob", "cyd", "dan"] {
        let guest = app.browser();
        assert_eq!(register(&guest, name, &token).await.json()["to"], "/register/confirm");
        guests.push((guest, app.post().await.pop().unwrap().code()));
    }
    assert_eq!(app.count("select count(*) from invitations where used_at is null").await, 1);
    let uses = guests.iter().map(|(guest, code)| {
        let code = code.clone();
        async move { guest.call("confirm-by-code", &[("code", &code)]).await }
    });
    let answers = join_all(uses).await;
    let made = answers.iter().filter(|answer| answer.status == StatusCode::OK).count();
    let rest = answers.iter().filter(|answer| is_expired(answer)).count();
    assert_eq!((made, rest, accounts(&app).await), (1, 2, 2));
    // An attempt that began without one, when the site was open, makes no account either.
    let (late, mailed) = app.attempt("eve").await;
    assert!(is_closed(&late.call("confirm-by-code", &[("code", &mailed.code)]).await));
    assert_eq!(accounts(&app).await, 2);
});

story!(t04_a_taken_name_costs_no_invitation, |engine| {
    for proof in ["off", "on"] {
        let (app, ada) = by_invitation(engine, &["--email-proof", proof]).await;
        let token = invite(&ada).await;
        let guest = app.browser();
        let fields = |name| {
            [
                ("username", name),
                ("email", "bob@example.org"),
                ("password", PASSWORD),
                ("invitation", token.as_str()),
            ]
        };
        let answer = guest.call("register", &fields("ADA")).await;
        let last = if proof == "on" {
            let code = app.post().await.pop().unwrap().code();
            let answer = guest.call("confirm-by-code", &[("code", &code)]).await;
            assert_eq!(answer.json()["to"], "/register/confirm");
            guest.call("choose-username", &[("username", "bob")]).await
        } else {
            assert_eq!(answer.json(), json!({ "invalid": [["username", "taken"]] }));
            guest.call("register", &fields("bob")).await
        };
        assert_eq!(last.json()["to"], "/", "{proof}");
        assert_eq!(made(&ada).await[0]["used"]["by"], "bob", "{proof}");
    }
});

story!(t26_a_token_of_another_shape_invites_nobody, |engine| {
    let (app, _) = by_invitation(engine, &[]).await;
    let long = "a".repeat(40_000);
    for token in ["null", "[]", "{}", "0", "%00", "' or 1=1 --", &long] {
        assert!(is_expired(&register(&app.browser(), "bob", token).await), "{token}");
    }
    for token in ["", " "] {
        assert!(is_closed(&register(&app.browser(), "bob", token).await), "{token:?}");
    }
    // One that waits for its letter has no token yet, and none is none.
    app.execute("update invitations set used_at = null, hash = null").await;
    assert!(is_closed(&register(&app.browser(), "bob", "").await));
    assert_eq!(accounts(&app).await, 1);
});

story!(t45_nobody_withdraws_somebody_elses_invitation, |engine| {
    let (app, ada) = by_invitation(engine, &[]).await;
    let bob = app.browser();
    register(&bob, "bob", &invite(&ada).await).await;
    let token = invite(&ada).await;
    let all = made(&ada).await;
    let [open, used] = [0, 1].map(|n| all[n]["handle"].as_str().unwrap().to_owned());
    assert_eq!(made(&bob).await, json!([]));
    for (browser, handle) in [(&bob, &open), (&bob, &used), (&ada, &used)] {
        let answer = browser.call("withdraw-invitation", &[("handle", handle)]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{}", answer.body);
    }
    assert_eq!(made(&ada).await, all);
    let answer = ada.submit(&format!("{HERE}?form=withdraw"), &[("handle", &open)]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert!(is_expired(&register(&app.browser(), "eve", &token).await));
    assert!(made(&ada).await[0]["used"].is_object());
});

story!(a_reader_invites_nobody_and_nor_does_whoever_is_shut_out, |engine| {
    let (app, ada) = by_invitation(engine, &[]).await;
    let (first, second) = (invite(&ada).await, invite(&ada).await);
    let bob = app.browser();
    register(&bob, "bob", &first).await;
    let (db, now) = (&app.state.db, app.state.clock.now());
    users::set_role(db, "bob", byline::domain::role::Role::Reader, now).await.unwrap();
    bob.log_in("bob", PASSWORD).await;
    assert_eq!(bob.call("invite", &[]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(bob.get(HERE).await.status, StatusCode::FORBIDDEN);
    assert!(ada.get("/settings").await.body.contains(HERE));
    assert!(!bob.get("/settings").await.body.contains(HERE));
    users::set_active(db, "ada", false, now).await.unwrap();
    assert!(is_expired(&register(&app.browser(), "eve", &second).await));
    users::set_active(db, "ada", true, now).await.unwrap();
    assert_eq!(register(&app.browser(), "eve", &second).await.status, StatusCode::OK);
});

story!(t07_an_invitation_in_flight_does_not_outlive_the_right_to_it, |engine| {
    use byline::server::auth::Client;
    let (app, ada) = by_invitation(engine, &[]).await;
    let (db, now) = (&app.state.db, app.state.clock.now());
    // Read when the request began.
    let before = users::find_named(db, "ada").await.unwrap().unwrap();
    users::set_role(db, "ada", byline::domain::role::Role::Reader, now).await.unwrap();
    let client = Client { address: [127, 0, 0, 1].into(), user_agent: String::new() };
    let made = invitations::make(&app.state, &client, &before, "bob@example.org").await;
    assert!(matches!(made, Err(Failure::Refused(Error::Unauthenticated))), "{made:?}");
    let open = "select count(*) from invitations where used_at is null";
    assert_eq!(app.count(open).await, 0);
    assert_eq!(ada.name().await, None);
});

story!(ten_are_open_at_once_and_twenty_are_made_a_day, |engine| {
    let (app, ada) = by_invitation(engine, &[]).await;
    let answers = join_all((0..15).map(|_| ada.call("invite", &[]))).await;
    let made_now = answers.iter().filter(|answer| answer.status == StatusCode::OK).count();
    assert_eq!(made_now, 10);
    let too_many = json!({ "invalid": [["email", { "too_many": 10 }]] });
    assert_eq!(answers.iter().filter(|answer| answer.json() == too_many).count(), 5);
    let handle = made(&ada).await[0]["handle"].as_str().unwrap().to_owned();
    ada.call("withdraw-invitation", &[("handle", &handle)]).await;
    invite(&ada).await;
    for _ in 0..4 {
        ada.call("invite", &[]).await;
    }
    assert_eq!(ada.call("invite", &[]).await.status, StatusCode::TOO_MANY_REQUESTS);
    app.state.clock.advance(DAY);
    assert_eq!(ada.call("invite", &[]).await.status, StatusCode::UNAUTHORIZED, "a day idle");
});

story!(t33_nobodys_mailbox_is_flooded_with_invitations, |engine| {
    let (app, ada) = by_invitation(engine, &[]).await;
    let mut statuses = Vec::new();
    for email in ["bob@example.org", "BOB@example.org", "bob+1@example.org", "b.o.b@example.org"] {
        statuses.push(ada.call("invite", &[("email", email)]).await.status.as_u16());
    }
    assert_eq!(statuses, [200, 200, 200, 429]);
    assert_eq!(app.post().await.len(), 3);
});

story!(an_invitation_lives_for_two_weeks_and_is_swept_out_afterwards, |engine| {
    let (app, ada) = by_invitation(engine, &[]).await;
    let (first, second) = (invite(&ada).await, invite(&ada).await);
    app.state.clock.advance(DAY * 14 - Duration::from_secs(60));
    assert_eq!(register(&app.browser(), "bob", &first).await.status, StatusCode::OK);
    app.state.clock.advance(Duration::from_secs(60));
    assert!(is_expired(&register(&app.browser(), "eve", &second).await));
    invitations::forget_ended(&app.state.db, app.state.clock.now()).await.unwrap();
    assert_eq!(app.count("select count(*) from invitations").await, 2, "what was used is kept");
});

story!(on_an_open_site_an_invitation_is_just_a_link, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let token = invite(&ada).await;
    assert_eq!(register(&app.browser(), "bob", &token).await.status, StatusCode::OK);
    assert_eq!(made(&ada).await[0]["used"]["by"], "bob");
    for (name, token) in [("cyd", token.as_str()), ("dan", "nonsense"), ("eve", "")] {
        let answer = register(&app.browser(), name, token).await;
        assert_eq!(answer.status, StatusCode::OK, "{name}: {}", answer.body);
    }
});

story!(a_closed_site_stays_closed_even_with_a_link, |engine| {
    let app = TestApp::start_with(engine, &["--registration", "closed"]).await;
    let token = invitations::make_for_the_site(&app.state.db, app.state.clock.now()).await.unwrap();
    assert!(is_closed(&register(&app.browser(), "bob", token.expose()).await));
    let page = app.browser().get(&format!("/register?invitation={}", token.expose())).await;
    assert!(page.body.contains("not taking new accounts") && !page.body.contains("invites you"));
    assert!(!page.body.contains("name=\"username\""));
    assert_eq!(accounts(&app).await, 0);
});
