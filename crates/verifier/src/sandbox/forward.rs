//! Carries bytes between a listening socket and another. Threads, since this runs in the sandbox beside one command.

use std::io;
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How many connections one listener carries at once; more are closed.
const MAX_CONNECTIONS: usize = 256;
/// How long a connection waits for the command to listen, so that the verifier needs not ask again and again.
const PATIENCE: Duration = Duration::from_millis(500);
/// How often it looks meanwhile.
const LOOK: Duration = Duration::from_millis(2);

/// How often a double's port is looked at: it is given up as soon as its socket is gone, so it cannot be waited at.
const DOUBLE_LOOK: Duration = Duration::from_millis(1);

/// A stream of which both directions can be used at once.
trait Stream: io::Read + io::Write + Send + Sized + 'static {
    fn twin(&self) -> io::Result<Self>;
    fn close(&self, how: Shutdown);
}

impl Stream for TcpStream {
    fn twin(&self) -> io::Result<Self> {
        self.try_clone()
    }
    fn close(&self, how: Shutdown) {
        let _already_closed = self.shutdown(how);
    }
}

impl Stream for UnixStream {
    fn twin(&self) -> io::Result<Self> {
        self.try_clone()
    }
    fn close(&self, how: Shutdown) {
        let _already_closed = self.shutdown(how);
    }
}

/// From the outside to a port of this loopback.
pub(crate) fn to_port(listener: UnixListener, port: u16) {
    serve(move || listener.accept().map(|(stream, _)| stream), move || patiently(port));
}

/// From a port of this loopback to a service's socket.
pub(crate) fn to_socket(listener: TcpListener, socket: PathBuf) {
    serve(move || listener.accept().map(|(stream, _)| stream), move || UnixStream::connect(&socket));
}

fn patiently(port: u16) -> io::Result<TcpStream> {
    let until = Instant::now() + PATIENCE;
    loop {
        match TcpStream::connect((Ipv4Addr::LOCALHOST, port)) {
            Err(_) if Instant::now() < until => std::thread::sleep(LOOK),
            other => {
                let stream = other?;
                let _best_effort = stream.set_nodelay(true);
                return Ok(stream);
            }
        }
    }
}

/// From a port of this loopback to the socket of a double, as long as the socket is there: otherwise nobody listens. The
/// mark is there while somebody does.
pub(crate) fn to_double(port: u16, socket: PathBuf, mark: PathBuf) {
    std::thread::spawn(move || {
        let carrier = Carrier::default();
        loop {
            if socket.exists()
                && let Ok(listener) = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
                && listener.set_nonblocking(true).is_ok()
            {
                let _told = std::fs::write(&mark, "");
                while socket.exists() {
                    match listener.accept() {
                        Ok((here, _)) => {
                            let socket = socket.clone();
                            carrier.take(here, move || UnixStream::connect(socket));
                        }
                        Err(_) => std::thread::sleep(DOUBLE_LOOK),
                    }
                }
                drop(listener);
                let _told = std::fs::remove_file(&mark);
            }
            std::thread::sleep(LOOK);
        }
    });
}

fn serve<A: Stream, B: Stream>(
    accept: impl Fn() -> io::Result<A> + Send + 'static,
    connect: impl Fn() -> io::Result<B> + Clone + Send + 'static,
) {
    std::thread::spawn(move || {
        let carrier = Carrier::default();
        while let Ok(here) = accept() {
            carrier.take(here, connect.clone());
        }
    });
}

/// Carries a bounded number of connections at once.
#[derive(Default)]
struct Carrier(Arc<AtomicUsize>);

impl Carrier {
    fn take<A: Stream, B: Stream>(&self, here: A, connect: impl FnOnce() -> io::Result<B> + Send + 'static) {
        let open = Arc::clone(&self.0);
        if open.fetch_add(1, Ordering::SeqCst) >= MAX_CONNECTIONS {
            open.fetch_sub(1, Ordering::SeqCst);
            return;
        }
        std::thread::spawn(move || {
            // Whatever ends a connection, both ends see it closed.
            let _carried = connect().and_then(|there| carry(here, there));
            open.fetch_sub(1, Ordering::SeqCst);
        });
    }
}

fn carry<A: Stream, B: Stream>(mut here: A, mut there: B) -> io::Result<()> {
    let (mut here_twin, mut there_twin) = (here.twin()?, there.twin()?);
    let back = std::thread::spawn(move || {
        let _ended = io::copy(&mut there_twin, &mut here_twin);
        here_twin.close(Shutdown::Both);
        there_twin.close(Shutdown::Both);
    });
    let _ended = io::copy(&mut here, &mut there);
    there.close(Shutdown::Write);
    let _joined = back.join();
    Ok(())
}
