//! Jobs as plain processes, for machines without namespaces on which every candidate is trusted. Copies stand in for
//! overlays, and the paths of the sandbox are replaced by those of the machine.

use super::bubblewrap::upper_of;
use super::{Access, Address, Ended, Exit, Job, OUT, RunSandboxed, SOURCE, SandboxError, Started, collect, process};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Runs jobs as plain processes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Plain;

impl RunSandboxed for Plain {
    fn start(&self, job: &Job, limit: Duration) -> Result<Started, SandboxError> {
        let failed = SandboxError::of;
        let places = lay_out(job).map_err(failed("lay out the folders"))?;
        let there = |text: &str| on_machine(text, &places);
        let stop = CancellationToken::new();
        let mut address = None;
        let words: Vec<String> = job.command.iter().map(|word| there(word)).collect();
        let mut command = tokio::process::Command::new(words.first().map_or("true", String::as_str));
        command.args(words.get(1..).unwrap_or_default()).current_dir(there(&job.folder)).env_clear();
        command.env("PATH", "/usr/local/bin:/usr/bin:/bin").env("HOME", "/tmp");
        command.envs(job.env.iter().map(|(name, value)| (name, there(value))));
        if let Some(name) = &job.serve {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
            let port = listener.map_err(failed("find a free port"))?.port();
            command.env(name, port.to_string());
            address = Some(Address::Port(port));
        }
        let ended = process::start(command, limit, stop.clone())?;
        let (outputs, source, out) = (job.collect.clone(), PathBuf::from(there(SOURCE)), PathBuf::from(there(OUT)));
        let ended = Box::pin(async move {
            let mut ended: Ended = ended.await?;
            if ended.exit == Exit::Code(0)
                && let Err(error) = collect::collect(&outputs, &source, &out)
            {
                ended.exit = Exit::Code(super::hidden::FAILED);
                ended.stderr.push_str(&format!("sandbox: {error:#}\n"));
            }
            Ok(ended)
        });
        Ok(Started { address, stop, ended })
    }

    fn warning(&self) -> Option<&'static str> {
        Some("run without a sandbox (allow_unsandboxed): the candidate could reach whatever the verifier can")
    }
}

/// Each path of the sandbox with its path on the machine, the longest first.
fn lay_out(job: &Job) -> std::io::Result<Vec<(String, PathBuf)>> {
    let mut places = Vec::new();
    for place in &job.places {
        let from = std::path::absolute(&place.from)?;
        let copy = |layer: &str| job.scratch.join("plain").join(layer);
        let at = match &place.access {
            Access::ThrowAway(layer) => {
                let to = below(&place.to, &places).unwrap_or_else(|| copy(layer));
                if !to.exists() {
                    copy_all(&from, &to)?;
                    copy_all(&upper_of(&job.scratch, layer), &to)?;
                }
                to
            }
            Access::ReadOnly | Access::Writable => match below(&place.to, &places) {
                Some(to) if !to.exists() => {
                    std::os::unix::fs::symlink(&from, &to)?;
                    to
                }
                _ => from,
            },
        };
        places.push((place.to.clone(), at));
    }
    places.sort_by_key(|(to, _)| std::cmp::Reverse(to.len()));
    Ok(places)
}

/// Where a place lies within an earlier one, e.g. `/src/target`.
fn below(to: &str, places: &[(String, PathBuf)]) -> Option<PathBuf> {
    places.iter().find_map(|(outer, at)| Some(at.join(to.strip_prefix(outer)?.strip_prefix('/')?)))
}

fn on_machine(text: &str, places: &[(String, PathBuf)]) -> String {
    let found = places.iter().find_map(|(to, at)| {
        let rest = text.strip_prefix(to.as_str())?;
        (rest.is_empty() || rest.starts_with('/')).then(|| format!("{}{rest}", at.display()))
    });
    found.unwrap_or_else(|| text.to_owned())
}

/// Copies a folder into another with its time stamps, on which builds rely.
fn copy_all(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    let Ok(entries) = std::fs::read_dir(from) else { return Ok(()) };
    for entry in entries {
        let entry = entry?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        let about = entry.metadata()?;
        if about.is_dir() {
            copy_all(&from, &to)?;
        } else if about.is_symlink() {
            std::os::unix::fs::symlink(std::fs::read_link(&from)?, &to)?;
        } else if about.is_file() {
            std::fs::copy(&from, &to)?;
            std::fs::File::options().write(true).open(&to)?.set_modified(about.modified()?)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_the_sandbox_become_paths_of_the_machine() {
        let places =
            vec![("/src/target".to_owned(), PathBuf::from("/m/w")), ("/src".to_owned(), PathBuf::from("/m/s"))];
        for (given, wanted) in [
            ("/src", "/m/s"),
            ("/src/a", "/m/s/a"),
            ("/src/target/x", "/m/w/x"),
            ("/srcs", "/srcs"),
            ("--path=/src", "--path=/src"),
        ] {
            assert_eq!(on_machine(given, &places), wanted);
        }
    }
}
