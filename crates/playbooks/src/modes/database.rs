//! Mode 1: a database file is corrupt, locked, or not to be reached.

mod copies;
mod probe;
mod repair;

use crate::error::ActError;
use crate::lever::Levers;
use crate::playbook::Playbook;
use crate::{files, processes};
use copies::Copies;
use probe::{Stamp, State};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use wire::Digest;
use wire::runtime::{Action, Invariant, Remedy, Undo};
use wire::target::DatabaseFile;

/// So many backups are looked at, the newest first.
const MAX_BACKUPS: usize = 20;
/// No further backup is looked at after so long: what is being looked at takes 20 s more at most.
const BACKUPS: Duration = Duration::from_secs(20);

/// Heals a SQLite database: its journal is written into it, else the newest backup that is whole is restored.
#[derive(Debug, Clone)]
pub struct DatabasePlaybook {
    file: DatabaseFile,
    levers: Levers,
    /// What the last look at the whole file found, and when: a look at a large file is not for every second.
    last: Arc<Mutex<Option<probe::Checked>>>,
}

/// What is seen of it.
#[derive(Debug, Clone)]
pub struct Seen {
    state: State,
    /// Why it cannot be written, where it can be read.
    write: Option<State>,
    stamp: Stamp,
    /// The newest backup that is whole.
    backup: Option<String>,
    /// Who holds a lock on it.
    lockers: Vec<String>,
    /// Who works on a file that was replaced.
    former: Vec<String>,
}

impl DatabasePlaybook {
    /// For a database of the inventory.
    pub fn new(file: DatabaseFile, levers: Levers) -> Self {
        Self { file, levers, last: Arc::default() }
    }

    fn path(&self) -> &Path {
        Path::new(&self.file.path)
    }

    fn busy(&self) -> Duration {
        Duration::from_millis(self.file.busy_ms)
    }

    fn copies(&self) -> Copies<'_> {
        Copies { database: self.path(), folder: Path::new(&self.file.copies) }
    }

    /// Looks at the file itself, on a thread that may wait.
    async fn probe(&self) -> (State, Option<State>) {
        let (path, busy, last) = (self.path().to_owned(), self.busy(), Arc::clone(&self.last));
        let looked = tokio::task::spawn_blocking(move || {
            let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
            let state = probe::read(&path, busy, &mut last);
            let write = (state == State::Whole).then(|| probe::write(&path, busy));
            (state, write.filter(|write| *write != State::Whole))
        });
        looked.await.unwrap_or_else(|error| (State::Unknown(error.to_string()), None))
    }

    /// The newest backup that is whole.
    async fn backup(&self) -> Option<String> {
        let folder = PathBuf::from(&self.file.backups);
        let found = tokio::task::spawn_blocking(move || {
            let names = files::newest_first(&folder).unwrap_or_default();
            let is_whole = |name: &String| probe::backup(&folder.join(name)).is_ok();
            let until = Instant::now() + BACKUPS;
            let names = names.into_iter().filter(|name| !probe::belongs_to_another(name)).take(MAX_BACKUPS);
            names.take_while(|_| Instant::now() < until).find(is_whole)
        });
        found.await.ok().flatten()
    }

    fn lockers(&self) -> Vec<String> {
        let pids = processes::who_locks(&[self.path().to_owned(), copies::beside(self.path(), "-shm")]);
        if pids.is_empty() { vec!["somebody who cannot be seen".into()] } else { titles(pids) }
    }
}

impl Playbook for DatabasePlaybook {
    type Seen = Seen;

    async fn look(&self) -> Seen {
        let (mut state, write) = self.probe().await;
        let broken = matches!(state, State::Corrupt(_) | State::Missing | State::Empty);
        let backup = if broken { self.backup().await } else { None };
        if state == State::Empty && backup.is_none() {
            // A database into which nothing was written yet.
            state = State::Whole;
        }
        let locked = state == State::Locked || write == Some(State::Locked);
        Seen {
            lockers: if locked { self.lockers() } else { Vec::new() },
            // Only where something was restored or put back once: it is a look at everything that every process has open.
            former: if self.copies().are_any() { titles(processes::who_has_former(self.path())) } else { Vec::new() },
            stamp: Stamp::of(self.path()),
            state,
            write,
            backup,
        }
    }

