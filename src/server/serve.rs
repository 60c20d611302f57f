//! Running the server: from its settings to its last answer.

use std::{
    future::{Ready, ready},
    io::{self, IsTerminal, Write},
    net::{SocketAddr, TcpListener},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anyhow::Context;
use axum::{Extension, middleware::AddExtension};
use axum_server::{Handle, accept::Accept};
use tokio::{
    net::TcpStream,
    signal::unix::{Signal, SignalKind, signal},
    sync::{OwnedSemaphorePermit, Semaphore, watch},
};
use tower::Layer;
use tracing_subscriber::EnvFilter;

use super::{
    AppState,
    articles::bin,
    attempts, audit, authenticator,
    clock::Clock,
    config::{Config, HEADER_TIMEOUT, STOP_DEADLINE},
    db::Db,
    emails,
    failure::Failure,
    images, invitations, leaving, mail,
    passkeys::challenges,
    registrations::pending,
    router, sealed, second_step, security_log, sessions, tokens, undo, users,
};

/// How often ended sessions, links and attempts, old events, deleted articles and
/// deleted accounts are swept out.
const SWEEP_EVERY: Duration = Duration::from_secs(15 * 60);

/// How long the mail that is under way may go on after the last request.
const LAST_MAIL: Duration = Duration::from_secs(5);

/// Takes the port, opens and migrates the database, serves until SIGTERM or Ctrl-C, finishes
/// what is in flight and closes the database. The port comes first: a second Byline, of a
/// newer version perhaps, must not change the schema under the one that runs.
///
/// # Errors
/// One sentence about what cannot be had: the port, the file, the server, the schema.
pub async fn serve(config: Config) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&config.log)
        .context("BYLINE_LOG is not a list of filter directives such as info,sqlx=warn")?
        // It writes down every address, and those of links from mails are secret.
        .add_directive("tower_http::csrf=off".parse()?);
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .init();

    let listen = config.listen;
    let listener = TcpListener::bind(listen)
        .with_context(|| format!("cannot listen on {listen}: another program has it, or it is not this machine's (BYLINE_LISTEN)"))?;
    let db = Db::open(&config.database.url).await?;
    db.migrate().await?;
    let state = AppState::new(db.clone(), config, Clock::system())?;
    sealed::check_key(&db, &state.key, &state.config.key_file).await?;
    state.images.check().await?;
    state.mail.check()?;
    // Whoever reads that it is there may stop it at once.
    let terminate = signal(SignalKind::terminate())?;
    announce(&state).await?;
    tracing::info!(to = state.mail.destination(), "mail is delivered");
    let sweeper = tokio::spawn(sweep(state.clone()));
    let (stop_mail, mail_stops) = watch::channel(false);
    let postman = tokio::spawn(mail::deliver(state.clone(), mail_stops));

    let handle = Handle::new();
    tokio::spawn(stop_when_told(terminate, handle.clone(), stop_mail.clone()));
    let ended = run(listener, handle, state).await;
    sweeper.abort();
    stop_mail.send_replace(true);
    // A mail that is cut off here is tried again after the next start.
    if tokio::time::timeout(LAST_MAIL, postman).await.is_err() {
        tracing::warn!("stopped amid a mail");
    }
    db.close().await;
    ended?;
    tracing::info!("stopped");
    Ok(())
}

/// Answers requests on that socket until the handle says to stop.
///
/// # Errors
/// When the socket fails.
pub async fn run(
    listener: TcpListener,
    handle: Handle<SocketAddr>,
    state: AppState,
) -> anyhow::Result<()> {
    let doorway = Doorway::new(state.config.max_connections);
    let app = router(state).into_make_service_with_connect_info::<SocketAddr>();
    // HTTP/1 only: browsers speak HTTP/2 over TLS alone, which is the proxy's part, and hyper
    // has no time limit for its headers.
    let mut server = axum_server::from_tcp(listener)?
        .handle(handle)
        .http1_only()
        .acceptor(doorway)
        .first_request_timeout(HEADER_TIMEOUT)
        .accept_error_handler(|peer, error| {
            // A peer that is known was refused by the doorway, which has said so.
            if peer.is_none() {
                tracing::warn!(%error, "cannot take a connection; trying again");
            }
        });
    server.http_builder().http1().header_read_timeout(HEADER_TIMEOUT);
    server.serve(app).await.context("the server stopped")
}

