//! What the reconciler owes a target next, from facts alone. Pure.

use chrono::{DateTime, TimeDelta, Utc};
use wire::FaultCode;
use wire::paths::trailer;
use wire::rollout::{Mode, RolloutOutcome};

/// How often the roll-out of one head is tried before a person has to look.
pub(crate) const MAX_ATTEMPTS: u32 = 5;
/// The longest pause between two tries.
const MAX_PAUSE: TimeDelta = TimeDelta::seconds(60);

/// Who made a commit, and so who rolls it out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Author {
    /// A recovery: it is the healer's, for a while.
    Recovery(Mode),
    /// A reset, a developer.
    Other,
}

/// Reads a commit's trailers.
pub(crate) fn author(trailers: &[(String, String)]) -> Author {
    let find = |name: &str| trailers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value);
    if find(trailer::INCIDENT).is_none() || find(trailer::RESET).is_some() {
        return Author::Other;
    }
    // A revert brings the fault back on purpose: replaying its contract would refuse it.
    let code = find(trailer::FAULT).and_then(|code| code.parse::<FaultCode>().ok());
    match code {
        Some(code) if find(trailer::REVERT).is_none() => Author::Recovery(Mode::Heal { code }),
        _ => Author::Recovery(Mode::Plain),
    }
}

/// Whether a developer made a commit: neither a recovery nor a reset.
pub(crate) fn is_developers(trailers: &[(String, String)]) -> bool {
    let ours = [trailer::INCIDENT, trailer::RESET, trailer::REVERT];
    !trailers.iter().any(|(key, _)| ours.iter().any(|our| key.eq_ignore_ascii_case(our)))
}

/// An earlier roll-out of the head that has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Earlier {
    pub(crate) outcome: RolloutOutcome,
    pub(crate) attempt: u32,
    pub(crate) ended_at: DateTime<Utc>,
    /// Whether an operation had asked for it.
    pub(crate) asked: bool,
}

/// Everything that the next duty depends on.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    pub(crate) now: DateTime<Utc>,
    /// A roll-out was cut short after its switch was intended.
    pub(crate) unfinished: bool,
    /// Instances that nobody waits for.
    pub(crate) strays: bool,
    pub(crate) live: Live,
    /// The head is what runs.
    pub(crate) head_runs: bool,
    pub(crate) author: Author,
    /// When this head was first seen, and how long it is left to the healer.
    pub(crate) seen_at: DateTime<Utc>,
    pub(crate) grace: TimeDelta,
    pub(crate) earlier: Option<Earlier>,
    /// The first pause after a failure.
    pub(crate) pause: TimeDelta,
    /// The earliest time to start a dead or hung live instance again.
    pub(crate) revive_at: DateTime<Utc>,
}

/// The live instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Live {
    /// Nothing was rolled out yet.
    None,
    /// It runs, and the route file sends traffic to it.
    Well,
    /// It runs, but the route file says something else.
    Unrouted,
    /// Its process is gone.
    Dead,
    /// Its process is there and answers nothing any more.
    Hung,
}

/// A duty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Duty {
    /// Carry the roll-out that was cut short to its end.
    Resume,
    /// Mark instances of an earlier life to be ended.
    EndStrays,
    /// Start what was live again.
    Revive,
    /// Write its route again.
    Reroute,
    /// Roll the head out.
    RollOut(Mode),
    /// A person has to look: it was tried often enough.
    GiveUp,
    /// Nothing now.
    Rest,
}

/// The next duty.
pub(crate) fn next(facts: &Facts) -> Duty {
    match facts.live {
        _ if facts.unfinished => Duty::Resume,
        _ if facts.strays => Duty::EndStrays,
        Live::Dead | Live::Hung if facts.now >= facts.revive_at => Duty::Revive,
        Live::Unrouted => Duty::Reroute,
        _ if facts.head_runs => Duty::Rest,
        Live::None | Live::Well | Live::Dead | Live::Hung => of_head(facts),
    }
}

fn of_head(facts: &Facts) -> Duty {
    let failures = facts.earlier.filter(|earlier| earlier.outcome != RolloutOutcome::Live);
    let mode = match &facts.author {
        Author::Other => Mode::Plain,
        // It was judged: the healer reverts it, and rolls that out.
        Author::Recovery(_) if failures.is_some_and(|e| e.asked && e.outcome != RolloutOutcome::Unknown) => {
            return Duty::GiveUp;
        }
        Author::Recovery(_) if facts.now < facts.seen_at + facts.grace => return Duty::Rest,
        Author::Recovery(mode) => mode.clone(),
    };
    match failures {
        None => Duty::RollOut(mode),
        // What came to no verdict says nothing about the head: that is tried for ever, with the longest pause.
        Some(earlier) if earlier.attempt >= MAX_ATTEMPTS && earlier.outcome != RolloutOutcome::Unknown => Duty::GiveUp,
        Some(earlier) if facts.now < earlier.ended_at + pause(facts.pause, earlier.attempt) => Duty::Rest,
        Some(_) => Duty::RollOut(mode),
    }
}

