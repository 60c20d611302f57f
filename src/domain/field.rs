//! The fields that people fill in: their names, their lengths, and what can be wrong.

use serde::{Deserialize, Serialize};

/// A field of a form, by the name its input has in the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// The public name of an account.
    Username,
    /// An e-mail address; on the log-in page either identity.
    Email,
    /// The e-mail address once more, against typing mistakes.
    EmailAgain,
    /// A password.
    Password,
    /// The password that is to be changed.
    CurrentPassword,
    /// The password in place of the current one.
    NewPassword,
    /// What its owner calls a passkey.
    PasskeyName,
    /// A code: six digits from an authenticator app, or letters from a mail.
    Code,
    /// What stands in for the digits when the app is lost.
    RecoveryCode,
    /// The title of an article.
    Title,
    /// The sentence under the title.
    Description,
    /// The text of an article, in Markdown.
    Body,
    /// Tags, separated by commas.
    Tags,
    /// Who may read an article.
    Visibility,
    /// Draft or published.
    Status,
    /// The address that an author wants for an article.
    SlugWanted,
    /// Where else an article stands, and rather.
    Canonical,
    /// What an article is written in.
    Language,
    /// Which way its lines run.
    Direction,
    /// When an article shall appear.
    PublishAt,
    /// What a picture shows, in words.
    Alt,
    /// The address of the picture at the head of an article.
    Cover,
    /// What that picture shows, in words.
    CoverAlt,
    /// Why an administrator does something to an account.
    Reason,
    /// An administrator does it to their own account on purpose.
    Sure,
    /// What somebody searches for.
    Q,
    /// A few lines about oneself.
    Bio,
    /// The address of one's picture.
    Image,
    /// What is said under an article, in a little Markdown.
    Comment,
}

/// How many characters (Unicode scalar values) a field may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Length {
    /// The fewest; zero for a field that may stay empty.
    pub min: usize,
    /// The most.
    pub max: usize,
}

impl Length {
    /// What an input is told as its `maxlength`. Browsers count in UTF-16 and cut off what is pasted
    /// beyond, without a word: so it is twice the limit, which no text within it exceeds.
    pub const fn in_utf16(self) -> usize {
        2 * self.max
    }
}

