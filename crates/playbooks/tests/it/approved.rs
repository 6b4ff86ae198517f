//! Just what was approved is done.

use crate::engine::{Thing, repair};
use crate::stand::{Stand, check};
use playbooks::{Playbook, heal_within, intend};
use wire::Digest;
use wire::runtime::{ActOutcome, ActReport, Intent, Remedy, lost};

/// What it would do, as a person approves it.
async fn intent(stand: &Stand, thing: &Thing) -> Intent {
    let intended = intend(thing, &stand.diary(), "x").await;
    Intent {
        digest: Digest::of(""),
        target: "tiny".parse().expect("a name"),
        code: "THING_BROKEN".parse().expect("a code"),
        resource: stand.site.resource.clone(),
        mode: "thing".into(),
        lost: lost(&intended.seen),
        remedies: intended.remedies,
        diagnosis: intended.diagnosis,
        at: stand.site.clock.now(),
    }
    .sealed()
}

async fn heal(stand: &Stand, thing: &Thing, approved: &Intent) -> ActReport {
    heal_within(thing, &stand.site, &mut stand.diary(), "x", Some(approved)).await.expect("a diary")
}

fn thing(well_at: &'static str, remedies: Vec<Remedy>) -> Thing {
    Thing { well_at: vec![well_at], remedies, ..Thing::default() }
}

#[tokio::test]
async fn what_was_approved_is_done_in_its_order_and_telling_it_changes_nothing() {
    let (stand, thing) = (Stand::new(), thing("b", vec![repair("a"), repair("b")]));
    let approved = intent(&stand, &thing).await;
    assert_eq!(approved.remedies, thing.remedies);
    assert!(thing.went().is_empty() && !stand.path("diary.json").exists());
    check(&heal(&stand, &thing, &approved).await, ActOutcome::Healed);
    assert_eq!(thing.went(), ["a", "home", "b"]);
}

#[tokio::test]
async fn when_other_remedies_would_be_tried_or_another_fault_is_seen_nothing_is_done() {
    let (stand, mut thing) = (Stand::new(), thing("b", vec![repair("a"), repair("b")]));
    let approved = intent(&stand, &thing).await;
    for remedies in [vec![repair("b"), repair("a")], vec![repair("a")], vec![repair("a"), repair("b"), repair("c")]] {
        thing.remedies = remedies;
        check(&heal(&stand, &thing, &approved).await, ActOutcome::NotApproved);
    }
    thing.remedies = approved.remedies.clone();
    let other_fault = Intent { lost: vec!["it is reached".into()], ..approved.clone() }.sealed();
    check(&heal(&stand, &thing, &other_fault).await, ActOutcome::NotApproved);
    assert!(thing.went().is_empty());
    check(&heal(&stand, &thing, &approved).await, ActOutcome::Healed);
}

#[tokio::test]
async fn what_comes_to_light_in_the_middle_and_was_not_approved_is_not_done_and_can_be_asked_about() {
    let (stand, mut thing) = (Stand::new(), thing("b", vec![repair("a")]));
    let approved = intent(&stand, &thing).await;
    // The second remedy is named only once the first was tried.
    thing.later = vec![repair("b")];
    check(&heal(&stand, &thing, &approved).await, ActOutcome::NotApproved);
    assert_eq!(thing.went(), ["a", "home"]);
    let rest = intent(&stand, &thing).await;
    assert_eq!(rest.remedies, [repair("b")], "what was tried is not asked about again");
    check(&heal(&stand, &thing, &rest).await, ActOutcome::Healed);
    assert_eq!(thing.went(), ["a", "home", "b"]);
}

#[tokio::test]
async fn what_was_approved_and_cut_short_goes_on_after_a_crash_and_is_not_done_twice() {
    let (stand, thing) = (Stand::new(), thing("b", vec![repair("a"), repair("b")]));
    let approved = intent(&stand, &thing).await;
    let mut diary = stand.diary();
    {
        let healing = heal_within(&thing, &stand.site, &mut diary, "x", Some(&approved));
        tokio::pin!(healing);
        let there = async || thing.went().iter().any(|at| at == "a").then_some(());
        let first = testkit::eventually("the first remedy", std::time::Duration::from_secs(10), there);
        tokio::select! { _ = &mut healing => panic!("it ended"), () = first => {} }
    }
    check(&heal(&stand, &thing, &approved).await, ActOutcome::Healed);
    assert_eq!(thing.went(), ["a", "a", "home", "b"], "what was under way is repeated, as without an approval");
    check(&heal(&stand, &thing, &approved).await, ActOutcome::Healed);
    assert_eq!(thing.went().len(), 4);
}

#[tokio::test]
async fn what_is_well_needs_nothing_and_what_nobody_can_tell_is_not_intended() {
    let (stand, thing) = (Stand::new(), thing("", vec![repair("a")]));
    assert!(intent(&stand, &thing).await.remedies.is_empty());
    let seen = thing.look().await;
    assert!(thing.invariants(&seen).iter().all(|invariant| invariant.holds == Some(true)));
}
