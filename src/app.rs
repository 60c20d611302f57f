//! The app: what every page stands in, and the route table.

use leptos::prelude::*;
use leptos_meta::{Meta, Title, provide_meta_context};
use leptos_router::{
    ParamSegment, SsrMode, StaticSegment,
    components::{Route, Router, Routes},
    hooks::use_location,
};

use crate::{
    pages::who_am_i,
    pages::{
        article::ArticlePage, articles::DeskPage, editor::EditorPage, home::HomePage,
        log_in::LogInPage, profile::ProfilePage, register::RegisterPage, settings::SettingsPage,
        tag::TagPage,
    },
    ui::{
        form::provide_refusal,
        layout::{SiteFooter, SiteHeader},
        load::missing,
    },
};

/// Everything inside `<body>`.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    provide_refusal();
    let viewer = Resource::new(|| (), |()| who_am_i());
    provide_context(viewer);
    view! {
        <Title formatter=|text: String| if text.is_empty() { "Byline".into() } else { format!("{text} · Byline") } />
        <Meta name="description" content="Articles by people who sign them." />
        <Router>
            <a class="skip-link" href="#main" rel="external">"Skip to content"</a>
            <SiteHeader viewer />
            <main id="main" tabindex="-1">
                <FocusOnNavigation />
                <Routes fallback=missing>
                    <Route path=StaticSegment("") view=HomePage ssr=SsrMode::Async />
                    <Route path=StaticSegment("login") view=LogInPage ssr=SsrMode::Async />
                    <Route path=StaticSegment("register") view=RegisterPage ssr=SsrMode::Async />
                    <Route path=StaticSegment("settings") view=SettingsPage ssr=SsrMode::Async />
                    <Route path=StaticSegment("articles") view=DeskPage ssr=SsrMode::Async />
                    <Route path=StaticSegment("editor") view=EditorPage ssr=SsrMode::Async />
                    <Route path=(StaticSegment("editor"), ParamSegment("slug")) view=EditorPage ssr=SsrMode::Async />
                    <Route path=(StaticSegment("article"), ParamSegment("slug")) view=ArticlePage ssr=SsrMode::Async />
                    <Route path=(StaticSegment("profile"), ParamSegment("username")) view=ProfilePage ssr=SsrMode::Async />
                    <Route path=(StaticSegment("tag"), ParamSegment("tag")) view=TagPage ssr=SsrMode::Async />
                </Routes>
            </main>
            <SiteFooter />
        </Router>
    }
}

/// After a navigation without a reload the keyboard and the screen reader start at the new
/// page's content, as they would after one with a reload.
#[component]
fn FocusOnNavigation() -> impl IntoView {
    let path = use_location().pathname;
    Effect::new(move |before: Option<String>| {
        let now = path.get();
        if before.is_some_and(|before| before != now)
            && let Some(main) = document().get_element_by_id("main")
        {
            use leptos::wasm_bindgen::JsCast;
            if let Ok(main) = main.dyn_into::<leptos::web_sys::HtmlElement>() {
                let _ = main.focus();
            }
        }
        now
    });
}
