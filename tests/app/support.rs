//! A running Byline, and the browsers that visit it.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Mutex,
    time::Duration,
};

use byline::{
    domain::{email::EmailAddress, password::Password, role::Role, username::Username},
    server::{
        AppState,
        clock::Clock,
        config::Config,
        db::{Db, TRUSTED},
        mail,
        registrations::pending::{self, Mailed},
        sealed,
        serve::run,
        tokens::{self, Purpose, Token},
        undo,
        users::{self, NewUser},
    },
};
use clap::Parser;
use reqwest::{Method, RequestBuilder, StatusCode, header::HeaderMap, redirect::Policy};
use serde_json::Value;
use sqlx::{Connection, FromRow, PgConnection, postgres::PgRow, sqlite::SqliteRow};

/// Twelve characters and more, as the default setting wants.
pub const PASSWORD: &str = "correct horse battery";

/// Which database a story runs on.
#[derive(Clone, Copy, Debug)]
pub enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    pub const fn other(self) -> Self {
        match self {
            Engine::Sqlite => Engine::Postgres,
            Engine::Postgres => Engine::Sqlite,
        }
    }
}

/// Defines one test for each database. The story is an async block over `engine`.
macro_rules! story {
    ($(#[$meta:meta])* $name:ident, |$engine:ident| $body:block) => {
        $(#[$meta])*
        mod $name {
            use super::*;
            async fn story($engine: $crate::support::Engine) $body
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                story($crate::support::Engine::Sqlite).await;
            }
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                story($crate::support::Engine::Postgres).await;
            }
        }
    };
}
pub(crate) use story;

/// The same on one thread, which does all but the hashing: what is heard there
/// ([`crate::log::Log`]) is all that the site says.
macro_rules! heard_story {
    ($name:ident, |$engine:ident| $body:block) => {
        mod $name {
            use super::*;
            async fn story($engine: $crate::support::Engine) $body
            #[tokio::test]
            async fn on_sqlite() {
                story($crate::support::Engine::Sqlite).await;
            }
            #[tokio::test]
            async fn on_postgres() {
                story($crate::support::Engine::Postgres).await;
            }
        }
    };
}
pub(crate) use heard_story;

/// The same for a story that holds argon2 up ([`HeldArgon2`]).
macro_rules! held_story {
    ($name:ident, |$engine:ident| $body:block) => {
        mod $name {
            use super::*;
            async fn story($engine: $crate::support::Engine) $body
            #[test]
            fn on_sqlite() {
                $crate::support::HeldArgon2::run(story($crate::support::Engine::Sqlite));
            }
            #[test]
            fn on_postgres() {
                $crate::support::HeldArgon2::run(story($crate::support::Engine::Postgres));
            }
        }
    };
}
pub(crate) use held_story;

/// A server of its own for one story: own database, own port, own clock.
pub struct TestApp {
    pub state: AppState,
    pub origin: String,
    pub address: SocketAddr,
    handle: axum_server::Handle<SocketAddr>,
    _folder: tempfile::TempDir,
}

/// The settings, as `byline serve` would read them.
#[derive(Parser)]
pub struct OnlyConfig {
    #[command(flatten)]
    pub config: Config,
}

impl TestApp {
    /// With the default settings.
    pub async fn start(engine: Engine) -> Self {
        Self::start_with(engine, &[]).await
    }

    /// With more arguments for `byline serve`; `ORIGIN` in them is replaced.
    pub async fn start_with(engine: Engine, more: &[&str]) -> Self {
        let (url, folder) = nowhere_yet(engine).await;
        Self::start_at(url, folder, more).await
    }

