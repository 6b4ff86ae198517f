//! Looks at a SQLite file, through SQLite.

use super::copies::beside;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, Error, ErrorCode, OpenFlags};
use std::fmt;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

/// A look at the whole file ends after this: it keeps writers of a rollback journal waiting.
const CHECK: Duration = Duration::from_secs(1);
/// A look that decides what is restored or stands may take so long.
const THOROUGH: Duration = Duration::from_secs(20);
/// Looks at a whole file take at most one part in so many of the time.
const SHARE: u32 = 20;
/// What was found is believed for so long when the file did not change.
const BELIEVED: Duration = Duration::from_secs(300);

/// How a database is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum State {
    Whole,
    Missing,
    /// Without a byte: so is one into which nothing was written yet.
    Empty,
    Corrupt(String),
    Locked,
    /// Somebody left in the middle of a write, and left a journal.
    Journal,
    Refused(String),
    Unknown(String),
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            State::Whole => f.write_str("whole"),
            State::Missing => f.write_str("it is not there"),
            State::Empty => f.write_str("it is empty, and its backup is not"),
            State::Corrupt(why) => write!(f, "it is corrupt ({why})"),
            State::Locked => f.write_str("it is locked"),
            State::Journal => f.write_str("a write was cut short and left a journal"),
            State::Refused(why) => write!(f, "it cannot be reached ({why})"),
            State::Unknown(why) => write!(f, "nobody can tell ({why})"),
        }
    }
}

/// Length and time of the file and of its journals: while they stay, so does the content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stamp([Option<(u64, SystemTime)>; 3]);

impl Stamp {
    pub(super) fn of(path: &Path) -> Self {
        let one = |end| std::fs::metadata(beside(path, end)).ok().and_then(|it| Some((it.len(), it.modified().ok()?)));
        Self([one(""), one("-wal"), one("-journal")])
    }

    pub(super) fn has_journal(&self) -> bool {
        let [_, wal, journal] = &self.0;
        [wal, journal].iter().any(|file| file.is_some_and(|(length, _)| length > 0))
    }
}

/// What a look at the whole file found.
#[derive(Debug, Clone)]
pub(super) struct Checked {
    stamp: Stamp,
    at: Instant,
    took: Duration,
    state: State,
}

/// Reads: the schema and a row of each table; and the whole file, where that is due.
pub(super) fn read(path: &Path, busy: Duration, last: &mut Option<Checked>) -> State {
    let stamp = Stamp::of(path);
    let length = std::fs::metadata(path).map(|about| about.len());
    match length {
        Ok(0) if !stamp.has_journal() => return State::Empty,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return State::Missing,
        _ => {}
    }
    let looked = open(path, OpenFlags::SQLITE_OPEN_READ_ONLY, busy).and_then(|mut database| {
        sample(&mut database)?;
        let due = last.as_ref().is_none_or(|last| {
            let rested = last.at.elapsed() >= last.took * SHARE;
            (rested && last.stamp != stamp) || last.at.elapsed() >= BELIEVED.max(last.took * SHARE)
        });
        if due {
            let at = Instant::now();
            let state = match check(&mut database, "quick_check", CHECK) {
                Err(error) => judged(&error),
                Ok(state) => state,
            };
            *last = Some(Checked { stamp, at, took: at.elapsed(), state });
        }
        Ok(last.as_ref().map_or(State::Whole, |last| last.state.clone()))
    });
    // A file that is too large to be looked at as a whole is judged by the sample.
    match looked.unwrap_or_else(|error| judged(&error)) {
        State::Unknown(_) => State::Whole,
        state => state,
    }
}

/// Begins a write, and takes it back. A target that waits for no lock at all may meet it, for the moment that it takes.
pub(super) fn write(path: &Path, busy: Duration) -> State {
    let left = beside(path, "-wal").exists();
    let done = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE, busy).and_then(|database| {
        // What others left in a journal stays there: writing it into the file is a remedy, not a look.
        database.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, left)?;
        database.execute_batch("BEGIN IMMEDIATE; ROLLBACK")
    });
    done.map_or_else(|error| judged(&error), |()| State::Whole)
}

/// Whether somebody writes there. A journal that was left stays as it is: its writer is gone.
pub(super) fn is_locked(path: &Path, busy: Duration) -> bool {
    let read = open(path, OpenFlags::SQLITE_OPEN_READ_ONLY, busy).and_then(|mut database| sample(&mut database));
    match read.map_err(|error| judged(&error)) {
        Err(State::Locked) => true,
        Err(State::Journal) => false,
        _ => write(path, busy) == State::Locked,
    }
}

