//! The order of the options, and what is told of each, without any service.

use crate::plan::{document, hit, lesson, request};
use rag_gateway::document::Document;
use rag_gateway::plan::{Sure, plan};
use rag_gateway::retrieve::Hit;
use rag_gateway::track::TrackRecord;
use serde_json::json;
use wire::plan::{Distilled, Lesson, Plan, PlanRequest, Remedy, Retrieval, Risk, Suspect, Verdict};
use wire::{CommitId, Digest};

pub(crate) fn distilled(fix: &str) -> Distilled {
    let rule = json!({ "language": "rust", "rule": { "pattern": "p" }, "fix": fix });
    let digest = Digest::of_json(&rule);
    Distilled { rule, digest, provenance: "model scripted/one".into(), variants: 16, cured: 16, healthy: 100, fired: 0 }
}

/// A model's patch that was distilled.
pub(crate) fn taught(healed: bool, fix: &str) -> Lesson {
    Lesson { distilled: Some(distilled(fix)), ..lesson("FAULT", "the gizmo is frobnicated", Remedy::Model {}, healed) }
}

/// A lesson about the remedy that a cure offers.
fn about(cure: &Document, healed: bool) -> Lesson {
    lesson("FAULT", "", cure.remedy.clone().expect("a remedy"), healed)
}

fn commit(number: u8) -> CommitId {
    format!("{number:040x}").parse().expect("a commit")
}

fn suspect(number: u8) -> Suspect {
    Suspect { commit: commit(number), live_since: chrono::DateTime::UNIX_EPOCH }
}

fn decide(request: &PlanRequest, hits: &[Hit], track: &TrackRecord) -> Plan {
    let retrieval = Retrieval { query: String::new(), engine: "test".into(), confidence: 0.0, neighbours: Vec::new() };
    plan(request, &Sure { hits, min_confidence: 0.5 }, track, retrieval)
}

fn kinds(plan: &Plan) -> Vec<String> {
    let name = |remedy: &Remedy| match remedy {
        Remedy::Playbook { resource } => format!("playbook {resource}"),
        Remedy::Revert { commit } => format!("revert {}", commit.as_str().trim_start_matches('0')),
        Remedy::Codemod { document, .. } if document.starts_with("learned-") => "learned".to_owned(),
        Remedy::Codemod { document, .. } => document.clone(),
        Remedy::Model {} => "model".to_owned(),
        Remedy::Unknown => "unknown".to_owned(),
    };
    plan.options.iter().map(|option| name(&option.remedy)).collect()
}

#[test]
fn suspects_come_first_then_what_is_known_then_what_was_learned_and_a_model_last() {
    let cure = Document::of_cure(&taught(true, "x")).expect("a cure");
    // The surer of the two is the learned one.
    let hits = [hit(cure, 0.95), hit(document("known", "rust", "code_fault"), 0.6)];
    let mut request = request("FAULT", "m");
    request.suspects = vec![suspect(3), suspect(2), suspect(1)];
    request.models = true;
    let plan = decide(&request, &hits, &TrackRecord::default());
    assert_eq!(kinds(&plan), ["revert 3", "revert 2", "known", "learned", "model"]);
    assert!(plan.options.iter().all(|option| option.track.is_none() && (0.0..=1.0).contains(&option.confidence)));
    assert_eq!((plan.options[0].confidence, plan.options[1].confidence), (0.25, 0.25), "one of two, even odds");
    let model = plan.options.last().and_then(|option| option.estimate.clone()).expect("an estimate");
    assert!(model.tokens > 1_000 && model.risk == Risk::Medium, "{model:?}");
    assert!(plan.options[4].title.contains("the 4 options before it"), "it says why: {plan:?}");
    request.models = false;
    assert_eq!(kinds(&decide(&request, &hits, &TrackRecord::default())), ["revert 3", "revert 2", "known", "learned"]);
}

#[test]
fn a_resource_s_playbook_comes_first_also_where_nothing_is_known_and_not_a_second_time() {
    let mut request = request("DISK_FULL", "m");
    request.declared = Some(Verdict::Capacity);
    request.playbook = Some("data".to_owned().try_into().expect("a name"));
    request.suspects = vec![suspect(1)];
    let plan = decide(&request, &[], &TrackRecord::default());
    assert_eq!(kinds(&plan), ["playbook data", "revert 1"]);
    assert_eq!(plan.verdict, Verdict::Capacity);
    request.tried = plan.options.iter().take(1).filter_map(|option| option.remedy.digest()).collect();
    assert_eq!(kinds(&decide(&request, &[], &TrackRecord::default())), ["revert 1"]);
}

#[test]
fn a_resource_that_was_found_ill_is_healed_whatever_lines_like_these_meant_elsewhere() {
    let mut request = request("REFUSED", "m");
    request.declared = Some(Verdict::Configuration);
    let denial = [hit(document("denial", "rust", "expected_denial"), 0.9)];
    assert!(decide(&request, &denial, &TrackRecord::default()).options.is_empty());
    request.playbook = Some("token".to_owned().try_into().expect("a name"));
    assert_eq!(kinds(&decide(&request, &denial, &TrackRecord::default())), ["playbook token"]);
}

#[test]
fn a_suspect_that_came_to_nothing_for_this_incident_gives_way_to_the_one_before() {
    let mut request = request("FAULT", "m");
    request.declared = Some(Verdict::CodeFault);
    request.suspects = vec![suspect(3), suspect(2), suspect(1)];
    request.tried = Remedy::Revert { commit: commit(3) }.digest().into_iter().collect();
    assert_eq!(kinds(&decide(&request, &[], &TrackRecord::default())), ["revert 2", "revert 1"]);
}

