//! The app: what every page stands in, and the route table.

use html_escape::encode_text;
use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    ParamSegment, SsrMode, StaticSegment,
    components::{FlatRoutes, Route, Router},
    hooks::use_location,
};

use crate::{
    pages::who_am_i,
    pages::{
        account::{ACCOUNT_ROUTE, EMAIL_ROUTE},
        admin::{PEOPLE_ROUTE, log::LOG_ROUTE, person::PERSON_ROUTE, reports::REPORTS_ROUTE},
        article::ARTICLE_ROUTE,
        articles::DESK_ROUTE,
        data::DATA_ROUTE,
        editor::EDITOR_ROUTE,
        home::HOME_ROUTE,
        images::IMAGES_ROUTE,
        import::IMPORT_ROUTE,
        invitations::INVITATIONS_ROUTE,
        log_in::LOG_IN_ROUTE,
        log_in_step::LOG_IN_STEP_ROUTE,
        not_me::NOT_ME_ROUTE,
        passkeys::PASSKEYS_ROUTE,
        profile::{FAVORITES_ROUTE, PROFILE_ROUTE},
        proof::{PROOF_LINK_ROUTE, PROOF_ROUTE},
        register::REGISTER_ROUTE,
        reset::{NEW_PASSWORD_ROUTE, RESET_ROUTE},
        restore::RESTORE_ROUTE,
        revisions::REVISIONS_ROUTE,
        search::SEARCH_ROUTE,
        second_factor::SECOND_FACTOR_ROUTE,
        security::{SECURITY_ROUTE, log::SECURITY_LOG_ROUTE},
        settings::SETTINGS_ROUTE,
        tag::TAG_ROUTE,
        tags::TAGS_ROUTE,
        watch::watch_session,
    },
    ui::{
        data::Data,
        focus::focus,
        form::provide_refusal,
        layout::{SiteFooter, SiteHeader},
        load::missing,
        site::site_name,
    },
};

