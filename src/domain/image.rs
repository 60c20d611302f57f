//! Pictures: what their addresses look like, and in which widths each is there.

use serde::{Deserialize, Serialize};

use super::{
    article::When,
    field::{Field, Problem, check_text},
};

/// Where pictures are, as a path of this site.
pub const FOLDER: &str = "/images/";

/// The widths that a picture is made in, as far as it has them; what is wider is made narrower.
/// A column of text is some 700 px wide, on a screen with two or three pixels for each.
pub const WIDTHS: [u32; 3] = [480, 960, 1920];

/// How wide a picture is shown, as `sizes` says it: as a column of text (`--measure` in
/// style/tokens.css), or as the screen where that is less.
pub const SIZES: &str = "(min-width: 40rem) 37.5rem, 100vw";

/// The widest that is stored.
pub const WIDEST: u32 = WIDTHS[WIDTHS.len() - 1];

/// Hexadecimal digits of a picture's hash: the first 128 bits of the SHA-256 of its widest form.
/// Nobody makes two pictures with the same ones by accident.
pub const HASH_LENGTH: usize = 32;

/// What a picture is stored as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Photographs.
    Jpeg,
    /// Drawings, screenshots and what one can see through: without loss.
    WebP,
}

impl Kind {
    /// The ending of its name, and how it is stored.
    pub const fn ending(self) -> &'static str {
        match self {
            Kind::Jpeg => "jpg",
            Kind::WebP => "webp",
        }
    }

    /// The kind with that ending.
    pub fn from_ending(ending: &str) -> Option<Self> {
        [Kind::Jpeg, Kind::WebP].into_iter().find(|kind| kind.ending() == ending)
    }

    /// Its media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Kind::Jpeg => "image/jpeg",
            Kind::WebP => "image/webp",
        }
    }
}

/// The name of one width of a picture: `<hash>-<width>.<ending>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageName {
    /// Which picture.
    pub hash: String,
    /// Which of its widths, in pixels.
    pub width: u32,
    /// How it is stored.
    pub kind: Kind,
}

impl ImageName {
    /// The name, if it is one: there is one way to write each.
    pub fn parse(name: &str) -> Option<Self> {
        let (hash, rest) = name.split_once('-')?;
        let (width, ending) = rest.split_once('.')?;
        let is_digit = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
        if hash.len() != HASH_LENGTH || !hash.bytes().all(is_digit) {
            return None;
        }
        let kind = Kind::from_ending(ending)?;
        let number = width.parse().ok().filter(|number| (1..=WIDEST).contains(number))?;
        let parsed = Self { hash: hash.to_owned(), width: number, kind };
        (parsed.to_string() == name).then_some(parsed)
    }

    /// The name in an address of this site: `/images/…`, or the name alone.
    pub fn in_address(address: &str) -> Option<Self> {
        Self::parse(address.strip_prefix(FOLDER).unwrap_or(address))
    }

    /// Its address.
    pub fn path(&self) -> String {
        format!("{FOLDER}{self}")
    }

    /// Its narrowest form, when this is the widest.
    pub fn narrowest(&self) -> Self {
        self.variants().next().unwrap_or_else(|| self.clone())
    }

    /// The same picture in all its widths, the narrowest first, when this is the widest.
    pub fn variants(&self) -> impl Iterator<Item = Self> {
        widths_of(self.width).map(|width| Self { width, ..self.clone() })
    }
}

impl std::fmt::Display for ImageName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}.{}", self.hash, self.width, self.kind.ending())
    }
}

/// The widths that a picture of that width is made in, the narrowest first.
pub fn widths_of(width: u32) -> impl Iterator<Item = u32> {
    let widest = width.min(WIDEST);
    WIDTHS.into_iter().filter(move |narrower| *narrower < widest).chain([widest])
}

/// The Markdown that shows a picture.
pub fn markdown(path: &str, alt: &str) -> String {
    let mut escaped = String::with_capacity(alt.len());
    for c in alt.chars() {
        if matches!(c, '\\' | '[' | ']' | '`' | '*' | '_' | '<' | '&') {
            escaped.push('\\');
        }
        escaped.push(if c.is_whitespace() { ' ' } else { c });
    }
    format!("![{escaped}]({path})")
}

