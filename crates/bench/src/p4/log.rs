//! A made-up log: lines as services write them, seldom one with a fault, often one that nearly looks like it.

use super::sets::Set;
use crate::madeup::MadeUp;
use anyhow::Context;
use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::path::Path;

/// One line in so many is a hit of some set.
pub(super) const LINES_A_HIT: usize = 30_000;
/// One line in so many of an ordinary log holds the words of a pattern and is no hit.
pub(super) const ORDINARY: usize = 20;
/// The same of a log that is hard to scan.
pub(super) const HARD: usize = 3;
/// How much is copied at once, bytes.
const PIECE: usize = 1 << 20;

/// What was written.
pub(super) struct Log {
    pub(super) bytes: u64,
    pub(super) lines: u64,
}

/// Writes a log of about so many bytes; it is on the disk and in the page cache then. One line in `near` nearly is a hit.
pub(super) fn write(path: &Path, bytes: usize, near: usize) -> anyhow::Result<Log> {
    let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
    let mut out = BufWriter::with_capacity(PIECE, file);
    let examples: Vec<String> = Set::ALL.into_iter().flat_map(Set::examples).collect();
    let (mut made_up, mut log, mut line) = (MadeUp::new(4), Log { bytes: 0, lines: 0 }, Vec::new());
    while log.bytes < bytes as u64 {
        line.clear();
        let hit = made_up.below(LINES_A_HIT) == 0;
        let fault = if hit { examples.get(made_up.below(examples.len())) } else { None };
        write_line(&mut line, &mut made_up, log.lines, near, fault)?;
        out.write_all(&line)?;
        log.bytes += line.len() as u64;
        log.lines += 1;
    }
    // What is still to be written back would cost those who are measured.
    out.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()?;
    Ok(log)
}

fn write_line(
    out: &mut Vec<u8>,
    made_up: &mut MadeUp,
    n: u64,
    near: usize,
    fault: Option<&String>,
) -> std::io::Result<()> {
    let (ms, second, minute, hour) = (n % 1_000, n / 1_000 % 60, n / 60_000 % 60, n / 3_600_000 % 24);
    let time = format_args!("2026-03-01T{hour:02}:{minute:02}:{second:02}.{ms:03}Z");
    let (a, b) = (made_up.below(250), made_up.below(60_000));
    if let Some(fault) = fault {
        return writeln!(out, "{time} ERROR [worker-{a}] request {b:08x}: {fault}");
    }
    // The last three nearly match a pattern.
    let kind = if made_up.below(near) == 0 { 6 + made_up.below(3) } else { made_up.below(6) };
    match kind {
        0 | 1 => writeln!(
            out,
            r#"{{"ts":"{time}","level":"info","service":"checkout","request_id":"{b:08x}{a:02x}","path":"/api/orders/{b}","status":200,"ms":{a}}}"#
        ),
        2 => writeln!(out, r#"10.0.{a}.7 - - [{time}] "GET /static/app-{b}.js HTTP/1.1" 200 {b} "-" "Mozilla/5.0""#),
        3 => writeln!(
            out,
            r#"{{"ts":"{time}","level":"debug","logger":"com.example.shop.Cart","message":"cart {b} has {a} items","thread":"exec-{a}"}}"#
        ),
        4 => writeln!(
            out,
            "{time} DEBUG [sql-{a}] SELECT id, name FROM orders WHERE id = {b} -- rows: 1, cache hit, index scan"
        ),
        5 => writeln!(
            out,
            "time={time} level=info msg=\"queue depth {a}, token refreshed, upstream responded\" trace={b:016x}"
        ),
        6 => writeln!(
            out,
            "{time} WARN  [pool-{a}] replication lag {} s, certificate valid for {a} days, retry 1 of 3",
            a % 10
        ),
        7 => writeln!(
            out,
            "{time} INFO  [job-{a}] step {b} finished: exit code 0, disk usage {a} GB, heap {b} kB, snapshot done"
        ),
        _ => writeln!(
            out,
            "{time} INFO  [http-{a}] connection to 10.0.0.{a}:5432 established in {a} ms, session {b:x} opened"
        ),
    }
}

/// The same file several times over.
pub(super) fn repeat(from: &Path, to: &Path, times: usize) -> anyhow::Result<()> {
    let mut out = File::create(to).with_context(|| format!("cannot write {}", to.display()))?;
    let mut piece = vec![0; PIECE];
    for _ in 0..times {
        let mut file = File::open(from)?;
        loop {
            let read = file.read(&mut piece)?;
            if read == 0 {
                break;
            }
            out.write_all(piece.get(..read).unwrap_or_default())?;
        }
    }
    Ok(out.sync_all()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use fault_router::{rules::Rules, scan};

    #[test]
    fn only_lines_that_are_meant_as_hits_are_hits() {
        let rules: Vec<_> = Set::ALL.into_iter().flat_map(|set| set.rules().unwrap()).collect();
        let rules = Rules::new(&rules).unwrap();
        let (mut text, mut made_up) = (Vec::new(), MadeUp::new(1));
        for n in 0..20_000 {
            write_line(&mut text, &mut made_up, n, HARD, None).unwrap();
        }
        scan::scan(&rules, &mut &text[..], |hit| panic!("{}", String::from_utf8_lossy(hit.line))).unwrap();
        let fault = Set::Regexes20.examples().remove(0);
        write_line(&mut text, &mut made_up, 1, HARD, Some(&fault)).unwrap();
        let mut hits = 0;
        scan::scan(&rules, &mut &text[..], |_| hits += 1).unwrap();
        assert_eq!(hits, 1);
    }
}