/// Everything inside `<body>`.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    provide_refusal();
    let name = site_name();
    let viewer = Data::new(|| (), |()| who_am_i());
    provide_context(viewer);
    watch_session(viewer);
    view! {
        <Title text=title_so_far(end_of_title(&name)) formatter=title_of_document(name) />
        <Router>
            <a class="skip-link" href="#main" rel="external">"Skip to content"</a>
            <SiteHeader viewer />
            <main id="main" tabindex="-1">
                <FocusOnNavigation />
                <FlatRoutes fallback=missing>
                    <Route path=StaticSegment("") view=HOME_ROUTE ssr=SsrMode::Async />
                    <Route path=StaticSegment("login") view=LOG_IN_ROUTE ssr=SsrMode::Async />
                    <Route path=(StaticSegment("login"), StaticSegment("step")) view=LOG_IN_STEP_ROUTE ssr=SsrMode::Async />
                    <Route path=StaticSegment("register") view=REGISTER_ROUTE ssr=SsrMode::Async />
                    <Route path=(StaticSegment("register"), StaticSegment("confirm")) view=PROOF_ROUTE ssr=SsrMode::Async />
                    <Route path=(StaticSegment("register"), StaticSegment("confirm"), ParamSegment("token")) view=PROOF_LINK_ROUTE ssr=SsrMode::Async />
                    <Route path=StaticSegment("reset") view=RESET_ROUTE ssr=SsrMode::Async />
                    <Route path=(StaticSegment("reset"), ParamSegment("token")) view=NEW_PASSWORD_ROUTE ssr=SsrMode::Async />
                    <Route path=(StaticSegment("restore"), ParamSegment("token")) view=RESTORE_ROUTE ssr=SsrMode::Async />
                    <Route path=StaticSegment("settings") view=SETTINGS_ROUTE ssr=SsrMode::Async />
                    <Route path=(StaticSegment("settings"), StaticSegment("security")) view=SECURITY_ROUTE ssr=SsrMode::Async />
                    <Route path=(StaticSegment("settings"), StaticSegment("security"), StaticSegment("log")) view=SECURITY_LOG_ROUTE ssr=SsrMode::Async />
                    <Route path=(StaticSegment("settings"), StaticSegment("account")) view=ACCOUNT_ROUTE ssr=SsrMode::Async />
                    <Route path=(StaticSegment("settings"), StaticSegment("email"), ParamSegment("token")) view=EMAIL_ROUTE ssr=SsrMode::Async />
                    <Route path=(StaticSegment("not-me"), ParamSegment("token")) view=NOT_ME_ROUTE ssr=SsrMode::Async />
                    <Route path=(StaticSegment("settings"), StaticSegment("data"), StaticSegment("import")) view=IMPORT_ROUTE ssr=SsrMode::Async />
                    <Route path=(StaticSegment("settings"), StaticSegment("data")) view=DATA_ROUTE ssr=SsrMode::Async />
                    <Route path=(StaticSegment("settings"), StaticSegment("security"), StaticSegment("passkeys")) view=PASSKEYS_ROUTE ssr=SsrMode::Async />
                    <Route path=(StaticSegment("settings"), StaticSegment("invitations")) view=INVITATIONS_ROUTE ssr=SsrMode::Async />
                    <Route path=(StaticSegment("settings"), StaticSegment("security"), StaticSegment("second-factor")) view=SECOND_FACTOR_ROUTE ssr=SsrMode::Async />
                    <Route path=StaticSegment("search") view=SEARCH_ROUTE ssr=SsrMode::Async />
                    <Route path=StaticSegment("articles") view=DESK_ROUTE ssr=SsrMode::Async />
                    <Route path=(StaticSegment("articles"), ParamSegment("slug"), StaticSegment("revisions")) view=REVISIONS_ROUTE ssr=SsrMode::Async />
                    <Route path=StaticSegment("editor") view=EDITOR_ROUTE ssr=SsrMode::Async />
                    <Route path=(StaticSegment("editor"), ParamSegment("slug")) view=EDITOR_ROUTE ssr=SsrMode::Async />
                    <Route path=StaticSegment("images") view=IMAGES_ROUTE ssr=SsrMode::Async />
                    <Route path=StaticSegment("admin") view=PEOPLE_ROUTE ssr=SsrMode::Async />
                    <Route path=(StaticSegment("admin"), StaticSegment("log")) view=LOG_ROUTE ssr=SsrMode::Async />
                    <Route path=(StaticSegment("admin"), StaticSegment("reports")) view=REPORTS_ROUTE ssr=SsrMode::Async />
                    <Route path=(StaticSegment("admin"), StaticSegment("people"), ParamSegment("username")) view=PERSON_ROUTE ssr=SsrMode::Async />
                    <Route path=(StaticSegment("article"), ParamSegment("slug")) view=ARTICLE_ROUTE ssr=SsrMode::Async />
                    <Route path=(StaticSegment("profile"), ParamSegment("username")) view=PROFILE_ROUTE ssr=SsrMode::Async />
                    <Route path=(StaticSegment("profile"), ParamSegment("username"), StaticSegment("favorites")) view=FAVORITES_ROUTE ssr=SsrMode::Async />
                    <Route path=(StaticSegment("tag"), ParamSegment("tag")) view=TAG_ROUTE ssr=SsrMode::Async />
                    <Route path=StaticSegment("tags") view=TAGS_ROUTE ssr=SsrMode::Async />
                </FlatRoutes>
            </main>
            <SiteFooter />
        </Router>
    }
}

/// What a document's title ends with, but for that of the front page, which is the site's name alone.
fn end_of_title(name: &str) -> String {
    format!(" · {name}")
}

/// The document's title on a page that calls itself `text`; the front page goes without.
///
/// leptos_meta writes it into the served document as it is, so there it must be HTML: what an
/// article is called could end the element. The browser takes text.
fn title_of_document(name: String) -> impl Fn(String) -> String + Send + Sync + 'static {
    // Asked here: when the document's head is written, nothing says any more where that is.
    let is_html = is_server();
    move |text| {
        let title = if text.is_empty() { name.clone() } else { text + &end_of_title(&name) };
        if is_html { encode_text(&title).into_owned() } else { title }
    }
}

/// The title while no page says its own, because it is being hydrated or fetched: the one
/// that the document has.
fn title_so_far(end: String) -> impl Fn() -> String + Send + Sync + 'static {
    let shown = || if is_server() { String::new() } else { document().title() };
    let served = shown();
    move || {
        // leptos_meta empties the title for a moment before it asks for it.
        let shown = shown();
        let title = if shown.is_empty() { &served } else { &shown };
        title.strip_suffix(end.as_str()).unwrap_or_default().to_owned()
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
            focus(document().get_element_by_id("main"));
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
