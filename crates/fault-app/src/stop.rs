//! The end: a signal, and the moment when no connection is left. The server itself looks for that once a second only,
//! which is long for somebody who waits to take the old version away.

use futures_util::future::{Either, select};
use std::pin::pin;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

/// SIGTERM and SIGINT.
pub(crate) struct Signals(Signal, Signal);

impl Signals {
    pub(crate) fn listen() -> std::io::Result<Self> {
        Ok(Self(signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?))
    }

    /// Waits for one of them and tells its name.
    pub(crate) async fn received(&mut self) -> &'static str {
        match select(pin!(self.0.recv()), pin!(self.1.recv())).await {
            Either::Left(_) => "SIGTERM",
            Either::Right(_) => "SIGINT",
        }
    }
}

/// Counts the connections that are open.
#[derive(Clone)]
pub(crate) struct Connections(watch::Sender<usize>);

impl Connections {
    pub(crate) fn none() -> Self {
        Self(watch::Sender::new(0))
    }

    /// Counts one that lasts as long as what this returns.
    pub(crate) fn open(&self) -> Open {
        self.0.send_modify(|open| *open += 1);
        Open(self.clone())
    }

    /// Waits until none is open.
    pub(crate) async fn all_closed(&self) {
        // It cannot end otherwise: the sender is here.
        let _ = self.0.subscribe().wait_for(|open| *open == 0).await;
    }
}

/// An open connection.
pub(crate) struct Open(Connections);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.0.send_modify(|open| *open = open.saturating_sub(1));
    }
}
