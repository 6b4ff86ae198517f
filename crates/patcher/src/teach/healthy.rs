//! Code of a folder that nothing is wrong with and that has nothing to do with a target.

use std::path::Path;

/// How many entries of the folder are looked at, and how deep.
const MAX_ENTRIES: usize = 20_000;
const MAX_DEPTH: usize = 12;

/// Files with this ending, in the order of their paths, at most `most`, none larger than `size` bytes. What cannot be read is
/// left out: it speaks for nothing.
pub(super) fn texts(folder: &Path, ending: &str, (most, size): (usize, usize)) -> Vec<String> {
    let (mut found, mut looked) = (Vec::new(), 0);
    if !folder.as_os_str().is_empty() {
        visit(folder, MAX_DEPTH, &mut looked, &mut |path, length| {
            let is_one =
                found.len() < most && path.extension().is_some_and(|own| own == ending) && length <= size as u64;
            if let Some(text) = is_one.then(|| std::fs::read_to_string(path).ok()).flatten() {
                found.push(text);
            }
            found.len() < most
        });
    }
    found
}

/// Whether to go on. Links are not followed.
fn visit(folder: &Path, depth: usize, looked: &mut usize, take: &mut impl FnMut(&Path, u64) -> bool) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else { return true };
    let mut entries: Vec<_> = entries.flatten().take(MAX_ENTRIES).collect();
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        *looked += 1;
        let Ok(about) = entry.metadata() else { continue };
        let goes_on = match depth.checked_sub(1) {
            Some(depth) if about.is_dir() => visit(&entry.path(), depth, looked, take),
            _ if about.is_file() => take(&entry.path(), about.len()),
            _ => true,
        };
        if !goes_on || *looked >= MAX_ENTRIES {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_the_language_are_found_within_bounds_and_links_are_not_followed() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir(at("inner")).expect("a folder");
        for (name, text) in [("b.py", "b"), ("a.py", "a"), ("inner/c.py", "c"), ("long.py", "longer"), ("x.rs", "x")] {
            std::fs::write(at(name), text).expect("a file");
        }
        std::os::unix::fs::symlink(folder.path(), at("inner/round")).expect("a link");
        assert_eq!(texts(folder.path(), "py", (10, 3)), ["a", "b", "c"]);
        assert_eq!(texts(folder.path(), "py", (2, 3)), ["a", "b"]);
        assert!(texts(Path::new(""), "py", (10, 3)).is_empty() && texts(&at("nowhere"), "py", (10, 3)).is_empty());
    }
}
