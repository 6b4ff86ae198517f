//! What the wrapper of the external API does, whichever way the call goes.

use crate::harness::{NOBODY, Running, Store};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

/// An upstream with one answer for all; each request's head.
fn upstream(body: &'static str) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (sender, heads) = channel();
    thread::spawn(move || {
        listener.incoming().map_while(Result::ok).try_for_each(|mut stream| {
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).unwrap() > 0 {}
            let length = body.len();
            write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}").unwrap();
            sender.send(head.to_lowercase())
        })
    });
    (url, heads)
}

#[test]
fn a_healthy_upstreams_value_is_served_and_a_replays_id_passed_on() {
    let (url, heads) = upstream(r#"{"value":42}"#);
    let app = Running::start(NOBODY, &[("MOCK_API_BASE_URL", &url)]);
    let answer = app.send("POST /test-fault/external-api\nx-kintsugi-replay: kr-0123\nx-request-id: r1");
    assert_eq!((answer.status, answer.json()), (200, serde_json::json!({ "value": 42 })), "{answer:?}");
    let head = heads.recv().unwrap();
    assert!(head.starts_with("get /data http/1.1\r\n") && head.contains("x-kintsugi-replay: kr-0123\r\n"), "{head}");
}

#[test]
fn wrong_data_is_either_the_marked_fault_or_an_answer_that_says_so() {
    let (url, _heads) = upstream(r#"{"value":"forty-two"}"#);
    let store = Store::start();
    let app = Running::start(NOBODY, &[("MOCK_API_BASE_URL", &url), ("INCIDENT_REPORT_URL", &store.url)]);
    let answer = app.send("POST /test-fault/external-api\nx-request-id: r1");
    let (_, line) = app.line("request_id", "r1");
    if answer.status == 504 {
        answer.is_problem(504, "wrong_data");
        for (key, value) in [("marker", "FAULT_EXTERNAL_API_LATENCY"), ("reason", "wrong_data"), ("level", "error")] {
            assert_eq!(line[key], value, "{line}");
        }
        let event_id = &answer.json()["event_id"];
        assert_eq!((&line["event_id"], &store.report().1["event_id"]), (event_id, event_id), "{line}");
        assert_eq!(line["trace_id"].as_str().unwrap().len(), 32, "{line}");
    } else {
        answer.is_problem(503, "upstream_away");
        assert!(answer.head.contains("retry-after: "), "{answer:?}");
        assert!(line.get("marker").is_none() && line["reason"] == "upstream_away", "{line}");
    }
    app.stopped();
    assert!(store.is_empty());
}
