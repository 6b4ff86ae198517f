//! Families of faults as data: one file each, with instances before and after their cure.

use anyhow::{Context, ensure};
use std::path::Path;
use wire::FaultCode;

/// The least that says something of a family.
const LEAST: usize = 10;
/// How many families there are at most: so many faults the target is given.
pub(super) const MOST: usize = 24;

/// One instance.
#[derive(Debug, Clone)]
pub(super) struct Instance {
    /// From 1.
    pub(super) number: usize,
    /// With the fault.
    pub(super) before: String,
    /// Without it.
    pub(super) after: String,
}

/// Instances of one fault.
#[derive(Debug, Clone)]
pub(super) struct Family {
    pub(super) name: String,
    /// What is wrong, in a sentence.
    pub(super) what: String,
    /// The code under which the target logs it.
    pub(super) code: FaultCode,
    pub(super) instances: Vec<Instance>,
}

/// The families of a folder, by name.
///
/// # Errors
/// When there is none, or one is not of the form.
pub(super) fn all(folder: &Path) -> anyhow::Result<Vec<Family>> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "txt"));
    paths.sort();
    ensure!(!paths.is_empty(), "{} has no *.txt", folder.display());
    ensure!(paths.len() <= MOST, "{} has {} families; {MOST} are the most", folder.display(), paths.len());
    let read = |(at, path): (usize, &std::path::PathBuf)| {
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        read(&name, at, &text).with_context(|| format!("{} is no family", path.display()))
    };
    paths.iter().enumerate().map(read).collect()
}

/// The code of the so-manieth family.
pub(super) fn code(at: usize) -> String {
    format!("LEARN_{at}")
}

fn read(name: &str, at: usize, text: &str) -> anyhow::Result<Family> {
    let code = code(at).parse().map_err(|error| anyhow::anyhow!("no code: {error}"))?;
    let (what, rest) = text.split_once('\n').context("its first line says what is wrong")?;
    let mut instances = Vec::new();
    for (before_it, instance) in rest.split("==== before\n").skip(1).enumerate() {
        let number = before_it + 1;
        let both = instance.split_once("==== after\n");
        let (before, after) = both.with_context(|| format!("instance {number} has no line `==== after`"))?;
        instances.push(Instance { number, before: before.to_owned(), after: after.to_owned() });
    }
    ensure!(instances.len() >= LEAST, "it has {} instances; {LEAST} are the least", instances.len());
    Ok(Family { name: name.to_owned(), what: what.to_owned(), code, instances })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_families_are_read_and_each_has_enough_instances_that_differ() {
        let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("families");
        let families = all(&own).expect("families");
        assert!(families.len() >= 5);
        for family in families {
            assert!(family.instances.iter().all(|one| one.before != one.after), "{}", family.name);
        }
    }

    #[test]
    fn what_is_no_family_is_told_what_would_be() {
        let instance = "==== before\nx\n==== after\ny\n";
        assert!(read("a-b", 0, &format!("What.\n{}", instance.repeat(10))).is_ok());
        assert!(
            read("a-b", 0, &format!("What.\n{instance}")).expect_err("few").to_string().contains("10 are the least")
        );
        assert!(read("a-b", 0, "What.\n==== before\nx\n").expect_err("half").to_string().contains("==== after"));
    }
}