/// The pause after the n-th failure: doubles, up to a bound.
pub(crate) fn pause(first: TimeDelta, failures: u32) -> TimeDelta {
    let factor = 1_i32.checked_shl(failures.saturating_sub(1).min(16)).unwrap_or(i32::MAX);
    first.checked_mul(factor).unwrap_or(MAX_PAUSE).min(MAX_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).expect("a time")
    }

    fn facts() -> Facts {
        Facts {
            now: at(1_000),
            unfinished: false,
            strays: false,
            live: Live::Well,
            head_runs: false,
            author: Author::Other,
            seen_at: at(1_000),
            grace: TimeDelta::seconds(60),
            earlier: None,
            pause: TimeDelta::seconds(1),
            revive_at: at(0),
        }
    }

    fn heal() -> Mode {
        Mode::Heal { code: "F".parse().expect("a code") }
    }

    fn earlier(outcome: RolloutOutcome, attempt: u32, asked: bool) -> Option<Earlier> {
        Some(Earlier { outcome, attempt, ended_at: at(1_000), asked })
    }

    #[track_caller]
    fn check(facts: Facts, duty: Duty) {
        assert_eq!(next(&facts), duty, "{facts:?}");
    }

    #[test]
    fn a_developers_head_is_rolled_out_plain_at_once_also_the_first() {
        check(facts(), Duty::RollOut(Mode::Plain));
        check(Facts { live: Live::None, ..facts() }, Duty::RollOut(Mode::Plain));
        check(Facts { head_runs: true, ..facts() }, Duty::Rest);
    }

    #[test]
    fn a_recoverys_head_is_left_to_the_healer_for_the_grace() {
        let head = Facts { author: Author::Recovery(heal()), ..facts() };
        check(head.clone(), Duty::Rest);
        check(Facts { now: at(1_060), ..head.clone() }, Duty::RollOut(heal()));
        check(Facts { now: at(9_999), earlier: earlier(RolloutOutcome::Refused, 1, true), ..head }, Duty::GiveUp);
    }

    #[test]
    fn a_failed_head_is_tried_again_with_growing_pauses_and_not_for_ever() {
        for (attempt, wait) in [(1, 1), (2, 2), (3, 4), (4, 8)] {
            let failed = Facts { earlier: earlier(RolloutOutcome::Refused, attempt, false), ..facts() };
            check(Facts { now: at(1_000 + wait - 1), ..failed.clone() }, Duty::Rest);
            check(Facts { now: at(1_000 + wait), ..failed }, Duty::RollOut(Mode::Plain));
        }
        check(Facts { earlier: earlier(RolloutOutcome::Refused, 5, false), now: at(9_999), ..facts() }, Duty::GiveUp);
        assert_eq!(pause(TimeDelta::seconds(1), 40), TimeDelta::seconds(60));
        let unknown = Facts { earlier: earlier(RolloutOutcome::Unknown, 9, false), now: at(1_060), ..facts() };
        check(unknown, Duty::RollOut(Mode::Plain));
    }

    #[test]
    fn a_head_that_was_live_once_and_is_head_again_is_rolled_out() {
        check(Facts { earlier: earlier(RolloutOutcome::Live, 1, true), ..facts() }, Duty::RollOut(Mode::Plain));
    }

    #[test]
    fn what_was_cut_short_comes_first_then_strays_then_the_live_instance() {
        let all = Facts { unfinished: true, strays: true, live: Live::Dead, ..facts() };
        check(all.clone(), Duty::Resume);
        check(Facts { unfinished: false, ..all.clone() }, Duty::EndStrays);
        check(Facts { unfinished: false, strays: false, ..all.clone() }, Duty::Revive);
        check(Facts { live: Live::Unrouted, head_runs: true, ..facts() }, Duty::Reroute);
    }

    #[test]
    fn a_dead_or_hung_instance_that_is_not_to_be_started_yet_does_not_keep_a_new_head_waiting() {
        for live in [Live::Dead, Live::Hung] {
            let ill = Facts { live, revive_at: at(2_000), ..facts() };
            check(ill.clone(), Duty::RollOut(Mode::Plain));
            check(Facts { head_runs: true, ..ill.clone() }, Duty::Rest);
            check(Facts { now: at(2_000), ..ill }, Duty::Revive);
        }
    }

    #[test]
    fn trailers_tell_the_author() {
        let trailers = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
        };
        let incident = (trailer::INCIDENT, "0192");
        assert_eq!(author(&[]), Author::Other);
        assert_eq!(author(&trailers(&[(trailer::RESET, "3")])), Author::Other);
        assert_eq!(author(&trailers(&[incident, (trailer::FAULT, "F")])), Author::Recovery(heal()));
        let revert = trailers(&[incident, (trailer::FAULT, "F"), (trailer::REVERT, "abc")]);
        assert_eq!(author(&revert), Author::Recovery(Mode::Plain));
    }
}
