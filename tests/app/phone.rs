//! A telephone with an authenticator app on it.

use std::time::Duration;

use byline::server::clock::Timestamp;
use data_encoding::BASE32_NOPAD;
use reqwest::StatusCode;
use totp_rs::{Builder, Totp};

use crate::support::{Browser, TestApp};

/// How long digits are shown.
pub const STEP: Duration = Duration::from_secs(30);

/// An app that was given a secret.
pub struct Phone {
    totp: Totp,
    /// The secret, as the page showed it.
    pub shown: String,
}

impl Phone {
    /// Takes a secret over, as it is shown.
    pub fn new(shown: &str) -> Self {
        let secret = BASE32_NOPAD.decode(shown.replace(' ', "").as_bytes()).unwrap();
        let secret: [u8; 20] = secret.try_into().unwrap();
        Self { totp: Builder::new().with_secret(secret).build().unwrap(), shown: shown.to_owned() }
    }

    /// Takes over what a person's page shows; nothing is asked for yet.
    pub async fn begin(browser: &Browser) -> Self {
        let begun = browser.call("begin-authenticator", &[]).await;
        assert_eq!(begun.status, StatusCode::OK, "{}", begun.body);
        Self::new(begun.json()["set_up"]["secret"].as_str().unwrap())
    }

    /// Sets an app up for a person, who gets recovery codes; and waits until it shows others than
    /// those digits.
    pub async fn set_up(app: &TestApp, browser: &Browser) -> (Self, Vec<String>) {
        let phone = Self::begin(browser).await;
        let digits = phone.digits(app);
        let confirmed = browser.call("confirm-authenticator", &[("code", &digits)]).await;
        assert_eq!(confirmed.status, StatusCode::OK, "{}", confirmed.body);
        let codes = confirmed.json()["recovery_codes"].as_array().unwrap().clone();
        app.state.clock.advance(STEP);
        (phone, codes.iter().map(|code| code.as_str().unwrap().to_owned()).collect())
    }

    /// What it shows now.
    pub fn digits(&self, app: &TestApp) -> String {
        self.digits_at(app.state.clock.now())
    }

    /// What it shows then.
    pub fn digits_at(&self, then: Timestamp) -> String {
        self.totp.generate(then.unix_seconds()).to_string()
    }

    /// Waits for others, and gives them.
    pub fn next_digits(&self, app: &TestApp) -> String {
        app.state.clock.advance(STEP);
        self.digits(app)
    }

    /// What it does not show.
    pub fn wrong_digits(&self, app: &TestApp) -> String {
        let right: u32 = self.digits(app).parse().unwrap();
        format!("{:06}", (right + 123_457) % 1_000_000)
    }
}
