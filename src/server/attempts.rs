//! What is limited, and how often it may be. [`counting`] does so in the database: two requests
//! at once cannot both be the last one allowed.

mod counting;

use std::{net::IpAddr, time::Duration};

use sha2::{Digest, Sha256};
use uuid::Uuid;

pub use self::counting::{Taken, forget_ended, forgive, take};
use super::{
    clock::Timestamp,
    config::Config,
    db::{Tx, within},
    tokens::LIFE_OF_RESET,
    users,
};
use crate::domain::security::EventKind;

/// A thing that is limited: who, what, how often.
#[derive(Clone, Debug)]
pub struct Budget {
    bucket: Vec<u8>,
    most: u32,
    window: Duration,
    /// Whether the client hears that nothing is left.
    told: bool,
}

/// A quarter of an hour: ten guesses in it are 350,000 a year, against which a password of
/// twelve characters holds; a person who mistyped waits no longer than a coffee.
const LOG_IN_WINDOW: Duration = Duration::from_secs(15 * 60);

/// A minute: a flood is noticed at once, and over at once.
const MINUTE: Duration = Duration::from_secs(60);

/// A minute: a flood of guesses is a few lines for the account's owner to read.
const NOTE_WINDOW: Duration = Duration::from_secs(60);

/// As long as a link works: whoever finds the mails used up, by a stranger perhaps, has one
/// with a link that still does.
const RESET_WINDOW: Duration = LIFE_OF_RESET;

/// Nobody changes a password oftener than this in an hour; whoever does has its notices mailed to
/// somebody else's address.
const CHANGES: u32 = 5;

/// Whoever changes their name oftener than this in a month is nobody whom readers could know.
const RENAMINGS: u32 = 3;

/// Log-ins from new devices that are worth a mail in a day: whoever travels is not flooded, and
/// a stranger's first is among them.
const NEW_DEVICES: u32 = 3;

/// A download of all that is one's own reads every article, and mails a notice. One that broke off
/// can be tried again at once.
const DOWNLOADS: u32 = 5;

/// Files with articles in an hour, each looked at and then taken in; one with many articles is sent
/// several times.
const IMPORTS: u32 = 20;

/// Nobody has more devices to add in an hour, or adds them and removes them again; each mails a
/// notice to an address that nobody may have proved.
const FACTOR_CHANGES: u32 = 10;

/// Log-ins by passkey that are begun from an address in a quarter of an hour. Nothing is guessed
/// with them: it is the rows that each leaves, and an office behind one address has its mornings.
const BEGUN: u32 = 300;

/// Comments in a minute: a quick exchange, and no flood.
const COMMENTS_A_MINUTE: u32 = 5;

/// Comments in an hour: a long evening's talk.
const COMMENTS_AN_HOUR: u32 = 60;

/// Reports in an hour: more than anybody finds, and few enough to read.
const REPORTS: u32 = 20;

/// Favourites that are made and taken back in an hour: an evening of reading, five a minute.
const FAVORITES: u32 = 300;

/// The same of people who are followed: more than half of all whom one can follow.
const FOLLOWS: u32 = 300;

/// Texts that are saved in an hour. The editor saves every two seconds at the most, which is 1,800
/// for whoever types all the time and pauses after each word.
const SAVES: u32 = 2_000;

/// Pictures for a day of writing; not for a place to keep files.
const UPLOADS: u32 = 100;

/// Enough to find a name; not enough to find out who is here.
const NAMES: u32 = 20;

/// Twice as many as may be open at once: some are withdrawn and made again.
const INVITATIONS: u32 = 20;

const HOUR: Duration = Duration::from_secs(60 * 60);

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

const MONTH: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Codes at a second step, in the time of a log-in's budget: whoever has no luck with ten has
/// another problem than a slow clock.
const SECOND_STEPS: u32 = 10;

/// Digits in a day. Three of a million are right at any time, so whoever has the password and
/// guesses at the rest has found some within a year with a chance of one in thirty; and their
/// owner has read of it 365 times.
const DIGITS: u32 = 30;

impl Budget {
    /// Failed log-ins from an address, and from the network around it.
    pub fn log_in_from(address: IpAddr, config: &Config) -> [Self; 2] {
        let most = config.login_attempts_per_address;
        Self::from("log-in-from", address, most, config, LOG_IN_WINDOW)
    }

    /// Failed log-ins to an account from a device that its owner has logged in with. Strangers'
    /// are not counted in it, nor those on it against strangers.
    pub fn log_in_on(account: Uuid, device: Uuid, most: u32) -> Self {
        Self::new("log-in-on", &format!("{account}\n{device}"), most, LOG_IN_WINDOW)
    }

    /// Failed log-ins to whichever account, from devices that are not known to it.
    pub fn log_in_anywhere(most: u32) -> Self {
        Self::new("log-in-anywhere", "", most, MINUTE)
    }

