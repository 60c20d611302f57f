//! Another address: proved by a link, told to the former one, and no way to learn whose one is.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::support::{Answer, Browser, Letter, PASSWORD, TestApp, story};

const ACCOUNT: &str = "/settings/account";

const NEW: &str = "countess@example.org";

const MINUTE: Duration = Duration::from_secs(60);

/// Asks for another address without JavaScript, or by the function.
async fn ask(browser: &Browser, script: bool, email: &str) -> Answer {
    if script {
        browser.call("ask-for-email", &[("email", email)]).await
    } else {
        browser.submit(&format!("{ACCOUNT}?form=ask-for-email"), &[("email", email)]).await
    }
}

/// Asks for another address, and gives the path of the link that arrives there.
async fn link_to(app: &TestApp, browser: &Browser, email: &str) -> String {
    assert!(is_done(&ask(browser, true, email).await));
    let letters = app.post().await;
    let letter = letters.iter().rev().find(|letter| letter.header("To") == email).unwrap();
    assert_eq!(letter.header("Subject"), "Confirm your e-mail address");
    letter.link(&app.origin)
}

/// Uses a link, as whoever that browser is.
async fn confirm(browser: &Browser, script: bool, link: &str) -> Answer {
    let token = link.rsplit('/').next().unwrap();
    if script {
        browser.call("change-email", &[("token", token)]).await
    } else {
        browser.submit(&format!("{link}?form=change-email"), &[("token", token)]).await
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

fn is_expired(answer: &Answer) -> bool {
    answer.status == StatusCode::GONE
}

async fn address(browser: &Browser) -> String {
    browser.ask("own-identity", &[]).await.json()["email"].as_str().unwrap().to_owned()
}

fn subjects_to<'a>(letters: &'a [Letter], address: &str) -> Vec<&'a str> {
    let to = letters.iter().filter(|letter| letter.header("To") == address);
    to.map(|letter| letter.header("Subject")).collect()
}

story!(somebody_has_another_address_once_its_link_was_used, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let (mut old, mut new) = ("ada@example.org", NEW);
    for script in [true, false] {
        let before = app.post().await.len();
        let answer = ask(&ada, script, new).await;
        assert!(is_done(&answer), "{answer:?}");
        assert!(ada.get(ACCOUNT).await.body.contains(&format!("We mailed a link to {new}.")));
        assert_eq!(address(&ada).await, old, "nothing has changed");
        let letters = app.post().await;
        let letters = &letters[before..];
        assert_eq!(subjects_to(letters, old), ["Another address for your account"]);
        assert_eq!(subjects_to(letters, new), ["Confirm your e-mail address"]);
        let link = letters.iter().find(|l| l.header("To") == new).unwrap().link(&app.origin);
        let page = ada.get(&link).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(
            page.body.contains(new)
                && page.body.contains(&format!("action=\"{link}?form=change-email\""))
        );
        assert_eq!(page.header("referrer-policy"), "no-referrer");
        assert_eq!(page.header("cache-control"), "private, no-store");
        let answer = confirm(&ada, script, &link).await;
        assert!(is_done(&answer), "{answer:?}");
        assert!(ada.get(ACCOUNT).await.body.contains("The e-mail address was changed."));
        assert_eq!(address(&ada).await, new);
        assert_eq!(app.browser().log_in(old, PASSWORD).await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(app.browser().log_in(new, PASSWORD).await.status, StatusCode::OK);
        let after = app.post().await;
        let after = &after[before + 2..];
        assert_eq!(subjects_to(after, old), ["Your e-mail address was changed"]);
        assert_eq!(subjects_to(after, new), ["This is your address now"]);
        let told = after.iter().find(|letter| letter.header("To") == new).unwrap();
        assert!(!told.raw().contains("/not-me/"), "{}", told.raw());
        assert!(is_expired(&confirm(&ada, script, &link).await), "once");
        assert!(is_expired(&ada.get(&link).await));
        (old, new) = (new, "third@example.org");
    }
    let confirmed = "select count(*) from users where confirmed_at is not null";
    assert_eq!(app.count(confirmed).await, 1);
    let events = ada.ask("own-security", &[]).await.json();
    let kinds =
        events["events"].as_array().unwrap().iter().filter(|e| e["kind"] == "email_changed");
    assert_eq!(kinds.count(), 2);
});

