//! The follower reads its files, a turn each, until nothing is left or nobody takes more.

use super::{Closed, Follower};
use crate::context;
use crate::followed::{Advance, Line, Look};
use crate::ledger::{Finding, News};
use crate::place::FileKey;
use crate::recognise::{Judge, Name, Origin};
use crate::rules::without_return;

/// How many steps a file is read before it is another's turn.
const TURN: usize = 16;

impl Follower {
    /// Reads what is there. Stands still while news are not taken: the files keep.
    pub(super) fn read(&mut self, look: Look) -> Result<(), Closed> {
        loop {
            let mut more = false;
            let keys: Vec<FileKey> = self.files.keys().copied().collect();
            for key in keys {
                if !self.flush()? || self.stop.is_stopping() {
                    return Ok(());
                }
                more |= self.take_turn(key, look)?;
            }
            if !self.flush()? || !more {
                return Ok(());
            }
            // A long way to catch up must not hide that files come and go meanwhile.
            if self.sleeper.take_listing_due() {
                self.list();
            }
        }
    }

    /// Whether there is more to read.
    fn take_turn(&mut self, key: FileKey, look: Look) -> Result<bool, Closed> {
        let mut passed = false;
        let mut more = true;
        for _ in 0..TURN {
            let Some(file) = self.files.get_mut(&key) else { return Ok(false) };
            match file.advance(&mut self.block, &self.rules, look) {
                Ok(Advance::Idle) => more = false,
                Ok(Advance::Passed) => passed = true,
                Ok(Advance::Restarted) => {
                    let place = file.place();
                    tracing::info!(target_name = %self.desk.target, file = place.name, "truncated or replaced: read anew");
                    self.outbox.push_back(News::Began(key, place));
                    passed = false;
                }
                Ok(Advance::Hit(line)) => passed = !self.judge(key, &line),
                Err(error) => {
                    let name = file.name.clone();
                    self.cannot_read(&name, &error);
                    more = false;
                }
            }
            if !more || !self.flush()? {
                break;
            }
        }
        if passed && let Some(file) = self.files.get(&key) {
            self.outbox.push_back(News::Passed(key, file.stream()));
        }
        Ok(more)
    }

    /// Whether the line is a detection.
    fn judge(&mut self, key: FileKey, line: &Line) -> bool {
        let Some(file) = self.files.get(&key) else { return false };
        let now = self.clock.now();
        let judge = Judge { rules: &self.rules, errors: self.desk.errors.as_ref(), now };
        let found = judge.line(&line.bytes, line.cut);
        let Some(first) = found.first() else { return false };
        let stream = file.stream();
        let (before, whole) = file.before(line.offset);
        let context = context::choose(&before, whole, &line.after, &first.ties(), self.context_lines);
        let names_itself = found.iter().all(|found| found.own_id().is_some());
        let name = Name::Place { life: stream.life, offset: line.offset };
        let origin = Origin { target: &self.desk.target, name, line: without_return(&line.bytes) };
        let detections = found.into_iter().map(|found| found.detection(origin, context.clone(), now)).collect();
        self.outbox.push_back(News::Found(key, stream, Box::new(Finding { detections, names_itself })));
        true
    }
}
