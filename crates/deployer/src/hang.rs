//! When a live process counts as hung, from what became of the questions to it, and how often that is acted on. Pure.

use crate::instance::InstanceId;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::VecDeque;
use std::time::Duration;

/// Between two questions. Each that nobody answered in this time is so much silence, never more: time in which nothing was
/// asked says nothing.
pub(crate) const PERIOD: Duration = Duration::from_secs(1);
/// A question that comes so late after the one before was held up here, and so perhaps was the answer: it is not counted.
const LATE: Duration = Duration::from_millis(1_500);
/// So many questions must stay without an answer, however short the silence that is named.
const LEAST: u32 = 3;
/// How many hung processes of a target are ended within a while; then a person has to look.
const MOST: usize = 5;
/// That while.
const WHILE: TimeDelta = TimeDelta::minutes(10);

/// What became of the questions to the live instance since its last answer. It was healthy before it was live, so it has
/// answered at least once; whoever has not yet is not asked here.
#[derive(Debug, Default)]
pub(crate) struct Pulse {
    of: Option<InstanceId>,
    /// It was asked and has not answered since.
    is_open: bool,
    silent: u32,
    /// How many questions without an answer are a hung process; 0: no number is.
    limit: u32,
}

impl Pulse {
    /// For a silence that is too long; none: none is.
    pub(crate) fn new(silence: Option<Duration>) -> Self {
        let periods = |silence: Duration| u32::try_from(silence.as_millis().div_ceil(PERIOD.as_millis()));
        let limit = silence.map_or(0, |silence| periods(silence).unwrap_or(u32::MAX).max(LEAST));
        Self { limit, ..Self::default() }
    }

    /// An instance is asked, so long after the time before.
    pub(crate) fn ask(&mut self, of: InstanceId, since: Duration) {
        if self.of != Some(of) {
            *self = Self { of: Some(of), limit: self.limit, ..Self::default() };
        }
        if self.is_open && since < LATE {
            self.silent = (self.silent + 1).min(self.limit);
        }
        self.is_open = true;
    }

    /// It answered, this question or an earlier one.
    pub(crate) fn answered(&mut self, of: InstanceId) {
        if self.of == Some(of) {
            (self.is_open, self.silent) = (false, 0);
        }
    }

    /// It is not asked now: a roll-out is at work. What was silent before has to be so once more afterwards.
    pub(crate) fn pause(&mut self) {
        self.is_open = false;
        self.silent = self.silent.min(self.limit.saturating_sub(1));
    }

    /// Whether an instance hangs.
    pub(crate) fn is_hung(&self, instance: InstanceId) -> bool {
        self.limit > 0 && self.of == Some(instance) && self.silent >= self.limit
    }
}

/// When hung processes of a target were ended.
#[derive(Debug, Default)]
pub(crate) struct Hangs(VecDeque<DateTime<Utc>>);

impl Hangs {
    /// One is ended.
    pub(crate) fn note(&mut self, now: DateTime<Utc>) {
        self.0.push_back(now);
        if self.0.len() > MOST {
            self.0.pop_front();
        }
    }

    /// From when on one more may be ended.
    pub(crate) fn free_at(&self) -> DateTime<Utc> {
        let first = self.0.front().filter(|_| self.0.len() >= MOST);
        first.and_then(|first| first.checked_add_signed(WHILE)).unwrap_or_default()
    }

    /// What a person is told while it was too often.
    pub(crate) fn told(&self, now: DateTime<Utc>) -> Option<String> {
        let told = format!(
            "the live process answers nothing, after {} that did so were ended and started again within {} minutes; \
             it is left alone until {}",
            self.0.len(),
            WHILE.num_minutes(),
            self.free_at().format("%FT%TZ")
        );
        (now < self.free_at()).then_some(told)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pulse() -> (Pulse, InstanceId) {
        (Pulse::new(Some(Duration::from_secs(5))), InstanceId::fresh())
    }

    /// Asks so often, each a period after the one before.
    fn ask(pulse: &mut Pulse, of: InstanceId, times: u32) {
        (0..times).for_each(|_| pulse.ask(of, PERIOD));
    }

    #[test]
    fn it_hangs_when_nothing_was_answered_for_as_long_as_named() {
        let (mut pulse, of) = pulse();
        ask(&mut pulse, of, 5);
        assert!(!pulse.is_hung(of), "the fifth question may still be answered");
        ask(&mut pulse, of, 1);
        assert!(pulse.is_hung(of));
        assert!(!pulse.is_hung(InstanceId::fresh()), "another one was not asked");
    }

    #[test]
    fn one_answer_is_enough_however_slow_it_is() {
        let (mut pulse, of) = pulse();
        for _ in 0..20 {
            ask(&mut pulse, of, 4);
            pulse.answered(of);
        }
        assert!(!pulse.is_hung(of));
        ask(&mut pulse, of, 6);
        pulse.answered(InstanceId::fresh());
        assert!(pulse.is_hung(of), "another's answer is not its");
        pulse.answered(of);
        assert!(!pulse.is_hung(of));
    }

    #[test]
    fn silence_while_we_did_not_run_ourselves_is_not_counted() {
        let (mut pulse, of) = pulse();
        (0..100).for_each(|_| pulse.ask(of, Duration::from_secs(60)));
        assert!(!pulse.is_hung(of));
    }

    #[test]
    fn after_a_pause_it_has_to_be_silent_once_more() {
        let (mut pulse, of) = pulse();
        ask(&mut pulse, of, 60);
        pulse.pause();
        assert!(!pulse.is_hung(of));
        ask(&mut pulse, of, 1);
        assert!(!pulse.is_hung(of), "nothing was open");
        ask(&mut pulse, of, 1);
        assert!(pulse.is_hung(of));
    }

    #[test]
    fn a_new_instance_begins_anew() {
        let (mut pulse, of) = pulse();
        ask(&mut pulse, of, 6);
        let fresh = InstanceId::fresh();
        ask(&mut pulse, fresh, 5);
        assert!(!pulse.is_hung(of) && !pulse.is_hung(fresh));
    }

    #[test]
    fn three_questions_at_least_and_none_where_it_is_switched_off() {
        let of = InstanceId::fresh();
        let mut short = Pulse::new(Some(Duration::from_millis(1)));
        ask(&mut short, of, 3);
        assert!(!short.is_hung(of));
        ask(&mut short, of, 1);
        assert!(short.is_hung(of));
        let mut off = Pulse::new(None);
        ask(&mut off, of, 1_000);
        assert!(!off.is_hung(of));
    }

    #[test]
    fn what_hangs_again_and_again_is_left_to_a_person_for_a_while() {
        let at = |seconds: i64| DateTime::from_timestamp(seconds, 0).expect("a time");
        let mut hangs = Hangs::default();
        for n in 0..4 {
            hangs.note(at(1_000 + n));
            assert!(hangs.free_at() <= at(1_000), "{n}");
        }
        hangs.note(at(1_004));
        assert_eq!(hangs.free_at(), at(1_600));
        let told = hangs.told(at(1_599)).expect("it is told");
        assert!(told.contains("5 that did so") && told.contains("1970-01-01T00:26:40Z"), "{told}");
        assert_eq!(hangs.told(at(1_600)), None);
        hangs.note(at(1_600));
        assert_eq!(hangs.free_at(), at(1_601), "the first is long ago");
    }
}
