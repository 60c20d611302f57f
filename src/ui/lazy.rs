//! Pages that come in WebAssembly chunks of their own, when they are first visited.

use std::pin::Pin;

use leptos::{
    prelude::*,
    wasm_bindgen::{JsCast, closure::Closure},
    wasm_split::SplitLoaderError,
    web_sys::Event,
};
use leptos_router::{ChooseView, hooks::use_location, location::Location};

/// Makes a route of a page component whose code is not part of the first download.
///
/// `$route` is the name for the route table, `$chunk` that of the chunk: pages that name the
/// same chunk come together.
macro_rules! lazy_page {
    ($(#[$doc:meta])* $route:ident = $page:ident in $chunk:ident) => {
        $(#[$doc])*
        pub const $route: $crate::ui::lazy::LazyPage = {
            use leptos::{prelude::*, wasm_split::SplitLoaderError};

            use $crate::ui::erased::Erase as _;

            #[leptos::wasm_split::wasm_split(
                $chunk,
                wasm_split_path = ::leptos::wasm_split,
                fallible
            )]
            fn page() -> Result<AnyView, SplitLoaderError> {
                Ok(view! { <$page /> }.erased())
            }

            $crate::ui::lazy::LazyPage::new(|| Box::pin(page()))
        };
    };
}
pub(crate) use lazy_page;

/// A page that is on its way, or the reason why it does not come.
type Coming = Pin<Box<dyn Future<Output = Result<AnyView, SplitLoaderError>>>>;

/// What the route table has for a page.
///
/// One type for all of them: Leptos' own `Lazy` is another one for each page, and so is then all
/// that the router makes of it.
#[derive(Clone, Copy)]
pub struct LazyPage(fn() -> Coming);

impl LazyPage {
    /// Of what begins to fetch it.
    pub const fn new(fetch: fn() -> Coming) -> Self {
        Self(fetch)
    }
}

impl ChooseView for LazyPage {
    async fn choose(self) -> AnyView {
        // The router listens already. It would take the address of a link to the page that is on
        // its way, which then shows what it was rendered with all the same.
        let clicks = is_hydrating().then(Clicks::leave_to_the_browser);
        let page = arrived((self.0)().await).await;
        if let Some(clicks) = clicks {
            clicks.give_back();
        }
        page
    }

    async fn preload(&self) {}
}

/// The page. When its chunk did not come (a network that failed, a server that was upgraded
/// meanwhile) the browser loads the document at the new address, which needs no chunk; a document
/// that is being hydrated stays as the server rendered it, readable, with forms that work.
async fn arrived(page: Result<AnyView, SplitLoaderError>) -> AnyView {
    match page {
        Ok(view) => view,
        Err(_) if is_hydrating() => std::future::pending().await,
        Err(_) => {
            // The router names the new address to the browser once the page is there, which is
            // never. Without the fragment: an address that differs in it alone loads nothing.
            let Location { pathname, search, .. } = use_location();
            let (path, query) = (pathname.get_untracked(), search.get_untracked());
            let to = if query.is_empty() { path } else { format!("{path}?{query}") };
            _ = window().location().assign(&to);
            std::future::pending().await
        }
    }
}

fn is_hydrating() -> bool {
    Owner::current_shared_context().is_some_and(|shared| shared.during_hydration())
}

/// Clicks that the browser answers as it does without JavaScript: the router, which catches them at
/// the window, gets none.
struct Clicks(Closure<dyn Fn(Event)>);

impl Clicks {
    const BEFORE_ALL_OTHERS: bool = true;

    fn leave_to_the_browser() -> Self {
        let stop = Closure::<dyn Fn(Event)>::new(|click: Event| click.stop_propagation());
        _ = document().add_event_listener_with_callback_and_bool(
            "click",
            stop.as_ref().unchecked_ref(),
            Self::BEFORE_ALL_OTHERS,
        );
        Self(stop)
    }

    fn give_back(self) {
        _ = document().remove_event_listener_with_callback_and_bool(
            "click",
            self.0.as_ref().unchecked_ref(),
            Self::BEFORE_ALL_OTHERS,
        );
    }
}
