//! The server: what it is made of, and the layers in their order.
//!
//! Suggested reading order: [`config`], [`db`], [`auth`], [`sessions`], [`users`],
//! [`articles`], [`doors`].

pub mod accounts;
pub mod administration;
pub mod articles;
pub mod attempts;
pub mod audit;
pub mod auth;
pub mod authenticator;
pub mod clock;
pub mod comments;
pub mod config;
pub mod contents;
pub mod context;
pub mod cookies;
pub mod db;
pub mod devices;
pub mod doors;
pub mod emails;
pub mod export;
pub mod factors;
pub mod failure;
pub mod favorites;
pub mod feeds;
pub mod follows;
pub mod head;
pub mod images;
pub mod invitations;
pub mod key;
pub mod layers;
pub mod leaving;
pub mod mail;
pub mod markdown;
mod multipart;
pub mod names;
pub mod new_devices;
pub mod pages;
pub mod passkeys;
pub mod passwords;
pub mod profiles;
pub mod recovery;
pub mod registrations;
pub mod reports;
pub mod resets;
pub mod responses;
pub mod sealed;
pub mod second_step;
pub mod security_log;
pub mod seed;
pub mod serve;
pub mod sessions;
pub mod site;
pub mod sitemap;
pub mod strength;
pub mod tokens;
pub mod transfer;
pub mod undo;
pub mod users;

use std::{
    ops::{Deref, DerefMut},
    sync::{Arc, LazyLock},
};

use axum::{
    Router,
    extract::{FromRef, Request, State},
    http::StatusCode,
    middleware::{from_fn, from_fn_with_state},
    response::Response,
    routing::{any, get, post},
};
use axum_login::AuthManagerLayerBuilder;
use leptos::prelude::LeptosOptions;
use leptos_axum::generate_route_list;
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::{
        CompressionLayer,
        predicate::{DefaultPredicate, NotForContentType, Predicate},
    },
    csrf::CsrfLayer,
    limit::RequestBodyLimitLayer,
};
use tower_sessions::{SessionManagerLayer, cookie::SameSite};

use self::{
    auth::backend::Backend,
    clock::Clock,
    config::{Config, Readers},
    db::Db,
    images::shelf::Shelf,
    key::SiteKey,
    mail::Mail,
    passwords::Passwords,
    sessions::{Store, standing},
};
use crate::app::App;

/// What every request can reach. Each clones it many times.
#[derive(Clone)]
pub struct AppState(Arc<Application>);

impl Deref for AppState {
    type Target = Application;

    fn deref(&self) -> &Application {
        &self.0
    }
}

/// Whoever changes it has a copy of their own from then on.
impl DerefMut for AppState {
    fn deref_mut(&mut self) -> &mut Application {
        Arc::make_mut(&mut self.0)
    }
}

/// All that a running Byline has.
#[derive(Clone)]
pub struct Application {
    /// The database.
    pub db: Db,
    /// The settings.
    pub config: Arc<Config>,
    /// The time.
    pub clock: Clock,
    /// What encrypts and signs.
    pub key: SiteKey,
    /// The hasher.
    pub passwords: Passwords,
    /// How mail leaves.
    pub mail: Mail,
    /// The files of pictures.
    pub images: Shelf,
    /// Leptos' own options.
    pub leptos: LeptosOptions,
}

impl FromRef<AppState> for LeptosOptions {
    fn from_ref(state: &AppState) -> Self {
        state.leptos.clone()
    }
}

impl AppState {
    /// # Errors
    /// When the system gives no randomness, the key file or the place for pictures cannot be had,
    /// or a setting of the mail makes no sense.
    pub fn new(db: Db, config: Config, clock: Clock) -> anyhow::Result<Self> {
        let mail = Mail::new(&config)?;
        let key = SiteKey::read_or_make(&config.key_file)?;
        let images = Shelf::open(&config.images, &config.database)?;
        Ok(Self(Arc::new(Application {
            db,
            mail,
            key,
            images,
            config: Arc::new(config),
            clock,
            passwords: Passwords::new()?,
            leptos: pages::leptos_options(),
        })))
    }
}

