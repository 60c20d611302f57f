//! The app: what every page stands in, and the route table.

use html_escape::encode_text;
use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    Lazy, ParamSegment, SsrMode, StaticSegment,
    components::{FlatRoutes, Route, Router},
    hooks::use_location,
};

use crate::{
    pages::who_am_i,
    pages::{
        account::{AccountRoute, EmailRoute},
        admin::{PeopleRoute, log::LogRoute, person::PersonRoute, reports::ReportsRoute},
        article::ArticleRoute,
        articles::DeskRoute,
        data::DataRoute,
        editor::EditorRoute,
        home::HomeRoute,
        images::ImagesRoute,
        import::ImportRoute,
        invitations::InvitationsRoute,
        log_in::LogInRoute,
        log_in_step::LogInStepRoute,
        not_me::NotMeRoute,
        passkeys::PasskeysRoute,
        profile::{FavoritesRoute, ProfileRoute},
        proof::{ProofLinkRoute, ProofRoute},
        register::RegisterRoute,
        reset::{NewPasswordRoute, ResetRoute},
        restore::RestoreRoute,
        revisions::RevisionsRoute,
        search::SearchRoute,
        second_factor::SecondFactorRoute,
        security::SecurityRoute,
        settings::SettingsRoute,
        tag::TagRoute,
        tags::TagsRoute,
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
        <Title text=title_so_far() formatter=title_of_document() />
        <Router>
            <a class="skip-link" href="#main" rel="external">"Skip to content"</a>
            <SiteHeader viewer />
            <main id="main" tabindex="-1">
                <FocusOnNavigation />
                <FlatRoutes fallback=missing>
                    <Route path=StaticSegment("") view={Lazy::<HomeRoute>::new()} ssr=SsrMode::Async />
                    <Route path=StaticSegment("login") view={Lazy::<LogInRoute>::new()} ssr=SsrMode::Async />
                    <Route path=(StaticSegment("login"), StaticSegment("step")) view={Lazy::<LogInStepRoute>::new()} ssr=SsrMode::Async />
                    <Route path=StaticSegment("register") view={Lazy::<RegisterRoute>::new()} ssr=SsrMode::Async />
                    <Route path=(StaticSegment("register"), StaticSegment("confirm")) view={Lazy::<ProofRoute>::new()} ssr=SsrMode::Async />
                    <Route path=(StaticSegment("register"), StaticSegment("confirm"), ParamSegment("token")) view={Lazy::<ProofLinkRoute>::new()} ssr=SsrMode::Async />
                    <Route path=StaticSegment("reset") view={Lazy::<ResetRoute>::new()} ssr=SsrMode::Async />
                    <Route path=(StaticSegment("reset"), ParamSegment("token")) view={Lazy::<NewPasswordRoute>::new()} ssr=SsrMode::Async />
                    <Route path=(StaticSegment("restore"), ParamSegment("token")) view={Lazy::<RestoreRoute>::new()} ssr=SsrMode::Async />
                    <Route path=StaticSegment("settings") view={Lazy::<SettingsRoute>::new()} ssr=SsrMode::Async />
                    <Route path=(StaticSegment("settings"), StaticSegment("security")) view={Lazy::<SecurityRoute>::new()} ssr=SsrMode::Async />
                    <Route path=(StaticSegment("settings"), StaticSegment("account")) view={Lazy::<AccountRoute>::new()} ssr=SsrMode::Async />
                    <Route path=(StaticSegment("settings"), StaticSegment("email"), ParamSegment("token")) view={Lazy::<EmailRoute>::new()} ssr=SsrMode::Async />
                    <Route path=(StaticSegment("not-me"), ParamSegment("token")) view={Lazy::<NotMeRoute>::new()} ssr=SsrMode::Async />
                    <Route path=(StaticSegment("settings"), StaticSegment("data"), StaticSegment("import")) view={Lazy::<ImportRoute>::new()} ssr=SsrMode::Async />
                    <Route path=(StaticSegment("settings"), StaticSegment("data")) view={Lazy::<DataRoute>::new()} ssr=SsrMode::Async />
                    <Route path=(StaticSegment("settings"), StaticSegment("security"), StaticSegment("passkeys")) view={Lazy::<PasskeysRoute>::new()} ssr=SsrMode::Async />
                    <Route path=(StaticSegment("settings"), StaticSegment("invitations")) view={Lazy::<InvitationsRoute>::new()} ssr=SsrMode::Async />
                    <Route path=(StaticSegment("settings"), StaticSegment("security"), StaticSegment("second-factor")) view={Lazy::<SecondFactorRoute>::new()} ssr=SsrMode::Async />
                    <Route path=StaticSegment("search") view={Lazy::<SearchRoute>::new()} ssr=SsrMode::Async />
                    <Route path=StaticSegment("articles") view={Lazy::<DeskRoute>::new()} ssr=SsrMode::Async />
                    <Route path=(StaticSegment("articles"), ParamSegment("slug"), StaticSegment("revisions")) view={Lazy::<RevisionsRoute>::new()} ssr=SsrMode::Async />
                    <Route path=StaticSegment("editor") view={Lazy::<EditorRoute>::new()} ssr=SsrMode::Async />
                    <Route path=(StaticSegment("editor"), ParamSegment("slug")) view={Lazy::<EditorRoute>::new()} ssr=SsrMode::Async />
                    <Route path=StaticSegment("images") view={Lazy::<ImagesRoute>::new()} ssr=SsrMode::Async />
                    <Route path=StaticSegment("admin") view={Lazy::<PeopleRoute>::new()} ssr=SsrMode::Async />
                    <Route path=(StaticSegment("admin"), StaticSegment("log")) view={Lazy::<LogRoute>::new()} ssr=SsrMode::Async />
                    <Route path=(StaticSegment("admin"), StaticSegment("reports")) view={Lazy::<ReportsRoute>::new()} ssr=SsrMode::Async />
                    <Route path=(StaticSegment("admin"), StaticSegment("people"), ParamSegment("username")) view={Lazy::<PersonRoute>::new()} ssr=SsrMode::Async />
                    <Route path=(StaticSegment("article"), ParamSegment("slug")) view={Lazy::<ArticleRoute>::new()} ssr=SsrMode::Async />
                    <Route path=(StaticSegment("profile"), ParamSegment("username")) view={Lazy::<ProfileRoute>::new()} ssr=SsrMode::Async />
                    <Route path=(StaticSegment("profile"), ParamSegment("username"), StaticSegment("favorites")) view={Lazy::<FavoritesRoute>::new()} ssr=SsrMode::Async />
                    <Route path=(StaticSegment("tag"), ParamSegment("tag")) view={Lazy::<TagRoute>::new()} ssr=SsrMode::Async />
                    <Route path=StaticSegment("tags") view={Lazy::<TagsRoute>::new()} ssr=SsrMode::Async />
                </FlatRoutes>
            </main>
            <SiteFooter />
        </Router>
    }
}