    /// Failed log-ins to what was typed as an identity, whether it exists or not.
    pub fn log_in_as(identity: &str, most: u32) -> Self {
        Self::new("log-in-as", &users::key(identity), most, LOG_IN_WINDOW)
    }

    /// Failed log-ins to an account, by whichever of its identities; where there is none, to
    /// what was typed, so that both are counted alike. Nobody is told that this one is used
    /// up: after guesses at a name, the answer to an address would tell whether the two are
    /// one person's.
    pub fn log_in_to(account: Option<Uuid>, identity: &str, most: u32) -> Self {
        let counted = match account {
            Some(id) => Self::new("log-in-to", &id.to_string(), most, LOG_IN_WINDOW),
            None => Self::new("log-in-to-nobody", &users::key(identity), most, LOG_IN_WINDOW),
        };
        Self { told: false, ..counted }
    }

    /// The same budget for somebody who is logged in: what both identities of their account
    /// are is no news to them, so they hear that it is used up.
    pub fn told(self) -> Self {
        Self { told: true, ..self }
    }

    /// Failures of one kind against what was typed as an identity that are worth a note to its
    /// owner.
    pub fn noting(failure: EventKind, identity: &str) -> Self {
        Self::new(failure.name(), &users::key(identity), 1, NOTE_WINDOW)
    }

    /// Changes of an account's password, each of which mails a notice. Its owner is told.
    pub fn change_of(account: Uuid) -> Self {
        Self::new("change-of", &account.to_string(), CHANGES, HOUR)
    }

    /// Log-ins by passkey that are begun from an address.
    pub fn passkeys_from(address: IpAddr) -> Self {
        Self::new("passkeys-from", &prefix(address), BEGUN, LOG_IN_WINDOW)
    }

    /// Changes to an account's second factors and passkeys, each of which mails a notice.
    pub fn factor_changes_of(account: Uuid) -> Self {
        Self::new("factor-changes-of", &account.to_string(), FACTOR_CHANGES, HOUR)
    }

    /// Downloads of all that is an account's.
    pub fn download_of(account: Uuid) -> Self {
        Self::new("download-of", &account.to_string(), DOWNLOADS, HOUR)
    }

    /// Files with articles that an account sends.
    pub fn imports_of(account: Uuid) -> Self {
        Self::new("imports-of", &account.to_string(), IMPORTS, HOUR)
    }

    /// Pictures that an account uploads.
    pub fn uploads_of(account: Uuid) -> Self {
        Self::new("uploads-of", &account.to_string(), UPLOADS, DAY)
    }

    /// Changes of an account's name.
    pub fn renaming(account: Uuid) -> Self {
        Self::new("renaming", &account.to_string(), RENAMINGS, MONTH)
    }

    /// Names that an account tries to get, free or not.
    pub fn trying_names(account: Uuid) -> Self {
        Self::new("trying-names", &account.to_string(), NAMES, HOUR)
    }

    /// Requests of an account for another address, each of which mails something to it.
    pub fn moving(account: Uuid) -> Self {
        Self::new("moving", &account.to_string(), CHANGES, HOUR)
    }

    /// The same for an address, whoever asks for it.
    pub fn moving_to(email: &str) -> Self {
        Self::new("moving-to", &mailbox(email), CHANGES, HOUR)
    }

    /// Log-ins from new devices that an account's owner is told of.
    pub fn noting_new_device(account: Uuid) -> Self {
        Self::new("noting-new-device", &account.to_string(), NEW_DEVICES, DAY)
    }

    /// Wrong codes for an account's second factor, at a log-in or later: from a device that it
    /// knows, or from all others together. Whoever has the password and guesses holds up no
    /// device that its owner has logged in with.
    pub fn second_step_of(account: Uuid, device: Option<Uuid>) -> Self {
        Self::new("second-step-of", &on(account, device), SECOND_STEPS, LOG_IN_WINDOW)
    }

    /// Of them the digits from an app, in a day.
    pub fn digits_of(account: Uuid, device: Option<Uuid>) -> Self {
        Self::new("digits-of", &on(account, device), DIGITS, DAY)
    }

    /// Failed second steps that are worth a note to the owner.
    pub fn noting_second_step(account: Uuid) -> Self {
        Self::new("noting-second-step", &account.to_string(), 1, HOUR)
    }

    /// Mails about a registration to what was typed as an address, from one network.
    pub fn registration_mail_from(address: IpAddr, email: &str, most: u32) -> Self {
        let who = format!("{}\n{}", prefix(address), mailbox(email));
        Self::new("registration-mail-from", &who, most, HOUR)
    }

    /// Mails about a registration to what was typed as an address, whether it has an account.
    pub fn registration_mail_to(email: &str, most: u32) -> Self {
        Self::new("registration-mail-to", &mailbox(email), most, HOUR)
    }

    /// Invitations that somebody makes, each of which may be mailed to a stranger.
    pub fn invitations_of(account: Uuid) -> Self {
        Self::new("invitations-of", &account.to_string(), INVITATIONS, DAY)
    }

