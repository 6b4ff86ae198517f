//! The follower looks at its folder: what is new, what has another name, what is gone.

use super::Follower;
use crate::desk::Part;
use crate::edge::Edge;
use crate::folder::{self, Entry, Standing};
use crate::followed::Followed;
use crate::ledger::News;
use crate::origin;
use crate::place::{FileKey, Place};
use std::io;
use std::time::{Instant, SystemTime};

/// How many files of a target are open at once; beyond it the quietest are closed until they grow.
const MAX_OPEN: usize = 128;
/// For so many polls a rotated file that nobody saw as a live one must not change before it is judged: it may be a copy
/// that is still being made.
const SETTLED_POLLS: u32 = 2;
/// After so many it is judged anyway.
const DOUBTED_POLLS: u32 = 30;

/// How far a file's time may lag behind the clock: file systems keep it coarsely, some to two seconds.
const COARSE: chrono::TimeDelta = chrono::TimeDelta::seconds(2);

/// A rotated file that is not judged yet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Doubt {
    length: u64,
    modified: SystemTime,
    since: Instant,
    first: Instant,
}

impl Follower {
    /// Sees to it that there is a folder with events.
    pub(super) fn ensure_watch(&mut self) {
        match self.watch.ensure() {
            Ok(()) => self.desk.works(Part::Watch),
            Err(error) => self.desk.trouble(Part::Watch, format!("{:#}", anyhow::Error::from(error))),
        }
    }

    /// Compares the folder with what is known.
    pub(super) fn list(&mut self) {
        let entries = match folder::list(&self.desk.folder) {
            Ok(entries) => entries,
            Err(error) => {
                return self.desk.trouble(Part::Folder, format!("cannot list {}: {error}", self.desk.folder.display()));
            }
        };
        self.desk.works(Part::Folder);
        for file in self.files.values_mut() {
            file.standing = Standing::Gone;
        }
        self.doubts.retain(|key, _| entries.iter().any(|entry| entry.key == *key));
        let vanished: Vec<FileKey> =
            self.known.keys().filter(|key| entries.iter().all(|entry| entry.key != **key)).copied().collect();
        for entry in entries {
            if self.files.contains_key(&entry.key) {
                self.meet_again(&entry);
            } else if let Err(error) = self.meet(&entry) {
                // It may have vanished between listing and opening; then the next listing does not show it.
                if error.kind() != io::ErrorKind::NotFound {
                    self.cannot_read(&entry.name, &error);
                }
            }
        }
        self.forget(vanished);
    }

    fn meet_again(&mut self, entry: &Entry) {
        let Some(file) = self.files.get_mut(&entry.key) else { return };
        file.standing = Standing::of(&entry.name);
        if file.name != entry.name {
            file.name.clone_from(&entry.name);
            self.outbox.push_back(News::Named(entry.key, entry.name.clone()));
        }
        if !file.is_open() && file.differs_from(entry.length) {
            self.make_room();
            if let (Ok(handle), Some(file)) =
                (folder::open(&self.desk.folder, &entry.name), self.files.get_mut(&entry.key))
            {
                let _reopened = file.reopen(handle);
            }
        }
    }

    /// A file that is not followed: one from an earlier life, a new one, or one that was rotated unseen.
    fn meet(&mut self, entry: &Entry) -> io::Result<()> {
        let standing = Standing::of(&entry.name);
        let known = self.known.get(&entry.key).cloned();
        match (standing, known) {
            (Standing::Live, known) => {
                self.follow(entry, standing, &known.unwrap_or_else(|| Place::fresh(&entry.name)))
            }
            (_, Some(place)) if self.is_still(entry, &place)? => self.follow(entry, standing, &place),
            (Standing::Rotated, known) if self.is_settled(entry) => {
                let handle = folder::open(&self.desk.folder, &entry.name)?;
                let mut places: Vec<Place> = self.files.values().map(Followed::place).collect();
                places.extend(self.known.values().cloned());
                let stream = origin::of(&handle, &entry.name, entry.length, places.iter())?;
                self.doubts.remove(&entry.key);
                let place = known.map_or_else(|| Place::fresh(&entry.name), Place::next_life);
                self.follow(entry, standing, &Place { stream, ..place })
            }
            _ => Ok(()),
        }
    }

    /// Whether a file is the one that was known under its inode, and not a later one: inodes are used again.
    fn is_still(&self, entry: &Entry, place: &Place) -> io::Result<bool> {
        let offset = place.stream.cursor.offset;
        let edge = Edge::read(&folder::open(&self.desk.folder, &entry.name)?, offset)?;
        Ok(offset > 0 && edge.is_some_and(|edge| edge.print() == place.stream.print))
    }

    /// Whether an unknown rotated file concerns us, and is all there.
    fn is_settled(&mut self, entry: &Entry) -> bool {
        if chrono::DateTime::<chrono::Utc>::from(entry.modified) < self.since - COARSE {
            return false;
        }
        let now = Instant::now();
        let doubt = Doubt { length: entry.length, modified: entry.modified, since: now, first: now };
        let known = self.doubts.entry(entry.key).or_insert(doubt);
        if (known.length, known.modified) != (doubt.length, doubt.modified) {
            *known = Doubt { first: known.first, ..doubt };
        }
        known.since.elapsed() >= self.poll * SETTLED_POLLS || known.first.elapsed() >= self.poll * DOUBTED_POLLS
    }

    fn follow(&mut self, entry: &Entry, standing: Standing, place: &Place) -> io::Result<()> {
        self.make_room();
        let handle = folder::open(&self.desk.folder, &entry.name)?;
        let file = Followed::at(handle, entry.name.clone(), standing, place)?;
        // Between listing and opening another file may have taken the name; that one is known already, or met now.
        if self.files.contains_key(&file.key) {
            return Ok(());
        }
        tracing::info!(target_name = %self.desk.target, file = entry.name, offset = file.stream().cursor.offset, "following");
        // Of a file that is still the same, what it is known by stays.
        let same = file.stream().life == place.stream.life;
        let stream = if same { place.stream } else { file.stream() };
        self.outbox.push_back(News::Began(file.key, Place { stream, ..file.place() }));
        self.known.remove(&file.key);
        self.files.insert(file.key, file);
        Ok(())
    }

    fn make_room(&mut self) {
        if self.files.values().filter(|file| file.is_open()).count() < MAX_OPEN {
            return;
        }
        let quietest = self.files.values_mut().filter_map(|file| Some((file.idle_since()?, file)));
        if let Some((_, file)) = quietest.min_by_key(|(since, _)| *since) {
            file.close();
        }
    }

    /// Lets go of what is gone and read to its end, and of places whose files vanished while nobody looked; but not while
    /// a rotated file is in doubt, which may be a copy of one of them.
    fn forget(&mut self, vanished: Vec<FileKey>) {
        if self.doubts.values().any(|doubt| doubt.first.elapsed() < self.poll * (DOUBTED_POLLS + SETTLED_POLLS)) {
            return;
        }
        let gone = |file: &Followed| {
            let done = !file.is_open() || (file.is_complete(self.linger) && file.is_finished());
            file.standing == Standing::Gone && done
        };
        let mut keys: Vec<FileKey> = self.files.iter().filter(|(_, file)| gone(file)).map(|(key, _)| *key).collect();
        for key in &keys {
            self.files.remove(key);
        }
        for key in vanished {
            self.known.remove(&key);
            keys.push(key);
        }
        self.outbox.extend(keys.into_iter().map(News::Dropped));
    }
}
