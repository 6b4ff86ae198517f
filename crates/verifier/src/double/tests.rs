use super::*;
use tokio::net::TcpStream;

fn play(text: &str) -> Play {
    serde_json::from_str(text).expect("a play")
}

async fn ask(port: u16, replay: &str) -> Result<(u16, String), reqwest::Error> {
    let http = crate::endpoint::client()?.build()?;
    let request = http.get(format!("http://127.0.0.1:{port}/data")).header("x-kintsugi-replay", replay);
    let answer = request.timeout(Duration::from_secs(5)).send().await?;
    Ok((answer.status().as_u16(), answer.text().await?))
}

fn doubles() -> (Doubles, u16) {
    let port = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port").local_addr().expect("one").port();
    (Doubles::new(vec![("upstream".into(), Stand::Port(port))]), port)
}

fn part(text: &str) -> Arc<Part> {
    Part::new(&play(text), "kr-1".parse().expect("an id"), Nonce::fresh())
}

/// Plays a part while something else is done.
async fn during<T>(doubles: &mut Doubles, part: Option<&Arc<Part>>, work: impl Future<Output = T>) -> T {
    doubles.play(part).await.expect("it is played");
    tokio::select! {
        done = work => done,
        () = doubles.serve() => unreachable!("it serves for ever"),
    }
}

#[tokio::test]
async fn it_answers_with_its_nonce_and_counts_the_calls_of_its_replay() {
    let (mut doubles, port) = doubles();
    let part = part(r#"{"name": "upstream", "status": 201, "body": "{\"value\":{nonce}}"}"#);
    let (own, other) =
        during(&mut doubles, Some(&part), async { (ask(port, "kr-1").await, ask(port, "kr-2").await) }).await;
    let (status, body) = own.expect("an answer");
    assert_eq!((status, body.as_str()), (201, part.body.as_str()));
    assert!(body.len() == "{\"value\":123456789}".len() && other.is_ok());
    assert_eq!((part.calls(), part.connections()), (1, 2));
}

#[tokio::test]
async fn it_waits_closes_and_is_absent() {
    let (mut doubles, port) = doubles();
    let closing = part(r#"{"name": "upstream", "behaviour": "close"}"#);
    let said = during(&mut doubles, Some(&closing), ask(port, "kr-1")).await;
    assert!(said.is_err_and(|error| !error.is_connect()), "it accepts, then closes");
    assert_eq!((closing.calls(), closing.connections()), (1, 1));
    let absent = part(r#"{"name": "upstream", "behaviour": "absent"}"#);
    for part in [Some(&absent), None] {
        let said = during(&mut doubles, part, ask(port, "kr-1")).await;
        assert!(said.is_err_and(|error| error.is_connect()), "nobody listens");
    }
    let slow = part(r#"{"name": "upstream", "status": 500, "delay_ms": 60}"#);
    let begun = Instant::now();
    let said = during(&mut doubles, Some(&slow), ask(port, "kr-1")).await;
    assert_eq!(said.expect("an answer").0, 500);
    assert!(begun.elapsed() >= Duration::from_millis(60));
}

#[tokio::test]
async fn a_connection_that_says_nothing_is_a_connection_and_no_call() {
    let (mut doubles, port) = doubles();
    let part = part(r#"{"name": "upstream"}"#);
    let work = async {
        let _silent = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.expect("a connection");
        ask(port, "kr-1").await
    };
    assert!(during(&mut doubles, Some(&part), work).await.is_ok(), "another is served meanwhile");
    assert_eq!((part.calls(), part.connections()), (1, 2));
}
