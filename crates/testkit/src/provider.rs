//! A provider of language models that answers by a script or as somebody decides, byte by byte if need be: what a well-behaved mock
//! cannot do.

use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

/// How long a connection may be silent.
const SILENCE: Duration = Duration::from_secs(10);

/// See the module. It ends with its value.
pub struct Provider {
    /// Its base URL.
    pub base: String,
    shared: Arc<Shared>,
}

/// Decides on an answer to the n-th question, from 0.
type Decide = Box<dyn Fn(&Asked, usize) -> Turn + Send + Sync>;

#[derive(Default)]
struct Shared {
    script: Mutex<VecDeque<Turn>>,
    decide: Option<Decide>,
    asked: Mutex<Vec<Asked>>,
    over: AtomicBool,
}

/// What it was asked.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The method.
    pub method: String,
    /// The path with its query.
    pub path: String,
    /// The headers by their lower-case name.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: Value,
}

/// One answer.
#[derive(Debug, Clone)]
pub struct Turn {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    delay: Duration,
    cut: Option<usize>,
}

impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Provider").field("base", &self.base).finish_non_exhaustive()
    }
}

impl Turn {
    /// A status with a body.
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: Vec::new(), body: body.into(), delay: Duration::ZERO, cut: None }
    }

    /// An answer of the form that was asked for, in Anthropic's Messages, for 1000 tokens of prompt and 100 of answer.
    pub fn says(said: &Value) -> Self {
        let message = json!({
            "id": "msg_1", "type": "message", "role": "assistant", "model": "double", "stop_reason": "tool_use",
            "content": [{ "type": "tool_use", "id": "toolu_1", "name": "propose_patch", "input": said }],
            "usage": { "input_tokens": 1_000, "output_tokens": 100 },
        });
        Self::new(200, message.to_string()).with("request-id", "req_double")
    }

    /// It declines, in Anthropic's Messages.
    pub fn declines() -> Self {
        let message = json!({ "type": "message", "content": [], "stop_reason": "refusal", "usage": {} });
        Self::new(200, message.to_string())
    }

    /// With a header more.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Not before so long.
    #[must_use]
    pub fn after(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }

    /// The connection ends after so many bytes of the body, all of which were announced.
    #[must_use]
    pub fn cut_at(self, bytes: usize) -> Self {
        Self { cut: Some(bytes), ..self }
    }
}

impl Provider {
    /// Starts it. Without a script it answers 500.
    ///
    /// # Panics
    /// When it cannot listen.
    pub fn start() -> Self {
        Self::of(Shared::default())
    }

    /// Starts one that answers as `decide` says to the n-th question, from 0.
    ///
    /// # Panics
    /// When it cannot listen.
    pub fn deciding(decide: impl Fn(&Asked, usize) -> Turn + Send + Sync + 'static) -> Self {
        Self::of(Shared { decide: Some(Box::new(decide)), ..Shared::default() })
    }

    fn of(shared: Shared) -> Self {
        let (listener, base) = crate::listener();
        let shared = Arc::new(shared);
        let its = Arc::clone(&shared);
        std::thread::spawn(move || serve(&listener, &its));
        Self { base, shared }
    }

    /// What it answers next, in this order.
    pub fn script(&self, turns: impl IntoIterator<Item = Turn>) {
        lock(&self.shared.script).extend(turns);
    }

    /// What it was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        lock(&self.shared.asked).clone()
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::Release);
        // It waits for the next connection: this is it.
        drop(TcpStream::connect(self.base.trim_start_matches("http://")));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("nobody panics with it")
}

fn serve(listener: &TcpListener, shared: &Arc<Shared>) {
    for connection in listener.incoming() {
        if shared.over.load(Ordering::Acquire) {
            return;
        }
        let (Ok(connection), shared) = (connection, Arc::clone(shared)) else { continue };
        // Whoever goes away in between has had enough.
        std::thread::spawn(move || answer(connection, &shared).ok());
    }
}

fn answer(connection: TcpStream, shared: &Shared) -> std::io::Result<()> {
    connection.set_read_timeout(Some(SILENCE))?;
    let mut reader = BufReader::new(connection.try_clone()?);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.split_once(':') else { break };
        headers.insert(name.trim().to_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let mut words = first.split(' ').map(str::to_owned);
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let asked = Asked { method, path, headers, body: serde_json::from_slice(&body).unwrap_or_default() };
    let number = {
        let mut all = lock(&shared.asked);
        all.push(asked.clone());
        all.len() - 1
    };
    let scripted = lock(&shared.script).pop_front();
    let turn = scripted.or_else(|| Some(shared.decide.as_ref()?(&asked, number)));
    send(connection, &turn.unwrap_or_else(|| Turn::new(500, r#"{"error":{"type":"out_of_script"}}"#)))
}

fn send(mut connection: TcpStream, turn: &Turn) -> std::io::Result<()> {
    std::thread::sleep(turn.delay);
    let Turn { status, headers, body, cut, .. } = turn;
    let mut head = format!("HTTP/1.1 {status} Said\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
    headers.iter().for_each(|(name, value)| head.push_str(&format!("{name}: {value}\r\n")));
    connection.write_all(format!("{head}\r\n").as_bytes())?;
    connection.write_all(body.get(..cut.unwrap_or(body.len())).unwrap_or(body))?;
    connection.flush()
}
