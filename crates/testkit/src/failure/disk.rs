//! A disk that is really full: a small file system of its own.
#![expect(clippy::panic, reason = "a failure that cannot be made is a failed test")]

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use std::io::{BufRead as _, BufReader, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// A file system of a few bytes, gone when it is dropped.
pub struct SmallDisk {
    path: PathBuf,
    folder: TempDir,
    /// Who holds it, where it is mounted in a namespace of its own.
    holder: Option<Child>,
}

impl SmallDisk {
    /// A tmpfs of so many bytes. Who may not mount gets it by a child in a user namespace of its own.
    ///
    /// # Panics
    /// When neither is permitted here: a full disk cannot be made, and nothing is told of it.
    pub fn of(bytes: u64) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let size = format!("size={bytes},mode=0755");
        let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
        match mount(Some("tmpfs"), folder.path(), Some("tmpfs"), flags, Some(size.as_str())) {
            Ok(()) => Self { path: folder.path().to_owned(), folder, holder: None },
            Err(error) => {
                let (holder, path) = within(folder.path(), &size).unwrap_or_else(|why| {
                    panic!("a small disk can be mounted neither here ({error}) nor in a user namespace ({why})")
                });
                Self { path, folder, holder: Some(holder) }
            }
        }
    }

    /// Its root.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The bytes that are free.
    pub fn free(&self) -> u64 {
        let told = nix::sys::statvfs::statvfs(&self.path).expect("what is free");
        told.blocks_available() * told.fragment_size()
    }

    /// Writes a file until the kernel says that no space is left. Answers its length.
    pub fn fill(&self, name: &str) -> u64 {
        let mut file = std::fs::File::create(self.path.join(name)).expect("a file");
        let mut written = 0;
        for piece in [vec![7; 64 * 1024], vec![7; 1024]] {
            loop {
                match file.write(&piece) {
                    Ok(length) => written += u64::try_from(length).expect("a length"),
                    Err(error) if error.kind() == ErrorKind::StorageFull => break,
                    Err(error) => panic!("the disk cannot be filled: {error}"),
                }
            }
        }
        written
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        match &mut self.holder {
            None => {
                let _gone = umount2(self.folder.path(), MntFlags::MNT_DETACH);
            }
            Some(holder) => {
                let _ended = holder.kill().and_then(|()| holder.wait());
            }
        }
    }
}

/// Mounts in a namespace of a child, and leads there by its root.
fn within(folder: &Path, size: &str) -> Result<(Child, PathBuf), String> {
    let script = "mount -t tmpfs -o \"$1\" tmpfs \"$2\" && echo mounted && read -r _";
    let mut holder = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", script, "sh", size])
        .arg(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    let mut said = String::new();
    let read = holder.stdout.take().map(|out| BufReader::new(out).read_line(&mut said));
    if said.trim() == "mounted" {
        let path = format!("/proc/{}/root{}", holder.id(), folder.display());
        return Ok((holder, path.into()));
    }
    let _ended = holder.kill().and_then(|()| holder.wait());
    Err(format!("it said {said:?} ({read:?})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_disk_is_full_when_it_was_filled_here_and_in_a_namespace() {
        let disk = SmallDisk::of(1024 * 1024);
        assert_eq!(disk.fill("hog"), 1024 * 1024);
        assert_eq!(disk.free(), 0);
        let folder = tempfile::tempdir().expect("a folder");
        match within(folder.path(), "size=1048576") {
            Ok((holder, path)) => {
                let disk = SmallDisk { path, folder, holder: Some(holder) };
                assert_eq!(disk.fill("hog"), 1024 * 1024);
            }
            Err(why) => println!("no user namespace here, so mounting is what works: {why}"),
        }
    }
}
