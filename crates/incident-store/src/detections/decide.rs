//! What becomes of a detection that was not known. Pure.

use crate::healing::Healing;
use chrono::{DateTime, TimeDelta, Utc};
use wire::incident::{Incident, Status};

/// How many occurrences one journal tells of. A storm of one fault must neither fill a journal nor keep moving it under
/// the healer; what comes beyond joins without an event.
const MAX_TOLD: u32 = 500;

/// What becomes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    /// It opens an incident.
    Create,
    /// It belongs to the newest incident.
    Join,
    /// It belongs to the newest incident, and its journal does not tell of it.
    JoinQuietly,
    /// It shows that the newest incident is not healed.
    Reopen,
}

/// Decides by the newest incident of the same fault. What happened before that incident was resolved, or before the last
/// reset, is a late line and no recurrence. That holds for as long as the watch window only: a target whose clock is wrong
/// must not be deaf for ever.
pub(super) fn decide_detection(
    at: DateTime<Utc>,
    newest: Option<&Incident>,
    healing: &Healing,
    window: TimeDelta,
    now: DateTime<Utc>,
) -> Decision {
    let Some(incident) = newest else { return Decision::Create };
    let recent = |then: Option<DateTime<Utc>>| then.filter(|then| now - *then <= window);
    let join = if incident.occurrences < MAX_TOLD { Decision::Join } else { Decision::JoinQuietly };
    match incident.status {
        status if status.is_open() => join,
        Status::Resolved if incident.epoch == healing.epoch => match recent(incident.resolved_at) {
            Some(resolved_at) if at > resolved_at => Decision::Reopen,
            Some(_) => join,
            None => Decision::Create,
        },
        Status::Archived => match recent(healing.reset_at) {
            Some(reset_at) if at <= reset_at => Decision::JoinQuietly,
            _ => Decision::Create,
        },
        _ => Decision::Create,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::incident;
    use wire::Epoch;

    const WINDOW: TimeDelta = TimeDelta::seconds(600);

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_000_000 + second, 0).unwrap()
    }

    #[track_caller]
    fn check(newest: Option<Incident>, happened: i64, reset: Option<i64>, now: i64, wanted: Decision) {
        let healing = Healing { epoch: Epoch(1), paused: false, reset_at: reset.map(at), reset_pending: Vec::new() };
        assert_eq!(decide_detection(at(happened), newest.as_ref(), &healing, WINDOW, at(now)), wanted);
    }

    fn with(status: Status) -> Option<Incident> {
        let resolved_at = (status == Status::Resolved).then(|| at(100));
        Some(Incident { status, resolved_at, ..incident() })
    }

    #[test]
    fn the_first_occurrence_opens_an_incident() {
        check(None, 0, None, 0, Decision::Create);
    }

    #[test]
    fn every_open_status_is_joined_and_every_ended_one_but_a_recent_cure_is_followed() {
        for status in Status::ALL.into_iter().filter(|status| *status != Status::Resolved) {
            let wanted = if status.is_open() { Decision::Join } else { Decision::Create };
            check(with(status), 0, None, 0, wanted);
        }
    }

    #[test]
    fn a_fault_after_the_cure_reopens_within_the_watch_window_only() {
        check(with(Status::Resolved), 101, None, 101, Decision::Reopen);
        check(with(Status::Resolved), 700, None, 700, Decision::Reopen);
        check(with(Status::Resolved), 701, None, 701, Decision::Create);
    }

    #[test]
    fn a_late_line_is_not_a_recurrence() {
        check(with(Status::Resolved), 99, None, 101, Decision::Join);
        check(with(Status::Resolved), 100, None, 700, Decision::Join);
        check(with(Status::Resolved), 99, None, 701, Decision::Create);
    }

    #[test]
    fn what_happened_before_a_reset_belongs_to_the_epoch_before() {
        check(with(Status::Archived), 50, Some(50), 60, Decision::JoinQuietly);
        check(with(Status::Archived), 51, Some(50), 60, Decision::Create);
        check(with(Status::Archived), 50, Some(50), 651, Decision::Create);
    }

    #[test]
    fn a_cure_of_an_earlier_epoch_is_not_reopened() {
        let newest = with(Status::Resolved).map(|incident| Incident { epoch: Epoch(0), ..incident });
        check(newest, 101, None, 101, Decision::Create);
    }

    #[test]
    fn a_storm_does_not_fill_the_journal() {
        let newest = with(Status::Planned).map(|incident| Incident { occurrences: MAX_TOLD, ..incident });
        check(newest, 0, None, 0, Decision::JoinQuietly);
    }
}