    fn invariants(&self, seen: &Seen) -> Vec<Invariant> {
        let holds = |state: &State| match state {
            State::Whole => Some(true),
            State::Unknown(_) => None,
            _ => Some(false),
        };
        let write = seen.write.as_ref().unwrap_or(&seen.state);
        let alone = seen.former.is_empty();
        let of = |name: &str, holds, weight, seen: String| Invariant { name: name.into(), holds, weight, seen };
        vec![
            of("what is read of the database is whole", holds(&seen.state), 10, seen.state.to_string()),
            of("it can be written", holds(write), 5, write.to_string()),
            of("nobody works on a file that was replaced", Some(alone), 2, seen.former.join(", ")),
        ]
    }

    fn diagnose(&self, seen: &Seen) -> String {
        let state = seen.write.as_ref().unwrap_or(&seen.state);
        let who = if seen.lockers.is_empty() { String::new() } else { format!(", by {}", seen.lockers.join(", ")) };
        format!("The database {}: {state}{who}.", self.file.path)
    }

    fn remedies(&self, seen: &Seen) -> Vec<Remedy> {
        let copy = format!("before-{:.12}", Digest::of(format!("{:?}", seen.stamp)).as_str());
        let undo = || Undo::by(Action::PutBack { copy: copy.clone() });
        let state = seen.write.as_ref().unwrap_or(&seen.state);
        let recoverable = match state {
            State::Locked => self.file.reopen.is_some(),
            State::Journal => true,
            State::Corrupt(_) => seen.stamp.has_journal(),
            _ => false,
        };
        let checkpoint = recoverable.then(|| {
            let title = "Close the connections, write the journal into the file, open it again";
            Remedy::repair(title, Action::Checkpoint { copy: copy.clone() }, undo())
        });
        let restore = seen.backup.clone().map(|backup| {
            let title = format!("Restore the newest backup that is whole, {backup}");
            Remedy::repair(title, Action::Restore { backup, copy: copy.clone() }, undo())
        });
        checkpoint.into_iter().chain(restore).collect()
    }

    fn is_over(&self, seen: &Seen) -> bool {
        seen.state == State::Whole && seen.write.is_none()
    }

    fn advice(&self, seen: &Seen) -> Vec<String> {
        let mut advice =
            vec![format!("The database as it was is in {}, if anything was done to it.", self.file.copies)];
        let broken = matches!(seen.state, State::Corrupt(_) | State::Missing | State::Empty);
        if broken && seen.backup.is_none() {
            advice.push(format!("No backup in {} is whole: nothing can be restored.", self.file.backups));
        }
        if !seen.lockers.is_empty() {
            let who = seen.lockers.join(", ");
            advice.push(format!("The lock is held by {who}: whoever runs that has to end its transaction."));
        }
        if !seen.former.is_empty() {
            let who = seen.former.join(", ");
            advice.push(format!("{who} works on a file that was replaced: restart it, or what it writes is lost."));
        }
        advice
    }

    async fn act(&self, action: &Action) -> Result<String, ActError> {
        match action {
            Action::Checkpoint { copy } => self.while_closed(self.checkpoint(copy)).await,
            Action::Restore { backup, copy } => self.while_closed(self.restore(backup, copy)).await,
            Action::PutBack { copy } if !self.copies().kept(copy)?.exists() => {
                self.open().await.map(|()| "nothing was changed".into())
            }
            Action::PutBack { copy } => self.while_closed(self.copies().put_back(copy)).await,
            other => Err(ActError::not_offered(other)),
        }
    }
}

fn titles(pids: Vec<i32>) -> Vec<String> {
    pids.into_iter().map(processes::title).collect()
}
