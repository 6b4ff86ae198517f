//! A target's errors, as they are watched and kept on disk.

use crate::fields::Fields;
use crate::moment;
use crate::noticer::{News, Noticer, Wanted};
use crate::recognise::Found;
use chrono::{DateTime, Utc};
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use uuid::Uuid;
use wire::FaultCode;
use wire::target::Target;

/// The errors of one target.
#[derive(Debug)]
pub(crate) struct Errors {
    wanted: Wanted,
    path: PathBuf,
    state: Mutex<State>,
    /// One after the other: what is older must not be written over what is newer.
    writing: Mutex<()>,
}

#[derive(Debug)]
struct State {
    noticer: Noticer,
    /// Whether what is on disk is older.
    behind: bool,
}

impl Errors {
    /// Goes on with what was kept; `None` when the target's errors are not to be watched. What cannot be understood is put
    /// aside: kinds of errors are learned anew then.
    pub(crate) fn open(path: PathBuf, target: &Target, now: DateTime<Utc>) -> io::Result<Option<Self>> {
        let wanted = Wanted { unknown: target.unknown.clone(), burst: target.burst.clone() };
        if !wanted.is_any() {
            return Ok(None);
        }
        let noticer = kept(&path)?.map_or_else(|| Noticer::new(&wanted, now), |kept| kept.resumed(&wanted, now));
        let state = Mutex::new(State { noticer, behind: true });
        let errors = Self { wanted, path, state, writing: Mutex::default() };
        // The learning time must not begin anew with each start.
        errors.keep()?;
        Ok(Some(errors))
    }

    /// What an error line brings that is news. `is_fault` says that a rule names it.
    pub(crate) fn see(&self, line: &[u8], fields: &Fields, is_fault: bool, now: DateTime<Utc>) -> Vec<Found> {
        let text = String::from_utf8_lossy(line);
        let leading = moment::leading(&text);
        let at = moment::credible(fields.ts.as_deref().or(leading.as_deref()), now);
        let says = match &fields.message {
            Some(message) => message.as_str(),
            None => without_time(&text, leading.as_deref()),
        };
        let mut state = self.state();
        state.behind = true;
        let news = state.noticer.see(&self.wanted, Some(says).filter(|_| !is_fault), at, now);
        news.into_iter().map(|news| found(news, fields)).collect()
    }

    /// The noticed faults among some have reached their end (`told`), or nobody took them. What was told of is on disk before
    /// this returns, so that it is never told of again.
    pub(crate) fn settle<'c>(&self, codes: impl Iterator<Item = &'c FaultCode>, told: bool) -> io::Result<()> {
        let mut any = false;
        for code in codes.filter(|code| code.is_unmarked()) {
            self.state().noticer.settle(code, told);
            any = true;
        }
        if any && told { self.keep() } else { Ok(()) }
    }

    /// Writes what changed since the last time.
    pub(crate) fn keep(&self) -> io::Result<()> {
        let _turn = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let certain = {
            let mut state = self.state();
            if !std::mem::replace(&mut state.behind, false) {
                return Ok(());
            }
            state.noticer.certain()
        };
        let written = write(&self.path, &certain);
        if written.is_err() {
            self.state().behind = true;
        }
        written
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// News as a fault of the line: the line's own id is another fault's.
fn found(news: News, fields: &Fields) -> Found {
    let fields = Fields { event_id: None, message: Some(news.message), ..fields.clone() };
    Found { code: news.code, title: String::new(), fields }
}

fn without_time<'t>(text: &'t str, leading: Option<&str>) -> &'t str {
    let rest = leading.and_then(|time| text.split_once(time)).map_or(text, |(_, rest)| rest);
    rest.trim_start_matches([']', '>', ')', ' '])
}

fn kept(path: &Path) -> io::Result<Option<Noticer>> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    match serde_json::from_slice(&bytes) {
        Ok(noticer) => Ok(Some(noticer)),
        Err(error) => {
            tracing::error!(path = %path.display(), %error, "the known errors are not readable; they are put aside and learned anew");
            fs::rename(path, path.with_extension("unreadable"))?;
            Ok(None)
        }
    }
}

/// Writes it beside the old one and puts it in its place, so that a crash leaves one of the two.
fn write(path: &Path, noticer: &Noticer) -> io::Result<()> {
    let beside = path.with_extension(format!("{}.new", Uuid::new_v4().simple()));
    let put = || {
        let mut file = File::create_new(&beside)?;
        file.write_all(&serde_json::to_vec(noticer)?)?;
        file.sync_all()?;
        fs::rename(&beside, path)
    };
    let put = put();
    if put.is_err() {
        let _gone = fs::remove_file(&beside);
    }
    put?;
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

#[cfg(test)]
mod tests;
