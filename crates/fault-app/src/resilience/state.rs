//! What calls leave for each other: the breaker and the last good value, as one record that can be shared.

use crate::resilience::breaker::{Admission, Breaker, Millis, since};
use serde_json::{Value, json};

/// How old the last good value may be.
pub(crate) const GOOD: Millis = 300_000;

/// The record.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct State {
    /// The breaker.
    pub(crate) breaker: Breaker,
    /// How often the breaker has changed; of two records the one with more counts. No time: replicas' clocks differ.
    pub(crate) changes: u64,
    /// The last good value.
    pub(crate) good: Option<Good>,
}

/// A value that was good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Good {
    /// What was asked for.
    pub(crate) path: String,
    /// The value.
    pub(crate) value: i64,
    /// When.
    pub(crate) at: Millis,
}

impl State {
    /// Asks for a call at `now`.
    pub(crate) fn admit(self, now: Millis) -> (Self, Admission) {
        let (breaker, admission) = self.breaker.admit(now);
        (self.with(breaker), admission)
    }

    /// Takes in the outcome of an admitted call for `path`: its value, or that it failed.
    pub(crate) fn record(self, now: Millis, admission: Admission, path: &str, outcome: Option<i64>) -> Self {
        let breaker = self.breaker.record(now, admission, outcome.is_some());
        let good = outcome.map(|value| Good { path: path.to_owned(), value, at: now });
        let next = self.with(breaker);
        Self { good: good.or(next.good), ..next }
    }

    /// The last good value for `path` with its age, if it may still be served.
    pub(crate) fn last_good(&self, path: &str, now: Millis) -> Option<(i64, Millis)> {
        self.last_good_of_any(now).filter(|_| self.good.as_ref().is_some_and(|good| good.path == path))
    }

    /// The last good value whatever it is for.
    pub(crate) fn last_good_of_any(&self, now: Millis) -> Option<(i64, Millis)> {
        let good = self.good.as_ref()?;
        Some((good.value, since(good.at, now))).filter(|(_, age)| *age <= GOOD)
    }

    /// Of two records what is newer in each; what is equally old is this one's.
    pub(crate) fn newest(self, other: Self) -> Self {
        let good = other.good.clone().into_iter().chain(self.good.clone()).max_by_key(|good| good.at);
        Self { good, ..if other.changes > self.changes { other } else { self } }
    }

    /// As text, to be shared.
    pub(crate) fn to_text(&self) -> String {
        let Breaker { failures, opened, trial } = self.breaker;
        let good = self.good.as_ref().map(|good| json!({ "path": good.path, "value": good.value, "at": good.at }));
        json!({ "failures": failures, "opened": opened, "trial": trial, "changes": self.changes, "good": good })
            .to_string()
    }

    /// From such a text; nothing if it is none.
    pub(crate) fn of_text(text: &str) -> Option<Self> {
        let record: Value = serde_json::from_str(text).ok()?;
        let time = |key: &str| record.get(key).and_then(Value::as_u64);
        let good = record.get("good").and_then(|good| {
            let path = good.get("path")?.as_str()?.to_owned();
            Some(Good { path, value: good.get("value")?.as_i64()?, at: good.get("at")?.as_u64()? })
        });
        let breaker = Breaker { failures: time("failures")?, opened: time("opened"), trial: time("trial") };
        Some(Self { breaker, changes: time("changes")?, good })
    }

    fn with(self, breaker: Breaker) -> Self {
        let changes = self.changes.saturating_add(u64::from(breaker != self.breaker));
        Self { breaker, changes, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = 1_000_000;

    #[test]
    fn a_good_value_is_served_for_five_minutes_and_for_its_own_path_only() {
        let state = State::default().record(NOW, Admission::Call, "/data", Some(42));
        assert_eq!(state.last_good("/data", NOW), Some((42, 0)));
        assert_eq!(state.last_good("/data", NOW + GOOD), Some((42, GOOD)));
        assert_eq!(state.last_good("/data", NOW + GOOD + 1), None);
        assert_eq!(state.last_good("/other", NOW), None);
    }

    #[test]
    fn a_failure_leaves_the_last_good_value() {
        let state = State::default().record(NOW, Admission::Call, "/data", Some(42));
        let failed = state.record(NOW + 5, Admission::Call, "/data", None);
        assert_eq!((failed.last_good("/data", NOW + 5), failed.breaker.failures), (Some((42, 5)), 1));
    }

    #[test]
    fn a_record_survives_its_text_and_nothing_else_is_one() {
        let states = [
            State::default(),
            State::default().record(NOW, Admission::Call, "/a\"b", Some(-1)).record(NOW, Admission::Call, "/", None),
            State { breaker: Breaker { failures: 3, opened: Some(1), trial: Some(2) }, changes: 2, good: None },
        ];
        for state in states {
            assert_eq!(State::of_text(&state.to_text()), Some(state));
        }
        for text in ["", "{}", "[]", "null", "{\"failures\":-1,\"changes\":0}", "{\"failures\":1"] {
            assert_eq!(State::of_text(text), None, "{text}");
        }
    }

    #[test]
    fn of_two_records_the_newer_breaker_and_the_newer_value_count() {
        let failed = State::default().record(NOW + 1, Admission::Call, "/", None);
        let good = State::default().record(NOW, Admission::Call, "/", Some(1));
        let wanted = State { good: good.good.clone(), ..failed.clone() };
        assert_eq!(failed.clone().newest(good.clone()), wanted);
        assert_eq!(good.newest(failed), wanted);
    }

    #[test]
    fn what_changes_nothing_leaves_the_record_as_it_is() {
        let state = State::default().record(NOW, Admission::Call, "/", None);
        assert_eq!(state.clone().admit(NOW + 7), (state, Admission::Call));
    }
}
