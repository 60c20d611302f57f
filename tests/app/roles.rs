//! Who may do what: each role at every server function and every page that there is, taken from
//! the router and not from a list of those that somebody thought of.

use byline::{
    domain::role::{Permission, Role},
    server::page_paths,
};
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::{
    doors::{
        FIELDS, HIDDEN_FUNCTIONS, HIDDEN_PAGES, MODERATING_PAGES, PUBLIC_FUNCTIONS, PUBLIC_PAGES,
    },
    support::{Answer, Browser, Engine, PASSWORD, TestApp, story},
};

/// What needs the right to write. The rest, as far as it is neither public nor hidden, is for
/// whoever is logged in, and answers all roles alike.
const WRITING_FUNCTIONS: [&str; 18] = [
    "delete-article",
    "delete-for-good",
    "delete-image",
    "describe-image",
    "desk",
    "discard-changes",
    "images",
    "invite",
    "keep-text",
    "manuscript",
    "own-invitations",
    "restore-article",
    "restore-revision",
    "revisions",
    "save-article",
    "show-as-profile-picture",
    "stored-manuscript",
    "withdraw-invitation",
];
/// What is for editors and administrators.
const EDITING_FUNCTIONS: [&str; 1] = ["withdraw-article"];
/// The same, over and over.
const MODERATING_FUNCTIONS: [&str; 2] = ["reports", "settle-report"];
const WRITING_PAGES: [&str; 6] = [
    "/articles",
    "/articles/{slug}/revisions",
    "/editor",
    "/editor/{slug}",
    "/images",
    "/settings/invitations",
];
/// The second step of a log-in, which is for whoever did the first in this browser: to everybody
/// here, whatever their role, it is closed.
const STEP_FUNCTIONS: [&str; 4] =
    ["begin-passkey-step", "finish-log-in", "finish-log-in-with-passkey", "second-step"];
const STEP_PAGE: &str = "/login/step";

/// In rising order of trust; the first is nobody.
const ROLES: [Option<Role>; 5] =
    [None, Some(Role::Reader), Some(Role::Author), Some(Role::Editor), Some(Role::Administrator)];

#[test]
fn a_role_may_what_the_table_says() {
    use Permission::{
        Administer, Invite, ModerateComments, ReadMembers, WithdrawArticles, WriteArticles,
    };
    for (permission, roles) in [
        (ReadMembers, &Role::ALL[..]),
        (WriteArticles, &[Role::Author, Role::Editor, Role::Administrator]),
        (Invite, &[Role::Author, Role::Editor, Role::Administrator]),
        (WithdrawArticles, &[Role::Editor, Role::Administrator]),
        (ModerateComments, &[Role::Editor, Role::Administrator]),
        (Administer, &[Role::Administrator]),
    ] {
        let may: Vec<Role> = Role::ALL.into_iter().filter(|role| role.may(permission)).collect();
        assert_eq!(may, roles, "{permission:?}");
    }
}

/// A site with one person of each role, and ada, to whom things are done.
struct Site {
    app: TestApp,
    people: Vec<(Option<Role>, Browser)>,
}

impl Site {
    async fn start(engine: Engine) -> Self {
        let patient = [
            ["--login-attempts-per-account", "1000000"],
            ["--login-attempts-per-address", "1000000"],
            ["--resets-per-account", "1000000"],
            ["--resets-per-address", "1000000"],
        ];
        let app = TestApp::start_with(engine, patient.as_flattened()).await;
        let ada = app.person("ada").await;
        let article = [("title", "Open"), ("body", "Words enough."), ("tags", "x"), PUBLISHED];
        assert_eq!(ada.call("save-article", &article).await.status, StatusCode::OK);
        let mut people = Vec::new();
        for role in ROLES {
            let browser = match role {
                None => app.browser(),
                Some(role) => app.person_with(&format!("an-{}", role.name()), role).await,
            };
            people.push((role, browser));
        }
        Self { app, people }
    }

    /// What each of them is answered, in the order of [`ROLES`]. Whoever is logged out by it logs
    /// in again.
    async fn answers(&self, ask: impl AsyncFn(&Browser) -> Answer) -> Vec<Answer> {
        let mut answers = Vec::new();
        for (role, browser) in &self.people {
            answers.push(ask(browser).await);
            let name = role.map(|role| format!("an-{}", role.name()));
            if browser.name().await != name {
                browser.log_out().await;
                if let Some(name) = name {
                    browser.log_in(&name, PASSWORD).await;
                }
            }
        }
        answers
    }
}

const PUBLISHED: (&str, &str) = ("status", "published");

/// Whether those from the given place on are answered alike, and none of them is told that they
/// are nobody or may not.
fn are_let_in(statuses: &[StatusCode]) -> bool {
    statuses.iter().all(|status| *status == statuses[0])
}

