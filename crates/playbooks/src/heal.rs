//! Heals: does what [`crate::next`] says, journals it before and after, and takes back what made nothing better.

use crate::diary::{Diary, DiaryError, Page, Trying};
use crate::engine::{self, Next, Standing};
use crate::error::ActError;
use crate::intent;
use crate::playbook::Playbook;
use chassis::clock::SharedClock;
use std::time::Duration;
use tokio::time::Instant;
use wire::runtime::{ActOutcome, ActReport, Action, Held, Intent, Invariant, Level, ResourceName, Tried, Undo};

/// The pause between two looks after an action.
const PAUSE: Duration = Duration::from_millis(25);
/// The limit of an undo.
const UNDO: Duration = Duration::from_secs(600);
/// So many tries of one incident are remembered.
const MAX_TRIED: usize = 100;
/// So often in one healing something may fail to be begun at all.
const MAX_UNSENT: usize = 3;

/// Whose resource is healed, and within which limits.
#[derive(Clone)]
pub struct Site {
    /// The resource.
    pub resource: ResourceName,
    /// Nothing new is begun after this.
    pub limit: Duration,
    /// How long a remedy may take to show, once it is done.
    pub settle: Duration,
    /// For the times in the report.
    pub clock: SharedClock,
}

/// How a try ended.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Ended {
    /// One can go on.
    Tried,
    /// Nothing was changed and nothing is spent, for this reason.
    Unsent(String),
    /// It could not be taken back: one cannot go on.
    Stuck,
}

/// Heals a resource, or goes on with what was begun for the same cause.
///
/// # Errors
/// When no diary can be kept: then nothing (more) is done.
pub async fn heal<P: Playbook>(
    playbook: &P,
    site: &Site,
    diary: &mut Diary,
    cause: &str,
) -> Result<ActReport, DiaryError> {
    // In a box: a future in a future in debug code is more than a thread's stack holds.
    Box::pin(heal_within(playbook, site, diary, cause, None)).await
}

/// The same. Where something was `approved`, just that is done: nothing when what is seen at first, or would be done, is something
/// else, and nothing more when the next remedy is none of it.
///
/// # Errors
/// When no diary can be kept: then nothing (more) is done.
pub async fn heal_within<P: Playbook>(
    playbook: &P,
    site: &Site,
    diary: &mut Diary,
    cause: &str,
    approved: Option<&Intent>,
) -> Result<ActReport, DiaryError> {
    let until = Instant::now() + site.limit;
    let mut given_up = !finish(playbook, site, diary).await?;
    playbook.is_for(cause);
    let mut unsent = Vec::new();
    let mut seen = playbook.look().await;
    let diagnosis = playbook.diagnose(&seen);
    begin(diary, cause, playbook.invariants(&seen))?;
    loop {
        let last = playbook.invariants(&seen);
        let remedies = playbook.remedies(&seen);
        let page = diary.page();
        let (first, tried, held) = (&page.first, &page.tried, &page.held);
        let late = Instant::now() >= until || unsent.len() >= MAX_UNSENT;
        let standing = Standing { first, seen: &last, remedies: &remedies, tried, held, late };
        let outcome = match engine::next(&standing) {
            _ if given_up => ActOutcome::UndoFailed,
            Next::End(outcome) => outcome,
            Next::Try(remedy) if !intent::is_allowed(approved, page, &standing, &remedy) => ActOutcome::NotApproved,
            Next::Try(remedy) => {
                let trying = Trying { remedy: *remedy, before: Level::of(&last), from: site.clock.now() };
                diary.write(|page| {
                    page.trying = Some(trying.clone());
                    page.approved = approved.map(|intent| intent.digest.clone());
                })?;
                playbook.decided(&seen);
                let title = trying.remedy.title.clone();
                match Box::pin(attempt(playbook, site, diary, trying, false)).await? {
                    Ended::Tried => unsent.clear(),
                    Ended::Unsent(why) => unsent.push(format!("It was not begun: {title}: {why}.")),
                    Ended::Stuck => given_up = true,
                }
                seen = playbook.look().await;
                continue;
            }
        };
        let (first, tried, held) = (first.clone(), tried.clone(), held.clone());
        let (resource, mut advice) = (site.resource.clone(), playbook.advice(&seen));
        advice.extend(unsent.pop());
        return Ok(ActReport { resource, outcome, diagnosis, first, last, tried, held, advice });
    }
}

