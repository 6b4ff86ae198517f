//! What a commit costs: pgbench puts rows of a report's size into a table of the same PostgreSQL, over TCP.

use super::arrivals;
use crate::stand::Stand;
use anyhow::Context;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// As long as a report with its context.
const PAYLOAD: usize = 1_500;

/// A table and a script.
#[derive(Debug)]
pub(super) struct Inserts {
    program: PathBuf,
    folder: PathBuf,
    url: String,
}

impl Inserts {
    pub(super) fn prepare(stand: &Stand, folder: &Path) -> anyhow::Result<Self> {
        let program = substrate::postgres::programs()?.join("pgbench");
        let table =
            "CREATE TABLE incident_store.bench (id bigserial PRIMARY KEY, at timestamptz DEFAULT now(), payload jsonb)";
        let grant = "GRANT ALL ON incident_store.bench TO incident_store; GRANT ALL ON SEQUENCE incident_store.bench_id_seq TO incident_store";
        stand.postgres.sql("kintsugi", &format!("{table}; {grant}"))?;
        let payload = serde_json::json!({ "line": arrivals::text(1), "context": "x".repeat(PAYLOAD) });
        std::fs::write(folder.join("insert.sql"), format!("INSERT INTO bench (payload) VALUES ('{payload}');\n"))?;
        Ok(Self { program, folder: folder.to_owned(), url: stand.database_url()? })
    }

    /// One client's inserts, each a transaction; how long each took, milliseconds.
    pub(super) fn run(&self, count: usize) -> anyhow::Result<Vec<f64>> {
        let log = self.folder.join("pgbench");
        let done = Command::new(&self.program)
            .args(["--no-vacuum", "--client=1", "--log", "--file=insert.sql"])
            .arg(format!("--transactions={count}"))
            .arg(format!("--log-prefix={}", log.display()))
            .arg(&self.url)
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .output()
            .with_context(|| format!("cannot start {}", self.program.display()))?;
        anyhow::ensure!(done.status.success(), "pgbench failed: {}", String::from_utf8_lossy(&done.stderr).trim());
        let mut times = Vec::new();
        for entry in std::fs::read_dir(&self.folder)?.flatten() {
            if entry.file_name().to_string_lossy().starts_with("pgbench.") {
                times.extend(latencies(&std::fs::read_to_string(entry.path())?));
                std::fs::remove_file(entry.path())?;
            }
        }
        anyhow::ensure!(times.len() == count, "pgbench tells of {} of {count} transactions", times.len());
        Ok(times)
    }
}

/// The third word of each line, in microseconds there.
fn latencies(log: &str) -> Vec<f64> {
    let words = log.lines().filter_map(|line| line.split(' ').nth(2)?.parse::<f64>().ok());
    words.map(|microseconds| microseconds / 1e3).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latencies_are_read_from_pgbench_s_log() {
        assert_eq!(latencies("0 1 250 0 1763796000 123\n0 2 1500 0 1763796000 456\n"), [0.25, 1.5]);
    }
}