    /// On that database.
    pub async fn start_at(url: String, folder: tempfile::TempDir, more: &[&str]) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let mut origin = format!("http://{address}");
        let mut args: Vec<String> = ["test", "--database-url", &url].map(String::from).to_vec();
        if !more.contains(&"--mail-dir") {
            args.extend(["--mail-dir", ":memory:"].map(String::from));
        }
        args.extend([
            "--key-file".to_owned(),
            folder.path().join("byline.key").display().to_string(),
        ]);
        // Beside the database, whichever it is.
        if !more.contains(&"--images") {
            let images = folder.path().join("images").display().to_string();
            args.extend(["--images".to_owned(), images]);
        }
        args.extend(more.iter().map(|arg| (*arg).to_owned()));
        match args.iter().position(|arg| arg == "--origin") {
            Some(at) => origin = args[at + 1].clone(),
            None => args.extend(["--origin".to_owned(), origin.clone()]),
        }
        let config = OnlyConfig::try_parse_from(args).unwrap().config;
        let db = Db::open(&url).await.unwrap();
        db.migrate().await.unwrap();
        let state = AppState::new(db, config, Clock::system()).unwrap();
        sealed::check_key(&state.db, &state.key, &state.config.key_file).await.unwrap();
        let handle = axum_server::Handle::new();
        tokio::spawn(run(listener, handle.clone(), state.clone()));
        handle.listening().await.unwrap();
        Self { state, origin, address, handle, _folder: folder }
    }

    /// A browser that was never here.
    pub fn browser(&self) -> Browser {
        let client = reqwest::Client::builder()
            .redirect(Policy::none())
            .timeout(Duration::from_secs(60))
            .read_timeout(Duration::from_secs(60))
            .build()
            .unwrap();
        Browser {
            client,
            base: format!("http://{}", self.address),
            origin: self.origin.clone(),
            cookie: Mutex::default(),
            others: Mutex::default(),
        }
    }

    /// A browser in which somebody has just registered.
    pub async fn person(&self, name: &str) -> Browser {
        let browser = self.browser();
        let answer = browser.register(name).await;
        assert_eq!(answer.status, StatusCode::OK, "{name} registers: {}", answer.body);
        browser
    }

    /// A browser in which somebody is logged in who has that role.
    pub async fn person_with(&self, name: &str, role: Role) -> Browser {
        let browser = self.person(name).await;
        users::set_role(&self.state.db, name, role, self.state.clock.now()).await.unwrap();
        assert_eq!(browser.log_in(name, PASSWORD).await.status, StatusCode::OK, "{name}");
        browser
    }

    /// A browser in which an administrator is logged in.
    pub async fn administrator(&self, name: &str) -> Browser {
        self.person_with(name, Role::Administrator).await
    }

    /// Makes an account in no time: no password opens it.
    pub async fn account(&self, name: &str) {
        let new = NewUser {
            username: Username::parse(name).unwrap(),
            email: EmailAddress::parse(&format!("{name}@example.org")).unwrap(),
            password_hash: "none".into(),
            role: Role::Author,
        };
        users::create(&self.state.db, &new, self.state.clock.now()).await.unwrap();
    }

    /// Delivers the mail that is due, and gives all that ever arrived.
    pub async fn post(&self) -> Vec<Letter> {
        while mail::deliver_next(&self.state).await.unwrap() {}
        self.arrived()
    }

    /// All mails that ever arrived, the oldest first.
    pub fn arrived(&self) -> Vec<Letter> {
        let texts = self.state.mail.kept().into_iter().map(String::from_utf8);
        texts.map(|text| Letter(text.unwrap())).collect()
    }

    /// What the link of a mail about a new password would hold, for that person.
    pub async fn reset_token(&self, name: &str) -> String {
        let db = &self.state.db;
        let (id, ..) = users::find_public(db, name).await.unwrap().unwrap();
        let user = users::find(db, id).await.unwrap().unwrap();
        let now = self.state.clock.now();
        let token = tokens::mint(db, &user, Purpose::ResetPassword, now).await.unwrap();
        token.expose().to_owned()
    }

    /// What the link to another address would hold, for that person.
    pub async fn email_token(&self, name: &str, email: &str) -> String {
        let (db, now) = (&self.state.db, self.state.clock.now());
        let (id, ..) = users::find_public(db, name).await.unwrap().unwrap();
        let mut tx = db.begin().await.unwrap();
        tokens::promise(&mut tx, id, Purpose::ChangeEmail, email, now).await.unwrap();
        tx.commit().await.unwrap();
        let token = tokens::keep_promise(db, id, Purpose::ChangeEmail, email, now).await.unwrap();
        token.unwrap().expose().to_owned()
    }

    /// What the link of a notice would hold, for that person.
    pub async fn undo_token(&self, name: &str) -> String {
        let (db, now) = (&self.state.db, self.state.clock.now());
        let (id, ..) = users::find_public(db, name).await.unwrap().unwrap();
        let user = users::find(db, id).await.unwrap().unwrap();
        let token = undo::mint(db, id, &user.email, now).await.unwrap();
        token.unwrap().expose().to_owned()
    }

    /// What the mailed links of that person would hold.
    pub async fn tokens(&self, name: &str) -> Tokens {
        Tokens {
            reset: self.reset_token(name).await,
            email: self.email_token(name, &format!("{name}@example.net")).await,
            undo: self.undo_token(name).await,
        }
    }

    /// What the link of a mail about a deleted account would hold, for that person.
    pub async fn take_back_token(&self, name: &str) -> String {
        let db = &self.state.db;
        let id = users::find_credential(db, name).await.unwrap().unwrap().user_id;
        let (email, now) = (format!("{name}@example.org"), self.state.clock.now());
        let token = tokens::mint_for(db, id, &email, Purpose::TakeBack, now).await.unwrap();
        token.expose().to_owned()
    }

    /// An attempt to register that waits for its proof: the browser that began it, and what its
    /// mail holds.
    pub async fn attempt(&self, name: &str) -> (Browser, Mailed) {
        let password = Password::parse_given(PASSWORD.into()).ok().unwrap();
        let new = NewUser {
            username: Username::parse(name).unwrap(),
            email: EmailAddress::parse(&format!("{name}@example.org")).unwrap(),
            password_hash: self.state.passwords.hash(&password).await.unwrap(),
            role: Role::Author,
        };
        let (db, token) = (&self.state.db, Token::random().unwrap());
        let mut tx = db.begin().await.unwrap();
        let id =
            pending::insert(&mut tx, &new, None, &token, self.state.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        let browser = self.browser();
        browser.set_other_cookie("registration", token.expose());
        (browser, pending::mint(db, &self.state.key, id).await.unwrap())
    }

    /// One number that a query gives.
    pub async fn count(&self, sql: &'static str) -> i64 {
        match &self.state.db {
            Db::Sqlite { readers, .. } => sqlx::query_scalar(sql).fetch_one(readers).await.unwrap(),
            Db::Postgres(pool) => sqlx::query_scalar(sql).fetch_one(pool).await.unwrap(),
        }
    }

    /// Every row of every table, but for when a session was last seen and what follows
    /// from that.
    pub async fn dump(&self) -> Vec<String> {
        dump(&self.state.db).await
    }

    /// From now on a statement that writes fails.
    pub async fn forbid_writing(&self) {
        const FORBID: &str = "do $$ begin execute format( \
             'alter database %I set default_transaction_read_only = on', current_database()); end $$";
        // Connections that are open keep what they were told.
        const CLOSE: &str = "select pg_terminate_backend(pid) from pg_stat_activity \
             where datname = current_database() and pid <> pg_backend_pid()";
        match &self.state.db {
            Db::Sqlite { writer, .. } => {
                sqlx::query("pragma query_only = on").execute(writer).await.unwrap();
            }
            Db::Postgres(_) => {
                let url = &self.state.config.database.url;
                let mut apart = PgConnection::connect(url).await.unwrap();
                for sql in [FORBID, CLOSE] {
                    sqlx::query(sql).execute(&mut apart).await.unwrap();
                }
                tokio::time::sleep(2 * TRUSTED).await;
            }
        }
    }

    /// Gives somebody a picture under that key, without its files.
    pub async fn own_image(&self, name: &str, id: &str) {
        const INSERT: &str = "insert into images (id, hash, uploader_id, width, height, kind, bytes, alt, created_at) \
             select $1, $2, id, 5, 5, 'jpg', 1, '', 0 from users where username = $3";
        let id: uuid::Uuid = id.parse().unwrap();
        let hash = id.simple().to_string();
        match &self.state.db {
            Db::Sqlite { writer, .. } => {
                let insert = sqlx::query(INSERT).bind(id).bind(hash).bind(name);
                insert.execute(writer).await.unwrap();
            }
            Db::Postgres(pool) => {
                let insert = sqlx::query(INSERT).bind(id).bind(hash).bind(name);
                insert.execute(pool).await.unwrap();
            }
        }
    }

    /// One text that a query gives.
    pub async fn text(&self, sql: &'static str) -> String {
        match &self.state.db {
            Db::Sqlite { readers, .. } => sqlx::query_scalar(sql).fetch_one(readers).await.unwrap(),
            Db::Postgres(pool) => sqlx::query_scalar(sql).fetch_one(pool).await.unwrap(),
        }
    }

    /// All rows that a query gives.
    pub async fn rows<Row>(&self, sql: &'static str) -> Vec<Row>
    where
        Row: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        match &self.state.db {
            Db::Sqlite { readers, .. } => sqlx::query_as(sql).fetch_all(readers).await.unwrap(),
            Db::Postgres(pool) => sqlx::query_as(sql).fetch_all(pool).await.unwrap(),
        }
    }

    /// Runs a statement.
    pub async fn execute(&self, sql: &'static str) {
        match &self.state.db {
            Db::Sqlite { writer, .. } => drop(sqlx::query(sql).execute(writer).await.unwrap()),
            Db::Postgres(pool) => drop(sqlx::query(sql).execute(pool).await.unwrap()),
        }
    }
}

