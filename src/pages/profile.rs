//! `/profile/:username`: an author and their articles; `/profile/:username/favorites`: what they
//! like.

use leptos::{
    prelude::*,
    server,
    server_fn::{ServerFn, codec::GetUrl},
};
use leptos_meta::{Meta, Title};

use super::{page_number, segment};
use crate::{
    domain::account::Profile,
    error::Error,
    json::Json,
    ui::{
        data::Data,
        erased::Erase,
        form::{Done, RefusedElsewhere},
        list::listing,
        load::loaded,
        picture::picture,
    },
};

/// An author, with one page of what the viewer may read of theirs, or of their favourites.
// reads only
#[server(prefix = "/rpc", endpoint = "profile", input = GetUrl, output = Json)]
pub async fn show_profile(
    username: String,
    page: u32,
    #[server(default)] favorites: bool,
) -> Result<Profile, Error> {
    use crate::{
        domain::{role::Permission, username::Username},
        server::{
            articles::{
                chosen,
                lists::{self, Shelf},
            },
            context,
            failure::Failure,
            follows, profiles,
        },
    };
    let reader = context::reader()?;
    let state = context::state()?;
    let (db, member) = (&state.db, reader.is_some());
    let name = Username::parse(&username).map_err(|_| Error::NotFound)?;
    let found = profiles::find(db, name.as_str()).await.map_err(Failure::from)?;
    let person = found.ok_or(Error::NotFound)?;
    let author = person.id;
    let own = reader.as_ref().is_some_and(|reader| reader.id == author);
    let writes = own && reader.as_ref().is_some_and(|own| own.may(Permission::WriteArticles));
    let following = match reader.filter(|reader| reader.id != author) {
        Some(reader) => {
            let follows = follows::is_following(db, reader.id, author).await;
            Some(follows.map_err(Failure::from)?)
        }
        None => None,
    };
    let articles = if favorites {
        chosen::favorites(db, author, member, page, state.clock.now()).await?
    } else {
        lists::list(db, Shelf::Author { author, member }, page, state.clock.now()).await?
    };
    Ok(Profile {
        username: person.username,
        since: person.created_at.to_when(),
        bio: person.bio,
        image: person.image,
        following,
        own,
        writes,
        articles,
    })
}

/// The button that follows an author, by which its page's address ends once it was pressed.
pub(super) const FOLLOW: &str = "follow";

/// Follows an author, or no longer, and goes on at `next`, or at their page.
#[server(prefix = "/rpc", endpoint = "set-follow", output = Json)]
pub async fn set_follow(
    username: String,
    follow: bool,
    #[server(default)] next: String,
) -> Result<Done, Error> {
    use crate::{
        domain::{next::Next, role::Permission},
        server::{context, follows},
    };
    let user = context::require(Permission::ReadMembers)?;
    let state = context::state()?;
    let name = follows::set(&state.db, &user, &username, follow, state.clock.now()).await?;
    let next = if next.is_empty() { format!("/profile/{name}") } else { next };
    Ok(Done::at(Next::parse(&next).into_path()))
}

crate::ui::lazy::lazy_page! {
    /// The route of [`ProfilePage`].
    PROFILE_ROUTE = ProfilePage in finding
}

/// An author's page.
#[component]
pub fn ProfilePage() -> impl IntoView {
    person(false)
}

crate::ui::lazy::lazy_page! {
    /// The route of [`FavoritesPage`].
    FAVORITES_ROUTE = FavoritesPage in finding
}

/// An author's favourites.
#[component]
pub fn FavoritesPage() -> impl IntoView {
    person(true)
}

fn person(favorites: bool) -> AnyView {
    let username = segment("username");
    let page = page_number();
    let author = Data::new(
        move || (username.get(), page.get()),
        move |(username, page)| show_profile(username, page, favorites),
    );
    let shown = loaded(author, move |profile: Profile| show(profile, favorites));
    view! {
        <RefusedElsewhere function=SetFollow::PATH />
        {shown}
    }
    .erased()
}

fn show(profile: Profile, favorites: bool) -> AnyView {
    let Profile { username, since, bio, image, following, own, writes, articles } = profile;
    let home = format!("/profile/{username}");
    let likes = format!("{home}/favorites");
    let (what, base) = if favorites { ("Favourites", &likes) } else { ("Articles", &home) };
    let about = if bio.is_empty() { format!("{what} of {username}.") } else { bio.clone() };
    let title = if favorites { format!("{username}’s favourites") } else { username.clone() };
    let count = match (articles.total, favorites) {
        (1, false) => "1 article".to_owned(),
        (1, true) => "1 favourite".to_owned(),
        (n, false) => format!("{n} articles"),
        (n, true) => format!("{n} favourites"),
    };
    let bio = (!bio.is_empty()).then(|| view! { <p class="bio" dir="auto">{bio}</p> });
    let follow = following.map(|follows| follow(&username, follows));
    let edit = own.then(
        || view! { <p><a class="button secondary" href="/settings">"Edit your profile"</a></p> },
    );
    let none = match (own, favorites) {
        (true, true) => "You have no favourites yet. Under each article is a button that adds it.",
        (true, false) => "You have not published anything yet.",
        (false, true) => "There are no favourites that you can read.",
        (false, false) => "There is nothing published yet.",
    };
    let write = (writes && !favorites)
        .then(|| view! { <p><a class="button" href="/editor">"Write an article"</a></p> });
    let empty = view! { <p>{none}</p>{write} }.erased();
    let list = listing(articles, base, empty);
    view! {
        <Title text=title />
        <Meta name="description" content=about />
        <div class="page">
            <header class="user-info">
                {picture(image, &username)}
                <h1>{username}</h1>
                {bio}
                <p class="meta">
                    <span>"Member since "<time datetime=since.iso>{since.text}</time></span>
                    <span>{count}</span>
                </p>
                {follow}
                {edit}
            </header>
            <nav class="feed-toggle" aria-label="Lists">
                {tab(home.clone(), "Articles", !favorites)}
                {tab(likes.clone(), "Favourites", favorites)}
            </nav>
            {list}
        </div>
    }
    .erased()
}

/// A way to a list, and whether it is the one that is shown.
pub(super) fn tab(href: String, text: &'static str, here: bool) -> AnyView {
    let class = if here { "nav-link active" } else { "nav-link" };
    let current = here.then_some("page");
    view! { <a class=class href=href aria-current=current>{text}</a> }.erased()
}

/// A plain form, as all that readers press.
fn follow(username: &str, follows: bool) -> AnyView {
    // The browser keeps the place over the redirect: the button again, which says what is now.
    let to = format!("/profile/{username}?form=follow#{FOLLOW}");
    let label = if follows { "Unfollow " } else { "Follow " };
    view! {
        <form class="inline-form" method="post" action=to>
            <input type="hidden" name="username" value=username.to_owned() />
            <input type="hidden" name="follow" value=(!follows).to_string() />
            <button type="submit" id=FOLLOW class="secondary">{label}{username.to_owned()}</button>
        </form>
    }
    .erased()
}
