//! Pages that come in WebAssembly chunks of their own, when they are first visited.

use leptos::{prelude::*, wasm_split::SplitLoaderError};
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

            #[leptos::wasm_split::wasm_split(
                $chunk,
                wasm_split_path = ::leptos::wasm_split,
                preload(fetch),
                fallible
            )]
            fn page() -> Result<AnyView, SplitLoaderError> {
                Ok(view! { <$page /> }.into_any())
            }

            impl leptos_router::LazyRoute for $route {
                fn data() -> Self {
                    Self
                }

                async fn view(_: Self) -> AnyView {
                    $crate::ui::lazy::arrived(page().await).await
                }

                async fn preload() {
                    $crate::ui::lazy::fetched(fetch().await).await;
                }
            }
        };
    };
}
pub(crate) use lazy_page;

/// Waits for good when the chunk of the page that is being hydrated did not come: the
/// document stays as the server rendered it, readable, with forms that work.
pub(crate) async fn fetched(chunk: Result<(), SplitLoaderError>) {
    if chunk.is_err() && is_hydrating() {
        std::future::pending().await
    }
}

/// The page. When its chunk did not come (a network that failed, a server that was upgraded
/// meanwhile) the browser loads the document at the new address, which needs no chunk.
pub(crate) async fn arrived(page: Result<AnyView, SplitLoaderError>) -> AnyView {
    match page {
        Ok(view) => view,
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
