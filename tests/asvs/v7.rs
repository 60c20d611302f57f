//! Chapter 7: sessions.

use std::{collections::HashSet, time::Duration};

use reqwest::StatusCode;
use tower_sessions::session::Id;

use crate::{
    documents::section,
    matrix::{Gap, Requirement, met, unproved},
    site::Site,
    support::{PASSWORD, TestApp, story},
    v6::prose,
};

const NO_FEDERATION: Gap = Gap::NotApplicable("nobody logs in by another site");

pub const REQUIREMENTS: &[Requirement] = &[
    met(
        "7.1.1",
        2,
        "The documents say how long a session lives, and why",
        &["v7_1_1_how_long_a_session_lives_is_what_the_documents_say"],
    ),
    met(
        "7.1.2",
        2,
        "The documents say how many sessions an account may have at once",
        &["v7_1_2_of_a_hundred_sessions_the_one_used_longest_ago_ends_as_documented"],
    ),
    unproved("7.1.3", 2, "The documents tell of sessions that span several sites", NO_FEDERATION),
    met(
        "7.2.1",
        1,
        "The server decides whether a session is one",
        &[
            "v7_2_1_a_forged_cookie_is_nobodys",
            "app::attacks::t44_a_malformed_cookie_is_nobody",
            "app::demo_faults::s10_the_server_says_who_is_logged_in_on_each_request",
        ],
    ),
    met(
        "7.2.2",
        1,
        "Each session has a token of its own; none is a key that stays",
        &[
            "v7_2_2_each_log_in_makes_a_token_that_ends_with_it",
            "app::sessions::t06_v7_2_4_a_log_in_replaces_the_identifier_and_kills_the_old_one",
            "app::sessions::t13_creating_a_session_never_takes_over_an_identifier",
        ],
    ),
    met(
        "7.2.3",
        1,
        "A session's token is unique, and 128 random bits",
        &[
            "v7_2_3_an_identifier_is_128_random_bits",
            "app::sessions::t13_creating_a_session_never_takes_over_an_identifier",
        ],
    ),
    met(
        "7.2.4",
        1,
        "Each log-in and each proof makes a new token and ends the old one",
        &[
            "app::sessions::t06_v7_2_4_a_log_in_replaces_the_identifier_and_kills_the_old_one",
            "app::sessions::t06_an_identifier_planted_by_an_attacker_is_not_taken_over",
            "app::security::t06_changing_the_password_replaces_the_identifier_and_t08_ends_all_others",
            "app::security::t42_a_proof_freshens_this_session_only_and_only_with_this_accounts_password",
            "app::passkeys::t42_a_proof_by_passkey_freshens_this_session_only_and_only_by_its_own_account",
        ],
    ),
    met(
        "7.3.1",
        2,
        "A session that is not used ends",
        &[
            "app::sessions::t14_v7_3_1_a_session_ends_after_twelve_idle_hours_and_after_a_week_in_any_case",
            "app::sessions::t14_v7_3_2_a_kept_session_outlives_the_browser_but_not_a_quarter_of_a_year",
            "app::standing::t14_asking_is_no_use_of_a_session_and_keeps_none_alive",
        ],
    ),
    met(
        "7.3.2",
        2,
        "A session ends however it is used",
        &[
            "app::sessions::t14_v7_3_1_a_session_ends_after_twelve_idle_hours_and_after_a_week_in_any_case",
            "app::sessions::t14_v7_3_2_a_kept_session_outlives_the_browser_but_not_a_quarter_of_a_year",
        ],
    ),
    met(
        "7.4.1",
        1,
        "What has ended cannot be used again",
        &[
            "app::accounts::v7_4_1_logging_out_ends_the_session_and_the_cookie",
            "app::sessions::t08_a_cookie_is_dead_after_log_out_password_change_role_change_deactivation_and_deletion",
            "app::sessions::t07_a_request_in_flight_does_not_bring_an_ended_session_back",
            "app::sessions::t07_logging_out_amid_fifty_requests_is_final",
            "app::state_machine::nobody_ever_acts_as_somebody_they_are_not_on_sqlite",
            "app::state_machine::nobody_ever_acts_as_somebody_they_are_not_on_postgres",
            "app::state_machine::what_ended_amid_a_request_stays_ended_on_sqlite",
            "app::state_machine::what_ended_amid_a_request_stays_ended_on_postgres",
            "app::standing::an_open_page_hears_at_once_that_its_session_has_ended",
            "browser: after a log-out, going back shows nothing private",
            "browser: an ended session takes the page away, and whoever logs in again goes on writing",
            "browser: an open page notices by itself within seconds",
        ],
    ),
    met(
        "7.4.2",
        1,
        "An account that is closed or deleted has no sessions",
        &[
            "app::accounts::v7_4_2_a_deactivated_person_is_out_at_once_and_stays_out",
            "app::administration::a_deactivated_person_is_out_until_they_are_let_in_again",
            "app::sessions::t08_a_cookie_is_dead_after_log_out_password_change_role_change_deactivation_and_deletion",
            "app::leaving::whoever_deletes_their_account_is_gone_at_once_and_can_come_back",
            "app::passkeys::a_deactivated_account_has_no_passkeys",
        ],
    ),
    met(
        "7.4.3",
        2,
        "Another password or factor ends all other sessions",
        &[
            "app::security::t06_changing_the_password_replaces_the_identifier_and_t08_ends_all_others",
            "app::resets::t08_v7_4_3_a_cookie_is_dead_after_a_reset",
            "app::sessions::t08_a_log_in_in_flight_does_not_survive_a_password_reset",
            "app::emails::t08_a_cookie_and_a_link_are_dead_after_a_change_of_address",
            "app::passkeys::t08_adding_a_passkey_ends_what_was_open_and_is_told_to_its_owner",
            "app::passkeys::t08_v6_5_6_a_removed_passkey_is_dead_and_so_is_what_was_open",
        ],
    ),
    met(
        "7.4.4",
        2,
        "The way to log out is on every page",
        &[
            "v7_4_4_every_page_of_a_member_leads_to_the_way_out",
            "browser: a person who logs out is out, in every tab",
        ],
    ),
    met(
        "7.4.5",
        2,
        "Administrators end sessions of others",
        &[
            "app::administration::t08_v7_4_5_an_administrator_ends_all_sessions_of_a_person_at_once",
            "app::accounts::v7_4_2_a_deactivated_person_is_out_at_once_and_stays_out",
        ],
    ),
    met(
        "7.5.1",
        2,
        "Who one is is proved anew before an address or a factor changes",
        &[
            "app::second_factor::setting_an_app_up_and_switching_it_off_ask_for_a_fresh_proof",
            "app::security::v6_2_3_what_is_wrong_with_a_change_of_password_stands_beside_its_field",
            "app::names::a_new_name_asks_for_the_password_again_after_ten_minutes",
            "app::emails::v7_5_1_another_address_asks_for_the_password_again_after_ten_minutes",
            "app::emails::a_link_to_an_address_asks_for_the_password_again_after_ten_minutes",
            "app::passkeys::v6_7_1_what_opens_the_account_is_changed_by_whoever_proved_lately_who_they_are",
        ],
    ),
    met(
        "7.5.2",
        2,
        "People see their sessions and, having proved who they are, end them",
        &[
            "app::security::a_person_sees_where_they_are_logged_in_and_which_one_this_is",
            "app::security::v7_5_3_what_is_grave_asks_for_the_password_again_after_ten_minutes",
            "app::security::t08_v7_5_2_the_cookie_of_an_ended_session_is_dead_at_its_next_request",
            "app::security::t45_nobody_ends_somebody_elses_session",
        ],
    ),
    met(
        "7.5.3",
        3,
        "What is grave asks for a proof",
        &[
            "app::security::v7_5_3_what_is_grave_asks_for_the_password_again_after_ten_minutes",
            "app::security::t42_a_proof_freshens_this_session_only_and_only_with_this_accounts_password",
            "browser: what is grave asks for the password in its place, and can then be done",
            "app::administration::v8_4_2_what_administrators_do_asks_for_a_recent_proof",
            "app::second_factor::t41_what_is_grave_asks_for_the_strongest_proof_that_there_is",
            "app::passkeys::t41_where_two_factors_are_asked_for_a_passkey_is_both",
            "app::downloads::taking_everything_along_asks_for_the_password_again_after_ten_minutes",
            "app::leaving::deleting_an_account_asks_for_the_password_again_after_ten_minutes",
        ],
    ),
    unproved("7.6.1", 2, "Sessions here and at the provider end together", NO_FEDERATION),
    met(
        "7.6.2",
        2,
        "No session begins without its person's doing",
        &[
            "app::sessions::v7_6_2_a_stranger_leaves_no_session_behind",
            "app::attacks::t16_no_other_site_can_log_a_browser_in_or_register_it",
        ],
    ),
];