story!(t08_a_cookie_and_a_link_are_dead_after_a_change_of_address, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    for (script, new) in [(true, NEW), (false, "third@example.org")] {
        let (other, old) = (app.browser(), ada.cookie());
        other.log_in("ada", PASSWORD).await;
        let link = link_to(&app, &ada, new).await;
        let reset = app.reset_token("ada").await;
        assert!(is_done(&confirm(&ada, script, &link).await));
        assert_eq!(ada.name().await.as_deref(), Some("ada"), "this one goes on");
        assert!(ada.cookie().is_some() && ada.cookie() != old, "T6: under another identifier");
        let thief = app.browser();
        thief.set_cookie(old);
        assert_eq!((thief.name().await, other.name().await), (None, None));
        let by_link = [("token", reset.as_str()), ("password", "by an old link")];
        assert!(is_expired(&app.browser().call("reset-password", &by_link).await), "T25");
    }
});

story!(t24_of_twenty_uses_of_a_link_to_an_address_at_once_one_counts, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let (link, cookie) = (link_to(&app, &ada, NEW).await, ada.cookie());
    let browsers: Vec<Browser> = (0..20).map(|_| app.browser()).collect();
    let uses = browsers.iter().map(|browser| {
        browser.set_cookie(cookie.clone());
        confirm(browser, true, &link)
    });
    let answers = futures_util::future::join_all(uses).await;
    let done: Vec<usize> = (0..20).filter(|n| is_done(&answers[*n])).collect();
    let [done] = done[..] else { panic!("{answers:?}") };
    let refused = [StatusCode::GONE, StatusCode::UNAUTHORIZED];
    let mut others = answers.iter().enumerate().filter(|(n, _)| *n != done);
    assert!(others.all(|(_, answer)| refused.contains(&answer.status)), "{answers:?}");
    assert_eq!(address(&browsers[done]).await, NEW);
    assert_eq!(app.count("select count(*) from sessions").await, 1);
});

story!(t25_a_newer_request_and_a_changed_password_kill_the_link, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let first = link_to(&app, &ada, NEW).await;
    let newer = link_to(&app, &ada, NEW).await;
    assert!(is_expired(&confirm(&ada, true, &first).await));
    let change = [("current_password", PASSWORD), ("new_password", "four other random words")];
    assert_eq!(ada.call("change-password", &change).await.status, StatusCode::OK);
    assert!(is_expired(&confirm(&ada, true, &newer).await));
    // Also of one that is still on its way.
    assert!(is_done(&ask(&ada, true, NEW).await));
    let change = [("current_password", "four other random words"), ("new_password", PASSWORD)];
    assert_eq!(ada.call("change-password", &change).await.status, StatusCode::OK);
    let before = subjects_to(&app.arrived(), NEW).len();
    assert_eq!(subjects_to(&app.post().await, NEW).len(), before);
    assert!(!ada.get(ACCOUNT).await.body.contains("We mailed a link"));
});

story!(t27_a_link_gives_the_address_that_it_was_mailed_to_and_no_other, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    // Two requests at once; whatever is delivered first, one link is left, for its address.
    let wanted = ["one@example.org", "two@example.org"];
    let asked = tokio::join!(ask(&ada, true, wanted[0]), ask(&ada, true, wanted[1]));
    assert!(is_done(&asked.0) && is_done(&asked.1));
    let letters = app.post().await;
    let links = letters.iter().filter(|l| l.header("Subject") == "Confirm your e-mail address");
    let links: Vec<&Letter> = links.collect();
    let [letter] = links[..] else { panic!("{letters:?}") };
    let (to, link) = (letter.header("To"), letter.link(&app.origin));
    let token = link.rsplit('/').next().unwrap();
    let other = wanted.into_iter().find(|email| *email != to).unwrap();
    let fields = [("token", token), ("email", other), ("new_email", other)];
    assert!(is_done(&ada.call("change-email", &fields).await));
    assert_eq!(address(&ada).await, to);
});

