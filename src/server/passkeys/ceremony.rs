//! What is asked of an authenticator, and whether its answer is good: WebAuthn, by webauthn-rs.
//!
//! What a challenge has to be answered with is that crate's own, and written down by it: its
//! feature for that has "danger" in its name because a state that the browser keeps could be
//! replayed. Here it never leaves the server ([`challenges`](super::challenges)).

use data_encoding::BASE64URL_NOPAD;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;
use webauthn_rs::prelude::{
    DiscoverableAuthentication, Passkey, PasskeyRegistration, PublicKeyCredential,
    RegisterPublicKeyCredential, Webauthn, WebauthnBuilder, WebauthnError,
};

use crate::{
    error::Error,
    server::{config::Config, failure::Failure, users::User},
};

/// The site, as a browser tells it to an authenticator: its host names it, and its whole origin
/// must be the one that the browser saw.
pub struct Site(Webauthn);

/// What an answer is worth.
pub enum Verdict {
    /// It is the passkey's; this is the passkey as it is to be kept from now on.
    Good(String),
    /// It counts its uses, and did not count on: another one, made of it, may have answered.
    Copied,
    /// It is to another question, of another site, of another key, or nobody was verified.
    Wrong(String),
}

impl Site {
    /// The site at its origin; none where the host is a number, to which no passkey is bound.
    pub fn of(config: &Config) -> Option<Self> {
        let origin = Url::parse(config.origin.as_str()).ok()?;
        let built = WebauthnBuilder::new(origin.domain()?, &origin).ok()?;
        built.rp_name(config.name.as_str()).build().ok().map(Self)
    }

    /// Asks for one of `known`, or, if that is empty, for any passkey of this site: the question
    /// for the browser, and what to judge the answer by.
    ///
    /// # Errors
    /// None that is known.
    pub fn ask(&self, known: &[Vec<u8>]) -> Result<(Value, String), Failure> {
        let (question, asked) = self.0.start_discoverable_authentication().map_err(broken)?;
        let mut question = options(&question)?;
        let known = known.iter().map(|id| BASE64URL_NOPAD.encode(id));
        question["allowCredentials"] =
            known.map(|id| json!({ "type": "public-key", "id": id })).collect();
        Ok((question, text(&asked)?))
    }

    /// Judges an answer to that question by a passkey, as it is kept.
    ///
    /// # Errors
    /// When what is kept cannot be read.
    pub fn judge(
        &self,
        asked: &str,
        answer: &PublicKeyCredential,
        kept: &str,
    ) -> Result<Verdict, Failure> {
        let asked: DiscoverableAuthentication = kept_text(asked)?;
        let mut passkey: Passkey = kept_text(kept)?;
        match self.0.finish_discoverable_authentication_v2(answer, asked, &passkey) {
            Ok(result) if result.user_verified() => {
                passkey.update_credential(&result);
                Ok(Verdict::Good(text(&passkey)?))
            }
            Ok(_) => Ok(Verdict::Wrong("nobody was verified".into())),
            Err(WebauthnError::CredentialPossibleCompromise) => Ok(Verdict::Copied),
            Err(error) => Ok(Verdict::Wrong(error.to_string())),
        }
    }

    /// Asks for a new passkey, of a device that has none of `known`.
    ///
    /// # Errors
    /// None that is known.
    pub fn ask_for_new(
        &self,
        user: &User,
        known: Vec<Vec<u8>>,
    ) -> Result<(Value, String), Failure> {
        let (id, name) = (user.id, user.username.as_str());
        let started = self.0.start_passkey_registration(id, name, name, Some(known));
        let (question, asked) = started.map_err(broken)?;
        let mut question = options(&question)?;
        // The crate asks for any key. A log-in that names nobody takes one that the device finds
        // by the site alone.
        let wanted = &mut question["authenticatorSelection"];
        wanted["residentKey"] = "required".into();
        wanted["requireResidentKey"] = true.into();
        Ok((question, text(&asked)?))
    }

    /// The passkey that was made: its name among authenticators, and as it is to be kept.
    ///
    /// # Errors
    /// [`Error::BadRequest`] for what is no answer; [`Error::PasskeyRefused`].
    pub fn take_new(&self, asked: &str, answer: &str) -> Result<(Vec<u8>, String), Failure> {
        let answer: RegisterPublicKeyCredential =
            serde_json::from_str(answer).map_err(|_| Error::BadRequest)?;
        let asked: PasskeyRegistration = kept_text(asked)?;
        let made = self.0.finish_passkey_registration(&answer, &asked).map_err(|why| {
            tracing::info!(event = "passkey_refused", %why);
            Error::PasskeyRefused
        })?;
        Ok((made.cred_id().clone(), text(&made)?))
    }
}

/// An answer, as a browser writes it down.
///
/// # Errors
/// [`Error::BadRequest`] for what is none.
pub fn parse(answer: &str) -> Result<PublicKeyCredential, Error> {
    serde_json::from_str(answer).map_err(|_| Error::BadRequest)
}

/// The account that an authenticator says its answer is for: what it was told when the passkey
/// was made.
pub fn owner(answer: &PublicKeyCredential) -> Option<Uuid> {
    answer.get_user_unique_id().and_then(|id| Uuid::from_slice(id).ok())
}

/// What `navigator.credentials` takes, without what a browser is told about when to ask.
fn options(question: &impl Serialize) -> Result<Value, Failure> {
    let mut question = serde_json::to_value(question).map_err(anyhow::Error::from)?;
    Ok(question["publicKey"].take())
}

fn text(value: &impl Serialize) -> Result<String, Failure> {
    Ok(serde_json::to_string(value).map_err(anyhow::Error::from)?)
}

fn kept_text<T: DeserializeOwned>(text: &str) -> Result<T, Failure> {
    Ok(serde_json::from_str(text).map_err(anyhow::Error::from)?)
}

fn broken(error: WebauthnError) -> Failure {
    anyhow::Error::from(error).into()
}
