//! Every failure and every crash point of a recovery, as a pure model.

pub(crate) mod choice;
mod healer;
mod invariants;
mod run;

use ::healer::policy::Policy;
pub(crate) use invariants::check;

use choice::{Choices, every_run};
use healer::policies;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use wire::incident::Status;

/// Plays a run and checks it; a failure names the choices that led there.
fn play_and_check(policy: Policy, choices: &mut Choices) -> Status {
    let played = catch_unwind(AssertUnwindSafe(|| {
        let world = run::play(policy, choices);
        invariants::check(&world);
        world.store.incident.status
    }));
    played.unwrap_or_else(|_| {
        let mishaps: Vec<_> = choices.taken.iter().enumerate().filter(|(_, (chosen, ..))| *chosen > 0).collect();
        panic!("broken under {policy:?} with these choices (place, (chosen, of, for)): {mishaps:?}")
    })
}

/// Every run with so many mishaps ends well; answers how the runs ended.
fn all_end_well(policy: Policy, mishaps: usize) -> (usize, BTreeMap<&'static str, usize>) {
    let mut ends = BTreeMap::new();
    let runs = every_run(mishaps, &mut |choices| {
        *ends.entry(play_and_check(policy, choices).as_str()).or_default() += 1;
    });
    (runs, ends)
}

#[test]
fn without_a_mishap_each_policy_ends_as_it_should() {
    let wanted = ["resolved", "resolved", "advised", "advised", "mitigated"];
    for (policy, wanted) in policies().into_iter().zip(wanted) {
        assert_eq!(all_end_well(policy, 0), (1, BTreeMap::from([(wanted, 1)])), "{policy:?}");
    }
}

#[test]
fn every_single_mishap_at_every_moment_ends_well_under_every_policy() {
    for policy in policies() {
        let (runs, ends) = all_end_well(policy, 1);
        assert!(runs > 40, "{policy:?}: {runs} runs, {ends:?}");
    }
}

/// The policy under which most is done; what the others do besides is in the runs above and below.
#[test]
fn every_two_mishaps_at_every_two_moments_end_well() {
    let (runs, ends) = all_end_well(policies()[0], 2);
    println!("{runs} runs: {ends:?}");
    assert!(runs > 10_000, "{runs} runs, {ends:?}");
    for end in ["resolved", "escalated", "archived", "dismissed"] {
        assert!(ends.contains_key(end), "no run ended {end}: {ends:?}");
    }
}

proptest! {
    // The same runs each time; PROPTEST_CASES asks for more of them.
    #![proptest_config(ProptestConfig {
        cases: ProptestConfig::default().cases.max(2_000),
        rng_seed: proptest::test_runner::RngSeed::Fixed(0x6b69_6e74),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// Beyond the bound: any number of mishaps of any kind.
    #[test]
    fn a_run_full_of_mishaps_ends_well(
        script in proptest::collection::vec(prop_oneof![3 => Just(0usize), 2 => 0usize..30], 0..120),
        which in 0usize..5,
    ) {
        play_and_check(policies()[which], &mut Choices::scripted(script));
    }
}