story!(t28_after_a_change_mail_goes_to_the_stored_address, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let link = link_to(&app, &ada, NEW).await;
    assert!(is_done(&confirm(&ada, true, &link).await));
    let before = app.post().await.len();
    for identity in ["ada", "COUNTESS@example.org", "ada@example.org"] {
        app.browser().call("ask-for-reset", &[("email", identity)]).await;
    }
    let letters = app.post().await;
    let to: Vec<&str> = letters[before..].iter().map(|letter| letter.header("To")).collect();
    assert_eq!(to, [NEW; 2]);
});

story!(t30_opening_a_link_to_an_address_changes_nothing, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let link = link_to(&app, &ada, NEW).await;
    let before = app.dump().await;
    for method in [Method::GET, Method::HEAD, Method::OPTIONS, Method::GET] {
        for browser in [&ada, &app.browser()] {
            browser.send(browser.bare(method.clone(), &link).header("accept", "text/html")).await;
        }
    }
    assert_eq!(app.dump().await, before);
    assert!(is_done(&confirm(&ada, true, &link).await));
});

/// Everything of an answer that can be compared.
fn outside(answer: &Answer) -> (StatusCode, Vec<(String, String)>, String) {
    let changes = |name: &str| matches!(name, "date" | "content-security-policy");
    let headers = answer.headers.iter().filter(|(name, _)| !changes(name.as_str()));
    let mut headers: Vec<(String, String)> =
        headers.map(|(n, v)| (n.to_string(), v.to_str().unwrap().to_owned())).collect();
    headers.sort();
    (answer.status, headers, answer.body.clone())
}

story!(t03_asking_for_an_address_does_not_tell_whose_it_is, |engine| {
    use byline::server::users;
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    app.person("known").await;
    app.person("shut1").await;
    users::set_active(&app.state.db, "shut1", false, app.state.clock.now()).await.unwrap();
    let (mut calls, mut forms, mut costs, mut pages) = (vec![], vec![], vec![], vec![]);
    for wanted in ["known@example.org", "nobod@example.org", "shut1@example.org"] {
        let stored = async || {
            (
                app.count("select cast(coalesce(sum(count), 0) as bigint) from attempts").await,
                app.count("select count(*) from outbox").await,
            )
        };
        let before = stored().await;
        calls.push(outside(&ask(&ada, true, wanted).await));
        let after = stored().await;
        costs.push((after.0 - before.0, after.1 - before.1));
        // Before the mail is delivered, after it, and when the link is over.
        for wait in [0, 30, 31, 60 * 24] {
            if wait > 0 {
                app.post().await;
            }
            app.state.clock.advance(wait * MINUTE);
            ada.log_in("ada", PASSWORD).await;
            let mut identity = ada.ask("own-identity", &[]).await.json();
            let pending = identity["pending"].take();
            assert!(pending.is_null() || pending == wanted, "{pending}");
            pages.push((wanted, wait, pending.is_null()));
        }
        forms.push(outside(&ask(&ada, false, wanted).await));
    }
    assert!(calls.iter().all(|answer| *answer == calls[0]), "{calls:?}");
    assert!(forms.iter().all(|answer| *answer == forms[0]), "{forms:?}");
    assert_eq!(costs, [(2, 2); 3], "T2: two counted attempts, two letters");
    let of = |n: usize| pages[n * 4..][..4].iter().map(|page| (page.1, page.2)).collect::<Vec<_>>();
    assert_eq!((of(0), of(0)), (of(1), of(2)), "{pages:?}");
    // Whoever has it is told, without a link; whoever cannot log in is not.
    let letters = app.post().await;
    assert_eq!(subjects_to(&letters, "known@example.org"), ["Your address is in use"]);
    assert_eq!(subjects_to(&letters, "shut1@example.org"), ["Your account was shut out"]);
    let told = letters.iter().find(|l| l.header("To") == "known@example.org").unwrap();
    assert!(!told.raw().contains("/settings/") && !told.raw().contains("/not-me/"));
    assert!(!told.part("text/plain").contains("ada"), "nor who asked");
});