    /// Comments of an account.
    pub fn comments_of(account: Uuid) -> [Self; 2] {
        let who = account.to_string();
        [
            Self::new("comments-in-a-minute", &who, COMMENTS_A_MINUTE, MINUTE),
            Self::new("comments-in-an-hour", &who, COMMENTS_AN_HOUR, HOUR),
        ]
    }

    /// Reports of an account.
    pub fn reports_of(account: Uuid) -> Self {
        Self::new("reports-of", &account.to_string(), REPORTS, HOUR)
    }

    /// Favourites of an account, made and taken back.
    pub fn favorites_of(account: Uuid) -> Self {
        Self::new("favorites-of", &account.to_string(), FAVORITES, HOUR)
    }

    /// People whom an account follows, or no longer.
    pub fn follows_of(account: Uuid) -> Self {
        Self::new("follows-of", &account.to_string(), FOLLOWS, HOUR)
    }

    /// Texts that an account saves.
    pub fn saves_of(account: Uuid) -> Self {
        Self::new("saves-of", &account.to_string(), SAVES, HOUR)
    }

    /// Codes and links of registrations that are shown from an address, and from the network
    /// around it.
    pub fn confirm_from(address: IpAddr, config: &Config) -> [Self; 2] {
        let most = config.login_attempts_per_address;
        Self::from("confirm-from", address, most, config, LOG_IN_WINDOW)
    }

    /// Names that somebody asks for whose own was taken.
    pub fn names_for(attempt: Uuid) -> Self {
        Self::new("names-for", &attempt.to_string(), NAMES, HOUR)
    }

    /// New accounts from an address, and from the network around it.
    pub fn register_from(address: IpAddr, config: &Config) -> [Self; 2] {
        let most = config.registrations_per_address;
        Self::from("register-from", address, most, config, HOUR)
    }

    /// Requests for a new password from an address, and from the network around it.
    pub fn reset_from(address: IpAddr, config: &Config) -> [Self; 2] {
        Self::from("reset-from", address, config.resets_per_address, config, HOUR)
    }

    /// Requests for a new password for what was typed as an identity, whether it exists or not.
    pub fn reset_as(identity: &str, most: u32) -> Self {
        Self::new("reset-as", &users::key(identity), most, RESET_WINDOW)
    }

    /// Mails to an account about a new password, by whichever of its identities they were
    /// asked for. Nobody is told: that would say that there is such an account.
    pub fn reset_to(account: Uuid, most: u32) -> Self {
        let counted = Self::new("reset-to", &account.to_string(), most, RESET_WINDOW);
        Self { told: false, ..counted }
    }

    /// What an address may do, and what its network may: who has many addresses has one network.
    fn from(
        action: &str,
        address: IpAddr,
        most: u32,
        config: &Config,
        window: Duration,
    ) -> [Self; 2] {
        let more = most.saturating_mul(config.network_factor);
        [
            Self::new(action, &prefix(address), most, window),
            Self::new(action, &network(address), more, window),
        ]
    }

    fn new(action: &str, who: &str, most: u32, window: Duration) -> Self {
        let bucket = Sha256::digest(format!("{action}\n{who}")).to_vec();
        Self { bucket, most, window, told: true }
    }

    /// Takes one out and says when the window ends; nothing is written when none is left.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn take_one(&self, tx: &mut Tx, now: Timestamp) -> sqlx::Result<Option<Timestamp>> {
        const TAKE: &str = "insert into attempts (bucket, window_ends_at, count) values ($1, $2, 1) \
             on conflict (bucket) do update set \
             count = case when attempts.window_ends_at <= $3 then 1 else attempts.count + 1 end, \
             window_ends_at = case when attempts.window_ends_at <= $3 then excluded.window_ends_at else attempts.window_ends_at end \
             where attempts.window_ends_at <= $3 or attempts.count < $4 \
             returning window_ends_at";
        within!(tx, |c| {
            sqlx::query_scalar(TAKE)
                .bind(&self.bucket)
                .bind(now.after(self.window))
                .bind(now)
                .bind(i64::from(self.most))
                .fetch_optional(c)
                .await
        })
    }
}

fn on(account: Uuid, device: Option<Uuid>) -> String {
    device.map_or_else(|| account.to_string(), |device| format!("{account}\n{device}"))
}

/// The mailbox that an address most likely belongs to: some providers ignore dots, and what follows
/// a plus sign. Only for counting; nobody is taken for somebody else because of it.
fn mailbox(email: &str) -> String {
    let key = users::key(email);
    let (local, domain) = key.rsplit_once('@').unwrap_or((&key, ""));
    let local = local.split('+').next().unwrap_or_default().replace('.', "");
    format!("{local}@{domain}")
}

/// What one customer of a provider has for themselves: a whole IPv4 address, a /64 of IPv6.
pub fn prefix(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

/// What a provider hands out to a customer with more than that: a /24 of IPv4, a /48 of IPv6.
fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        IpAddr::V6(v6) => {
            let [a, b, c, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}::/48")
        }
    }
}
