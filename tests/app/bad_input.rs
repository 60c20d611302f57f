//! Limits: of a body, of each field, of a page number.

use byline::domain::{
    article::{Body, Tags, Title},
    field::{Field, Problem},
    page::{Cut, LAST_PAGE, parse_page},
    password::Password,
    role::Role,
    username::Username,
};
use reqwest::{Method, StatusCode};

use crate::support::{PASSWORD, TestApp, story};

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

#[test]
fn there_is_another_page_where_one_more_was_read_than_a_page_shows() {
    for (read, shown, more) in [(0, 0, false), (19, 19, false), (20, 20, false), (21, 20, true)] {
        let mut entries: Vec<u32> = (0..read).collect();
        assert_eq!(Cut::new(1, 20).trim(&mut entries), more, "{read}");
        assert_eq!(entries, (0..shown).collect::<Vec<_>>());
    }
    let third = Cut::new(3, 20);
    assert_eq!((third.read(), third.past()), (21, 40));
    assert_eq!([Cut::new(0, 20).page, Cut::new(u32::MAX, 20).page], [1, LAST_PAGE]);
}

story!(the_browser_is_told_the_same_limits_as_the_server_keeps, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let eve = app.person_with("eve", Role::Editor).await;
    ada.write("Open", "published", "public").await;
    let pages = [
        app.browser().get("/register").await,
        ada.get("/editor").await,
        ada.get("/articles").await,
        eve.get("/article/open").await,
    ];
    let page = pages.map(|answer| answer.body).concat();
    for field in [
        Field::Username,
        Field::Email,
        Field::EmailAgain,
        Field::Password,
        Field::Title,
        Field::Description,
        Field::Body,
        Field::Tags,
        Field::Q,
        Field::Reason,
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
