//! Who has an account is told by no answer to a stranger, and by no work that it takes.
//!
//! A request is watched from all sides: its answer, the statements that the database ran for it,
//! how often argon2 ran, how many letters were queued. Databases are drawn at random, and what
//! names somebody is compared with what names nobody, at each door that a stranger may use. The
//! doors are the registered server functions: a new one fails here until somebody has said
//! whom it can be about.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{LazyLock, Mutex, Once},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::ConnectInfo,
    http::{HeaderMap, Request, StatusCode, header},
};
use byline::server::{db::Db, doors::FORMS, router, users};
use proptest::{
    collection::vec,
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, RngSeed, TestRunner},
};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{ConnectOptions, Connection, Database, Pool, pool::PoolOptions};
use tower::ServiceExt;
use tracing::{
    Event, Instrument, Metadata, Subscriber,
    field::{Field, Visit},
    level_filters::LevelFilter,
    subscriber::Interest,
};
use tracing_subscriber::{
    Layer, Registry,
    layer::{Context, SubscriberExt},
    registry::LookupSpan,
};

use crate::{
    doors::PUBLIC_FUNCTIONS,
    support::{Engine, PASSWORD, TestApp, story},
};

/// Whom a stranger's request can be about.
enum About {
    /// Somebody, by name or address: the fields of requests about them.
    Somebody(fn(&str) -> Vec<Fields>),
    /// What registration says of a name or an address: README.md tells of it.
    Taken,
    /// Nobody, for this reason.
    Nobody(&'static str),
}

type Fields = Vec<(&'static str, String)>;

/// What each function that changes something asks of a stranger.
const ASKED: [(&str, About); 11] = [
    ("log-in", About::Somebody(log_in)),
    ("ask-for-reset", About::Somebody(|identity| vec![vec![("email", identity.to_owned())]])),
    ("register", About::Taken),
    ("log-out", About::Nobody("it has no field")),
    ("begin-passkey-log-in", About::Nobody("it has no field")),
    ("log-in-with-passkey", About::Nobody("it names a key that no page and no answer names")),
    ("confirm-by-code", About::Nobody("it goes on with what this browser began")),
    ("send-code-again", About::Nobody("it goes on with what this browser began")),
    ("choose-username", About::Nobody("it needs an address that was proved in this browser")),
    ("confirm-by-link", About::Nobody("a link's token names nobody to whoever has it not")),
    ("reset-password", About::Nobody("a link's token names nobody to whoever has it not")),
];

fn log_in(identity: &str) -> Vec<Fields> {
    let with = |password: &str| {
        let keep = ("keep", "true".to_owned());
        vec![("email", identity.to_owned()), ("password", password.to_owned()), keep]
    };
    vec![with("a wrong password"), with("")]
}

/// Databases to draw, on each engine. The seed is new each time.
const DATABASES: u32 = 8;

#[derive(Clone, Debug)]
struct Person {
    active: bool,
    logged_in: bool,
    articles: usize,
}

fn people() -> impl Strategy<Value = Vec<Person>> {
    let person = (any::<bool>(), any::<bool>(), 0..3_usize);
    let person =
        person.prop_map(|(active, logged_in, articles)| Person { active, logged_in, articles });
    vec(person, 1..4)
}

#[test]
fn every_door_for_strangers_says_whom_it_is_about() {
    let doors = leptos::server_fn::axum::server_fn_paths()
        .filter(|(_, method)| *method == Method::POST)
        .map(|(path, _)| path.trim_start_matches("/rpc/"))
        .filter(|name| PUBLIC_FUNCTIONS.contains(name));
    let mut doors: Vec<&str> = doors.collect();
    let mut asked: Vec<&str> = ASKED.iter().map(|(name, _)| *name).collect();
    doors.sort_unstable();
    asked.sort_unstable();
    assert_eq!(doors, asked, "say in ASKED whom a stranger's request can be about");
    let reasons = ASKED.iter().filter_map(|(_, about)| match about {
        About::Nobody(why) => Some(why),
        _ => None,
    });
    assert!(reasons.into_iter().all(|why| !why.is_empty()));
}

story!(t01_t02_no_answer_and_no_work_tells_who_has_an_account, |engine| {
    let seed = rand_seed();
    let mut runner = TestRunner::new(Config {
        rng_seed: RngSeed::Fixed(seed),
        failure_persistence: None,
        ..Config::default()
    });
    for _ in 0..DATABASES {
        let people = people().new_tree(&mut runner).unwrap().current();
        println!("seed {seed}: {people:?}");
        compare(engine, &people).await;
    }
});

fn rand_seed() -> u64 {
    u64::from_le_bytes(uuid::Uuid::new_v4().as_bytes()[..8].try_into().unwrap())
}

/// Asks of everybody in a database, and of nobody, at every door.
async fn compare(engine: Engine, people: &[Person]) {
    let site = Watched::start(engine, people).await;
    for (n, person) in people.iter().enumerate() {
        for kind in ["", "@example.org"] {
            let (known, nobody) = (format!("known{n}{kind}"), format!("nobod{n}{kind}"));
            for (function, about) in &ASKED {
                let About::Somebody(fields) = about else { continue };
                let mut requests: Vec<(Fields, Fields)> =
                    fields(&known).into_iter().zip(fields(&nobody)).collect();
                if *function == "log-in" && !person.active {
                    let with = |who: &String| {
                        vec![("email", who.clone()), ("password", PASSWORD.to_owned())]
                    };
                    requests.push((with(&known), with(&nobody)));
                }
                for (of_known, of_nobody) in requests {
                    for door in doors_of(function) {
                        let seen = site.ask(&door, &of_known, &known).await;
                        let other = site.ask(&door, &of_nobody, &nobody).await;
                        assert_eq!(seen, other, "{door} {of_known:?}");
                    }
                }
            }
        }
        what_registration_tells(&site, n).await;
    }
}

/// The one exception, which README.md tells of: whoever registers hears what is taken. Nothing
/// more than that, of an account that is closed as of any.
async fn what_registration_tells(site: &Watched, n: usize) {
    const DOOR: &str = "/rpc/register";
    let apply = async |username: String, email: String| {
        let password = ("password", PASSWORD.to_owned());
        let fields = vec![("username", username.clone()), ("email", email), password];
        site.ask(DOOR, &fields, &username).await
    };
    let (known, free) = (format!("known{n}"), format!("free{n}"));
    let taken = |fields: &[&str]| -> Value {
        let problems: Vec<Value> = fields.iter().map(|field| json!([field, "taken"])).collect();
        json!({ "invalid": problems })
    };
    let (hers, mine) = (format!("{known}@example.org"), format!("{free}@example.org"));
    let mut work = Vec::new();
    for (username, email, wrong) in [
        (&known, &mine, &["username"][..]),
        (&free, &hers, &["email"]),
        (&known, &hers, &["username", "email"]),
    ] {
        let told = apply(username.clone(), email.clone()).await;
        assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY, "{told:?}");
        assert_eq!(serde_json::from_str::<Value>(&told.body).unwrap(), taken(wrong));
        work.push((told.statements.len(), told.hashes, told.letters));
    }
    assert!(work.iter().all(|one| *one == (work[0].0, 1, 0)), "{work:?}");
    let registered = apply(free, mine).await;
    assert_eq!((registered.status, registered.hashes), (StatusCode::OK, 1), "{registered:?}");
    let readme = include_str!("../../README.md");
    assert!(readme.contains("\n## What registration tells\n"), "it is documented");
}

/// The addresses that a function is asked at: its own, and those of its forms.
fn doors_of(function: &str) -> Vec<String> {
    let path = format!("/rpc/{function}");
    let pages = FORMS.iter().filter(|(_, function)| *function == path);
    let pages = pages.map(|(page, _)| (*page).to_owned());
    [path.clone()].into_iter().chain(pages).collect()
}

/// All that can be seen or measured of a request.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    status: StatusCode,
    headers: Vec<(String, String)>,
    body: String,
    statements: Vec<String>,
    hashes: u64,
    letters: i64,
}

