//! Reliefs in the route table: which stand, which are over. Pure; the file is where they are kept, so that they survive this service.

use chrono::{DateTime, TimeDelta, Utc};
use wire::relief::{Ease, Relieve, Standing};
use wire::rollout::RouteTable;
use wire::target::{FaultRule, Target};
use wire::{Epoch, IncidentId, TargetName};

/// What a request puts in force; none where the target file has no relief for the fault.
pub(crate) fn standing(target: &Target, relieve: &Relieve, now: DateTime<Utc>) -> Option<Standing> {
    let FaultRule { relief, relief_s, .. } = target.fault(&relieve.code).filter(|fault| !fault.relief.is_empty())?;
    Some(Standing {
        incident: relieve.incident,
        target: target.name.clone(),
        epoch: relieve.authority.epoch,
        until: now + TimeDelta::seconds(i64::from(*relief_s)),
        eases: relief.iter().map(Ease::from).collect(),
    })
}

/// What stands of an incident.
pub(crate) fn of(table: &RouteTable, incident: IncidentId, now: DateTime<Utc>) -> Option<&Standing> {
    table.reliefs.iter().find(|standing| standing.incident == incident && now < standing.until)
}

/// The table with an incident's reliefs. None when they stand already: asked again, they last no longer.
pub(crate) fn with(table: &RouteTable, standing: &Standing, now: DateTime<Utc>, at_least: i64) -> Option<RouteTable> {
    if of(table, standing.incident, now).is_some() {
        return None;
    }
    let others = table.reliefs.iter().filter(|other| other.incident != standing.incident).cloned();
    Some(changed(table, others.chain([standing.clone()]).collect(), at_least))
}

/// The table without an incident's reliefs; none when there is nothing to take out.
pub(crate) fn without(table: &RouteTable, incident: IncidentId, at_least: i64) -> Option<RouteTable> {
    kept(table, at_least, |standing| standing.incident != incident)
}

/// Whether something of a target stands that is over by time, or may be by a reset.
pub(crate) fn has(table: &RouteTable, target: &TargetName) -> bool {
    table.reliefs.iter().any(|standing| standing.target == *target)
}

/// The table without what is over of a target: by time, or by a reset that began a newer epoch.
pub(crate) fn swept(
    table: &RouteTable,
    target: &TargetName,
    epoch: Epoch,
    now: DateTime<Utc>,
    at_least: i64,
) -> Option<RouteTable> {
    kept(table, at_least, |standing| standing.target != *target || (now < standing.until && standing.epoch >= epoch))
}

fn kept(table: &RouteTable, at_least: i64, keep: impl Fn(&Standing) -> bool) -> Option<RouteTable> {
    let reliefs: Vec<Standing> = table.reliefs.iter().filter(|standing| keep(standing)).cloned().collect();
    (reliefs.len() < table.reliefs.len()).then(|| changed(table, reliefs, at_least))
}

fn changed(table: &RouteTable, reliefs: Vec<Standing>, at_least: i64) -> RouteTable {
    RouteTable { generation: table.generation.max(at_least) + 1, routes: table.routes.clone(), reliefs }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).expect("a time")
    }

    fn one(target: &str, epoch: i64, until: i64) -> Standing {
        let ease = Ease::Breaker { paths: vec!["/".into()], retry_after_s: 1 };
        let target = target.parse().expect("a name");
        Standing { incident: IncidentId::fresh(), target, epoch: Epoch(epoch), until: at(until), eases: vec![ease] }
    }

    #[test]
    fn the_same_incident_again_neither_adds_nor_lengthens_and_after_its_end_it_begins_anew() {
        let first = one("tiny", 1, 100);
        let table = with(&RouteTable::default(), &first, at(0), 7).expect("a change");
        assert_eq!((table.generation, &table.reliefs), (8, &vec![first.clone()]));
        let longer = Standing { until: at(200), ..first.clone() };
        assert_eq!(with(&table, &longer, at(99), 0), None);
        assert_eq!(of(&table, first.incident, at(99)), Some(&first));
        assert_eq!(with(&table, &longer, at(100), 0).map(|table| table.reliefs), Some(vec![longer]));
    }

    #[test]
    fn one_incidents_reliefs_are_taken_out_and_others_stay() {
        let (one, other) = (one("tiny", 1, 100), one("tiny", 1, 100));
        let table = RouteTable { generation: 1, routes: vec![], reliefs: vec![one.clone(), other.clone()] };
        let left = without(&table, one.incident, 0).expect("a change");
        assert_eq!((left.generation, &left.reliefs), (2, &vec![other]));
        assert_eq!(without(&left, one.incident, 0), None);
    }

    #[test]
    fn what_is_over_by_time_or_by_a_reset_is_swept_of_its_own_target_alone() {
        let (old, late, stays, others) =
            (one("tiny", 1, 100), one("tiny", 2, 10), one("tiny", 2, 100), one("other", 1, 10));
        let table =
            RouteTable { generation: 1, routes: vec![], reliefs: vec![old, late, stays.clone(), others.clone()] };
        let tiny = "tiny".parse().expect("a name");
        assert!(has(&table, &tiny));
        let left = swept(&table, &tiny, Epoch(2), at(50), 0).expect("a change");
        assert_eq!(left.reliefs, [stays, others]);
        assert_eq!(swept(&left, &tiny, Epoch(2), at(50), 0), None);
    }
}
