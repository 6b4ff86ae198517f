//! One connection to a double: one request is read as far as its head, one answer is written.

use super::{Connection, Part};
use reqwest::StatusCode;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;
use wire::paths::REPLAY_HEADER;
use wire::target::Behaviour;

/// The largest head of a request, bytes.
const MAX_HEAD: usize = 16 * 1024;
/// How long a request may take to come, and an answer to go.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long what the caller still sends is taken in after the answer: closing over it would take the answer from him.
const LINGER: Duration = Duration::from_millis(200);

pub(super) async fn converse(mut connection: Box<dyn Connection>, part: Arc<Part>) {
    let Ok(Ok(head)) = timeout(PATIENCE, head(&mut connection)).await else { return };
    if carries(&head, part.replay.as_str()) {
        part.calls.fetch_add(1, Ordering::SeqCst);
    }
    tokio::time::sleep(Duration::from_millis(part.play.delay_ms)).await;
    if part.play.behaviour != Behaviour::Answer {
        return;
    }
    let answer = answer(part.play.status, &part.body);
    if let Ok(Ok(())) = timeout(PATIENCE, connection.write_all(answer.as_bytes())).await {
        let rest = async {
            let _gone = connection.shutdown().await;
            let mut waste = [0; 1024];
            while let Ok(1..) = connection.read(&mut waste).await {}
        };
        let _in_time = timeout(LINGER, rest).await;
    }
}

async fn head(connection: &mut Box<dyn Connection>) -> io::Result<String> {
    let (mut head, mut chunk) = (Vec::new(), [0; 1024]);
    while !head.windows(4).any(|bytes| bytes == b"\r\n\r\n") {
        let count = connection.read(&mut chunk).await?;
        if count == 0 || head.len() > MAX_HEAD {
            return Err(io::ErrorKind::InvalidData.into());
        }
        head.extend(chunk.iter().take(count));
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

/// Whether the head of a request names a replay.
fn carries(head: &str, replay: &str) -> bool {
    let head = head.split("\r\n\r\n").next().unwrap_or_default();
    head.split("\r\n")
        .skip(1)
        .filter_map(|line| line.split_once(':'))
        .any(|(name, value)| name.eq_ignore_ascii_case(REPLAY_HEADER) && value.trim() == replay)
}

fn answer(status: u16, body: &str) -> String {
    let reason = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or("Status");
    let length = body.len();
    format!(
        "HTTP/1.1 {status} {reason}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\
         connection: close\r\n\r\n{body}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_header_names_the_replay() {
        for (head, wanted) in [
            ("GET / HTTP/1.1\r\nX-Kintsugi-Replay: kr-1\r\n\r\n", true),
            ("GET / HTTP/1.1\r\nx-kintsugi-replay:kr-1 \r\n\r\n", true),
            ("GET / HTTP/1.1\r\nx-kintsugi-replay: kr-11\r\n\r\n", false),
            ("GET /x-kintsugi-replay:kr-1 HTTP/1.1\r\nhost: x\r\n\r\n", false),
            ("GET / HTTP/1.1\r\n\r\nx-kintsugi-replay: kr-1\r\n", false),
            ("GET / HTTP/1.1\r\nother: kr-1\r\n\r\n", false),
        ] {
            assert_eq!(carries(head, "kr-1"), wanted, "{head}");
        }
    }

    #[test]
    fn an_answer_says_how_long_it_is_and_that_it_is_the_last() {
        let text = answer(503, "{}");
        assert!(text.starts_with("HTTP/1.1 503 Service Unavailable\r\n"), "{text}");
        assert!(text.contains("content-length: 2\r\nconnection: close\r\n\r\n{}"), "{text}");
    }
}
