//! The text of an article, with all that belongs to it: as it was typed, and checked.

use crate::{
    domain::{
        article::{
            Body, Description, Manuscript, Slug, Tags, Title, Visibility,
            details::{Canonical, Direction, Language},
        },
        field::{Field, Problem, check_length},
        image::Cover,
    },
    error::{Error, Problems},
    server::clock::Timestamp,
};

/// An article as it comes from a form.
#[derive(Default)]
pub struct Typed {
    /// One line.
    pub title: String,
    /// The sentence under it.
    pub description: String,
    /// Markdown.
    pub body: String,
    /// Separated by commas.
    pub tags: String,
    /// The address of the picture at its head.
    pub cover: String,
    /// What that picture shows, in words.
    pub cover_alt: String,
    /// `public`, `members` or nothing, which is the default.
    pub visibility: String,
    /// The address that is wanted; empty for the title's.
    pub slug_wanted: String,
    /// Where else it stands.
    pub canonical: String,
    /// A language tag.
    pub language: String,
    /// `auto`, `ltr`, `rtl` or nothing.
    pub direction: String,
    /// As a `datetime-local` input has it.
    pub publish_at: String,
    /// How many minutes UTC is ahead of what that input says.
    pub zone: i32,
}

impl Typed {
    /// Of a manuscript, to be stored once more.
    pub fn of(manuscript: Manuscript) -> Self {
        Self {
            title: manuscript.title,
            description: manuscript.description,
            body: manuscript.body,
            tags: manuscript.tags,
            cover: manuscript.cover,
            cover_alt: manuscript.cover_alt,
            visibility: manuscript.visibility.name().into(),
            slug_wanted: manuscript.slug_wanted,
            canonical: manuscript.canonical,
            language: manuscript.language,
            direction: manuscript.direction.name().into(),
            publish_at: manuscript.publish_at,
            zone: 0,
        }
    }

    /// Checks every field, noting all that is wrong. What has readers must be whole (`finished`);
    /// a draft may lack its title and its text.
    pub fn parse(&self, finished: bool, problems: &mut Problems) -> Option<Text> {
        let (title, body) = if finished {
            (Title::parse(&self.title), Body::parse(&self.body))
        } else {
            (Title::unfinished(&self.title), Body::unfinished(&self.body))
        };
        let title = problems.check(Field::Title, title);
        let description = problems.check(Field::Description, Description::parse(&self.description));
        let body = problems.check(Field::Body, body);
        let tags = problems.check(Field::Tags, Tags::parse(&self.tags));
        let cover = Cover::parse(&self.cover, &self.cover_alt)
            .map_err(|(field, problem)| problems.add(field, problem))
            .ok();
        let visibility = match self.visibility.as_str() {
            "" => Ok(Visibility::default()),
            name => Visibility::from_name(name).ok_or(Problem::Malformed),
        };
        let visibility = problems.check(Field::Visibility, visibility);
        let slug = problems.check(Field::SlugWanted, Slug::wanted(&self.slug_wanted));
        let canonical = problems.check(Field::Canonical, Canonical::parse(&self.canonical));
        let language = problems.check(Field::Language, Language::parse(&self.language));
        let direction = problems.check(Field::Direction, Direction::parse(&self.direction));
        let publish_at = problems.check(Field::PublishAt, self.moment());
        Some(Text {
            title: title?,
            description: description?,
            body: body?,
            tags: tags?,
            cover: cover?,
            visibility: visibility?,
            slug: slug?,
            canonical: canonical?,
            language: language?,
            direction: direction?,
            publish_at: publish_at?,
        })
    }

    /// The same, where nothing else is to be checked.
    ///
    /// # Errors
    /// [`Error::Invalid`].
    pub fn unfinished(&self) -> Result<Text, Error> {
        let mut problems = Problems::default();
        self.parse(false, &mut problems).ok_or_else(|| problems.into_error())
    }

    fn moment(&self) -> Result<Option<Timestamp>, Problem> {
        let typed = self.publish_at.trim();
        check_length(Field::PublishAt, typed)?;
        if typed.is_empty() {
            return Ok(None);
        }
        Timestamp::from_local(typed, self.zone).map(Some).ok_or(Problem::Malformed)
    }
}

/// An article as it was written, every field checked.
pub struct Text {
    /// Its title.
    pub title: Title,
    /// The sentence under it.
    pub description: Description,
    /// The Markdown.
    pub body: Body,
    /// In the author's order.
    pub tags: Tags,
    /// The picture at its head.
    pub cover: Cover,
    /// Who may read it.
    pub visibility: Visibility,
    /// The address that its author wants.
    pub slug: Option<Slug>,
    /// Where else it stands, and rather.
    pub canonical: Option<Canonical>,
    /// What it is written in.
    pub language: Option<Language>,
    /// Which way its lines run.
    pub direction: Direction,
    /// When it shall appear; at once if that is no time to come.
    pub publish_at: Option<Timestamp>,
}

impl Text {
    /// Whether it is the same to whoever compares versions.
    pub(in crate::server::articles) fn is_as(&self, other: &Self) -> bool {
        self.title == other.title
            && self.description == other.description
            && self.body == other.body
            && self.tags == other.tags
            && self.cover == other.cover
    }

    pub(in crate::server::articles) fn slug_wanted(&self) -> &str {
        self.slug.as_ref().map_or("", Slug::as_str)
    }

    pub(in crate::server::articles) fn canonical(&self) -> &str {
        self.canonical.as_ref().map_or("", Canonical::as_str)
    }

    pub(in crate::server::articles) fn language(&self) -> &str {
        self.language.as_ref().map_or("", Language::as_str)
    }
}