const DAY: i64 = 24 * 3600 * 1_000_000;

story!(v7_1_1_how_long_a_session_lives_is_what_the_documents_say, |engine| {
    let app = TestApp::start(engine).await;
    app.person("ada").await;
    let told = section("Sessions");
    for (keep, row, idle, absolute) in [
        ("false", "| Usually", "12 hours", "7 days"),
        ("true", "| \"Keep me logged in\"", "30 days", "90 days"),
    ] {
        app.execute("delete from sessions").await;
        let fields = [("email", "ada"), ("password", PASSWORD), ("keep", keep)];
        assert_eq!(app.browser().call("log-in", &fields).await.status, StatusCode::OK);
        let lives = [
            app.count("select ends_at - created_at from sessions").await,
            app.count("select absolute_expires_at - created_at from sessions").await,
        ];
        for (life, text) in lives.into_iter().zip([idle, absolute]) {
            let (number, unit) = text.split_once(' ').unwrap();
            let unit = if unit == "hours" { DAY / 24 } else { DAY };
            assert_eq!(life, number.parse::<i64>().unwrap() * unit, "{row}: {text}");
        }
        let row = told.lines().find(|line| line.starts_with(row)).unwrap();
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        assert_eq!(cells[2..4], [idle, absolute], "{row}");
    }
    let why = prose("Sessions");
    assert!(why.contains("outlives the 30 days of NIST SP 800-63B on purpose"), "{why}");
});

