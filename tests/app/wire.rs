//! Below the pages: connections, time limits and panics. None of it asks the database, so
//! these stories run on one engine.

use axum::{Router, body::Body, extract::Request, routing::get};
use byline::server::{
    config::{HEADER_TIMEOUT, REQUEST_TIMEOUT},
    with_layers,
};
use reqwest::StatusCode;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tower::ServiceExt;

use crate::support::{Engine, TestApp};

/// Sends that and reads until the server closes.
pub async fn exchange(stream: &mut TcpStream, sent: &str) -> String {
    // A server that has closed already says so to one of the two.
    let _ = stream.write_all(sent.as_bytes()).await;
    let mut read = Vec::new();
    let _ = stream.read_to_end(&mut read).await;
    String::from_utf8_lossy(&read).into_owned()
}

/// A connection that has had one answer and is kept open; `None` if the server closed it.
async fn kept_open(app: &TestApp) -> Option<TcpStream> {
    let mut stream = TcpStream::connect(app.address).await.unwrap();
    stream.write_all(b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n").await.ok()?;
    let mut read = Vec::new();
    while !read.ends_with(b"\r\n\r\n") {
        read.push(stream.read_u8().await.ok()?);
    }
    assert!(read.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&read));
    Some(stream)
}

/// With the clock paused, time passes as soon as nobody has anything else to do.
#[tokio::test]
async fn half_a_header_is_not_waited_for() {
    let app = TestApp::start(Engine::Sqlite).await;
    let (mut new, mut kept) =
        (TcpStream::connect(app.address).await.unwrap(), kept_open(&app).await.unwrap());
    tokio::time::pause();
    for stream in [&mut new, &mut kept] {
        let half = exchange(stream, "GET / HTTP/1.1\r\nhost: x\r\naccept: text/");
        let answer = timeout(2 * HEADER_TIMEOUT, half).await.unwrap();
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408"), "{answer}");
    }
}

#[tokio::test]
async fn a_body_that_does_not_come_is_given_up() {
    let app = TestApp::start(Engine::Sqlite).await;
    tokio::time::pause();
    for (accept, said) in [("text/html", "try again"), ("application/json", "\"unavailable\"")] {
        let mut stream = TcpStream::connect(app.address).await.unwrap();
        let head = format!(
            "POST /rpc/log-in HTTP/1.1\r\nhost: x\r\nconnection: close\r\norigin: {}\r\naccept: {accept}\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: 100\r\n\r\nemail=ada",
            app.origin
        );
        let answer = timeout(2 * REQUEST_TIMEOUT, exchange(&mut stream, &head)).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
        assert!(answer.contains("retry-after: 5\r\n") && answer.contains(said), "{answer}");
    }
}

#[tokio::test]
async fn http_2_is_not_spoken_in_the_clear() {
    let app = TestApp::start(Engine::Sqlite).await;
    let mut stream = TcpStream::connect(app.address).await.unwrap();
    let settings = "\0\0\0\x04\0\0\0\0\0";
    let answer =
        exchange(&mut stream, &format!("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n{settings}")).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer:?}");
}

#[tokio::test]
async fn a_connection_too_many_is_closed_and_room_is_given_back() {
    let app = TestApp::start_with(Engine::Sqlite, &["--max-connections", "2"]).await;
    let first = kept_open(&app).await;
    let second = kept_open(&app).await;
    assert!(first.is_some() && second.is_some());
    for _ in 0..10 {
        assert!(kept_open(&app).await.is_none(), "a third connection");
    }
    drop(first);
    // The server has yet to hear of it.
    while kept_open(&app).await.is_none() {
        tokio::task::yield_now().await;
    }
    drop(second);
}

#[tokio::test]
async fn a_panic_is_one_500_with_an_incident_and_the_next_request_is_answered() {
    let app = TestApp::start(Engine::Sqlite).await;
    async fn broken() -> &'static str {
        panic!("the secret reason")
    }
    let routes = Router::new().route("/broken", get(broken)).route("/whole", get("whole"));
    let site = with_layers(routes, &app.state);
    let ask = async |path: &str, accept: &str| {
        let request = Request::get(path).header("accept", accept).body(Body::empty()).unwrap();
        let answer = site.clone().oneshot(request).await.unwrap();
        let status = answer.status();
        let body = axum::body::to_bytes(answer.into_body(), 65_536).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    };
    for accept in ["text/html", "application/json"] {
        let (status, body) = ask("/broken", accept).await;
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(body.contains("incident") && !body.contains("secret"), "{body}");
        assert_eq!(ask("/whole", accept).await, (StatusCode::OK, "whole".to_owned()));
    }
}
