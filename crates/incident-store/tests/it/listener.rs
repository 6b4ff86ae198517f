//! A client of the stream, as a browser is one.

use crate::setup::Fixture;
use futures::StreamExt;
use futures::stream::BoxStream;
use serde_json::Value;
use std::time::Duration;
use testkit::token;

/// How long a frame is waited for.
const LIMIT: Duration = Duration::from_secs(20);

/// A frame, as an `EventSource` would hand it on.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Frame {
    pub(crate) id: Option<String>,
    pub(crate) event: String,
    pub(crate) data: Value,
}

pub(crate) struct Listener {
    parts: BoxStream<'static, reqwest::Result<Vec<u8>>>,
    text: String,
    /// The last id it was told.
    pub(crate) last: Option<String>,
}

/// Where a client says what it knows.
pub(crate) enum Last<'a> {
    Nowhere,
    Header(&'a str),
    Query(&'a str),
}

pub(crate) async fn ask(store: &Fixture, last: Last<'_>) -> reqwest::Response {
    let mut url = format!("{}/developer/incidents/api/stream", store.base);
    if let Last::Query(last) = last {
        url = format!("{url}?last_event_id={last}");
    }
    let mut request = reqwest::Client::new().get(url).bearer_auth(token("operator"));
    if let Last::Header(last) = last {
        request = request.header("last-event-id", last);
    }
    request.send().await.expect("an answer")
}

impl Listener {
    pub(crate) async fn open(store: &Fixture, last: Last<'_>) -> Self {
        let answer = ask(store, last).await;
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "text/event-stream; charset=utf-8");
        let parts = answer.bytes_stream().map(|part| part.map(|part| part.to_vec())).boxed();
        Self { parts, text: String::new(), last: None }
    }

    /// One that has said hello.
    pub(crate) async fn greeted(store: &Fixture, last: Last<'_>) -> Self {
        let mut listener = Self::open(store, last).await;
        assert_eq!(listener.next().await.expect("a frame").event, "hello");
        listener
    }

    /// Goes on where this one was, at a store.
    pub(crate) async fn resume(self, store: &Fixture) -> Self {
        let last = self.last.clone().expect("an id");
        drop(self);
        let mut resumed = Self::greeted(store, Last::Header(&last)).await;
        resumed.last = Some(last);
        resumed
    }

    /// The next frame but comments; none at the end.
    pub(crate) async fn next(&mut self) -> Option<Frame> {
        let reading = async {
            loop {
                if let Some((frame, rest)) = self.text.split_once("\n\n") {
                    let frame = parse(frame);
                    self.text = rest.to_owned();
                    self.last = frame.id.clone().or(self.last.take());
                    return Some(frame);
                }
                let part = self.parts.next().await?.expect("an unbroken stream");
                self.text += std::str::from_utf8(&part).expect("text");
            }
        };
        tokio::time::timeout(LIMIT, reading).await.expect("a frame in time")
    }

    /// The next one of a name.
    pub(crate) async fn until(&mut self, event: &str) -> Frame {
        loop {
            let frame = self.next().await.expect("the stream goes on");
            if frame.event == event {
                return frame;
            }
        }
    }

    /// So many with an id.
    pub(crate) async fn events(&mut self, count: usize) -> Vec<Frame> {
        let mut events = Vec::new();
        while events.len() < count {
            let frame = self.next().await.expect("the stream goes on");
            assert_ne!(frame.event, "resync");
            if frame.id.is_some() {
                events.push(frame);
            }
        }
        events
    }
}

fn parse(text: &str) -> Frame {
    let (mut id, mut event, mut data) = (None, String::new(), String::new());
    for line in text.lines() {
        match line.split_once(": ") {
            Some(("id", value)) => id = Some(value.to_owned()),
            Some(("event", value)) => event = value.to_owned(),
            Some(("data", value)) => data += value,
            Some(("retry" | "", _)) => {}
            _ => panic!("no line of a frame: {line:?}"),
        }
    }
    Frame { id, event, data: serde_json::from_str(&data).expect("JSON") }
}
