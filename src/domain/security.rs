//! What people see of the safety of their account. No type here knows what a session is
//! recognised by.

use serde::{Deserialize, Serialize};

use super::article::When;

/// The security page's facts, for the person alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Security {
    /// The public name: password managers file a password under it.
    pub username: String,
    /// The fewest characters of a new password.
    pub password_min: u8,
    /// What protects the account, in words.
    pub protection: Protection,
    /// What it is protected by beside the password.
    pub factors: Factors,
    /// Where the person is logged in, this session first.
    pub sessions: Vec<OwnSession>,
    /// What happened to the account lately, the last first.
    pub events: Vec<Event>,
}

/// One page of what happened to an account, for the person alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Log {
    /// The last first.
    pub events: Vec<Event>,
    /// This page, from 1.
    pub page: u32,
    /// Whether there is another behind it.
    pub more: bool,
}

/// What protects an account, and what would help most.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Protection {
    /// A sentence each, and whether it is as it should be.
    pub facts: Vec<(String, bool)>,
    /// The next best step; none when nothing is left to do.
    pub next: Option<Step>,
}

/// Something to do for the safety of one's account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What it is.
    pub label: String,
    /// Where it is done.
    pub to: String,
}

/// What an account is protected by beside its password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Factors {
    /// An app that shows digits.
    pub authenticator: bool,
    /// How many recovery codes are left.
    pub recovery_codes: i64,
    /// Whether there are passkeys: each stands for any of the others, and for the password too.
    pub passkeys: bool,
}

impl Factors {
    /// So few recovery codes are hardly any: time to make new ones.
    pub const FEW: i64 = 3;

    /// Whether the password alone is not enough.
    pub fn any(&self) -> bool {
        self.authenticator || self.passkeys
    }
}

/// The second factor's page, for the person alone.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnFactors {
    /// The public name: password managers file a password under it.
    pub username: String,
    /// What there is.
    pub factors: Factors,
    /// What this answer shows, and no other.
    pub handed: Handed,
}

/// Secrets, as they are shown: once, in the answer to the form that asked for them. No GET gives
/// any of it.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handed {
    /// An app that is being set up.
    pub set_up: Option<SetUp>,
    /// Codes that were just made.
    pub recovery_codes: Vec<String>,
}

/// What an authenticator app has to be given.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetUp {
    /// In base32, to be typed.
    pub secret: String,
    /// For an app on the same device.
    pub uri: String,
    /// How many squares the QR code is wide.
    pub qr_size: usize,
    /// The dark ones, as an SVG path.
    pub qr_path: String,
}

/// A browser that a person is logged in with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnSession {
    /// What the page calls it by; nothing that it could be opened with.
    pub handle: String,
    /// Browser and system, in words.
    pub device: String,
    /// The network that it was begun from.
    pub network: String,
    /// When it began.
    pub first: When,
    /// When it was last used, to a minute.
    pub last: When,
    /// It is the one that asks.
    pub here: bool,
}

/// Something that happened to a person's account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// What.
    pub kind: EventKind,
    /// When, to a minute.
    pub when: When,
    /// The network that it came from; none for the command line.
    pub network: Option<String>,
    /// Browser and system, in words; none for the command line.
    pub device: Option<String>,
    /// It happened a moment ago.
    pub fresh: bool,
}

/// What can happen to an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// Somebody logged in.
    LoggedIn,
    /// Somebody gave a wrong password.
    LogInFailed,
    /// Somebody gave the password, and then no code that was right.
    SecondStepFailed,
    /// An authenticator app was set up.
    AuthenticatorAdded,
    /// It is not asked for any more.
    AuthenticatorRemoved,
    /// New recovery codes were made.
    RecoveryCodesMade,
    /// One of them was used.
    RecoveryCodeUsed,
    /// Whoever runs the site switched all second factors off.
    FactorsReset,
    /// Somebody who was logged in gave one.
    ProofFailed,
    /// The account has another password.
    PasswordChanged,
    /// All that is the person's was downloaded.
    DataDownloaded,
    /// The person deleted the account.
    Left,
    /// And took it back.
    TakenBack,
    /// The account has one more passkey.
    PasskeyAdded,
    /// It has one less.
    PasskeyRemoved,
    /// A passkey counted back: there may be two of it.
    PasskeyRefused,
    /// Sessions were ended from another one.
    SessionsEnded,
    /// The account has another role.
    RoleChanged,
    /// The account cannot log in any more.
    Deactivated,
    /// It can again.
    Activated,
    /// An article of theirs was taken offline.
    ArticleWithdrawn,
    /// The account has another name.
    UsernameChanged,
    /// The account has another address.
    EmailChanged,
    /// The account's address was proved to be its owner's.
    EmailProved,
    /// Its owner said by a link that something was not them.
    Undone,
}

