//! Chapter 8: who may do what.

use byline::domain::role::Role;
use reqwest::Method;

use crate::{
    matrix::{Gap, Requirement, met, partly, unproved},
    support::{TestApp, story},
    v6::readme,
};

pub const REQUIREMENTS: &[Requirement] = &[
    met("8.1.1", 1, "The documents say who may do what", &["v8_1_1_every_role_has_its_column"]),
    met(
        "8.1.2",
        2,
        "The documents say which fields are read and written by whom",
        &["v8_1_2_every_function_is_documented_with_what_it_takes_and_gives"],
    ),
    unproved(
        "8.1.3",
        3,
        "The documents say what of the circumstances is looked at",
        Gap::Later("device cookies"),
    ),
    unproved("8.1.4", 3, "… and what comes of it", Gap::Later("device cookies")),
    met(
        "8.2.1",
        1,
        "Functions are for whom they are meant",
        &[
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
            "app::attacks::t45_nobody_reaches_anybody_elses_things",
            "app::security::t45_nobody_ends_somebody_elses_session",
            "app::articles::a_stranger_cannot_read_someone_elses_draft",
            "app::demo_faults::s06_an_article_is_open_by_its_authors_choice_and_not_by_its_number",
        ],
    ),
    met(
        "8.2.3",
        2,
        "Fields are for whom they are meant",
        &[
            "v8_2_3_nobody_is_told_somebody_elses_address",
            "app::attacks::t45_nobody_reaches_anybody_elses_things",
        ],
    ),
    unproved(
        "8.2.4",
        3,
        "The circumstances are looked at, at the log-in and after it",
        Gap::Later("device cookies"),
    ),
    met(
        "8.3.1",
        1,
        "The server decides, whatever the page shows",
        &[
            "app::doors::every_server_function_refuses_a_stranger_or_is_on_the_public_list",
            "app::demo_faults::s10_the_server_says_who_is_logged_in_on_each_request",
        ],
    ),
    met(
        "8.3.2",
        3,
        "What somebody may do changes at once",
        &[
            "app::sessions::t08_a_cookie_is_dead_after_log_out_password_change_role_change_deactivation_and_deletion",
            "app::accounts::a_deactivated_person_is_out_at_once_and_stays_out",
        ],
    ),
    met(
        "8.3.3",
        3,
        "Whoever asks is who is judged, not what asks for them",
        &["app::attacks::t45_nobody_reaches_anybody_elses_things"],
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
        &["app::security::what_is_grave_asks_for_the_password_again_after_ten_minutes"],
        Gap::Later("/admin"),
    ),
];

#[test]
fn v8_1_1_every_role_has_its_column() {
    let text = include_str!("../../ARCHITECTURE.md");
    let (_, told) = text.split_once("\n## Who may do what\n").unwrap();
    let head = told.lines().find(|line| line.starts_with("| Action")).unwrap().to_lowercase();
    for role in ["nobody"].into_iter().chain(Role::ALL.map(Role::name)) {
        assert!(head.contains(&format!("| {role} ")), "{role} is not in {head}");
    }
}

#[test]
fn v8_1_2_every_function_is_documented_with_what_it_takes_and_gives() {
    let told = readme("## The JSON interface");
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
