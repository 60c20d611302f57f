//! What is somebody else's, at every function that there is: none takes somebody's word for who
//! they are, and none reaches what is not theirs (T45).

use byline::server::users;
use reqwest::{Method, StatusCode};

use crate::{
    authenticator::{self, Device},
    doors::{FIELDS, HIDDEN_FUNCTIONS, PUBLIC_FUNCTIONS},
    people::comments::say,
    support::{Answer, Browser, Engine, PASSWORD, TestApp, story},
};

/// The fields of a form.
type Fields = &'static [(&'static str, &'static str)];

/// What names a thing of one person, with fields that name ada's, and what bob is answered. What is
/// in braces is hers.
const NAMES: &[(&str, Fields, StatusCode)] = &[
    ("manuscript", &[("slug", "{draft}")], StatusCode::NOT_FOUND),
    ("stored-manuscript", &[("article", "{article}")], StatusCode::NOT_FOUND),
    ("revisions", &[("slug", "{draft}"), ("version", "1")], StatusCode::NOT_FOUND),
    (
        "restore-revision",
        &[("slug", "{draft}"), ("revision", "1"), ("version", "1")],
        StatusCode::NOT_FOUND,
    ),
    (
        "keep-text",
        &[("article", "{article}"), ("version", "1"), TITLE, BODY],
        StatusCode::NOT_FOUND,
    ),
    (
        "save-article",
        &[("article", "{article}"), ("version", "1"), TITLE, BODY, ("status", "published")],
        StatusCode::NOT_FOUND,
    ),
    ("discard-changes", &[("slug", "{open}")], StatusCode::NOT_FOUND),
    ("delete-article", &[("slug", "{open}")], StatusCode::NOT_FOUND),
    ("restore-article", &[("slug", "{deleted}")], StatusCode::NOT_FOUND),
    ("delete-for-good", &[("slug", "{deleted}")], StatusCode::NOT_FOUND),
    ("describe-image", &[("id", "{image}"), ("alt", "Mine")], StatusCode::NOT_FOUND),
    ("delete-image", &[("id", "{image}")], StatusCode::NOT_FOUND),
    ("show-as-profile-picture", &[("id", "{image}")], StatusCode::NOT_FOUND),
    ("end-session", &[("handle", "{session}")], StatusCode::NOT_FOUND),
    ("withdraw-invitation", &[("handle", "{invitation}")], StatusCode::NOT_FOUND),
    ("rename-passkey", &[("handle", "{passkey}"), ("passkey_name", "Mine")], StatusCode::NOT_FOUND),
    ("remove-passkey", &[("handle", "{passkey}")], StatusCode::NOT_FOUND),
    ("add-comment", &[("slug", "{draft}"), ("comment", "Hm.")], StatusCode::NOT_FOUND),
    ("set-favorite", &[("slug", "{draft}"), ("favorite", "true")], StatusCode::NOT_FOUND),
    ("delete-comment", &[("handle", "{comment}")], StatusCode::NOT_FOUND),
    (
        "show-comment",
        &[("slug", "{open}"), ("handle", "{comment}"), ("shown", "false")],
        StatusCode::NOT_FOUND,
    ),
    ("open-comments", &[("slug", "{open}"), ("open", "false")], StatusCode::NOT_FOUND),
    ("email-terms", &[("token", "{link}")], StatusCode::GONE),
    ("change-email", &[("token", "{link}")], StatusCode::GONE),
];

const TITLE: (&str, &str) = ("title", "Mine now");
const BODY: (&str, &str) = ("body", "Words of somebody else.");

/// What is about whoever calls it, and nobody else.
const OWN: &[&str] = &[
    "add-passkey",
    "ask-for-email",
    "begin-adding-passkey",
    "begin-authenticator",
    "begin-passkey-proof",
    "begin-passkey-step",
    "change-password",
    "change-username",
    "confirm",
    "confirm-authenticator",
    "confirm-with-passkey",
    "delete-account",
    "desk",
    "end-other-sessions",
    "finish-log-in",
    "finish-log-in-with-passkey",
    "images",
    "invite",
    "make-recovery-codes",
    "own-account",
    "own-factors",
    "own-identity",
    "own-invitations",
    "own-passkeys",
    "own-security",
    "own-security-log",
    "remove-authenticator",
    "save-profile",
    "second-step",
];

/// What anybody does to what others show, or by their role (`roles.rs`).
const OTHERS: &[&str] =
    &["report-comment", "reports", "set-follow", "settle-report", "withdraw-article"];

#[test]
fn every_function_says_whose_things_it_names() {
    let mut functions: Vec<&str> = leptos::server_fn::axum::server_fn_paths()
        .map(|(path, _)| path.trim_start_matches("/rpc/"))
        .filter(|name| !PUBLIC_FUNCTIONS.contains(name) && !HIDDEN_FUNCTIONS.contains(name))
        .collect();
    let named = NAMES.iter().map(|(name, ..)| *name);
    let mut told: Vec<&str> = named.chain(OWN.iter().chain(OTHERS).copied()).collect();
    functions.sort_unstable();
    told.sort_unstable();
    assert_eq!(told, functions, "say in NAMES, OWN or OTHERS whose things a function names");
}

