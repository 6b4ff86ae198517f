//! A SQLite file that is really damaged, locked, or left in the middle of a write. Others' processes are Python's.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// How a file is damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Damage {
    /// Its middle half is overwritten.
    Middle,
    /// Its second half is gone.
    Half,
    /// Its header is zeros.
    Header,
    /// It has no byte.
    Empty,
    /// It is not there.
    Gone,
}

/// Damages a file.
pub fn damage(path: &Path, how: Damage) {
    let mut file = File::options().read(true).write(true).open(path).expect("the file");
    let length = file.metadata().expect("about it").len();
    let mut overwrite = |at: u64, bytes: u64, with: u8| {
        file.seek(SeekFrom::Start(at)).expect("a place");
        file.write_all(&vec![with; usize::try_from(bytes).expect("a length")]).expect("written");
    };
    match how {
        Damage::Middle => overwrite(length / 4, length / 2, 0xa5),
        Damage::Header => overwrite(0, 100, 0),
        Damage::Half => file.set_len(length / 2 + 7).expect("cut"),
        Damage::Empty => file.set_len(0).expect("cut"),
        Damage::Gone => std::fs::remove_file(path).expect("removed"),
    }
}

/// Another process that has a database open. Killed when it is dropped.
pub struct User {
    child: Child,
}

impl User {
    /// It holds a write lock until it ends; or, with a lever's file, until that is there: then it has the database closed.
    pub fn locking(database: &Path, lever: Option<PathBuf>) -> Self {
        Self::of(database, &["BEGIN IMMEDIATE"], lever.as_deref())
    }

    /// It has it open, and nothing more; it closes it while a lever's file is there.
    pub fn open(database: &Path, lever: Option<PathBuf>) -> Self {
        Self::of(database, &["SELECT count(*) FROM sqlite_master"], lever.as_deref())
    }

    /// It was killed after these statements: what it did not end stays in a journal.
    pub fn killed_after(database: &Path, statements: &[&str]) {
        drop(Self::of(database, statements, None));
    }

    /// Its pid.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether it still runs.
    pub fn is_alive(&mut self) -> bool {
        self.child.try_wait().expect("its state").is_none()
    }

    fn of(database: &Path, statements: &[&str], lever: Option<&Path>) -> Self {
        let mut command = Command::new("/usr/bin/python3");
        command.args(["-S", "-c", USER]).arg(database).arg(lever.unwrap_or(Path::new(""))).args(statements);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a process");
        let mut said = String::new();
        let out = child.stdout.take().expect("its output");
        BufReader::new(out).read_line(&mut said).expect("what it says");
        assert_eq!(said.trim(), "ready", "another process cannot use {}", database.display());
        Self { child }
    }
}

impl Drop for User {
    fn drop(&mut self) {
        let _ended = self.child.kill().and_then(|()| self.child.wait());
    }
}

const USER: &str = "
import os, select, sqlite3, sys
path, lever, *statements = sys.argv[1:]
def use(all):
    database = sqlite3.connect(path, isolation_level=None)
    for statement in all:
        database.execute(statement).fetchall()
    return database
database = use(statements)
print('ready', flush=True)
while not select.select([sys.stdin], [], [], 0.005)[0]:
    if lever and os.path.exists(lever):
        if database:
            database.close()
            database = None
    elif not database:
        database = use(statements[:0])
";
