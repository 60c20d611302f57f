//! Lists of articles, in pages.

use leptos::prelude::*;

use crate::{
    domain::{
        account::FORMER,
        article::{Preview, Visibility},
        page::Listing,
    },
    ui::erased::Erase,
};

/// The articles of one page, and the way to the others.
///
/// `base` is the list's address without its page, `empty` what is said when there is none.
pub fn listing(list: Listing, base: &str, empty: AnyView) -> AnyView {
    if list.previews.is_empty() {
        if list.total > 0 {
            return beyond(base);
        }
        return view! { <div class="empty-feed-message">{empty}</div> }.erased();
    }
    let pager = pager(list.page, list.pages, base);
    let previews = list.previews.into_iter().map(preview).collect_view();
    view! { <div class="feed">{previews}</div>{pager} }.erased()
}

/// What is said after the last page of the list at that address.
pub fn beyond(base: &str) -> AnyView {
    view! {
        <div class="empty-feed-message">
            <p>"There is nothing on this page."</p>
            <p><a class="button" href=base.to_owned()>"Back to the first page"</a></p>
        </div>
    }
    .erased()
}

fn preview(mut article: Preview) -> AnyView {
    let title = std::mem::take(&mut article.title).erased();
    let standfirst = std::mem::take(&mut article.description);
    let standfirst = (!standfirst.is_empty()).then(|| standfirst.erased());
    preview_with(article, title, standfirst)
}

/// An article in a list, with that for its title and its standfirst.
pub fn preview_with(article: Preview, title: AnyView, standfirst: Option<AnyView>) -> AnyView {
    let href = format!("/article/{}", article.slug);
    let standfirst = standfirst.map(|text| view! { <p class="description" dir="auto">{text}</p> });
    view! {
        <article class="article-preview">
            <a class="preview-link" href=href>
                <h2 dir="auto">{title}</h2>
                {standfirst}
            </a>
            <p class="meta">
                {signature(article.author)}
                <time datetime=article.when.iso>{article.when.text}</time>
                <span>{format!("{} min read", article.minutes)}</span>
                {members_badge(article.visibility)}
            </p>
        </article>
    }
    .erased()
}

/// Who wrote an article, with the way to their page, if they have one.
pub fn signature(author: String) -> AnyView {
    if author == FORMER {
        return view! { <span class="author">{author}</span> }.erased();
    }
    let href = format!("/profile/{author}");
    view! { <a class="author" href=href rel="author">{author}</a> }.erased()
}

/// Says that an article is not for everybody.
pub fn members_badge(visibility: Visibility) -> Option<impl IntoView> {
    (visibility == Visibility::Members).then(|| view! { <span class="badge">"Members"</span> })
}

/// First, last, this page and its neighbours.
pub fn pager(page: u32, pages: u32, base: &str) -> AnyView {
    if pages <= 1 {
        return ().erased();
    }
    let near = |n: u32| n == 1 || n == pages || n.abs_diff(page) <= 2;
    let mut items: Vec<AnyView> = Vec::new();
    let mut last = 0;
    for n in
        (1..=pages.min(3)).chain(page.saturating_sub(2)..=page.saturating_add(2)).chain([pages])
    {
        if n <= last || n > pages || !near(n) {
            continue;
        }
        if n > last + 1 {
            items.push(view! { <li class="page-item"><span class="gap">"…"</span></li> }.erased());
        }
        last = n;
        let href = address_of(base, n);
        let here = (n == page).then_some("page");
        let class = if n == page { "page-item active" } else { "page-item" };
        items.push(
            view! { <li class=class><a class="page-link" href=href aria-current=here aria-label=format!("Page {n}")>{n.to_string()}</a></li> }
                .erased(),
        );
    }
    view! { <nav class="pagination" aria-label="Pages"><ul>{items}</ul></nav> }.erased()
}

/// What the ways of [`turning`] are called where the newest comes first.
pub const NEWEST_FIRST: [&str; 2] = ["Newer", "Older"];

/// The ways to the page before and to the one after, in these words. How many there are is not
/// counted: that would read all of them.
pub fn turning(page: u32, more: bool, base: &str, words: [&'static str; 2]) -> AnyView {
    let link = |there: bool, to: u32, rel: &'static str, text: &'static str| {
        there.then(|| {
            let href = address_of(base, to);
            view! { <li class="page-item"><a class="page-link" href=href rel=rel>{text}</a></li> }
        })
    };
    let before = link(page > 1, page.saturating_sub(1), "prev", words[0]);
    let after = link(more, page.saturating_add(1), "next", words[1]);
    if before.is_none() && after.is_none() {
        return ().erased();
    }
    view! { <nav class="pagination" aria-label="Pages"><ul>{before}{after}</ul></nav> }.erased()
}

/// The first page has the list's own address.
fn address_of(base: &str, page: u32) -> String {
    let mark = if base.contains('?') { '&' } else { '?' };
    if page == 1 { base.to_owned() } else { format!("{base}{mark}page={page}") }
}