/// A site whose statements are listened to.
struct Watched {
    app: TestApp,
    db: Db,
    router: Router,
}

impl Watched {
    async fn start(engine: Engine, people: &[Person]) -> Self {
        let patient = [
            "--login-attempts-per-account",
            "1000",
            "--login-attempts-per-address",
            "1000",
            "--registrations-per-address",
            "1000",
            "--resets-per-account",
            "1000",
            "--resets-per-address",
            "1000",
        ];
        let app = TestApp::start_with(engine, &patient).await;
        for (n, person) in people.iter().enumerate() {
            let name = format!("known{n}");
            let browser = app.person(&name).await;
            for article in 0..person.articles {
                browser.write(&format!("{name} {article}"), "published", "public").await;
            }
            if !person.logged_in {
                browser.log_out().await;
            }
            if !person.active {
                let now = app.state.clock.now();
                users::set_active(&app.state.db, &name, false, now).await.unwrap();
            }
        }
        listen();
        let mut state = app.state.clone();
        state.db = heard(&app.state.db).await;
        Self { db: state.db.clone(), router: router(state), app }
    }

    /// SQLite's threads tell of a statement when they are done with it, which may be after its
    /// answer is out; they have told once they take the next one.
    async fn settle(&self) {
        if let Db::Sqlite { readers, writer } = &self.db {
            for pool in [readers, writer] {
                sqlx::query("select 1").execute(pool).await.unwrap();
            }
        }
    }

