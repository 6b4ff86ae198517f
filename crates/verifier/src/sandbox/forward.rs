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

fn serve<A: Stream, B: Stream>(
    accept: impl Fn() -> io::Result<A> + Send + 'static,
    connect: impl Fn() -> io::Result<B> + Send + Sync + 'static,
) {
    let (connect, open) = (Arc::new(connect), Arc::new(AtomicUsize::new(0)));
    std::thread::spawn(move || {
        while let Ok(here) = accept() {
            if open.fetch_add(1, Ordering::SeqCst) >= MAX_CONNECTIONS {
                open.fetch_sub(1, Ordering::SeqCst);
                continue;
            }
            let (connect, open) = (Arc::clone(&connect), Arc::clone(&open));
            std::thread::spawn(move || {
                // Whatever ends a connection, both ends see it closed.
                let _carried = connect().and_then(|there| carry(here, there));
                open.fetch_sub(1, Ordering::SeqCst);
            });
        }
    });
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
