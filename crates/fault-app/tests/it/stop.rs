//! SIGTERM: what was begun is finished, what idles is closed.

use crate::harness::{LIMIT, Running, connect, read_answer};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::Instant;

#[test]
fn a_request_in_flight_is_answered_and_an_idle_connection_closed() {
    // A database that takes a connection and says nothing holds the request as long as the test wants.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgresql://nobody@127.0.0.1:{}/none", silent.local_addr().unwrap().port());
    let app = Running::start(&url, &[]);

    let mut idle = connect(app.port);
    idle.write_all(b"GET /healthz HTTP/1.1\r\nhost: app\r\n\r\n").unwrap();
    let mut first = [0; 1024];
    assert!(idle.read(&mut first).unwrap() > 0);

    let mut begun = connect(app.port);
    begun.write_all(b"POST /test-fault/run HTTP/1.1\r\nhost: app\r\ncontent-length: 0\r\n\r\n").unwrap();
    let (held, _) = silent.accept().unwrap();

    let stopping = Instant::now();
    app.terminate();
    app.line("message", "stopping");
    assert_eq!(idle.read(&mut first).unwrap(), 0, "the idle connection is closed");
    drop(held);
    read_answer(begun).is_problem(503, "database_unreachable");
    let (status, lines) = app.ended();
    assert!(status.success(), "{status}");
    assert_eq!(lines.last().unwrap()["message"], "stopped", "{lines:#?}");
    assert!(stopping.elapsed() < LIMIT);
}
