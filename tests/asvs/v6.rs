//! Chapter 6: proving who one is.

use clap::{CommandFactory, Parser};
use reqwest::StatusCode;
use serde_json::json;

use crate::{
    documents::section,
    matrix::{Gap, Requirement, files, met, partly, unproved},
    site::{Site, attribute, tags},
    support::{Browser, OnlyConfig, PASSWORD, TestApp, story},
};

const NO_PHONES: Gap = Gap::NotApplicable("no code is sent to a phone, and none is meant to be");
const NO_OTHERS: Gap = Gap::NotApplicable("nobody logs in by another site");

pub const REQUIREMENTS: &[Requirement] = &[
    met(
        "6.1.1",
        1,
        "The documents say how guessing is held up, and what that does to an account's owner",
        &["v6_1_1_every_limit_of_attempts_is_documented_with_its_default"],
    ),
    met(
        "6.1.2",
        2,
        "Words that no password of this site may be made of are listed",
        &["v6_1_2_whoever_runs_the_site_reads_which_words_are_no_password"],
    ),
    met(
        "6.1.3",
        2,
        "Every way to log in is documented with what protects it",
        &["v6_1_3_every_way_to_log_in_is_documented_with_what_protects_it"],
    ),
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
            "v6_2_2_the_settings_lead_to_a_form_for_another_password",
            "app::security::t06_changing_the_password_replaces_the_identifier_and_t08_ends_all_others",
            "browser: a person changes the password and stays logged in, here and nowhere else",
        ],
    ),
    met(
        "6.2.3",
        1,
        "Changing it takes the current one",
        &["app::security::v6_2_3_what_is_wrong_with_a_change_of_password_stands_beside_its_field"],
    ),
    met(
        "6.2.4",
        1,
        "The 3000 commonest passwords are refused",
        &[
            "app::passwords::v6_2_4_the_commonest_passwords_that_are_long_enough_are_refused",
            "app::passwords::shorter_ones_are_known_too_where_a_site_asks_for_fewer_characters",
        ],
    ),
    met(
        "6.2.5",
        1,
        "Any characters make a password",
        &["app::passwords::v6_2_5_no_kind_of_character_is_asked_for_or_forbidden"],
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
        &["app::attacks::t47_v6_2_8_a_password_is_exactly_what_was_typed"],
    ),
    met(
        "6.2.9",
        2,
        "A password may have 64 characters and more",
        &["app::passwords::v6_2_9_a_password_of_64_characters_is_welcome_and_of_256_as_well"],
    ),
    met(
        "6.2.10",
        2,
        "No password has to be changed because time has passed",
        &["v6_2_10_a_password_does_not_grow_old"],
    ),
    met(
        "6.2.11",
        2,
        "Words of this site and of the account are refused as passwords",
        &[
            "app::passwords::v6_2_11_ones_own_names_and_the_sites_are_no_password",
            "app::passwords::v6_2_11_the_name_that_one_has_by_now_is_no_password_and_the_former_one_may_be",
        ],
    ),
    met(
        "6.2.12",
        2,
        "Passwords that are known to have leaked are refused",
        &["app::passwords::v6_2_12_a_password_that_leaked_is_refused_however_it_is_dressed_up"],
    ),
    met(
        "6.3.1",
        1,
        "Guessing is held up as documented",
        &[
            "v6_3_1_guessing_is_held_up_after_as_many_tries_as_are_documented",
            "app::attacks::t37_of_a_hundred_guesses_at_once_only_the_budget_is_looked_at",
            "app::attacks::t36_both_identities_of_an_account_share_one_budget",
            "app::attacks::t36_no_spelling_of_the_path_is_another_bucket",
            "app::attacks::t34_ones_own_good_log_in_forgives_nobody_elses_failures",
            "app::attacks::t35_a_forged_forwarded_address_lifts_no_limit",
            "app::security::t36_proving_who_one_is_uses_up_the_budgets_of_logging_in",
            "app::devices::t38_a_strangers_flood_holds_up_neither_the_owners_sessions_log_in_nor_reset",
            "app::devices::t38_under_an_attack_on_the_whole_site_known_devices_go_on",
            "app::devices::t35_who_has_many_addresses_has_one_network",
            "app::second_step::t37_of_many_wrong_codes_at_once_only_the_budget_is_looked_at",
            "app::second_step::t37_digits_are_looked_at_thirty_times_a_day_and_recovery_codes_go_on",
            "app::second_step::t38_whoever_has_the_password_and_guesses_holds_up_no_device_of_the_owner",
            "app::second_factor::t37_proofs_and_log_ins_share_the_budget_of_the_second_factor",
            "app::passkeys::t38_no_guesses_at_a_password_hold_a_passkey_up",
        ],
    ),
    met("6.3.2", 1, "A new site has no accounts", &["v6_3_2_a_new_site_has_no_accounts"]),
    partly(
        "6.3.3",
        2,
        "Logging in takes two factors",
        &[
            "app::second_step::v6_3_3_whoever_has_a_second_factor_is_asked_for_it_after_the_password",
            "app::second_step::t11_between_password_and_second_factor_one_is_a_stranger_everywhere",
            "app::passkeys::a_passkey_alone_is_a_second_factor_too",
            "app::passkeys::v6_5_7_whoever_is_not_verified_by_the_device_is_refused",
        ],
        Gap::Open(
            "whoever sets none up logs in by the password alone; docs/accounts.md says why that is held enough",
        ),
    ),
    met(
        "6.3.4",
        2,
        "There is no other way in, and each is as strong",
        &[
            "app::house_rules::v6_3_4_only_sign_in_logs_in",
            "app::attacks::t45_a_form_at_its_own_page_is_held_to_the_rules_of_its_function",
            "app::doors::every_server_function_refuses_a_stranger_or_is_on_the_public_list",
            "app::second_step::t11_between_password_and_second_factor_one_is_a_stranger_everywhere",
            "app::second_step::t40_a_log_in_has_five_tries_over_whichever_door",
            "app::passkeys::a_passkey_takes_the_place_of_digits_at_the_second_step_and_of_the_step_itself",
            "app::passkeys::a_deactivated_account_has_no_passkeys",
            "app::names::t01_a_former_name_logs_nobody_in_and_looks_like_an_unknown_one",
            "app::undo::a_link_that_undoes_opens_nothing",
        ],
    ),
    partly(
        "6.3.5",
        3,
        "People hear of attempts at their account",
        &[
            "app::security::a_person_reads_what_happened_to_their_account",
            "app::security::a_flood_of_guesses_is_a_line_a_minute_to_its_owner_and_none_for_nobody",
            "app::new_devices::v6_3_5_a_log_in_from_a_new_device_is_told_and_from_a_known_one_is_not",
            "app::new_devices::whoever_was_away_so_long_that_nothing_is_remembered_is_told",
            "app::strength::whoever_had_the_password_and_no_second_factor_is_the_first_thing_to_read",
            "app::passkeys::a_copy_of_a_passkey_is_refused_and_its_owner_hears_of_it",
        ],
        Gap::Open(
            "a log-in from a new device is mailed; what failed, at the second step too, is written down for its owner, who has to look",
        ),
    ),
    met(
        "6.3.6",
        3,
        "A mailbox logs nobody in",
        &[
            "v6_3_6_no_mailed_link_logs_anybody_in",
            "app::resets::whoever_forgot_the_password_sets_a_new_one_without_javascript",
        ],
    ),
    met(
        "6.3.7",
        3,
        "People hear when what they log in with has changed",
        &[
            "v6_3_7_every_change_of_what_one_logs_in_with_is_mailed",
            "app::resets::whoever_forgot_the_password_sets_a_new_one_without_javascript",
            "app::security::t06_changing_the_password_replaces_the_identifier_and_t08_ends_all_others",
            "app::administration::a_role_is_changed_and_everybody_concerned_is_told",
            "app::names::whoever_takes_another_name_signs_with_it_and_is_found_under_the_former_one",
            "app::emails::somebody_has_another_address_once_its_link_was_used",
            "app::second_factor::a_person_sets_an_app_up_without_javascript_and_gets_recovery_codes",
            "app::passkeys::t08_adding_a_passkey_ends_what_was_open_and_is_told_to_its_owner",
            "app::undo::a_stolen_account_comes_back_by_the_link_in_a_notice_without_javascript",
            "app::second_factor::a_thiefs_factors_go_while_the_account_is_deactivated",
        ],
    ),
    partly(
        "6.3.8",
        3,
        "Who has an account is told by no answer and by no time that it takes",
        &[
            "app::enumeration::t01_t02_no_answer_and_no_work_tells_who_has_an_account",
            "app::enumeration::t01_t02_with_a_proof_of_addresses_registration_tells_nothing_either",
            "app::enumeration::every_door_for_strangers_says_whom_it_is_about",
            "app::attacks::t01_an_unknown_account_a_wrong_password_and_a_closed_account_look_the_same",
            "app::attacks::t02_v6_3_8_an_unknown_account_costs_the_same_work_as_a_known_one",
            "app::resets::t01_asking_for_a_reset_does_not_tell_who_has_an_account",
            "app::resets::t02_asking_for_a_reset_costs_the_same_work_for_everybody",
            "app::registrations::t01_registering_does_not_tell_whose_address_has_an_account",
            "app::registrations::t02_registering_costs_the_same_work_for_a_known_and_an_unknown_address",
            "app::second_step::t01_a_wrong_password_does_not_tell_who_has_a_second_factor",
            "app::devices::t01_and_t02_a_mark_tells_nobody_who_has_an_account",
            "app::passkeys::t05_a_log_in_by_passkey_names_nobody_and_lists_nothing",
            "app::emails::t03_asking_for_an_address_does_not_tell_whose_it_is",
            "app::names::t01_a_former_name_logs_nobody_in_and_looks_like_an_unknown_one",
        ],
        Gap::Open(
            "without a proof of addresses, as on a site without a mail server, registration names what is taken",
        ),
    ),
    met(
        "6.4.1",
        1,
        "What the site makes up for somebody to log in with is random, and good for a short time",
        &[
            "v6_4_1_a_link_is_random_and_no_password",
            "app::resets::a_link_works_for_fifteen_minutes_and_is_swept_out_afterwards",
            "app::resets::t24_of_twenty_uses_of_a_link_at_once_one_counts",
            "app::registrations::an_attempt_lives_for_half_an_hour_and_is_swept_out_afterwards",
            "app::registrations::t46_neither_the_database_nor_the_outbox_holds_what_confirms",
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
            "app::second_factor::t32_v6_4_3_a_reset_by_mail_does_not_switch_the_second_factor_off",
            "app::undo::t32_a_second_factor_that_the_thief_added_goes_and_an_older_one_stays",
            "app::passkeys::t31_the_passkeys_of_whoever_took_the_address_first_are_dead_after_a_reset",
        ],
        Gap::Open(
            "where the address was never proved, the first reset removes second factors: they may be those of whoever took it first",
        ),
    ),
    met(
        "6.4.4",
        2,
        "A lost factor is replaced by proving as much as before",
        &[
            "v6_4_4_a_lost_phone_is_replaced_by_whoever_has_a_recovery_code",
            "app::second_step::t43_a_recovery_code_is_good_once_and_in_whatever_way_it_is_typed",
            "app::second_factor::whoever_runs_the_site_lets_in_who_has_lost_everything",
            "app::passkeys::a_passkey_alone_is_a_second_factor_too",
            "app::passkeys::what_switches_all_factors_off_removes_the_passkeys",
        ],
    ),
    unproved(
        "6.4.5",
        3,
        "Whose factor runs out is told in time",
        Gap::NotApplicable("nothing that people log in with runs out by itself"),
    ),
    partly(
        "6.4.6",
        3,
        "Administrators start a reset, and choose no password for anybody",
        &[
            "app::administration::v6_4_6_a_link_for_a_new_password_is_mailed_to_its_owner_and_shown_to_nobody",
        ],
        Gap::Open("on the command line whoever has the machine, and so the database, sets one"),
    ),
    met(
        "6.5.1",
        2,
        "Codes are good for one use",
        &[
            "app::second_step::t39_v6_5_1_digits_are_good_once",
            "app::second_step::t39_the_digits_of_the_set_up_are_not_good_for_a_log_in",
            "app::second_factor::t39_digits_are_good_for_one_proof_or_one_log_in",
            "app::second_step::t43_a_recovery_code_is_good_once_and_in_whatever_way_it_is_typed",
        ],
    ),
    partly(
        "6.5.2",
        2,
        "Recovery codes are stored as hashes",
        &[
            "app::second_factor::t46_v6_5_2_no_secret_of_a_second_factor_lies_in_the_database_as_it_is",
        ],
        Gap::Open(
            "of 80 bits a keyed hash is stored (HMAC by the site's key) and no slow one, which is asked for below 112 bits",
        ),
    ),
    met(
        "6.5.3",
        2,
        "Codes and seeds are random",
        &["v6_5_3_no_two_seeds_and_no_two_codes_are_alike"],
    ),
    met("6.5.4", 2, "Codes have 20 bits or more", &["v6_5_4_a_code_has_twenty_bits_and_more"]),
    partly(
        "6.5.5",
        2,
        "Codes are good for a short time",
        &["v6_5_5_digits_are_good_for_their_half_minute_and_one_around_it"],
        Gap::Open("a clock that is half a minute off is put up with, as RFC 6238 (5.2) advises"),
    ),
    met(
        "6.5.6",
        3,
        "Each factor can be taken away",
        &[
            "app::second_factor::setting_an_app_up_and_switching_it_off_ask_for_a_fresh_proof",
            "app::second_factor::new_recovery_codes_void_the_old_ones_and_few_are_said_to_be_few",
            "app::passkeys::t08_v6_5_6_a_removed_passkey_is_dead_and_so_is_what_was_open",
            "app::passkeys::what_switches_all_factors_off_removes_the_passkeys",
        ],
    ),
    met(
        "6.5.7",
        3,
        "What a body proves counts beside something else only",
        &[
            "app::passkeys::a_device_makes_a_key_that_it_finds_by_the_site_and_opens_for_its_owner_alone",
            "app::passkeys::v6_5_7_whoever_is_not_verified_by_the_device_is_refused",
        ],
    ),
    met(
        "6.5.8",
        3,
        "Codes are checked by the server's clock",
        &["v6_5_8_the_clock_that_counts_is_the_servers"],
    ),
    unproved("6.6.1", 2, "Codes by phone are a last resort", NO_PHONES),
    met(
        "6.6.2",
        2,
        "A mailed code is bound to the attempt it was made for",
        &[
            "app::registrations::t25_a_newer_mail_replaces_the_former",
            "app::registrations::v6_6_2_two_attempts_for_one_address_do_not_get_into_each_others_way",
        ],
    ),
    met(
        "6.6.3",
        2,
        "Mailed codes are not guessed",
        &[
            "app::registrations::t37_v6_6_3_of_a_hundred_guesses_at_once_five_are_looked_at",
            "app::registrations::t37_one_network_guesses_so_often_and_no_oftener",
        ],
    ),
    unproved("6.6.4", 3, "Nobody is flooded with questions on their phone", NO_PHONES),
    partly(
        "6.7.1",
        3,
        "Keys that assertions are checked with cannot be changed",
        &[
            "app::passkeys::v6_7_1_what_opens_the_account_is_changed_by_whoever_proved_lately_who_they_are",
            "app::passkeys::t42_somebody_elses_passkey_is_not_added_to_ones_own_account",
            "app::passkeys::t45_nobody_renames_or_removes_somebody_elses_passkey",
        ],
        Gap::Open("by nobody on the site; whoever can write into the database can put a key there"),
    ),
    met(
        "6.7.2",
        3,
        "A challenge has 64 bits or more and is never used twice",
        &[
            "v6_7_2_every_challenge_is_another_one_of_256_bits",
            "app::passkeys::t42_an_answer_is_good_once",
            "app::passkeys::t42_of_twenty_answers_to_one_challenge_at_once_one_logs_in",
            "app::passkeys::t42_a_challenge_is_for_one_purpose_one_person_and_five_minutes",
        ],
    ),
    unproved("6.8.1", 2, "Accounts of two providers are never taken for one", NO_OTHERS),
    unproved("6.8.2", 2, "Assertions are signed", NO_OTHERS),
    unproved("6.8.3", 2, "Assertions are used once", NO_OTHERS),
    unproved("6.8.4", 2, "How strongly another site has checked is looked at", NO_OTHERS),
];