story!(v8_2_1_each_role_may_call_what_the_table_says_and_nothing_else, |engine| {
    let site = Site::start(engine).await;
    // The linker decides how they are registered, and some change what the next ones find.
    let mut functions: Vec<_> = leptos::server_fn::axum::server_fn_paths().collect();
    functions.sort_unstable_by_key(|(path, _)| *path);
    for (path, method) in functions {
        let name = path.strip_prefix("/rpc/").unwrap();
        let answers = site.answers(async |browser| {
            if method == Method::GET {
                browser.ask(name, FIELDS).await
            } else {
                browser.call(name, FIELDS).await
            }
        });
        let answers = answers.await;
        let statuses: Vec<StatusCode> = answers.iter().map(|answer| answer.status).collect();
        let codes: Vec<_> = answers.iter().map(Answer::json).collect();
        let all = format!("{name}: {statuses:?}");
        if HIDDEN_FUNCTIONS.contains(&name) {
            assert!(codes[..4].iter().all(|code| *code == json!("not_found")), "{all}");
            assert_eq!(statuses[..4], [StatusCode::NOT_FOUND; 4], "{all}");
            assert_eq!(statuses[4], StatusCode::OK, "{all} {}", answers[4].body);
        } else if WRITING_FUNCTIONS.contains(&name) {
            assert_eq!(codes[..2], [json!("unauthenticated"), json!("forbidden")], "{all}");
            assert!(are_let_in(&statuses[2..]) && codes[2] != json!("forbidden"), "{all}");
        } else if EDITING_FUNCTIONS.contains(&name) {
            let forbidden = json!("forbidden");
            assert_eq!(codes[0], json!("unauthenticated"), "{all}");
            assert!(codes[1..3].iter().all(|code| *code == forbidden), "{all}");
            // Once it is offline there is nothing to take offline.
            assert_eq!(statuses[3..], [StatusCode::OK, StatusCode::NOT_FOUND], "{all}");
        } else if MODERATING_FUNCTIONS.contains(&name) {
            assert_eq!(codes[0], json!("unauthenticated"), "{all}");
            assert!(codes[1..3].iter().all(|code| *code == json!("forbidden")), "{all}");
            assert!(are_let_in(&statuses[3..]) && codes[3] != json!("forbidden"), "{all}");
        } else if STEP_FUNCTIONS.contains(&name) {
            assert!(codes.iter().all(|code| *code == json!("unauthenticated")), "{all}");
        } else if PUBLIC_FUNCTIONS.contains(&name) {
            assert!(are_let_in(&statuses[1..]), "{all}");
            assert!(codes.iter().all(|code| *code != json!("unauthenticated")), "{all}");
        } else {
            assert_eq!(codes[0], json!("unauthenticated"), "{all}");
            assert!(are_let_in(&statuses[1..]), "{all}");
            let refused = [json!("unauthenticated"), json!("forbidden")];
            assert!(!refused.contains(&codes[1]), "{all}");
        }
    }
});

story!(v8_3_1_each_role_opens_the_pages_that_the_table_says_and_no_other, |engine| {
    let site = Site::start(engine).await;
    let token = site.app.reset_token("ada").await;
    for pattern in page_paths().iter().map(String::as_str) {
        let path = pattern.replace("{slug}", "open").replace("{username}", "ada");
        let path = path.replace("{tag}", "x").replace("{token}", &token);
        let answers = site.answers(async |browser| browser.get(&path).await).await;
        let statuses: Vec<StatusCode> = answers.iter().map(|answer| answer.status).collect();
        let all = format!("{pattern}: {statuses:?}");
        if HIDDEN_PAGES.contains(&pattern) {
            assert_eq!(statuses[..4], [StatusCode::NOT_FOUND; 4], "{all}");
            assert_eq!(statuses[4], StatusCode::OK, "{all}");
        } else if MODERATING_PAGES.contains(&pattern) {
            assert_eq!(statuses[..3], [StatusCode::NOT_FOUND; 3], "{all}");
            assert_eq!(statuses[3..], [StatusCode::OK; 2], "{all}");
        } else if WRITING_PAGES.contains(&pattern) {
            assert_eq!(statuses[..2], [StatusCode::SEE_OTHER, StatusCode::FORBIDDEN], "{all}");
            assert!(are_let_in(&statuses[2..]), "{all}");
        } else if pattern == STEP_PAGE {
            assert_eq!(statuses[0], StatusCode::SEE_OTHER, "{all}");
            assert_eq!(statuses[1..], [StatusCode::UNAUTHORIZED; 4], "{all}");
        } else if PUBLIC_PAGES.contains(&pattern) {
            assert!(are_let_in(&statuses), "{all}");
            assert!(!statuses[0].is_redirection() && statuses[0] != StatusCode::FORBIDDEN, "{all}");
        } else {
            assert_eq!(statuses[0], StatusCode::SEE_OTHER, "{all}");
            // What is mailed is one person's, whatever the others may do.
            let theirs =
                if pattern.ends_with("{token}") { StatusCode::GONE } else { StatusCode::OK };
            assert_eq!(statuses[1..], [theirs; 4], "{all}");
        }
    }
});

