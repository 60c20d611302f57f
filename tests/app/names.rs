//! Another name: who may have it, and where links to the former one lead.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::json;
use uuid::Uuid;

use crate::{
    earlier::{USER, before, insert},
    support::{Answer, Browser, PASSWORD, TestApp, nowhere_yet, story},
};

const ACCOUNT: &str = "/settings/account";

const MINUTE: Duration = Duration::from_secs(60);

/// Sends the page's form without JavaScript, or calls its function.
async fn rename(browser: &Browser, script: bool, name: &str) -> Answer {
    if script {
        browser.call("change-username", &[("username", name)]).await
    } else {
        browser.submit(&format!("{ACCOUNT}?form=change-username"), &[("username", name)]).await
    }
}

/// Whether it was done, through whichever door.
fn is_done(answer: &Answer) -> bool {
    match answer.status {
        StatusCode::OK => answer.json()["to"] == ACCOUNT,
        StatusCode::SEE_OTHER => answer.header("location") == ACCOUNT,
        _ => false,
    }
}

fn is_taken(answer: &Answer) -> bool {
    let taken = json!({ "invalid": [["username", "taken"]] });
    answer.status == StatusCode::UNPROCESSABLE_ENTITY
        && (answer.json() == taken || answer.body.contains("This username is taken"))
}

story!(whoever_takes_another_name_signs_with_it_and_is_found_under_the_former_one, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let phone = app.browser();
    phone.log_in("ada", PASSWORD).await;
    ada.write("Mine", "published", "public").await;
    let mut former = "ada";
    for (script, name) in [(true, "Countess"), (false, "lovelace")] {
        assert!(ada.get("/settings").await.body.contains(&format!("href=\"{ACCOUNT}\"")));
        assert!(ada.get(ACCOUNT).await.body.contains(&format!("value=\"{former}\"")));
        let answer = rename(&ada, script, name).await;
        assert!(is_done(&answer), "{answer:?}");
        assert!(ada.get(ACCOUNT).await.body.contains("The username was changed."));
        // It is no change of what proves who one is: sessions go on.
        for browser in [&ada, &phone] {
            assert_eq!(browser.name().await.as_deref(), Some(name));
        }
        let stranger = app.browser();
        let article = stranger.ask("article", &[("slug", "mine")]).await.json();
        assert_eq!(article["preview"]["author"], name);
        for (address, leads_to) in [
            ("/profile/ada", format!("/profile/{name}")),
            ("/profile/ADA", format!("/profile/{name}")),
            ("/profile/ada?page=2&x=%2F%2Fevil", format!("/profile/{name}?page=2&x=%2F%2Fevil")),
            ("/profile/ada/feed.atom", format!("/profile/{name}/feed.atom")),
            ("/profile/ada/feed.json?x=1", format!("/profile/{name}/feed.json?x=1")),
        ] {
            for method in [Method::GET, Method::HEAD] {
                let answer = stranger.send(stranger.bare(method, address)).await;
                assert_eq!(answer.status, StatusCode::PERMANENT_REDIRECT, "{address}");
                assert_eq!(answer.header("location"), leads_to, "{address}");
                let kept = answer.header("cache-control");
                assert!(kept.contains("no-cache"), "they may take it back: {kept}");
            }
        }
        let page = stranger.get(&format!("/profile/{name}")).await;
        assert_eq!(page.status, StatusCode::OK);
        let profile = stranger.ask("profile", &[("username", "ada"), ("page", "1")]).await;
        assert_eq!(profile.json()["username"], name, "the function says the same");
        let letters = app.post().await;
        let letter = letters.last().unwrap();
        assert_eq!(letter.header("Subject"), "Your username was changed");
        assert_eq!(letter.header("To"), "ada@example.org");
        assert!(letter.part("text/plain").contains(&format!("It was {former}:")));
        assert!(letter.link(&app.origin).starts_with("/not-me/"));
        former = name;
    }
    let events = ada.ask("own-security", &[]).await.json();
    assert_eq!(events["events"][0]["kind"], "username_changed");
});

