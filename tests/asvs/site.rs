//! What a stranger gets who only looks: from a site of ours, or from the one that `ASVS_URL`
//! names, so that others can be looked at by the same tests.

use std::time::Duration;

use reqwest::{Method, redirect::Policy};

use crate::support::{Answer, Engine, TestApp};

/// A site that is looked at.
pub struct Site {
    base: String,
    ours: Option<TestApp>,
    client: reqwest::Client,
}

impl Site {
    /// Ours on https, behind a proxy that takes TLS off; or that of `ASVS_URL`.
    pub async fn open(engine: Engine) -> Self {
        let client = reqwest::Client::builder()
            .redirect(Policy::none())
            .timeout(Duration::from_secs(30))
            .build()
            .unwrap();
        #[expect(clippy::disallowed_methods, reason = "the tests' own setting")]
        if let Ok(url) = std::env::var("ASVS_URL") {
            return Self { base: url.trim_end_matches('/').to_owned(), ours: None, client };
        }
        let app = TestApp::start_with(engine, &["--origin", "https://blog.example.org"]).await;
        Self { base: format!("http://{}", app.address), ours: Some(app), client }
    }

    /// Whether it is said to be on https.
    pub fn is_secure(&self) -> bool {
        self.ours.is_some() || self.base.starts_with("https:")
    }

    /// Asks, with headers of one's own.
    pub async fn ask(&self, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
        let request = self.client.request(method, format!("{}{path}", self.base));
        let request = headers.iter().fold(request, |r, (name, value)| r.header(*name, *value));
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        Answer { status, headers, body: response.text().await.unwrap() }
    }

    /// The pages that a stranger can open: on another site, those that each has.
    pub async fn pages(&self) -> Vec<(String, Answer)> {
        let mut pages = vec!["/", "/login"];
        if self.ours.is_some() {
            pages.extend(["/register", "/reset", "/reset/0", "/nothing", "/article/nothing"]);
        }
        self.all(&pages).await
    }

    /// Answers of every kind: pages, and where ours is looked at also data, files, redirects and
    /// refusals.
    pub async fn answers(&self) -> Vec<(String, Answer)> {
        let mut answers = self.pages().await;
        if self.ours.is_some() {
            let others = [
                "/articles",
                "/rpc/who-am-i",
                "/rpc/nothing",
                "/pkg/nothing",
                "/favicon.svg",
                "/health",
            ];
            answers.extend(self.all(&others).await);
            let foreign = [("origin", "https://evil.example"), ("content-length", "0")];
            for (path, headers) in [("/rpc/log-in", &foreign[..]), ("/login", &foreign[1..])] {
                answers.push((format!("POST {path}"), self.ask(Method::POST, path, headers).await));
            }
        }
        answers
    }

    async fn all(&self, paths: &[&str]) -> Vec<(String, Answer)> {
        let mut answers = Vec::new();
        for path in paths {
            let answer = self.ask(Method::GET, path, &[("accept", "text/html")]).await;
            answers.push(((*path).to_owned(), answer));
        }
        answers
    }
}

/// The start tags of that name in a page.
pub fn tags<'a>(page: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    let parts = page.split('<').skip(1).filter_map(|rest| rest.split('>').next());
    parts.filter(move |tag| {
        tag.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '/']))
    })
}

/// An attribute of a start tag.
pub fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    rest.split('"').next()
}
