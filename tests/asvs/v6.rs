//! Chapter 6: proving who one is.

use byline::server::tokens::{self, Purpose};
use clap::{CommandFactory, Parser};
use reqwest::StatusCode;
use serde_json::json;

use crate::{
    matrix::{Gap, Requirement, files, met, partly, unproved},
    site::{Site, attribute, tags},
    support::{Browser, OnlyConfig, PASSWORD, TestApp, story},
};

const SECOND_FACTORS: Gap = Gap::Later("second factors");
const BREACHED: Gap = Gap::Later("breached passwords");
const NO_PHONES: Gap = Gap::NotApplicable("no code is sent to a phone, and none is meant to be");
const NO_OTHERS: Gap = Gap::NotApplicable("nobody logs in by another site");

pub const REQUIREMENTS: &[Requirement] = &[
    met(
        "6.1.1",
        1,
        "The documents say how guessing is held up, and what that does to an account's owner",
        &["v6_1_1_every_limit_of_attempts_is_documented_with_its_default"],
    ),
    unproved("6.1.2", 2, "Words that no password of this site may be made of are listed", BREACHED),
    unproved("6.1.3", 2, "Every way to log in is documented with what protects it", SECOND_FACTORS),
    met(
        "6.2.1",
        1,
        "A password has eight characters or more",
        &["v6_2_1_a_password_of_seven_characters_is_refused"],
    ),
    met(
        "6.2.2",
        1,
        "People change their password",
        &[
            "app::security::t06_changing_the_password_replaces_the_identifier_and_t08_ends_all_others",
            "browser: a person changes the password and stays logged in, here and nowhere else",
        ],
    ),
    met(
        "6.2.3",
        1,
        "Changing it takes the current one",
        &["app::security::what_is_wrong_with_a_change_of_password_stands_beside_its_field"],
    ),
    unproved("6.2.4", 1, "The 3000 commonest passwords are refused", BREACHED),
    met(
        "6.2.5",
        1,
        "Any characters make a password",
        &["v6_2_5_a_password_is_made_of_any_characters"],
    ),
    met("6.2.6", 1, "A password is masked while it is typed", &["v6_2_6_every_password_is_masked"]),
    met(
        "6.2.7",
        1,
        "Pasting and password managers are let be",
        &["v6_2_7_nothing_keeps_a_password_manager_out"],
    ),
    met(
        "6.2.8",
        1,
        "A password is compared as it was typed",
        &["app::attacks::t47_a_password_is_exactly_what_was_typed"],
    ),
    met(
        "6.2.9",
        2,
        "A password may have 64 characters and more",
        &["v6_2_9_a_long_password_is_a_password"],
    ),
    met(
        "6.2.10",
        2,
        "No password has to be changed because time has passed",
        &["v6_2_10_a_password_does_not_grow_old"],
    ),
    unproved("6.2.11", 2, "Words of this site are refused as passwords", BREACHED),
    unproved("6.2.12", 2, "Passwords that are known to have leaked are refused", BREACHED),
    met(
        "6.3.1",
        1,
        "Guessing is held up as documented",
        &[
            "app::attacks::t37_of_a_hundred_guesses_at_once_only_the_budget_is_looked_at",
            "app::attacks::t36_both_identities_of_an_account_share_one_budget",
            "app::attacks::t36_no_spelling_of_the_path_is_another_bucket",
            "app::attacks::t34_ones_own_good_log_in_forgives_nobody_elses_failures",
            "app::attacks::t35_a_forged_forwarded_address_lifts_no_limit",
            "app::security::t36_proving_who_one_is_uses_up_the_budgets_of_logging_in",
        ],
    ),
    met("6.3.2", 1, "A new site has no accounts", &["v6_3_2_a_new_site_has_no_accounts"]),
    unproved("6.3.3", 2, "Logging in takes two factors", SECOND_FACTORS),
    met(
        "6.3.4",
        2,
        "There is no other way in, and each is as strong",
        &[
            "app::house_rules::only_sign_in_logs_in",
            "app::attacks::t45_a_form_at_its_own_page_is_held_to_the_rules_of_its_function",
            "app::doors::every_server_function_refuses_a_stranger_or_is_on_the_public_list",
        ],
    ),
    partly(
        "6.3.5",
        3,
        "People hear of attempts at their account",
        &[
            "app::security::a_person_reads_what_happened_to_their_account",
            "app::security::a_flood_of_guesses_is_a_line_a_minute_to_its_owner_and_none_for_nobody",
        ],
        Gap::Open("it is written down for its owner, who has to look; no mail tells of it"),
    ),
    met(
        "6.3.6",
        3,
        "A mailbox logs nobody in",
        &["app::resets::whoever_forgot_the_password_sets_a_new_one_without_javascript"],
    ),
    met(
        "6.3.7",
        3,
        "People hear when what they log in with has changed",
        &[
            "app::resets::whoever_forgot_the_password_sets_a_new_one_without_javascript",
            "app::security::t06_changing_the_password_replaces_the_identifier_and_t08_ends_all_others",
        ],
    ),
    partly(
        "6.3.8",
        3,
        "Who has an account is told by no answer and by no time that it takes",
        &[
            "app::attacks::t01_an_unknown_account_a_wrong_password_and_a_closed_account_look_the_same",
            "app::attacks::t02_an_unknown_account_costs_the_same_work_as_a_known_one",
            "app::resets::t01_asking_for_a_reset_does_not_tell_who_has_an_account",
            "app::resets::t02_asking_for_a_reset_costs_the_same_work_for_everybody",
        ],
        Gap::Later("proof of addresses: until then registration names what is taken"),
    ),
    met(
        "6.4.1",
        1,
        "What the site makes up for somebody to log in with is random, and good for a short time",
        &[
            "v6_4_1_a_link_is_random_and_no_password",
            "app::resets::a_link_works_for_fifteen_minutes_and_is_swept_out_afterwards",
            "app::resets::t24_of_twenty_uses_of_a_link_at_once_one_counts",
        ],
    ),
    met("6.4.2", 1, "Nobody is asked for hints", &["v6_4_2_no_form_asks_for_a_hint"]),
    partly(
        "6.4.3",
        2,
        "A forgotten password is reset safely, and past no second factor",
        &[
            "app::resets::t24_of_twenty_uses_of_a_link_at_once_one_counts",
            "app::resets::t25_a_changed_password_role_or_account_kills_the_link",
            "app::resets::t28_the_mail_goes_to_the_stored_address",
        ],
        SECOND_FACTORS,
    ),
    unproved("6.4.4", 2, "A lost factor is replaced by proving as much as before", SECOND_FACTORS),
    unproved(
        "6.4.5",
        3,
        "Whose factor runs out is told in time",
        Gap::NotApplicable("nothing that people log in with runs out by itself"),
    ),
    unproved(
        "6.4.6",
        3,
        "Administrators start a reset, and choose no password for anybody",
        Gap::Later("/admin"),
    ),
    unproved("6.5.1", 2, "Codes are good for one use", SECOND_FACTORS),
    unproved("6.5.2", 2, "Recovery codes are stored as hashes", SECOND_FACTORS),
    unproved("6.5.3", 2, "Codes and seeds are random", SECOND_FACTORS),
    unproved("6.5.4", 2, "Codes have 20 bits or more", SECOND_FACTORS),
    unproved("6.5.5", 2, "Codes are good for a short time", SECOND_FACTORS),
    unproved("6.5.6", 3, "Each factor can be taken away", SECOND_FACTORS),
    unproved(
        "6.5.7",
        3,
        "What a body proves counts beside something else only",
        Gap::NotApplicable("a fingerprint is between people and their own device"),
    ),
    unproved("6.5.8", 3, "Codes are checked by the server's clock", SECOND_FACTORS),
    unproved("6.6.1", 2, "Codes by phone are a last resort", NO_PHONES),
    unproved("6.6.2", 2, "A code is bound to the attempt it was made for", NO_PHONES),
    unproved("6.6.3", 2, "Codes are not guessed", NO_PHONES),
    unproved("6.6.4", 3, "Nobody is flooded with questions on their phone", NO_PHONES),
    unproved("6.7.1", 3, "Keys that assertions are checked with cannot be changed", SECOND_FACTORS),
    unproved("6.7.2", 3, "A challenge has 64 bits or more and is never used twice", SECOND_FACTORS),
    unproved("6.8.1", 2, "Accounts of two providers are never taken for one", NO_OTHERS),
    unproved("6.8.2", 2, "Assertions are signed", NO_OTHERS),
    unproved("6.8.3", 2, "Assertions are used once", NO_OTHERS),
    unproved("6.8.4", 2, "How strongly another site has checked is looked at", NO_OTHERS),
];

