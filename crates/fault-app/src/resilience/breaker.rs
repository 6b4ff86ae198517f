//! The circuit breaker as a pure state machine: time comes in, nothing goes out but a verdict.

/// Milliseconds since 1970. The wall clock, because replicas share the state.
pub(crate) type Millis = u64;

/// Consecutive failures that open it.
pub(crate) const OPENS_AFTER: u64 = 3;
/// How long it stays open before one trial.
pub(crate) const OPEN: Millis = 60_000;
/// How long a trial may be without an outcome before another is let through: its caller may have died. Longer than the
/// deadline of a call.
const TRIAL: Millis = 5_000;

/// What is remembered between calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Breaker {
    /// Consecutive failures.
    pub(crate) failures: u64,
    /// Since when it has been open.
    pub(crate) opened: Option<Millis>,
    /// Since when a trial has been under way.
    pub(crate) trial: Option<Millis>,
}

/// Whether a call may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Admission {
    /// Yes.
    Call,
    /// Yes, as the one trial, known by when it began.
    Trial(Millis),
    /// No, and another trial is not due for this long.
    Refused(Millis),
}

/// What a person would call the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Calls are made.
    Closed,
    /// None is made for this long.
    Open(Millis),
    /// A trial is due or under way.
    HalfOpen,
}

impl Breaker {
    /// Asks for a call at `now`.
    pub(crate) fn admit(self, now: Millis) -> (Self, Admission) {
        match (self.phase(now), self.trial) {
            (Phase::Closed, _) => (self, Admission::Call),
            (Phase::Open(wait), _) => (self, Admission::Refused(wait)),
            (Phase::HalfOpen, Some(begun)) if since(begun, now) < TRIAL => {
                (self, Admission::Refused(TRIAL - since(begun, now)))
            }
            (Phase::HalfOpen, _) => (Self { trial: Some(now), ..self }, Admission::Trial(now)),
        }
    }

    /// Takes in the outcome of a call that was admitted. While it is open only its trial has a say: a straggler from
    /// before tells nothing of now.
    pub(crate) fn record(self, now: Millis, admission: Admission, success: bool) -> Self {
        let its_trial = matches!(admission, Admission::Trial(begun) if self.trial == Some(begun));
        match (self.opened, success) {
            (None, true) => Self::default(),
            (Some(_), true) if its_trial => Self::default(),
            (Some(_), false) if its_trial => Self { opened: Some(now), trial: None, ..self },
            (Some(_), _) => self,
            (None, false) => {
                let failures = self.failures.saturating_add(1);
                Self { failures, opened: (failures >= OPENS_AFTER).then_some(now), trial: None }
            }
        }
    }

    /// What it is at `now`.
    pub(crate) fn phase(self, now: Millis) -> Phase {
        match self.opened {
            None => Phase::Closed,
            Some(opened) if since(opened, now) < OPEN => Phase::Open(OPEN - since(opened, now)),
            Some(_) => Phase::HalfOpen,
        }
    }
}

