//! The server.

use crate::calls::Calls;
use crate::closing::Handle;
use crate::draw::Behaviour;
use crate::routes;
use actix_web::{App, HttpServer, web};
use chassis::Stop;
use std::net::TcpListener;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Connections at most; each may hold one request in its delay.
const MAX_CONNECTIONS: usize = 2_000;
/// The largest body, bytes.
const MAX_BODY: usize = 16 * 1024;
/// How long a client may take to send a request's head.
const HEAD_LIMIT: Duration = Duration::from_secs(5);
/// How long an idle connection is kept.
const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// What the handlers share.
pub(crate) struct Upstream {
    turn: Mutex<(Behaviour, u64)>,
    calls: Mutex<Calls>,
    /// The word to stop ends every delay.
    pub(crate) stop: Stop,
}

impl Upstream {
    /// The behaviour, and the number of the request since it began.
    pub(crate) fn next(&self) -> (Behaviour, u64) {
        let mut turn = lock(&self.turn);
        let number = turn.1;
        turn.1 = number.wrapping_add(1);
        (turn.0, number)
    }

    /// The behaviour in force.
    pub(crate) fn behaviour(&self) -> Behaviour {
        lock(&self.turn).0
    }

    /// Another one from now on; its requests are counted anew.
    pub(crate) fn behave(&self, behaviour: Behaviour) {
        *lock(&self.turn) = (behaviour, 0);
    }

    /// The counts of calls.
    pub(crate) fn calls(&self) -> MutexGuard<'_, Calls> {
        lock(&self.calls)
    }
}

/// Serves until the word to stop.
///
/// # Errors
/// When the listener cannot be used.
pub async fn serve(listener: TcpListener, behaviour: Behaviour, stop: Stop) -> anyhow::Result<()> {
    let address = listener.local_addr()?;
    let (turn, calls) = (Mutex::new((behaviour, 0)), Mutex::default());
    let upstream = web::Data::new(Upstream { turn, calls, stop: stop.clone() });
    let server = HttpServer::new(move || {
        App::new()
            .app_data(upstream.clone())
            .app_data(
                web::JsonConfig::default().limit(MAX_BODY).content_type_required(false).error_handler(routes::bad_body),
            )
            .configure(routes::configure)
    })
    .on_connect(Handle::attach)
    .workers(1)
    .max_connections(MAX_CONNECTIONS)
    .client_request_timeout(HEAD_LIMIT)
    .keep_alive(KEEP_ALIVE)
    .shutdown_timeout(chassis::stop::GRACE.as_secs())
    .disable_signals()
    .listen(listener)?
    .run();
    let (handle, word) = (server.handle(), stop.clone());
    stop.spawn("server-stop", async move {
        word.requested().await;
        handle.stop(true).await;
    });
    tracing::info!(%address, port = address.port(), "listening");
    server.await?;
    stop.now();
    stop.finish().await
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
