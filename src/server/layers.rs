//! The layers between the socket and the pages: each is one rule.

use std::{any::Any, net::IpAddr};

use axum::{
    Json,
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http_body_util::BodyExt;

use super::{
    AppState,
    articles::slugs,
    auth::{AuthSession, Client},
    config::{REQUEST_TIMEOUT, Readers, UPLOAD_TIMEOUT},
    cookies,
    doors::accepts_html,
    failure::{Failure, RETRY_AFTER_S, incident, unavailable},
    images, names, pages, second_step, sessions, transfer,
    users::User,
};
use crate::{domain::role::Permission, error::Error};

/// Says who the client is, before anything else happens: the peer, or what a trusted proxy
/// says of it.
pub async fn introduce(
    State(state): State<AppState>,
    mut request: Request,
    next: Next,
) -> Response {
    let peer =
        request.extensions().get::<ConnectInfo<std::net::SocketAddr>>().map(|info| info.0.ip());
    // A socket that listens on [::] names an IPv4 peer ::ffff:1.2.3.4; it is the same one.
    let peer = peer.map_or(IpAddr::from([0, 0, 0, 0]), |peer| peer.to_canonical());
    let trusted = |address: IpAddr| state.config.trusted_proxies.contain(address);
    let address = if trusted(peer) { forwarded(request.headers(), peer, trusted) } else { peer };
    let user_agent =
        request.headers().get(header::USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let client = Client { address, user_agent: user_agent.chars().take(200).collect() };
    request.extensions_mut().insert(client);
    next.run(request).await
}

/// The last address in `X-Forwarded-For` that is not one of our own proxies: everything
/// before it was written by the client.
fn forwarded(headers: &HeaderMap, peer: IpAddr, trusted: impl Fn(IpAddr) -> bool) -> IpAddr {
    let lines = headers.get_all("x-forwarded-for").iter().filter_map(|line| line.to_str().ok());
    let hops: Vec<&str> = lines.flat_map(|line| line.split(',')).map(str::trim).collect();
    for hop in hops.iter().rev() {
        match hop.parse::<IpAddr>().map(|hop| hop.to_canonical()) {
            Ok(address) if trusted(address) => {}
            Ok(address) => return address,
            Err(_) => return peer,
        }
    }
    peer
}

/// A request that takes too long is given up: whatever it waits for, others do so too.
pub async fn give_up(request: Request, next: Next) -> Response {
    let brings_files = images::door::is_upload(&request) || transfer::door::is_import(&request);
    let patience = if brings_files { UPLOAD_TIMEOUT } else { REQUEST_TIMEOUT };
    let answer = tokio::time::timeout(patience, next.run(request)).await;
    answer.unwrap_or_else(|_| StatusCode::SERVICE_UNAVAILABLE.into_response())
}

/// A request that changes something must say where it comes from. tower-http's layer lets
/// one pass that has neither `Sec-Fetch-Site` nor `Origin`, as programs send it; with a
/// cookie, it may as well be an old browser led astray.
pub async fn refuse_unmarked(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let headers = request.headers();
    let marked = headers.contains_key("sec-fetch-site") || headers.contains_key(header::ORIGIN);
    // A page without a referrer has its forms sent with `Origin: null` (Fetch, 3.2); that it is
    // ours nevertheless is the browser's own word, which no page can write.
    let nameless = headers.get(header::ORIGIN).is_some_and(|o| o == "null")
        && headers.get("sec-fetch-site").is_some_and(|site| site == "same-origin");
    // `Host` is the client's word. An Origin is only ours if it is the configured one.
    let foreign = !safe
        && !nameless
        && headers.get(header::ORIGIN).is_some_and(|o| *o != state.config.origin.as_str());
    if foreign || (!safe && !marked && headers.contains_key(header::COOKIE)) {
        let uri = request.uri();
        let path = if is_secret(uri) { "(a link)" } else { uri.path() };
        tracing::info!(event = "cross_site_refused", path);
        return StatusCode::FORBIDDEN.into_response();
    }
    next.run(request).await
}

/// Whether an address opens something by itself: it stands in a mail, and belongs into no log,
/// no cache and no `Referer`.
fn is_secret(uri: &Uri) -> bool {
    // An invitation's, and where whoever has to log in first has the link in the address that
    // leads back to it.
    const IN_QUERIES: [&str; 2] = ["invitation=", "%2Fsettings%2Femail%2F"];
    const PAGES: [&str; 5] =
        ["/reset/", "/restore/", "/register/confirm/", "/settings/email/", "/not-me/"];
    const FUNCTIONS: [&str; 4] =
        ["/rpc/reset-terms", "/rpc/registration-link", "/rpc/email-terms", "/rpc/undo-terms"];
    let (path, query) = (uri.path(), uri.query().unwrap_or_default());
    FUNCTIONS.contains(&path)
        || PAGES.iter().any(|page| path.starts_with(page))
        || IN_QUERIES.iter().any(|field| query.contains(field))
}

/// The headers that every answer carries (OWASP ASVS 5.0, 3.4).
pub async fn headers(State(state): State<AppState>, request: Request, next: Next) -> Response {
    const ALWAYS: [(HeaderName, &str); 5] = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "strict-origin-when-cross-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        ),
    ];
    let secret = is_secret(request.uri());
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in ALWAYS {
        // A picture may be shown elsewhere, and says so.
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if secret {
        headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    }
    // Pages bring a policy with a nonce. Whatever is not a page runs nothing at all.
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(
        "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    ));
    if state.config.origin.is_secure() {
        let two_years = HeaderValue::from_static("max-age=63072000; includeSubDomains");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, two_years);
    }
    response
}

/// Nobody's pages but one's own: what a logged-in person sees, or whoever has a link from a
/// mail, is never stored, by no cache and not for the Back button after logging out.
pub async fn caching(request: Request, next: Next) -> Response {
    let personal = whoever_asks(&request).is_some() || is_secret(request.uri());
    let mut response = next.run(request).await;
    let value = if personal { "private, no-store" } else { "private, no-cache" };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(value));
    response.headers_mut().append(header::VARY, HeaderValue::from_static("cookie, accept"));
    response
}

/// Pages that make no sense without somebody send a stranger to the log-in page and back.
/// So does the second step of a log-in that has no first. A courtesy: every server function
/// behind them refuses strangers by itself.
///
/// What is under `/admin` is not there for anybody but administrators, and what whoever moderates
/// decides about for nobody else: not to be told from an address that leads nowhere.
pub async fn gate(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let first = path.split('/').nth(1).unwrap_or_default();
    if first == "admin" && !is_let_in(path, &request) {
        return pages::missing(&state, request).await;
    }
    let begun = cookies::read(request.headers(), &state.config.origin, second_step::COOKIE);
    let personal = matches!(path, "/images")
        || matches!(first, "articles" | "editor" | "settings")
        || path == "/login/step" && begun.is_none();
    if personal && whoever_asks(&request).is_none() && reads(&request) {
        let next = crate::domain::next::Next::parse(path);
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("next", next.as_str())
            .finish();
        return (StatusCode::SEE_OTHER, [(header::LOCATION, format!("/login?{query}"))])
            .into_response();
    }
    next.run(request).await
}

/// Whether it asks for a page, or for no more than what stands above one: both are answered alike.
fn reads(request: &Request) -> bool {
    matches!(*request.method(), Method::GET | Method::HEAD)
}

/// Links to a name that its owner gave up lead to the one they took. Not to be kept by caches:
/// they may take it back. On a site for members a stranger learns nobody's name.
pub async fn follow_former_names(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    let (path, query) = (request.uri().path(), request.uri().query());
    let Some(rest) = path.strip_prefix("/profile/").filter(|_| reads(&request)) else {
        return next.run(request).await;
    };
    if whoever_asks(&request).is_none() && state.config.readers == Readers::Members {
        return next.run(request).await;
    }
    let (name, rest) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let successor = match names::successor(&state.db, name).await {
        Ok(successor) => successor,
        Err(error) => return Failure::from(error).into_response(),
    };
    let Some(successor) = successor else { return next.run(request).await };
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    moved(format!("/profile/{successor}{rest}{query}"))
}

/// Links to an address that an article had before lead to the one that it has, for readers who
/// may see it. Not to be kept by caches: its author may take the former one again.
pub async fn follow_former_slugs(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    let Some(slug) = request.uri().path().strip_prefix("/article/").filter(|_| reads(&request))
    else {
        return next.run(request).await;
    };
    let reader = whoever_asks(&request);
    if reader.is_none() && state.config.readers == Readers::Members {
        return next.run(request).await;
    }
    let successor = match slugs::successor(&state.db, slug, reader, state.clock.now()).await {
        Ok(successor) => successor,
        Err(error) => return Failure::from(error).into_response(),
    };
    let Some(successor) = successor else { return next.run(request).await };
    let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
    moved(format!("/article/{successor}{query}"))
}

/// To be asked for anew each time.
fn moved(to: String) -> Response {
    let headers = [(header::LOCATION, to), (header::CACHE_CONTROL, "no-cache".into())];
    (StatusCode::PERMANENT_REDIRECT, headers).into_response()
}

fn is_let_in(path: &str, request: &Request) -> bool {
    let needed = match path {
        "/admin/reports" => Permission::ModerateComments,
        _ => Permission::Administer,
    };
    whoever_asks(request).is_some_and(|user| user.may(needed))
}

/// Whoever is logged in, if anybody is.
fn whoever_asks(request: &Request) -> Option<&User> {
    request.extensions().get::<AuthSession>()?.user.as_ref()
}

/// Leptos reads errors from `?__path=&__err=`, where anybody can write them. Ours never
/// travel that way, so whatever stands there is a forgery.
pub async fn forget_errors(mut request: Request, next: Next) -> Response {
    if request.uri().query().is_some_and(|query| query.contains("__err")) {
        let bare = request.uri().path().parse();
        *request.uri_mut() = bare.unwrap_or_default();
    }
    next.run(request).await
}

/// tower-sessions removes its cookie without `Secure`, which a browser ignores for a
/// `__Host-` cookie: the removal is written again with every attribute.
pub async fn expire_cookie_properly(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    let origin = &state.config.origin;
    let removal = format!("{}=;", origin.cookie_name());
    let cookies: Vec<HeaderValue> =
        response.headers().get_all(header::SET_COOKIE).iter().cloned().collect();
    if !cookies.iter().any(|cookie| cookie.as_bytes().starts_with(removal.as_bytes())) {
        return response;
    }
    let secure = if origin.is_secure() { " Secure;" } else { "" };
    let proper = format!("{removal} HttpOnly; SameSite=Lax;{secure} Path=/; Max-Age=0");
    response.headers_mut().remove(header::SET_COOKIE);
    for cookie in cookies {
        let is_removal = cookie.as_bytes().starts_with(removal.as_bytes());
        let value = if is_removal { HeaderValue::from_str(&proper).ok() } else { Some(cookie) };
        if let Some(value) = value {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
    response
}

/// A panic is one 500 with a number, not a dead process.
pub fn on_panic(cause: Box<dyn Any + Send + 'static>) -> Response {
    let text = cause.downcast_ref::<String>().cloned();
    let text =
        text.or_else(|| cause.downcast_ref::<&str>().map(|s| (*s).to_owned())).unwrap_or_default();
    let incident = incident();
    tracing::error!(%incident, cause = text, "a request panicked");
    let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
    response.extensions_mut().insert(Incident(incident));
    response
}

/// What the session layers answer with an empty 500 because the database is away is a 503.
/// They have logged it.
pub async fn excuse(request: Request, next: Next) -> Response {
    let html = accepts_html(request.headers());
    let (response, away) = sessions::watched(next.run(request)).await;
    let failed = response.status() == StatusCode::INTERNAL_SERVER_ERROR;
    if away && failed && !is_explained(&response) {
        return explain(StatusCode::SERVICE_UNAVAILABLE, None, html);
    }
    response
}

#[derive(Clone)]
struct Incident(String);

/// Gives a body to the errors that layers answer without one: a page for people, a code for
/// programs. A 500 without an incident gets one here, and a 503 says when to come back.
pub async fn explain_errors(request: Request, next: Next) -> Response {
    let html = accepts_html(request.headers());
    let head = request.method() == Method::HEAD;
    let mut response = next.run(request).await;
    let status = response.status();
    if status == StatusCode::SERVICE_UNAVAILABLE {
        let after = HeaderValue::from(RETRY_AFTER_S);
        response.headers_mut().entry(header::RETRY_AFTER).or_insert(after);
    }
    let fault = status.is_client_error() || status.is_server_error();
    if head || !fault || is_explained(&response) {
        return response;
    }
    let (parts, body) = response.into_parts();
    let number = parts.extensions.get::<Incident>().map(|i| i.0.clone());
    let number = number.or_else(|| (status == StatusCode::INTERNAL_SERVER_ERROR).then(incident));
    if status.is_server_error() {
        let said = body.collect().await.map(|b| b.to_bytes()).unwrap_or_default();
        tracing::error!(%status, incident = number, said = %String::from_utf8_lossy(&said), "a layer failed");
    }
    let mut explained = explain(status, number, html);
    for (name, value) in &parts.headers {
        if *name != header::CONTENT_TYPE && *name != header::CONTENT_LENGTH {
            explained.headers_mut().append(name.clone(), value.clone());
        }
    }
    explained
}

/// Whether an answer has a body that a person or a program can read.
fn is_explained(response: &Response) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("text/html") || kind.starts_with("application/json"))
}

fn explain(status: StatusCode, incident: Option<String>, html: bool) -> Response {
    if html { pages::plain_error(status, incident.as_deref()) } else { code(status, incident) }
}

fn code(status: StatusCode, incident: Option<String>) -> Response {
    let error = match status.as_u16() {
        401 => Error::Unauthenticated,
        403 => Error::Forbidden,
        404 => Error::NotFound,
        503 => unavailable(),
        500.. => Error::Internal { incident: incident.unwrap_or_default() },
        _ => Error::BadRequest,
    };
    (status, Json(error)).into_response()
}
