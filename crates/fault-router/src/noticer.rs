//! Which error lines are news: those of a new kind, those of a known kind that come more often, and more of them than usual. Pure.

use crate::rate::{More, Rate};
use chrono::{DateTime, TimeDelta, Utc};
use miner::{GroupId, Learned, Limits, Miner};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use wire::FaultCode;
use wire::target::{Burst, ERROR_BURST, UNKNOWN_MANY, Unknown};

/// What a target is watched for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    pub(crate) unknown: Option<Unknown>,
    pub(crate) burst: Option<Burst>,
}

/// Something that somebody should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct News {
    pub(crate) code: FaultCode,
    pub(crate) message: String,
}

/// A kind of error.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Kind {
    /// Whether it is no news any more: it was told of, or there before anybody listened.
    known: bool,
    /// Whether it is told of as one of many.
    #[serde(default)]
    of_many: bool,
    rate: Rate,
}

/// The minute at hand: how many new kinds it brought, and whether it was told that they are too many.
#[derive(Debug, Clone, Copy, Default)]
struct Minute {
    number: i64,
    kinds: u32,
    told: bool,
}

/// What is remembered of a target's errors. It is kept as what is certain: what was found and not acknowledged is found again.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Noticer {
    since: DateTime<Utc>,
    miner: Miner,
    kinds: BTreeMap<GroupId, Kind>,
    burst: Rate,
    /// The slice that the rates count in.
    slice_s: u64,
    #[serde(skip)]
    minute: Minute,
    /// What was found and is not acknowledged yet.
    #[serde(skip)]
    pending: BTreeSet<FaultCode>,
}

impl Noticer {
    pub(crate) fn new(wanted: &Wanted, since: DateTime<Utc>) -> Self {
        let pace = wanted.pace();
        Self {
            since,
            miner: Miner::new(wanted.limits()),
            kinds: BTreeMap::new(),
            burst: Rate::since(since, &pace),
            slice_s: pace.slice_s,
            minute: Minute::default(),
            pending: BTreeSet::new(),
        }
    }

    /// What was kept, under what is wanted now.
    pub(crate) fn resumed(mut self, wanted: &Wanted, now: DateTime<Utc>) -> Self {
        let pace = wanted.pace();
        self.miner = self.miner.within(wanted.limits());
        self.kinds.retain(|id, _| self.miner.template(*id).is_some());
        // Slices of another length cannot be compared.
        if self.slice_s != pace.slice_s {
            self.slice_s = pace.slice_s;
            self.burst = Rate::since(now, &pace);
            self.kinds.values_mut().for_each(|kind| kind.rate = Rate::since(now, &pace));
        }
        self
    }

