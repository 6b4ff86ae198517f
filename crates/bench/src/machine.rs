//! Where and when something was measured.

use chassis::Clock;
use serde::{Deserialize, Serialize};

/// The facts beside every figure.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Machine {
    /// When it began, UTC.
    pub begun: String,
    /// How many processors there are.
    pub cores: usize,
    /// What kind.
    pub processor: String,
    /// The load average over a minute when it began.
    pub load_before: f64,
    /// The same when it ended.
    pub load_after: f64,
    /// Whether the program was built with optimisation.
    pub optimised: bool,
}

impl Machine {
    /// As it is now.
    pub fn begin() -> Self {
        let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
        let about = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = about.lines().find(|line| line.starts_with("model name")).and_then(|line| line.split_once(": "));
        Self {
            begun: chassis::clock::SystemClock.now().format("%Y-%m-%d %H:%M").to_string(),
            cores,
            processor: model.map_or("unknown", |(_, model)| model).to_owned(),
            load_before: load(),
            load_after: 0.0,
            optimised: !cfg!(debug_assertions),
        }
    }

    /// Notes the load at the end.
    pub fn end(&mut self) {
        self.load_after = load();
    }
}

fn load() -> f64 {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().and_then(|first| first.parse().ok()).unwrap_or_default()
}

/// How much memory can be used without swapping, bytes.
pub fn available_memory() -> u64 {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    field(&text, "MemAvailable:").unwrap_or_default() << 10
}

/// A process's resident memory, bytes.
pub fn resident(pid: u32) -> Option<u64> {
    Some(field(&std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?, "VmRSS:")? << 10)
}

/// The CPU time that the threads of a process took, seconds; those that ended are not counted.
pub fn cpu_seconds(pid: u32) -> f64 {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let nanoseconds = tasks.filter_map(|task| {
        let text = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<f64>().ok()
    });
    nanoseconds.sum::<f64>() / 1e9
}

/// How many descriptors a process has open.
pub fn descriptors(pid: u32) -> usize {
    std::fs::read_dir(format!("/proc/{pid}/fd")).map_or(0, Iterator::count)
}

fn field(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_read_by_its_name() {
        let text = "VmPeak:\t  9 kB\nVmRSS:\t    2048 kB\n";
        assert_eq!(field(text, "VmRSS:"), Some(2048));
        assert_eq!(field(text, "VmSwap:"), None);
    }

    #[test]
    fn this_process_has_memory_descriptors_and_took_time() {
        let own = std::process::id();
        assert!(resident(own).unwrap() > 1 << 20 && descriptors(own) >= 3 && cpu_seconds(own) > 0.0);
        assert!(available_memory() > 1 << 20);
    }
}
