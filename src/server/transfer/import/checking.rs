//! What an article in a file says, field by field.

use crate::{
    domain::{
        article::{Slug, Status, Title},
        field::{Field, Problem},
        transfer::Reason,
    },
    error::{Error, Problems},
    server::{
        articles::{bin::DELETED, importing::Incoming, saving::text::Typed, slugs},
        clock::Timestamp,
        transfer::front_matter::{ArticleFile, CHANGES, CLOSED},
    },
};

/// Checks every field. What is from times to come was saved now.
pub(super) fn check(file: &ArticleFile, now: Timestamp) -> Result<Incoming, Reason> {
    if file.status == DELETED {
        return Err(Reason::Unsettled);
    }
    let mut problems = Problems::default();
    let status = match file.status.as_str() {
        // Nothing appears that nobody said shall.
        "" | CHANGES => Ok(Status::Draft),
        name => Status::from_name(name).ok_or(Problem::Malformed),
    };
    let status = problems.check(Field::Status, status);
    let typed = Typed {
        title: file.title.clone(),
        description: file.description.clone(),
        body: file.body.clone(),
        tags: file.tags.join(","),
        cover: file.cover.clone(),
        cover_alt: file.cover_alt.clone(),
        visibility: file.visibility.clone(),
        slug_wanted: file.slug_wanted.clone(),
        canonical: file.canonical.clone(),
        language: file.language.clone(),
        direction: file.direction.clone(),
        publish_at: String::new(),
        zone: 0,
    };
    let text = typed.parse(status == Some(Status::Published), &mut problems);
    let slugs = slugs_of(file, &mut problems);
    let (Some(status), Some(mut text), Some((slug, former_slugs))) = (status, text, slugs) else {
        return Err(match problems.into_error() {
            Error::Invalid(problems) => Reason::Fields(problems),
            _ => Reason::FrontMatter,
        });
    };
    let created = moment(&file.created)?.unwrap_or(now).min(now);
    let updated = moment(&file.updated)?.unwrap_or(created).min(now);
    let published = moment(&file.published)?;
    let published = match status {
        Status::Published => Some(published.unwrap_or(created)),
        Status::Draft => published.filter(|at| *at <= now),
    };
    text.publish_at = match status {
        Status::Published => published.filter(|at| *at > now),
        Status::Draft => moment(&file.publish_at)?,
    };
    let comments_closed = file.comments == CLOSED;
    Ok(Incoming {
        text,
        slug,
        former_slugs,
        status,
        created,
        updated,
        published,
        comments_closed,
        versions: Vec::new(),
    })
}

/// Its address, which is made of the title where there is none, and those that it had before.
fn slugs_of(file: &ArticleFile, problems: &mut Problems) -> Option<(Slug, Vec<Slug>)> {
    let parse = |slug: &str| Slug::parse(slug).ok_or(Problem::Malformed);
    let slug = if file.slug.is_empty() {
        let title = Title::unfinished(&file.title).ok()?;
        parse(&slugs::of_title(&title).next()?)
    } else {
        parse(&file.slug)
    };
    let former: Result<Vec<Slug>, Problem> = file.former_slugs.iter().map(|s| parse(s)).collect();
    let slug = problems.check(Field::SlugWanted, slug);
    let former = problems.check(Field::SlugWanted, former);
    Some((slug?, former?))
}

/// What RFC 3339 text says; nothing says nothing.
pub(super) fn moment(text: &str) -> Result<Option<Timestamp>, Reason> {
    if text.is_empty() {
        return Ok(None);
    }
    Timestamp::from_rfc3339(text).map(Some).ok_or(Reason::Time)
}
