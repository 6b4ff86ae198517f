//! The peer: SQLite's full-text search, as Python brings it along.

use crate::child::Killed;
use anyhow::Context;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::process::{ChildStdin, ChildStdout, Command, Stdio};

const PROGRAM: &str = include_str!("fts5.py");

/// A process with a table. It ends when dropped.
#[derive(Debug)]
pub(super) struct Fts5 {
    _child: Killed,
    input: BufWriter<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Fts5 {
    /// None where there is no Python with FTS5.
    pub(super) fn start() -> Option<Self> {
        let pipes = |command: &mut Command| {
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()
        };
        let mut child = pipes(Command::new("python3").args(["-c", PROGRAM]))?;
        let (input, output) = (BufWriter::new(child.stdin.take()?), BufReader::new(child.stdout.take()?));
        let mut peer = Self { _child: Killed(child), input, output };
        peer.ask("Q", "nothing").ok()?;
        Some(peer)
    }

    pub(super) fn put(&mut self, text: &str) -> anyhow::Result<()> {
        writeln!(self.input, "B {text}").context("FTS5 is gone")
    }

    /// How long until a new document was committed, milliseconds.
    pub(super) fn insert(&mut self, text: &str) -> anyhow::Result<f64> {
        self.ask("I", text)
    }

    /// How long the nearest to any of the words took, milliseconds.
    pub(super) fn search(&mut self, words: &str) -> anyhow::Result<f64> {
        self.ask("Q", words)
    }

    fn ask(&mut self, what: &str, text: &str) -> anyhow::Result<f64> {
        writeln!(self.input, "{what} {text}")?;
        self.input.flush()?;
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        line.trim().parse().with_context(|| format!("FTS5 said {line:?}"))
    }
}
