//! Chapter 8: who may do what.

use byline::domain::role::Role;
use reqwest::Method;

use crate::{
    documents::section,
    matrix::{Gap, Requirement, met, partly, unproved},
    support::{TestApp, story},
    v6::rows,
};

pub const REQUIREMENTS: &[Requirement] = &[
    met("8.1.1", 1, "The documents say who may do what", &["v8_1_1_every_role_has_its_column"]),
    met(
        "8.1.2",
        2,
        "The documents say which fields are read and written by whom",
        &["v8_1_2_every_function_is_documented_with_what_it_takes_and_gives"],
    ),
    met(
        "8.1.3",
        3,
        "The documents say what of the circumstances is looked at",
        &["v8_1_3_every_circumstance_that_is_looked_at_is_documented"],
    ),
    met(
        "8.1.4",
        3,
        "… and what comes of it",
        &["v8_1_4_what_comes_of_a_circumstance_stands_beside_it"],
    ),
    met(
        "8.2.1",
        1,
        "Functions are for whom they are meant",
        &[
            "app::roles::v8_2_1_each_role_may_call_what_the_table_says_and_nothing_else",
            "app::roles::v8_2_1_to_everybody_else_what_is_for_administrators_does_not_exist",
            "app::doors::every_server_function_refuses_a_stranger_or_is_on_the_public_list",
            "app::doors::every_page_refuses_a_stranger_or_is_on_the_public_list",
            "app::doors::every_route_with_every_method_refuses_a_stranger_or_is_on_the_public_list",
        ],
    ),
    met(
        "8.2.2",
        1,
        "Things are for whom they are meant",
        &[
            "app::attacks::t45_v8_2_2_nobody_reaches_anybody_elses_things",
            "app::security::t45_nobody_ends_somebody_elses_session",
            "app::administration::t45_what_a_form_says_makes_nobody_an_administrator",
            "app::withdrawing::t45_whoever_is_no_editor_takes_nothing_offline_and_nobody_reaches_a_draft",
            "app::articles::a_stranger_cannot_read_someone_elses_draft",
            "app::demo_faults::s06_an_article_is_open_by_its_authors_choice_and_not_by_its_number",
            "app::names::t45_nobody_renames_anybody_else",
            "app::emails::t45_a_link_gives_its_address_to_no_other_account_and_to_no_stranger",
            "app::passkeys::t45_nobody_renames_or_removes_somebody_elses_passkey",
            "app::invitations::t45_nobody_withdraws_somebody_elses_invitation",
            "app::leaving::t45_nobody_deletes_any_account_but_their_own",
            "app::downloads::a_person_takes_along_all_that_is_theirs_and_nothing_else",
        ],
    ),
    met(
        "8.2.3",
        2,
        "Fields are for whom they are meant",
        &[
            "v8_2_3_nobody_is_told_somebody_elses_address",
            "app::attacks::t45_v8_2_2_nobody_reaches_anybody_elses_things",
            "app::administration::t45_what_a_form_says_makes_nobody_an_administrator",
            "app::administration::an_administrator_sees_of_a_person_what_they_need_and_no_secret",
        ],
    ),
    partly(
        "8.2.4",
        3,
        "The circumstances are looked at, at the log-in and after it",
        &[
            "app::devices::t38_v8_2_4_a_known_device_has_guesses_of_its_own_and_no_more",
            "app::devices::t35_who_has_many_addresses_has_one_network",
            "app::second_step::t38_whoever_has_the_password_and_guesses_holds_up_no_device_of_the_owner",
            "app::new_devices::v6_3_5_a_log_in_from_a_new_device_is_told_and_from_a_known_one_is_not",
        ],
        Gap::Open("at the log-in; a session that moves to another network is not asked again"),
    ),
    met(
        "8.3.1",
        1,
        "The server decides, whatever the page shows",
        &[
            "app::roles::v8_2_1_each_role_may_call_what_the_table_says_and_nothing_else",
            "app::roles::v8_3_1_each_role_opens_the_pages_that_the_table_says_and_no_other",
            "app::doors::every_server_function_refuses_a_stranger_or_is_on_the_public_list",
            "app::demo_faults::s10_the_server_says_who_is_logged_in_on_each_request",
        ],
    ),
    met(
        "8.3.2",
        3,
        "What somebody may do changes at once",
        &[
            "app::roles::v8_3_2_a_role_that_is_taken_away_is_gone_at_the_next_request",
            "app::administration::t07_a_deed_in_flight_does_not_outlive_the_right_to_it",
            "app::sessions::t08_a_cookie_is_dead_after_log_out_password_change_role_change_deactivation_and_deletion",
        ],
    ),
    met(
        "8.3.3",
        3,
        "Whoever asks is who is judged, not what asks for them",
        &[
            "v8_3_3_the_server_renders_for_each_reader_what_they_may_see",
            "app::attacks::t45_v8_2_2_nobody_reaches_anybody_elses_things",
        ],
    ),
    unproved(
        "8.4.1",
        2,
        "No tenant reaches another's data",
        Gap::NotApplicable("a site is one tenant"),
    ),
    partly(
        "8.4.2",
        3,
        "Administration is guarded by more than one thing",
        &[
            "app::administration::v8_4_2_what_administrators_do_asks_for_a_recent_proof",
            "app::roles::v8_2_1_to_everybody_else_what_is_for_administrators_does_not_exist",
            "app::second_factor::t41_what_is_grave_asks_for_the_strongest_proof_that_there_is",
        ],
        Gap::Open("role, recent proof and second factor, but nothing of the device or the network"),
    ),
];

