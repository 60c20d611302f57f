//! What strangers can write into Byline, and what must hold whatever they write.
//!
//! Each function here is a target: it takes bytes and panics where a promise is broken. `tests/app/
//! fuzz.rs` runs all of them over the kept corpora, and a little further, in every run of the
//! tests; `scripts/fuzz TARGET SECONDS` lets libFuzzer look for more.

use std::sync::LazyLock;

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::ConnectInfo,
    http::{HeaderValue, Method, Request, StatusCode, header},
};
use byline::{
    domain::{email::EmailAddress, next::Next, username::Username},
    server::{AppState, clock::Clock, config::Config, db::Db, router, users},
};
use clap::Parser;
use tower::ServiceExt;

/// A target by its name, which is also that of its corpus.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: [Target; 7] = [
    ("email", email),
    ("username", username),
    ("next", next),
    ("cookie", cookie),
    ("token", token),
    ("handle", handle),
    ("form", form),
];

/// What is an address is plain, is read the same by whoever reads it again, and is one that
/// mail can be sent to.
pub fn email(data: &[u8]) {
    let Ok(typed) = std::str::from_utf8(data) else { return };
    let Ok(address) = EmailAddress::parse(typed) else { return };
    let text = address.as_str();
    assert!(text.is_ascii() && text.len() <= 254, "{text:?}");
    assert_eq!(text.matches('@').count(), 1, "{text:?}");
    assert!(text.bytes().all(|b| b.is_ascii_graphic()), "{text:?}");
    assert!(!text.contains([',', ';', '<', '>', '(', ')', '[', ']', '"', '\\', ':']), "{text:?}");
    assert!(EmailAddress::parse(text).is_ok_and(|again| again == address), "{text:?}");
    // What it is found by names nobody else.
    assert!(EmailAddress::parse(&users::key(text)).is_ok(), "{text:?}");
    assert!(text.parse::<lettre::Address>().is_ok_and(|a| a.to_string() == text), "{text:?}");
}

/// What is a name looks like no other, is no address, and is one part of a path.
pub fn username(data: &[u8]) {
    let Ok(typed) = std::str::from_utf8(data) else { return };
    let Ok(name) = Username::parse(typed) else { return };
    let text = name.as_str();
    assert!((2..=32).contains(&text.len()) && text.is_ascii(), "{text:?}");
    assert!(Username::parse(text).is_ok_and(|again| again == name), "{text:?}");
    assert!(EmailAddress::parse(text).is_err(), "{text:?}");
    let path = format!("/profile/{text}");
    assert_eq!(ours().join(&path).unwrap().path(), path);
}

/// Wherever a log-in leads, it is a page of this origin, to whoever resolves it.
pub fn next(data: &[u8]) {
    let Ok(typed) = std::str::from_utf8(data) else { return };
    let next = Next::parse(typed);
    let text = next.as_str();
    assert!(text == "/" || text == typed, "{typed:?} became {text:?}");
    assert_eq!(Next::parse(text), next);
    // Once more, since a proxy may decode it before the browser does.
    let decoded = percent_decoded(text);
    for read in [text, &decoded] {
        assert_eq!(ours().join(read).unwrap().origin(), ours().origin(), "{typed:?}");
    }
    assert!(HeaderValue::from_str(text).is_ok(), "{typed:?}");
    assert!(text.parse::<axum::http::Uri>().is_ok_and(|uri| uri.host().is_none()), "{typed:?}");
}