story!(t45_a_link_gives_its_address_to_no_other_account_and_to_no_stranger, |engine| {
    let app = TestApp::start(engine).await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    let link = link_to(&app, &ada, NEW).await;
    for script in [true, false] {
        assert!(is_expired(&confirm(&bob, script, &link).await));
        let stranger = app.browser();
        let answer = confirm(&stranger, script, &link).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{answer:?}");
        assert_eq!(stranger.cookie(), None);
    }
    assert!(is_expired(&bob.get(&link).await));
    assert_eq!(address(&bob).await, "bob@example.org");
    // Whoever is not logged in logs in and comes back.
    let stranger = app.browser();
    let sent = stranger.get(&link).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER);
    let page = stranger.get(sent.header("location")).await;
    assert_eq!(page.header("referrer-policy"), "no-referrer");
    assert!(page.body.contains(&format!("name=\"next\" value=\"{link}\"")), "{}", page.body);
    let fields = [("email", "ada"), ("password", PASSWORD), ("next", link.as_str())];
    let back = stranger.submit("/login", &fields).await;
    assert_eq!(back.header("location"), link, "T22");
    assert!(is_done(&confirm(&stranger, false, &link).await));
    assert_eq!(address(&stranger).await, NEW);
});

story!(whoever_is_faster_has_the_address_and_the_other_link_no_longer_works, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let link = link_to(&app, &ada, NEW).await;
    app.person("countess").await;
    for script in [true, false] {
        let answer = confirm(&ada, script, &link).await;
        assert!(is_expired(&answer), "{answer:?}");
    }
    assert_eq!(address(&ada).await, "ada@example.org");
    assert_eq!(ada.name().await.as_deref(), Some("ada"), "nothing has ended");
});

story!(t26_a_token_of_another_shape_gives_no_address, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let link = link_to(&app, &ada, NEW).await;
    let right = link.rsplit('/').next().unwrap();
    let (upper, long, cut) = (right.to_uppercase(), "a".repeat(100_000), &right[1..]);
    let reset = app.reset_token("ada").await;
    for wrong in ["", " ", "null", "[]", "{}", "0", "%", "\0", "'", cut, &upper, &long, &reset] {
        for script in [true, false] {
            let fields = [("token", wrong)];
            let answer = if script {
                ada.call("change-email", &fields).await
            } else {
                ada.submit(&format!("{link}?form=change-email"), &fields).await
            };
            assert!(answer.status.is_client_error(), "{wrong:.80}: {}", answer.status);
        }
    }
    for body in ["", "token[]=x", "token=x&token=x"] {
        let request = ada
            .bare(Method::POST, "/rpc/change-email")
            .header("origin", &app.origin)
            .header("content-type", "application/x-www-form-urlencoded");
        assert!(ada.send(request.body(body)).await.status.is_client_error(), "{body}");
    }
    assert_eq!(address(&ada).await, "ada@example.org");
    assert!(is_done(&confirm(&ada, true, &link).await));
});

story!(t33_nobodys_mailbox_is_flooded_with_links_to_an_address, |engine| {
    let app = TestApp::start(engine).await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    for email in [NEW, "COUNTESS@example.org", NEW, "Countess@Example.org", "other@example.org"] {
        assert!(is_done(&ask(&ada, true, email).await), "{email}");
    }
    for script in [true, false] {
        let refused = ask(&ada, script, "sixth@example.org").await;
        assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS, "{refused:?}");
    }
    assert!(is_done(&ask(&bob, true, NEW).await));
    let refused = ask(&bob, true, NEW).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS, "whoever asks: {refused:?}");
    app.state.clock.advance(60 * MINUTE);
    bob.call("confirm", &[("password", PASSWORD)]).await;
    assert!(is_done(&ask(&bob, true, NEW).await));
});

story!(v7_5_1_another_address_asks_for_the_password_again_after_ten_minutes, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    app.state.clock.advance(11 * MINUTE);
    let call = ask(&ada, true, NEW).await;
    assert_eq!((call.status, call.json()), (StatusCode::FORBIDDEN, json!("recent_login_needed")));
    let form = ask(&ada, false, NEW).await;
    assert_eq!(form.status, StatusCode::FORBIDDEN);
    assert!(form.body.contains("Confirm that it is you") && form.body.contains(NEW));
    assert_eq!(app.count("select count(*) from outbox").await, 0);
});