/// Ada, and one of everything that can be hers.
struct Hers {
    app: TestApp,
    things: Vec<(&'static str, String)>,
}

impl Hers {
    async fn start(engine: Engine) -> Self {
        let patient = [
            ["--origin", "http://localhost:3000"],
            ["--login-attempts-per-account", "1000"],
            ["--login-attempts-per-address", "1000"],
        ];
        let app = TestApp::start_with(engine, patient.as_flattened()).await;
        let ada = app.person("ada").await;
        for (title, status) in
            [("Open", "published"), ("Kept back", "draft"), ("Gone", "published")]
        {
            assert_eq!(ada.write(title, status, "public").await.status, StatusCode::OK);
        }
        let text = async |function: &str, query: &[(&str, &str)], at: &str| {
            let answer = ada.ask(function, query).await.json();
            answer.pointer(at).unwrap().as_str().unwrap().to_owned()
        };
        let open = text("manuscript", &[("slug", "open")], "/id").await;
        let changes = [("article", open.as_str()), ("version", "1"), TITLE, BODY];
        assert_eq!(ada.call("keep-text", &changes).await.status, StatusCode::OK);
        assert_eq!(ada.call("delete-article", &[("slug", "gone")]).await.status, StatusCode::OK);
        let image = uuid::Uuid::now_v7().to_string();
        app.own_image("ada", &image).await;
        let added = authenticator::add(&ada, &mut Device::at(&app.origin), "Phone").await;
        assert_eq!(added.status, StatusCode::OK, "{}", added.body);
        assert_eq!(ada.call("invite", &[]).await.status, StatusCode::OK);
        let things = vec![
            ("draft", "kept-back".to_owned()),
            ("open", "open".to_owned()),
            ("deleted", "gone".to_owned()),
            ("article", text("manuscript", &[("slug", "kept-back")], "/id").await),
            ("image", image),
            ("session", text("own-security", &[], "/sessions/0/handle").await),
            ("invitation", text("own-invitations", &[], "/made/0/handle").await),
            ("passkey", text("own-passkeys", &[], "/passkeys/0/handle").await),
            ("comment", say(&ada, "open", "So it is.").await),
            ("link", app.email_token("ada", "countess@example.org").await),
        ];
        Self { app, things }
    }

    /// Asks for something of hers.
    async fn ask(&self, browser: &Browser, function: &str, fields: &[(&str, &str)]) -> Answer {
        let fill = |value: &str| {
            let thing = value.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
            let Some(thing) = thing else { return value.to_owned() };
            self.things.iter().find(|(name, _)| *name == thing).unwrap().1.clone()
        };
        let fields: Vec<(&str, String)> = fields.iter().map(|(n, v)| (*n, fill(v))).collect();
        let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
        call(browser, function, &fields).await
    }
}

/// Calls a function in the way that it is called.
async fn call(browser: &Browser, function: &str, fields: &[(&str, &str)]) -> Answer {
    let mut functions = leptos::server_fn::axum::server_fn_paths();
    let path = format!("/rpc/{function}");
    let (_, method) = functions.find(|(known, _)| *known == path).unwrap();
    if method == Method::GET {
        browser.ask(function, fields).await
    } else {
        browser.call(function, fields).await
    }
}

story!(t45_no_function_reaches_what_is_somebody_elses, |engine| {
    let site = Hers::start(engine).await;
    let bob = site.app.person("bob").await;
    let stored = async || {
        let mut rows = site.app.dump().await;
        rows.retain(|row| !row.starts_with("attempts: "));
        rows
    };
    let before = stored().await;
    for (function, fields, expected) in NAMES {
        let answer = site.ask(&bob, function, fields).await;
        assert_eq!(answer.status, *expected, "{function}: {}", answer.body);
        assert_eq!(stored().await, before, "{function}");
    }
    // It was hers indeed: there is nothing wrong with the requests themselves.
    let ada = site.app.browser();
    assert_eq!(ada.log_in("ada", PASSWORD).await.status, StatusCode::OK);
});

/// The rows of an account, and of all that hangs on it.
async fn rows_of(app: &TestApp, name: &str) -> Vec<String> {
    let (id, ..) = users::find_public(&app.state.db, name).await.unwrap().unwrap();
    let (dashed, plain) = (id.to_string(), id.simple().to_string().to_uppercase());
    let mut rows = app.dump().await;
    rows.retain(|row| row.contains(&dashed) || row.contains(&plain));
    rows
}

story!(t45_no_function_takes_ones_word_for_who_one_is, |engine| {
    let site = Hers::start(engine).await;
    let (id, ..) = users::find_public(&site.app.state.db, "ada").await.unwrap().unwrap();
    let id = id.to_string();
    let before = rows_of(&site.app, "ada").await;
    assert!(before.len() > 10, "{before:?}");
    let forged = ["id", "user", "user_id", "userId", "author", "author_id", "account", "identity"];
    let forged: Vec<(&str, &str)> = forged.into_iter().map(|name| (name, &*id)).collect();
    let right = [
        ("password", PASSWORD),
        ("current_password", PASSWORD),
        ("email", "new@example.net"),
        ("bio", "Mine"),
    ];
    let mut fields = FIELDS.to_vec();
    fields.retain(|(name, _)| right.iter().chain(&forged).all(|(other, _)| name != other));
    fields.extend(right.iter().chain(&forged));
    for (n, function) in OWN.iter().enumerate() {
        let somebody = site.app.person(&format!("somebody{n}")).await;
        let answer = call(&somebody, function, &fields).await;
        assert!(!answer.status.is_server_error(), "{function}: {}", answer.body);
        assert!(!answer.body.contains(&id), "{function}: {}", answer.body);
        assert_eq!(rows_of(&site.app, "ada").await, before, "{function}");
    }
});
