//! The least of HTTP: whether somebody answers with 200, with no library in between that takes time itself.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// The longest wait for one answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// Between two attempts.
const PAUSE: Duration = Duration::from_micros(200);

/// Asks again and again until the answer is 200.
///
/// # Errors
/// When it is not within the limit.
pub(crate) fn until_ok(address: SocketAddr, path: &str, limit: Duration) -> anyhow::Result<()> {
    let until = Instant::now() + limit;
    while status(address, path) != Some(200) {
        anyhow::ensure!(Instant::now() < until, "no 200 from {address}{path} within {limit:?}");
        std::thread::sleep(PAUSE);
    }
    Ok(())
}

fn status(address: SocketAddr, path: &str) -> Option<u16> {
    ask(address, &format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n"))
}

fn ask(address: SocketAddr, request: &str) -> Option<u16> {
    let mut socket = TcpStream::connect(address).ok()?;
    socket.set_read_timeout(Some(PATIENCE)).ok()?;
    socket.write_all(request.as_bytes()).ok()?;
    let mut head = [0; 12];
    socket.read_exact(&mut head).ok()?;
    std::str::from_utf8(head.get(9..)?).ok()?.parse().ok()
}

/// Posts nothing to a path; the answer's status.
pub(crate) fn post(address: SocketAddr, path: &str) -> Option<u16> {
    ask(address, &format!("POST {path} HTTP/1.1\r\nhost: {address}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[test]
    fn a_status_is_read_and_who_never_says_200_is_not_waited_for_for_ever() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            for (n, mut socket) in listener.incoming().flatten().enumerate() {
                let status = if n < 2 { 503 } else { 200 };
                let _read = socket.read(&mut [0; 1024]).unwrap();
                write!(socket, "HTTP/1.1 {status} Whatever\r\n\r\n").unwrap();
            }
        });
        assert_eq!(post(address, "/"), Some(503));
        until_ok(address, "/", Duration::from_secs(5)).unwrap();
        let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        assert!(until_ok(nobody, "/", Duration::from_millis(5)).is_err());
    }
}
