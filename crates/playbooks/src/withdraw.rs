//! Withdraws what stands in place for the time being, when the cause is gone; the longer after, the oftener that was too early.

use crate::diary::{Diary, DiaryError};
use crate::heal::{Site, act, finish, settled, undo};
use crate::playbook::Playbook;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use wire::runtime::{Held, Level};

/// What had to be put in place again so soon after it was withdrawn was withdrawn too early.
const STEADY: TimeDelta = TimeDelta::minutes(10);
/// The pause after the first time.
const FIRST: TimeDelta = TimeDelta::seconds(10);
/// After that many doublings it grows no more: 43 minutes.
const DOUBLINGS: u32 = 8;

/// How withdrawing went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Withdrawals {
    /// When something was withdrawn at last that was not missed since.
    last: Option<DateTime<Utc>>,
    /// So many times in a row it was too early.
    too_early: u32,
}

impl Withdrawals {
    /// Something is put in place again.
    pub(crate) fn missed(&mut self, now: DateTime<Utc>) {
        if let Some(last) = self.last.take() {
            self.too_early = if now - last < STEADY { self.too_early.saturating_add(1) } else { 0 };
        }
    }

    fn failed(&mut self) {
        self.too_early = self.too_early.saturating_add(1);
    }

    /// How long something must have been in place before it is withdrawn.
    fn pause(self) -> TimeDelta {
        match self.too_early.checked_sub(1) {
            Some(doublings) => FIRST * 2_i32.pow(doublings.min(DOUBLINGS)),
            None => TimeDelta::zero(),
        }
    }
}

/// Withdraws what stands in place for the time being, newest first, when the cause is gone. What turns out to be needed still is
/// put in place again, and stays for longer each time. What was cut short is finished first. Answers whether nothing is held any more.
///
/// # Errors
/// When no diary can be kept.
pub async fn withdraw<P: Playbook>(playbook: &P, site: &Site, diary: &mut Diary) -> Result<bool, DiaryError> {
    if !finish(playbook, site, diary).await? {
        return Ok(false);
    }
    while let Some(newest) = diary.held().last().cloned() {
        let seen = playbook.look().await;
        let is_rested = site.clock.now() - newest.since >= diary.page().withdrawals.pause();
        if !is_rested || !playbook.is_over(&seen) {
            return Ok(false);
        }
        let before = Level::of(&playbook.invariants(&seen));
        let stays = chain(diary.held());
        let way_back = diary.held().get(stays).map_or(&newest.remedy.undo, |held| &held.remedy.undo).clone();
        let undone = undo(playbook, &newest.remedy.action, &way_back).await;
        let after = settled(playbook, site, |level| level <= before).await;
        let now = site.clock.now();
        if undone.is_err() || after > before {
            let again = act(playbook, site, &newest.remedy.action).await;
            let again = again.err().map(|error| error.whole());
            tracing::warn!(resource = %site.resource, remedy = newest.remedy.title, again, "cannot be withdrawn yet");
            diary.write(|page| {
                page.withdrawals.failed();
                page.held.iter_mut().skip(stays).for_each(|held| held.since = now);
            })?;
            return Ok(false);
        }
        diary.write(|page| {
            page.held.truncate(stays);
            page.withdrawals.last = Some(now);
        })?;
    }
    Ok(true)
}

/// How many of what is held stay when the newest is withdrawn. An undo that only puts the one below in place again is none where
/// that is to be withdrawn, too: what it was put in place of may be as bad as ever.
fn chain(held: &[Held]) -> usize {
    let links = held
        .windows(2)
        .rev()
        .take_while(|pair| matches!(pair, [below, above] if above.remedy.undo.action() == Some(&below.remedy.action)));
    held.len().saturating_sub(1).saturating_sub(links.count())
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::runtime::{Action, Remedy, Undo};

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).expect("a time")
    }

    fn held(to: &str, from: &str) -> Held {
        let go = |at: &str| Action::Register { at: at.into() };
        Held { remedy: Remedy::relief(to, go(to), Undo::by(go(from))), since: at(0) }
    }

    #[test]
    fn the_oftener_it_was_too_early_the_longer_it_stays() {
        let mut withdrawals = Withdrawals::default();
        let mut pauses = vec![withdrawals.pause().num_seconds()];
        for round in 0..12 {
            withdrawals.last = Some(at(round * 10));
            withdrawals.missed(at(round * 10 + 5));
            pauses.push(withdrawals.pause().num_seconds());
        }
        assert_eq!(pauses, [0, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 2560, 2560, 2560]);
    }

    #[test]
    fn what_went_well_for_long_begins_anew() {
        let mut withdrawals = Withdrawals { last: Some(at(0)), too_early: 5 };
        withdrawals.missed(at(601));
        assert_eq!(withdrawals.pause(), TimeDelta::zero());
        let mut twice = Withdrawals { last: Some(at(0)), too_early: 0 };
        twice.missed(at(1));
        twice.missed(at(2));
        assert_eq!(twice.too_early, 1, "several things put in place at once were missed once");
    }

    #[test]
    fn a_way_back_that_leads_only_to_the_one_below_leads_on() {
        assert_eq!(chain(&[held("a", "home")]), 0);
        assert_eq!(chain(&[held("a", "home"), held("b", "a"), held("c", "b")]), 0);
        assert_eq!(chain(&[held("a", "home"), held("b", "elsewhere"), held("c", "b")]), 1);
        assert_eq!(chain(&[held("a", "home"), held("b", "home")]), 1);
    }
}
