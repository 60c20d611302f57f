//! Rendering pages on the server.

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderValue, Method, StatusCode, Uri, header, request::Parts},
    response::{IntoResponse, Response},
};
use http_body_util::BodyExt;
use leptos::{hydration::AutoReload, nonce::use_nonce, prelude::*};
use leptos_axum::ResponseOptions;
use leptos_meta::MetaTags;

use super::{
    AppState,
    config::Readers,
    doors,
    failure::status_of,
    feeds,
    head::Head,
    site::{self, Bundle},
};
use crate::{
    app::App,
    domain::{security::Handed, transfer::Report},
    ui::{form::Refused, status::SetStatus},
};

/// What components and server functions find in their context.
pub fn provide(state: &AppState) {
    provide_context(state.clone());
    provide_context(state.config.name.clone());
    provide_context(state.config.tagline.clone());
    let set_status = SetStatus::new(|status| {
        let response = use_context::<ResponseOptions>();
        if let (Some(response), Ok(status)) = (response, StatusCode::from_u16(status)) {
            response.set_status(status);
        }
    });
    provide_context(set_status);
}

/// The whole document, with the policy that lets only its own scripts run.
///
/// A `still` one stays as it was served: it has no script.
pub fn document(state: &AppState, still: bool) -> impl IntoView + use<> {
    if let (Some(response), Some(nonce)) = (use_context::<ResponseOptions>(), use_nonce())
        && let Ok(policy) = HeaderValue::from_str(&policy(&nonce.to_string()))
    {
        response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
    }
    let Bundle { js, wasm, css } = site::bundle().clone();
    let load = format!(
        "import({js:?}).then(m => m.default({{module_or_path: {wasm:?}}}).then(() => m.hydrate()))"
    );
    let feeds = feeds_of_page(state);
    let app = (!still).then(|| {
        let nonce = use_nonce();
        view! {
            <link rel="preload" href=wasm r#as="fetch" r#type="application/wasm" crossorigin="anonymous" fetchpriority="low" />
            <link rel="modulepreload" href=js fetchpriority="low" nonce=nonce.clone() />
            <script type="module" nonce=nonce>{load}</script>
        }
    });
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <link rel="stylesheet" href=css />
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                {feeds}
                {app}
                <AutoReload options=state.leptos.clone() />
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

/// Where feed readers find what the page shows.
fn feeds_of_page(state: &AppState) -> Option<impl IntoView + use<>> {
    let path = use_context::<Parts>().map(|parts| parts.uri.path().to_owned()).unwrap_or_default();
    let page = feeds::page_with_feed(&path).to_owned();
    (state.config.readers == Readers::Public).then(|| {
        view! {
            <link rel="alternate" type="application/atom+xml" title="Atom" href=format!("{page}/feed.atom") />
            <link rel="alternate" type="application/feed+json" title="JSON Feed" href=format!("{page}/feed.json") />
        }
    })
}

/// `wasm-unsafe-eval` lets WebAssembly be compiled and nothing be evaluated as JavaScript.
fn policy(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self' https: data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; \
         base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
    )
}

/// Renders the page at the request's address.
pub async fn render(state: &AppState, request: Request) -> Response {
    render_with(state, request, false, || {}).await
}

/// The app's own page for what is not there. It is the same wherever it is asked for, so that
/// nothing tells what is hidden from what does not exist; and still, since in the browser the app
/// would find a page for an address that is hidden.
pub async fn missing(state: &AppState, mut request: Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return StatusCode::NOT_FOUND.into_response();
    }
    *request.uri_mut() = Uri::from_static("/nothing/is/here");
    render_with(state, request, true, || {}).await
}

/// Renders a page that holds a form which was refused: what was typed and what is wrong
/// with it, under the status that says so.
pub async fn render_refused(state: &AppState, request: Request, refused: Refused) -> Response {
    let error = refused.error.clone();
    let mut response =
        render_with(state, request, false, move || provide_context(refused.clone())).await;
    *response.status_mut() = status_of(&error);
    doors::retry_after(&error, response.headers_mut());
    response
}

