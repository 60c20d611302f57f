//! What readers do on an article's page: comments, reports, favourites. All of it by plain forms.

use leptos::server;

use crate::{error::Error, json::Json, ui::form::Done};

/// The button for one's favourites, by which its page's address ends once it was pressed.
pub(super) const FAVORITE: &str = "favorite";

/// The button that closes the comments, and opens them again.
pub(super) const OPEN_COMMENTS: &str = "open-comments";

/// Says something under an article.
#[server(prefix = "/rpc", endpoint = "add-comment", output = Json)]
pub async fn add_comment(slug: String, comment: String) -> Result<Done, Error> {
    use crate::{
        domain::{article::Slug, role::Permission},
        server::{articles::open, comments, context, failure::Failure},
    };
    let user = context::require(Permission::ReadMembers)?;
    let state = context::state()?;
    let (db, now) = (&state.db, state.clock.now());
    let slug = Slug::parse(&slug).ok_or(Error::NotFound)?;
    let article = open::find(db, &slug, Some(&user), now).await?;
    let id = comments::add(db, state.config.comments, &article, &user, &comment, now).await?;
    Ok(Done::at(comments::place_of(db, &slug, &article, &user, id).await.map_err(Failure::from)?))
}

/// Deletes one's own comment, or removes another's as whoever moderates.
#[server(prefix = "/rpc", endpoint = "delete-comment", output = Json)]
pub async fn delete_comment(handle: String) -> Result<Done, Error> {
    use crate::{
        domain::role::Permission,
        server::{comments::deciding, context},
    };
    let user = context::require(Permission::ReadMembers)?;
    let (state, client) = (context::state()?, context::client()?);
    let comment = deciding::key_of(&handle)?;
    let now = state.clock.now();
    let slug = deciding::delete(&state.db, (&user, &client), comment, now).await?;
    Ok(Done::at(slug.map_or("/".into(), |slug| format!("/article/{slug}#comments"))))
}

/// Shows a comment on one's own article, or hides it.
#[server(prefix = "/rpc", endpoint = "show-comment", output = Json)]
pub async fn show_comment(slug: String, handle: String, shown: bool) -> Result<Done, Error> {
    use crate::{
        domain::{article::Slug, role::Permission},
        server::{
            articles::open,
            comments::{self, deciding},
            context,
            failure::Failure,
        },
    };
    let user = context::require(Permission::ReadMembers)?;
    let state = context::state()?;
    let (db, comment) = (&state.db, deciding::key_of(&handle)?);
    let slug = Slug::parse(&slug).ok_or(Error::NotFound)?;
    let article = open::find(db, &slug, Some(&user), state.clock.now()).await?;
    deciding::set_shown(db, &user, &article, comment, shown).await?;
    let place = comments::place_of(db, &slug, &article, &user, comment).await;
    Ok(Done::at(place.map_err(Failure::from)?))
}

/// Takes comments on one's own article, or no more.
#[server(prefix = "/rpc", endpoint = "open-comments", output = Json)]
pub async fn open_comments(slug: String, open: bool) -> Result<Done, Error> {
    use crate::{
        domain::{article::Slug, role::Permission},
        server::{articles, comments::deciding, context},
    };
    let user = context::require(Permission::ReadMembers)?;
    let state = context::state()?;
    let slug = Slug::parse(&slug).ok_or(Error::NotFound)?;
    let now = state.clock.now();
    let article = articles::open::find(&state.db, &slug, Some(&user), now).await?;
    deciding::set_open(&state.db, &user, &article, open).await?;
    Ok(Done::at(format!("/article/{}#{OPEN_COMMENTS}", slug.as_str())))
}

/// Tells whoever moderates what is wrong with a comment.
#[server(prefix = "/rpc", endpoint = "report-comment", output = Json)]
pub async fn report_comment(slug: String, handle: String, reason: String) -> Result<Done, Error> {
    use crate::{
        domain::{article::Slug, role::Permission},
        server::{
            articles::open,
            comments::{self, deciding},
            context,
            failure::Failure,
            reports,
        },
    };
    let user = context::require(Permission::ReadMembers)?;
    let state = context::state()?;
    let (db, now) = (&state.db, state.clock.now());
    let (slug, comment) = (Slug::parse(&slug).ok_or(Error::NotFound)?, deciding::key_of(&handle)?);
    let article = open::find(db, &slug, Some(&user), now).await?;
    reports::report(db, &user, comment, &reason, now).await?;
    let place = comments::place_of(db, &slug, &article, &user, comment).await;
    Ok(Done::at(place.map_err(Failure::from)?))
}

/// Makes an article one's favourite, or no longer.
#[server(prefix = "/rpc", endpoint = "set-favorite", output = Json)]
pub async fn set_favorite(slug: String, favorite: bool) -> Result<Done, Error> {
    use crate::{
        domain::{article::Slug, role::Permission},
        server::{articles::open, context, favorites},
    };
    let user = context::require(Permission::ReadMembers)?;
    let state = context::state()?;
    let (db, now) = (&state.db, state.clock.now());
    let slug = Slug::parse(&slug).ok_or(Error::NotFound)?;
    let article = open::find(db, &slug, Some(&user), now).await?;
    favorites::set(db, &user, article.id, favorite, now).await?;
    Ok(Done::at(format!("/article/{}#{FAVORITE}", slug.as_str())))
}
