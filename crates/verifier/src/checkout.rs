//! The source folder of a target: what the branch holds, on the machine. Only files that differ are written, so that the
//! time stamps of the others stay and a build has little to do. A candidate never writes here: it lies in a layer above.

use crate::mirror::{FileKind, Mirror, MirrorError, TreeFile, is_content};
use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use wire::TreeId;
use wire::target::is_plain_path;

/// Why a source folder cannot be brought to a tree.
#[derive(Debug, thiserror::Error)]
pub enum CheckoutError {
    /// The tree cannot be read.
    #[error("the source cannot be read from the mirror")]
    Mirror(#[from] MirrorError),
    /// A path that could lead out of the folder.
    #[error("the tree holds the path {0:?}, which is not a plain one")]
    Path(String),
    /// A file cannot be written.
    #[error("cannot write {path} of the source folder")]
    File {
        /// Which.
        path: String,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// Brings a folder to a tree. `mark` is a file beside it that names the tree it stands at.
///
/// # Errors
/// See [`CheckoutError`]; the folder is then brought on by the next attempt.
pub fn bring(mirror: &Mirror, tree: &TreeId, folder: &Path, mark: &Path) -> Result<(), CheckoutError> {
    if fs::read_to_string(mark).is_ok_and(|at| at == tree.as_str()) {
        return Ok(());
    }
    let failed = |path: &str| {
        let path = path.to_owned();
        move |source| CheckoutError::File { path, source }
    };
    let _not_there = fs::remove_file(mark);
    fs::create_dir_all(folder).map_err(failed("."))?;
    let files = mirror.files(tree)?;
    if let Some(file) = files.iter().find(|file| !is_plain_path(&file.path)) {
        return Err(CheckoutError::Path(file.path.clone()));
    }
    let wanted: BTreeSet<PathBuf> = files.iter().map(|file| folder.join(&file.path)).collect();
    remove_others(folder, &wanted).map_err(failed("."))?;
    for file in &files {
        if !stands(file, &folder.join(&file.path)) {
            let content = mirror.content(file.blob)?;
            write(file, &content, &folder.join(&file.path)).map_err(failed(&file.path))?;
        }
    }
    fs::write(mark, tree.as_str()).map_err(failed("its mark"))
}

fn stands(file: &TreeFile, path: &Path) -> bool {
    let Ok(about) = fs::symlink_metadata(path) else { return false };
    match file.kind {
        FileKind::Link => {
            fs::read_link(path).is_ok_and(|target| is_content(target.as_os_str().as_encoded_bytes(), file.blob))
        }
        kind => {
            about.is_file()
                && (about.permissions().mode() & 0o111 != 0) == (kind == FileKind::Executable)
                && fs::read(path).is_ok_and(|bytes| is_content(&bytes, file.blob))
        }
    }
}

fn write(file: &TreeFile, content: &[u8], path: &Path) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    let _not_there = fs::remove_file(path);
    match file.kind {
        FileKind::Link => symlink(Path::new(&*String::from_utf8_lossy(content)), path),
        kind => {
            fs::write(path, content)?;
            let mode = if kind == FileKind::Executable { 0o755 } else { 0o644 };
            fs::set_permissions(path, Permissions::from_mode(mode))
        }
    }
}

/// Removes what is not of the tree; also a file or link where a folder must be. Answers whether something is left.
fn remove_others(folder: &Path, wanted: &BTreeSet<PathBuf>) -> io::Result<bool> {
    let mut left = false;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let is_folder = fs::symlink_metadata(&path)?.is_dir();
        if is_folder && !wanted.contains(&path) {
            let holds = remove_others(&path, wanted)?;
            if !holds {
                fs::remove_dir(&path)?;
            }
            left |= holds;
        } else if is_folder {
            fs::remove_dir_all(&path)?;
        } else if !wanted.contains(&path) {
            fs::remove_file(&path)?;
        } else {
            left = true;
        }
    }
    Ok(left)
}

/// Writes a candidate's files into the layer that lies above the source folder.
///
/// # Errors
/// When they cannot be written.
pub fn lay_above(layer: &Path, files: &[(String, String, bool)]) -> io::Result<()> {
    for (path, text, executable) in files {
        let path = layer.join(path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(&path, text)?;
        fs::set_permissions(&path, Permissions::from_mode(if *executable { 0o755 } else { 0o644 }))?;
    }
    Ok(())
}
