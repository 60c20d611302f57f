//! Pictures in a bucket. The store is a real one: `tests/python/bucket_server.py`.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::OnceLock,
    time::{Duration, Instant},
};

use byline::server::{config::REQUEST_TIMEOUT, images::unused};
use reqwest::{Method, StatusCode};

use crate::{
    command::{byline, run},
    images::{file, jpeg, sent, statuses, taken, upload},
    support::{Engine, TestApp, story},
};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// One for all stories, as it takes seconds to start; each has a prefix of its own in it.
struct BucketServer {
    /// It ends with its standard input, which ends with this process.
    _child: Child,
    endpoint: String,
    key: String,
    secret: String,
}

fn server() -> &'static BucketServer {
    static SERVER: OnceLock<BucketServer> = OnceLock::new();
    SERVER.get_or_init(|| {
        #[expect(clippy::disallowed_methods, reason = "the tests' own setting")]
        let python = std::env::var("TEST_PYTHON").expect("TEST_PYTHON is not set: run `make test`");
        let mut child = Command::new(&python)
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python/bucket_server.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{python}: {error}; run scripts/install-tools test"));
        let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut next = || said.next().expect("the store starts").unwrap();
        let endpoint = format!("http://127.0.0.1:{}", next());
        BucketServer { endpoint, key: next(), secret: next(), _child: child }
    })
}

/// A site that keeps its pictures at that place, with that secret.
async fn site(engine: Engine, place: &str, secret: &str) -> TestApp {
    let BucketServer { endpoint, key, .. } = server();
    let settings = [
        ["--images", place],
        ["--aws-endpoint", endpoint],
        ["--aws-allow-http", "true"],
        ["--aws-access-key-id", key],
        ["--aws-secret-access-key", secret],
    ];
    TestApp::start_with(engine, settings.as_flattened()).await
}

/// A place that no other story has.
fn new_place() -> String {
    format!("s3://pictures/{}", uuid::Uuid::now_v7())
}

story!(a_picture_in_a_bucket_is_shown_as_any_other, |engine| {
    let (place, secret) = (new_place(), &server().secret);
    let app = site(engine, &place, secret).await;
    app.state.images.check().await.unwrap();
    let ada = app.person("ada").await;
    let path = taken(&ada, &jpeg(1000, 500, 1), "Fog").await;
    let shown = app.browser().bare(Method::GET, &path).send().await.unwrap();
    assert_eq!(shown.status(), StatusCode::OK);
    let header = |name: &str| shown.headers()[name].to_str().unwrap().to_owned();
    let name = path.strip_prefix("/images/").unwrap();
    assert_eq!(header("etag"), format!("\"{name}\""));
    assert_eq!(header("content-type"), "image/jpeg");
    let length = header("content-length");
    assert_eq!(shown.bytes().await.unwrap().len().to_string(), length);
    assert_eq!(statuses(&ada, &path).await, [StatusCode::OK; 3]);
    let other = site(engine, &new_place(), secret).await;
    assert_eq!(file(&other.browser(), &path).await.0, StatusCode::NOT_FOUND, "another prefix");
    let same = site(engine, &place, secret).await;
    assert_eq!(file(&same.browser(), &path).await.0, StatusCode::OK, "the same prefix");
});

story!(what_nobody_shows_is_deleted_from_the_bucket, |engine| {
    let app = site(engine, &new_place(), &server().secret).await;
    let ada = app.person("ada").await;
    let path = taken(&ada, &jpeg(1000, 500, 2), "").await;
    app.state.clock.advance(2 * DAY);
    unused::collect(&app.state, app.state.clock.now()).await.unwrap();
    assert_eq!(statuses(&ada, &path).await, [StatusCode::NOT_FOUND; 3]);
    assert_eq!(app.count("select count(*) from image_leftovers").await, 0);
});

story!(a_bucket_that_takes_nothing_leaves_no_row_and_loses_no_word, |engine| {
    let secret = &server().secret;
    for (place, secret) in [("s3://nowhere/x", secret.as_str()), (&new_place(), "wrong")] {
        let app = site(engine, place, secret).await;
        let ada = app.person("ada").await;
        let answer = sent(&ada, "image/jpeg", &jpeg(500, 500, 3), "Fog").await;
        assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{place}");
        assert!(answer.json()["internal"]["incident"].is_string(), "{}", answer.body);
        assert_eq!(app.count("select count(*) from images").await, 0, "{place}");
        let page = upload(&ada, "text/html", "image/jpeg", &jpeg(500, 500, 3), "Thick fog").await;
        assert_eq!(page.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(page.body.contains("Thick fog"), "{}", page.body);
    }
});

story!(a_bucket_that_says_nothing_is_given_up_before_the_request_is, |engine| {
    let app = site(engine, "s3://stalled/x", &server().secret).await;
    let ada = app.person("ada").await;
    let begun = Instant::now();
    let picture = jpeg(500, 500, 4);
    let path = "/images/0123456789abcdef0123456789abcdef-500.jpg";
    let (answer, shown) = tokio::join!(sent(&ada, "image/jpeg", &picture, ""), ada.get(path));
    assert!(begun.elapsed() < REQUEST_TIMEOUT, "{:?}", begun.elapsed());
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{}", answer.body);
    assert_eq!(shown.status, StatusCode::INTERNAL_SERVER_ERROR, "{}", shown.body);
    assert_eq!(app.count("select count(*) from images").await, 0);
});

#[test]
fn a_bucket_that_cannot_be_used_keeps_the_site_from_starting() {
    let folder = tempfile::tempdir().unwrap();
    let BucketServer { endpoint, key, secret, .. } = server();
    for (place, secret, part) in [
        ("s3://nowhere/x", secret.as_str(), "there is no such bucket"),
        ("s3://pictures/x", "wrong", "AWS_SECRET_ACCESS_KEY do not open it"),
    ] {
        let mut command = byline(&folder);
        command.arg("serve").envs([
            ("BYLINE_LISTEN", "127.0.0.1:0"),
            ("BYLINE_IMAGES", place),
            ("AWS_ENDPOINT", endpoint),
            ("AWS_ALLOW_HTTP", "true"),
            ("AWS_ACCESS_KEY_ID", key),
            ("AWS_SECRET_ACCESS_KEY", secret),
        ]);
        let output = run(command, "");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.starts_with("byline: cannot use the place for pictures"), "{said}");
        assert!(said.contains(part) && said.lines().count() == 1, "{said}");
        assert!(!said.contains(secret), "{said}");
    }
}
