//! The site beside the model, and the browsers that visit it.

use std::{pin::pin, sync::Arc, time::Duration};

use byline::server::users;
use reqwest::{Method, StatusCode};

use super::{
    Quick, Slow, Step,
    model::{Begun, Key, Model},
};
use crate::support::{Answer, Browser, Engine, HeldArgon2, TestApp};

const NAMES: [&str; 2] = ["ada", "bob"];

/// A site, its browsers, and what is expected of them.
pub struct Life {
    app: TestApp,
    browsers: [Arc<Browser>; 3],
    model: Model,
    /// How many links have been mailed.
    links: usize,
}

/// What is sent for a step, put together before anything of it happens.
struct Request {
    browser: Arc<Browser>,
    function: &'static str,
    fields: Vec<(&'static str, String)>,
}

impl Request {
    async fn send(self) -> Answer {
        let fields: Vec<_> = self.fields.iter().map(|(name, value)| (*name, &**value)).collect();
        self.browser.call(self.function, &fields).await
    }
}

fn phrase(password: Key) -> String {
    format!("lantern {password} over a quiet harbour")
}

impl Life {
    async fn begin(engine: Engine) -> Self {
        let app = TestApp::start(engine).await;
        let browsers = [0, 1, 2].map(|_| Arc::new(app.browser()));
        Self { app, browsers, model: Model::default(), links: 0 }
    }

    /// Lives through it, and compares after each step.
    pub async fn live(engine: Engine, steps: &[Step]) {
        let mut life = Self::begin(engine).await;
        for (n, step) in steps.iter().enumerate() {
            let at = format!("step {n}, {step:?}");
            // How much may be tried in an hour is not what this is about.
            life.app.execute("delete from attempts").await;
            life.step(step, &at).await;
            for (browser, asked) in life.browsers.iter().enumerate() {
                let expected = life.model.who(browser).map(|who| NAMES[who].to_owned());
                assert_eq!(asked.name().await, expected, "browser {browser} after {at}");
                life.model.see(browser);
            }
        }
    }

    async fn step(&mut self, step: &Step, at: &str) {
        match step {
            Step::Quick(quick) => self.quick(quick, at).await,
            Step::Slow(slow) => {
                let begun = self.model.begin(slow);
                let request = self.request(slow, &begun).await;
                self.finish(slow, &begun, &request.send().await, at);
            }
            Step::Meanwhile(slow, quick) => self.meanwhile(slow, quick, at).await,
            Step::WhileSaving(browser, quick) => self.while_saving(*browser, quick, at).await,
        }
    }

    fn finish(&mut self, slow: &Slow, begun: &Begun, answer: &Answer, at: &str) {
        let done = answer.status == StatusCode::OK;
        assert_eq!(done, self.model.finish(slow, begun), "{at}: {answer:?}");
    }

    /// Holds argon2 up while something else happens.
    async fn meanwhile(&mut self, slow: &Slow, quick: &Quick, at: &str) {
        let begun = self.model.begin(slow);
        let request = self.request(slow, &begun).await;
        let passwords = self.app.state.passwords.clone();
        let before = passwords.work();
        let argon2 = HeldArgon2::hold();
        let mut request = pin!(request.send());
        let refused = loop {
            tokio::select! {
                answer = &mut request => break Some(answer),
                () = tokio::time::sleep(Duration::from_millis(1)) => {
                    if passwords.work() > before {
                        break None;
                    }
                }
            }
        };
        if let Some(answer) = &refused {
            // It never came to a hash, so it is over.
            self.finish(slow, &begun, answer, at);
        }
        self.quick(quick, at).await;
        argon2.let_go();
        if refused.is_none() {
            self.finish(slow, &begun, &request.await, at);
        }
    }

    /// Sends an article whose end does not come before something else has happened. Whether it
    /// is stored is the articles' business: no session comes of it, or back by it.
    async fn while_saving(&mut self, browser: usize, quick: &Quick, at: &str) {
        let (end, ended) = tokio::sync::oneshot::channel::<()>();
        let parts = futures_util::stream::unfold(Some(ended), |ended| async {
            let ended = ended?;
            let _ = ended.await;
            Some((Ok::<_, std::io::Error>("&status=published"), None))
        });
        let browser = self.browsers[browser].clone();
        let request = browser
            .bare(Method::POST, "/rpc/save-article")
            .header("origin", &self.app.origin)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(reqwest::Body::wrap_stream(parts));
        let saving = tokio::spawn(async move { browser.send(request).await });
        // Long enough for its session to be loaded.
        tokio::time::sleep(Duration::from_millis(20)).await;
        self.quick(quick, at).await;
        let _ = end.send(());
        let status = saving.await.unwrap().status;
        assert!(
            !status.is_success() && !status.is_server_error(),
            "{at}: half an article, {status}"
        );
    }

