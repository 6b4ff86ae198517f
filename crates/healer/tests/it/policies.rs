//! The policy: what it is made of, and when a failed step is begun again.

use crate::sample::{at, policy, target};
use crate::world::World;
use chrono::TimeDelta;
use healer::policy::{Limits, Policy};
use std::time::Duration;
use wire::event::Step;
use wire::target::{Autonomy, Catalogue, Earn, ReplayPermission};

#[test]
fn the_policy_comes_from_the_target_file() {
    let incident = World::new().store.incident;
    let mut target = target();
    let catalogue = |target: wire::target::Target| Catalogue::from([(target.name.clone(), target)]);
    let of = |catalogue: &Catalogue| Policy::of(catalogue, policy().limits, &incident);
    assert_eq!(of(&catalogue(target.clone())), policy());
    target.autonomy = Autonomy::Approve;
    target.contracts[0].replay = ReplayPermission::Scratch;
    target.earn = Some(Earn { lower_bound: 0.8 });
    let got = of(&catalogue(target.clone()));
    assert_eq!((got.autonomy, got.replay), (Autonomy::Approve, ReplayPermission::Scratch));
    assert_eq!(got.earn, Some(Earn { lower_bound: 0.8 }));
    target.faults[0].autonomy = Some(Autonomy::Suggest);
    assert_eq!(of(&catalogue(target.clone())).autonomy, Autonomy::Suggest, "the fault's own goes before the target's");
    target.contracts.clear();
    assert_eq!(of(&catalogue(target)).replay, ReplayPermission::Never);
    let got = of(&Catalogue::new());
    assert_eq!((got.autonomy, got.replay), (Autonomy::Observe, ReplayPermission::Never));
}

#[test]
fn every_part_of_the_policy_is_in_its_digest() {
    let base = policy();
    let limits = base.limits;
    let with = |limits: Limits| Policy { limits, ..base };
    let others = [
        Policy { autonomy: Autonomy::Suggest, ..base },
        Policy { replay: ReplayPermission::Never, ..base },
        Policy { relief: true, ..base },
        with(Limits { attempts: 9, ..limits }),
        with(Limits { patience: Duration::from_secs(9), ..limits }),
        with(Limits { base_moves: 9, ..limits }),
        with(Limits { retry_min: Duration::from_millis(9), ..limits }),
        with(Limits { retry_max: Duration::from_secs(99), ..limits }),
        with(Limits { approval: Duration::from_secs(9), ..limits }),
        with(Limits { min_confidence: 0.9, ..limits }),
        with(Limits { remedies_per_hour: 9, ..limits }),
        Policy { earn: Some(Earn { lower_bound: 0.8 }), ..base },
    ];
    assert_eq!(base.digest(), policy().digest());
    for other in others {
        assert_ne!(other.digest(), base.digest(), "{other:?}");
    }
}

#[test]
fn the_wait_doubles_stays_between_half_and_whole_and_has_a_bound() {
    let mut incident = World::new().store.incident;
    assert_eq!(policy().again_at(&incident, Step::Propose), None);
    incident.failed_at = Some(at(100));
    assert_eq!(policy().again_at(&incident, Step::Propose), None);
    for (failures, whole_s) in [(1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (100, 60)] {
        incident.failures_in_a_row = failures;
        incident.attempts.insert(Step::Propose, failures);
        let again = policy().again_at(&incident, Step::Propose).unwrap();
        let wait = again - at(100);
        let whole = TimeDelta::seconds(whole_s);
        assert!(wait >= whole / 2 && wait <= whole, "after {failures} failures: {wait}");
        assert_eq!(
            policy().again_at(&incident, Step::Propose),
            Some(again),
            "it does not change when it is asked again"
        );
    }
}

#[test]
fn what_may_pass_is_waited_out_and_the_rest_is_tried_so_often() {
    let mut incident = World::new().store.incident;
    let mut after = |failures: u32, lasted_s: i64, may_pass: bool| {
        (incident.failures_in_a_row, incident.may_pass) = (failures, may_pass);
        (incident.failing_since, incident.failed_at) = (Some(at(0)), Some(at(lasted_s)));
        policy().is_at_its_end(&incident)
    };
    assert!(!after(1, 0, false) && after(2, 1, false), "two attempts");
    assert!(!after(2, 1, true) && !after(9, 9, true), "within the patience of ten seconds");
    assert!(after(5, 10, true), "and its last attempt comes after all of it");
    assert!(!after(1, 99, true), "what takes long by itself is tried as often as anything else");
    assert!(after(32, 1, true), "waits of no length are no endless loop");
}

#[test]
fn different_incidents_do_not_come_back_at_one_moment() {
    let mut incident = World::new().store.incident;
    (incident.failed_at, incident.failures_in_a_row) = (Some(at(0)), 1);
    let times: std::collections::BTreeSet<_> = (0..50)
        .map(|_| {
            incident.id = wire::IncidentId::fresh();
            policy().again_at(&incident, Step::Push).unwrap()
        })
        .collect();
    assert!(times.len() > 40, "{}", times.len());
}