/// What a document's title ends with.
const TITLE_END: &str = " · Byline";

/// The document's title on a page that calls itself `text`; the front page goes without.
///
/// leptos_meta writes it into the served document as it is, so there it must be HTML: what an
/// article is called could end the element. The browser takes text.
fn title_of_document() -> impl Fn(String) -> String + Send + Sync + 'static {
    // Asked here: when the document's head is written, nothing says any more where that is.
    let is_html = is_server();
    move |text| {
        let title = if text.is_empty() { "Byline".into() } else { text + TITLE_END };
        if is_html { encode_text(&title).into_owned() } else { title }
    }
}

/// The title while no page says its own, because it is being hydrated or fetched: the one
/// that the document has.
fn title_so_far() -> impl Fn() -> String + Send + Sync + 'static {
    let shown = || if is_server() { String::new() } else { document().title() };
    let served = shown();
    move || {
        // leptos_meta empties the title for a moment before it asks for it.
        let shown = shown();
        let title = if shown.is_empty() { &served } else { &shown };
        title.strip_suffix(TITLE_END).unwrap_or_default().to_owned()
    }
}

/// After a navigation without a reload the keyboard and the screen reader start at the new
/// page's content, as they would after one with a reload.
#[component]
fn FocusOnNavigation() -> impl IntoView {
    let path = use_location().pathname;
    Effect::new(move |before: Option<String>| {
        let now = path.get();
        if before.is_some_and(|before| before != now) {
            forget_served_page();
            if let Some(main) = document().get_element_by_id("main") {
                use leptos::wasm_bindgen::JsCast;
                if let Ok(main) = main.dyn_into::<leptos::web_sys::HtmlElement>() {
                    let _ = main.focus();
                }
            }
        }
        now
    });
}

/// What the server wrote into the head about the page that was served is wrong on another one: a
/// browser would share its address.
fn forget_served_page() {
    while let Ok(Some(element)) = document().query_selector("head > [data-served]") {
        element.remove();
    }
}