/// The names of all tables.
pub async fn tables(db: &Db) -> Vec<String> {
    let tables = match db {
        Db::Sqlite { .. } => "select name from sqlite_master where type = 'table'",
        Db::Postgres(_) => "select tablename::text from pg_tables where schemaname = 'public'",
    };
    texts(db, tables.to_owned()).await
}

/// Every row of every table, but for when a session was last seen and what follows
/// from that.
pub async fn dump(db: &Db) -> Vec<String> {
    let mut rows = Vec::new();
    for table in tables(db).await {
        let sql = match db {
            Db::Sqlite { .. } => {
                let columns = format!(
                    "select 'quote(' || name || ')' from pragma_table_info('{table}') \
                     where name not in ('last_seen_at', 'ends_at')"
                );
                let columns = texts(db, columns).await.join(" || ' ' || ");
                format!("select {columns} from {table} order by 1")
            }
            Db::Postgres(_) => format!(
                "select (to_jsonb(t) - 'last_seen_at' - 'ends_at')::text from {table} t order by 1"
            ),
        };
        rows.extend(texts(db, sql).await.iter().map(|row| format!("{table}: {row}")));
    }
    rows
}

/// The texts that a query gives.
async fn texts(db: &Db, sql: String) -> Vec<String> {
    let query = sqlx::AssertSqlSafe(sql);
    match db {
        Db::Sqlite { readers, .. } => sqlx::query_scalar(query).fetch_all(readers).await.unwrap(),
        Db::Postgres(pool) => sqlx::query_scalar(query).fetch_all(pool).await.unwrap(),
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.handle.shutdown();
    }
}