/// A part of README.md: from that heading to the next.
pub fn readme(heading: &str) -> String {
    let text = include_str!("../../README.md");
    let (_, rest) = text.split_once(&format!("\n{heading}\n")).unwrap();
    rest.split("\n#").next().unwrap().to_owned()
}

#[test]
fn v6_1_1_every_limit_of_attempts_is_documented_with_its_default() {
    let (settings, command) = (readme("## Settings"), OnlyConfig::command());
    let mut limits = 0;
    for argument in command.get_arguments() {
        let Some(name) = argument.get_env().and_then(|name| name.to_str()) else { continue };
        if !name.contains("_PER_") {
            continue;
        }
        let row = settings.lines().find(|line| line.starts_with(&format!("| `{name}`")));
        let row = row.unwrap_or_else(|| panic!("README.md does not name {name}"));
        let default = argument.get_default_values()[0].to_str().unwrap();
        assert!(row.contains(&format!("`{default}`")), "{name} is {default}: {row}");
        limits += 1;
    }
    assert!(limits >= 5, "{limits}");
    let told = readme("### Attempts");
    assert!(told.contains("Retry-After") && told.contains("owner"), "who is held up: {told}");
}

/// Registers somebody with that password.
async fn register(app: &TestApp, name: &str, password: &str) -> (Browser, StatusCode) {
    let (browser, email) = (app.browser(), format!("{name}@example.org"));
    let fields = [("username", name), ("email", &email), ("password", password)];
    let fields = [&fields[..], &[("email_again", &email)]].concat();
    let status = browser.call("register", &fields).await.status;
    (browser, status)
}