/// An answer, without what differs from one to the next.
pub fn outside(answer: &Answer) -> (StatusCode, Vec<(String, String)>, String) {
    let policy = answer.header("content-security-policy").to_owned();
    let nonce = policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next());
    let plain = |text: &str| nonce.map_or(text.to_owned(), |nonce| text.replace(nonce, ""));
    let mut headers: Vec<(String, String)> = answer
        .headers
        .iter()
        .filter(|(name, _)| *name != "date")
        .map(|(name, value)| (name.to_string(), plain(value.to_str().unwrap())))
        .collect();
    headers.sort();
    (answer.status, headers, plain(&answer.body))
}

story!(v8_2_1_to_everybody_else_what_is_for_administrators_does_not_exist, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.administrator("ada").await;
    let mut others = vec![app.browser()];
    for role in [Role::Reader, Role::Author, Role::Editor] {
        others.push(app.person_with(&format!("an-{}", role.name()), role).await);
    }
    let before = app.dump().await;
    for (at, browser) in others.iter().enumerate() {
        let nowhere = outside(&browser.get("/no/such/page").await);
        assert_eq!(nowhere.0, StatusCode::NOT_FOUND);
        for path in [
            "/admin",
            "/admin/",
            "/admin?q=ada",
            "/admin/log",
            "/admin/log?page=2",
            "/admin/people/ada",
            "/admin/people/nobody",
            "/admin/people/ada?form=set-role",
            "/admin/nothing",
            "/%61dmin",
        ] {
            assert_eq!(outside(&browser.get(path).await), nowhere, "{at} at {path}");
        }
        let nowhere = outside(&browser.submit("/no/such/page", FIELDS).await);
        for form in ["", "?form=set-role", "?form=set-active", "?form=confirm", "?form=nothing"] {
            let sent = browser.submit(&format!("/admin/people/ada{form}"), FIELDS).await;
            assert_eq!(outside(&sent), nowhere, "{at} sends {form}");
        }
        for page in ["/admin?form=confirm", "/admin/log?form=confirm"] {
            assert_eq!(outside(&browser.submit(page, FIELDS).await), nowhere, "{at} at {page}");
        }
        let reads = outside(&browser.ask("no-such-function", FIELDS).await);
        let writes = outside(&browser.call("no-such-function", FIELDS).await);
        for (path, method) in leptos::server_fn::axum::server_fn_paths() {
            let name = path.strip_prefix("/rpc/").unwrap();
            if HIDDEN_FUNCTIONS.contains(&name) && method == Method::GET {
                assert_eq!(outside(&browser.ask(name, FIELDS).await), reads, "{at} asks {name}");
            } else if HIDDEN_FUNCTIONS.contains(&name) {
                assert_eq!(outside(&browser.call(name, FIELDS).await), writes, "{at}: {name}");
            }
        }
    }
    assert_eq!(app.dump().await, before);
    assert_eq!(ada.get("/admin").await.status, StatusCode::OK);
});

story!(v8_3_2_a_role_that_is_taken_away_is_gone_at_the_next_request, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.administrator("ada").await;
    let bob = app.administrator("bob").await;
    assert_eq!(bob.get("/admin").await.status, StatusCode::OK);
    let cookie = bob.cookie();
    let down = [("username", "bob"), ("role", "reader")];
    assert_eq!(ada.call("set-role", &down).await.status, StatusCode::OK);
    for again in [false, true] {
        bob.set_cookie(cookie.clone());
        if again {
            assert_eq!(bob.log_in("bob", PASSWORD).await.status, StatusCode::OK);
        }
        assert_eq!(bob.get("/admin").await.status, StatusCode::NOT_FOUND);
        let up = [("username", "bob"), ("role", "administrator"), ("sure", "true")];
        assert_eq!(bob.call("set-role", &up).await.status, StatusCode::NOT_FOUND);
        let write = bob.write("No longer", "published", "public").await.status;
        assert_eq!(write, if again { StatusCode::FORBIDDEN } else { StatusCode::UNAUTHORIZED });
    }
    assert!(ada.get("/settings").await.body.contains("href=\"/admin\""));
    assert!(!bob.get("/settings").await.body.contains("href=\"/admin\""));
});

story!(who_has_no_role_at_all_reads_as_a_stranger_does, |engine| {
    let app = TestApp::start(engine).await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    ada.write("For members", "published", "members").await;
    app.execute("delete from user_roles").await;
    let answer = bob.ask("article", &[("slug", "for-members")]).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{answer:?}");
    assert_eq!(bob.write("Mine", "draft", "public").await.status, StatusCode::FORBIDDEN);
    assert_eq!(bob.get("/settings").await.status, StatusCode::OK);
});