/// Where a database can be made, and a folder, which has it if it is a file.
pub async fn nowhere_yet(engine: Engine) -> (String, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let url = match engine {
        Engine::Sqlite => format!("sqlite://{}", folder.path().join("byline.db").display()),
        Engine::Postgres => new_postgres_database("").await,
    };
    (url, folder)
}

/// A database with these options of `create database`; its address.
pub async fn new_postgres_database(options: &str) -> String {
    #[expect(clippy::disallowed_methods, reason = "the tests' own setting")]
    let admin = std::env::var("TEST_POSTGRES_URL")
        .expect("TEST_POSTGRES_URL is not set: run `make test`, or `scripts/with-postgres cargo test --features ssr`");
    let name = format!("story_{}", uuid::Uuid::new_v4().simple());
    let mut connection = PgConnection::connect(&admin).await.unwrap();
    sqlx::query(sqlx::AssertSqlSafe(format!("create database {name} {options}")))
        .execute(&mut connection)
        .await
        .unwrap();
    let (server, _) = admin.rsplit_once('/').unwrap();
    format!("{server}/{name}")
}

/// What mailed links hold, each for its pages and functions.
pub struct Tokens {
    reset: String,
    email: String,
    undo: String,
}

impl Tokens {
    /// The one for that page, or that function.
    pub fn of(&self, place: &str) -> &str {
        match place.trim_start_matches("/rpc/") {
            "email-terms" | "change-email" => &self.email,
            "undo-terms" | "undo" => &self.undo,
            page if page.starts_with("/settings/email/") => &self.email,
            page if page.starts_with("/not-me/") => &self.undo,
            _ => &self.reset,
        }
    }
}

