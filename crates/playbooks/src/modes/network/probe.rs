//! Whether somebody can be reached, by name and by connection apart. Whom is never told.

use std::fmt;
use std::io::ErrorKind;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reach {
    /// Somebody there answered: a refusal is an answer, too. Who refuses is no trouble of the network.
    Reached,
    /// The name has no address.
    NoName(&'static str),
    /// No connection to the address.
    NoWay(String),
}

impl fmt::Display for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reach::Reached => f.write_str("reached"),
            Reach::NoName(why) => f.write_str(why),
            Reach::NoWay(why) => f.write_str(why),
        }
    }
}

/// `host:port`.
#[derive(Debug)]
pub(super) struct Probe {
    at: String,
    /// A look-up by the system's resolver cannot be given up; while one hangs, no second one is begun.
    looking_up: Arc<AtomicBool>,
}

impl Probe {
    pub(super) fn new(at: &str) -> Self {
        Self { at: at.to_owned(), looking_up: Arc::default() }
    }

    pub(super) async fn reach(&self, limit: Duration) -> Reach {
        let until = Instant::now() + limit;
        let addresses = match timeout_at(until, self.addresses()).await {
            Ok(Ok(addresses)) => addresses,
            Ok(Err(why)) => return Reach::NoName(why),
            Err(_) => return Reach::NoName("the resolver does not answer in time"),
        };
        let mut last = Reach::NoName("the name has no address");
        for address in addresses {
            last = match timeout_at(until, TcpStream::connect(address)).await {
                Ok(Ok(_)) => return Reach::Reached,
                Ok(Err(error)) if error.kind() == ErrorKind::ConnectionRefused => return Reach::Reached,
                Ok(Err(error)) => Reach::NoWay(error.kind().to_string()),
                Err(_) => return Reach::NoWay("no answer in time".into()),
            };
        }
        last
    }

    /// On a thread of its own: the runtime would wait for it when it ends.
    async fn addresses(&self) -> Result<Vec<SocketAddr>, &'static str> {
        if let Ok(address) = self.at.parse() {
            return Ok(vec![address]);
        }
        if self.looking_up.swap(true, Ordering::SeqCst) {
            return Err("the resolver has not answered yet");
        }
        let (tell, told) = oneshot::channel();
        let (at, looking_up) = (self.at.clone(), Arc::clone(&self.looking_up));
        let thread = std::thread::Builder::new().name("look-up".into()).spawn(move || {
            let found = at.to_socket_addrs().map(Vec::from_iter);
            looking_up.store(false, Ordering::SeqCst);
            let _nobody_waits = tell.send(found);
        });
        if thread.is_err() {
            self.looking_up.store(false, Ordering::SeqCst);
        }
        match told.await {
            Ok(Ok(addresses)) => Ok(addresses),
            Ok(Err(_)) => Err("the name cannot be resolved"),
            Err(_) => Err("no look-up could be begun"),
        }
    }
}