/// A section of a document as one line, since a sentence may go on in the next one.
pub fn prose(heading: &str) -> String {
    section(heading).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The rows of the table in a section of a document, each with its cells.
pub fn rows(told: &str) -> Vec<Vec<&str>> {
    let lines = told.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| -"));
    // Without the headings.
    let rows = lines.skip(1).map(|line| line.trim_matches('|').split('|').map(str::trim));
    rows.map(Iterator::collect).collect()
}

#[test]
fn v6_1_1_every_limit_of_attempts_is_documented_with_its_default() {
    let (settings, command) = (section("Settings"), OnlyConfig::command());
    let mut limits = 0;
    for argument in command.get_arguments() {
        let Some(name) = argument.get_env().and_then(|name| name.to_str()) else { continue };
        if !name.contains("_PER_") {
            continue;
        }
        let row = settings.lines().find(|line| line.starts_with(&format!("| `{name}`")));
        let row = row.unwrap_or_else(|| panic!("docs/settings.md does not name {name}"));
        let default = argument.get_default_values()[0].to_str().unwrap();
        assert!(row.contains(&format!("`{default}`")), "{name} is {default}: {row}");
        limits += 1;
    }
    assert!(limits >= 5, "{limits}");
    let told = section("Attempts");
    assert!(told.contains("Retry-After") && told.contains("owner"), "who is held up: {told}");
}

#[test]
fn v6_1_2_whoever_runs_the_site_reads_which_words_are_no_password() {
    let command = OnlyConfig::command();
    let mut all = command.get_arguments();
    let rules = all.find(|a| a.get_env().is_some_and(|name| name == "BYLINE_PASSWORD_MIN"));
    let help = rules.unwrap().get_help().unwrap().to_string();
    for part in ["name", "address", "host name", "byline", "leaked"] {
        assert!(help.contains(part), "{part}: {help}");
    }
}

#[test]
fn v6_1_3_every_way_to_log_in_is_documented_with_what_protects_it() {
    let told = section("Ways to log in");
    let ways = rows(&told);
    for way in ["Password", "Second step", "Passkey", "registration"] {
        assert!(ways.iter().any(|row| row[0].contains(way)), "{way}: {ways:?}");
    }
    for row in &ways {
        assert!(row.len() == 3 && row.iter().all(|cell| !cell.is_empty()), "{row:?}");
    }
    // Each of them ends in the one function that lets somebody in, most by way of `enter`; so does
    // a proof.
    let sources = files("src", "rs");
    let calls = |of: &str| sources.iter().map(|(_, text)| text.matches(of).count()).sum::<usize>();
    let (straight, by_enter) = (calls("sign_in(auth, ") - 1, calls("enter(state, tx, auth, "));
    assert_eq!(straight + by_enter, ways.len() + 1);
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