/// Finishes what was cut short, also when nobody asks for its cause any more. Answers whether one can go on.
pub(crate) async fn finish<P: Playbook>(playbook: &P, site: &Site, diary: &mut Diary) -> Result<bool, DiaryError> {
    let Some(trying) = diary.page().trying.clone() else { return Ok(true) };
    // Done before it was cut short, or by somebody since: a second time would undo what was written after the first.
    let is_better = engine::helped(trying.before, level(playbook).await);
    playbook.is_for(diary.page().cause.as_deref().unwrap_or_default());
    Ok(Box::pin(attempt(playbook, site, diary, trying, is_better)).await? != Ended::Stuck)
}

/// Begins a page for another cause. What is held stays.
fn begin(diary: &mut Diary, cause: &str, first: Vec<Invariant>) -> Result<(), DiaryError> {
    if diary.page().cause.as_deref() == Some(cause) {
        return Ok(());
    }
    diary.write(|page| {
        let (held, withdrawals) = (std::mem::take(&mut page.held), page.withdrawals);
        *page = Page { cause: Some(cause.into()), first, held, withdrawals, ..Page::default() };
    })
}

/// Tries a remedy whose intention is written, or takes it as done.
async fn attempt<P: Playbook>(
    playbook: &P,
    site: &Site,
    diary: &mut Diary,
    trying: Trying,
    is_done: bool,
) -> Result<Ended, DiaryError> {
    let Trying { remedy, before, from } = trying;
    let done = match is_done {
        true => Ok("it was found better after it was cut short".to_owned()),
        false => act(playbook, site, &remedy.action).await,
    };
    if let Err(ActError::Unsent { why, may_pass: true }) = &done {
        tracing::info!(resource = %site.resource, remedy = remedy.title, why, "not begun");
        diary.write(|page| page.trying = None)?;
        return Ok(Ended::Unsent(why.clone()));
    }
    let is_unsent = matches!(done, Err(ActError::Unsent { .. }));
    let better = |level| engine::helped(before, level);
    let mut after = if done.is_ok() { settled(playbook, site, better).await } else { level(playbook).await };
    let kept = done.is_ok() && better(after);
    let mut what = done.unwrap_or_else(|error| error.whole());
    let mut ended = Ended::Tried;
    if !kept && !is_unsent {
        let undone = undo(playbook, &remedy.action, &remedy.undo).await;
        if undone.is_err() {
            ended = Ended::Stuck;
        }
        what = match undone {
            Ok(undone) => format!("{what}; no better, so: {undone}"),
            Err(error) => format!("{what}; no better, and it cannot be taken back: {}", error.whole()),
        };
        after = level(playbook).await;
    }
    let to = site.clock.now();
    tracing::info!(resource = %site.resource, remedy = remedy.title, ?before, ?after, kept, what, "tried");
    diary.write(|page| {
        if kept && !remedy.lasts {
            page.withdrawals.missed(from);
            page.held.push(Held { remedy: remedy.clone(), since: from });
        }
        page.trying = None;
        if page.tried.len() >= MAX_TRIED {
            page.tried.remove(0);
        }
        page.tried.push(Tried { remedy, before, after, kept, what, from, to });
    })?;
    Ok(ended)
}

pub(crate) async fn act<P: Playbook>(playbook: &P, site: &Site, action: &Action) -> Result<String, ActError> {
    within(site.limit, playbook.act(action)).await
}

async fn within(limit: Duration, done: impl Future<Output = Result<String, ActError>>) -> Result<String, ActError> {
    tokio::time::timeout(limit, done).await.unwrap_or(Err(ActError::TimedOut(limit)))
}

pub(crate) async fn undo<P: Playbook>(playbook: &P, done: &Action, undo: &Undo) -> Result<String, ActError> {
    match undo {
        // It is not cut off where its remedy was: half an undo is worse than a late one.
        Undo::Inverse { action } | Undo::Compensate { action } => within(UNDO, playbook.take_back(done, action)).await,
        Undo::NotNeeded { reason } => Ok(format!("nothing to take back: {reason}")),
    }
}

async fn level<P: Playbook>(playbook: &P) -> Level {
    Level::of(&playbook.invariants(&playbook.look().await))
}

/// Looks until it is well, or as good as asked for twice in a row, or the time to settle is over.
pub(crate) async fn settled<P: Playbook>(playbook: &P, site: &Site, good: impl Fn(Level) -> bool) -> Level {
    let until = Instant::now() + site.settle;
    let mut times = 0;
    loop {
        let seen = playbook.look().await;
        let level = Level::of(&playbook.invariants(&seen));
        times = if good(level) { times + 1 } else { 0 };
        if level == Level(0) || times == 2 || Instant::now() >= until {
            return level;
        }
        tokio::time::sleep(PAUSE).await;
    }
}