story!(t01_a_former_name_logs_nobody_in_and_looks_like_an_unknown_one, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    assert!(is_done(&rename(&ada, true, "countess").await));
    let mut answers = Vec::new();
    for name in ["ada", "who"] {
        let answer = app.browser().log_in(name, PASSWORD).await;
        answers.push((answer.status, answer.headers.len(), answer.body));
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0].0, StatusCode::UNAUTHORIZED);
    assert_eq!(app.browser().log_in("countess", PASSWORD).await.status, StatusCode::OK);
    let asked = app.browser().call("ask-for-reset", &[("email", "ada")]).await;
    assert_eq!(asked.status, StatusCode::OK);
    assert_eq!(app.post().await.len(), 1, "the notice alone");
});

story!(a_name_stays_its_first_owners_for_ever, |engine| {
    let app = TestApp::start(engine).await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    assert!(is_done(&rename(&ada, true, "countess").await));
    for name in ["ada", "ADA", "countess"] {
        for script in [true, false] {
            assert!(is_taken(&rename(&bob, script, name).await), "{name}");
        }
        let answer = app.browser().register(name).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}: {}", answer.body);
    }
    // Ada may have it back, and nothing leads in a circle.
    assert!(is_done(&rename(&ada, true, "ada").await));
    let stranger = app.browser();
    assert_eq!(stranger.get("/profile/countess").await.header("location"), "/profile/ada");
    assert_eq!(stranger.get("/profile/ada").await.status, StatusCode::OK);
    // Nor does it come free with the account's end.
    app.execute("delete from users where username_key = 'ada'").await;
    for name in ["ada", "countess"] {
        assert!(is_taken(&rename(&bob, true, name).await), "{name}");
        let email = [("email", "new@example.org"), ("password", PASSWORD)];
        let fields = [&[("username", name)], &email[..]].concat();
        assert!(is_taken(&app.browser().call("register", &fields).await), "{name}");
        assert_eq!(stranger.get(&format!("/profile/{name}")).await.status, StatusCode::NOT_FOUND);
    }
    assert_eq!(bob.name().await.as_deref(), Some("bob"));
});

story!(s07_of_many_who_want_one_name_at_once_one_gets_it, |engine| {
    let app = TestApp::start(engine).await;
    let mut people = Vec::new();
    for n in 0..8 {
        people.push(app.person(&format!("person{n}")).await);
    }
    let renames = futures_util::future::join_all(
        people.iter().map(async |person| rename(person, true, "Wanted").await),
    );
    let addresses: Vec<String> = (0..8).map(|n| format!("new{n}@example.org")).collect();
    let registrations = futures_util::future::join_all(addresses.iter().map(async |email| {
        let fields = [("username", "wanted"), ("email", email), ("password", PASSWORD)];
        app.browser().call("register", &fields).await
    }));
    let (renames, registrations) = tokio::join!(renames, registrations);
    let answers: Vec<Answer> = renames.into_iter().chain(registrations).collect();
    let got = answers.iter().filter(|answer| answer.status == StatusCode::OK).count();
    assert_eq!(got, 1, "{answers:?}");
    let others = answers.iter().filter(|answer| answer.status != StatusCode::OK);
    assert!(others.into_iter().all(is_taken), "{answers:?}");
    assert_eq!(app.count("select count(*) from users where username_key = 'wanted'").await, 1);
});

story!(a_new_name_asks_for_the_password_again_after_ten_minutes, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    app.state.clock.advance(11 * MINUTE);
    let page = ada.get(ACCOUNT).await.body;
    assert!(page.contains("Confirm that it is you") && !page.contains("Change the username"));
    let call = rename(&ada, true, "countess").await;
    assert_eq!((call.status, call.json()), (StatusCode::FORBIDDEN, json!("recent_login_needed")));
    let form = rename(&ada, false, "countess").await;
    assert_eq!(form.status, StatusCode::FORBIDDEN);
    assert!(form.body.contains("Confirm that it is you") && form.body.contains("\"countess\""));
    assert_eq!(ada.name().await.as_deref(), Some("ada"));
    let proof = [("password", PASSWORD), ("next", ACCOUNT)];
    assert!(is_done(&ada.submit(&format!("{ACCOUNT}?form=confirm"), &proof).await));
    assert!(is_done(&rename(&ada, false, "countess").await));
});