/// A mail, as it arrived.
#[derive(Debug)]
pub struct Letter(String);

impl Letter {
    /// All that lie in a folder, the oldest first.
    pub fn all(folder: &Path) -> Vec<Self> {
        let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
        let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        files.retain(|file| file.extension().is_some_and(|ending| ending == "eml"));
        files.sort();
        files.iter().map(|file| Self(std::fs::read_to_string(file).unwrap())).collect()
    }

    /// All of it.
    pub fn raw(&self) -> &str {
        &self.0
    }

    /// A header, or the empty string.
    pub fn header(&self, name: &str) -> &str {
        let head = self.0.split("\r\n\r\n").next().unwrap();
        let found = head.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
        found.unwrap_or_default()
    }

    /// The part of that type.
    pub fn part(&self, kind: &str) -> &str {
        let mut parts = self.0.split("\r\n--");
        let part = parts.find(|part| part.contains(&format!("Content-Type: {kind}"))).unwrap();
        part.split_once("\r\n\r\n").unwrap().1
    }

    /// The code that stands in a line of its own.
    pub fn code(&self) -> String {
        let mut lines = self.part("text/plain").lines();
        let is_code = |line: &&str| line.len() == 9 && line.as_bytes()[4] == b'-';
        lines.find(is_code).unwrap().to_owned()
    }

    /// The path of its link.
    pub fn link(&self, origin: &str) -> String {
        let line = self.part("text/plain").lines().find_map(|line| line.strip_prefix(origin));
        line.unwrap().to_owned()
    }
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    /// The body as JSON; `null` when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// How the answer sets the session's cookie, or the empty string.
    pub fn session_cookie(&self) -> &str {
        self.set_cookie("byline")
    }

    /// How the answer sets a cookie, or the empty string.
    pub fn set_cookie(&self, name: &str) -> &str {
        let mut lines =
            self.headers.get_all("set-cookie").iter().map(|line| line.to_str().unwrap());
        let is_it =
            |line: &&str| line.trim_start_matches("__Host-").starts_with(&format!("{name}="));
        lines.find(is_it).unwrap_or_default()
    }

    /// A header, or the empty string.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }
}

/// A browser: it keeps its cookies, follows no redirect by itself, and says where its
/// requests come from as real ones do.
pub struct Browser {
    client: reqwest::Client,
    base: String,
    origin: String,
    cookie: Mutex<Option<String>>,
    /// What it keeps beside the session's, by name.
    pub others: Mutex<BTreeMap<String, String>>,
}

impl Browser {
    /// Where it says that its requests come from.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The session cookie as `name=value`.
    pub fn cookie(&self) -> Option<String> {
        self.cookie.lock().unwrap().clone()
    }

    /// Puts a cookie into the browser, or takes it out.
    pub fn set_cookie(&self, cookie: Option<String>) {
        *self.cookie.lock().unwrap() = cookie;
    }

    /// The value of a cookie beside the session's: one whose name ends so.
    pub fn other_cookie(&self, name: &str) -> Option<String> {
        let others = self.others.lock().unwrap();
        others.iter().find(|(n, _)| n.ends_with(&format!("-{name}"))).map(|(_, v)| v.clone())
    }

