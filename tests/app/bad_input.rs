//! Nothing that can be sent breaks the server, and nothing that is refused is stored.

use byline::domain::{
    article::{Body, Tags, Title},
    field::{Field, Problem},
    page::{LAST_PAGE, parse_page},
    password::Password,
    username::Username,
};
use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, RngSeed, TestRunner},
};
use reqwest::{Method, StatusCode};

use crate::support::{PASSWORD, TestApp, story};

/// Requests per server function and run. The seed is new each time and printed on failure.
const CASES: u32 = 40;

/// Values that broke somebody once, and whatever else comes.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "",
            " ",
            "\0",
            "a\0b",
            "null",
            "true",
            "[]",
            "{}",
            "-1",
            "0",
            "1",
            "2147483648",
            "9223372036854775807",
            "9223372036854775808",
            "1e309",
            "NaN",
            "99999999999999999999",
            "' or 1=1 --",
            "%27",
            "%00",
            "<script>",
            "../../etc/passwd",
            "\u{202E}abc",
            "\u{FFFF}",
            "published",
            "draft",
            "public",
            "members",
            "ada",
            "ada@example.org",
        ])
        .prop_map(str::to_owned),
        any::<String>(),
        "[a-z0-9-]{1,20}",
        (0_usize..3000).prop_map(|n| "x".repeat(n * 10)),
    ]
}

/// A form's body: pairs in any number and order, known names and others, and now and then
/// bytes that are no form at all.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let names = vec![
        "username",
        "email",
        "email_again",
        "password",
        "title",
        "description",
        "body",
        "tags",
        "visibility",
        "status",
        "slug",
        "version",
        "replaces",
        "page",
        "tag",
        "next",
        "keep",
        "nonsense",
        "title[]",
        "title[a]",
        "body[0][1]",
        "",
    ];
    let pairs = prop::collection::vec((prop::sample::select(names), value()), 0..16);
    prop_oneof![
        8 => pairs.prop_map(|pairs| url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish().into_bytes()),
        1 => prop::collection::vec(any::<u8>(), 0..200),
        1 => Just(b"title=%ff%fe&body=%c3%28&slug=%f0%9f".to_vec()),
        1 => Just(br#"{"title":{"a":[1,2]},"body":null}"#.to_vec()),
    ]
}

story!(no_server_function_breaks_whatever_it_is_sent, |engine| {
    let app = TestApp::start_with(
        engine,
        &["--login-attempts-per-account", "100000", "--login-attempts-per-address", "100000"],
    )
    .await;
    let (ada, stranger) = (app.person("ada").await, app.browser());
    ada.write("Mine", "published", "public").await;
    let mut runner = TestRunner::new(Config {
        rng_seed: RngSeed::Random,
        failure_persistence: None,
        ..Config::default()
    });
    let functions: Vec<_> = leptos::server_fn::axum::server_fn_paths()
        .filter(|(path, _)| *path != "/rpc/log-out")
        .collect();
    for (path, method) in functions {
        for case in 0..CASES {
            let bytes = body().new_tree(&mut runner).unwrap().current();
            let shown = String::from_utf8_lossy(&bytes).chars().take(300).collect::<String>();
            let before = app
                .count("select (select count(*) from articles) + (select count(*) from users)")
                .await;
            // Nobody logs in by chance: ada's cookie is put back, the stranger's taken away.
            let cookie = ada.cookie();
            let browser = if case % 2 == 0 { &ada } else { &stranger };
            let request = match method {
                Method::GET => browser.bare(Method::GET, &format!("{path}?{}", query(&bytes))),
                _ => browser
                    .bare(method.clone(), path)
                    .header("content-type", "application/x-www-form-urlencoded")
                    .body(bytes),
            };
            let answer = browser.send(request.header("origin", &app.origin)).await;
            assert!(
                !answer.status.is_server_error(),
                "{} from {method} {path}: {shown:?}: {}",
                answer.status,
                answer.body
            );
            if answer.status.is_client_error() {
                assert!(
                    !answer.json().is_null(),
                    "{} {} without a code: {shown:?}",
                    answer.status,
                    answer.body
                );
                let after = app
                    .count("select (select count(*) from articles) + (select count(*) from users)")
                    .await;
                assert_eq!(after, before, "{path} was refused: {shown:?}");
            }
            ada.set_cookie(cookie);
            stranger.set_cookie(None);
        }
    }
});

/// What can stand in an address line at all.
fn query(bytes: &[u8]) -> String {
    let visible = |b: &u8| b.is_ascii_graphic() && !b"\"<>\\^`{|}#".contains(b);
    bytes.iter().filter(|b| visible(b)).take(4000).map(|b| char::from(*b)).collect()
}

