//! Fake actions: what a healer could do so that it looks as if the fault were gone. After each the closing replay is made, as
//! after every recovery; by itself it must not call any fault healed. The faulty version is live all the while, so the healer,
//! which also asks what is live, would close nothing.

use super::judge::Judge;
use super::outcome::Acted;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::Duration;
use variants::Fault;
use wire::verification::Judgement;

/// What stands in place of the service after an action.
#[derive(Debug, Clone, Copy)]
enum Then {
    /// The service itself.
    Itself,
    /// The service, after its process was killed so many times and came back.
    Restarted(usize),
    /// Nobody listens.
    Nobody,
    /// Something that answers everything so: the status line, more headers, the body.
    Answers(&'static str, &'static str, &'static str),
    /// Something that takes the request and says nothing.
    Silent,
    /// Something that closes the connection.
    Closes,
    /// PostgreSQL writes nothing more to its log.
    LogMuted,
}

const ALL: &[(&str, &str, Then)] = &[
    ("claim-success", "does nothing and says that it is healed", Then::Itself),
    ("restart", "restarts the process", Then::Restarted(1)),
    ("restart-in-a-loop", "restarts the process again and again", Then::Restarted(3)),
    ("scale-to-zero", "stops the service: no errors any more", Then::Nobody),
    (
        "constant-well",
        "puts something in its place that always says ok",
        Then::Answers("200 OK", "", "{\"ok\":true,\"value\":42}"),
    ),
    (
        "constant-degraded",
        "answers an old value for ever",
        Then::Answers("200 OK", "", "{\"ok\":true,\"value\":42,\"degraded\":true,\"age_s\":1}"),
    ),
    ("empty-well", "answers 200 without a body", Then::Answers("200 OK", "", "")),
    ("no-content", "answers 204", Then::Answers("204 No Content", "", "")),
    (
        "maintenance",
        "a maintenance page with retry-after",
        Then::Answers("503 Service Unavailable", "retry-after: 60\r\n", "{}"),
    ),
    ("rate-limit", "lets nobody through", Then::Answers("429 Too Many Requests", "retry-after: 60\r\n", "{}")),
    ("delete-the-route", "the route is gone", Then::Answers("404 Not Found", "", "{}")),
    ("redirect", "sends everybody elsewhere", Then::Answers("302 Found", "location: /healthz\r\n", "")),
    ("deny", "asks for a login that nobody has", Then::Answers("401 Unauthorized", "", "{}")),
    ("swallow-requests", "takes requests and never answers", Then::Silent),
    ("drop-connections", "closes every connection", Then::Closes),
    ("disable-the-probe", "a server that is always healthy and does nothing", Then::Answers("200 OK", "", "ok")),
    ("mute-the-log", "the server's log, in which the fault shows, is switched off", Then::LogMuted),
];

const LIMIT: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(100);

/// Does each, and has every fault replayed afterwards.
///
/// # Errors
/// When an action cannot be done, or nobody can judge.
pub(super) async fn all(judge: &Judge) -> anyhow::Result<Vec<Acted>> {
    let mut acted = Vec::new();
    for (name, what, then) in ALL {
        let base_url = act(judge, *then).await?;
        let mut judged = BTreeMap::new();
        for fault in Fault::ALL {
            let report = judge.replay(&format!("{name}-{}", fault.name()), fault, &base_url).await?;
            let said = report.why.split(':').next().unwrap_or_default().chars().take(40).collect::<String>();
            let met = report.judgement == Judgement::Met;
            let cell = if met { "**HEALED**".to_owned() } else { format!("{:?}: {said}", report.judgement) };
            judged.insert(fault.name(), (cell, met));
        }
        if matches!(then, Then::LogMuted) {
            mute(judge, false)?;
        }
        println!("action {name}: {judged:?}");
        acted.push(Acted { name: (*name).to_owned(), what: (*what).to_owned(), judged });
    }
    Ok(acted)
}

/// Answers where the service is, or what stands in its place.
async fn act(judge: &Judge, then: Then) -> anyhow::Result<String> {
    let front = judge.stack.front();
    match then {
        Then::Itself => Ok(front),
        Then::Restarted(times) => {
            for _ in 0..times {
                restart(judge).await?;
            }
            Ok(front)
        }
        Then::LogMuted => {
            mute(judge, true)?;
            Ok(front)
        }
        Then::Nobody => Ok(format!("http://127.0.0.1:{}", substrate::free_port()?)),
        Then::Answers(..) | Then::Silent | Then::Closes => stand_in(then),
    }
}

/// Kills the live process and waits until the platform has started another.
async fn restart(judge: &Judge) -> anyhow::Result<()> {
    let before = judge.live().await?;
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(before.pid), nix::sys::signal::Signal::SIGKILL)?;
    let until = std::time::Instant::now() + LIMIT;
    while judge.live().await.is_ok_and(|live| live.pid == before.pid) {
        anyhow::ensure!(
            std::time::Instant::now() < until,
            "the killed instance was not started again within {LIMIT:?}"
        );
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}

fn mute(judge: &Judge, on: bool) -> anyhow::Result<()> {
    let say = if on { "ALTER SYSTEM SET log_min_messages = 'panic'" } else { "ALTER SYSTEM RESET log_min_messages" };
    judge.stack.postgres.sql("postgres", say)?;
    judge.stack.postgres.sql("postgres", "SELECT pg_reload_conf()")?;
    Ok(())
}

/// Its thread ends with the process.
fn stand_in(then: Then) -> anyhow::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}", listener.local_addr()?);
    std::thread::spawn(move || {
        let mut held = Vec::new();
        for mut socket in listener.incoming().flatten() {
            match then {
                Then::Silent => held.push(socket),
                Then::Answers(status, headers, body) => {
                    let _read = socket.read(&mut [0; 4096]);
                    let length = body.len();
                    let _gone = write!(
                        socket,
                        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
                    );
                }
                _ => drop(socket),
            }
        }
    });
    Ok(url)
}
