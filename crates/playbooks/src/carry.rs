//! Carries files from one place to another: what arrives is whole, synced and read back before anybody may remove the original. It
//! gives way between pieces, so that a limit holds, and what it leaves off in the middle is gone.

use flate2::read::GzDecoder;
use flate2::{Compression, GzBuilder};
use sha2::{Digest as _, Sha256};
use std::fs::{File, FileTimes, Metadata};
use std::io::{Error, Read, Write};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// The piece after which others get their turn, bytes.
const PIECE: usize = 256 * 1024;

/// Copies a file with its mode, its owner and its times.
pub(crate) async fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    copy_as(from, to, &std::fs::metadata(from)?).await
}

/// Copies a file, with the mode, the owner and the times of another one.
pub(crate) async fn copy_as(from: &Path, to: &Path, about: &Metadata) -> std::io::Result<()> {
    let mut source = File::open(from)?;
    let mut part = Part::begin(to)?;
    let sent = pour(&mut source, &mut part.file).await?;
    part.file.sync_all()?;
    let arrived = pour(&mut File::open(&part.path)?, &mut std::io::sink()).await?;
    same(&sent, &arrived)?;
    part.finish(about, to)
}

/// Compresses a file to another place, with its mode, its owner and its times; answers how long it is there.
pub(crate) async fn pack(from: &Path, to: &Path, mark: &str) -> std::io::Result<u64> {
    let mut source = File::open(from)?;
    let sum = pour(&mut File::open(from)?, &mut std::io::sink()).await?;
    let part = Part::begin(to)?;
    let mut packed = GzBuilder::new().comment(format!("{mark} {sum}")).write(&part.file, Compression::fast());
    let sent = pour(&mut source, &mut packed).await?;
    packed.finish()?;
    part.file.sync_all()?;
    same(&sum, &sent)?;
    let arrived = pour(&mut GzDecoder::new(File::open(&part.path)?), &mut std::io::sink()).await?;
    same(&sum, &arrived)?;
    let length = part.file.metadata()?.len();
    part.finish(&source.metadata()?, to)?;
    Ok(length)
}

/// The opposite of [`pack`].
pub(crate) async fn unpack(from: &Path, to: &Path) -> std::io::Result<()> {
    let packed = File::open(from)?;
    let about = packed.metadata()?;
    let (_, sum) = mark(from).ok_or_else(|| Error::other("it was not compressed by this platform"))?;
    let mut part = Part::begin(to)?;
    let arrived = pour(&mut GzDecoder::new(packed), &mut part.file).await?;
    same(&sum, &arrived)?;
    part.finish(&about, to)
}

/// With what mark a file was compressed, and the sum of what it holds.
pub(crate) fn mark(path: &Path) -> Option<(String, String)> {
    let packed = GzDecoder::new(File::open(path).ok()?);
    let comment = std::str::from_utf8(packed.header()?.comment()?).ok()?;
    let (mark, sum) = comment.rsplit_once(' ')?;
    Some((mark.to_owned(), sum.to_owned()))
}

/// The sum of what a file holds.
pub(crate) async fn sum(path: &Path) -> std::io::Result<String> {
    pour(&mut File::open(path)?, &mut std::io::sink()).await
}

/// Makes names that came or went in a folder last over a power cut.
pub(crate) fn sync_folder_of(path: &Path) -> std::io::Result<()> {
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

async fn pour(from: &mut (impl Read + Send), to: &mut (impl Write + Send)) -> std::io::Result<String> {
    let (mut sum, mut piece) = (Sha256::new(), vec![0; PIECE]);
    loop {
        let length = from.read(&mut piece)?;
        let read = piece.get(..length).unwrap_or_default();
        if read.is_empty() {
            to.flush()?;
            return Ok(format!("{:x}", sum.finalize()));
        }
        sum.update(read);
        to.write_all(read)?;
        tokio::task::yield_now().await;
    }
}

fn same(wanted: &str, got: &str) -> std::io::Result<()> {
    if wanted == got { Ok(()) } else { Err(Error::other("what arrived is not what was sent")) }
}

/// A file that is not whole yet. Gone when it is dropped; the next try writes over what a kill left.
struct Part {
    path: PathBuf,
    file: File,
}

impl Part {
    fn begin(to: &Path) -> std::io::Result<Self> {
        let name = to.file_name().and_then(|name| name.to_str()).ok_or_else(|| Error::other("it has no name"))?;
        if let Some(folder) = to.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let path = to.with_file_name(format!(".{name}.part"));
        crate::files::remove(&path)?;
        let file = File::options().write(true).create_new(true).open(&path)?;
        Ok(Self { path, file })
    }

    fn finish(self, about: &Metadata, to: &Path) -> std::io::Result<()> {
        let own = self.file.metadata()?;
        if (own.uid(), own.gid()) != (about.uid(), about.gid()) {
            std::os::unix::fs::fchown(&self.file, Some(about.uid()), Some(about.gid()))?;
        }
        self.file.set_permissions(about.permissions())?;
        self.file.set_times(FileTimes::new().set_modified(about.modified()?).set_accessed(about.accessed()?))?;
        self.file.sync_all()?;
        std::fs::rename(&self.path, to)?;
        sync_folder_of(to)
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // After `finish` there is none of this name any more.
        let _gone = std::fs::remove_file(&self.path);
    }
}
