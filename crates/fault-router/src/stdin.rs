//! `--stdin`: one stream of one target's lines, read to its end.

use crate::app::{self, App};
use crate::context;
use crate::moment;
use crate::push::Post;
use crate::recognise::{Judge, Name, Origin};
use crate::rules::without_return;
use crate::scan::{Hit, Scanner};
use crate::settings::Settings;
use crate::spool::{Batch, SpoolError};
use anyhow::{Context, ensure};
use chassis::auth::Credentials;
use chassis::clock::{self, SharedClock};
use chassis::{Stop, catalogue};
use chrono::{DateTime, Utc};
use std::io::Read;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::Instant;
use uuid::Uuid;
use wire::FaultCode;
use wire::detection::{Detection, MAX_CONTEXT};

/// Where it is kept what a stream's errors are, after the target's name: the service has its own, and both may run.
const ERRORS: &str = "stdin-errors";
/// How long the stream stands still before a full spool is asked again.
const FULL: Duration = Duration::from_millis(200);
/// After so many faults in one window, more get no context.
const FULL_CONTEXT: usize = 100;

/// Reads the standard input to its end, reports its faults, and waits until they are acknowledged.
///
/// # Errors
/// When the target is unknown, the input cannot be read, the word to stop comes first, or detections still wait in the
/// spool when patience is over.
pub async fn pipe(
    settings: Settings,
    credentials: Arc<Credentials>,
    stop: Stop,
    target: &str,
    patience: Duration,
) -> anyhow::Result<()> {
    let catalogue = catalogue::load(&settings.targets)?;
    let known: Vec<&str> = catalogue.keys().map(wire::TargetName::as_str).collect();
    let found = catalogue.values().find(|known| known.name.as_str() == target);
    let target = found.with_context(|| format!("there is no target {target:?}; known: {}", known.join(", ")))?.clone();
    let app = App { settings, catalogue, credentials, clock: clock::system() };
    let post = app::post_of(&target, &app, ERRORS, &app::store(&app)?, &stop)?;
    let reader = Reader {
        post: Arc::clone(&post),
        clock: Arc::clone(&app.clock),
        stop: stop.clone(),
        context_lines: app.settings.context_lines.min(MAX_CONTEXT),
        life: Uuid::new_v4(),
    };
    // A thread of its own: nothing ends a read of the standard input, so the process must not wait for it.
    let (done, ended) = oneshot::channel();
    std::thread::spawn(move || done.send(reader.read_all(&mut std::io::stdin().lock())));
    let read = tokio::select! {
        read = ended => read.context("the reader of the standard input died")?,
        () = stop.requested() => Err(anyhow::anyhow!("stopped before the end of the standard input")),
    };
    let drained = drain(&post, &stop, patience).await;
    stop.now();
    stop.finish().await?;
    let (bytes, detections) = read?;
    tracing::info!(bytes, detections, "read the standard input to its end");
    ensure!(
        drained,
        "the store has not acknowledged everything: {} bytes of detections wait in {} for the service or the next run",
        post.spool.waiting(),
        post.spool.folder().display()
    );
    Ok(())
}

/// Waits until the spool is empty, at most for a time.
async fn drain(post: &Post, stop: &Stop, patience: Duration) -> bool {
    let until = Instant::now() + patience;
    while post.spool.waiting() > 0 {
        tokio::select! {
            () = post.spool.carried.notified() => {}
            () = tokio::time::sleep_until(until) => return false,
            () = stop.requested() => return false,
        }
    }
    true
}

/// Reads a stream into a target's spool.
struct Reader {
    post: Arc<Post>,
    clock: SharedClock,
    stop: Stop,
    context_lines: usize,
    life: Uuid,
}

impl Reader {
    /// How many bytes and detections there were.
    fn read_all(&self, source: &mut impl Read) -> anyhow::Result<(u64, u64)> {
        let mut scanner = Scanner::default();
        let mut detections = 0;
        loop {
            let more = scanner.fill(source).context("cannot read the standard input")?;
            let mut batch = None;
            let mut count = 0;
            let mut noticed = Vec::new();
            while let Some(hit) = scanner.next_hit(&self.post.rules) {
                let limit = if count < FULL_CONTEXT { self.context_lines } else { 0 };
                for detection in self.judge(hit, limit, self.clock.now()) {
                    self.put(&mut batch, &detection)?;
                    noticed.extend(Some(detection.code).filter(FaultCode::is_unmarked));
                    count += 1;
                }
            }
            // Before the next read, which may take for ever.
            batch.map_or(Ok(()), Batch::commit)?;
            self.post.desk.settle(noticed.iter(), true);
            detections += count as u64;
            if !more || self.stop.is_stopping() {
                self.post.desk.keep_errors();
                return Ok((scanner.offset(), detections));
            }
        }
    }

    fn judge(&self, hit: Hit<'_>, limit: usize, now: DateTime<Utc>) -> Vec<Detection> {
        let judge = Judge { rules: &self.post.rules, errors: self.post.desk.errors.as_ref(), now };
        let found = judge.line(hit.line, hit.cut);
        let Some(first) = found.first() else { return Vec::new() };
        let line = without_return(hit.line);
        let context = context::choose(hit.before, hit.whole, hit.after, &first.ties(), limit);
        let time = first.fields.ts.clone().or_else(|| moment::leading(&String::from_utf8_lossy(line)));
        let place = Name::Place { life: self.life, offset: hit.offset };
        let name = time.as_deref().map_or(place, Name::Time);
        let origin = Origin { target: &self.post.desk.target, name, line };
        found.into_iter().map(|found| found.detection(origin, context.clone(), now)).collect()
    }

    /// Puts a detection into the batch; stands still while the spool is full, and with it whoever writes the stream.
    fn put<'s>(&'s self, batch: &mut Option<Batch<'s>>, detection: &Detection) -> anyhow::Result<()> {
        loop {
            let added = match batch {
                Some(batch) => batch.add(detection),
                None => self.post.spool.begin().map(|fresh| *batch = Some(fresh)),
            };
            match added {
                Ok(()) if batch.as_ref().is_some_and(Batch::has_any) => return Ok(()),
                Ok(()) => {}
                Err(SpoolError::Full) if !self.stop.is_stopping() => {
                    batch.take().filter(Batch::has_any).map_or(Ok(()), Batch::commit)?;
                    std::thread::sleep(FULL);
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
}
