//! The site beside the model, and the browsers that visit it.

use std::{pin::pin, sync::Arc, time::Duration};

use byline::server::{leaving, users};
use futures_util::StreamExt;
use reqwest::{Method, StatusCode};

use super::{
    Brief, Quick, Sent, Slow, Step,
    model::{Begun, Key, Model},
};
use crate::{
    phone::Phone,
    support::{Answer, Browser, Engine, HeldArgon2, TestApp},
};

const NAMES: [&str; 2] = ["ada", "bob"];

/// A site, its browsers, and what is expected of them.
pub struct Life {
    app: TestApp,
    browsers: [Arc<Browser>; 3],
    model: Model,
    /// How many links have been mailed that set a password.
    links: usize,
    /// What each person has at hand.
    pockets: [Pocket; 2],
}

/// A person's telephone, and what the last links that were mailed to them hold.
#[derive(Default)]
struct Pocket {
    phone: Option<Phone>,
    to_address: Option<String>,
    back: Option<String>,
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

    /// Sends its body but for the end, which comes when it is wanted.
    fn send_half(mut self) -> Half {
        self.fields.push(("whole", String::new()));
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&self.fields)
            .finish();
        let end = format!("&sent={}", self.function);
        Half::of(self.browser, self.function, body, end)
    }
}

/// A request whose end has not come yet.
struct Half {
    end: tokio::sync::oneshot::Sender<()>,
    answer: tokio::task::JoinHandle<Answer>,
}

impl Half {
    fn of(browser: Arc<Browser>, function: &str, begin: String, rest: String) -> Self {
        let (end, ended) = tokio::sync::oneshot::channel::<()>();
        let begin = futures_util::stream::once(async { Ok::<_, std::io::Error>(begin) });
        let rest = futures_util::stream::once(async {
            let _ = ended.await;
            Ok(rest)
        });
        let request = browser
            .bare(Method::POST, &format!("/rpc/{function}"))
            .header("origin", browser.origin())
            .header("accept", "application/json")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(reqwest::Body::wrap_stream(begin.chain(rest)));
        let answer = tokio::spawn(async move { browser.send(request).await });
        Self { end, answer }
    }

    /// Sends the rest.
    async fn whole(self) -> Answer {
        let _ = self.end.send(());
        self.answer.await.unwrap()
    }
}

/// Long enough for the session of a request to be loaded.
async fn until_it_is_found() {
    tokio::time::sleep(Duration::from_millis(20)).await;
}

/// The address that somebody asks for.
fn address(begun: &Begun) -> String {
    let name = begun.who.map_or("nobody", |who| NAMES[who]);
    format!("{name}{}@example.net", begun.next)
}

fn phrase(password: Key) -> String {
    format!("lantern {password} over a quiet harbour")
}

impl Life {
    async fn begin(engine: Engine) -> Self {
        let app = TestApp::start(engine).await;
        let browsers = [0, 1, 2].map(|_| Arc::new(app.browser()));
        let pockets = Default::default();
        Self { app, browsers, model: Model::default(), links: 0, pockets }
    }

    /// Lives through it, and compares after each step.
    pub async fn live(engine: Engine, steps: &[Step]) {
        let mut life = Self::begin(engine).await;
        for (n, step) in steps.iter().enumerate() {
            let at = format!("step {n}, {step:?}");
            // How much may be tried in an hour is not what this is about.
            life.app.execute("delete from attempts").await;
            // Nor is how long one waits for other digits.
            life.app.execute("update authenticators set last_step = 0").await;
            life.model.forget_digits();
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
            Step::Brief(brief) => self.brief(brief, at).await,
            Step::Slow(slow) => {
                let begun = self.model.begin(slow);
                let request = self.request(slow, &begun).await;
                self.finish(slow, &begun, &request.send().await, at);
            }
            Step::Meanwhile(slow, brief) => self.meanwhile(slow, brief, at).await,
            Step::WhileSaving(browser, brief) => self.while_saving(*browser, brief, at).await,
            Step::WhileSending(sent, brief) => self.while_sending(sent, brief, at).await,
        }
    }

    fn finish(&mut self, slow: &Slow, begun: &Begun, answer: &Answer, at: &str) {
        let done = answer.status == StatusCode::OK;
        assert_eq!(done, self.model.finish(slow, begun), "{at}: {answer:?}");
    }

    /// Holds argon2 up while something else happens.
    async fn meanwhile(&mut self, slow: &Slow, brief: &Brief, at: &str) {
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
        self.brief(brief, at).await;
        argon2.let_go();
        if refused.is_none() {
            self.finish(slow, &begun, &request.await, at);
        }
    }

    /// Sends an article whose end does not come before something else has happened. Whether it
    /// is stored is the articles' business: no session comes of it, or back by it.
    async fn while_saving(&mut self, browser: usize, brief: &Brief, at: &str) {
        let browser = self.browsers[browser].clone();
        let half = Half::of(browser, "save-article", String::new(), "&status=published".into());
        until_it_is_found().await;
        self.brief(brief, at).await;
        let status = half.whole().await.status;
        assert!(
            !status.is_success() && !status.is_server_error(),
            "{at}: half an article, {status}"
        );
    }