    /// A stranger's request, and what comes of it but for what is random or repeats `typed`.
    async fn ask(&self, door: &str, fields: &Fields, typed: &str) -> Seen {
        let passwords = &self.app.state.passwords;
        let letters = async || self.app.count("select count(*) from outbox").await;
        let (hashes, mails) = (passwords.work(), letters().await);
        let body =
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let accept = if door.starts_with("/rpc/") { "application/json" } else { "text/html" };
        let request = Request::post(door)
            .header(header::ORIGIN, &self.app.origin)
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ACCEPT, accept)
            .extension(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 1))))
            .body(Body::from(body))
            .unwrap();
        let span = tracing::trace_span!(WATCHED);
        let id = span.id().expect("somebody listens").into_u64();
        let answer = self.router.clone().oneshot(request).instrument(span).await.unwrap();
        let (parts, body) = answer.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        self.settle().await;
        let nonce = nonce(&parts.headers);
        let masked = |text: &str| {
            let text = if nonce.is_empty() { text.to_owned() } else { text.replace(&nonce, "…") };
            text.replace(typed, "…")
        };
        let statements = STATEMENTS.lock().unwrap().remove(&id).unwrap_or_default();
        let (hashes, letters) = (passwords.work() - hashes, letters().await - mails);
        let idle = hashes == 0 && letters == 0;
        assert_eq!(statements.is_empty(), idle, "{door} is listened to: {statements:?}");
        Seen {
            status: parts.status,
            headers: headers(&parts.headers, masked),
            body: masked(core::str::from_utf8(&body).unwrap()),
            statements,
            hashes,
            letters,
        }
    }
}

fn nonce(headers: &HeaderMap) -> String {
    let policy = headers.get(header::CONTENT_SECURITY_POLICY).map(|p| p.to_str().unwrap());
    let nonce = policy.and_then(|p| p.split("'nonce-").nth(1)).and_then(|p| p.split('\'').next());
    nonce.unwrap_or_default().to_owned()
}

/// The headers in order; of a cookie its name and its attributes.
fn headers(headers: &HeaderMap, masked: impl Fn(&str) -> String) -> Vec<(String, String)> {
    let mut seen = Vec::new();
    for (name, value) in headers.iter().filter(|(name, _)| **name != header::DATE) {
        let value = value.to_str().unwrap();
        let value = match value.split_once(';').filter(|_| *name == header::SET_COOKIE) {
            Some((pair, rest)) => format!("{};{rest}", pair.split('=').next().unwrap()),
            None => masked(value),
        };
        seen.push((name.to_string(), value));
    }
    seen.sort();
    seen
}

/// The span of a request that is listened to.
const WATCHED: &str = "watched";

/// What the database ran within each such span, by the span's number.
static STATEMENTS: LazyLock<Mutex<HashMap<u64, Vec<String>>>> = LazyLock::new(Mutex::default);

/// Hears sqlx tell of its statements. SQLite runs them in a thread of its own, which takes the
/// span along, so whoever listens has to in every thread.
struct Listener;

fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        tracing::subscriber::set_global_default(Registry::default().with(Listener)).unwrap();
    });
}

fn is_heard(metadata: &Metadata<'_>) -> bool {
    metadata.target() == "sqlx::query" || metadata.name() == WATCHED
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Listener {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if is_heard(metadata) { Interest::always() } else { Interest::never() }
    }

    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        is_heard(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::TRACE)
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut statement = Statement::default();
        event.record(&mut statement);
        for span in context.event_scope(event).into_iter().flatten() {
            if span.name() == WATCHED {
                let mut heard = STATEMENTS.lock().unwrap();
                heard.entry(span.id().into_u64()).or_default().push(statement.summary.clone());
            }
        }
    }
}

/// The first words of a statement.
#[derive(Default)]
struct Statement {
    summary: String,
}

impl Visit for Statement {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "summary" {
            value.clone_into(&mut self.summary);
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}

/// The same database over connections that tell of each statement: those of the site do not.
async fn heard(db: &Db) -> Db {
    match db {
        Db::Sqlite { readers, writer } => {
            Db::Sqlite { readers: over_again(readers).await, writer: over_again(writer).await }
        }
        Db::Postgres(pool) => Db::Postgres(over_again(pool).await),
    }
}

async fn over_again<D: Database>(pool: &Pool<D>) -> Pool<D>
where
    <D::Connection as Connection>::Options: Clone,
{
    let options = (*pool.connect_options()).clone();
    let options = options.log_statements("trace".parse().unwrap());
    let options = options.log_slow_statements("trace".parse().unwrap(), Duration::from_secs(60));
    PoolOptions::new().max_connections(1).connect_with(options).await.unwrap()
}