    /// Puts a cookie beside the session's into the browser.
    pub fn set_other_cookie(&self, name: &str, value: &str) {
        self.others.lock().unwrap().insert(format!("byline-{name}"), value.to_owned());
    }

    /// A request without any header but the cookies.
    pub fn bare(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.base));
        let mut cookies = Vec::from_iter(self.cookie());
        let others = self.others.lock().unwrap();
        cookies.extend(others.iter().map(|(name, value)| format!("{name}={value}")));
        if cookies.is_empty() { request } else { request.header("cookie", cookies.join("; ")) }
    }

    /// Sends a request and keeps the cookies that come back.
    pub async fn send(&self, request: RequestBuilder) -> Answer {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        for cookie in headers.get_all("set-cookie") {
            let cookie = cookie.to_str().unwrap();
            let pair = cookie.split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            let gone = cookie.contains("Max-Age=0");
            if name.ends_with("byline") {
                self.set_cookie((!gone).then(|| pair.to_owned()));
                continue;
            }
            let mut others = self.others.lock().unwrap();
            others.remove(name);
            others.extend((!gone).then(|| (name.to_owned(), value.to_owned())));
        }
        Answer { status, headers, body: response.text().await.unwrap() }
    }

    /// Opens a page.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.bare(Method::GET, path).header("accept", "text/html")).await
    }

    /// Sends a page's form, as a browser without JavaScript does.
    pub async fn submit(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let request = self
            .bare(Method::POST, path)
            .header("accept", "text/html")
            .header("origin", &self.origin);
        self.send(request.header("sec-fetch-site", "same-origin").form(fields)).await
    }

    /// Calls a server function that changes something, as a hydrated page does.
    pub async fn call(&self, function: &str, fields: &[(&str, &str)]) -> Answer {
        let request = self
            .bare(Method::POST, &format!("/rpc/{function}"))
            .header("accept", "application/json");
        self.send(
            request
                .header("origin", &self.origin)
                .header("sec-fetch-site", "same-origin")
                .form(fields),
        )
        .await
    }

    /// Calls a server function that only reads.
    pub async fn ask(&self, function: &str, query: &[(&str, &str)]) -> Answer {
        let request = self
            .bare(Method::GET, &format!("/rpc/{function}"))
            .header("accept", "application/json");
        self.send(request.query(query)).await
    }

    pub async fn register(&self, name: &str) -> Answer {
        let email = format!("{name}@example.org");
        self.call(
            "register",
            &[
                ("username", name),
                ("email", &email),
                ("email_again", &email),
                ("password", PASSWORD),
            ],
        )
        .await
    }

    pub async fn log_in(&self, identity: &str, password: &str) -> Answer {
        self.call("log-in", &[("email", identity), ("password", password)]).await
    }

    pub async fn log_out(&self) -> Answer {
        self.call("log-out", &[]).await
    }

    /// Saves a new article and gives the slug that its title leads to.
    pub async fn write(&self, title: &str, status: &str, visibility: &str) -> Answer {
        self.call(
            "save-article",
            &[
                ("title", title),
                ("body", "Enough words to be an article."),
                ("status", status),
                ("visibility", visibility),
            ],
        )
        .await
    }

    /// The name that the server knows this browser by.
    pub async fn name(&self) -> Option<String> {
        let answer = self.ask("who-am-i", &[]).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        answer.json()["username"].as_str().map(str::to_owned)
    }
}

/// argon2, held up. It runs on tokio's threads for blocking work; in a story that
/// [`HeldArgon2::run`] runs there is one of them, and this keeps it busy.
pub struct HeldArgon2 {
    _busy: std::sync::mpsc::Sender<()>,
}

impl HeldArgon2 {
    /// From now on hashes wait.
    pub fn hold() -> Self {
        let (busy, until) = std::sync::mpsc::channel();
        tokio::task::spawn_blocking(move || until.recv());
        Self { _busy: busy }
    }

    /// They go on.
    pub fn let_go(self) {}

    /// Runs a story.
    pub fn run(story: impl Future<Output = ()>) {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        runtime.enable_all().max_blocking_threads(1).build().unwrap().block_on(story);
    }
}
