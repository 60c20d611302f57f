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
    domain::article::{Article, Status},
    error::Error,
    json::Json,
    ui::{
        form::RefusedElsewhere,
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
    let reader = context::reader()?.map(|user| user.id);
    let slug = Slug::parse(&slug).ok_or(Error::NotFound)?;
    Ok(reading::read(&context::state()?.db, &slug, reader).await?)
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
        {shown}
    }
}

fn show(article: Article) -> AnyView {
    let Article { preview, html, tags, mine } = article;
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
            </header>
            <div class="article-content" inner_html=html></div>
            <footer>{tags}</footer>
        </article>
    }
    .into_any()
}