#[test]
fn v8_1_1_every_role_has_its_column() {
    let told = section("Who may do what");
    let head = told.lines().find(|line| line.starts_with("| Action")).unwrap().to_lowercase();
    for role in ["nobody"].into_iter().chain(Role::ALL.map(Role::name)) {
        assert!(head.contains(&format!("| {role} ")), "{role} is not in {head}");
    }
}

#[test]
fn v8_1_3_every_circumstance_that_is_looked_at_is_documented() {
    let told = section("Circumstances");
    let listed = rows(&told);
    for what in ["`byline-device`", "Network address", "Browser", "last proof", "`Sec-Fetch-Site`"]
    {
        assert!(listed.iter().any(|row| row[..2].concat().contains(what)), "{what}: {listed:?}");
    }
}

#[test]
fn v8_1_4_what_comes_of_a_circumstance_stands_beside_it() {
    let told = section("Circumstances");
    for row in rows(&told) {
        assert!(row.len() == 3 && row.iter().all(|cell| !cell.is_empty()), "{row:?}");
    }
    assert!(told.contains("are not looked at"), "and what is not: {told}");
}

#[test]
fn v8_1_2_every_function_is_documented_with_what_it_takes_and_gives() {
    let told = section("The functions");
    for (path, method) in leptos::server_fn::axum::server_fn_paths() {
        let row = told.lines().find(|line| line.starts_with(&format!("| `{method} {path}`")));
        assert!(row.is_some_and(|row| row.matches('|').count() == 5), "{method} {path}: {row:?}");
    }
}

story!(v8_2_3_nobody_is_told_somebody_elses_address, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let bob = app.person("bob").await;
    ada.write("Hers", "published", "public").await;
    let query =
        [("slug", "hers"), ("username", "ada"), ("tag", "x"), ("page", "1"), ("token", "x")];
    for (path, method) in leptos::server_fn::axum::server_fn_paths() {
        if method != Method::GET {
            continue;
        }
        for browser in [&bob, &app.browser()] {
            let answer = browser.ask(path.trim_start_matches("/rpc/"), &query).await;
            for secret in ["ada@example.org", "argon2", "password_hash", "security_stamp"] {
                assert!(!answer.body.contains(secret), "{path}: {}", answer.body);
            }
        }
    }
    for pattern in byline::server::page_paths() {
        let path =
            pattern.replace("{slug}", "hers").replace("{username}", "ada").replace("{tag}", "x");
        let page = bob.get(&path).await.body;
        assert!(!page.contains("ada@example.org"), "{path}");
    }
});

story!(v8_3_3_the_server_renders_for_each_reader_what_they_may_see, |engine| {
    let app = TestApp::start(engine).await;
    let (ada, bob, stranger) = (app.person("ada").await, app.person("bob").await, app.browser());
    ada.write("Plum harvest", "draft", "public").await;
    ada.write("Quince jelly", "published", "members").await;
    for (title, path, of_ada, of_bob) in [
        ("Plum harvest", "/article/plum-harvest", true, false),
        ("Plum harvest", "/articles", true, false),
        ("Plum harvest", "/", false, false),
        ("Quince jelly", "/article/quince-jelly", true, true),
        ("Quince jelly", "/articles", true, false),
        ("Quince jelly", "/profile/ada", true, true),
        ("Quince jelly", "/search?q=jelly", true, true),
        ("Quince jelly", "/feed.atom", false, false),
        ("Quince jelly", "/sitemap.xml", false, false),
    ] {
        for (browser, sees) in [(&ada, of_ada), (&bob, of_bob), (&stranger, false)] {
            let page = browser.get(path).await.body;
            // Found words are marked, each by itself.
            let page = page.replace("<mark>", "").replace("</mark>", "");
            assert_eq!(page.contains(title), sees, "{title} at {path}: {page}");
        }
    }
});
