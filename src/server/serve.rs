//! Running the server: from its settings to its last answer.

use std::{io::Write, net::SocketAddr, time::Duration};

use anyhow::Context;
use axum_server::{Handle, accept::NoDelayAcceptor};
use hyper_util::rt::TokioTimer;
use tracing_subscriber::EnvFilter;

use super::{
    AppState, attempts,
    clock::Clock,
    config::{Config, HEADER_TIMEOUT, STOP_DEADLINE},
    db::Db,
    router, sessions,
};

/// How often ended sessions and attempts are swept out.
const SWEEP_EVERY: Duration = Duration::from_secs(15 * 60);

/// Opens, migrates, listens, serves until SIGTERM or Ctrl-C, finishes what is in flight and
/// closes the database.
///
/// # Errors
/// One sentence about what cannot be had: the port, the file, the server, the schema.
pub async fn serve(config: Config) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&config.log)
        .context("BYLINE_LOG is not a list of filter directives such as info,sqlx=warn")?;
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();

    let db = Db::open(&config.database.url).await?;
    db.migrate().await?;
    let listen = config.listen;
    let listener = std::net::TcpListener::bind(listen)
        .with_context(|| format!("cannot listen on {listen}: another program has it, or it is not this machine's (BYLINE_LISTEN)"))?;
    listener.set_nonblocking(true)?;
    let state = AppState::new(db.clone(), config, Clock::system())?;
    announce(&state)?;
    let sweeper = tokio::spawn(sweep(state.clone()));

    let handle = Handle::new();
    tokio::spawn(stop_when_told(handle.clone()));
    run(listener, handle, state).await?;
    sweeper.abort();
    db.close().await;
    tracing::info!("stopped");
    Ok(())
}

/// Answers requests on that socket until the handle says to stop.
///
/// # Errors
/// When the socket fails.
pub async fn run(
    listener: std::net::TcpListener,
    handle: Handle<SocketAddr>,
    state: AppState,
) -> anyhow::Result<()> {
    let app = router(state).into_make_service_with_connect_info::<SocketAddr>();
    // Without TCP_NODELAY a short answer waits up to 44 ms for the peer's delayed ACK.
    let mut server = axum_server::from_tcp(listener)?
        .handle(handle)
        .acceptor(NoDelayAcceptor::new())
        .first_request_timeout(HEADER_TIMEOUT);
    server.http_builder().http1().timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT);
    server.serve(app).await.context("the server stopped")
}

fn announce(state: &AppState) -> std::io::Result<()> {
    let mut out = std::io::stdout();
    writeln!(out, "Byline is at {}", state.config.origin.as_str())?;
    writeln!(
        out,
        "Make the first administrator: byline user create NAME E-MAIL --role administrator"
    )?;
    out.flush()
}

async fn stop_when_told(handle: Handle<SocketAddr>) {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    tracing::info!("stopping");
    handle.graceful_shutdown(Some(STOP_DEADLINE));
}

async fn sweep(state: AppState) {
    let mut tick = tokio::time::interval(SWEEP_EVERY);
    loop {
        tick.tick().await;
        let now = state.clock.now();
        let swept = async {
            sessions::forget_ended(&state.db, now).await?;
            attempts::forget_ended(&state.db, now).await
        };
        if let Err(error) = swept.await {
            tracing::warn!(%error, "could not sweep out what has ended");
        }
    }
}