/// Renders a page with what it shows once, in the answer to the form that asked for it.
pub async fn render_handed(state: &AppState, request: Request, handed: Handed) -> Response {
    render_with(state, request, false, move || provide_context(handed.clone())).await
}

/// Renders the page of an import with what became of each file.
pub async fn render_report(state: &AppState, request: Request, report: Report) -> Response {
    render_with(state, request, false, move || provide_context(report.clone())).await
}

/// Renders a page, whole: nothing is streamed, so its status is known before its first byte, and
/// it leaves in one piece. `more` puts what only this answer shows into the context.
async fn render_with(
    state: &AppState,
    request: Request,
    still: bool,
    more: impl Fn() + Clone + Send + Sync + 'static,
) -> Response {
    let (for_context, for_shell) = (state.clone(), state.clone());
    let head = Head::default();
    let for_functions = head.clone();
    let handler = leptos_axum::render_app_async_with_context(
        move || {
            provide(&for_context);
            provide_context(for_functions.clone());
            more();
        },
        move || document(&for_shell, still),
    );
    finished(handler(request).await, &head).await
}

/// Writes into the head what was put aside for it, and puts the end of the document at its end: Leptos writes what hydration begins with behind it,
/// where HTML allows nothing. Browsers take it for a part of the body all the same.
async fn finished(response: Response, head: &Head) -> Response {
    const HEAD_END: &[u8] = b"</head>";
    const END: &[u8] = b"</body></html>";
    let (parts, body) = response.into_parts();
    let Ok(body) = body.collect().await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let mut html = body.to_bytes().to_vec();
    // The last one is the document's: in the scripts behind it `<` is escaped.
    if let Some(at) = html.windows(END.len()).rposition(|bytes| bytes == END) {
        html[at..].rotate_left(END.len());
    }
    // The first one is the document's: in titles and attributes before it `<` is escaped.
    if let Some(at) = html.windows(HEAD_END.len()).position(|bytes| bytes == HEAD_END) {
        html.splice(at..at, head.take().into_bytes());
    }
    Response::from_parts(parts, Body::from(html))
}

/// The options that Leptos wants for its own: output name and development reload.
pub fn leptos_options() -> LeptosOptions {
    LeptosOptions::builder().output_name("byline").build()
}

/// A page for an error that has no page of its own: no script, no query, nothing that could
/// fail once more.
pub fn plain_error(status: StatusCode, incident: Option<&str>) -> Response {
    const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; \
         frame-ancestors 'none'; base-uri 'none'; form-action 'self'";
    let code = status.as_u16();
    let (heading, advice) = match code {
        400 | 415 => ("That request makes no sense", "Go back, and try it another way."),
        405 => (
            "Nothing can be sent to this address",
            "So nothing was done. Go back, open the page again and retry.",
        ),
        403 => (
            "That did not come from our pages",
            "So nothing was done. Open the page again and retry.",
        ),
        404 => ("There is nothing here", "The address may be mistyped, or what was here is gone."),
        408 | 503 => (
            "The site is busy",
            "Or it is being restarted. What you sent was not stored: go back, and try again in a moment.",
        ),
        413 => ("That is too much at once", "Go back, make it smaller and send it again."),
        _ => ("Something went wrong", "Something broke on our side."),
    };
    let style = match site::bundle().css.as_str() {
        "" => String::new(),
        css => format!("<link rel=\"stylesheet\" href=\"{css}\">"),
    };
    let incident = incident.map_or_else(String::new, |id| {
        format!("<p class=\"incident\">If it happens again, quote incident <code>{id}</code>.</p>")
    });
    let html = format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\">\
         <title>{heading}</title>{style}</head><body>\
         <header class=\"navbar\"><a class=\"navbar-brand\" href=\"/\">Front page</a></header>\
         <main id=\"main\"><div class=\"page narrow message-page\"><p class=\"code\">{code}</p>\
         <h1>{heading}</h1><p>{advice}</p>{incident}\
         <p class=\"actions\"><a class=\"button\" href=\"/\">Go to the front page</a></p>\
         </div></main></body></html>"
    );
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
    ];
    (status, headers, Body::from(html)).into_response()
}