/// Writes the journal into the file and empties it. What is left must be whole.
pub(super) fn checkpoint(path: &Path, busy: Duration) -> Result<(), String> {
    let done = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE, busy).and_then(|mut database| {
        let blocked: bool = database.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        if blocked { Ok(State::Locked) } else { check(&mut database, "integrity_check", THOROUGH) }
    });
    match done.unwrap_or_else(|error| judged(&error)) {
        State::Whole => Ok(()),
        other => Err(other.to_string()),
    }
}

/// Whether a backup is whole and holds anything; answers its rows.
pub(super) fn backup(path: &Path) -> Result<u64, String> {
    let read = alone(path).and_then(|mut database| {
        let state = check(&mut database, "integrity_check", THOROUGH)?;
        Ok((state, tables(&mut database)?, count(&mut database)?))
    });
    match read {
        Ok((State::Whole, tables, rows)) if !tables.is_empty() => Ok(rows),
        Ok((State::Whole, ..)) => Err("it is empty".into()),
        Ok((other, ..)) => Err(other.to_string()),
        Err(error) => Err(judged(&error).to_string()),
    }
}

/// How many rows can be counted in a file that nobody uses.
pub(super) fn rows(path: &Path) -> Option<u64> {
    alone(path).and_then(|mut database| count(&mut database)).ok()
}

/// Whether a name is that of a journal.
pub(super) fn belongs_to_another(name: &str) -> bool {
    name.starts_with('.') || ["-wal", "-shm", "-journal"].iter().any(|end| name.ends_with(end))
}

fn open(path: &Path, flags: OpenFlags, busy: Duration) -> Result<Connection, Error> {
    let database = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    database.busy_timeout(busy)?;
    Ok(database)
}

/// Opens a file that nobody changes, without a lock and without a journal beside it.
fn alone(path: &Path) -> Result<Connection, Error> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte);
    let escaped = |byte: &u8| if plain(*byte) { char::from(*byte).to_string() } else { format!("%{byte:02X}") };
    let path: String = path.as_os_str().as_encoded_bytes().iter().map(escaped).collect();
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut database = Connection::open_with_flags(format!("file:{path}?immutable=1"), flags)?;
    until(&mut database, THOROUGH)?;
    Ok(database)
}

/// Ends what is read with this connection after a time.
fn until(database: &mut Connection, limit: Duration) -> Result<(), Error> {
    let until = Instant::now() + limit;
    database.progress_handler(10_000, Some(move || Instant::now() >= until))
}

/// The schema, and a row of each table.
fn sample(database: &mut Connection) -> Result<(), Error> {
    until(database, CHECK)?;
    for table in tables(database)? {
        let mut statement = database.prepare(&format!("SELECT 1 FROM {} LIMIT 1", quoted(&table)))?;
        statement.exists([])?;
    }
    Ok(())
}

fn tables(database: &mut Connection) -> Result<Vec<String>, Error> {
    let ordinary = "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' LIMIT 1000";
    let mut statement = database.prepare(ordinary)?;
    statement.query_map([], |row| row.get(0))?.collect()
}

fn count(database: &mut Connection) -> Result<u64, Error> {
    let mut rows = 0;
    for table in tables(database)? {
        let one = format!("SELECT count(*) FROM {}", quoted(&table));
        rows += database.query_row(&one, [], |row| row.get::<_, i64>(0))?;
    }
    Ok(u64::try_from(rows).unwrap_or(0))
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn check(database: &mut Connection, how: &str, limit: Duration) -> Result<State, Error> {
    until(database, limit)?;
    let found: String = database.query_row(&format!("PRAGMA {how}(1)"), [], |row| row.get(0))?;
    Ok(if found == "ok" { State::Whole } else { State::Corrupt(one_line(&found)) })
}

fn one_line(text: &str) -> String {
    text.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default().chars().take(200).collect()
}

fn judged(error: &Error) -> State {
    let Error::SqliteFailure(code, _) = error else { return State::Corrupt(one_line(&error.to_string())) };
    let told = one_line(&error.to_string());
    match code.code {
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => State::Corrupt(told),
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => State::Locked,
        ErrorCode::ReadOnly if code.extended_code != rusqlite::ffi::SQLITE_READONLY => State::Journal,
        ErrorCode::OperationInterrupted => State::Unknown("it is too large to be looked at in time".into()),
        _ => State::Refused(told),
    }
}
