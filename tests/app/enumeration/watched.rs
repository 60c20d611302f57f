//! A request, watched from all sides.

use std::{
    mem,
    net::SocketAddr,
    sync::{Mutex, Once},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::ConnectInfo,
    http::{HeaderMap, Request, StatusCode, header},
};
use byline::server::{db::Db, router, users};
use sqlx::{ConnectOptions, Connection, Database, Pool, pool::PoolOptions};
use tower::ServiceExt;
use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    level_filters::LevelFilter,
    subscriber::Interest,
};
use tracing_subscriber::{
    Layer, Registry,
    layer::{Context, SubscriberExt},
};

use super::{Fields, Person};
use crate::{
    phone::Phone,
    support::{Engine, TestApp},
};

/// All that can be seen or measured of a request.
#[derive(Debug, PartialEq, Eq)]
pub struct Seen {
    pub status: StatusCode,
    pub headers: Vec<(String, String)>,
    pub body: String,
    pub statements: Vec<String>,
    pub hashes: u64,
    /// What they cost, in blocks of memory that were filled.
    pub filled: u64,
    pub letters: i64,
}

/// A site whose statements are listened to.
pub struct Watched {
    app: TestApp,
    db: Db,
    router: Router,
}

/// Nobody is held up: how much may be tried is not what this is about.
const PATIENT: [&str; 14] = [
    "--login-attempts-per-account",
    "1000",
    "--login-attempts-per-address",
    "1000",
    "--login-failures-per-minute",
    "1000",
    "--registrations-per-address",
    "1000",
    "--registration-mails",
    "1000",
    "--resets-per-account",
    "1000",
    "--resets-per-address",
    "1000",
];

impl Watched {
    pub async fn start(engine: Engine, people: &[Person]) -> Self {
        let app = TestApp::start_with(engine, &PATIENT).await;
        for (n, person) in people.iter().enumerate() {
            let name = format!("known{n}");
            let browser = app.person(&name).await;
            for article in 0..person.articles {
                browser.write(&format!("{name} {article}"), "published", "public").await;
            }
            if person.second_factor {
                Phone::set_up(&app, &browser).await;
            }
            if !person.logged_in {
                browser.log_out().await;
            }
            if !person.active {
                let now = app.state.clock.now();
                users::set_active(&app.state.db, &name, false, now).await.unwrap();
            }
        }
        Self::listened_to(app).await
    }

    /// A site that wants addresses proved.
    pub async fn proving(engine: Engine, people: &[Person]) -> Self {
        let settings = [&PATIENT[..], &["--email-proof", "on"]].concat();
        let app = TestApp::start_with(engine, &settings).await;
        for (n, person) in people.iter().enumerate() {
            let name = format!("known{n}");
            app.account(&name).await;
            if !person.active {
                let now = app.state.clock.now();
                users::set_active(&app.state.db, &name, false, now).await.unwrap();
            }
        }
        Self::listened_to(app).await
    }

    async fn listened_to(app: TestApp) -> Self {
        listen();
        // Connecting takes statements too.
        let _turn = TURN.lock().await;
        let mut state = app.state.clone();
        state.db = heard(&app.state.db).await;
        Self { db: state.db.clone(), router: router(state), app }
    }

    /// SQLite's threads tell of a statement when they are done with it, which may be after its
    /// answer is out; they have told once they take the next one.
    async fn settle(&self) {
        if let Db::Sqlite { readers, writer } = &self.db {
            for pool in [readers, writer] {
                sqlx::query(SETTLED).execute(pool).await.unwrap();
            }
        }
    }

    /// A stranger's request, and what comes of it but for what is random or repeats `typed`.
    pub async fn ask(&self, door: &str, fields: &Fields, typed: &str) -> Seen {
        self.ask_in(&mut None, door, fields, &[typed]).await
    }

    /// The same in a browser that keeps the cookie of a registration.
    pub async fn ask_in(
        &self,
        cookie: &mut Option<String>,
        door: &str,
        fields: &Fields,
        typed: &[&str],
    ) -> Seen {
        let passwords = &self.app.state.passwords;
        let letters = async || self.app.count("select count(*) from outbox").await;
        let (hashes, filled, mails) = (passwords.work(), passwords.filled(), letters().await);
        let body =
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let accept = if door.starts_with("/rpc/") { "application/json" } else { "text/html" };
        let request = Request::post(door)
            .header(header::ORIGIN, &self.app.origin)
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ACCEPT, accept)
            .extension(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 1))));
        let request = cookie.iter().fold(request, |r, cookie| r.header(header::COOKIE, cookie));
        let request = request.body(Body::from(body)).unwrap();
        // A page asks the database in tasks of its own, and while it is sent. So nothing is known
        // of a statement but when it ran, and one request is listened to at a time.
        let turn = TURN.lock().await;
        STATEMENTS.lock().unwrap().clear();
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = answer.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        self.settle().await;
        let statements = mem::take(&mut *STATEMENTS.lock().unwrap());
        drop(turn);
        let nonce = nonce(&parts.headers);
        let masked = |text: &str| {
            let text = if nonce.is_empty() { text.to_owned() } else { text.replace(&nonce, "…") };
            typed.iter().fold(text, |text, typed| text.replace(typed, "…"))
        };
        if let Some(set) = parts.headers.get(header::SET_COOKIE) {
            *cookie = set.to_str().unwrap().split(';').next().map(str::to_owned);
        }
        let (hashes, letters) = (passwords.work() - hashes, letters().await - mails);
        let worked = hashes > 0 || letters > 0;
        assert!(!worked || !statements.is_empty(), "{door} is listened to");
        Seen {
            status: parts.status,
            headers: headers(&parts.headers, masked),
            body: masked(core::str::from_utf8(&body).unwrap()),
            statements,
            hashes,
            filled: passwords.filled() - filled,
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

/// What SQLite's threads are asked once the answer is there.
const SETTLED: &str = "select 1";

/// Whose request is listened to.
static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// What the database ran for it.
static STATEMENTS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Hears sqlx tell of its statements, in whatever thread.
struct Listener;

fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        tracing::subscriber::set_global_default(Registry::default().with(Listener)).unwrap();
    });
}

fn is_heard(metadata: &Metadata<'_>) -> bool {
    // Other tests' connections tell of theirs at other levels, or not at all.
    metadata.target() == "sqlx::query" && *metadata.level() == Level::TRACE
}

impl<S: Subscriber> Layer<S> for Listener {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if is_heard(metadata) { Interest::always() } else { Interest::never() }
    }

    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        is_heard(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::TRACE)
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut statement = Statement::default();
        event.record(&mut statement);
        if statement.summary != SETTLED {
            STATEMENTS.lock().unwrap().push(statement.summary);
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
