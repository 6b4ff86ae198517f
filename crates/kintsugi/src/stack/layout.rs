//! Where the local stack keeps its files, all below one folder.

use std::path::{Path, PathBuf};
use wire::{Service, TargetName};

/// The folders of a stack.
#[derive(Debug, Clone)]
pub struct Layout {
    /// The folder above all, e.g. `.kintsugi`.
    pub home: PathBuf,
}

impl Layout {
    /// Makes the folders; what holds secrets is closed to others.
    ///
    /// # Errors
    /// When one cannot be made.
    pub fn make(home: &Path) -> anyhow::Result<Self> {
        use anyhow::Context;
        use std::os::unix::fs::PermissionsExt;
        std::fs::create_dir_all(home).with_context(|| format!("cannot make {}", home.display()))?;
        let home = home.canonicalize().with_context(|| format!("cannot find {}", home.display()))?;
        let layout = Self { home };
        for folder in ["credentials", "secrets"] {
            let folder = layout.home.join(folder);
            std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
            std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o700))?;
        }
        for folder in ["logs/services", "targets", "remotes", "artefacts", "routes", "state", "work", "demo"] {
            let folder = layout.home.join(folder);
            std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        }
        Ok(layout)
    }

    /// A path below the home.
    pub fn at(&self, part: &str) -> PathBuf {
        self.home.join(part)
    }

    /// A service's credentials file.
    pub fn credentials(&self, service: Service) -> PathBuf {
        self.home.join(format!("credentials/{service}.toml"))
    }

    /// A secret's file.
    pub fn secret(&self, name: &str) -> PathBuf {
        self.home.join(format!("secrets/{name}"))
    }

    /// A service's log.
    pub fn log(&self, service: Service) -> PathBuf {
        self.home.join(format!("logs/services/{service}.log"))
    }

    /// The folder of a target's logs.
    pub fn target_logs(&self, target: &TargetName) -> PathBuf {
        self.home.join(format!("logs/{target}"))
    }

    /// A target's remote.
    pub fn remote(&self, target: &TargetName) -> PathBuf {
        self.home.join(format!("remotes/{target}.git"))
    }
}

/// Writes a file that only its owner may read.
///
/// # Errors
/// When it cannot be written.
pub fn write_private(path: &Path, text: &str) -> anyhow::Result<()> {
    use anyhow::Context;
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let mut file = std::fs::File::options()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("cannot write {}", path.display()))?;
    file.write_all(text.as_bytes()).with_context(|| format!("cannot write {}", path.display()))
}