story!(a_name_changes_three_times_a_month_and_what_is_taken_does_not_count, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    app.person("bob").await;
    for name in ["one", "two", "three"] {
        assert!(is_taken(&rename(&ada, true, "bob").await));
        assert!(is_done(&rename(&ada, true, name).await), "{name}");
    }
    for script in [true, false] {
        let refused = rename(&ada, script, "four").await;
        assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS, "{refused:?}");
        assert!(!refused.header("retry-after").is_empty());
    }
    assert_eq!(app.post().await.len(), 3, "T33");
    // Nobody can look up in this way who there is.
    let bob = app.browser();
    bob.log_in("bob", PASSWORD).await;
    for n in 0..20 {
        assert!(is_taken(&rename(&bob, true, "three").await), "{n}");
    }
    assert_eq!(rename(&bob, true, "three").await.status, StatusCode::TOO_MANY_REQUESTS, "T4");
    app.state.clock.advance(31 * 24 * 60 * MINUTE);
    let ada = app.browser();
    ada.log_in("three", PASSWORD).await;
    assert!(is_done(&rename(&ada, true, "four").await));
});

story!(what_is_wrong_with_a_new_name_stands_beside_its_field, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let long = "x".repeat(33);
    for (typed, wrong) in [
        ("", json!("required")),
        ("a", json!({ "too_short": 2 })),
        (&long, json!({ "too_long": 32 })),
        ("a b", json!("malformed")),
        ("a@b", json!("malformed")),
        ("\u{430}da", json!("malformed")),
        ("ada", json!("unchanged")),
        (" ada ", json!("unchanged")),
    ] {
        let call = rename(&ada, true, typed).await;
        let wrong = json!({ "invalid": [["username", wrong]] });
        assert_eq!((call.status, call.json()), (StatusCode::UNPROCESSABLE_ENTITY, wrong));
        let form = rename(&ada, false, typed).await;
        assert_eq!(form.status, StatusCode::UNPROCESSABLE_ENTITY, "{typed:?}");
        assert!(form.body.contains("id=\"username-error\""), "{typed:?}");
    }
    // Another case of it is another name to look at, and the same to log in with.
    assert!(is_done(&rename(&ada, true, "Ada").await));
    assert_eq!(app.browser().get("/profile/ada").await.status, StatusCode::OK);
});

story!(t45_nobody_renames_anybody_else, |engine| {
    let app = TestApp::start(engine).await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    let fields = [("username", "robert"), ("user_id", "1"), ("email", "ada"), ("former", "ada")];
    assert!(is_done(&bob.call("change-username", &fields).await));
    assert_eq!(ada.name().await.as_deref(), Some("ada"));
    assert_eq!(bob.name().await.as_deref(), Some("robert"));
});

story!(on_a_site_for_members_a_stranger_learns_no_name_from_a_former_one, |engine| {
    let app = TestApp::start_with(engine, &["--readers", "members"]).await;
    let ada = app.person("ada").await;
    assert!(is_done(&rename(&ada, true, "countess").await));
    for path in ["/profile/ada", "/profile/ada/feed.atom"] {
        let answer = app.browser().get(path).await;
        assert!(answer.status.is_client_error(), "{path}: {}", answer.status);
        assert!(!answer.body.contains("countess") && answer.header("location").is_empty());
    }
    assert_eq!(ada.get("/profile/ada").await.header("location"), "/profile/countess");
});

story!(whoever_had_an_account_before_has_its_name_and_its_address, |engine| {
    let (url, folder) = nowhere_yet(engine).await;
    let db = before("0006", &url).await;
    let mut tx = db.begin().await.unwrap();
    insert(&mut tx, USER, Uuid::now_v7(), Uuid::nil(), "", 0).await;
    tx.commit().await.unwrap();
    db.close().await;
    let app = TestApp::start_at(url, folder, &[]).await;
    let answer = app.browser().register("ada").await;
    let both = json!({ "invalid": [["username", "taken"], ["email", "taken"]] });
    assert_eq!(answer.json(), both);
    assert_eq!(app.browser().get("/profile/ada").await.status, StatusCode::OK);
});
