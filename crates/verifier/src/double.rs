//! A service that the verifier plays for a candidate: whether it listens, what it answers, and how often it was called.

mod conversation;

use crate::nonce::Nonce;
use crate::sandbox::Stand;
use conversation::converse;
use futures::stream::{FuturesUnordered, StreamExt};
use std::io;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};
use wire::ReplayId;
use wire::target::{Behaviour, Play};

/// How long the sandbox may take to listen on a double's port, or to stop: it may not stand yet.
const STAND: Duration = Duration::from_secs(5);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(1);
/// How many connections are served at once; more wait.
const MAX_CONNECTIONS: usize = 64;

/// What a double does for one replay, and what it saw.
#[derive(Debug)]
pub struct Part {
    play: Play,
    replay: ReplayId,
    body: String,
    calls: AtomicU64,
    connections: AtomicU64,
}

impl Part {
    /// With the replay whose calls count, and the nonce it serves.
    pub fn new(play: &Play, replay: ReplayId, nonce: Nonce) -> Arc<Self> {
        let (body, play) = (nonce.fill(&play.body), play.clone());
        Arc::new(Self { play, replay, body, calls: AtomicU64::new(0), connections: AtomicU64::new(0) })
    }

    /// How many requests carried the replay's id.
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::SeqCst)
    }

    /// How many connections were made, whatever came over them.
    pub fn connections(&self) -> u64 {
        self.connections.load(Ordering::SeqCst)
    }
}

/// The doubles of one process of a candidate.
#[derive(Debug)]
pub struct Doubles {
    stands: Vec<(String, Stand)>,
    /// The one that listens.
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    name: String,
    listener: Listener,
    stand: Stand,
    part: Arc<Part>,
}

#[derive(Debug)]
enum Listener {
    Unix(UnixListener, PathBuf),
    Tcp(TcpListener),
}

trait Connection: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Connection for T {}

impl Listener {
    async fn accept(&self) -> io::Result<Box<dyn Connection>> {
        Ok(match self {
            Listener::Unix(listener, _) => Box::new(listener.accept().await?.0),
            Listener::Tcp(listener) => Box::new(listener.accept().await?.0),
        })
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Listener::Unix(_, socket) = self {
            let _gone_already = std::fs::remove_file(socket);
        }
    }
}

impl Doubles {
    /// All absent.
    pub fn new(stands: Vec<(String, Stand)>) -> Self {
        Self { stands, open: None }
    }

    /// Begins a part; every other double is absent from now on.
    ///
    /// # Errors
    /// When the double cannot listen, or the sandbox does not take notice.
    pub async fn play(&mut self, part: Option<&Arc<Part>>) -> io::Result<()> {
        let part = part.filter(|part| part.play.behaviour != Behaviour::Absent);
        match (&mut self.open, part) {
            (Some(open), Some(part)) if open.name == part.play.name => {
                open.part = Arc::clone(part);
                return Ok(());
            }
            _ => {}
        }
        if let Some(Open { listener, stand, .. }) = self.open.take() {
            drop(listener);
            notice(&stand, false).await?;
        }
        let Some(part) = part else { return Ok(()) };
        let stand = self.stands.iter().find(|(name, _)| *name == part.play.name);
        let (name, stand) = stand.cloned().ok_or_else(|| io::Error::other("nothing is known of this double"))?;
        let listener = match &stand {
            Stand::Socket { socket, .. } => Listener::Unix(UnixListener::bind(socket)?, socket.clone()),
            Stand::Port(port) => Listener::Tcp(TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).await?),
        };
        self.open = Some(Open { name, listener, stand: stand.clone(), part: Arc::clone(part) });
        notice(&stand, true).await
    }

    /// Serves whoever calls; never ends. What is still going on when it is dropped is cut off.
    pub async fn serve(&self) {
        let Some(open) = &self.open else { return std::future::pending().await };
        let mut conversations = FuturesUnordered::new();
        loop {
            tokio::select! {
                Some(()) = conversations.next() => {}
                accepted = open.listener.accept(), if conversations.len() < MAX_CONNECTIONS => match accepted {
                    Ok(connection) => {
                        open.part.connections.fetch_add(1, Ordering::SeqCst);
                        conversations.push(converse(connection, Arc::clone(&open.part)));
                    }
                    Err(_) => tokio::time::sleep(LOOK).await,
                },
            }
        }
    }
}

/// Waits until the sandbox listens on the port, or no longer does.
async fn notice(stand: &Stand, listens: bool) -> io::Result<()> {
    let Stand::Socket { mark, .. } = stand else { return Ok(()) };
    let until = Instant::now() + STAND;
    while mark.exists() != listens {
        if Instant::now() > until {
            return Err(io::Error::other(match listens {
                true => "its port is not listened on: something else holds it, or the candidate has ended",
                false => "its port is still listened on",
            }));
        }
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
