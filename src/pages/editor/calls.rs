//! What the editor asks of the server.

use leptos::{server, server_fn::codec::GetUrl};

use crate::{
    domain::article::{Kept, Manuscript},
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
        server::{articles::reading, context, failure::Failure},
    };
    let author = context::require(Permission::WriteArticles)?;
    if slug.is_empty() {
        return Ok(None);
    }
    let state = context::state()?;
    let slug = Slug::parse(&slug).ok_or(Error::NotFound)?;
    let found = reading::own_key(&state.db, author.id, &slug).await.map_err(Failure::from)?;
    let id = found.ok_or(Error::NotFound)?;
    let now = state.clock.now();
    Ok(Some(reading::manuscript(&state.db, author.id, id, now).await?))
}

/// One's own article as it is stored now, by its key, or by the one that its draft was begun with:
/// whatever it is called meanwhile.
// reads only
#[server(prefix = "/rpc", endpoint = "stored-manuscript", input = GetUrl, output = Json)]
pub async fn stored_manuscript(
    #[server(default)] article: String,
    #[server(default)] draft_key: String,
) -> Result<Manuscript, Error> {
    use crate::{
        domain::role::Permission,
        server::{articles::reading, context, failure::Failure},
    };
    let author = context::require(Permission::WriteArticles)?;
    let state = context::state()?;
    let key = if article.is_empty() { &draft_key } else { &article };
    let mut id = key.parse().map_err(|_| Error::NotFound)?;
    if article.is_empty() {
        let begun = reading::begun_with(&state.db, author.id, id).await.map_err(Failure::from)?;
        id = begun.ok_or(Error::NotFound)?;
    }
    Ok(reading::manuscript(&state.db, author.id, id, state.clock.now()).await?)
}

/// Keeps a text as it is at this moment: a draft's in the article, and of one that readers see in
/// a working copy, of which they see nothing.
#[server(prefix = "/rpc", endpoint = "keep-text", output = Json)]
pub async fn keep_text(
    #[server(default)] article: String,
    #[server(default)] draft_key: String,
    #[server(default)] version: i64,
    #[server(default)] replaces: i64,
    #[server(default)] title: String,
    #[server(default)] description: String,
    #[server(default)] body: String,
    #[server(default)] tags: String,
    #[server(default)] cover: String,
    #[server(default)] cover_alt: String,
    #[server(default)] visibility: String,
    #[server(default)] slug_wanted: String,
    #[server(default)] canonical: String,
    #[server(default)] language: String,
    #[server(default)] direction: String,
    #[server(default)] publish_at: String,
    #[server(default)] zone: i32,
) -> Result<Kept, Error> {
    use crate::{
        domain::role::Permission,
        server::{
            articles::saving::{self, Basis, Intent, Which, text::Typed},
            context,
        },
    };
    let author = context::require(Permission::WriteArticles)?;
    let typed = Typed {
        title,
        description,
        body,
        tags,
        cover,
        cover_alt,
        visibility,
        slug_wanted,
        canonical,
        language,
        direction,
        publish_at,
        zone,
    };
    let text = typed.unfinished()?;
    let which = Which::parse(&article, &draft_key, None).ok_or(Error::NotFound)?;
    let basis = Basis::of(which, version, replaces);
    let state = context::state()?;
    let now = state.clock.now();
    saving::count(&state.db, &author, now).await?;
    let saved = saving::save(&state.db, &author, basis, &text, Intent::Keep, now).await?;
    Ok(Kept {
        id: saved.id.to_string(),
        slug: saved.slug,
        version: saved.version,
        at: now.to_minute(),
    })
}

/// Stores an article: a new one when neither `article` nor `slug` names one, else an edit of
/// `version`. Naming the stored version in `replaces` is how its author says that this text shall
/// stand in its place, after a [`Error::Conflict`].
#[server(prefix = "/rpc", endpoint = "save-article", output = Json)]
pub async fn save_article(
    #[server(default)] article: String,
    #[server(default)] slug: String,
    #[server(default)] draft_key: String,
    #[server(default)] version: i64,
    #[server(default)] replaces: i64,
    title: String,
    #[server(default)] description: String,
    body: String,
    #[server(default)] tags: String,
    #[server(default)] cover: String,
    #[server(default)] cover_alt: String,
    #[server(default)] visibility: String,
    #[server(default)] slug_wanted: String,
    #[server(default)] canonical: String,
    #[server(default)] language: String,
    #[server(default)] direction: String,
    #[server(default)] publish_at: String,
    #[server(default)] zone: i32,
    status: String,
) -> Result<Done, Error> {
    use crate::{
        domain::{
            article::{Slug, Status},
            field::{Field, Problem},
            role::Permission,
        },
        error::Problems,
        server::{
            articles::saving::{self, Basis, Intent, Which, text::Typed},
            context,
        },
    };
    let author = context::require(Permission::WriteArticles)?;
    let typed = Typed {
        title,
        description,
        body,
        tags,
        cover,
        cover_alt,
        visibility,
        slug_wanted,
        canonical,
        language,
        direction,
        publish_at,
        zone,
    };
    let mut problems = Problems::default();
    let status = Status::from_name(&status).ok_or(Problem::Malformed);
    let text = typed.parse(status != Ok(Status::Draft), &mut problems);
    let status = problems.check(Field::Status, status);
    let (Some(text), Some(status)) = (text, status) else { return Err(problems.into_error()) };
    let intent = match status {
        Status::Published => Intent::Publish,
        Status::Draft => Intent::Draft,
    };
    let named =
        if slug.is_empty() { None } else { Some(Slug::parse(&slug).ok_or(Error::NotFound)?) };
    let which = Which::parse(&article, &draft_key, named.as_ref()).ok_or(Error::NotFound)?;
    let basis = Basis::of(which, version, replaces);
    let state = context::state()?;
    let now = state.clock.now();
    saving::count(&state.db, &author, now).await?;
    let saved = saving::save(&state.db, &author, basis, &text, intent, now).await?;
    Ok(match status {
        Status::Published if saved.scheduled => Done::at("/articles?tab=scheduled"),
        Status::Published => Done::at(format!("/article/{}", saved.slug)),
        Status::Draft => Done::at("/articles"),
    })
}

/// Drops the changes that readers of an article have not seen.
#[server(prefix = "/rpc", endpoint = "discard-changes", output = Json)]
pub async fn discard_changes(slug: String) -> Result<Done, Error> {
    use crate::{
        domain::{article::Slug, role::Permission},
        server::{articles::working_copies, context},
    };
    let author = context::require(Permission::WriteArticles)?;
    let slug = Slug::parse(&slug).ok_or(Error::NotFound)?;
    working_copies::discard(&context::state()?.db, &author, &slug).await?;
    Ok(Done::at(format!("/article/{}", slug.as_str())))
}
