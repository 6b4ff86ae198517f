//! A service over HTTP that can be told how to fail: refuse, hang, be slow, answer an error. The failure is a real one: a socket
//! nobody listens at, a connection that stays open, a late byte.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// The longest that a hanging connection is held.
const HELD: Duration = Duration::from_secs(60);
/// The longest request that is read, bytes.
const MAX_REQUEST: usize = 64 * 1024;

/// What was asked.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// `METHOD /path`.
    pub line: String,
    /// The bearer token.
    pub token: Option<String>,
    /// The content type.
    pub content_type: String,
    /// The body.
    pub body: String,
}

/// What comes of it.
#[derive(Debug, Clone)]
pub enum Reply {
    /// A status and a JSON body.
    Status(u16, String),
    /// The same, so long after.
    After(Duration, u16),
    /// Nothing, until the caller gives up.
    Nothing,
}

type Answer = Arc<dyn Fn(&Asked) -> Reply + Send + Sync>;

/// A running server on loopback; ends when it is dropped.
pub struct Server {
    address: SocketAddr,
    answer: Answer,
    asked: Arc<AtomicU64>,
    accepting: Mutex<Option<Accepting>>,
}

struct Accepting {
    ends: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Server {
    /// Answers so.
    ///
    /// # Panics
    /// When it cannot listen.
    pub fn start(answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        let (listener, _) = crate::listener();
        let address = listener.local_addr().expect("an address");
        let server = Self { address, answer: Arc::new(answer), asked: Arc::default(), accepting: Mutex::new(None) };
        server.accept(listener);
        server
    }

    /// Its base URL.
    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// `host:port`.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// How often it was asked.
    pub fn asked(&self) -> u64 {
        self.asked.load(Ordering::SeqCst)
    }

    /// Nobody listens any more: connections are refused.
    ///
    /// # Panics
    /// When the thread did.
    pub fn refuse(&self) {
        let accepting = self.accepting.lock().expect("nobody panics").take();
        if let Some(accepting) = accepting {
            accepting.ends.store(true, Ordering::SeqCst);
            let _woken = TcpStream::connect(self.address);
            accepting.thread.join().expect("the server's thread");
        }
    }

    /// It listens again, at the same address.
    ///
    /// # Panics
    /// When the port was taken meanwhile.
    pub fn listen(&self) {
        self.refuse();
        self.accept(TcpListener::bind(self.address).expect("the former port"));
    }

    fn accept(&self, listener: TcpListener) {
        let (ends, asked, answer) = (Arc::new(AtomicBool::new(false)), Arc::clone(&self.asked), self.answer.clone());
        let ended = Arc::clone(&ends);
        let thread = std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                if ended.load(Ordering::SeqCst) {
                    break;
                }
                let (asked, answer) = (Arc::clone(&asked), answer.clone());
                std::thread::spawn(move || serve(connection, &asked, &answer));
            }
        });
        *self.accepting.lock().expect("nobody panics") = Some(Accepting { ends, thread });
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.refuse();
    }
}

fn serve(mut connection: TcpStream, counter: &AtomicU64, answer: &Answer) {
    let _set = connection.set_read_timeout(Some(HELD));
    let Some(asked) = request(&mut connection) else { return };
    counter.fetch_add(1, Ordering::SeqCst);
    let (status, body) = match answer(&asked) {
        Reply::Status(status, body) => (status, body),
        Reply::After(pause, status) => {
            std::thread::sleep(pause);
            (status, "{}".to_owned())
        }
        Reply::Nothing => {
            // Returns when the caller hangs up.
            let _gone = connection.read(&mut [0; 1]);
            return;
        }
    };
    let head = format!("HTTP/1.1 {status} -\r\ncontent-type: application/json\r\nconnection: close\r\n");
    let _sent = write!(connection, "{head}content-length: {}\r\n\r\n{body}", body.len());
}

fn request(connection: &mut TcpStream) -> Option<Asked> {
    let (mut bytes, mut part) = (Vec::new(), [0; 4096]);
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let field = |name: &str| {
                let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with(&format!("{name}:")))?;
                Some(line.split_once(':')?.1.trim().to_owned())
            };
            let length = field("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
            if body.len() >= length {
                let line = head.lines().next()?.rsplit_once(' ')?.0.to_owned();
                let token = field("authorization").and_then(|value| Some(value.strip_prefix("Bearer ")?.to_owned()));
                let content_type = field("content-type").unwrap_or_default();
                return Some(Asked { line, token, content_type, body: body.to_owned() });
            }
        }
        let read = connection.read(&mut part).ok().filter(|read| *read > 0 && bytes.len() < MAX_REQUEST)?;
        bytes.extend_from_slice(part.get(..read)?);
    }
}
