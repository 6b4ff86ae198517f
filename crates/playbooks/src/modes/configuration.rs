//! Mode 8: a configuration file is missing or broken.

mod parse;

use crate::error::ActError;
use crate::files;
use crate::playbook::Playbook;
use parse::{Text, merged};
use std::path::{Path, PathBuf};
use wire::Digest;
use wire::runtime::{Action, Invariant, Remedy, Undo};
use wire::target::Configuration;

/// The largest configuration file that is read, bytes.
const MAX_BYTES: u64 = 1024 * 1024;

/// Heals a configuration file: the newest valid backup, else the defaults with what can be read of the original.
#[derive(Debug, Clone)]
pub struct ConfigurationPlaybook {
    file: Configuration,
}

/// What is seen of it.
#[derive(Debug, Clone)]
pub struct Seen {
    text: Text,
    /// Names the content, and so its copy.
    digest: Option<Digest>,
    /// The newest valid backup.
    backup: Option<String>,
    defaults: Text,
}

impl ConfigurationPlaybook {
    /// For a file of the inventory.
    pub fn new(file: Configuration) -> Self {
        Self { file }
    }

    fn read(&self, path: &Path) -> (Text, Option<Vec<u8>>) {
        match files::read(path, MAX_BYTES) {
            Ok(Some(bytes)) => (parse::text(&bytes, self.file.format, &self.file.required), Some(bytes)),
            Ok(None) => (Text::Missing, None),
            Err(error) => (Text::Unreadable(error.to_string()), None),
        }
    }

    fn copy(&self, name: &str) -> Result<PathBuf, ActError> {
        files::beneath(Path::new(&self.file.copies), name)
    }

    /// Keeps the file as it is under a name, unless that was done before. Of a file that is not there an empty marker is kept.
    fn keep(&self, copy: &str) -> Result<(), ActError> {
        let (kept, absent) = (self.copy(copy)?, self.copy(&format!("{copy}.absent"))?);
        let path = Path::new(&self.file.path);
        if kept.exists() || absent.exists() {
            return self.keep_since(path);
        }
        match std::fs::read(path) {
            Ok(bytes) => files::replace(&kept, &bytes).map_err(ActError::io("write", &kept)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                files::replace(&absent, b"").map_err(ActError::io("write", &absent))
            }
            Err(error) => Err(ActError::io("read", path)(error)),
        }
    }

    /// What stands there now and in no copy is kept under the name of its content: somebody may have written it since.
    fn keep_since(&self, path: &Path) -> Result<(), ActError> {
        let Ok(bytes) = std::fs::read(path) else { return Ok(()) };
        let kept = self.copy(&name_of(Some(&Digest::of(&bytes))))?;
        if kept.exists() { Ok(()) } else { files::replace(&kept, &bytes).map_err(ActError::io("write", &kept)) }
    }

    fn put_back(&self, copy: &str) -> Result<String, ActError> {
        let path = Path::new(&self.file.path);
        if self.copy(&format!("{copy}.absent"))?.exists() {
            files::remove(path).map_err(ActError::io("remove", path))?;
            return Ok("the file is gone again, as it was".into());
        }
        let kept = self.copy(copy)?;
        let bytes = std::fs::read(&kept).map_err(ActError::io("read", &kept))?;
        files::replace(path, &bytes).map_err(ActError::io("write", path))?;
        Ok("the file is as it was".into())
    }

    fn restore(&self, backup: &str, copy: &str) -> Result<String, ActError> {
        let from = files::beneath(Path::new(&self.file.backups), backup)?;
        let (text, bytes) = self.read(&from);
        let Some(bytes) = bytes.filter(|_| text.is_valid()) else {
            return Err(ActError::Refused(format!("the backup {backup} is not valid any more: {text}")));
        };
        self.keep(copy)?;
        let path = Path::new(&self.file.path);
        files::replace(path, &bytes).map_err(ActError::io("write", path))?;
        Ok(format!("the backup {backup} is in place"))
    }

    fn write_defaults(&self, copy: &str) -> Result<String, ActError> {
        let defaults = Path::new(&self.file.defaults);
        let (text, bytes) = self.read(defaults);
        let Some(bytes) = bytes.filter(|_| text.is_valid()) else {
            return Err(ActError::Refused(format!("the defaults are not valid: {text}")));
        };
        self.keep(copy)?;
        let path = Path::new(&self.file.path);
        let original = files::read(path, MAX_BYTES).map_err(ActError::io("read", path))?;
        let with = original.and_then(|original| merged(&original, &bytes, self.file.format));
        let kept_keys = with.is_some();
        files::replace(path, &with.unwrap_or(bytes)).map_err(ActError::io("write", path))?;
        Ok(if kept_keys { "the defaults fill what the file lacks" } else { "the defaults are in place" }.into())
    }
}

/// The name of a content's copy.
fn name_of(digest: Option<&Digest>) -> String {
    digest.map_or_else(|| "before-none".to_owned(), |digest| format!("before-{:.12}", digest.as_str()))
}

impl Playbook for ConfigurationPlaybook {
    type Seen = Seen;

    async fn look(&self) -> Seen {
        let (text, bytes) = self.read(Path::new(&self.file.path));
        let newest = files::newest_first(Path::new(&self.file.backups)).unwrap_or_default();
        let valid = |name: &String| self.read(&Path::new(&self.file.backups).join(name)).0.is_valid();
        let backup = if text.is_valid() { None } else { newest.into_iter().find(valid) };
        let defaults = self.read(Path::new(&self.file.defaults)).0;
        Seen { text, digest: bytes.map(Digest::of), backup, defaults }
    }

    fn invariants(&self, seen: &Seen) -> Vec<Invariant> {
        let holds = match seen.text {
            Text::Valid => Some(true),
            Text::Unreadable(_) => None,
            Text::Missing | Text::Broken(_) | Text::Lacks(_) => Some(false),
        };
        let name = "the configuration file is there and valid".into();
        vec![Invariant { name, holds, weight: 10, seen: seen.text.to_string() }]
    }

    fn diagnose(&self, seen: &Seen) -> String {
        format!("The configuration file {}: {}.", self.file.path, seen.text)
    }

    fn remedies(&self, seen: &Seen) -> Vec<Remedy> {
        let copy = name_of(seen.digest.as_ref());
        let undo = || Undo::by(Action::PutBack { copy: copy.clone() });
        let restore = seen.backup.clone().map(|backup| {
            let title = format!("Restore the newest valid backup, {backup}");
            Remedy::repair(title, Action::Restore { backup, copy: copy.clone() }, undo())
        });
        let defaults = seen.defaults.is_valid().then(|| {
            let action = Action::WriteDefaults { copy: copy.clone() };
            Remedy::repair("Write the defaults, with what can be read of the original", action, undo())
        });
        restore.into_iter().chain(defaults).collect()
    }

    fn is_over(&self, seen: &Seen) -> bool {
        seen.text.is_valid()
    }

    fn advice(&self, _seen: &Seen) -> Vec<String> {
        vec![format!("Review {}; the file as it was is in {}.", self.file.path, self.file.copies)]
    }

    async fn act(&self, action: &Action) -> Result<String, ActError> {
        match action {
            Action::Restore { backup, copy } => self.restore(backup, copy),
            Action::WriteDefaults { copy } => self.write_defaults(copy),
            Action::PutBack { copy } => self.put_back(copy),
            other => Err(ActError::not_offered(other)),
        }
    }
}