/// No cookie that was made up is anybody's, and none breaks anything: neither a session's, nor
/// one of those beside it, whose readers are asked for an answer.
pub fn cookie(data: &[u8]) {
    let doors = &*DOORS;
    let log_in = "email=ada&password=not+this+one";
    for (name, function, fields) in [
        (&b"byline-device="[..], "/rpc/log-in", log_in),
        (b"byline-step=", "/rpc/finish-log-in", "code=123456"),
        (b"byline-registration=", "/rpc/confirm-by-code", "code=123456"),
        (b"byline-passkey=", "/rpc/log-in-with-passkey", "answer={}"),
    ] {
        let Ok(cookie) = HeaderValue::from_bytes(&[name, data].concat()) else { continue };
        let request = posted(function).header(header::COOKIE, cookie);
        let (status, body) = doors.ask(request, Body::from(fields));
        // Hashing is closed: a password is not compared.
        let refused = status.is_client_error() || status == StatusCode::SERVICE_UNAVAILABLE;
        assert!(refused, "{function}: {status}: {body}");
    }
    for written in [data.to_vec(), [b"byline=", data].concat()] {
        let Ok(cookie) = HeaderValue::from_bytes(&written) else { continue };
        if cookie == doors.cookie {
            continue;
        }
        let request = Request::get("/rpc/who-am-i").header(header::COOKIE, cookie);
        let (status, body) = doors.ask(request, Body::empty());
        assert_eq!((status, &*body), (StatusCode::OK, "null"), "{written:?}");
    }
}

/// No token that was made up opens anything, and no code: wherever one is taken, of a stranger or
/// of ada.
pub fn token(data: &[u8]) {
    let doors = &*DOORS;
    let typed = encoded(&[("token", data)]);
    for function in ["reset-terms", "registration-link", "email-terms", "undo-terms"] {
        let asked = Request::get(format!("/rpc/{function}?{typed}"));
        let (status, body) = doors.ask(asked.header(header::COOKIE, &doors.cookie), Body::empty());
        assert!(status.is_client_error(), "{function}: {status}: {body}");
    }
    let password = ("password", &b"a fog over the harbour"[..]);
    for (function, member, fields) in [
        ("reset-password", false, vec![("token", data), password]),
        ("confirm-by-link", false, vec![("token", data), password]),
        ("confirm-by-code", false, vec![("code", data)]),
        ("restore-account", false, vec![("token", data)]),
        ("undo", false, vec![("token", data)]),
        ("change-email", true, vec![("token", data)]),
        ("finish-log-in", false, vec![("code", data)]),
        ("finish-log-in", false, vec![("recovery_code", data)]),
        ("confirm-authenticator", true, vec![("code", data)]),
    ] {
        let (status, body) = doors.post(&format!("/rpc/{function}"), member, encoded(&fields));
        assert!(status.is_client_error(), "{function}: {status}: {body}");
    }
    // An invitation's is shown as none.
    let asked =
        Request::get(format!("/rpc/registration-terms?{}", encoded(&[("invitation", data)])));
    let (_, body) = doors.ask(asked, Body::empty());
    assert!(!body.contains("\"invited\":true"), "{body}");
}

/// No handle that was made up ends a session.
pub fn handle(data: &[u8]) {
    let doors = &*DOORS;
    let (status, body) = doors.post("/rpc/end-session", true, encoded(&[("handle", data)]));
    assert!(status.is_client_error(), "{status}: {body}");
}

/// Whatever is sent as a form, to whichever function, by a stranger or by a member: an answer.
pub fn form(data: &[u8]) {
    let [which, body @ ..] = data else { return };
    let doors = &*DOORS;
    let (path, member) = &doors.forms[usize::from(*which) % doors.forms.len()];
    let (status, answer) = doors.post(path, *member, body.to_vec());
    // Hashing is closed, so that nothing takes long; that is the one fault that may be told.
    let closed = status == StatusCode::SERVICE_UNAVAILABLE && answer.contains("unavailable");
    assert!(!status.is_server_error() || closed, "{path}: {status}: {answer}");
    assert!(serde_json::from_str::<serde_json::Value>(&answer).is_ok(), "{path}: {answer}");
}

fn ours() -> url::Url {
    url::Url::parse("https://blog.example.org/login").unwrap()
}

fn percent_decoded(text: &str) -> String {
    let form = format!("x={}", text.replace('&', "%26").replace('+', "%2B"));
    url::form_urlencoded::parse(form.as_bytes()).next().unwrap().1.into_owned()
}

/// As a form is sent, with bytes as they are.
fn encoded(fields: &[(&str, &[u8])]) -> String {
    let field = |(name, value): &(&str, &[u8])| {
        format!("{name}={}", url::form_urlencoded::byte_serialize(value).collect::<String>())
    };
    fields.iter().map(field).collect::<Vec<_>>().join("&")
}

