//! The house rules that a machine can check cheaply.

use anyhow::{Context, ensure};
use std::path::{Path, PathBuf};

/// A production file with more lines makes us look whether it holds two ideas.
const MAX_LINES: usize = 250;
const MAX_MAIN: usize = 30;
const MAX_README: usize = 40;

/// Checks every crate.
pub(crate) fn check(root: &Path) -> anyhow::Result<()> {
    let mut wrong = Vec::new();
    let mut files = 0;
    for entry in std::fs::read_dir(root.join("crates"))?.flatten().filter(|entry| entry.path().is_dir()) {
        let folder = entry.path();
        manifest(&folder, &mut wrong)?;
        readme(&folder, &mut wrong);
        for path in sources(&folder.join("src")) {
            files += 1;
            source(&path, &mut wrong)?;
        }
        for path in sources(&folder.join("tests")) {
            let text = std::fs::read_to_string(&path)?;
            if text.contains("#[ignore") {
                wrong.push(format!("{}: an ignored test", path.display()));
            }
        }
    }
    ensure!(wrong.is_empty(), "\n  {}", wrong.join("\n  "));
    println!("lint: {files} files hold the house rules");
    Ok(())
}

fn manifest(folder: &Path, wrong: &mut Vec<String>) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(folder.join("Cargo.toml"))?;
    let manifest: toml::Table = toml::from_str(&text)?;
    let name = manifest.get("package").and_then(|package| package.get("name")).and_then(toml::Value::as_str);
    let folder_name = folder.file_name().and_then(|name| name.to_str());
    if name != folder_name {
        wrong.push(format!("{}: the folder and the package have different names", folder.display()));
    }
    if manifest.contains_key("workspace") {
        return Ok(());
    }
    for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
        for (name, value) in manifest.get(section).and_then(toml::Value::as_table).into_iter().flatten() {
            if value.get("workspace").and_then(toml::Value::as_bool) != Some(true) {
                wrong.push(format!("{}: {name} is declared here, not in the workspace", folder.display()));
            }
        }
    }
    if !text.contains("[lints]\nworkspace = true") {
        wrong.push(format!("{}: the workspace's lints are not taken over", folder.display()));
    }
    Ok(())
}

fn readme(folder: &Path, wrong: &mut Vec<String>) {
    let lines = std::fs::read_to_string(folder.join("README.md")).map(|text| text.lines().count());
    match lines {
        Ok(lines) if lines <= MAX_README => {}
        Ok(lines) => wrong.push(format!("{}/README.md has {lines} lines, more than {MAX_README}", folder.display())),
        Err(_) => wrong.push(format!("{} has no README.md", folder.display())),
    }
}

fn source(path: &Path, wrong: &mut Vec<String>) -> anyhow::Result<()> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    if name == "mod.rs" {
        wrong.push(format!("{}: foo.rs beside foo/, never mod.rs", path.display()));
    }
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    // Unit tests stand at the end of a file and are not counted.
    let production = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default().lines().count();
    let limit = if name == "main.rs" && !path.to_string_lossy().contains("xtask") { MAX_MAIN } else { MAX_LINES };
    let generated = name == "schema.rs";
    let ours = !path.to_string_lossy().contains("fault-app");
    if production > limit && !generated && (name != "main.rs" || ours) {
        wrong.push(format!("{} has {production} lines, more than {limit}", path.display()));
    }
    for left_over in ["todo!(", "unimplemented!(", "dbg!(", "#[allow("] {
        if text.contains(left_over) && !path.to_string_lossy().contains("xtask") {
            wrong.push(format!("{}: {left_over}…", path.display()));
        }
    }
    Ok(())
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}
