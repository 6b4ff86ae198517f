//! Families of faults as data: files of instances, each before and after it was cured.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Larger files take long to read and hold nothing else, bytes.
const MAX_FILE: usize = 16 * 1024;

/// One instance of a fault.
pub(crate) struct Instance {
    pub(crate) before: String,
    pub(crate) after: String,
}

/// Instances of one fault.
pub(crate) struct Family {
    pub(crate) name: String,
    pub(crate) language: &'static str,
    pub(crate) instances: Vec<Instance>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// All families, in the order of their names.
pub(crate) fn families() -> Vec<Family> {
    let mut paths = files(&root().join("crates/codemod/families"), "txt");
    paths.sort();
    paths.iter().map(|path| read(path)).collect()
}

fn read(path: &Path) -> Family {
    let text = std::fs::read_to_string(path).expect("a family");
    let name = path.file_stem().and_then(|stem| stem.to_str()).expect("a name").to_owned();
    let language = if name.starts_with("rust") { "rust" } else { "python" };
    let instances = text.split("==== before\n").skip(1).map(|instance| {
        let (before, after) = instance.split_once("==== after\n").expect("before and after");
        Instance { before: before.to_owned(), after: after.to_owned() }
    });
    Family { language, instances: instances.collect(), name }
}

fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() && !path.ends_with("target") {
            found.extend(files(&path, ending));
        } else if path.extension().is_some_and(|own| own == ending) {
            found.push(path);
        }
    }
    found
}

/// Code that nothing is wrong with. Rust: the workspace's own sources. Python: the samples of the second target and the
/// cured instances of all families.
pub(crate) fn healthy(language: &str) -> Vec<String> {
    let read = |path: &PathBuf| std::fs::read_to_string(path).expect("a source");
    let cured = families().into_iter().filter(|family| family.language == language);
    let cured = cured.flat_map(|family| family.instances).map(|instance| instance.after);
    let mut own = match language {
        "rust" => files(&root().join("crates"), "rs"),
        _ => files(&root(), "py"),
    };
    own.sort();
    // Tests say `unwrap` on purpose, and samples of faults are not healthy.
    own.retain(|path| {
        let path = path.to_string_lossy();
        !["/tests/", "tests.rs", "/samples/", "/families/", "/cheats/", "/faults/", "/target/"]
            .iter()
            .any(|part| path.contains(part))
    });
    // Python's own library, which nobody here has written.
    let library = if language == "python" { library() } else { Vec::new() };
    own.iter().chain(&library).map(read).filter(|text| text.len() < MAX_FILE).chain(cured).collect()
}

fn library() -> Vec<PathBuf> {
    let told = Command::new("python3").args(["-c", "import json; print(json.__path__[0])"]).output().expect("python3");
    let json = String::from_utf8(told.stdout).expect("a path");
    let folder = Path::new(json.trim()).parent().expect("the library").to_owned();
    let mut found: Vec<PathBuf> = (std::fs::read_dir(folder).expect("a folder").flatten().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|own| own == "py"))
        .collect();
    found.sort();
    found
}
