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

/// How long what has ended still counts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Windows {
    /// A cure is watched for so long: a recurrence reopens its incident.
    pub(super) watch: TimeDelta,
    /// A fault that turned out to be nothing is left alone for so long: it is counted and opens no incident.
    pub(super) cooldown: TimeDelta,
}

/// Decides by the newest incident of the same fault. What happened before that incident was resolved, or before the last
/// reset, is a late line and no recurrence. That holds for as long as the watch window only: a target whose clock is wrong
/// must not be deaf for ever. A cooldown begins when an incident is dismissed and is not drawn out by what it holds back.
pub(super) fn decide_detection(
    at: DateTime<Utc>,
    newest: Option<&Incident>,
    healing: &Healing,
    dismissed_at: Option<DateTime<Utc>>,
    windows: Windows,
    now: DateTime<Utc>,
) -> Decision {
    let Some(incident) = newest else { return Decision::Create };
    let recent = |then: Option<DateTime<Utc>>| then.filter(|then| now - *then <= windows.watch);
    let join = if incident.occurrences < MAX_TOLD { Decision::Join } else { Decision::JoinQuietly };
    match incident.status {
        status if status.is_open() => join,
        Status::Resolved if incident.epoch == healing.epoch => match recent(incident.resolved_at) {
            Some(resolved_at) if at > resolved_at => Decision::Reopen,
            Some(_) => join,
            None => Decision::Create,
        },
        Status::Dismissed if incident.epoch == healing.epoch => match dismissed_at {
            Some(dismissed_at) if now - dismissed_at < windows.cooldown => join,
            _ => Decision::Create,
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

    const WINDOWS: Windows = Windows { watch: TimeDelta::seconds(600), cooldown: TimeDelta::seconds(300) };

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_000_000 + second, 0).unwrap()
    }

    #[track_caller]
    fn check(newest: Option<Incident>, happened: i64, reset: Option<i64>, now: i64, wanted: Decision) {
        let dismissed_at = newest.as_ref().filter(|it| it.status == Status::Dismissed).map(|_| at(100));
        let healing = Healing { epoch: Epoch(1), paused: false, reset_at: reset.map(at), reset_pending: Vec::new() };
        assert_eq!(decide_detection(at(happened), newest.as_ref(), &healing, dismissed_at, WINDOWS, at(now)), wanted);
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
            check(with(status), 401, None, 401, wanted);
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
    fn a_fault_that_turned_out_to_be_nothing_is_counted_until_its_cooldown_ends() {
        check(with(Status::Dismissed), 101, None, 101, Decision::Join);
        check(with(Status::Dismissed), 399, None, 399, Decision::Join);
        check(with(Status::Dismissed), 400, None, 400, Decision::Create);
        let many = with(Status::Dismissed).map(|incident| Incident { occurrences: MAX_TOLD, ..incident });
        check(many, 101, None, 101, Decision::JoinQuietly);
        let before = with(Status::Dismissed).map(|incident| Incident { epoch: Epoch(0), ..incident });
        check(before, 101, None, 101, Decision::Create);
    }

    #[test]
    fn without_a_row_of_its_cooldown_a_dismissed_incident_is_followed() {
        let healing = Healing { epoch: Epoch(1), paused: false, reset_at: None, reset_pending: Vec::new() };
        let newest = with(Status::Dismissed);
        assert_eq!(decide_detection(at(0), newest.as_ref(), &healing, None, WINDOWS, at(0)), Decision::Create);
    }

    #[test]
    fn a_storm_does_not_fill_the_journal() {
        let newest = with(Status::Planned).map(|incident| Incident { occurrences: MAX_TOLD, ..incident });
        check(newest, 0, None, 0, Decision::JoinQuietly);
    }
}