/// How long ago `then` was. Replicas' clocks differ a little, so a moment just ahead is now; one far ahead was written by
/// a clock that has since been set back, and must not hold for ever.
pub(crate) fn since(then: Millis, now: Millis) -> Millis {
    if then > now.saturating_add(OPEN) { Millis::MAX } else { now.saturating_sub(then) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = 1_000_000;

    fn opened() -> Breaker {
        (0..OPENS_AFTER).fold(Breaker::default(), |breaker, n| breaker.record(NOW + n, Admission::Call, false))
    }

    #[test]
    fn it_opens_at_the_third_consecutive_failure_and_not_before() {
        let two = (0..2).fold(Breaker::default(), |breaker, _| breaker.record(NOW, Admission::Call, false));
        assert_eq!((two.phase(NOW), two.admit(NOW).1), (Phase::Closed, Admission::Call));
        assert_eq!(two.record(NOW, Admission::Call, true), Breaker::default(), "a success resets the count");
        assert_eq!(opened().phase(NOW + 2), Phase::Open(OPEN));
    }

    #[test]
    fn while_open_no_call_is_admitted() {
        for after in [0, 1, OPEN / 2, OPEN - 1] {
            let (next, admission) = opened().admit(NOW + 2 + after);
            assert_eq!((next, admission), (opened(), Admission::Refused(OPEN - after)));
        }
    }

    #[test]
    fn after_a_minute_one_trial_is_admitted_and_no_second_beside_it() {
        let due = NOW + 2 + OPEN;
        let (trying, admission) = opened().admit(due);
        assert_eq!((admission, trying.phase(due)), (Admission::Trial(due), Phase::HalfOpen));
        for after in [0, 1, TRIAL - 1] {
            assert_eq!(trying.admit(due + after), (trying, Admission::Refused(TRIAL - after)));
        }
        let lost = due + TRIAL;
        assert_eq!(
            trying.admit(lost).1,
            Admission::Trial(lost),
            "a trial whose caller died is not waited for for ever"
        );
    }

    #[test]
    fn the_trial_decides() {
        let due = NOW + 2 + OPEN;
        let (trying, trial) = opened().admit(due);
        assert_eq!(trying.record(due + 9, trial, true), Breaker::default());
        let again = trying.record(due + 9, trial, false);
        assert_eq!(again.admit(due + 10).1, Admission::Refused(OPEN - 1), "a minute from the trial's end");
        assert_eq!(again.admit(due + 9 + OPEN).1, Admission::Trial(due + 9 + OPEN));
    }

    #[test]
    fn stragglers_neither_close_nor_prolong_what_is_open() {
        let due = NOW + 2 + OPEN;
        let (trying, _) = opened().admit(due);
        for state in [opened(), trying] {
            for straggler in [Admission::Call, Admission::Trial(due - 1), Admission::Trial(due + 1)] {
                for success in [true, false] {
                    assert_eq!(state.record(due + 5, straggler, success), state, "{straggler:?} {success}");
                }
            }
        }
    }

    #[test]
    fn a_clock_that_was_set_back_does_not_hold_it_open_for_ever() {
        let ahead = Breaker { failures: 3, opened: Some(NOW + OPEN + 1), trial: None };
        assert_eq!(ahead.admit(NOW).1, Admission::Trial(NOW));
        let hardly = Breaker { opened: Some(NOW + 5), ..ahead };
        assert_eq!(hardly.admit(NOW).1, Admission::Refused(OPEN), "clocks of replicas differ a little");
    }

    /// Every sequence of eight events, whatever their order: what must hold of each state that can be reached.
    #[test]
    fn in_every_reachable_state_the_rules_hold() {
        fn walk(breaker: Breaker, now: Millis, held: &[Admission], steps: u8, seen: &mut u32) {
            *seen += 1;
            assert_eq!(breaker.opened.is_some(), breaker.failures >= OPENS_AFTER, "{breaker:?}");
            assert!(breaker.trial.is_none() || breaker.opened.is_some(), "{breaker:?}");
            let live = |held: &&Admission| matches!(held, Admission::Trial(at) if since(*at, now) < TRIAL);
            assert!(held.iter().filter(live).count() <= 1, "two trials at once: {held:?}");
            if steps == 0 {
                return;
            }
            let (next, admission) = breaker.admit(now);
            match admission {
                Admission::Refused(wait) => {
                    assert_eq!(next, breaker);
                    assert!((1..=OPEN).contains(&wait), "{wait}");
                }
                admitted => walk(next, now, &[held, &[admitted]].concat(), steps - 1, seen),
            }
            for (place, admission) in held.iter().enumerate() {
                let rest = [&held[..place], &held[place + 1..]].concat();
                for success in [true, false] {
                    walk(breaker.record(now, *admission, success), now, &rest, steps - 1, seen);
                }
            }
            for pass in [1, TRIAL, OPEN] {
                walk(breaker, now + pass, held, steps - 1, seen);
            }
        }
        let mut seen = 0;
        walk(Breaker::default(), NOW, &[], 8, &mut seen);
        walk(opened(), NOW + 2, &[], 8, &mut seen);
        assert!(seen > 10_000, "{seen}");
    }
}
