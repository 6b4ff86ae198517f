//! Control groups: bounds that the kernel keeps for everything in one sandbox together. Only who may make them (root, or an
//! owner of a delegated group) has them; elsewhere the limits per process and per user must do.

use std::fs;
use std::path::{Path, PathBuf};
use wire::target::Limits;

/// The two controllers that a sandbox needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Controller {
    Pids,
    Memory,
}

const WANTED: [Controller; 2] = [Controller::Pids, Controller::Memory];

impl Controller {
    fn name(self) -> &'static str {
        match self {
            Controller::Pids => "pids",
            Controller::Memory => "memory",
        }
    }

    /// The file of the bound in the first and in the second version, and the bound.
    fn bound(self, limits: &Limits) -> ([&'static str; 2], u64) {
        match self {
            Controller::Pids => (["pids.max", "pids.max"], limits.processes),
            Controller::Memory => {
                (["memory.limit_in_bytes", "memory.max"], limits.memory_mib.saturating_mul(1024 * 1024))
            }
        }
    }
}

/// A group for one sandbox. It is removed with it.
#[derive(Debug)]
pub(crate) struct Cgroup {
    folders: Vec<PathBuf>,
    limits: Limits,
}

impl Cgroup {
    /// A group of this name. What this machine does not let us bound is left out.
    pub(crate) fn make(name: &str, limits: &Limits) -> Self {
        let read = |path| fs::read_to_string(path).unwrap_or_default();
        let places = places(&read("/proc/self/cgroup"), &read("/proc/self/mountinfo"));
        let mut group = Self { folders: Vec::new(), limits: limits.clone() };
        for controller in WANTED {
            let first = places.iter().find(|place| place.controllers.iter().any(|name| name == controller.name()));
            let second = places.iter().find(|place| place.controllers.is_empty());
            let made = first.or(second).and_then(|place| make_one(place, name, controller, limits));
            group.folders.extend(made.filter(|folder| !group.folders.contains(folder)));
        }
        group
    }

    /// The files into which a process writes itself to be in the group.
    pub(crate) fn doors(&self) -> Vec<PathBuf> {
        self.folders.iter().map(|folder| folder.join("cgroup.procs")).collect()
    }

    /// What its bounds stopped, for people.
    pub(crate) fn reached(&self) -> Vec<String> {
        let count = |file: &str, key: &str| {
            let texts = self.folders.iter().filter_map(|folder| fs::read_to_string(folder.join(file)).ok());
            texts.filter_map(|text| number(&text, key)).max().unwrap_or(0)
        };
        let mut reached = Vec::new();
        if count("pids.events", "max") > 0 {
            reached.push(format!("it reached the limit of {} processes and threads", self.limits.processes));
        }
        if count("memory.oom_control", "oom_kill") + count("memory.events", "oom_kill") > 0 {
            reached.push(format!("it reached the limit of {} MiB of memory", self.limits.memory_mib));
        }
        reached
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        for folder in &self.folders {
            // A process that is not quite gone keeps it: an empty group costs next to nothing.
            let _kept = fs::remove_dir(folder);
        }
    }
}

/// Where groups of a hierarchy stand. No controllers: the second version, which has them all in one.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    controllers: Vec<String>,
    folder: PathBuf,
}

/// From `/proc/self/cgroup` (`8:pids:/path`, and `0::/path` for the second version) and `/proc/self/mountinfo`. Formats: the
/// manual pages cgroups(7) and proc(5).
fn places(own: &str, mounts: &str) -> Vec<Place> {
    let mut places = Vec::new();
    for line in own.lines() {
        let mut parts = line.splitn(3, ':');
        let (Some(_), Some(names), Some(path)) = (parts.next(), parts.next(), parts.next()) else { continue };
        let controllers: Vec<String> = names.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
        let Some((root, at)) = mounts.lines().find_map(|line| mounted(line, &controllers)) else { continue };
        let below = path.strip_prefix(root.as_str()).unwrap_or(path).trim_start_matches('/');
        places.push(Place { controllers, folder: at.join(below) });
    }
    places
}

/// The root and the folder of a hierarchy's mount, if the line is one.
fn mounted(line: &str, controllers: &[String]) -> Option<(String, PathBuf)> {
    let (left, right) = line.split_once(" - ")?;
    let mut left = left.split(' ').skip(3);
    let (root, at) = (left.next()?, left.next()?);
    let mut right = right.split(' ');
    let (kind, options) = (right.next()?, right.nth(1)?);
    let fits = match controllers.first() {
        None => kind == "cgroup2",
        Some(first) => kind == "cgroup" && options.split(',').any(|option| option == first),
    };
    fits.then(|| (root.to_owned(), PathBuf::from(at)))
}

fn make_one(place: &Place, name: &str, controller: Controller, limits: &Limits) -> Option<PathBuf> {
    let ([first, second], most) = controller.bound(limits);
    let (parent, file) = match place.controllers.is_empty() {
        false => (place.folder.as_path(), first),
        // In the second version a group with processes of its own cannot have groups with controllers below it.
        true => (place.folder.parent().filter(|_| !is_root(&place.folder)).unwrap_or(&place.folder), second),
    };
    if place.controllers.is_empty() {
        // It may be so already, or not be ours to say: the file of the bound tells.
        let _asked = fs::write(parent.join("cgroup.subtree_control"), format!("+{}", controller.name()));
    }
    let folder = parent.join(name);
    let _may_be_there = fs::create_dir(&folder);
    match fs::write(folder.join(file), most.to_string()) {
        Ok(()) => Some(folder),
        Err(_) => {
            let _not_made = fs::remove_dir(&folder);
            None
        }
    }
}

/// The root group is the one without a type.
fn is_root(folder: &Path) -> bool {
    !folder.join("cgroup.type").exists()
}

/// The number after a key in lines such as `max 3`.
fn number(text: &str, key: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(key)?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "26 25 0:23 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755\n\
        34 26 0:31 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids\n\
        35 26 0:32 /box /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n\
        36 26 0:33 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n";

    #[test]
    fn groups_stand_below_the_own_one_of_each_hierarchy() {
        let of = |controllers: &[&str], folder: &str| Place {
            controllers: controllers.iter().map(|name| (*name).to_owned()).collect(),
            folder: folder.into(),
        };
        let found = places("8:pids:/a\n4:memory:/box/b\n1:cpu:/\n0::/user/c\nnonsense\n", MOUNTS);
        let wanted = [
            of(&["pids"], "/sys/fs/cgroup/pids/a"),
            of(&["memory"], "/sys/fs/cgroup/memory/b"),
            of(&[], "/sys/fs/cgroup/unified/user/c"),
        ];
        assert_eq!(found, wanted);
        assert_eq!(places("", MOUNTS), []);
        assert_eq!(places("8:pids:/a\n", ""), []);
    }

    #[test]
    fn counts_are_read_by_their_key() {
        assert_eq!(number("oom 1\noom_kill 3\n", "oom_kill"), Some(3));
        assert_eq!(number("max 0\n", "max"), Some(0));
        assert_eq!(number("", "max"), None);
    }
}
