//! Pages that come in WebAssembly chunks of their own, when they are first visited.

use leptos::{
    prelude::*,
    wasm_bindgen::{JsCast, closure::Closure},
    wasm_split::SplitLoaderError,
    web_sys::Event,
};
use leptos_router::{hooks::use_location, location::Location};

/// Makes a route of a page component whose code is not part of the first download.
///
/// `$route` is the name for the route table, `$chunk` that of the chunk: pages that name the
/// same chunk come together.
macro_rules! lazy_page {
    ($(#[$doc:meta])* $route:ident = $page:ident in $chunk:ident) => {
        $(#[$doc])*
        pub struct $route;

        const _: () = {
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

            impl leptos_router::LazyRoute for $route {
                fn data() -> Self {
                    Self
                }

                async fn view(_: Self) -> AnyView {
                    $crate::ui::lazy::arrived(page().await).await
                }
            }
        };
    };
}
pub(crate) use lazy_page;

/// The page. When its chunk did not come (a network that failed, a server that was upgraded
/// meanwhile) the browser loads the document at the new address, which needs no chunk; a document
/// that is being hydrated stays as the server rendered it, readable, with forms that work.
pub(crate) async fn arrived(page: Result<AnyView, SplitLoaderError>) -> AnyView {
    match page {
        Ok(view) => view,
        Err(_) if is_hydrating() => {
            leave_links_to_the_browser();
            std::future::pending().await
        }
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

/// The router catches clicks at the window, and would wait there for a page that never comes:
/// none gets that far.
fn leave_links_to_the_browser() {
    let stop = Closure::<dyn Fn(Event)>::new(|click: Event| click.stop_propagation());
    let before_all_others = true;
    _ = document().add_event_listener_with_callback_and_bool(
        "click",
        stop.as_ref().unchecked_ref(),
        before_all_others,
    );
    stop.forget();
}
