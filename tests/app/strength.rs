//! What a person reads of what protects their account.

use reqwest::StatusCode;
use serde_json::Value;

use crate::{
    phone::Phone,
    support::{Browser, PASSWORD, TestApp, story},
};

const SECURITY: &str = "/settings/security";

async fn protection(browser: &Browser) -> Value {
    browser.ask("own-security", &[]).await.json()["protection"].clone()
}

/// Whether one of the facts has that in it, and is as it should be.
fn says(protection: &Value, text: &str) -> Option<bool> {
    let facts = protection["facts"].as_array().unwrap();
    let found = facts.iter().find(|fact| fact[0].as_str().unwrap().contains(text));
    found.map(|fact| fact[1].as_bool().unwrap())
}

story!(a_person_reads_what_protects_their_account_and_the_next_best_step, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let seen = protection(&ada).await;
    assert_eq!(says(&seen, "There is no second factor"), Some(false), "{seen}");
    assert_eq!(says(&seen, "You are logged in here and nowhere else"), Some(true), "{seen}");
    assert_eq!(says(&seen, "Nobody has proved that the e-mail address is yours"), Some(false));
    let since = "The password is the one that the account began with";
    assert_eq!(says(&seen, since), Some(true));
    assert_eq!(seen["next"]["label"], "Set up a second factor");
    // Without JavaScript it is a link on the page, one and no more.
    let page = ada.get(SECURITY).await.body;
    let button = "class=\"button\"";
    assert_eq!(page.matches(button).count(), 1, "{page}");
    assert!(
        page.contains("href=\"/settings/security/second-factor\"")
            && page.contains("Could be better")
    );

    Phone::set_up(&app, &ada).await;
    app.execute("update users set confirmed_at = 0").await;
    app.execute("update users set created_at = 0").await;
    let seen = protection(&ada).await;
    let old =
        "The password was not changed in the last 90 days; the account is from 1 January 1970";
    assert_eq!(says(&seen, old), Some(true), "{seen}");
    assert_eq!(says(&seen, "A second factor is asked for"), Some(true), "{seen}");
    assert_eq!(says(&seen, "recovery codes are left"), Some(true), "{seen}");
    assert_eq!(says(&seen, "You proved on 1 January 1970"), Some(true), "{seen}");
    assert_eq!(seen["next"], Value::Null, "{seen}");
    assert!(ada.get(SECURITY).await.body.contains("Nothing is left to do."));
    app.execute("delete from recovery_codes").await;
    let seen = protection(&ada).await;
    assert_eq!(says(&seen, "No recovery code is left"), Some(false), "{seen}");
    assert_eq!(seen["next"]["label"], "Make new recovery codes");
});

story!(what_is_told_of_an_account_are_facts_of_that_account, |engine| {
    let app = TestApp::start(engine).await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    let kept = app.browser();
    let fields = [("email", "ada"), ("password", PASSWORD), ("keep", "true")];
    assert_eq!(kept.call("log-in", &fields).await.status, StatusCode::OK);
    let seen = protection(&ada).await;
    assert_eq!(says(&seen, "in 2 browsers, all of them used"), Some(true), "{seen}");
    assert_eq!(says(&protection(&bob).await, "here and nowhere else"), Some(true));
    app.execute("update sessions set last_seen_at = 0 where kept").await;
    let seen = protection(&ada).await;
    assert_eq!(says(&seen, "one of them not used for 30 days"), Some(false), "{seen}");
    app.execute("update sessions set last_seen_at = created_at").await;
    let fields = [("current_password", PASSWORD), ("new_password", "four other random words")];
    assert_eq!(ada.call("change-password", &fields).await.status, StatusCode::OK);
    let seen = protection(&ada).await;
    assert_eq!(says(&seen, "The password was changed on"), Some(true), "{seen}");
    assert_eq!(says(&protection(&bob).await, "The password was changed on"), None);
});

story!(whoever_had_the_password_and_no_second_factor_is_the_first_thing_to_read, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    Phone::set_up(&app, &ada).await;
    let thief = app.browser();
    thief.log_in("ada", PASSWORD).await;
    thief.call("finish-log-in", &[("code", "000000")]).await;
    let seen = protection(&ada).await;
    assert_eq!(says(&seen, "somebody gave the right password"), Some(false), "{seen}");
    assert_eq!(seen["next"]["label"], "Change the password");
});