impl Field {
    /// The `name` of the input, and the key in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Field::Username => "username",
            Field::Email => "email",
            Field::EmailAgain => "email_again",
            Field::Password => "password",
            Field::CurrentPassword => "current_password",
            Field::NewPassword => "new_password",
            Field::PasskeyName => "passkey_name",
            Field::Code => "code",
            Field::RecoveryCode => "recovery_code",
            Field::Title => "title",
            Field::Description => "description",
            Field::Body => "body",
            Field::Tags => "tags",
            Field::Visibility => "visibility",
            Field::Status => "status",
            Field::SlugWanted => "slug_wanted",
            Field::Canonical => "canonical",
            Field::Language => "language",
            Field::Direction => "direction",
            Field::PublishAt => "publish_at",
            Field::Alt => "alt",
            Field::Cover => "cover",
            Field::CoverAlt => "cover_alt",
            Field::Reason => "reason",
            Field::Sure => "sure",
            Field::Q => "q",
            Field::Bio => "bio",
            Field::Image => "image",
            Field::Comment => "comment",
        }
    }

    /// What a person calls the field.
    pub const fn label(self) -> &'static str {
        match self {
            Field::Username => "Username",
            Field::Email => "E-mail",
            Field::EmailAgain => "E-mail, once more",
            Field::Password => "Password",
            Field::CurrentPassword => "Current password",
            Field::NewPassword => "New password",
            Field::PasskeyName => "Name",
            Field::Code => "Code",
            Field::RecoveryCode => "Recovery code",
            Field::Title => "Title",
            Field::Description => "Description",
            Field::Body => "Article",
            Field::Tags => "Tags",
            Field::Visibility => "Who can read it",
            Field::Status => "Status",
            Field::SlugWanted => "Address",
            Field::Canonical => "Canonical address",
            Field::Language => "Language",
            Field::Direction => "Direction of the text",
            Field::PublishAt => "Publish at",
            Field::Alt => "Alternative text",
            Field::Cover => "Cover picture",
            Field::CoverAlt => "Alternative text of the cover picture",
            Field::Reason => "Reason",
            Field::Sure => "The box",
            Field::Q => "A search",
            Field::Bio => "About you",
            Field::Image => "Picture",
            Field::Comment => "Comment",
        }
    }

    /// The one source of every limit: the browser's `minlength` and `maxlength` and the
    /// server's check both come from here. docs/settings.md prints this table.
    pub const fn length(self) -> Length {
        let (min, max) = match self {
            Field::Username => (2, 32),
            // 254: the longest address that fits an SMTP path (RFC 5321, 4.5.3.1.3).
            Field::Email => (3, 254),
            // Repeating it is up to the person.
            Field::EmailAgain => (0, 254),
            // The minimum is a setting (BYLINE_PASSWORD_MIN); 256 keeps hashing cheap to refuse.
            Field::Password | Field::CurrentPassword | Field::NewPassword => (1, 256),
            Field::PasskeyName => (1, 64),
            // Six digits or sixteen letters, with spaces and hyphens as people write them.
            Field::Code => (1, 32),
            Field::RecoveryCode => (0, 32),
            Field::Title => (1, 150),
            Field::Description | Field::Reason | Field::Bio => (0, 300),
            Field::Image => (0, 500),
            // A page and a half.
            Field::Comment => (1, 5_000),
            Field::Sure => (0, 5),
            // Some thirty words.
            Field::Q => (0, 200),
            // Ten characters that are not white space make an article.
            Field::Body => (10, 200_000),
            // Ten tags of thirty characters, with their commas and spaces.
            Field::Tags => (0, 400),
            Field::Visibility | Field::Status => (1, 16),
            // As long as a slug is.
            Field::SlugWanted => (0, 80),
            Field::Canonical => (0, 500),
            // RFC 5646, 4.4.1: the longest tag that a reader must have room for.
            Field::Language => (0, 35),
            Field::Direction => (0, 4),
            // 2026-11-28T13:00, with seconds if a browser sends them.
            Field::PublishAt => (0, 25),
            // A few sentences; what takes more belongs into the text.
            Field::Alt | Field::CoverAlt => (0, 500),
            // The whole address on this site, as it is copied.
            Field::Cover => (0, 300),
        };
        Length { min, max }
    }
}

/// What is wrong with a field. A code; [`Problem::text`] is where it becomes a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Problem {
    /// Nothing was entered.
    Required,
    /// Fewer characters than this.
    TooShort(usize),
    /// More characters than this.
    TooLong(usize),
    /// Not of the form that the field wants.
    Malformed,
    /// Somebody else has it.
    Taken,
    /// Not the same as the field it repeats.
    Different,
    /// More entries than this.
    TooMany(usize),
    /// Not the account's password, or no code of its.
    Wrong,
    /// The same as what it is to replace.
    Unchanged,
    /// On the lists of passwords that attackers try first.
    Known,
    /// One's own name, or the site's, and little else.
    OwnName,
}

