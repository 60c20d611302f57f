//! The `byline` command, run as its users run it.

use std::{
    io::{Read, Write},
    process::{Child, Command, Output, Stdio},
    time::Duration,
};

use byline::server::clock::Clock;
use serde_json::Value;

use crate::phone::{Phone, STEP};
use crate::support::{Engine, Letter, PASSWORD};

pub fn byline(folder: &tempfile::TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_byline"));
    command.current_dir(folder.path()).env_clear().env("DATABASE_URL", "sqlite://byline.db");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

pub fn run(mut command: Command, typed: &str) -> Output {
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(typed.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

pub fn said(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// A served site of its own; stopped with the story.
struct Served {
    child: Child,
    origin: String,
    /// What it prints when it is there.
    greeting: String,
}

impl Served {
    fn start(folder: &tempfile::TempDir, more: &[(&str, &str)]) -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let origin = format!("http://127.0.0.1:{port}");
        let mut command = byline(folder);
        command
            .arg("serve")
            .env("BYLINE_ORIGIN", &origin)
            .env("BYLINE_LISTEN", format!("127.0.0.1:{port}"));
        command.envs(more.iter().copied());
        let mut child = command.spawn().unwrap();
        let mut said = [0; 1024];
        let length = child.stdout.as_mut().unwrap().read(&mut said).unwrap();
        let greeting = String::from_utf8_lossy(&said[..length]).into_owned();
        assert!(greeting.contains(&origin), "it says where it is: {greeting:?}");
        Self { child, origin, greeting }
    }

    /// SIGTERM, and then everything that it logged.
    fn stop(mut self) -> (bool, String) {
        let killed =
            Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(killed.success());
        let status = self.child.wait().unwrap();
        let mut log = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        (status.success(), log)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

fn client() -> reqwest::Client {
    reqwest::Client::builder().cookie_store(true).timeout(Duration::from_secs(30)).build().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_is_made_on_the_command_line_and_logs_in() {
    let folder = tempfile::tempdir().unwrap();
    let how = format!("{} user create NAME E-MAIL", env!("CARGO_BIN_EXE_byline"));
    assert!(Served::start(&folder, &[]).greeting.contains(&how), "nobody looks after it yet");
    let mut create = byline(&folder);
    create.args(["user", "create", "root-of-it", "root@example.org", "--role", "administrator"]);
    let output = run(create, &format!("{PASSWORD}\n"));
    assert!(output.status.success(), "{}", said(&output));
    let site = Served::start(&folder, &[]);
    assert!(!site.greeting.contains("user create"), "{}", site.greeting);
    let form = [("email", "root@example.org"), ("password", PASSWORD)];
    let answer =
        client().post(format!("{}/rpc/log-in", site.origin)).form(&form).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    for (args, typed, ok) in [
        (vec!["user", "create", "root-of-it", "other@example.org"], PASSWORD, false),
        (vec!["user", "create", "x", "other@example.org"], PASSWORD, false),
        (vec!["user", "create", "short", "short@example.org"], "too short", false),
        (vec!["user", "set-role", "root-of-it", "editor"], "", false),
        (vec!["user", "deactivate", "root-of-it"], "", false),
        (
            vec!["user", "create", "other", "other@example.org", "--role", "administrator"],
            PASSWORD,
            true,
        ),
        (vec!["user", "create", "known", "known@example.org"], "philadelphia", false),
        (vec!["user", "create", "named", "named@example.org"], "named-named-1", false),
        (vec!["user", "set-role", "root-of-it", "editor"], "", true),
        (vec!["user", "set-role", "root-of-it", "emperor"], "", false),
        (vec!["user", "deactivate", "other"], "", false),
        (vec!["user", "deactivate", "root-of-it"], "", true),
        (vec!["user", "activate", "root-of-it"], "", true),
        (vec!["user", "deactivate", "nobody"], "", false),
        (vec!["user", "end-sessions", "root-of-it"], "", true),
        (vec!["user", "reset-password", "root-of-it"], "Root@Example.org", false),
        (vec!["user", "reset-password", "nobody"], "another good password", false),
        (vec!["user", "reset-password", "root-of-it"], "another good password", true),
        (vec!["user", "create", "leaver", "leaver@example.org"], PASSWORD, true),
        (vec!["user", "delete", "leaver", "--articles", "delete"], "", true),
        (vec!["user", "delete", "leaver"], "", false),
    ] {
        let mut command = byline(&folder);
        command.args(&args);
        let output = run(command, typed);
        assert_eq!(output.status.success(), ok, "{args:?}: {}", said(&output));
        assert_eq!(
            said(&output).lines().count(),
            if args.contains(&"emperor") { said(&output).lines().count() } else { 1 },
            "{}",
            said(&output)
        );
    }
    let form = [("email", "root@example.org"), ("password", "another good password")];
    let answer =
        client().post(format!("{}/rpc/log-in", site.origin)).form(&form).send().await.unwrap();
    assert_eq!(answer.status(), 200);
}

/// The first mail that a served site puts into its folder, which nobody asks it to.
async fn mailed(folder: &tempfile::TempDir) -> Letter {
    loop {
        tokio::time::sleep(Duration::from_millis(20)).await;
        if let Some(letter) = Letter::all(&folder.path().join("mail")).pop() {
            return letter;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn t46_a_whole_visit_leaves_no_secret_in_log_or_database() {
    let folder = tempfile::tempdir().unwrap();
    let site = Served::start(&folder, &[("BYLINE_LOG", "trace")]);
    let client = client();
    let url = |path: &str| format!("{}{path}", site.origin);
    let secret = "an utterly secret phrase";
    let form = [
        ("username", "ada"),
        ("email", "ada@example.org"),
        ("email_again", "ada@example.org"),
        ("password", secret),
    ];
    let answer = client
        .post(url("/register"))
        .header("accept", "text/html")
        .header("origin", &site.origin)
        .form(&form)
        .send()
        .await
        .unwrap();
    assert!(answer.status().is_success());
    let wrong = "a wrong guess at it";
    let mut cookies = Vec::new();
    for password in [wrong, secret] {
        let form = [("email", "ada"), ("password", password)];
        let answer = client
            .post(url("/rpc/log-in"))
            .header("origin", &site.origin)
            .form(&form)
            .send()
            .await
            .unwrap();
        cookies.extend(answer.cookies().map(|cookie| cookie.value().to_owned()));
    }
    assert_eq!(cookies.len(), 2, "the session's and the device's");
    let form = [("email", "ada")];
    client
        .post(url("/rpc/ask-for-reset"))
        .header("origin", &site.origin)
        .form(&form)
        .send()
        .await
        .unwrap();
    let link = mailed(&folder).await.link(&site.origin);
    let token = link.rsplit('/').next().unwrap().to_owned();
    let fresh = "a fresh and secret phrase";
    // From elsewhere, which is logged, and then as it should be.
    for (origin, expected) in [("https://evil.example", 403), (site.origin.as_str(), 200)] {
        client.get(url(&link)).send().await.unwrap();
        let form = [("token", token.as_str()), ("password", fresh)];
        let request = client.post(url(&link)).header("origin", origin).form(&form);
        let answer = request.header("accept", "text/html").send().await.unwrap();
        assert_eq!(answer.status(), expected, "from {origin}");
    }
    let mut secrets = vec![secret.to_owned(), wrong.to_owned(), token, fresh.to_owned()];
    secrets.append(&mut cookies);
    for path in ["/", "/settings", "/articles", "/nothing"] {
        client.get(url(path)).send().await.unwrap();
    }
    let (ended_well, log) = site.stop();
    assert!(ended_well);
    assert!(
        log.contains("logged_in") && log.contains("log_in_failed") && log.contains("registered"),
        "the events are there"
    );
    let database = std::fs::read(folder.path().join("byline.db")).unwrap();
    for secret in secrets {
        assert!(!log.contains(&secret), "in the log");
        assert!(
            !database.windows(secret.len()).any(|window| window == secret.as_bytes()),
            "in the database"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn t46_a_visit_with_a_second_factor_leaves_no_secret_in_log_or_database() {
    let folder = tempfile::tempdir().unwrap();
    let site = Served::start(&folder, &[("BYLINE_LOG", "trace")]);
    let client = client();
    let send = async |path: &str, form: &[(&str, &str)]| {
        let request = client.post(format!("{}{path}", site.origin)).header("origin", &site.origin);
        request.form(form).send().await.unwrap()
    };
    let form = [
        ("username", "ada"),
        ("email", "ada@example.org"),
        ("email_again", "ada@example.org"),
        ("password", PASSWORD),
    ];
    assert_eq!(send("/rpc/register", &form).await.status(), 200);
    let begun: Value = send("/rpc/begin-authenticator", &[]).await.json().await.unwrap();
    let phone = Phone::new(begun["set_up"]["secret"].as_str().unwrap());
    let clock = Clock::system();
    let digits = phone.digits_at(clock.now());
    let form = [("code", digits.as_str())];
    let made: Value = send("/rpc/confirm-authenticator", &form).await.json().await.unwrap();
    let codes: Vec<String> = serde_json::from_value(made["recovery_codes"].clone()).unwrap();
    // A wrong code, one that is none, a recovery code, and the digits that come next.
    let next = phone.digits_at(clock.now().after(STEP));
    let mut secrets = vec![phone.shown.clone(), phone.shown.replace(' ', "")];
    for (field, code, expected) in [
        ("code", codes[1].as_str(), 200),
        ("recovery_code", &codes[1], 422),
        ("recovery_code", "no code of mine", 422),
        ("code", &next, 200),
    ] {
        let form = [("email", "ada"), ("password", PASSWORD)];
        let half = send("/rpc/log-in", &form).await;
        let step = half.cookies().find(|cookie| cookie.name() == "byline-step").unwrap();
        secrets.extend([step.value().to_owned(), "no code of mine".into()]);
        let finished = send("/rpc/finish-log-in", &[(field, code)]).await;
        assert_eq!(finished.status(), expected, "{field}");
        secrets.extend([format!("{field}={code}"), format!("\"{code}\"")]);
    }
    secrets.extend(codes.iter().flat_map(|code| [code.clone(), code.replace('-', "")]));
    let (_, log) = site.stop();
    for event in ["authenticator_added", "second_step_asked", "second_step_failed", "logged_in"] {
        assert!(log.contains(event), "{event}");
    }
    let database = std::fs::read(folder.path().join("byline.db")).unwrap();
    for secret in secrets {
        assert!(!log.contains(&secret), "{secret} in the log");
        let found = database.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!found, "{secret} in the database");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_finishes_what_is_in_flight_and_closes_the_database() {
    let folder = tempfile::tempdir().unwrap();
    let site = Served::start(&folder, &[]);
    let (client, url) = (client(), format!("{}/rpc/register", site.origin));
    let form = [
        ("username", "ada"),
        ("email", "a@example.org"),
        ("email_again", "a@example.org"),
        ("password", PASSWORD),
    ];
    let request = tokio::spawn(client.post(url).header("origin", &site.origin).form(&form).send());
    // The hash of the password takes longer than this in the profile that tests are built with.
    tokio::time::sleep(Duration::from_millis(30)).await;
    let (ended_well, _) = tokio::task::spawn_blocking(|| site.stop()).await.unwrap();
    assert_eq!(request.await.unwrap().unwrap().status(), 200);
    assert!(ended_well);
    assert!(!folder.path().join("byline.db-wal").exists(), "the WAL was written back");
}

#[test]
fn s05_a_site_on_plain_http_does_not_start() {
    let folder = tempfile::tempdir().unwrap();
    for (origin, why) in [
        ("http://blog.example.org", "https"),
        ("ftp://blog.example.org", "https"),
        ("blog.example.org", "URL"),
        ("https://blog.example.org/path", "origin"),
        ("https://user:x@blog.example.org", "origin"),
    ] {
        let mut command = byline(&folder);
        command.args(["serve"]).env("BYLINE_ORIGIN", origin);
        let output = run(command, "");
        assert!(!output.status.success(), "{origin}");
        assert!(
            said(&output).contains("--origin") && said(&output).contains(why),
            "{origin}: {}",
            said(&output)
        );
    }
}

#[test]
fn what_keeps_the_site_from_starting_is_one_clear_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    for (name, value, part) in [
        ("BYLINE_LISTEN", taken.as_str(), "cannot listen on"),
        ("DATABASE_URL", "sqlite:///no/such/folder/byline.db", "cannot write the database file"),
        (
            "DATABASE_URL",
            "postgres://nobody@127.0.0.1:1/none",
            "cannot reach PostgreSQL at 127.0.0.1:1",
        ),
        ("DATABASE_URL", "mysql://x", "must begin with sqlite:// or postgres://"),
        ("BYLINE_LOG", "=,=,", "BYLINE_LOG"),
        ("SMTP_URL", "mail.example.org", "SMTP_URL is not the address of a mail server"),
        ("SMTP_URL", "http://u:hidden@mail.example.org", "SMTP_URL"),
        ("SMTP_URL", "smtp://u:hidden@mail.example.org?tls=perhaps", "SMTP_URL"),
        ("SMTP_URL", "smtp://u:hidden@:x", "SMTP_URL"),
        ("BYLINE_IMAGES", "/dev/null", "cannot use the folder /dev/null (BYLINE_IMAGES)"),
        ("BYLINE_IMAGES", "s3://", "BYLINE_IMAGES"),
        ("BYLINE_MAIL_DIR", "/dev/null", "BYLINE_MAIL_DIR is /dev/null, which is no folder"),
        ("BYLINE_MAIL_DIR", "/proc/mail", "cannot use the folder /proc/mail (BYLINE_MAIL_DIR)"),
        ("BYLINE_MAIL_DIR", "/proc/self", "cannot use the folder /proc/self (BYLINE_MAIL_DIR)"),
    ] {
        let mut command = byline(&folder);
        command.args(["serve"]).env("BYLINE_LISTEN", "127.0.0.1:0").env(name, value);
        let output = run(command, "");
        assert_eq!(output.status.code(), Some(1), "{name}={value}: {}", said(&output));
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            stderr.contains(part) && stderr.starts_with("byline: "),
            "{name}={value}: {stderr}"
        );
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        assert!(!stderr.contains("hidden"), "{stderr}");
    }
}

#[test]
fn a_second_byline_on_a_taken_port_leaves_the_database_alone() {
    let folder = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut command = byline(&folder);
    command.arg("serve").env("BYLINE_LISTEN", taken.local_addr().unwrap().to_string());
    assert_eq!(run(command, "").status.code(), Some(1));
    assert!(!folder.path().join("byline.db").exists());
}

#[test]
fn a_setting_that_makes_no_sense_is_named_with_what_would() {
    let folder = tempfile::tempdir().unwrap();
    for (name, option) in [
        ("BYLINE_READERS", "--readers"),
        ("BYLINE_REGISTRATION", "--registration"),
        ("BYLINE_PASSWORD_MIN", "--password-min"),
        ("BYLINE_LISTEN", "--listen"),
        ("BYLINE_TRUSTED_PROXIES", "--trusted-proxies"),
        ("BYLINE_BODY_LIMIT", "--body-limit"),
        ("BYLINE_IMAGE_LIMIT", "--image-limit"),
        ("BYLINE_IMAGE_PIXELS", "--image-pixels"),
        ("BYLINE_LOGIN_ATTEMPTS_PER_ACCOUNT", "--login-attempts-per-account"),
        ("BYLINE_MAIL_FROM", "--mail-from"),
        ("BYLINE_LOGIN_FAILURES_PER_MINUTE", "--login-failures-per-minute"),
        ("BYLINE_NETWORK_FACTOR", "--network-factor"),
        ("BYLINE_RESETS_PER_ACCOUNT", "--resets-per-account"),
        ("BYLINE_RESETS_PER_ADDRESS", "--resets-per-address"),
    ] {
        let mut command = byline(&folder);
        command.arg("serve").env(name, "nonsense");
        let output = run(command, "");
        assert!(
            !output.status.success()
                && said(&output).contains(option)
                && said(&output).contains(name),
            "{name}: {}",
            said(&output)
        );
    }
}

mod a_database_of_a_newer_version_is_left_alone {
    use super::*;

    async fn story(engine: Engine) {
        let app = crate::support::TestApp::start(engine).await;
        app.execute(
            "insert into _sqlx_migrations (version, description, success, checksum, execution_time) \
             select 9999, 'from the future', success, checksum, 0 from _sqlx_migrations where version = 1",
        )
        .await;
        let folder = tempfile::tempdir().unwrap();
        let mut command = byline(&folder);
        command.arg("migrate").env("DATABASE_URL", &app.state.config.database.url);
        let output = run(command, "");
        assert_eq!(output.status.code(), Some(1));
        assert!(said(&output).contains("written by a newer Byline"), "{}", said(&output));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn on_sqlite() {
        story(Engine::Sqlite).await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn on_postgres() {
        story(Engine::Postgres).await;
    }
}

#[test]
fn the_database_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let mut command = byline(&folder);
    command.arg("migrate");
    assert!(run(command, "").status.success());
    let mode = std::fs::metadata(folder.path().join("byline.db")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_is_made_on_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let site = Served::start(&folder, &[("BYLINE_REGISTRATION", "invite")]);
    let mut invite = byline(&folder);
    invite.arg("invite").env("BYLINE_ORIGIN", &site.origin);
    let output = run(invite, "");
    assert!(output.status.success(), "{}", said(&output));
    let link = said(&output).trim().to_owned();
    let (page, token) = link.split_once("?invitation=").unwrap();
    assert_eq!(page, format!("{}/register", site.origin));
    let shown = client().get(&link).send().await.unwrap().text().await.unwrap();
    assert!(shown.contains("Whoever runs this site"), "{shown}");
    let fields = [
        ("username", "ada"),
        ("email", "ada@example.org"),
        ("password", PASSWORD),
        ("invitation", token),
    ];
    let request = client().post(format!("{}/rpc/register", site.origin)).form(&fields);
    assert!(request.send().await.unwrap().status().is_success());
}