/// A site without a socket, on which ada is logged in.
struct Doors {
    runtime: tokio::runtime::Runtime,
    router: Router,
    cookie: String,
    /// Where forms are sent to, and whether by ada.
    forms: Vec<(String, bool)>,
    _folder: tempfile::TempDir,
    _hashes: tokio::sync::OwnedSemaphorePermit,
}

static DOORS: LazyLock<Doors> = LazyLock::new(Doors::open);

#[derive(Parser)]
struct OnlyConfig {
    #[command(flatten)]
    config: Config,
}

const ORIGIN: &str = "http://127.0.0.1:3000";

impl Doors {
    fn open() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        let limits = ["login-attempts-per-account", "login-attempts-per-address"];
        let limits = limits.into_iter().chain([
            "registrations-per-address",
            "resets-per-account",
            "resets-per-address",
        ]);
        let mut args = vec!["fuzz".to_owned()];
        args.extend(["--database-url".to_owned(), format!("sqlite://{}", path("byline.db"))]);
        args.extend([
            "--key-file".to_owned(),
            path("key"),
            "--mail-dir".to_owned(),
            ":memory:".to_owned(),
        ]);
        args.extend(limits.flat_map(|limit| [format!("--{limit}"), u32::MAX.to_string()]));
        let config = OnlyConfig::parse_from(args).config;
        let state = runtime.block_on(async {
            let db = Db::open(&config.database.url).await.unwrap();
            db.migrate().await.unwrap();
            AppState::new(db, config, Clock::system()).unwrap()
        });
        let queue = state.passwords.queue().places();
        let places = u32::try_from(queue.available_permits()).unwrap();
        let (router, cookie) = runtime.block_on(async {
            let router = router(state);
            let cookie = register(&router).await;
            (router, cookie)
        });
        let mut forms = Vec::new();
        for (path, method) in leptos::server_fn::axum::server_fn_paths() {
            // Ada stays who she is, and logged in.
            let grave = ["log-out", "end", "confirm", "password", "delete-account", "leave"];
            let member = !grave.iter().any(|word| path.contains(word));
            if method == Method::POST {
                forms.push((path.to_owned(), false));
                forms.extend(member.then(|| (path.to_owned(), true)));
            }
        }
        forms.sort();
        let hashes = queue.try_acquire_many_owned(places).unwrap();
        Self { runtime, router, cookie, forms, _folder: folder, _hashes: hashes }
    }

    fn post(&self, path: &str, member: bool, body: impl Into<Body>) -> (StatusCode, String) {
        let request = posted(path);
        let request = if member { request.header(header::COOKIE, &self.cookie) } else { request };
        self.ask(request, body.into())
    }

    fn ask(&self, request: axum::http::request::Builder, body: Body) -> (StatusCode, String) {
        self.runtime.block_on(async {
            let (parts, body) = answer(&self.router, request, body).await.into_parts();
            let body = to_bytes(body, usize::MAX).await.unwrap();
            (parts.status, String::from_utf8_lossy(&body).into_owned())
        })
    }
}

fn posted(path: &str) -> axum::http::request::Builder {
    Request::post(path)
        .header(header::ORIGIN, ORIGIN)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
}

async fn answer(
    router: &Router,
    request: axum::http::request::Builder,
    body: Body,
) -> axum::response::Response {
    let peer = std::net::SocketAddr::from(([127, 0, 0, 1], 1));
    let request = request.extension(ConnectInfo(peer)).body(body).unwrap();
    router.clone().oneshot(request).await.unwrap()
}

/// Registers ada, and gives her cookie.
async fn register(router: &Router) -> String {
    let fields = "username=ada&email=ada@example.org&password=a+fog+over+the+harbour";
    let answer = answer(router, posted("/rpc/register"), Body::from(fields)).await;
    let cookies = answer.headers().get_all(header::SET_COOKIE).iter();
    let mut cookies = cookies.filter_map(|line| line.to_str().ok()?.split(';').next());
    cookies.find(|cookie| cookie.starts_with("byline=")).unwrap().to_owned()
}