impl Problem {
    /// The sentence that stands beside the field: what is wrong and how to mend it.
    pub fn text(self, field: Field) -> String {
        let label = field.label();
        match (self, field) {
            (Problem::Required, Field::Email) => "Enter your e-mail address.".into(),
            (Problem::Required, Field::Sure) => "This is your own account. Tick the box if you mean it.".into(),
            (Problem::Required, _) => format!("{label} is missing."),
            (Problem::TooShort(n), Field::Body) => {
                format!("Write at least {n} characters; spaces do not count.")
            }
            (Problem::TooShort(n), _) => format!("{label} needs at least {n} characters."),
            (Problem::TooLong(n), Field::Tags) => {
                format!("A tag has at most {n} characters.")
            }
            (Problem::TooLong(n), _) => format!("{label} has at most {n} characters."),
            (Problem::Malformed, Field::Username) => {
                "Use letters a to z, digits, hyphens and underscores, and begin with a letter or digit.".into()
            }
            (Problem::Malformed, Field::Email | Field::EmailAgain) => {
                "That is not an e-mail address like name@example.org.".into()
            }
            (Problem::Malformed, Field::SlugWanted) => {
                "Use lower-case letters a to z, digits and hyphens.".into()
            }
            (Problem::Malformed, Field::Canonical) => {
                "That is not a whole address like https://example.org/article.".into()
            }
            (Problem::Malformed, Field::Language) => {
                "That is not a language tag like en, de-AT or zh-Hant.".into()
            }
            (Problem::Malformed, Field::PublishAt) => {
                "That is not a day and a time like 2027-01-31T08:00.".into()
            }
            (Problem::Malformed, Field::Image) => {
                "Give an address that begins with https:// or /images/.".into()
            }
            (Problem::Malformed, Field::Cover) => {
                "That is no picture of this site. Upload it first, and give its address: /images/…".into()
            }
            (Problem::Malformed, _) => format!("{label} contains something that is not allowed."),
            (Problem::Taken, Field::Username) => "This username is taken. Choose another one.".into(),
            (Problem::Taken, Field::SlugWanted) => "Another article has this address, or had it. Choose another one.".into(),
            (Problem::Taken, _) => {
                format!("{label} is registered already. Log in instead, or use another one.")
            }
            (Problem::Different, Field::Username) => "That is not your username.".into(),
            (Problem::Different, _) => "The two addresses are not the same.".into(),
            (Problem::TooMany(n), Field::PasskeyName) => format!("An account has at most {n} passkeys."),
            (Problem::TooMany(n), Field::Username) => format!("One follows at most {n} authors."),
            (Problem::TooMany(n), _) => format!("{label}: at most {n}."),
            (Problem::Wrong, Field::Code | Field::RecoveryCode) => {
                "That code is wrong, or it was used already, or there is a newer one.".into()
            }
            (Problem::Wrong, _) => "That is not your password.".into(),
            (Problem::Unchanged, Field::NewPassword) => {
                "That is the password you have. Choose another one.".into()
            }
            (Problem::Unchanged, _) => "That is what you have.".into(),
            (Problem::Known, _) => "Attackers have this password on their lists. Choose another one, such as four random words.".into(),
            (Problem::OwnName, _) => "This is little more than your name or the site's. Choose words that have nothing to do with you.".into(),
        }
    }
}

/// Counts characters and compares them with the field's limits.
///
/// # Errors
/// [`Problem::Required`], [`Problem::TooShort`] or [`Problem::TooLong`].
pub fn check_length(field: Field, text: &str) -> Result<(), Problem> {
    let Length { min, max } = field.length();
    // Counting stops at the limit: a text of ten megabytes is not walked to its end.
    let count = text.chars().take(max + 1).count();
    match count {
        0 if min > 0 => Err(Problem::Required),
        n if n < min => Err(Problem::TooShort(min)),
        n if n > max => Err(Problem::TooLong(max)),
        _ => Ok(()),
    }
}

/// The text, if it is as long as the field wants and has no control characters.
///
/// # Errors
/// As [`check_length`]; [`Problem::Malformed`].
pub fn check_text(field: Field, text: &str) -> Result<&str, Problem> {
    check_length(field, text)?;
    if has_controls(text) { Err(Problem::Malformed) } else { Ok(text) }
}

/// A text of one line, checked: line ends and tabs become spaces, the ends are trimmed.
///
/// # Errors
/// As [`check_text`].
pub fn one_line(field: Field, typed: &str) -> Result<String, Problem> {
    let line = typed.split_whitespace().collect::<Vec<_>>().join(" ");
    check_text(field, &line)?;
    Ok(line)
}

/// A text of several lines, trimmed and checked. Line ends become `\n`, whatever the browser sent.
///
/// # Errors
/// As [`check_text`].
pub fn lines_of(field: Field, typed: &str) -> Result<String, Problem> {
    let text = typed.replace("\r\n", "\n");
    check_text(field, text.trim()).map(str::to_owned)
}

/// Whether the text holds a control character other than tab and line ends. NUL cannot be
/// stored by PostgreSQL, and none of the others is ever typed on purpose.
pub fn has_controls(text: &str) -> bool {
    text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
}
