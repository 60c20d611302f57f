//! Chapter 6: what is made up for somebody to prove who they are with.

use std::collections::HashSet;

use byline::server::tokens::{self, Purpose};
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::{
    phone::{Phone, STEP},
    support::{PASSWORD, TestApp, story},
};

story!(v6_4_1_a_link_is_random_and_no_password, |engine| {
    let app = TestApp::start(engine).await;
    app.person("ada").await;
    let mut seen = std::collections::HashSet::new();
    for _ in 0..50 {
        let token = app.reset_token("ada").await;
        assert_eq!(token.len(), 64, "256 bits: {token}");
        assert!(token.bytes().all(|b| b.is_ascii_hexdigit()), "{token}");
        assert!(seen.insert(token));
    }
    let token = app.reset_token("ada").await;
    assert_eq!(app.browser().log_in("ada", &token).await.status, StatusCode::UNAUTHORIZED);
    let typed = serde_json::from_value(json!(token)).unwrap();
    let (db, now) = (&app.state.db, app.state.clock.now());
    assert!(tokens::find(db, &typed, Purpose::ResetPassword, now).await.unwrap().is_some());
});

story!(v6_7_2_every_challenge_is_another_one_of_256_bits, |engine| {
    let app = TestApp::start_with(engine, &["--origin", "https://blog.example.org"]).await;
    let mut seen = HashSet::new();
    for _ in 0..50 {
        let question = app.browser().call("begin-passkey-log-in", &[]).await.json();
        let challenge = question["challenge"].as_str().unwrap().to_owned();
        // 32 bytes in base64, without the signs at its end.
        assert_eq!(challenge.len(), 43, "{challenge}");
        assert!(seen.insert(challenge));
    }
});

story!(v6_5_3_no_two_seeds_and_no_two_codes_are_alike, |engine| {
    let app = TestApp::start(engine).await;
    let (mut seeds, mut codes) = (HashSet::new(), HashSet::new());
    for name in ["ada1", "bob1", "cyd1", "dan1"] {
        let browser = app.person(name).await;
        let (phone, recovery) = Phone::set_up(&app, &browser).await;
        // 160 bits in base 32.
        let seed: String = phone.shown.split_whitespace().collect();
        assert_eq!(seed.len(), 32, "{seed}");
        seeds.insert(seed);
        codes.extend(recovery);
    }
    assert_eq!((seeds.len(), codes.len()), (4, 40));
    let letters: HashSet<char> = codes.iter().flat_map(|code| code.chars()).collect();
    assert!(letters.len() >= 32, "of all letters: {letters:?}");
});

story!(v6_5_4_a_code_has_twenty_bits_and_more, |engine| {
    use byline::domain::registration::{ALPHABET, CODE_LENGTH};
    let bits = |letters: usize, length: usize| (letters as f64).log2() * length as f64;
    assert!(bits(ALPHABET.len(), CODE_LENGTH) >= 20.0, "of a registration");
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let (phone, codes) = Phone::set_up(&app, &ada).await;
    for code in codes {
        let letters = code.chars().filter(char::is_ascii_alphanumeric).count();
        assert!(bits(32, letters) >= 20.0, "{code}");
    }
    // Six digits are what the standard holds enough.
    assert_eq!(phone.digits(&app).len(), 6);
});

/// A log-in of ada's that ends with those digits, from a client that says that it is that date.
async fn log_in_with(app: &TestApp, digits: &str, date: Option<&str>) -> StatusCode {
    let browser = app.browser();
    assert_eq!(browser.log_in("ada", PASSWORD).await.status, StatusCode::OK);
    let request = browser.bare(Method::POST, "/rpc/finish-log-in");
    let request = request.header("origin", &app.origin).form(&[("code", digits)]);
    let request = date.into_iter().fold(request, |r, date| r.header("date", date));
    browser.send(request).await.status
}

story!(v6_5_5_digits_are_good_for_their_half_minute_and_one_around_it, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let (phone, _) = Phone::set_up(&app, &ada).await;
    let old = phone.digits(&app);
    app.state.clock.advance(3 * STEP);
    assert_eq!(log_in_with(&app, &old, None).await, StatusCode::UNPROCESSABLE_ENTITY);
    let then = phone.digits_at(app.state.clock.now().after(3 * STEP));
    assert_eq!(log_in_with(&app, &then, None).await, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(log_in_with(&app, &phone.digits(&app), None).await, StatusCode::OK);
});

story!(v6_5_8_the_clock_that_counts_is_the_servers, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let (phone, _) = Phone::set_up(&app, &ada).await;
    let old = phone.digits(&app);
    let when = app.state.clock.now().to_offset();
    app.state.clock.advance(3 * STEP);
    let format = time::format_description::well_known::Rfc2822;
    let when = when.format(&format).unwrap().replace("+0000", "GMT");
    assert_eq!(log_in_with(&app, &old, Some(&when)).await, StatusCode::UNPROCESSABLE_ENTITY);
    let fresh = phone.digits(&app);
    let long_ago = "Thu, 01 Jan 1970 00:00:00 GMT";
    assert_eq!(log_in_with(&app, &fresh, Some(long_ago)).await, StatusCode::OK);
});