story!(a_body_over_the_limit_is_413_whether_it_is_declared_or_not, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let large = format!("title=T&status=published&body={}", "x".repeat(10_000_000));
    let kind = "application/x-www-form-urlencoded";
    for path in ["/rpc/save-article", "/editor", "/rpc/log-in", "/login"] {
        let request = || {
            ada.bare(Method::POST, path).header("origin", &app.origin).header("content-type", kind)
        };
        let declared = ada.send(request().body(large.clone())).await;
        assert_eq!(declared.status, StatusCode::PAYLOAD_TOO_LARGE, "{path}, declared");
        assert!(
            declare(&app, path, 10_000_000_000).await.starts_with("HTTP/1.1 413"),
            "{path}, only declared"
        );
        let chunks: Vec<Result<Vec<u8>, std::io::Error>> =
            large.as_bytes().chunks(65_536).map(|c| Ok(c.to_vec())).collect();
        let stream = reqwest::Body::wrap_stream(futures_util::stream::iter(chunks));
        let chunked = ada.send(request().body(stream)).await;
        assert_eq!(chunked.status, StatusCode::PAYLOAD_TOO_LARGE, "{path}, in chunks");
    }
    assert_eq!(app.count("select count(*) from articles").await, 0);
});

/// The first line that comes back to a request which announces so many bytes and sends none.
async fn declare(app: &TestApp, path: &str, length: u64) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut socket = tokio::net::TcpStream::connect(app.address).await.unwrap();
    let (host, origin) = (app.address, &app.origin);
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: {host}\r\norigin: {origin}\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {length}\r\n\r\n"
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    let mut answer = vec![0; 64];
    let read = socket.read(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer[..read]).into_owned()
}

#[test]
fn a_page_number_is_always_a_page() {
    for (typed, page) in [
        (None, 1),
        (Some(""), 1),
        (Some("0"), 1),
        (Some("-1"), 1),
        (Some("1"), 1),
        (Some("7"), 7),
        (Some(" 7 "), 7),
        (Some("NaN"), 1),
        (Some("1e309"), 1),
        (Some("2147483648"), LAST_PAGE),
        (Some("99999999999999999999"), LAST_PAGE),
        (Some("1.5"), 1),
    ] {
        assert_eq!(parse_page(typed), page, "{typed:?}");
    }
}

#[test]
fn each_limit_holds_at_its_edges() {
    let (min, max) = (Field::Username.length().min, Field::Username.length().max);
    assert_eq!(Username::parse(&"a".repeat(min - 1)).unwrap_err(), Problem::TooShort(min));
    assert!(Username::parse(&"a".repeat(min)).is_ok() && Username::parse(&"a".repeat(max)).is_ok());
    assert_eq!(Username::parse(&"a".repeat(max + 1)).unwrap_err(), Problem::TooLong(max));
    assert!(
        Title::parse(&"t".repeat(150)).is_ok()
            && Title::parse(&"t".repeat(151)).is_err()
            && Title::parse(" \t ").is_err()
    );
    assert_eq!(Body::parse("a b c d e f g h i").unwrap_err(), Problem::TooShort(10));
    assert!(Body::parse("a b c d e f g h i j").is_ok() && Body::parse("   \n ").is_err());
    let Err(problem) = Password::parse_new("a".repeat(11), 12) else {
        panic!("eleven are too few")
    };
    assert_eq!(problem, Problem::TooShort(12));
    assert!(
        Password::parse_new("a".repeat(12), 12).is_ok()
            && Password::parse_new("\u{1F600}".repeat(256), 12).is_ok()
    );
    assert!(Tags::parse(&"t,".repeat(30)).is_ok(), "one tag, repeated");
    let eleven = (0..11).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
    assert_eq!(Tags::parse(&eleven).unwrap_err(), Problem::TooMany(10));
    assert_eq!(Tags::parse(&"x".repeat(31)).unwrap_err(), Problem::TooLong(30));
    for wrong in ["-a", "_a", "a b", "a.b", "\u{e9}a", "a@b"] {
        assert_eq!(Username::parse(wrong).unwrap_err(), Problem::Malformed, "{wrong}");
    }
    assert!(PASSWORD.len() >= 12);
}

story!(the_browser_is_told_the_same_limits_as_the_server_keeps, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let page =
        format!("{}{}", app.browser().get("/register").await.body, ada.get("/editor").await.body);
    for field in [
        Field::Username,
        Field::Email,
        Field::EmailAgain,
        Field::Password,
        Field::Title,
        Field::Description,
        Field::Body,
        Field::Tags,
    ] {
        let input = page
            .split('<')
            .find(|tag| {
                (tag.starts_with("input") || tag.starts_with("textarea"))
                    && tag.contains(&format!("name=\"{}\"", field.name()))
            })
            .unwrap();
        // In UTF-16, of which a character takes two at most; where a paste is never cut, none.
        let most = format!("maxlength=\"{}\"", 2 * field.length().max);
        let cut = !matches!(field, Field::Password | Field::Body);
        assert_eq!(input.contains(&most), cut, "{input}");
        assert_eq!(input.contains("maxlength"), cut, "{input}");
        let least = format!("minlength=\"{}\"", field.length().min);
        assert_eq!(input.contains(&least), field.length().min > 1, "{input}");
        assert_eq!(input.contains("required"), field.length().min > 0, "{input}");
    }
});