story!(v6_2_1_a_password_of_seven_characters_is_refused, |engine| {
    let (seven, eight) = ("vq7 kxz", "vq7 kxz4");
    assert!(OnlyConfig::try_parse_from(["test", "--password-min", "7"]).is_err());
    let app = TestApp::start_with(engine, &["--password-min", "8"]).await;
    assert_eq!(register(&app, "bob", seven).await.1, StatusCode::UNPROCESSABLE_ENTITY);
    let (ada, status) = register(&app, "ada", eight).await;
    assert_eq!(status, StatusCode::OK);
    let change = [("current_password", eight), ("new_password", seven)];
    let changed = ada.call("change-password", &change).await;
    let too_short = |field| json!({ "invalid": [[field, { "too_short": 8 }]] });
    assert_eq!(changed.json(), too_short("new_password"));
    let token = app.reset_token("ada").await;
    let reset = [("token", token.as_str()), ("password", seven)];
    let reset = app.browser().call("reset-password", &reset).await;
    assert_eq!(reset.json(), too_short("password"));
    assert_eq!(app.browser().log_in("ada", eight).await.status, StatusCode::OK);
});

story!(v6_2_5_a_password_is_made_of_any_characters, |engine| {
    let app = TestApp::start(engine).await;
    for (n, password) in [
        "lanternfogboatharbourwindow",
        "LANTERN FOG BOAT",
        "84629175503748",
        "пароль из пяти слов здесь",
        "🐫🦊🐙🦉🐝🐢🦔🐌🦀🐧🐸🦇",
        "\"';--<script>\\%00{{7*7}}",
        "  two  spaces  everywhere  ",
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("person{n}");
        assert_eq!(register(&app, &name, password).await.1, StatusCode::OK, "{password}");
        let again = app.browser().log_in(&name, password).await;
        assert_eq!(again.status, StatusCode::OK, "{password}");
    }
});

