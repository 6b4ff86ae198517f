//! Modes 1, 5 and 8: files and disks.

use super::{Case, block_on, lever, levers, text};
use crate::modes::once::{Place, Run, once};
use playbooks::{ConfigurationPlaybook, DatabasePlaybook, DiskPlaybook};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use testkit::failure::database::{Damage, User, damage};
use testkit::failure::disk::SmallDisk;
use wire::target::{Configuration, ConfigurationFormat, DatabaseFile, Disk};

const MIB: u64 = 1024 * 1024;
/// A table of about 1 MB.
const TABLE: [&str; 2] = [
    "CREATE TABLE orders (id INTEGER PRIMARY KEY, item TEXT)",
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000) INSERT INTO orders SELECT i, hex(randomblob(40)) FROM n",
];

pub(super) fn cases() -> Vec<Case> {
    let case = |mode, name, injected, limit_s, run| Case { mode, name, injected, limit_s, run };
    vec![
        case(1, "database file corrupt", "the middle half of a SQLite file of 1 MB is overwritten", 60, corrupt),
        case(1, "database file torn", "the second half of the file is cut off", 60, torn),
        case(
            1,
            "database file locked",
            "a process of the target's own holds a write lock and does not let go",
            60,
            locked,
        ),
        case(5, "disk full", "a tmpfs of 64 MiB is filled until the kernel says ENOSPC", 45, full),
        case(8, "configuration missing", "the file is removed", 10, missing),
        case(8, "configuration corrupt", "the file is cut in the middle of a key", 10, broken),
    ]
}

fn corrupt(folder: &Path, pause: Duration) -> anyhow::Result<Run> {
    database(folder, pause, Damage::Middle)
}

fn torn(folder: &Path, pause: Duration) -> anyhow::Result<Run> {
    database(folder, pause, Damage::Half)
}

fn database(folder: &Path, pause: Duration, how: Damage) -> anyhow::Result<Run> {
    let path = folder.join("shop.db");
    std::fs::create_dir(folder.join("backups"))?;
    User::killed_after(&path, &TABLE);
    std::fs::copy(&path, folder.join("backups/nightly.db"))?;
    let file = DatabaseFile {
        path: text(folder, "shop.db"),
        backups: text(folder, "backups"),
        copies: text(folder, "copies"),
        reopen: None,
        busy_ms: 1_000,
    };
    let playbook = DatabasePlaybook::new(file, levers(folder, &[])?);
    let place = Place { folder, limit: Duration::from_secs(60), clock: chassis::clock::system() };
    block_on(once(&place, &playbook, pause, move || damage(&path, how)))
}

fn locked(folder: &Path, pause: Duration) -> anyhow::Result<Run> {
    let path = folder.join("shop.db");
    std::fs::create_dir(folder.join("backups"))?;
    User::killed_after(&path, &TABLE);
    let file = DatabaseFile {
        path: text(folder, "shop.db"),
        backups: text(folder, "backups"),
        copies: text(folder, "copies"),
        reopen: Some(lever("closed")?),
        busy_ms: 1_000,
    };
    let playbook = DatabasePlaybook::new(file, levers(folder, &["closed"])?);
    let place = Place { folder, limit: Duration::from_secs(60), clock: chassis::clock::system() };
    // It lives on until the run is over.
    let user = Arc::new(Mutex::new(None));
    let (held, closed) = (Arc::clone(&user), folder.join("closed"));
    let lock = move || {
        *held.lock().unwrap_or_else(PoisonError::into_inner) = Some(User::locking(&path, Some(closed)));
    };
    block_on(once(&place, &playbook, pause, lock))
}

fn full(folder: &Path, pause: Duration) -> anyhow::Result<Run> {
    let small = SmallDisk::of(64 * MIB);
    let disk = crowded(small.path(), folder)?;
    let playbook = DiskPlaybook::new(disk, chassis::clock::system());
    let place = Place { folder, limit: Duration::from_secs(45), clock: chassis::clock::system() };
    let filler = small.path().to_owned();
    let run = block_on(once(&place, &playbook, pause, move || fill(&filler)));
    drop(small);
    run
}

/// Old logs of 12 MB, four snapshots of 4 MiB, a file that is disposable, and the rules for them.
pub(in crate::modes) fn crowded(disk: &Path, folder: &Path) -> anyhow::Result<Disk> {
    let on = |name: &str| -> anyhow::Result<Option<String>> {
        std::fs::create_dir(disk.join(name))?;
        Ok(Some(text(disk, name)))
    };
    let (logs, snapshots, temporary) = (on("logs")?, on("snapshots")?, on("tmp")?);
    std::fs::create_dir(folder.join("store"))?;
    let old = std::time::SystemTime::from(chassis::clock::system().now()) - Duration::from_secs(9 * 24 * 3600);
    for at in 0..4_u8 {
        let path = disk.join(format!("logs/{at}.log"));
        std::fs::write(&path, "the same line again and again\n".repeat(100_000))?;
        std::fs::File::options().write(true).open(&path)?.set_modified(old)?;
        std::fs::write(disk.join(format!("snapshots/{at}")), vec![at; 4 << 20])?;
    }
    std::fs::write(disk.join("tmp/scratch"), vec![1; 1 << 20])?;
    Ok(Disk {
        path: disk.display().to_string(),
        min_free_bytes: 12 * MIB,
        logs,
        log_days: 7,
        snapshots,
        keep: 2,
        temporary,
        secondary: Some(text(folder, "store")),
    })
}

/// Until the kernel says that there is no more.
pub(in crate::modes) fn fill(folder: &Path) {
    use std::io::Write as _;
    let Ok(mut file) = std::fs::File::create(folder.join("filler")) else { return };
    let block = vec![7_u8; 1 << 16];
    while file.write_all(&block).is_ok() {}
}

fn missing(folder: &Path, pause: Duration) -> anyhow::Result<Run> {
    configuration(folder, pause, |path| drop(std::fs::remove_file(path)))
}

fn broken(folder: &Path, pause: Duration) -> anyhow::Result<Run> {
    configuration(folder, pause, |path| drop(std::fs::write(path, "[server\nport = ")))
}

fn configuration(folder: &Path, pause: Duration, how: fn(&Path)) -> anyhow::Result<Run> {
    std::fs::create_dir(folder.join("backups"))?;
    for name in ["app.toml", "backups/monday.toml", "defaults.toml"] {
        std::fs::write(folder.join(name), "[server]\nport = 8001\n")?;
    }
    let playbook = ConfigurationPlaybook::new(Configuration {
        path: text(folder, "app.toml"),
        format: ConfigurationFormat::Toml,
        required: vec!["/server/port".into()],
        backups: text(folder, "backups"),
        defaults: text(folder, "defaults.toml"),
        copies: text(folder, "copies"),
    });
    let place = Place { folder, limit: Duration::from_secs(10), clock: chassis::clock::system() };
    let path = folder.join("app.toml");
    block_on(once(&place, &playbook, pause, move || how(&path)))
}