    /// Takes an error line. `text` is what it says, unless a rule names it; `at` is when it was written, `now` when it came.
    pub(crate) fn see(
        &mut self,
        wanted: &Wanted,
        text: Option<&str>,
        at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Vec<News> {
        let burst = wanted.burst.as_ref().and_then(|burst| self.count(burst, at));
        let kind = text.zip(wanted.unknown.as_ref()).and_then(|(text, unknown)| {
            let learned = self.miner.learn(text)?;
            self.judge(&learned, unknown, &wanted.pace(), at, now)
        });
        burst.into_iter().chain(kind).collect()
    }

    /// What was found has reached its end, or nobody took it and it is to be found again.
    pub(crate) fn settle(&mut self, code: &FaultCode, told: bool) {
        self.pending.remove(code);
        let is_many = code.as_str() == UNKNOWN_MANY;
        self.minute.told &= !is_many || told;
        for (id, kind) in &mut self.kinds {
            if (is_many && kind.of_many) || FaultCode::of_unknown(&id.short()).as_ref() == Some(code) {
                kind.known |= told;
                kind.of_many = false;
                kind.rate.high &= told;
            }
        }
        if code.as_str() == ERROR_BURST {
            self.burst.high &= told;
        }
    }

    /// As it is kept: what is not acknowledged has not been found yet.
    pub(crate) fn certain(&self) -> Self {
        let mut certain = self.clone();
        for code in &self.pending {
            certain.settle(code, false);
        }
        certain
    }

    fn count(&mut self, burst: &Burst, at: DateTime<Utc>) -> Option<News> {
        let More { count, usual } = self.burst.count(at, burst)?;
        let seconds = burst.slice_s;
        let message = format!("{count} error lines within {seconds} s, where {usual:.1} are usual");
        self.raise(ERROR_BURST.parse().ok()?, message)
    }

    fn judge(
        &mut self,
        learned: &Learned,
        unknown: &Unknown,
        pace: &Burst,
        at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Option<News> {
        let was_known = self.forget(learned);
        let learning = now < self.since + TimeDelta::seconds(unknown.learn_s.try_into().unwrap_or(i64::MAX / 1_000));
        let fresh = || Kind { known: false, of_many: false, rate: Rate::since(at, pace) };
        let kind = self.kinds.entry(learned.id).or_insert_with(fresh);
        let more = kind.rate.count(at, pace);
        let was_news = !kind.known && !kind.of_many && !was_known && !learning;
        kind.known |= was_known || learning;
        let code = FaultCode::of_unknown(&learned.id.short())?;
        if !was_news {
            let More { count, usual } = more.filter(|_| !learning)?;
            let template = self.miner.template(learned.id).unwrap_or_default();
            let seconds = pace.slice_s;
            return self
                .raise(code, format!("{count} times within {seconds} s, where {usual:.1} are usual: {template}"));
        }
        if self.pending.contains(&code) {
            return None;
        }
        if self.is_one_too_many(unknown, now) {
            return self.one_of_many(learned.id, unknown);
        }
        let message = self.miner.template(learned.id).unwrap_or_default();
        self.raise(code, message)
    }

    /// Forgets the groups that are none any more; whether one of them, which this one is now, was known.
    fn forget(&mut self, learned: &Learned) -> bool {
        learned.forgotten.and_then(|id| self.kinds.remove(&id));
        let absorbed = learned.absorbed.iter().filter_map(|id| self.kinds.remove(id));
        absorbed.fold(false, |known, kind| known | kind.known | kind.of_many)
    }

    fn is_one_too_many(&mut self, unknown: &Unknown, now: DateTime<Utc>) -> bool {
        let number = now.timestamp().div_euclid(60);
        if self.minute.number != number {
            self.minute = Minute { number, ..Minute::default() };
        }
        self.minute.kinds = self.minute.kinds.saturating_add(1);
        self.minute.kinds > unknown.new_per_minute
    }

    /// A kind that is told of with others, once a minute.
    fn one_of_many(&mut self, id: GroupId, unknown: &Unknown) -> Option<News> {
        let code: FaultCode = UNKNOWN_MANY.parse().ok()?;
        let is_settled = self.minute.told && !self.pending.contains(&code);
        self.kinds.entry(id).and_modify(|kind| (kind.known, kind.of_many) = (is_settled, !is_settled));
        if std::mem::replace(&mut self.minute.told, true) {
            return None;
        }
        let (most, template) = (unknown.new_per_minute, self.miner.template(id).unwrap_or_default());
        self.raise(code, format!("more than {most} new kinds of errors in a minute; one of them: {template}"))
    }

    /// News, unless they are on their way already.
    fn raise(&mut self, code: FaultCode, message: String) -> Option<News> {
        self.pending.insert(code.clone()).then_some(News { code, message })
    }
}

impl Wanted {
    pub(crate) fn is_any(&self) -> bool {
        self.unknown.is_some() || self.burst.is_some()
    }

    fn limits(&self) -> Limits {
        Limits { groups: self.unknown.as_ref().map_or(1, |unknown| unknown.groups), ..Limits::default() }
    }

    /// How a change of a rate is judged.
    fn pace(&self) -> Burst {
        self.burst.clone().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
