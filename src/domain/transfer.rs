//! Articles that come in files: what became of each.

use serde::{Deserialize, Serialize};

use super::{
    field::{Field, Problem},
    image::Flaw,
};

/// Why a file as a whole is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// None was sent.
    Missing,
    /// It is too large.
    TooLarge,
    /// It is neither a zip nor the JSON of a list of articles, or it is damaged.
    Unreadable,
    /// There are too many files in it, or too much in them.
    TooMuch,
    /// Two files in it have one name.
    SameNames,
}

impl Fault {
    /// The HTTP status (RFC 9110, 15) that says the same.
    pub const fn status(self) -> u16 {
        match self {
            Fault::TooLarge | Fault::TooMuch => 413,
            Fault::Missing | Fault::Unreadable | Fault::SameNames => 422,
        }
    }

    /// What is wrong and what to do about it.
    pub const fn text(self) -> &'static str {
        match self {
            Fault::Missing => "Choose a file first.",
            Fault::TooLarge => "That file is too large. Send its articles in several.",
            Fault::Unreadable => {
                "That is neither a zip of Markdown files nor the JSON of a list of articles."
            }
            Fault::TooMuch => {
                "There is too much in that file. Send its articles in several, or ask whoever runs the site to import it."
            }
            Fault::SameNames => "Two files in that zip have one name. Pack it anew.",
        }
    }
}

/// What became of one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It is here now.
    Taken,
    /// It was here before, word for word.
    There,
    /// It was left out.
    Skipped(Reason),
}

/// Why a file was left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Its name leads out of the zip, or is none.
    Name,
    /// It is no Markdown.
    NoArticle,
    /// It is longer than any article.
    TooLarge,
    /// It is no UTF-8, or cannot be unpacked.
    NoText,
    /// It does not begin with front matter, or that is not YAML as it is written here.
    FrontMatter,
    /// These fields are wrong.
    Fields(Vec<(Field, Problem)>),
    /// It was deleted where it comes from, or is a change of what is not published here.
    Unsettled,
    /// A time in it is none.
    Time,
    /// What somebody may do in it is nothing that is known here.
    Role,
    /// Nobody here has its author's name.
    NoAuthor,
    /// The address is another's.
    AddressTaken,
    /// The author has another article at that address.
    Differs,
    /// Its author deleted it, and can bring it back.
    InBin,
    /// It is no picture that is taken.
    Picture(Flaw),
    /// It has the name of another picture, or of none.
    FalseName,
    /// It is no JSON as it is written here, or there is too much in one file.
    Json,
    /// Versions in it do not follow each other by number.
    Versions,
    /// The article that it belongs to is not here.
    NoSuchArticle,
    /// It is from a time to come.
    ToCome,
    /// Somebody follows themselves.
    Oneself,
    /// There was no time left for it.
    NotReached,
}

impl Reason {
    /// As a sentence.
    pub fn text(&self) -> String {
        match self {
            Reason::Name => "Its name is not one of a file in a zip.".into(),
            Reason::NoArticle => "It is no Markdown file.".into(),
            Reason::TooLarge => "It is longer than an article can be.".into(),
            Reason::NoText => "It is no text in UTF-8.".into(),
            Reason::FrontMatter => "It does not begin with front matter that can be read.".into(),
            Reason::Fields(problems) => {
                let texts: Vec<String> = problems.iter().map(|(f, p)| p.text(*f)).collect();
                texts.join(" ")
            }
            Reason::Unsettled => {
                "It was deleted where it comes from, or changes what is not published here.".into()
            }
            Reason::Time => "A time in it is not as RFC 3339 has it.".into(),
            Reason::Role => "The role in it is none.".into(),
            Reason::NoAuthor => "Nobody here has its author's name.".into(),
            Reason::AddressTaken => "Its address belongs to somebody else's article.".into(),
            Reason::Differs => {
                "There is another text at its address already, which was left as it is.".into()
            }
            Reason::InBin => "It was deleted here, and can be brought back from the bin.".into(),
            Reason::Picture(flaw) => flaw.text().into(),
            Reason::FalseName => "Its name is not the one that a picture like it has here.".into(),
            Reason::Json => "It is no JSON as an export has it.".into(),
            Reason::Versions => "The numbers of its versions do not rise.".into(),
            Reason::NoSuchArticle => "The article that it belongs to is not here.".into(),
            Reason::ToCome => "It is from a time to come.".into(),
            Reason::Oneself => "Nobody follows themselves.".into(),
            Reason::NotReached => "There was no time left for it. Send the file once more.".into(),
        }
    }
}

