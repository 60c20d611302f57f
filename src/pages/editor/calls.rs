//! What the editor asks of the server.

use leptos::{server, server_fn::codec::GetUrl};

use crate::{
    domain::{
        article::{Kept, Manuscript, Status, Visibility, When},
        field::Field,
    },
    error::Error,
    json::Json,
    ui::form::Done,
};

/// One's own article, to be edited; an empty slug is a new one.
// reads only
#[server(prefix = "/rpc", endpoint = "manuscript", input = GetUrl, output = Json)]
pub async fn open_manuscript(#[server(default)] slug: String) -> Result<Option<Manuscript>, Error> {
    use crate::{
        domain::{article::Slug, role::Permission},
        server::{articles::reading, context},
    };
    let author = context::require(Permission::WriteArticles)?;
    if slug.is_empty() {
        return Ok(None);
    }
    let slug = Slug::parse(&slug).ok_or(Error::NotFound)?;
    Ok(Some(reading::open(&context::state()?.db, author.id, &slug).await?))
}

/// Stores an article: a new one when `slug` is empty, else an edit of `version`. Naming the
/// stored version in `replaces` is how its author says that this text shall stand in its
/// place, after a [`Error::Conflict`].
#[server(prefix = "/rpc", endpoint = "save-article", output = Json)]
pub async fn save_article(
    #[server(default)] slug: String,
    #[server(default)] version: i64,
    #[server(default)] replaces: i64,
    title: String,
    #[server(default)] description: String,
    body: String,
    #[server(default)] tags: String,
    #[server(default)] visibility: String,
    status: String,
) -> Result<Done, Error> {
    use crate::{
        domain::{
            article::{Body, Description, Slug, Tags, Title},
            field::Problem,
            role::Permission,
        },
        error::Problems,
        server::{
            articles::saving::{self, Basis, Draft},
            context,
        },
    };
    let author = context::require(Permission::WriteArticles)?;
    let mut problems = Problems::default();
    let title = problems.check(Field::Title, Title::parse(&title));
    let description = problems.check(Field::Description, Description::parse(&description));
    let body = problems.check(Field::Body, Body::parse(&body));
    let tags = problems.check(Field::Tags, Tags::parse(&tags));
    let wanted =
        if visibility.is_empty() { Visibility::default().name() } else { visibility.as_str() };
    let visibility =
        problems.check(Field::Visibility, Visibility::from_name(wanted).ok_or(Problem::Malformed));
    let status =
        problems.check(Field::Status, Status::from_name(&status).ok_or(Problem::Malformed));
    let (Some(title), Some(description), Some(body), Some(tags), Some(visibility), Some(status)) =
        (title, description, body, tags, visibility, status)
    else {
        return Err(problems.into_error());
    };
    let draft = Draft { title, description, body, tags, visibility, status };
    let state = context::state()?;
    let now = state.clock.now();
    let saved = if slug.is_empty() {
        saving::create(&state.db, author.id, &draft, now).await?
    } else {
        let version = if replaces > 0 { replaces } else { version };
        let slug = Slug::parse(&slug).ok_or(Error::NotFound)?;
        let basis = Basis { slug: &slug, version };
        saving::update(&state.db, author.id, basis, &draft, now).await?
    };
    Ok(match status {
        Status::Published => Done::at(format!("/article/{}", saved.slug)),
        Status::Draft => Done::at("/articles"),
    })
}

/// What the server has of one's own article now.
// reads only
#[server(prefix = "/rpc", endpoint = "stored-manuscript", input = GetUrl, output = Json)]
pub async fn stored_manuscript(article: String) -> Result<Manuscript, Error> {
    open_manuscript(article).await?.ok_or(Error::NotFound)
}

/// Keeps a text while its author goes on writing.
#[server(prefix = "/rpc", endpoint = "keep-text", output = Json)]
pub async fn keep_text(
    #[server(default)] article: String,
    #[server(default)] version: i64,
    title: String,
    #[server(default)] description: String,
    body: String,
    #[server(default)] tags: String,
    #[server(default)] visibility: String,
) -> Result<Kept, Error> {
    let status = Status::Draft.name().to_owned();
    save_article(article.clone(), version, 0, title, description, body, tags, visibility, status)
        .await?;
    let at = When { iso: String::new(), text: String::new() };
    Ok(Kept { id: article.clone(), slug: article, version: version + 1, at })
}

/// Drops what was changed since the publication.
#[server(prefix = "/rpc", endpoint = "discard-changes", output = Json)]
pub async fn discard_changes(slug: String) -> Result<Done, Error> {
    Ok(Done::at(format!("/editor/{slug}")))
}