story!(v7_1_2_of_a_hundred_sessions_the_one_used_longest_ago_ends_as_documented, |engine| {
    const MINUTE: Duration = Duration::from_secs(60);
    const HERS: &str = "select count(*) from sessions s join users u on u.id = s.user_id \
         where u.username = 'ada'";
    let app = TestApp::start(engine).await;
    let (first, bob) = (app.person("ada").await, app.person("bob").await);
    let second = app.browser();
    assert_eq!(second.log_in("ada", PASSWORD).await.status, StatusCode::OK);
    for _ in 0..98 {
        app.state.clock.advance(2 * MINUTE);
        assert_eq!(app.browser().log_in("ada", PASSWORD).await.status, StatusCode::OK);
    }
    assert_eq!(first.name().await.as_deref(), Some("ada"), "used now, however old it is");
    assert_eq!(app.count(HERS).await, 100);
    let all = first.ask("own-security", &[]).await.json();
    assert_eq!(all["sessions"].as_array().unwrap().len(), 100, "each can be seen and ended");

    assert_eq!(app.browser().log_in("ada", PASSWORD).await.status, StatusCode::OK);
    assert_eq!(app.count(HERS).await, 100);
    assert_eq!(second.name().await, None, "used longest ago");
    assert_eq!(first.name().await.as_deref(), Some("ada"));
    assert_eq!(bob.name().await.as_deref(), Some("bob"), "nobody else's ends");
    let told = prose("Sessions");
    assert!(told.contains("at most a hundred sessions at once"), "{told}");
});

story!(v7_2_1_a_forged_cookie_is_nobodys, |engine| {
    let site = Site::open(engine).await;
    let nobody = site.ask(reqwest::Method::GET, "/", &[]).await;
    for name in ["__Host-byline", "session", "sid", "id"] {
        for value in ["", "0", "AAAAAAAAAAAAAAAAAAAAAA", "%00", "eyJhbGciOiJub25lIn0.e30."] {
            let cookie = format!("{name}={value}");
            let answer = site.ask(reqwest::Method::GET, "/", &[("cookie", &cookie)]).await;
            assert_eq!(answer.status, nobody.status, "{cookie}");
        }
    }
});

story!(v7_2_2_each_log_in_makes_a_token_that_ends_with_it, |engine| {
    let app = TestApp::start(engine).await;
    app.person("ada").await;
    let browsers = [0; 5].map(|_| app.browser());
    let mut tokens = HashSet::new();
    for browser in browsers.iter().chain(&browsers) {
        assert_eq!(browser.log_in("ada", PASSWORD).await.status, StatusCode::OK);
        tokens.insert(browser.cookie().unwrap());
    }
    assert_eq!(tokens.len(), 10, "none is the account's");
    let [first, others @ ..] = &browsers;
    let token = first.cookie();
    first.log_out().await;
    first.set_cookie(token);
    assert_eq!(first.name().await, None);
    for other in others {
        assert_eq!(other.name().await.as_deref(), Some("ada"));
    }
});

#[test]
fn v7_2_3_an_identifier_is_128_random_bits() {
    const MANY: usize = 10_000;
    let ids: HashSet<u128> = (0..MANY).map(|_| Id::default().0.cast_unsigned()).collect();
    assert_eq!(ids.len(), MANY);
    for bit in 0..128 {
        let ones = ids.iter().filter(|id| *id >> bit & 1 == 1).count();
        // Half of them; six standard deviations are 300.
        assert!(ones.abs_diff(MANY / 2) < 300, "bit {bit}: {ones} of {MANY}");
    }
}

story!(v7_4_4_every_page_of_a_member_leads_to_the_way_out, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    ada.write("Mine", "published", "public").await;
    let mut personal = 0;
    for page in byline::server::page_paths() {
        let path = page.replace("{slug}", "mine").replace("{username}", "ada");
        if app.browser().get(&path).await.status != StatusCode::SEE_OTHER {
            continue;
        }
        let answer = ada.get(&path).await;
        if answer.status != StatusCode::OK {
            // Not for authors.
            continue;
        }
        assert!(answer.body.contains("href=\"/settings\""), "{path}: {}", answer.body);
        personal += 1;
    }
    assert!(personal >= 4, "{personal}");
    let settings = ada.get("/settings").await.body;
    let form = settings.split("<form").find(|form| form.contains("action=\"/settings\"")).unwrap();
    assert!(form.contains(">Log out<"), "{form}");
    assert_eq!(ada.submit("/settings", &[]).await.header("location"), "/");
    assert_eq!(ada.name().await, None);
});