    async fn request(&mut self, slow: &Slow, begun: &Begun) -> Request {
        let stranger = Arc::new(self.app.browser());
        let name = |who: usize| NAMES[who].to_owned();
        let next = phrase(begun.next);
        let given = |who: Option<usize>, right: bool| {
            let account = who.and_then(|who| self.model.accounts[who].as_ref());
            phrase(account.filter(|_| right).map_or(0, |account| account.password))
        };
        let of = |n: usize| self.browsers[n].clone();
        let mine = |n: usize, right| given(self.model.who(n), right);
        let (browser, function, fields) = match *slow {
            Slow::Register { who, browser } => {
                let email = format!("{}@example.org", name(who));
                let fields = vec![("username", name(who)), ("email", email), ("password", next)];
                (of(browser), "register", fields)
            }
            Slow::LogIn { who, browser, keep, right } => {
                let password = ("password", given(Some(who), right));
                let fields = vec![("email", name(who)), password, ("keep", keep.to_string())];
                (of(browser), "log-in", fields)
            }
            Slow::ChangePassword { browser, right } => {
                let current = ("current_password", mine(browser, right));
                (of(browser), "change-password", vec![current, ("new_password", next)])
            }
            Slow::Confirm { browser, right } => {
                (of(browser), "confirm", vec![("password", mine(browser, right))])
            }
            Slow::Reset { who } => {
                let token = self.mailed_token(who).await;
                (stranger, "reset-password", vec![("token", token), ("password", next)])
            }
        };
        Request { browser, function, fields }
    }

    /// Asks for the mail and reads it; whoever has no account that is open gets none.
    async fn mailed_token(&mut self, who: usize) -> String {
        let asked = self.app.browser().call("ask-for-reset", &[("email", NAMES[who])]).await;
        assert_eq!(asked.status, StatusCode::OK);
        let mut letters = self.app.post().await;
        letters.retain(|letter| letter.header("Subject") == "Set a new password");
        let arrived = letters.len() - self.links;
        self.links = letters.len();
        assert_eq!(arrived, usize::from(self.model.account(who).is_some()));
        match letters.last() {
            Some(letter) if arrived == 1 => {
                letter.link(&self.app.origin).trim_start_matches("/reset/").to_owned()
            }
            _ => "none".to_owned(),
        }
    }

    async fn quick(&mut self, quick: &Quick, at: &str) {
        let (db, now) = (&self.app.state.db, self.app.state.clock.now());
        let done = match *quick {
            Quick::LogOut { browser } => is_ok(&self.browsers[browser].log_out().await),
            Quick::EndSession { browser, of } => {
                let handle = ("handle", &*self.handle(of).await);
                is_ok(&self.browsers[browser].call("end-session", &[handle]).await)
            }
            Quick::EndOthers { browser } => {
                is_ok(&self.browsers[browser].call("end-other-sessions", &[]).await)
            }
            Quick::SetActive { who, active } => {
                users::set_active(db, NAMES[who], active, now).await.is_ok()
            }
            Quick::SetRole { who, role } => {
                users::set_role(db, NAMES[who], role, now).await.is_ok()
            }
            Quick::Delete { who } => {
                let found = users::find_credential(db, NAMES[who]).await.unwrap().is_some();
                let sql = format!("delete from users where username_key = '{}'", NAMES[who]);
                self.app.execute(sql.leak()).await;
                found
            }
            Quick::Wait { minutes } => {
                self.app.state.clock.advance(Duration::from_secs(minutes * 60));
                true
            }
        };
        assert_eq!(done, self.model.quick(quick), "{at}");
    }

    /// What a browser's session goes by, or what none does.
    async fn handle(&self, browser: usize) -> String {
        let all = self.browsers[browser].ask("own-security", &[]).await.json();
        let here =
            all["sessions"].as_array().and_then(|all| all.iter().find(|s| s["here"] == true));
        let handle = here.and_then(|here| here["handle"].as_str());
        handle.map_or_else(|| "0".repeat(32), str::to_owned)
    }
}

fn is_ok(answer: &Answer) -> bool {
    answer.status == StatusCode::OK
}
