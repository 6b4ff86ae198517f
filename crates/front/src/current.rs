//! The table in force, and how the file becomes it.

use crate::Settings;
use crate::answered::Answered;
use crate::stats::{InFlight, Stats};
use crate::table::{DEVELOPER, Table, Upstream, is_below};
use camino::{Utf8Path, Utf8PathBuf};
use std::io::Read;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use wire::rollout::RouteTable;

/// The largest file that is read, bytes.
const MAX_FILE: u64 = 1 << 20;

/// The table in force.
#[derive(Debug)]
pub struct Current {
    file: Utf8PathBuf,
    store: Arc<Upstream>,
    table: RwLock<Arc<Table>>,
    /// How often the reliefs of the table in force answered.
    pub answered: Answered,
    /// What the file held when it was last looked at; one reader at a time, so that an older text never replaces a newer one.
    seen: Mutex<Seen>,
}

/// What a look at the file told.
#[derive(Debug, PartialEq, Eq)]
enum Seen {
    Nothing,
    Text(Vec<u8>),
    Unreadable(std::io::ErrorKind),
}

/// Why the settings of the routes cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RoutesError {
    /// The incident store's URL.
    #[error("the setting incident_store: {0}")]
    IncidentStore(String),
    /// The folder.
    #[error("cannot make the folder {folder} of the route table")]
    Folder {
        /// Which.
        folder: Utf8PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

impl Current {
    /// The table that the file holds now; an empty one when it holds none.
    ///
    /// # Errors
    /// When the incident store's URL is none, or the file's folder cannot be made.
    pub fn open(settings: &Settings) -> Result<Self, RoutesError> {
        let store = Upstream::parse(&settings.incident_store, wire::Service::IncidentStore.as_str());
        let store = Arc::new(store.map_err(RoutesError::IncidentStore)?);
        let (table, seen) = (RwLock::default(), Mutex::new(Seen::Nothing));
        let answered = Answered::default();
        let current = Self { file: settings.routes.clone(), store, table, answered, seen };
        let folder = current.folder().to_owned();
        std::fs::create_dir_all(&folder).map_err(|source| RoutesError::Folder { folder, source })?;
        current.reload();
        Ok(current)
    }

    /// The file's folder.
    pub fn folder(&self) -> &Utf8Path {
        self.file.parent().filter(|folder| !folder.as_str().is_empty()).unwrap_or(Utf8Path::new("."))
    }

    /// The file.
    pub fn file(&self) -> &Utf8Path {
        &self.file
    }

    /// The table in force.
    pub fn table(&self) -> Arc<Table> {
        Arc::clone(&self.table.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Where a request goes, counted as under way. Both happen under the lock that a switch takes: whoever sees the new table
    /// in force also sees every request that went by the old one.
    pub fn choose(&self, path: &str, stats: &Arc<Stats>) -> Option<(Arc<Upstream>, InFlight)> {
        let table = self.table.read().unwrap_or_else(PoisonError::into_inner);
        let upstream = if is_below(path, DEVELOPER) { &self.store } else { table.choose(path)? };
        Some((Arc::clone(upstream), stats.enter(&upstream.label)))
    }

    /// Looks at the file, and puts the table in force that it holds. Anything else keeps the last good one.
    pub fn reload(&self) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let now = read(&self.file);
        if now == *seen {
            return;
        }
        match &now {
            Seen::Text(text) => self.take_over(text),
            Seen::Unreadable(kind) => {
                tracing::warn!(file = %self.file, why = %kind, "no route table to read; the last good one stays");
            }
            Seen::Nothing => {}
        }
        *seen = now;
    }

    fn take_over(&self, text: &[u8]) {
        let told = serde_json::from_slice::<RouteTable>(text).map_err(|error| error.to_string());
        match told.and_then(Table::check) {
            Ok(table) => {
                let (generation, routes) = (table.generation(), table.told().routes);
                let before = self.table();
                // Before it is in force, so that nothing it answers is left out.
                self.answered.take_over((before.generation() > 0).then(|| before.told_ref()), table.told_ref());
                *self.table.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(table);
                tracing::info!(generation, ?routes, "route table in force");
            }
            Err(why) => {
                tracing::error!(file = %self.file, why, "the route table is not right; the last good one stays")
            }
        }
    }
}

fn read(file: &Utf8Path) -> Seen {
    let mut text = Vec::new();
    let read = std::fs::File::open(file).and_then(|file| file.take(MAX_FILE).read_to_end(&mut text));
    read.map_or_else(|error| Seen::Unreadable(error.kind()), |_| Seen::Text(text))
}
