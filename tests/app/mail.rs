//! Mail, on its way out of the house. The mail server is a real one: `tests/python/mail_server.py`.

use std::{
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    process::{Child, Command, Stdio},
    time::Duration,
};

use byline::server::{AppState, mail};
use reqwest::StatusCode;

use crate::support::{Letter, TestApp, story};

const MINUTE: Duration = Duration::from_secs(60);

/// A mail server of a story's own.
struct MailServer {
    child: Child,
    folder: tempfile::TempDir,
    url: String,
}

impl MailServer {
    fn start(mode: &str) -> Self {
        #[expect(clippy::disallowed_methods, reason = "the tests' own setting")]
        let python = std::env::var("TEST_PYTHON").expect(
            "TEST_PYTHON is not set: run `make test`, or `scripts/with-postgres cargo test --features ssr`",
        );
        let folder = tempfile::tempdir().unwrap();
        let mut child = Command::new(&python)
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python/mail_server.py"))
            .arg(folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{python}: {error}; run scripts/install-tools test"));
        let mut port = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut port).unwrap();
        let url = format!("smtp://127.0.0.1:{}", port.trim());
        let server = Self { child, folder, url };
        server.will(mode);
        server
    }

    /// What it does from now on.
    fn will(&self, mode: &str) {
        std::fs::write(self.folder.path().join("mode"), mode).unwrap();
    }