#[test]
fn where_nothing_is_known_the_target_file_says_what_it_is() {
    let mut request = request("FAULT", "m");
    (request.models, request.suspects) = (true, vec![suspect(1)]);
    let plan = decide(&request, &[], &TrackRecord::default());
    assert_eq!((plan.verdict, plan.options.len()), (Verdict::Unknown, 0), "nobody can tell, so nothing is changed");

    request.declared = Some(Verdict::CodeFault);
    let plan = decide(&request, &[], &TrackRecord::default());
    assert_eq!((plan.verdict, kinds(&plan)), (Verdict::CodeFault, vec!["revert 1".into(), "model".into()]));
    assert!(plan.root_cause.contains("The target file says of the fault FAULT that it is a code_fault"), "{plan:?}");

    for (declared, wanted) in [(Verdict::Unknown, Verdict::Unknown), (Verdict::UserError, Verdict::UserError)] {
        request.declared = Some(declared);
        let plan = decide(&request, &[], &TrackRecord::default());
        assert_eq!((plan.verdict, plan.options.len()), (wanted, 0));
    }

    request.declared = Some(Verdict::CodeFault);
    let denied = [hit(document("denied", "rust", "expected_denial"), 0.9)];
    let plan = decide(&request, &denied, &TrackRecord::default());
    assert_eq!((plan.verdict, plan.options.len()), (Verdict::ExpectedDenial, 0), "what is known is believed before");
}

#[test]
fn a_learned_cure_is_demoted_by_one_failure_and_withdrawn_when_it_fails_more_than_it_heals() {
    let (one, two) = (Document::of_cure(&taught(true, "x")), Document::of_cure(&taught(true, "y")));
    let (one, two) = (one.expect("a cure"), two.expect("a cure"));
    let hits = [hit(one.clone(), 0.9), hit(two.clone(), 0.6)];
    let order = |track: &TrackRecord| -> Vec<(Option<Digest>, Risk)> {
        let plan = decide(&request("FAULT", "m"), &hits, track);
        let risk = |option: &wire::plan::PlanOption| option.estimate.as_ref().map(|e| e.risk).expect("an estimate");
        plan.options.iter().map(|option| (option.remedy.digest(), risk(option))).collect()
    };
    let digest = |cure: &Document| cure.remedy.as_ref().and_then(Remedy::digest);
    let mut track = TrackRecord::default();
    assert_eq!(order(&track), [(digest(&one), Risk::Medium), (digest(&two), Risk::Medium)]);
    track.add(&about(&one, true));
    assert_eq!(order(&track)[0], (digest(&one), Risk::Low));
    track.add(&about(&one, false));
    assert_eq!(order(&track), [(digest(&two), Risk::Medium), (digest(&one), Risk::High)], "one harm");
    track.add(&about(&one, false));
    assert_eq!(order(&track), [(digest(&two), Risk::Medium)], "failed twice, healed once");
    track.add(&about(&one, true));
    assert_eq!(order(&track).len(), 2, "and what heals where somebody else applied it is offered again");
}

#[test]
fn a_rule_fails_with_the_patch_that_it_was_distilled_from_and_proves_nothing_by_it() {
    let cure = Document::of_cure(&taught(true, "x")).expect("a cure");
    let mut track = TrackRecord::default();
    track.add(&taught(true, "x"));
    let plan = decide(&request("FAULT", "m"), &[hit(cure.clone(), 0.9)], &track);
    assert_eq!((kinds(&plan), plan.options[0].track), (vec!["learned".into()], None), "it has not healed anything yet");
    track.add(&taught(false, "x"));
    assert_eq!(kinds(&decide(&request("FAULT", "m"), &[hit(cure, 0.9)], &track)), Vec::<String>::new());
}

#[test]
fn how_models_and_reverts_did_here_counts() {
    let mut asked = request("FAULT", "m");
    (asked.models, asked.declared, asked.suspects) = (true, Some(Verdict::CodeFault), vec![suspect(1)]);
    let mut track = TrackRecord::default();
    let before = decide(&asked, &[], &track);
    track.add(&lesson("FAULT", "", Remedy::Model {}, false));
    track.add(&lesson("FAULT", "", Remedy::Revert { commit: commit(1) }, false));
    let after = decide(&asked, &[], &track);
    for (before, after) in before.options.iter().zip(&after.options) {
        assert!(after.confidence < before.confidence, "{after:?}");
        assert_eq!(after.estimate.as_ref().map(|estimate| estimate.risk), Some(Risk::High));
    }
}

#[test]
fn a_rule_that_was_not_proved_on_every_variant_or_fired_on_healthy_code_is_no_cure() {
    let with = |change: fn(&mut Distilled)| {
        let mut lesson = taught(true, "x");
        lesson.distilled.iter_mut().for_each(change);
        Document::of_cure(&lesson)
    };
    assert!(with(|_| {}).is_some());
    assert!(with(|d| d.fired = 1).is_none());
    assert!(with(|d| d.cured = 15).is_none());
    assert!(with(|d| (d.variants, d.cured) = (0, 0)).is_none(), "tried on nothing");
    assert!(Document::of_cure(&taught(false, "x")).is_none(), "what did not heal teaches no cure");
}
