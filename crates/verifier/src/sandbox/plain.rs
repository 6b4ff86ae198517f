//! Jobs as plain processes, for machines without namespaces on which every candidate is trusted. Copies stand in for
//! overlays, and the paths of the sandbox are replaced by those of the machine.

use super::bubblewrap::upper_of;
use super::disk::Quota;
use super::{
    Access, Address, Ended, Exit, Job, OUT, RunSandboxed, SOURCE, SandboxError, Stand, Started, collect, process,
};
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
        let free = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
        let moved: Vec<(u16, u16)> = job
            .doubles
            .iter()
            .map(|port| Ok((*port, free()?.port())))
            .collect::<std::io::Result<_>>()
            .map_err(failed("find a free port"))?;
        let stop = CancellationToken::new();
        let mut address = None;
        let words: Vec<String> = job.command.iter().map(|word| there(word)).collect();
        let mut command = tokio::process::Command::new(words.first().map_or("true", String::as_str));
        command.args(words.get(1..).unwrap_or_default()).current_dir(there(&job.folder)).env_clear();
        command.env("PATH", "/usr/local/bin:/usr/bin:/bin").env("HOME", "/tmp");
        command.envs(job.env.iter().map(|(name, value)| (name, elsewhere(&there(value), &moved))));
        if let Some(name) = &job.serve {
            let port = free().map_err(failed("find a free port"))?.port();
            command.env(name, port.to_string());
            address = Some(Address::Port(port));
        }
        let quota = Quota { folders: vec![job.scratch.clone()], most_mib: job.limits.disk_mib };
        let ended = process::start(command, limit, stop.clone(), quota)?;
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
        let doubles = moved.into_iter().map(|(_, port)| Stand::Port(port)).collect();
        Ok(Started { address, doubles, stop, ended })
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

/// A double cannot have its own port, which a service of the machine may hold: whoever is told of it is told of another.
fn elsewhere(text: &str, moved: &[(u16, u16)]) -> String {
    let mut told = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let found = moved.iter().find_map(|(port, other)| {
            let host = ["127.0.0.1:", "localhost:"].into_iter().find(|host| rest.starts_with(host))?;
            let after = rest.strip_prefix(host)?.strip_prefix(&port.to_string())?;
            (!after.starts_with(|c: char| c.is_ascii_digit())).then(|| (format!("{host}{other}"), after))
        });
        let (word, after) =
            found.unwrap_or_else(|| (first.to_string(), rest.get(first.len_utf8()..).unwrap_or_default()));
        told.push_str(&word);
        rest = after;
    }
    told
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
    fn only_the_addresses_of_doubles_are_changed() {
        let moved = [(5001, 40_001), (50, 40_002)];
        for (given, wanted) in [
            ("http://127.0.0.1:5001/x", "http://127.0.0.1:40001/x"),
            ("http://localhost:5001", "http://localhost:40001"),
            ("127.0.0.1:50,127.0.0.1:5001,127.0.0.1:5002", "127.0.0.1:40002,127.0.0.1:40001,127.0.0.1:5002"),
            ("http://127.0.0.1:50011", "http://127.0.0.1:50011"),
            ("http://10.0.0.1:5001 5001 é", "http://10.0.0.1:5001 5001 é"),
            ("", ""),
        ] {
            assert_eq!(elsewhere(given, &moved), wanted);
        }
    }

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
