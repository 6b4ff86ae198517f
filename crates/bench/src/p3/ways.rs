//! The ways of a line: it is written to each in turn, and when it arrives is noted.

use super::arrivals::{Arrivals, Line, text};
use super::rsyslog::{Rsyslog, SENT};
use super::stub::{COMMITTED, RECEIVED, Stub};
use super::tails::{self, SEEN, WOKEN};
use crate::madeup::MadeUp;
use anyhow::Context;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

pub(super) const OURS: &str = "fault-router";
pub(super) const RAW: &str = "raw inotify";
pub(super) const HOP: &str = "one POST over loopback";
pub(super) const POLL: &str = "tail that polls every 250 ms";
pub(super) const RSYSLOG: &str = "rsyslog, imfile → TCP";
/// The longest wait for an arrival.
const LIMIT: Duration = Duration::from_secs(5);
/// Between two turns, microseconds: at least, and up to so many more, so that they do not fall in step with anything.
const PAUSE_US: (u64, usize) = (6_000, 6_000);

/// How long lines took, by way, milliseconds.
pub(super) type Times = BTreeMap<&'static str, Vec<f64>>;

/// All ways.
#[derive(Debug)]
pub(super) struct Ways {
    pub(super) stub: Stub,
    arrivals: Arrivals,
    path: PathBuf,
    router: File,
    raw: File,
    poll: File,
    sent: File,
    rsyslog: Option<Rsyslog>,
    hop: TcpStream,
    next: usize,
    woken: usize,
    made_up: MadeUp,
}

impl Ways {
    /// The router follows a file in `live`; the others' files are in `folder`.
    pub(super) fn open(live: &Path, folder: &Path) -> anyhow::Result<Self> {
        let arrivals = Arrivals::default();
        let path = live.join("app.log");
        let files = [path.clone(), folder.join("raw.log"), folder.join("poll.log"), folder.join("rsyslog.log")];
        let [router, raw, poll, sent] = files.each_ref().map(|path| append(path));
        let (router, raw, poll, sent) = (router?, raw?, poll?, sent?);
        let [_, raw_path, poll_path, sent_path] = &files;
        tails::wait_for_the_kernel(raw_path, 0, arrivals.clone())?;
        tails::look_now_and_then(poll_path, arrivals.clone())?;
        let rsyslog = Rsyslog::start(sent_path, folder, arrivals.clone())?;
        let stub = Stub::start(arrivals.clone())?;
        let hop = TcpStream::connect(stub.address)?;
        hop.set_nodelay(true)?;
        let made_up = MadeUp::new(3);
        Ok(Self { stub, arrivals, path, router, raw, poll, sent, rsyslog, hop, next: 1, woken: 0, made_up })
    }

    pub(super) fn has_rsyslog(&self) -> bool {
        self.rsyslog.is_some()
    }

    /// The file that the router follows, once more.
    pub(super) fn router_file(&self) -> anyhow::Result<File> {
        append(&self.path)
    }

    /// Writes until the router, and rsyslog where it runs, report.
    pub(super) fn until_followed(&mut self, limit: Duration) -> anyhow::Result<()> {
        let until = Instant::now() + limit;
        let (mut router, mut rsyslog) = (false, self.rsyslog.is_none());
        while !(router && rsyslog) {
            anyhow::ensure!(Instant::now() < until, "followed: fault-router {router}, rsyslog {rsyslog}");
            let number = self.number();
            self.router.write_all(text(number).as_bytes())?;
            self.sent.write_all(text(number).as_bytes())?;
            router |= self.arrivals.wait((RECEIVED, number), Duration::from_millis(200)).is_some();
            rsyslog |= self.arrivals.wait((SENT, number), Duration::from_millis(200)).is_some();
        }
        Ok(())
    }

    /// So many lines on every way, in turn.
    pub(super) fn run(&mut self, turns: usize, with_rsyslog: bool) -> anyhow::Result<Times> {
        let mut times = Times::new();
        let mut looked: Vec<(usize, Instant)> = Vec::new();
        for _ in 0..turns {
            let line = self.number();
            take(&mut times, OURS, self.send((RECEIVED, line), |ways| ways.router.write_all(text(line).as_bytes()))?);
            let woken = self.woken;
            self.woken += 1;
            take(&mut times, RAW, self.send((WOKEN, woken), |ways| ways.raw.write_all(text(0).as_bytes()))?);
            let line = self.number();
            take(&mut times, HOP, self.send((RECEIVED, line), |ways| ways.post(line))?);
            self.answered()?;
            if with_rsyslog && self.rsyslog.is_some() {
                let line = self.number();
                take(&mut times, RSYSLOG, self.send((SENT, line), |ways| ways.sent.write_all(text(line).as_bytes()))?);
            }
            let line = self.number();
            looked.push((line, Instant::now()));
            self.poll.write_all(text(line).as_bytes())?;
            self.pause();
        }
        for (line, begun) in looked {
            let at = self.arrivals.wait((SEEN, line), LIMIT).context("the polling tail sees nothing")?;
            take(&mut times, POLL, ms(begun, at));
        }
        Ok(times)
    }

    /// So many lines through the router into the real store.
    pub(super) fn commit(&mut self, turns: usize) -> anyhow::Result<Vec<f64>> {
        let mut times = Vec::new();
        for _ in 0..turns {
            let line = self.number();
            times.push(self.send((COMMITTED, line), |ways| ways.router.write_all(text(line).as_bytes()))?);
            self.pause();
        }
        Ok(times)
    }

    fn send(&mut self, line: Line, write: impl FnOnce(&mut Self) -> std::io::Result<()>) -> anyhow::Result<f64> {
        let begun = Instant::now();
        write(self)?;
        let at =
            self.arrivals.wait(line, LIMIT).with_context(|| format!("{line:?} did not arrive within {LIMIT:?}"))?;
        Ok(ms(begun, at))
    }

    fn post(&mut self, line: usize) -> std::io::Result<()> {
        let body = format!("{}{}", text(line), " ".repeat(500));
        let head = format!("POST /hop HTTP/1.1\r\nhost: bench\r\ncontent-length: {}\r\n\r\n", body.len());
        self.hop.write_all(format!("{head}{body}").as_bytes())
    }

    /// Reads the answer to the hop's request; it fits into one read.
    fn answered(&mut self) -> anyhow::Result<()> {
        let read = self.hop.read(&mut [0; 4096])?;
        anyhow::ensure!(read > 0, "the stub has closed");
        Ok(())
    }

    fn number(&mut self) -> usize {
        self.next += 1;
        self.next
    }

    fn pause(&mut self) {
        let (least, more) = PAUSE_US;
        std::thread::sleep(Duration::from_micros(least + self.made_up.below(more) as u64));
    }
}

fn take(times: &mut Times, whose: &'static str, took: f64) {
    times.entry(whose).or_default().push(took);
}

fn append(path: &Path) -> anyhow::Result<File> {
    let file = File::options().create(true).append(true).open(path);
    file.with_context(|| format!("cannot write {}", path.display()))
}

fn ms(begun: Instant, at: Instant) -> f64 {
    at.saturating_duration_since(begun).as_secs_f64() * 1e3
}
