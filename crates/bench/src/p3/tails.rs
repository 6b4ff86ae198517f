//! Other ways to hear of a line: the kernel's word and nothing else, and a look every now and then.

use super::arrivals::{Arrivals, numbers};
use anyhow::Context;
use inotify::{Inotify, WatchMask};
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::{Duration, Instant};

/// The way of a line until a thread that waits for the kernel's word runs.
pub(super) const WOKEN: &str = "woken";
/// The way of a line until a look every 250 ms has seen it.
pub(super) const SEEN: &str = "seen";
/// Between two looks.
const EVERY: Duration = Duration::from_millis(250);

/// Notes each waking, counted from `first`. The thread ends with the process.
pub(super) fn wait_for_the_kernel(path: &Path, first: usize, arrivals: Arrivals) -> anyhow::Result<()> {
    let mut inotify = Inotify::init()?;
    inotify.watches().add(path, WatchMask::MODIFY).with_context(|| format!("cannot watch {}", path.display()))?;
    std::thread::spawn(move || {
        let (mut buffer, mut number) = ([0; 4096], first);
        while let Ok(events) = inotify.read_events_blocking(&mut buffer) {
            let at = Instant::now();
            for _ in events {
                arrivals.note((WOKEN, number), at);
                number += 1;
            }
        }
    });
    Ok(())
}

/// Notes each line when a look has found it. The thread ends with the process.
pub(super) fn look_now_and_then(path: &Path, arrivals: Arrivals) -> anyhow::Result<()> {
    let mut file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(EVERY);
            let mut grown = Vec::new();
            if file.read_to_end(&mut grown).is_err() {
                return;
            }
            let at = Instant::now();
            numbers(&grown).into_iter().for_each(|line| arrivals.note((SEEN, line), at));
        }
    });
    Ok(())
}
