//! Watches the folder of the route table.

use crate::Front;
use camino::Utf8Path;
use chassis::Stop;
use notify::event::{AccessKind, AccessMode, EventKind};
use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

/// How often the file is looked at without being told: some file systems tell nothing.
const POLL: Duration = Duration::from_secs(2);

/// Keeps the table in force up with the file, until the word to stop.
pub async fn follow(front: Arc<Front>, stop: Stop) {
    let changed = Arc::new(Notify::new());
    let watcher = watch(front.current.folder(), front.current.file(), Arc::clone(&changed));
    if let Err(error) = &watcher {
        tracing::warn!(error = error as &dyn std::error::Error, "the route table is polled only");
    }
    loop {
        // Once before the first wait: the file may have changed between the start and the watch.
        front.current.reload();
        tokio::select! {
            () = changed.notified() => {}
            () = tokio::time::sleep(POLL) => {}
            () = stop.requested() => return,
        }
    }
}

fn watch(folder: &Utf8Path, file: &Utf8Path, changed: Arc<Notify>) -> notify::Result<RecommendedWatcher> {
    let name = file.file_name().map(str::to_owned);
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
        // An error may hide a change, so it counts as one.
        if event.map_or(true, |event| matters(&event, name.as_deref())) {
            changed.notify_one();
        }
    })?;
    watcher.watch(folder.as_std_path(), RecursiveMode::NonRecursive)?;
    Ok(watcher)
}

/// Whether an event may mean another content of the file. Our own reading must not, or it would never end.
fn matters(event: &Event, name: Option<&str>) -> bool {
    let written = match event.kind {
        EventKind::Access(AccessKind::Close(mode)) => mode == AccessMode::Write,
        EventKind::Access(_) => false,
        _ => true,
    };
    written && (event.need_rescan() || event.paths.iter().any(|path| path.file_name().and_then(|n| n.to_str()) == name))
}
