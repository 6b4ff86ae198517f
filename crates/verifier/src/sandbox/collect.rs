//! Copies a build's outputs. In the sandbox it can reach only what the sandbox shows, whatever the build has left there;
//! links and special files are refused all the same.

use anyhow::{Context, bail};
use std::fs;
use std::path::Path;
use wire::target::{Output, is_plain_path};

/// How deep folders may be.
const MAX_DEPTH: usize = 32;

/// Copies each output from below `source` to below `out`.
pub(crate) fn collect(outputs: &[Output], source: &Path, out: &Path) -> anyhow::Result<()> {
    for output in outputs {
        if !is_plain_path(&output.from) || !is_plain_path(&output.to) {
            bail!("the output {} -> {} is not a pair of plain paths", output.from, output.to);
        }
        let to = out.join(&output.to);
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder).with_context(|| format!("cannot make a folder for {}", output.to))?;
        }
        copy(&source.join(&output.from), &to, MAX_DEPTH)
            .with_context(|| format!("cannot collect the output {}", output.from))?;
    }
    Ok(())
}

fn copy(from: &Path, to: &Path, depth: usize) -> anyhow::Result<()> {
    let kind = fs::symlink_metadata(from).context("it is not there")?.file_type();
    if kind.is_file() {
        fs::copy(from, to).context("it cannot be copied")?;
        return Ok(());
    }
    if !kind.is_dir() || depth == 0 {
        bail!("{} is a link or a special file, or lies too deep", from.display());
    }
    fs::create_dir_all(to).context("its folder cannot be made")?;
    for entry in fs::read_dir(from).context("its folder cannot be read")? {
        let entry = entry.context("its folder cannot be read")?;
        copy(&entry.path(), &to.join(entry.file_name()), depth - 1)?;
    }
    Ok(())
}
