//! Lines that mark nothing, at a constant rate.

use super::arrivals::noise;
use anyhow::Context;
use std::fs::File;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How many lines there are a second.
pub(super) const RATE: usize = 50_000;
/// How many are written at once, as a busy service does.
const AT_ONCE: usize = 50;

/// A thread that writes.
#[derive(Debug)]
pub(super) struct Noise {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<(usize, Duration)>,
}

impl Noise {
    pub(super) fn start(mut file: File) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let word = Arc::clone(&stop);
        let lines: String = (0..AT_ONCE).map(noise).collect();
        let every = Duration::from_secs(1) * u32::try_from(AT_ONCE).unwrap_or(1) / u32::try_from(RATE).unwrap_or(1);
        let thread = std::thread::spawn(move || {
            let (begun, mut written) = (Instant::now(), 0);
            while !word.load(Ordering::SeqCst) && file.write_all(lines.as_bytes()).is_ok() {
                written += 1;
                // Behind its time it writes without a pause until it has caught up.
                std::thread::sleep((every * written).saturating_sub(begun.elapsed()));
            }
            (written as usize * AT_ONCE, begun.elapsed())
        });
        Self { stop, thread }
    }

    /// Ends it; how many lines there really were a second.
    pub(super) fn end(self) -> anyhow::Result<f64> {
        self.stop.store(true, Ordering::SeqCst);
        let (lines, took) = self.thread.join().ok().context("the noise died")?;
        Ok(lines as f64 / took.as_secs_f64())
    }
}