/// The inputs for passwords in a page.
fn passwords(page: &str) -> Vec<&str> {
    let is_one = |tag: &&str| attribute(tag, "name").is_some_and(|n| n.contains("password"));
    tags(page, "input").filter(is_one).collect()
}

story!(v6_2_6_every_password_is_masked, |engine| {
    let site = Site::open(engine).await;
    let mut found = 0;
    for (path, answer) in site.pages().await {
        for input in passwords(&answer.body) {
            assert_eq!(attribute(input, "type"), Some("password"), "{path}: {input}");
            found += 1;
        }
    }
    assert!(found >= 1);
    // What a member sees.
    let app = TestApp::start(engine).await;
    let page = app.person("ada").await.get("/settings/security").await.body;
    assert!(passwords(&page).len() >= 2, "{page}");
    for input in passwords(&page) {
        assert_eq!(attribute(input, "type"), Some("password"), "{input}");
    }
});

story!(v6_2_7_nothing_keeps_a_password_manager_out, |engine| {
    let app = TestApp::start(engine).await;
    let (ada, stranger) = (app.person("ada").await, app.browser());
    for (browser, path) in
        [(&stranger, "/login"), (&stranger, "/register"), (&ada, "/settings/security")]
    {
        let page = browser.get(path).await.body;
        assert!(!passwords(&page).is_empty(), "{path}");
        for input in passwords(&page) {
            let hint = attribute(input, "autocomplete").unwrap_or_default();
            assert!(matches!(hint, "current-password" | "new-password"), "{path}: {input}");
        }
        // So that what is kept has a name.
        assert!(page.contains("autocomplete=\"username\""), "{path}");
    }
    for (file, text) in files("src", "rs") {
        for wrong in ["onpaste", "ev::paste", "on:paste", "on:copy", "autocomplete=\"off\""] {
            assert!(!text.contains(wrong), "{wrong} in {file}.rs");
        }
    }
});

story!(v6_2_9_a_long_password_is_a_password, |engine| {
    let app = TestApp::start(engine).await;
    for length in [64, 128, 256] {
        let (name, password) =
            (format!("long{length}"), "boat fog ".repeat(32)[..length].to_owned());
        assert_eq!(register(&app, &name, &password).await.1, StatusCode::OK, "{length}");
        assert_eq!(app.browser().log_in(&name, &password).await.status, StatusCode::OK);
        let cut = app.browser().log_in(&name, &password[..length - 1]).await;
        assert_eq!(cut.status, StatusCode::UNAUTHORIZED, "{length}");
    }
});

story!(v6_2_10_a_password_does_not_grow_old, |engine| {
    let app = TestApp::start(engine).await;
    app.person("ada").await;
    app.state.clock.advance(std::time::Duration::from_secs(10 * 365 * 24 * 3600));
    let ada = app.browser();
    let answer = ada.log_in("ada", PASSWORD).await;
    assert_eq!((answer.status, answer.json()["to"].as_str()), (StatusCode::OK, Some("/")));
    assert_eq!(ada.name().await.as_deref(), Some("ada"));
});

story!(v6_3_2_a_new_site_has_no_accounts, |engine| {
    let app = TestApp::start(engine).await;
    assert_eq!(app.count("select count(*) from users").await, 0);
    for name in ["admin", "root", "administrator", "byline", "test"] {
        for password in [name, "admin", "password"] {
            let answer = app.browser().log_in(name, password).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{name}");
        }
    }
});

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

story!(v6_4_2_no_form_asks_for_a_hint, |engine| {
    let mut pages = Site::open(engine).await.pages().await;
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    for path in ["/settings", "/settings/security"] {
        pages.push((path.to_owned(), ada.get(path).await));
    }
    for (path, answer) in pages {
        for name in tags(&answer.body, "input").filter_map(|tag| attribute(tag, "name")) {
            for wrong in ["hint", "question", "answer", "maiden", "pet"] {
                assert!(!name.contains(wrong), "{path} asks for {name}");
            }
        }
    }
});