story!(a_link_to_an_address_asks_for_the_password_again_after_ten_minutes, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let link = link_to(&app, &ada, NEW).await;
    app.state.clock.advance(11 * MINUTE);
    let cookie = ada.cookie();
    let call = confirm(&ada, true, &link).await;
    assert_eq!((call.status, call.json()), (StatusCode::FORBIDDEN, json!("recent_login_needed")));
    let form = confirm(&ada, false, &link).await;
    assert_eq!(form.status, StatusCode::FORBIDDEN);
    assert!(form.body.contains("Confirm that it is you"), "{}", form.body);
    assert_eq!((address(&ada).await.as_str(), ada.cookie()), ("ada@example.org", cookie));
    let proof = [("password", PASSWORD), ("next", link.as_str())];
    let back = ada.submit(&format!("{link}?form=confirm"), &proof).await;
    assert_eq!(back.header("location"), link);
    assert!(is_done(&confirm(&ada, false, &link).await));
    assert_eq!(address(&ada).await, NEW);
});

story!(a_link_to_an_address_works_for_an_hour, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let link = link_to(&app, &ada, NEW).await;
    app.state.clock.advance(59 * MINUTE);
    assert_eq!(ada.get(&link).await.status, StatusCode::OK);
    app.state.clock.advance(MINUTE);
    assert!(is_expired(&ada.get(&link).await));
    ada.log_in("ada", PASSWORD).await;
    assert!(is_expired(&confirm(&ada, true, &link).await));
    let now = app.state.clock.now();
    byline::server::tokens::forget_ended(&app.state.db, now).await.unwrap();
    assert_eq!(app.count("select count(*) from account_tokens").await, 0);
});

story!(what_is_wrong_with_a_new_address_stands_beside_its_field, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    app.execute("update users set confirmed_at = 0").await;
    for (typed, wrong) in [
        ("", "required"),
        ("a@b@c", "malformed"),
        ("a b@example.org", "malformed"),
        ("m\u{131}ke@example.org", "malformed"),
        ("a\u{ff20}example.org", "malformed"),
        ("ada@example.org", "unchanged"),
    ] {
        let call = ask(&ada, true, typed).await;
        let wrong = json!({ "invalid": [["email", wrong]] });
        assert_eq!((call.status, call.json()), (StatusCode::UNPROCESSABLE_ENTITY, wrong));
        let form = ask(&ada, false, typed).await;
        assert_eq!(form.status, StatusCode::UNPROCESSABLE_ENTITY, "{typed:?}");
        assert!(form.body.contains("id=\"email-error\""), "{typed:?}");
    }
    // The same in another case is proved like any other.
    let link = link_to(&app, &ada, "Ada@example.org").await;
    assert!(is_done(&confirm(&ada, true, &link).await));
    assert_eq!(address(&ada).await, "Ada@example.org");
});

story!(a_person_proves_the_address_that_they_have, |engine| {
    let app = TestApp::start(engine).await;
    for script in [true, false] {
        let name = if script { "ada" } else { "bob" };
        let (ada, own) = (app.person(name).await, format!("{name}@example.org"));
        let page = ada.get(ACCOUNT).await.body;
        assert!(
            page.contains("Nobody has proved yet") && !page.contains("role=\"status\""),
            "{page}"
        );
        assert!(is_done(&ask(&ada, script, &own).await));
        let letters = app.post().await;
        let link = letters.iter().rev().find(|letter| letter.header("To") == own).unwrap();
        assert_eq!(link.header("Subject"), "Confirm your e-mail address");
        let link = link.link(&app.origin);
        let page = ada.get(&link).await.body;
        assert!(page.contains("Is this your address?"), "{page}");
        // Somebody who reads mail there, and is not logged in as them, proves nothing.
        assert!(!is_done(&confirm(&app.browser(), script, &link).await));
        assert!(is_done(&confirm(&ada, script, &link).await));
        assert!(ada.get(ACCOUNT).await.body.contains("The e-mail address was proved."));
        assert_eq!(app.post().await.len(), letters.len(), "nobody else is to be told");
        assert!(is_expired(&confirm(&ada, script, &link).await));
        // Once is enough.
        let again = ask(&ada, true, &own).await;
        assert_eq!(again.json(), json!({ "invalid": [["email", "unchanged"]] }));
    }
});