    /// Sends what does not come whole before something else has happened.
    async fn while_sending(&mut self, sent: &Sent, brief: &Brief, at: &str) {
        let begun = self.model.begin_sent(sent);
        let (request, phone) = self.sent(sent, &begun).await;
        let half = request.send_half();
        until_it_is_found().await;
        self.brief(brief, at).await;
        let answer = half.whole().await;
        self.finish_sent(sent, &begun, &answer, phone, at).await;
    }

    async fn brief(&mut self, brief: &Brief, at: &str) {
        match brief {
            Brief::Quick(quick) => {
                let done = self.quick(quick).await;
                assert_eq!(done, self.model.quick(quick), "{at}");
            }
            Brief::Sent(sent) => {
                let begun = self.model.begin_sent(sent);
                let (request, phone) = self.sent(sent, &begun).await;
                let answer = request.send().await;
                self.finish_sent(sent, &begun, &answer, phone, at).await;
            }
        }
    }

    /// Compares, and puts into a pocket what came of it.
    async fn finish_sent(
        &mut self,
        sent: &Sent,
        begun: &Begun,
        answer: &Answer,
        phone: Option<Phone>,
        at: &str,
    ) {
        let done = is_ok(answer);
        assert_eq!(done, self.model.finish_sent(sent, begun), "{at}: {answer:?}");
        let Some(who) = begun.who.filter(|_| done) else { return };
        match sent {
            Sent::AddApp { .. } => self.pockets[who].phone = phone,
            Sent::AskForAddress { .. } => {
                self.pockets[who].to_address = Some(self.token_of("To", &address(begun)).await);
            }
            Sent::Leave { .. } => {
                let token = self.token_of("Subject", "Your account is deleted").await;
                self.pockets[who].back = Some(token);
            }
            _ => {}
        }
    }

    /// What a person sends, and the telephone on which they set an app up for it.
    async fn sent(&self, sent: &Sent, begun: &Begun) -> (Request, Option<Phone>) {
        let none = || "none".to_owned();
        let of = |n: usize| self.browsers[n].clone();
        let pocket = begun.who.map(|who| &self.pockets[who]);
        let mut phone = None;
        let (browser, function, fields) = match *sent {
            Sent::FinishLogIn { browser, right } => {
                let phone = self.model.half_way(browser).and_then(|who| self.phone_of(who));
                let code = match (phone, right) {
                    (Some(phone), true) => phone.digits(&self.app),
                    (Some(phone), false) => phone.wrong_digits(&self.app),
                    (None, _) => "123456".to_owned(),
                };
                (of(browser), "finish-log-in", vec![("code", code)])
            }
            Sent::AddApp { browser } => {
                let set_up = self.browsers[browser].call("begin-authenticator", &[]).await.json();
                phone = set_up["set_up"]["secret"].as_str().map(Phone::new);
                let code = phone.as_ref().map_or_else(none, |phone| phone.digits(&self.app));
                (of(browser), "confirm-authenticator", vec![("code", code)])
            }
            Sent::RemoveApp { browser } => (of(browser), "remove-authenticator", vec![]),
            Sent::AskForAddress { browser } => {
                (of(browser), "ask-for-email", vec![("email", address(begun))])
            }
            Sent::TakeAddress { browser } => {
                let token = pocket.and_then(|pocket| pocket.to_address.clone());
                (of(browser), "change-email", vec![("token", token.unwrap_or_else(none))])
            }
            Sent::Leave { browser } => {
                let name = begun.who.map_or("nobody", |who| NAMES[who]).to_owned();
                let fields = vec![("username", name), ("articles", "keep".to_owned())];
                (of(browser), "delete-account", fields)
            }
            Sent::TakeBack { .. } => {
                let token = pocket.and_then(|pocket| pocket.back.clone());
                let fields = vec![("token", token.unwrap_or_else(none))];
                (Arc::new(self.app.browser()), "restore-account", fields)
            }
        };
        (Request { browser, function, fields }, phone)
    }

    fn phone_of(&self, who: usize) -> Option<&Phone> {
        self.pockets[who].phone.as_ref()
    }

    /// What the link of the last mail with that header holds.
    async fn token_of(&self, header: &str, value: &str) -> String {
        let letters = self.app.post().await;
        let letter = letters.iter().rfind(|letter| letter.header(header) == value).unwrap();
        letter.link(&self.app.origin).rsplit('/').next().unwrap().to_owned()
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
                let phone = begun.who.filter(|_| begun.app).and_then(|who| self.phone_of(who));
                let code = phone.map(|phone| ("code", phone.digits(&self.app)));
                let password = ("password", mine(browser, right));
                (
                    of(browser),
                    "confirm",
                    Vec::from_iter([Some(password), code].into_iter().flatten()),
                )
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

    /// Does it, and says whether it was done.
    async fn quick(&self, quick: &Quick) -> bool {
        let (db, now) = (&self.app.state.db, self.app.state.clock.now());
        match *quick {
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
            Quick::Sweep => leaving::finish_due(db, now).await.is_ok(),
            Quick::Wait { minutes } => {
                self.app.state.clock.advance(Duration::from_secs(minutes * 60));
                true
            }
        }
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