    /// What it has taken.
    fn letters(&self) -> Vec<Letter> {
        Letter::all(self.folder.path())
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A site that sends by that server, and ada on it, who has forgotten her password.
async fn forgetful(engine: crate::support::Engine, server: &MailServer) -> TestApp {
    let app =
        TestApp::start_with(engine, &["--smtp-url", &server.url, "--email-proof", "off"]).await;
    app.person("ada").await;
    ask(&app, "ada").await;
    app
}

async fn ask(app: &TestApp, identity: &str) {
    let answer = app.browser().call("ask-for-reset", &[("email", identity)]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
}

/// Delivers what is due, and says how many letters that were.
async fn deliver(state: &AppState) -> usize {
    let mut delivered = 0;
    while mail::deliver_next(state).await.unwrap() {
        delivered += 1;
    }
    delivered
}

/// Waits, but not for ever.
async fn until(arrived: impl AsyncFn() -> bool) {
    for _ in 0..2000 {
        if arrived().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("it does not come");
}

async fn waiting(app: &TestApp) -> i64 {
    app.count("select count(*) from outbox").await
}

story!(a_letter_arrives_with_text_and_html, |engine| {
    let server = MailServer::start("accept");
    let app = forgetful(engine, &server).await;
    assert!(server.letters().is_empty(), "no request waits for a mail server");
    assert_eq!(deliver(&app.state).await, 1);
    let letters = server.letters();
    let [letter] = &letters[..] else { panic!("{letters:?}") };
    assert_eq!(letter.header("X-Recipient"), "ada@example.org");
    assert_eq!(letter.header("To"), "ada@example.org");
    assert_eq!(letter.header("From"), "Byline <byline@localhost>");
    assert_eq!(letter.header("Subject"), "Set a new password");
    assert_eq!(letter.header("Auto-Submitted"), "auto-generated");
    assert!(letter.header("Date").ends_with("+0000"), "{}", letter.raw());
    assert!(letter.header("Message-ID").ends_with("@localhost>"), "{}", letter.raw());
    let link = format!("{}{}", app.origin, letter.link(&app.origin));
    assert!(letter.part("text/plain").contains("Hello ada,"), "{}", letter.raw());
    assert!(letter.part("text/html").contains(&format!("<a href=\"{link}\">")), "{}", letter.raw());
    assert_eq!(waiting(&app).await, 0);
});

story!(a_letter_that_is_refused_is_tried_no_more, |engine| {
    let server = MailServer::start("refuse");
    let app = forgetful(engine, &server).await;
    assert_eq!(deliver(&app.state).await, 1);
    assert_eq!(waiting(&app).await, 0);
    server.will("accept");
    app.state.clock.advance(60 * 24 * MINUTE);
    assert_eq!(deliver(&app.state).await, 0);
    assert!(server.letters().is_empty());
});

story!(a_letter_that_did_not_get_through_is_tried_again_later_and_arrives, |engine| {
    for mode in ["stall", "drop", "defer"] {
        let server = MailServer::start(mode);
        let app = forgetful(engine, &server).await;
        let mut hasty = app.state.clone();
        hasty.mail.timeout = Duration::from_secs(1);
        for wait in [1, 5, 30, 120] {
            assert_eq!(deliver(&hasty).await, 1, "{mode}");
            app.state.clock.advance(wait * MINUTE - Duration::from_secs(30));
            assert_eq!(deliver(&hasty).await, 0, "{mode}: not before {wait} minutes are over");
            app.state.clock.advance(Duration::from_secs(30));
        }
        server.will("accept");
        assert_eq!(deliver(&app.state).await, 1, "{mode}");
        let letters = server.letters();
        assert_eq!((letters.len(), waiting(&app).await), (1, 0), "{mode}");
        // Its link is as old as the letter, not as the request.
        let page = app.browser().get(&letters[0].link(&app.origin)).await;
        assert_eq!(page.status, StatusCode::OK, "{mode}");
    }
});

story!(a_letter_is_given_up_after_two_days, |engine| {
    let server = MailServer::start("defer");
    let app = forgetful(engine, &server).await;
    let mut attempts = 0;
    for _ in 0..60 {
        attempts += deliver(&app.state).await;
        app.state.clock.advance(60 * MINUTE);
    }
    assert_eq!((attempts, waiting(&app).await), (9, 0));
});

story!(nothing_is_sent_twice_by_two_who_deliver_at_once, |engine| {
    let server = MailServer::start("accept");
    let app =
        TestApp::start_with(engine, &["--smtp-url", &server.url, "--email-proof", "off"]).await;
    for name in ["ada", "bob", "cyd", "dan", "eve", "fay", "gus", "hal"] {
        app.person(name).await;
        ask(&app, name).await;
    }
    let four = [(); 4].map(|()| deliver(&app.state));
    futures_util::future::join_all(four).await;
    let mut to: Vec<String> =
        server.letters().iter().map(|letter| letter.header("To").to_owned()).collect();
    to.sort();
    to.dedup();
    assert_eq!((to.len(), server.letters().len()), (8, 8));
});

story!(whoever_dies_amid_a_letter_leaves_it_to_be_sent_later, |engine| {
    let server = MailServer::start("stall");
    let app = forgetful(engine, &server).await;
    let state = app.state.clone();
    let dies = tokio::spawn(async move { mail::deliver_next(&state).await });
    until(async || app.count("select count(*) from account_tokens").await == 1).await;
    dies.abort();
    server.will("accept");
    assert_eq!(deliver(&app.state).await, 0, "it may still be under way");
    app.state.clock.advance(MINUTE);
    assert_eq!(deliver(&app.state).await, 1);
    assert_eq!(server.letters().len(), 1);
});

story!(whoever_delivers_stops_when_told_and_finishes_its_letter, |engine| {
    let server = MailServer::start("accept");
    let app = forgetful(engine, &server).await;
    let (stop, stops) = tokio::sync::watch::channel(false);
    let postman = tokio::spawn(mail::deliver(app.state.clone(), stops));
    until(async || waiting(&app).await == 0).await;
    // It sleeps until somebody wakes it.
    ask(&app, "ada@example.org").await;
    until(async || server.letters().len() == 2).await;
    stop.send(true).unwrap();
    tokio::time::timeout(Duration::from_secs(20), postman).await.unwrap().unwrap();
    assert_eq!(waiting(&app).await, 0);
});

story!(without_a_mail_server_letters_lie_in_a_folder_for_its_owner, |engine| {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("mail");
    let settings = ["--mail-from", "The site <site@example.net>", "--mail-dir"];
    let settings = [&settings[..], &[folder.to_str().unwrap()]].concat();
    let app = TestApp::start_with(engine, &settings).await;
    app.person("ada").await;
    ask(&app, "ada").await;
    assert!(app.post().await.is_empty(), "nothing is kept in memory");
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    let files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|f| f.unwrap().path()).collect();
    assert_eq!(files.len(), 1, "{files:?}");
    assert_eq!(mode(&files[0]), 0o600);
    let letters = Letter::all(&folder);
    assert_eq!(letters[0].header("From"), "\"The site\" <site@example.net>");
    assert!(letters[0].header("Message-ID").ends_with("@example.net>"));
});

story!(the_database_holds_no_link_that_works, |engine| {
    let app = TestApp::start(engine).await;
    app.person("ada").await;
    ask(&app, "ada").await;
    assert_eq!(app.count("select count(*) from account_tokens").await, 0);
    let link = app.post().await[0].link(&app.origin);
    let token = link.rsplit('/').next().unwrap();
    assert_eq!(app.count("select count(*) from account_tokens").await, 1);
    assert!(app.dump().await.iter().all(|row| !row.to_lowercase().contains(token)));
});
