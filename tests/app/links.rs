//! Links in mails: what they are made of, and what comes of one that is merely opened.

use byline::server::{doors::FORMS, invitations};
use reqwest::{Method, StatusCode};
use tokio::net::TcpStream;

use crate::{
    log::Log,
    roles::outside,
    support::{Browser, PASSWORD, TestApp, heard_story, story},
    wire::exchange,
};

/// Ways in which a client names the host that it means.
const FORGED: [(&str, &str); 5] = [
    ("host", "evil.example"),
    ("x-forwarded-host", "evil.example"),
    ("forwarded", "host=evil.example;proto=http"),
    ("x-forwarded-proto", "gopher"),
    ("x-original-url", "//evil.example/"),
];

// Nothing is made of what a client says of the host, so there is none that has to be refused:
// whatever it says, the answer is the same.
story!(t23_an_unknown_host_is_in_no_answer, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let fields = [("title", "Mine"), ("body", "Words enough."), ("tags", "x")];
    let fields = [&fields[..], &[("status", "published")]].concat();
    assert_eq!(ada.call("save-article", &fields).await.status, StatusCode::OK);
    let stranger = app.browser();
    let mut paths: Vec<String> = byline::server::page_paths().to_vec();
    paths.extend(["/feed.atom", "/feed.json", "/sitemap.xml", "/robots.txt"].map(str::to_owned));
    for path in paths {
        let path = path.replace("{slug}", "mine").replace("{username}", "ada");
        let path = path.replace("{tag}", "x").replace("{token}", "none");
        for browser in [&stranger, &ada] {
            let plain = outside(&browser.get(&path).await);
            for (name, value) in FORGED {
                let request = browser.bare(Method::GET, &path).header("accept", "text/html");
                let forged = outside(&browser.send(request.header(name, value)).await);
                assert_eq!(forged, plain, "{path} with {name}: {value}");
            }
        }
    }
    // The address itself may name another host.
    for (path, part) in [("/", "<h1"), ("/feed.atom", app.origin.as_str()), ("/editor", "/login?")]
    {
        let mut stream = TcpStream::connect(app.address).await.unwrap();
        let host = "evil.example";
        let request = format!(
            "GET http://{host}{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n"
        );
        let answer = exchange(&mut stream, &request).await;
        assert!(answer.contains(part) && !answer.contains(host), "{path}: {answer}");
    }
});

story!(t23_an_absolute_address_is_in_no_link, |engine| {
    let app = TestApp::start(engine).await;
    app.person("ada").await;
    let mut stream = TcpStream::connect(app.address).await.unwrap();
    let request = format!(
        "POST http://evil.example/rpc/ask-for-reset HTTP/1.1\r\nhost: evil.example\r\n\
         connection: close\r\norigin: {}\r\naccept: application/json\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: 9\r\n\r\nemail=ada",
        app.origin
    );
    let answer = exchange(&mut stream, &request).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let letters = app.post().await;
    assert_eq!(letters.len(), 1);
    assert!(letters[0].link(&app.origin).starts_with("/reset/"));
    assert!(!letters[0].raw().contains("evil.example"), "{}", letters[0].raw());
});

/// The links that open something, each with the function that looks at it and the one that uses
/// it.
struct Link {
    token: String,
    path: String,
    terms: &'static str,
    using: &'static str,
}

/// One of each kind: all but the fourth are ada's.
async fn all(app: &TestApp) -> Vec<Link> {
    let bob = app.person("bob").await;
    let fields = [("username", "bob"), ("articles", "keep")];
    assert_eq!(bob.call("delete-account", &fields).await.status, StatusCode::OK);
    let (_, mailed) = app.attempt("guest").await;
    let invitation = invitations::make_for_the_site(&app.state.db, app.state.clock.now()).await;
    let link = |token: String, page: &str, terms, using| {
        let path = page.replace("{}", &token);
        Link { token, path, terms, using }
    };
    let email = app.email_token("ada", "countess@example.org").await;
    vec![
        link(app.reset_token("ada").await, "/reset/{}", "reset-terms", "reset-password"),
        link(email, "/settings/email/{}", "email-terms", "change-email"),
        link(app.undo_token("ada").await, "/not-me/{}", "undo-terms", "undo"),
        link(app.take_back_token("bob").await, "/restore/{}", "", "restore-account"),
        link(
            mailed.link.expose().to_owned(),
            "/register/confirm/{}",
            "registration-link",
            "confirm-by-link",
        ),
        link(
            invitation.unwrap().expose().to_owned(),
            "/register?invitation={}",
            "registration-terms",
            "register",
        ),
    ]
}

story!(t30_no_mailed_link_does_anything_by_being_opened, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let links = all(&app).await;
    // Every page that has a token in its address is that of one of them.
    for (page, _) in FORMS.iter().filter(|(page, _)| page.contains("{token}")) {
        let begin = page.split('{').next().unwrap();
        assert!(links.iter().any(|link| link.path.starts_with(begin)), "{page}");
    }
    let before = app.dump().await;
    for link in &links {
        for browser in [&app.browser(), &ada] {
            for method in [Method::GET, Method::HEAD, Method::OPTIONS, Method::GET] {
                let request = browser.bare(method, &link.path).header("accept", "text/html");
                assert!(!browser.send(request).await.status.is_server_error(), "{}", link.path);
            }
        }
        assert_eq!(app.dump().await, before, "{}", link.path);
    }
});

/// Looks at it, has it refused, and uses it.
async fn open(app: &TestApp, ada: &Browser, link: &Link) {
    let stranger = app.browser();
    for browser in [ada, &stranger] {
        let page = browser.get(&link.path).await;
        assert_eq!(page.header("referrer-policy"), "no-referrer", "{}", link.path);
        assert_eq!(page.header("cache-control"), "private, no-store", "{}", link.path);
    }
    if !link.terms.is_empty() {
        let name = if link.using == "register" { "invitation" } else { "token" };
        let terms = ada.ask(link.terms, &[(name, &link.token)]).await;
        assert_eq!(terms.header("referrer-policy"), "no-referrer", "{}", link.terms);
    }
    let foreign = stranger.bare(Method::POST, &link.path);
    let foreign = foreign.header("origin", "https://evil.example").form(&[("x", "y")]);
    assert_eq!(stranger.send(foreign).await.status, StatusCode::FORBIDDEN, "{}", link.path);
    let fields = [
        ("token", link.token.as_str()),
        ("invitation", &link.token),
        ("password", PASSWORD),
        ("username", "another"),
        ("email", "another@example.org"),
    ];
    let used = ada.call(link.using, &fields).await;
    assert!(!used.status.is_server_error(), "{}: {}", link.using, used.body);
}

heard_story!(t30_a_mailed_link_is_in_no_log_no_referrer_and_no_cache, |engine| {
    let (log, heard) = Log::listen(tracing::Level::INFO);
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let links = all(&app).await;
    for link in &links {
        open(&app, &ada, link).await;
    }
    drop(heard);
    let log = log.text();
    assert!(log.contains("cross_site_refused") && log.contains("(a link)"), "{log}");
    for link in &links {
        // What tower-http says of what it refuses is switched off.
        let mut said = log.lines().filter(|line| !line.contains("tower_http::csrf"));
        let line = said.find(|line| line.contains(&link.token));
        assert_eq!(line, None, "{}", link.using);
    }
});
