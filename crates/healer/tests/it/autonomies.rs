//! How much may be done without a person, number by number.

use crate::sample::{known, policy};
use healer::autonomy::{decide, lower_bound};
use healer::policy::{Limits, Policy};
use wire::CommitId;
use wire::plan::{Estimate, PlanOption, Remedy, Risk, Track};
use wire::target::{Autonomy, Earn};

const ALL: [Autonomy; 4] = [Autonomy::Observe, Autonomy::Suggest, Autonomy::Approve, Autonomy::Auto];

fn under(autonomy: Autonomy, lower: Option<f64>) -> Policy {
    Policy { autonomy, earn: lower.map(|lower_bound| Earn { lower_bound }), ..policy() }
}

fn with(risk: Risk, confidence: f64, track: Option<Track>) -> PlanOption {
    PlanOption { confidence, track, estimate: Some(Estimate { risk, builds: 1, tokens: 0 }), ..known("first") }
}

fn track(healed: u32, failed: u32, streak: u32) -> Option<Track> {
    Some(Track { healed, failed, streak })
}

#[track_caller]
fn check(policy: &Policy, option: &PlanOption, wanted: Autonomy) {
    let decision = decide(policy, Some(option));
    assert_eq!(decision.autonomy, wanted, "{}", decision.why);
    let healed = option.track.unwrap_or_default().healed;
    assert!(decision.why.contains(&format!("healed {healed} of")), "the numbers: {}", decision.why);
}

#[test]
fn wilsons_lower_bound_is_what_the_books_say() {
    for (successes, all, wanted) in [
        (0, 0, 0.0),
        (0, 10, 0.0),
        (1, 1, 0.2065),
        (8, 10, 0.4902),
        (16, 16, 0.8064),
        (15, 15, 0.7961),
        (95, 100, 0.8882),
    ] {
        let got = lower_bound(successes, all);
        assert!((got - wanted).abs() < 0.001, "{successes} of {all}: {got}, wanted {wanted}");
    }
    for all in 1..40 {
        for successes in 0..all {
            assert!(lower_bound(successes, all) < lower_bound(successes + 1, all), "one more success is worth more");
            assert!(lower_bound(successes, all) > lower_bound(successes, all + 1) || successes == 0, "a failure less");
        }
    }
}

#[test]
fn nothing_lifts_beyond_advice_where_only_advice_is_allowed() {
    for configured in [Autonomy::Observe, Autonomy::Suggest] {
        check(&under(configured, Some(0.1)), &with(Risk::Low, 1.0, track(1_000, 0, 1_000)), configured);
        check(&under(configured, None), &with(Risk::High, 0.0, None), configured);
    }
}

#[test]
fn high_risk_and_low_confidence_want_a_person_whatever_is_configured() {
    for (risk, confidence, wanted) in [
        (Risk::Low, 0.9, Autonomy::Auto),
        (Risk::Medium, 0.1, Autonomy::Auto),
        (Risk::Medium, 0.099, Autonomy::Approve),
        (Risk::Medium, f64::NAN, Autonomy::Approve),
        (Risk::High, 0.9, Autonomy::Approve),
    ] {
        check(&under(Autonomy::Auto, None), &with(risk, confidence, None), wanted);
        check(&under(Autonomy::Approve, None), &with(risk, confidence, None), Autonomy::Approve);
    }
    let strict = Policy { limits: Limits { min_confidence: 0.95, ..policy().limits }, ..policy() };
    check(&strict, &with(Risk::Low, 0.9, None), Autonomy::Approve);
}

#[test]
fn what_was_never_tried_and_has_no_document_is_as_configured() {
    let strict = Policy { limits: Limits { min_confidence: 0.95, ..policy().limits }, ..policy() };
    let commit: CommitId = "a".repeat(40).parse().unwrap();
    for remedy in [Remedy::Model {}, Remedy::Revert { commit }] {
        check(&strict, &PlanOption { remedy: remedy.clone(), ..with(Risk::Medium, 0.5, None) }, Autonomy::Auto);
        let failed = PlanOption { remedy, ..with(Risk::High, 0.3, track(0, 1, 0)) };
        check(&strict, &failed, Autonomy::Approve);
    }
}

#[test]
fn auto_is_earned_by_the_bound_and_lost_by_one_harm_until_it_is_earned_anew() {
    let policy = under(Autonomy::Approve, Some(0.8));
    for healed in 0..40 {
        let wanted = if healed >= 16 { Autonomy::Auto } else { Autonomy::Approve };
        check(&policy, &with(Risk::Low, 0.9, track(healed, 0, healed)), wanted);
    }
    // However long it went well: one harm, and a person is asked again.
    for healed in [16, 100, 100_000] {
        check(&policy, &with(Risk::High, 0.9, track(healed, 1, 0)), Autonomy::Approve);
        check(&policy, &with(Risk::High, 0.9, track(healed + 15, 1, 15)), Autonomy::Approve);
    }
    check(&policy, &with(Risk::High, 0.9, track(116, 1, 16)), Autonomy::Auto);
    check(&policy, &with(Risk::High, 0.9, track(16, 16, 16)), Autonomy::Approve);
}

#[test]
fn without_a_track_or_a_bound_nothing_is_earned() {
    check(&under(Autonomy::Approve, Some(0.1)), &with(Risk::Low, 1.0, None), Autonomy::Approve);
    check(&under(Autonomy::Approve, None), &with(Risk::Low, 1.0, track(1_000, 0, 1_000)), Autonomy::Approve);
}

#[test]
fn never_more_than_auto_and_never_more_for_a_worse_record() {
    for configured in ALL {
        for bound in [None, Some(0.5), Some(0.9)] {
            for (healed, failed) in (0..30).flat_map(|healed| (0..4).map(move |failed| (healed, failed))) {
                let risk = if failed > 0 { Risk::High } else { Risk::Low };
                let of = |failed: u32, streak: u32, risk| {
                    let option = with(risk, 0.5, track(healed, failed, streak));
                    decide(&under(configured, bound), Some(&option)).autonomy
                };
                let clean = of(0, healed, Risk::Low);
                assert!(of(failed, 0, risk) <= clean, "{configured:?} {bound:?} {healed} {failed}");
                assert!(failed == 0 || of(failed, 0, risk) <= Autonomy::Approve, "a harm is the last that happened");
                assert!(configured >= Autonomy::Approve || clean == configured);
            }
        }
    }
}

#[test]
fn an_option_that_the_plan_does_not_have_is_never_pushed_without_a_person() {
    for configured in ALL {
        let decision = decide(&under(configured, Some(0.1)), None);
        assert_eq!(decision.autonomy, configured.min(Autonomy::Approve));
    }
}