/// What became of one file of many.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Its name, cut where it is longer than a line.
    pub file: String,
    /// What became of it.
    pub outcome: Outcome,
}

/// What comes with articles.
#[derive(Clone, Copy, Debug)]
pub enum Beside {
    /// What they show.
    Picture,
    /// What was said under one.
    Comment,
    /// That somebody likes one.
    Favorite,
    /// That somebody follows another.
    Follow,
}

/// What became of all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Whether nothing was stored: it was only looked what would be.
    pub looked: bool,
    /// How many articles are here now.
    pub taken: u32,
    /// How many were here before.
    pub there: u32,
    /// How many files were left out.
    pub skipped: u32,
    /// How many pictures are here now that were not before.
    pub pictures: u32,
    /// How many versions of the articles that were taken.
    pub versions: u32,
    /// How many comments.
    pub comments: u32,
    /// How many favourites.
    pub favorites: u32,
    /// How many who follow another.
    pub follows: u32,
    /// Files by name, as far as they are told.
    pub lines: Vec<Line>,
}

impl Report {
    /// More than anybody reads on a page.
    pub const MOST_LINES: usize = 1000;
    /// A line of text, in characters.
    const LONGEST_NAME: usize = 120;

    /// Notes what became of a file.
    pub fn note(&mut self, file: &str, outcome: Outcome) {
        let counted = match outcome {
            Outcome::Taken => &mut self.taken,
            Outcome::There => &mut self.there,
            Outcome::Skipped(_) => &mut self.skipped,
        };
        *counted += 1;
        if self.lines.len() < Self::MOST_LINES {
            let shown = |c: char| if c.is_control() { '\u{FFFD}' } else { c };
            let file = file.chars().take(Self::LONGEST_NAME).map(shown).collect();
            self.lines.push(Line { file, outcome });
        }
    }

    /// Notes what became of something beside the articles: it has a line of its own only if it was
    /// left out.
    pub fn note_beside(&mut self, what: Beside, file: &str, outcome: Outcome) {
        let counted = match what {
            Beside::Picture => &mut self.pictures,
            Beside::Comment => &mut self.comments,
            Beside::Favorite => &mut self.favorites,
            Beside::Follow => &mut self.follows,
        };
        match outcome {
            Outcome::Taken => *counted += 1,
            Outcome::There => {}
            Outcome::Skipped(_) => self.note(file, outcome),
        }
    }

    /// The sum of it.
    pub fn text(&self) -> String {
        let Self { looked, taken, there, skipped, .. } = self;
        let verb = if *looked { "would be imported" } else { "imported" };
        let sum = format!("{taken} {verb}, {there} there already, {skipped} left out.");
        let beside = [
            (self.pictures, "picture"),
            (self.versions, "version"),
            (self.comments, "comment"),
            (self.favorites, "favourite"),
            (self.follows, "follow"),
        ];
        let counted = beside.into_iter().filter(|(many, _)| *many > 0);
        let mut texts: Vec<String> = counted
            .map(|(many, what)| format!("{many} {what}{}", if many == 1 { "" } else { "s" }))
            .collect();
        match texts.pop() {
            None => sum,
            Some(last) if texts.is_empty() => format!("{sum} {last} {verb}."),
            Some(last) => format!("{sum} {} and {last} {verb}.", texts.join(", ")),
        }
    }
}