/// A picture and what it says of itself, as a page shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// The address of its widest form.
    pub path: String,
    /// All its forms, for browsers to choose from.
    pub srcset: String,
    /// Of its widest form, in pixels.
    pub width: u32,
    /// Of its widest form, in pixels.
    pub height: u32,
    /// What it shows, in words; empty for decoration.
    pub alt: String,
}

/// The picture at the head of an article, as its author chose it; none is the default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cover {
    name: Option<ImageName>,
    alt: String,
}

impl Cover {
    /// From an address of this site, `/images/…`, and what the picture shows. Without an address
    /// there is none.
    ///
    /// # Errors
    /// What is wrong with which field.
    pub fn parse(address: &str, alt: &str) -> Result<Self, (Field, Problem)> {
        let (address, alt) = (address.trim(), alt.trim());
        check_text(Field::CoverAlt, alt).map_err(|problem| (Field::CoverAlt, problem))?;
        if address.is_empty() {
            return Ok(Self::default());
        }
        let name = ImageName::in_address(address).ok_or((Field::Cover, Problem::Malformed))?;
        Ok(Self { name: Some(name), alt: alt.to_owned() })
    }

    /// Its widest form.
    pub fn name(&self) -> Option<&ImageName> {
        self.name.as_ref()
    }

    /// Its address; empty for none.
    pub fn address(&self) -> String {
        self.name.as_ref().map(ImageName::path).unwrap_or_default()
    }

    /// What it shows, in words.
    pub fn alt(&self) -> &str {
        &self.alt
    }
}

/// What an upload leads to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Uploaded {
    /// The address of its widest form.
    pub path: String,
    /// The address of its narrowest form.
    pub thumbnail: String,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// What shows it in an article.
    pub markdown: String,
}

/// One's own picture, as the page of pictures shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnImage {
    /// Its key.
    pub id: String,
    /// The address of its widest form.
    pub path: String,
    /// The address of its narrowest form.
    pub thumbnail: String,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// What it shows, in words; empty for decoration.
    pub alt: String,
    /// What shows it in an article.
    pub markdown: String,
    /// When it was uploaded.
    pub when: When,
    /// Whether an article shows it: then it cannot be deleted.
    pub used: bool,
}

/// What its upload led to.
impl From<OwnImage> for Uploaded {
    fn from(OwnImage { path, thumbnail, width, height, markdown, .. }: OwnImage) -> Self {
        Self { path, thumbnail, width, height, markdown }
    }
}

/// One page of one's own pictures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnImages {
    /// The last uploaded first.
    pub images: Vec<OwnImage>,
    /// This page, from 1.
    pub page: u32,
    /// How many there are, at least 1.
    pub pages: u32,
    /// The largest file that is taken, in whole megabytes.
    pub most_megabytes: u64,
}

/// Why a picture is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flaw {
    /// There is no file in the form, or nothing in the file.
    Missing,
    /// More bytes than the site takes.
    TooLarge,
    /// More pixels than the site takes.
    TooManyPixels,
    /// Neither JPEG, PNG, WebP nor GIF, or not what it says it is.
    Kind,
    /// It moves.
    Moving,
    /// It cannot be read to its end.
    Broken,
    /// The person's pictures have used up their room.
    NoRoom,
    /// It cannot be deleted: an article shows it.
    InUse,
}

impl Flaw {
    /// The HTTP status that says the same.
    pub const fn status(self) -> u16 {
        match self {
            Flaw::TooLarge | Flaw::TooManyPixels | Flaw::NoRoom => 413,
            Flaw::InUse => 409,
            Flaw::Kind => 415,
            Flaw::Missing | Flaw::Moving | Flaw::Broken => 422,
        }
    }

    /// What is wrong and what to do about it.
    pub const fn text(self) -> &'static str {
        match self {
            Flaw::Missing => "Choose a picture first.",
            Flaw::TooLarge => "That file is too large. Make the picture smaller and try again.",
            Flaw::TooManyPixels => {
                "That picture has too many pixels. Make it smaller and try again."
            }
            Flaw::Kind => "That is no JPEG, PNG, WebP or GIF picture, or its name says otherwise.",
            Flaw::Moving => "Moving pictures are not taken. Choose a still one.",
            Flaw::Broken => "That picture is damaged. Save it anew and try again.",
            Flaw::NoRoom => "Your pictures have used up their room. Delete some and try again.",
            Flaw::InUse => {
                "This picture is in an article, in an earlier version of one, or in your profile. It stays as long as it is."
            }
        }
    }
}
