//! `/article/:slug`: an article, to be read.

use leptos::{
    prelude::*,
    server,
    server_fn::{ServerFn, codec::GetUrl},
};
use leptos_meta::{Meta, Title};
use leptos_router::location::Url;

use super::{articles::DeleteArticle, segment};
use crate::{
    domain::{
        article::{Article, Status},
        image::{SIZES, Shown},
    },
    error::Error,
    json::Json,
    ui::{
        form::{Done, RefusedElsewhere},
        list::{members_badge, signature},
        load::loaded,
    },
};

/// An article that the viewer may read.
// reads only
#[server(prefix = "/rpc", endpoint = "article", input = GetUrl, output = Json)]
pub async fn read_article(slug: String) -> Result<Article, Error> {
    use crate::{
        domain::article::Slug,
        server::{articles::reading, context},
    };
    let reader = context::reader()?;
    let slug = Slug::parse(&slug).ok_or(Error::NotFound)?;
    Ok(reading::read(&context::state()?.db, &slug, reader.as_ref()).await?)
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
    ArticleRoute = ArticlePage in reading
}

/// An article's page.
#[component]
pub fn ArticlePage() -> impl IntoView {
    let slug = segment("slug");
    let article = Resource::new(move || slug.get(), read_article);
    let shown = loaded(article, show);
    view! {
        <RefusedElsewhere function=DeleteArticle::PATH />
        <RefusedElsewhere function=WithdrawArticle::PATH />
        {shown}
    }
}

fn show(article: Article) -> AnyView {
    let Article { preview, html, tags, cover, mine, withdrawable } = article;
    let cover = cover.map(cover_picture);
    let withdraw = withdrawable.then(|| withdrawal(&preview.slug));
    let about = if preview.description.is_empty() {
        preview.title.clone()
    } else {
        preview.description.clone()
    };
    let standfirst = (!preview.description.is_empty())
        .then(|| view! { <p class="standfirst">{preview.description}</p> });
    let draft =
        (preview.status == Status::Draft).then(|| view! { <span class="badge">"Draft"</span> });
    let edit = mine.then(
        || view! { <a class="edit-link" href=format!("/editor/{}", preview.slug)>"Edit"</a> },
    );
    let tags = tags
        .into_iter()
        .map(|tag| view! { <li class="tag-pill"><a href=format!("/tag/{}", Url::escape(&tag))>{tag.clone()}</a></li> })
        .collect::<Vec<_>>();
    let tags =
        (!tags.is_empty()).then(|| view! { <ul class="tag-list" aria-label="Tags">{tags}</ul> });
    view! {
        <Title text=preview.title.clone() />
        <Meta name="description" content=about />
        <article class="article-page">
            <header>
                <h1>{preview.title}</h1>
                {standfirst}
                <p class="meta byline">
                    {signature(preview.author)}
                    <time datetime=preview.when.iso>{preview.when.text}</time>
                    <span>{format!("{} min read", preview.minutes)}</span>
                    {draft}
                    {members_badge(preview.visibility)}
                    {edit}
                </p>
                {cover}
            </header>
            <div class="article-content" inner_html=html></div>
            <footer>{tags}{withdraw}</footer>
        </article>
    }
    .into_any()
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
fn withdrawal(slug: &str) -> impl IntoView + use<> {
    let to = format!("/article/{slug}?form=withdraw");
    view! {
        <details>
            <summary>"Take it offline"</summary>
            <form class="form" method="post" action=to>
                <p>"It becomes a draft again, which its author alone can see and may publish once more. They are told by mail."</p>
                <input type="hidden" name="slug" value=slug.to_owned() />
                <div class="field">
                    <label for="reason">"Reason"</label>
                    <input id="reason" name="reason" maxlength="300" aria-describedby="reason-hint" />
                    <p class="hint" id="reason-hint">"May stay empty. The author reads it, and so do administrators."</p>
                </div>
                <p class="actions"><button type="submit" class="destructive">"Take it offline"</button></p>
            </form>
        </details>
    }
}
