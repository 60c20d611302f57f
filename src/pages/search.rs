//! `/search?q=…`: the articles that have all of some words.

use leptos::{prelude::*, server, server_fn::codec::GetUrl};
use leptos_meta::Title;
use leptos_router::{hooks::use_query_map, location::Url};

use super::page_number;
use crate::{
    domain::{
        field::Field,
        search::{Found, Hit, Piece},
    },
    error::Error,
    json::Json,
    ui::{
        data::Data,
        erased::Erase,
        list::{pager, preview_with},
        load::{loaded, refusal},
        status::set_status,
    },
};

/// One page of what the viewer may read and has all the words of `q`, the best first. The last
/// word may be the beginning of one.
// reads only
#[server(prefix = "/rpc", endpoint = "search", input = GetUrl, output = Json)]
pub async fn search(#[server(default)] q: String, page: u32) -> Result<Found, Error> {
    use crate::server::{articles::search, context};
    let member = context::reader()?.is_some();
    let state = context::state()?;
    Ok(search::find(&state.db, &q, member, page, state.clock.now()).await?)
}

crate::ui::lazy::lazy_page! {
    /// The route of [`SearchPage`].
    SEARCH_ROUTE = SearchPage in finding
}

/// The page to search on. Its form is a plain one: the browser itself sends it.
#[component]
pub fn SearchPage() -> impl IntoView {
    let page = page_number();
    let query = use_query_map();
    let wanted = Memo::new(move |_| query.with(|query| query.get("q").unwrap_or_default()));
    // What was looked for comes along, be it refused: when the document's head is written no
    // signal of this page may be there any more.
    let found = Data::new(
        move || (wanted.get(), page.get()),
        |(q, page)| async move {
            let found = search(q.clone(), page).await;
            Ok((q.trim().to_owned(), found))
        },
    );
    loaded(found, show)
}

fn show((q, found): (String, Result<Found, Error>)) -> AnyView {
    let (wrong, below) = match found {
        Ok(found) => (None, results(found, &q)),
        Err(error @ Error::Invalid(_)) => {
            set_status(error.status());
            (error.about(Field::Q), ().erased())
        }
        Err(error) => return refusal(error),
    };
    let title = match q.as_str() {
        q if wrong.is_some() || q.is_empty() => "Search".to_owned(),
        q => format!("{q} · Search"),
    };
    let invalid = wrong.is_some().then_some("true");
    let described = wrong.is_some().then_some("q-error");
    view! {
        <Title text=title />
        <div class="page">
            <h1>"Search"</h1>
            <form class="search" method="get" action="/search" role="search">
                <div class="field">
                    <label for="q">"Words of an article"</label>
                    <input id="q" name="q" type="search" dir="auto" maxlength=Field::Q.length().in_utf16()
                        autofocus=q.is_empty() || wrong.is_some() aria-invalid=invalid
                        aria-describedby=described value=q />
                    {wrong.map(|wrong| view! { <p class="error" id="q-error">{wrong}</p> })}
                </div>
                <button type="submit">"Search"</button>
            </form>
            {below}
        </div>
    }
    .erased()
}

fn results(found: Found, q: &str) -> AnyView {
    let Found { hits, page, pages, total, more } = found;
    if q.is_empty() {
        let say = "Type what its title, its tags or its text says. Of the last word its first three letters are enough.";
        return view! { <div class="empty-feed-message"><p>{say}</p></div> }.erased();
    }
    let count = match total {
        0 => "No article has all of these words.".to_owned(),
        1 => "1 article".to_owned(),
        n if more => format!("More than {n} articles. One more word finds fewer."),
        n => format!("{n} articles"),
    };
    let advice = (total == 0).then(|| {
        view! { <p>"Try fewer words, or only the beginning of the last one. Or look through "<a href="/">"the latest articles"</a>"."</p> }
    });
    let base = format!("/search?q={}", Url::escape(q));
    let beyond =
        (page > pages).then(|| view! { <p><a href=base.clone()>"Back to the first page"</a></p> });
    view! {
        <div class="found" role="status"><p>{count}</p>{advice}{beyond}</div>
        <div class="feed">{hits.into_iter().map(hit).collect::<Vec<_>>()}</div>
        {pager(page, pages, &base)}
    }
    .erased()
}

fn hit(hit: Hit) -> AnyView {
    let Hit { preview, title, snippet } = hit;
    preview_with(preview, in_pieces(title), Some(in_pieces(snippet)))
}

/// Text and marked text: never HTML, whatever it says.
fn in_pieces(pieces: Vec<Piece>) -> AnyView {
    let piece = |Piece { text, found }| {
        if found { view! { <mark>{text}</mark> }.erased() } else { text.erased() }
    };
    pieces.into_iter().map(piece).collect::<Vec<_>>().erased()
}