/// Everything that the server answers.
pub fn router(state: AppState) -> Router {
    let pages = with_session(pages_and_functions(), &state).merge(pictures(&state));
    let follow = from_fn_with_state(state.clone(), layers::follow_former_names);
    let files = feeds::routes().layer(follow).merge(sitemap::routes());
    let mut router = pages.merge(files).route("/pkg/{*name}", get(site::packaged));
    for name in site::public_names() {
        router = router.route(&name, get(site::public));
    }
    let router = router.route("/session", get(standing::answer));
    let health = get(|| async { StatusCode::OK });
    with_layers(router.route("/health", health).route("/ready", get(ready)), &state)
}

/// What stands between the socket and any route.
pub fn with_layers(routes: Router<AppState>, state: &AppState) -> Router {
    // Twice the largest thing that anybody may send.
    let far_beyond = transfer::door::most_bytes(&state.config).saturating_mul(2);
    let far_beyond = usize::try_from(far_beyond).unwrap_or(usize::MAX);
    // The last layer is the outermost: a request meets them from the bottom up.
    routes
        .layer(RequestBodyLimitLayer::new(far_beyond))
        .layer(
            CsrfLayer::new().add_trusted_origin(state.config.origin.as_str()).unwrap_or_default(),
        )
        .layer(from_fn_with_state(state.clone(), layers::refuse_unmarked))
        .layer(from_fn(layers::give_up))
        .layer(CatchPanicLayer::custom(layers::on_panic))
        .layer(from_fn(layers::explain_errors))
        // What is packed already is not packed once more.
        .layer(CompressionLayer::new().compress_when(
            DefaultPredicate::new().and(NotForContentType::const_new("application/zip")),
        ))
        .layer(from_fn_with_state(state.clone(), layers::headers))
        .layer(from_fn_with_state(state.clone(), layers::introduce))
        .with_state(state.clone())
}

/// The files of pictures. Who asks for one is looked up only where it matters.
fn pictures(state: &AppState) -> Router<AppState> {
    let open = Router::new().route("/images/{name}", get(images::door::show));
    match state.config.readers {
        Readers::Public => open,
        Readers::Members => with_session(
            Router::new().route("/images/{name}", get(images::door::show_to_members)),
            state,
        ),
    }
}

/// The pages, their forms, and the server functions.
fn pages_and_functions() -> Router<AppState> {
    // Not `leptos_routes_with_context`: it would also open a door of its own to each server
    // function, past `doors::rpc`.
    let mut router = Router::new();
    for path in page_paths() {
        router = router.route(path, get(page));
    }
    for page in doors::pages_with_forms() {
        let door = move |state, request| doors::page_form(state, request, page);
        router = router.route(page, post(door));
    }
    router.route("/rpc/{*function}", any(doors::rpc)).fallback(missing)
}

/// The paths of the app's route table. It is read once in the life of the process: while
/// Leptos reads it, a page that is being rendered elsewhere would wait for its data for good
/// (leptos-rs/leptos#4773).
pub fn page_paths() -> &'static [String] {
    static PATHS: LazyLock<Vec<String>> = LazyLock::new(|| {
        generate_route_list(App).iter().map(|route| route.path().to_owned()).collect()
    });
    &PATHS
}

/// The session, who it belongs to, and the gate before the pages that need somebody.
fn with_session(router: Router<AppState>, state: &AppState) -> Router<AppState> {
    let origin = &state.config.origin;
    let sessions = SessionManagerLayer::new(Store::new(state.db.clone(), state.clock.clone()))
        .with_name(origin.cookie_name())
        .with_secure(origin.is_secure())
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_path("/");
    let auth = AuthManagerLayerBuilder::new(Backend::new(state.clone()), sessions).build();
    router
        .layer(from_fn(layers::forget_errors))
        .layer(from_fn_with_state(state.clone(), layers::gate))
        .layer(from_fn_with_state(state.clone(), layers::follow_former_names))
        .layer(from_fn_with_state(state.clone(), layers::follow_former_slugs))
        .layer(from_fn(layers::caching))
        .layer(auth)
        .layer(from_fn(layers::excuse))
        .layer(from_fn_with_state(state.clone(), layers::expire_cookie_properly))
}

async fn page(State(state): State<AppState>, request: Request) -> Response {
    pages::render(&state, request).await
}

/// Any other address.
async fn missing(State(state): State<AppState>, request: Request) -> Response {
    pages::missing(&state, request).await
}

/// For whoever balances the load: whether requests can be answered now.
async fn ready(State(state): State<AppState>) -> StatusCode {
    match state.db.ping().await {
        Ok(()) => StatusCode::OK,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}
