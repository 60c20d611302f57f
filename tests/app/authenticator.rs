//! A device that keeps a passkey, and the browser that it is in: the crate `passkey` plays the
//! authenticator, and what browsers write about where they are is written here, so that it can
//! be a lie.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use passkey::{
    authenticator::{Authenticator, UiHint, UserCheck, UserValidationMethod},
    client::Client,
    crypto::rust_crypto::RustCryptoBackend,
    types::{
        Passkey,
        ctap2::{Aaguid, Ctap2Error},
        webauthn::{CredentialCreationOptions, CredentialRequestOptions},
    },
};
use reqwest::StatusCode;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::Url;

use crate::support::{Answer, Browser};

/// A device, with the passkey that it has made last. A clone is a copy of it with the key inside.
#[derive(Clone)]
pub struct Device {
    pub origin: String,
    pub kept: Option<Passkey>,
    /// Whether it counts how often the passkey was used, as sticks do.
    pub counts: bool,
    /// Whether its owner proves to it who they are.
    pub verifies: bool,
}

/// Whoever holds the device: there, and verified if that is asked for.
struct Holder;

#[async_trait::async_trait]
impl UserValidationMethod for Holder {
    type PasskeyItem = Passkey;

    async fn check_user<'a>(
        &self,
        _: UiHint<'a, Passkey>,
        presence: bool,
        verification: bool,
    ) -> Result<UserCheck, Ctap2Error> {
        Ok(UserCheck { presence, verification })
    }

    fn is_presence_enabled(&self) -> bool {
        true
    }

    fn is_verification_enabled(&self) -> Option<bool> {
        Some(true)
    }
}

impl Device {
    /// One that has kept nothing yet, in a browser at that origin.
    pub fn at(origin: &str) -> Self {
        Self { origin: origin.to_owned(), kept: None, counts: false, verifies: true }
    }

    fn authenticator(&self) -> Authenticator<Option<Passkey>, Holder, RustCryptoBackend> {
        let unknown = Aaguid::new_empty();
        let mut device = Authenticator::new(unknown, self.kept.clone(), Holder, RustCryptoBackend);
        device.set_make_credentials_with_signature_counter(self.counts);
        device
    }

    /// Makes a passkey, and gives what a browser answers.
    pub async fn make(&mut self, question: &Value) -> String {
        let origin = self.origin.clone();
        self.make_from(&origin, question).await
    }

    /// The same from a page at another origin, if a browser let it ask.
    pub async fn make_from(&mut self, origin: &str, question: &Value) -> String {
        let question = self.asked(question, "authenticatorSelection");
        let told = told("webauthn.create", origin, &question);
        let options: CredentialCreationOptions =
            serde_json::from_value(json!({ "publicKey": question })).unwrap();
        let mut browser = Client::new(self.authenticator()).allows_insecure_localhost(true);
        let here = Url::parse(&self.origin).unwrap();
        let made = browser.register(&here, options, Some(hash(&told))).await.unwrap();
        self.kept.clone_from(browser.authenticator().store());
        json!({
            "id": made.id,
            "rawId": URL_SAFE_NO_PAD.encode(&*made.raw_id),
            "type": "public-key",
            "response": {
                "clientDataJSON": URL_SAFE_NO_PAD.encode(&told),
                "attestationObject": URL_SAFE_NO_PAD.encode(&*made.response.attestation_object),
            },
        })
        .to_string()
    }

    /// Answers with the passkey, as a browser writes it down.
    pub async fn answer(&mut self, question: &Value) -> String {
        let origin = self.origin.clone();
        self.answer_from(&origin, question).await
    }

    /// The same from a page at another origin, if a browser let it ask.
    pub async fn answer_from(&mut self, origin: &str, question: &Value) -> String {
        let question = self.asked(question, "");
        let told = told("webauthn.get", origin, &question);
        let options: CredentialRequestOptions =
            serde_json::from_value(json!({ "publicKey": question })).unwrap();
        let mut browser = Client::new(self.authenticator()).allows_insecure_localhost(true);
        let here = Url::parse(&self.origin).unwrap();
        let used = browser.authenticate(&here, options, Some(hash(&told))).await.unwrap();
        self.kept.clone_from(browser.authenticator().store());
        json!({
            "id": used.id,
            "rawId": URL_SAFE_NO_PAD.encode(&*used.raw_id),
            "type": "public-key",
            "response": {
                "clientDataJSON": URL_SAFE_NO_PAD.encode(&told),
                "authenticatorData": URL_SAFE_NO_PAD.encode(&*used.response.authenticator_data),
                "signature": URL_SAFE_NO_PAD.encode(&*used.response.signature),
                "userHandle": used.response.user_handle.map(|id| URL_SAFE_NO_PAD.encode(&*id)),
            },
        })
        .to_string()
    }

    /// The question, as a browser passes it on that does not care who is there.
    fn asked(&self, question: &Value, place: &str) -> Value {
        let mut question = question.clone();
        if !self.verifies {
            let place = if place.is_empty() { &mut question } else { &mut question[place] };
            place["userVerification"] = "discouraged".into();
        }
        question
    }
}

/// What a browser writes down of where it is and what it was asked (WebAuthn, 5.8.1).
fn told(kind: &str, origin: &str, question: &Value) -> String {
    let challenge = &question["challenge"];
    json!({ "type": kind, "challenge": challenge, "origin": origin, "crossOrigin": false })
        .to_string()
}

fn hash(told: &str) -> Vec<u8> {
    Sha256::digest(told).to_vec()
}

/// Begins a ceremony, and gives the question.
pub async fn ask(browser: &Browser, function: &str, fields: &[(&str, &str)]) -> Value {
    let answer = browser.call(function, fields).await;
    assert_eq!(answer.status, StatusCode::OK, "{function}: {}", answer.body);
    answer.json()
}

/// Adds a passkey to the account of whoever is logged in there.
pub async fn add(browser: &Browser, device: &mut Device, name: &str) -> Answer {
    let question = ask(browser, "begin-adding-passkey", &[("passkey_name", name)]).await;
    let answer = device.make(&question).await;
    browser.call("add-passkey", &[("passkey_name", name), ("answer", &answer)]).await
}

/// Logs in with the device's passkey.
pub async fn log_in(browser: &Browser, device: &mut Device) -> Answer {
    let question = ask(browser, "begin-passkey-log-in", &[]).await;
    let answer = device.answer(&question).await;
    browser.call("log-in-with-passkey", &[("answer", &answer)]).await
}
