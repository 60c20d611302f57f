//! `/article/:slug`: an article, to be read.

pub mod comments;
pub mod responses;
pub mod unposted;

use leptos::{
    prelude::*,
    server,
    server_fn::{ServerFn, codec::GetUrl},
};
use leptos_meta::{Meta, Title};
use leptos_router::location::Url;

use super::{articles::DeleteArticle, page_number, segment};
use crate::{
    domain::{
        article::{Article, Stage},
        field::Field,
        image::{SIZES, Shown},
    },
    error::Error,
    json::Json,
    ui::{
        data::Data,
        erased::Erase,
        form::{Done, RefusedElsewhere},
        list::{members_badge, signature},
        load::loaded,
    },
};

/// An article that the viewer may read, with one page of what was said under it.
// reads only
#[server(prefix = "/rpc", endpoint = "article", input = GetUrl, output = Json)]
pub async fn read_article(slug: String, #[server(default)] page: u32) -> Result<Article, Error> {
    use crate::{
        domain::article::Slug,
        server::{articles::page as pages, context, responses as said_of},
        ui::form::Refused,
    };
    let reader = context::reader()?;
    let state = context::state()?;
    let slug = Slug::parse(&slug).ok_or(Error::NotFound)?;
    let mut article = pages::read(&state, &slug, reader.as_ref(), context::head()).await?;
    let said = said_of::of(&state, &slug, reader.as_ref(), &article.preview.author, page).await?;
    let refused = use_context::<Refused>();
    article.responses = said.map_or_else(String::new, |said| responses::html(said, refused));
    Ok(article)
}

/// Takes somebody's article offline: it becomes a draft again, and its author is told why.
#[server(prefix = "/rpc", endpoint = "withdraw-article", output = Json)]
pub async fn withdraw_article(
    slug: String,
    #[server(default)] reason: String,
) -> Result<Done, Error> {
    use crate::{
        domain::{article::Slug, role::Permission},
        server::{administration, articles::withdrawing, context},
    };
    let editor = context::require(Permission::WithdrawArticles)?;
    let (state, client) = (context::state()?, context::client()?);
    let slug = Slug::parse(&slug).ok_or(Error::NotFound)?;
    let by = administration::by(&editor, &client, &reason, state.clock.now())?;
    let author = withdrawing::withdraw(&state.db, &by, &slug).await?;
    state.mail.wake();
    Ok(Done::at(format!("/profile/{author}")))
}

crate::ui::lazy::lazy_page! {
    /// The route of [`ArticlePage`].
    ARTICLE_ROUTE = ArticlePage in reading
}

/// An article's page.
#[component]
pub fn ArticlePage() -> impl IntoView {
    let slug = segment("slug");
    let page = page_number();
    let article =
        Data::new(move || (slug.get(), page.get()), |(slug, page)| read_article(slug, page));
    let shown = loaded(article, show);
    view! {
        <RefusedElsewhere function=DeleteArticle::PATH />
        <RefusedElsewhere function=WithdrawArticle::PATH />
        {shown}
    }
}

fn show(article: Article) -> AnyView {
    let Article {
        preview,
        html,
        contents,
        neighbours,
        tags,
        cover,
        stage,
        language,
        direction,
        mine,
        has_changes,
        withdrawable,
        responses,
        ..
    } = article;
    let cover = cover.map(cover_picture);
    let withdraw = withdrawable.then(|| withdrawal(&preview.slug));
    let about = preview.about().to_owned();
    // Of what the author wrote; the words around it are the site's, and others' are theirs.
    let language = (!language.is_empty()).then_some(language);
    let dir = direction.name();
    let standfirst = (!preview.description.is_empty()).then(
        || view! { <p class="standfirst" lang=language.clone() dir=dir>{preview.description}</p> },
    );
    let stage = match stage {
        Stage::Draft => Some("Draft"),
        Stage::Scheduled => Some("Scheduled"),
        Stage::Published => None,
    };
    let stage = stage.map(|stage| view! { <span class="badge">{stage}</span> });
    let edit = mine.then(
        || view! { <a class="edit-link" href=format!("/editor/{}", preview.slug)>"Edit"</a> },
    );
    let changes = has_changes.then(|| {
        view! { <a class="edit-link" href=format!("/editor/{}", preview.slug)>"You have changes that are not published"</a> }
    });
    let tags = tags
        .into_iter()
        .map(|tag| view! { <li class="tag-pill"><a href=format!("/tag/{}", Url::escape(&tag)) dir="auto">{tag.clone()}</a></li> })
        .collect::<Vec<_>>();
    let tags =
        (!tags.is_empty()).then(|| view! { <ul class="tag-list" aria-label="Tags">{tags}</ul> });
    unposted::keep(preview.slug.clone());
    let has_footer = tags.is_some() || !neighbours.is_empty() || withdraw.is_some();
    let footer = has_footer
        .then(|| view! { <footer>{tags}{ready("neighbours", neighbours)}{withdraw}</footer> });
    view! {
        <Title text=preview.title.clone() />
        <Meta name="description" content=about />
        <article class="article-page">
            <header>
                <h1 lang=language.clone() dir=dir>{preview.title}</h1>
                {standfirst}
                <p class="meta byline">
                    {signature(preview.author)}
                    <time datetime=preview.when.iso>{preview.when.text}</time>
                    <span>{format!("{} min read", preview.minutes)}</span>
                    {stage}
                    {members_badge(preview.visibility)}
                    {edit}
                    {changes}
                </p>
                {cover}
            </header>
            {ready("contents", contents)}
            <div class="article-content" lang=language dir=dir inner_html=html></div>
            {footer}
            {ready("said", responses)}
        </article>
    }
    .erased()
}

/// HTML as the server made it: sanitised, or of nothing but what was escaped.
fn ready(class: &'static str, html: String) -> AnyView {
    view! { <div class=class inner_html=html></div> }.erased()
}

fn cover_picture(cover: Shown) -> impl IntoView {
    view! {
        <img
            class="cover"
            src=cover.path
            srcset=cover.srcset
            sizes=SIZES
            width=cover.width.to_string()
            height=cover.height.to_string()
            alt=cover.alt
            fetchpriority="high"
        />
    }
}

/// A plain form, which the browser sends by itself: hardly anybody who reads is an editor, and
/// the code for the other kind is not sent to all of them.
fn withdrawal(slug: &str) -> AnyView {
    let to = format!("/article/{slug}?form=withdraw");
    view! {
        <details>
            <summary>"Take it offline"</summary>
            <form class="form" method="post" action=to>
                <p>"It becomes a draft again, which its author alone can see and may publish once more. They are told by mail."</p>
                <input type="hidden" name="slug" value=slug.to_owned() />
                <div class="field">
                    <label for="reason">"Reason"</label>
                    <input id="reason" name="reason" dir="auto" maxlength=Field::Reason.length().in_utf16() aria-describedby="reason-hint" />
                    <p class="hint" id="reason-hint">"May stay empty. The author reads it, and so do administrators."</p>
                </div>
                <p class="actions"><button type="submit" class="destructive">"Take it offline"</button></p>
            </form>
        </details>
    }
    .erased()
}