/// Takes a connection while there is room, and closes it at once when there is none: a flood
/// must not use up the files that a process may have open, for the database needs some.
#[derive(Clone)]
struct Doorway {
    room: Arc<Semaphore>,
    /// The last connection was refused: a flood is one line in the log.
    full: Arc<AtomicBool>,
}

impl Doorway {
    fn new(most: u32) -> Self {
        let most = usize::try_from(most).unwrap_or(Semaphore::MAX_PERMITS);
        Self { room: Arc::new(Semaphore::new(most)), full: Arc::default() }
    }
}

impl<S> Accept<TcpStream, S> for Doorway {
    type Stream = TcpStream;
    /// The permit lives as long as the connection that the service is for.
    type Service = AddExtension<S, Arc<OwnedSemaphorePermit>>;
    type Future = Ready<io::Result<(TcpStream, Self::Service)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let permit = self.room.clone().try_acquire_owned();
        let was_full = self.full.swap(permit.is_err(), Ordering::Relaxed);
        let Ok(permit) = permit else {
            if !was_full {
                tracing::warn!(event = "connections_full", "see BYLINE_MAX_CONNECTIONS");
            }
            return ready(Err(io::Error::other("too many connections")));
        };
        // Without TCP_NODELAY a short answer waits up to 44 ms for the peer's delayed ACK.
        let service = Extension(Arc::new(permit)).layer(service);
        ready(stream.set_nodelay(true).map(|()| (stream, service)))
    }
}

/// Says where the site is and, as long as nobody looks after it, how to change that: in one
/// piece, so that whoever reads the first line has the other too.
async fn announce(state: &AppState) -> anyhow::Result<()> {
    let mut text = format!("Byline is at {}\n", state.config.origin.as_str());
    if !users::has_administrator(&state.db).await? {
        let program = std::env::args().next().unwrap_or_else(|| "byline".into());
        text += &format!(
            "Make the first administrator: {program} user create NAME E-MAIL --role administrator\n"
        );
    }
    let mut out = io::stdout();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

async fn stop_when_told(
    mut terminate: Signal,
    handle: Handle<SocketAddr>,
    stop_mail: watch::Sender<bool>,
) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    tracing::info!("stopping");
    stop_mail.send_replace(true);
    handle.graceful_shutdown(Some(STOP_DEADLINE));
}

async fn sweep(state: AppState) {
    let mut tick = tokio::time::interval(SWEEP_EVERY);
    loop {
        tick.tick().await;
        let now = state.clock.now();
        let swept = async {
            sessions::forget_ended(&state.db, now).await?;
            second_step::forget_ended(&state.db, now).await?;
            authenticator::forget_ended(&state.db, now).await?;
            tokens::forget_ended(&state.db, now).await?;
            undo::forget_ended(&state.db, now).await?;
            emails::forget_old(&state.db, now).await?;
            challenges::forget_ended(&state.db, now).await?;
            pending::forget_ended(&state.db, now).await?;
            invitations::forget_ended(&state.db, now).await?;
            attempts::forget_ended(&state.db, now).await?;
            security_log::forget_old(&state.db, now).await?;
            audit::forget_old(&state.db, now).await?;
            bin::purge(&state.db, now).await?;
            leaving::finish_due(&state.db, now).await?;
            images::unused::collect(&state, now).await?;
            Ok::<_, Failure>(())
        };
        if let Err(error) = swept.await {
            tracing::warn!(%error, "could not sweep out what has ended");
        }
    }
}
