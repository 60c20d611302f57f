//! E-mail addresses.

use super::field::{Field, Problem, check_length};

/// An e-mail address as HTML defines a valid one (`<input type=email>`, WHATWG HTML
/// 4.10.5.1.5) and mail servers take it, and ASCII only: nothing is normalised after it was
/// checked, no look-alike `@` exists, and no case folding beyond ASCII can make two people one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// Trims and checks an address. The case stays as typed; uniqueness ignores it.
    ///
    /// # Errors
    /// The [`Problem`] that stands beside the field.
    pub fn parse(typed: &str) -> Result<Self, Problem> {
        let address = typed.trim();
        check_length(Field::Email, address)?;
        let (local, domain) = address.split_once('@').ok_or(Problem::Malformed)?;
        // A dot-atom (RFC 5322, 3.2.3): HTML takes `a..b@` too, which no mail server does.
        let local_is_well = local.len() <= 64 && local.split('.').all(is_atom);
        if local_is_well && domain.split('.').all(is_label) {
            Ok(Self(address.to_owned()))
        } else {
            Err(Problem::Malformed)
        }
    }

    /// As it was typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What stands between the dots before the `@`.
fn is_atom(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~-".contains(&b))
}

/// One label of a host name: at most 63 octets (RFC 1034, 3.5), no hyphen at its ends.
fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}
