//! What surrounds every page.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use super::{
    data::Data,
    erased::Erase,
    site::{site_name, tagline},
};
use crate::domain::account::Viewer;

/// Whoever looks at the page, or nobody; provided by the app.
pub type ViewerData = Data<Option<Viewer>>;

/// The header with the navigation.
#[component]
pub fn SiteHeader(
    /// For whom the links are.
    viewer: ViewerData,
) -> impl IntoView {
    let links = move || {
        Suspend::new(async move {
            match viewer.ready().await {
                Ok(Some(viewer)) => member_links(viewer),
                _ => stranger_links(),
            }
        })
    };
    view! {
        <header class="navbar">
            <a class="navbar-brand" href="/">{site_name()}</a>
            <nav aria-label="Main">
                <Suspense fallback=|| ()>{links}</Suspense>
            </nav>
        </header>
    }
}

fn stranger_links() -> AnyView {
    vec![
        link("/", "Home".into()),
        link("/search", "Search".into()),
        link("/login", "Log in".into()),
        link("/register", "Register".into()),
    ]
    .erased()
}

fn member_links(viewer: Viewer) -> AnyView {
    let mut links = vec![link("/", "Home".into()), link("/search", "Search".into())];
    if viewer.writes {
        links.push(link("/editor", "Write".into()));
        links.push(link("/articles", "My articles".into()));
    }
    links.push(link("/settings", "Settings".into()));
    let me = format!("/profile/{}", viewer.username);
    links.push(link_with("nav-link nav-me", me, viewer.username));
    links.erased()
}

fn link(href: &'static str, text: String) -> AnyView {
    link_with("nav-link", href.into(), text)
}

fn link_with(class: &'static str, href: String, text: String) -> AnyView {
    let href = StoredValue::new(href);
    let path = use_location().pathname;
    // The page itself, or one below it.
    let here = move || {
        href.with_value(|href| {
            path.with(|path| match path.strip_prefix(&**href)? {
                "" => Some("page"),
                below => below.starts_with('/').then_some("true"),
            })
        })
    };
    view! {
        <a class=class class:active=move || here().is_some() aria-current=here href=href.get_value()>
            {text}
        </a>
    }
    .erased()
}

/// The footer.
#[component]
pub fn SiteFooter() -> impl IntoView {
    view! {
        <footer class="site-footer">
            <p><a href="/">{site_name()}</a>" · "<span class="tagline">{tagline()}</span>" · "<a href="/tags">"Tags"</a></p>
        </footer>
    }
}
