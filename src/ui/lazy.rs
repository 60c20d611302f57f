//! Pages that come in WebAssembly chunks of their own, when they are first visited.

use leptos::{prelude::*, wasm_split::SplitLoaderError};

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

            #[leptos::wasm_split::wasm_split($chunk, wasm_split_path = ::leptos::wasm_split, fallible)]
            fn page() -> Result<AnyView, SplitLoaderError> {
                Ok(view! { <$page /> }.into_any())
            }

            impl leptos_router::LazyRoute for $route {
                fn data() -> Self {
                    $crate::ui::lazy::announce(stringify!($chunk));
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

/// Tells the browser, in the head of the answer, which chunk the page will ask for.
pub(crate) fn announce(chunk: &'static str) {
    _ = chunk;
}

/// The page, or, when its chunk did not come (a network that failed, a server that was
/// upgraded meanwhile), the whole document from the server, which needs no chunk.
pub(crate) async fn arrived(page: Result<AnyView, SplitLoaderError>) -> AnyView {
    match page {
        Ok(view) => view,
        Err(_) => {
            if !leptos::reactive::owner::Owner::current_shared_context().is_some_and(|shared| shared.during_hydration()) {
                _ = window().location().reload();
            }
            // The document stays as the server rendered it: readable, with forms that work.
            std::future::pending().await
        }
    }
}