impl EventKind {
    const ALL: &[EventKind] = &[
        EventKind::LoggedIn,
        EventKind::LogInFailed,
        EventKind::ProofFailed,
        EventKind::SecondStepFailed,
        EventKind::AuthenticatorAdded,
        EventKind::AuthenticatorRemoved,
        EventKind::RecoveryCodesMade,
        EventKind::RecoveryCodeUsed,
        EventKind::FactorsReset,
        EventKind::PasswordChanged,
        EventKind::DataDownloaded,
        EventKind::Left,
        EventKind::TakenBack,
        EventKind::PasskeyAdded,
        EventKind::PasskeyRemoved,
        EventKind::PasskeyRefused,
        EventKind::SessionsEnded,
        EventKind::RoleChanged,
        EventKind::Deactivated,
        EventKind::Activated,
        EventKind::ArticleWithdrawn,
        EventKind::UsernameChanged,
        EventKind::EmailChanged,
        EventKind::EmailProved,
        EventKind::Undone,
    ];

    /// The name in the database.
    pub const fn name(self) -> &'static str {
        match self {
            EventKind::LoggedIn => "logged_in",
            EventKind::LogInFailed => "log_in_failed",
            EventKind::SecondStepFailed => "second_step_failed",
            EventKind::AuthenticatorAdded => "authenticator_added",
            EventKind::AuthenticatorRemoved => "authenticator_removed",
            EventKind::RecoveryCodesMade => "recovery_codes_made",
            EventKind::RecoveryCodeUsed => "recovery_code_used",
            EventKind::FactorsReset => "factors_reset",
            EventKind::ProofFailed => "proof_failed",
            EventKind::PasswordChanged => "password_changed",
            EventKind::DataDownloaded => "data_downloaded",
            EventKind::Left => "left",
            EventKind::TakenBack => "taken_back",
            EventKind::PasskeyAdded => "passkey_added",
            EventKind::PasskeyRemoved => "passkey_removed",
            EventKind::PasskeyRefused => "passkey_refused",
            EventKind::SessionsEnded => "sessions_ended",
            EventKind::RoleChanged => "role_changed",
            EventKind::Deactivated => "deactivated",
            EventKind::Activated => "activated",
            EventKind::ArticleWithdrawn => "article_withdrawn",
            EventKind::UsernameChanged => "username_changed",
            EventKind::EmailChanged => "email_changed",
            EventKind::EmailProved => "email_proved",
            EventKind::Undone => "undone",
        }
    }

    /// The kind of that name, if this program knows it.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    /// As its owner reads it.
    pub const fn text(self) -> &'static str {
        match self {
            EventKind::LoggedIn => "Logged in",
            EventKind::LogInFailed => "A log-in failed",
            EventKind::SecondStepFailed => {
                "A log-in with the right password failed at its second step"
            }
            EventKind::AuthenticatorAdded => "An authenticator app was set up",
            EventKind::AuthenticatorRemoved => "The authenticator app was switched off",
            EventKind::RecoveryCodesMade => "New recovery codes were made",
            EventKind::RecoveryCodeUsed => "A recovery code was used",
            EventKind::FactorsReset => "All second factors were switched off",
            EventKind::ProofFailed => "A proof failed",
            EventKind::PasswordChanged => "The password was changed",
            EventKind::DataDownloaded => "Your data was downloaded",
            EventKind::Left => "The account was deleted",
            EventKind::TakenBack => "The account was taken back",
            EventKind::PasskeyAdded => "A passkey was added",
            EventKind::PasskeyRemoved => "A passkey was removed",
            EventKind::PasskeyRefused => "A passkey was refused: it may have been copied",
            EventKind::SessionsEnded => "Sessions were ended",
            EventKind::RoleChanged => "The role was changed",
            EventKind::Deactivated => "The account was shut out",
            EventKind::Activated => "The account was let in again",
            EventKind::ArticleWithdrawn => "An article was taken offline",
            EventKind::UsernameChanged => "The username was changed",
            EventKind::EmailChanged => "The e-mail address was changed",
            EventKind::EmailProved => "The e-mail address was proved",
            EventKind::Undone => "Undone by a link in a notice",
        }
    }
}
