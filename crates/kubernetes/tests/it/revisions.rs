//! Which revision is worth going back to, and whether the newest one is the cause.

use crate::findings;
use kubernetes::Revision;
use serde_json::{Value, json};
use testkit::failure::cluster::objects::{
    ailing, pod, progressing, replica_set, template, terminated, waiting, well, with,
};

fn last_good(of: Value) -> Option<Revision> {
    findings(of).setup.expect("a deployment").last_good
}

fn crashing(since: &str, restarts: u32) -> Value {
    json!([ailing("orders-a", waiting("CrashLoopBackOff", ""), terminated("Error", 1, since), restarts)])
}

/// The second revision is ten days old, and was rolled out as a whole.
fn long_known() -> Value {
    let sets = json!([
        replica_set(1, "orders:1", "2026-11-10T08:00:00Z", 0),
        replica_set(2, "orders:2", "2026-11-12T08:00:00Z", 1),
    ]);
    with(well(), "/replica_sets", sets)
}

#[test]
fn a_crash_that_began_with_the_newest_revision_is_its_doing() {
    let good = last_good(with(well(), "/pods", crashing("2026-11-22T11:51:00Z", 1))).expect("a revision");
    assert_eq!((good.number, good.images.as_slice(), good.serves), (1, ["orders:1".to_owned()].as_slice(), false));
    assert!(good.is_newer_the_cause);
}

#[test]
fn a_crash_of_an_older_revision_is_not_its_doing_whenever_it_began() {
    // The newest one was rolled out to mend what the old one has had for days, and some of the old pods are there still.
    let old = |since: &str| {
        let crashing = ailing("old", waiting("CrashLoopBackOff", ""), terminated("Error", 1, since), 1);
        let mut owned = with(crashing, "/metadata/creationTimestamp", json!("2026-11-20T08:00:00Z"));
        owned["metadata"]["ownerReferences"][0]["uid"] = json!("rs-1");
        owned
    };
    for since in ["2026-11-22T11:45:00Z", "2026-11-22T11:55:00Z"] {
        let of = with(well(), "/pods", json!([pod("orders-a"), old(since)]));
        assert!(!last_good(of).expect("a revision").is_newer_the_cause, "{since}");
    }
    // What is reckoned to have begun before there was such a pod began with it.
    let of = with(well(), "/pods", crashing("2026-11-22T11:52:00Z", 7));
    assert!(last_good(of).expect("a revision").is_newer_the_cause);
}

#[test]
fn a_crash_of_what_ran_for_days_is_not() {
    let good = last_good(with(long_known(), "/pods", crashing("2026-11-22T11:59:00Z", 3))).expect("a revision");
    assert!(!good.is_newer_the_cause, "{good:?}");
}

#[test]
fn a_revision_that_never_served_as_a_whole_is_the_cause_however_old_it_is() {
    let mut of = with(long_known(), "/deployment/status/conditions", json!([progressing("ProgressDeadlineExceeded")]));
    of["replica_sets"][1]["status"] = json!({ "replicas": 1, "readyReplicas": 0 });
    assert!(last_good(with(of, "/pods", crashing("2026-11-22T11:59:00Z", 3))).expect("a revision").is_newer_the_cause);
}

#[test]
fn what_a_restart_made_is_no_revision_of_its_own() {
    let mut of = well();
    let stamp = json!({ "kubectl.kubernetes.io/restartedAt": "2026-11-22T11:55:00Z", "kintsugi/restarted-for": "inc" });
    of["deployment"]["spec"]["template"]["metadata"]["annotations"] = stamp.clone();
    of["deployment"]["metadata"]["annotations"]["deployment.kubernetes.io/revision"] = json!("3");
    let mut restarted = replica_set(3, "orders:2", "2026-11-22T11:55:00Z", 0);
    restarted["spec"]["template"]["metadata"]["annotations"] = stamp;
    of["replica_sets"].as_array_mut().expect("a list").push(restarted);
    let good = last_good(with(of, "/pods", crashing("2026-11-22T11:56:00Z", 1))).expect("a revision");
    assert_eq!(good.number, 1, "revision 2 is the same as 3");
    assert!(good.is_newer_the_cause, "it began with the second revision, of 11:50");
}

#[test]
fn a_revision_whose_pods_serve_still_is_better_than_a_newer_one() {
    let mut of = well();
    of["deployment"]["spec"]["template"] = template("orders:4");
    let sets = json!([
        replica_set(2, "orders:2", "2026-11-20T08:00:00Z", 1),
        replica_set(3, "orders:3", "2026-11-21T08:00:00Z", 0),
        replica_set(4, "orders:4", "2026-11-22T11:50:00Z", 0),
    ]);
    let good = last_good(with(of, "/replica_sets", sets)).expect("a revision");
    assert_eq!((good.number, good.serves), (2, true));
}

#[test]
fn without_another_revision_there_is_nothing_to_go_back_to() {
    let sets = json!([replica_set(2, "orders:2", "2026-11-22T11:50:00Z", 2)]);
    assert_eq!(last_good(with(well(), "/replica_sets", sets)), None);
}

#[test]
fn a_revision_that_came_back_is_still_known_by_its_first_number() {
    let mut of = with(well(), "/pods", crashing("2026-11-22T11:51:00Z", 1));
    of["replica_sets"][0]["metadata"]["annotations"]["deployment.kubernetes.io/revision"] = json!("3");
    of["replica_sets"][0]["metadata"]["annotations"]["deployment.kubernetes.io/revision-history"] = json!("1");
    of["replica_sets"][1]["metadata"]["annotations"]["deployment.kubernetes.io/revision"] = json!("4");
    of["replica_sets"][1]["metadata"]["annotations"]["deployment.kubernetes.io/revision-history"] = json!("2");
    of["deployment"]["metadata"]["annotations"]["deployment.kubernetes.io/revision"] = json!("4");
    let setup = findings(of).setup.expect("a deployment");
    assert_eq!((setup.revision, setup.last_good.map(|good| good.number)), (Some(2), Some(1)));
}
