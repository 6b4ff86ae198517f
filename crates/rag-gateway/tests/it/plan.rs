//! The decider, without any service.

use rag_gateway::calibration::Features;
use rag_gateway::check::check_request;
use rag_gateway::document::Document;
use rag_gateway::plan::{Sure, plan};
use rag_gateway::retrieve::Hit;
use rag_gateway::track::{Record, TrackRecord};
use std::sync::Arc;
use wire::IncidentId;
use wire::plan::{Lesson, Plan, PlanOption, PlanRequest, Remedy, Retrieval, Risk, Suspect, Verdict};

pub(crate) fn request(code: &str, message: &str) -> PlanRequest {
    PlanRequest {
        incident: IncidentId::fresh(),
        target: "shop".parse().expect("a name"),
        language: "rust".into(),
        code: code.parse().expect("a code"),
        message: message.into(),
        reason: None,
        context: Vec::new(),
        tried: Vec::new(),
        playbook: None,
        suspects: Vec::new(),
        declared: None,
        models: false,
    }
}

pub(crate) fn lesson(code: &str, symptoms: &str, remedy: Remedy, healed: bool) -> Lesson {
    Lesson {
        distilled: None,
        incident: IncidentId::fresh(),
        target: "shop".parse().expect("a name"),
        code: code.parse().expect("a code"),
        language: "rust".into(),
        symptoms: symptoms.into(),
        root_cause: "the cause that was found".into(),
        remedy,
        diff: String::new(),
        healed,
    }
}

pub(crate) fn document(id: &str, language: &str, verdict: &str) -> Document {
    let front =
        format!("id = \"{id}\"\ntitle = \"{id}\"\nsymptoms = \"s\"\nroot_cause = \"of {id}\"\nverdict = \"{verdict}\"");
    let rule = format!("language = \"{language}\"\n[rule]\nfix = \"{id}\"\nrule.pattern = \"p\"");
    Document::parse(&format!("+++\n{front}\n{rule}\n+++\nText.")).expect("a document")
}

pub(crate) fn hit(document: Document, confidence: f64) -> Hit {
    Hit { document: Arc::new(document), score: 1.0, confidence, features: Features::default() }
}

fn decide(hits: &[Hit], track: &TrackRecord) -> Plan {
    let retrieval = Retrieval { query: String::new(), engine: "test".into(), confidence: 0.0, neighbours: Vec::new() };
    plan(&request("FAULT", "m"), &Sure { hits, min_confidence: 0.5 }, track, retrieval)
}

fn sources(plan: &Plan) -> Vec<&str> {
    plan.options.iter().map(source).collect()
}

fn source(option: &PlanOption) -> &str {
    match &option.remedy {
        Remedy::Codemod { document, .. } => document,
        _ => "unknown",
    }
}

#[test]
fn nothing_sure_means_nothing_is_proposed() {
    for hits in [vec![], vec![hit(document("a", "rust", "code_fault"), 0.49)]] {
        let plan = decide(&hits, &TrackRecord::default());
        assert_eq!((plan.verdict, plan.options.len()), (Verdict::Unknown, 0), "{plan:?}");
        assert_eq!(plan.retrieval.neighbours.len(), hits.len());
        assert!(plan.root_cause.contains("0.50 is wanted"), "{plan:?}");
    }
}

#[test]
fn an_error_that_no_rule_names_is_never_changed_whatever_is_near_and_suspected() {
    for code in ["UNKNOWN_0123ABCD", "UNKNOWN_MANY", "ERROR_BURST"] {
        let mut request = request(code, "m");
        request.models = true;
        request.declared = Some(Verdict::CodeFault);
        let live_since = "2026-11-22T10:00:00Z".parse().expect("a time");
        request.suspects = vec![Suspect { commit: "0".repeat(40).parse().expect("a commit"), live_since }];
        let retrieval =
            Retrieval { query: String::new(), engine: "test".into(), confidence: 0.0, neighbours: Vec::new() };
        let sure = Sure { hits: &[hit(document("a", "rust", "code_fault"), 0.99)], min_confidence: 0.5 };
        let plan = plan(&request, &sure, &TrackRecord::default(), retrieval);
        assert_eq!((plan.verdict, plan.options.len()), (Verdict::Unknown, 0), "{plan:?}");
        assert!(plan.root_cause.contains(code) && plan.root_cause.contains("nearest: a (confidence 0.99)"), "{plan:?}");
    }
}

#[test]
fn another_language_or_no_rule_is_a_neighbour_but_no_option() {
    let mut without_rule = document("b", "rust", "code_fault");
    without_rule.remedy = None;
    let hits = [
        hit(document("a", "python", "code_fault"), 0.9),
        hit(without_rule, 0.8),
        hit(document("c", "rust", "code_fault"), 0.7),
    ];
    let plan = decide(&hits, &TrackRecord::default());
    assert_eq!(sources(&plan), ["c"]);
    assert!(plan.root_cause.starts_with("of b"), "the surest of the same language tells the cause: {plan:?}");
    assert!(plan.root_cause.ends_with("almost as well: a; c."), "and what is as near is told, too: {plan:?}");
    assert_eq!(plan.retrieval.neighbours.len(), 3);
    assert_eq!(plan.retrieval.confidence, 0.2667, "a third of what is sure: three causes are as likely");
}

#[test]
fn a_diagnosis_that_wants_no_change_gets_none() {
    let hits = [hit(document("denied", "rust", "expected_denial"), 0.9), hit(document("c", "rust", "code_fault"), 0.8)];
    let plan = decide(&hits, &TrackRecord::default());
    assert_eq!((plan.verdict, plan.options.len()), (Verdict::ExpectedDenial, 0), "{plan:?}");
    let hits = [hits[1].clone(), hits[0].clone()];
    assert_eq!(sources(&decide(&hits, &TrackRecord::default())), ["c"], "a denial's rule is never an option");
}

#[test]
fn a_remedy_that_failed_here_goes_last_and_one_that_healed_rises() {
    let (a, b) = (document("a", "rust", "code_fault"), document("b", "rust", "code_fault"));
    let hits = [hit(a.clone(), 0.8), hit(b.clone(), 0.6)];
    let mut track = TrackRecord::default();
    assert_eq!(sources(&decide(&hits, &track)), ["a", "b"]);

    let remedy = |document: &Document| document.remedy.clone().expect("a remedy");
    track.add(&lesson("FAULT", "", remedy(&a), false));
    let plan = decide(&hits, &track);
    assert_eq!(sources(&plan), ["b", "a"]);
    assert!(plan.options[1].confidence < 0.8, "{plan:?}");
    let risk =
        |plan: &Plan| plan.options.iter().map(|option| option.estimate.as_ref().map(|e| e.risk)).collect::<Vec<_>>();
    assert_eq!(risk(&plan), [Some(Risk::Medium), Some(Risk::High)], "what failed here is a risk");

    track.add(&lesson("FAULT", "", remedy(&b), true));
    let plan = decide(&hits, &track);
    assert!(plan.options[0].confidence > 0.6);
    assert_eq!(risk(&plan)[0], Some(Risk::Low), "what healed here is none");

    let mut elsewhere = TrackRecord::default();
    elsewhere.add(&Lesson { target: "other".parse().expect("a name"), ..lesson("FAULT", "", remedy(&a), false) });
    elsewhere.add(&lesson("OTHER_FAULT", "", remedy(&a), false));
    elsewhere.add(&lesson("FAULT", "", Remedy::Unknown, false));
    assert_eq!(sources(&decide(&hits, &elsewhere)), ["a", "b"], "what failed elsewhere says nothing here");
}

#[test]
fn experience_moves_a_confidence_the_right_way_and_within_bounds() {
    for healed in 0..6 {
        for failed in 0..6 {
            let weighed = |healed, failed| Record { healed, failed, streak: 0 }.weigh(0.7);
            let now = weighed(healed, failed);
            assert!((0.0..=1.0).contains(&now));
            assert!(weighed(healed + 1, failed) > now && weighed(healed, failed + 1) < now, "{healed} {failed}");
        }
    }
}

#[test]
fn lessons_that_point_to_one_remedy_are_one_option() {
    let a = document("a", "rust", "code_fault");
    let learned = lesson("FAULT", "s", a.remedy.clone().expect("a remedy"), true);
    let from = |source| Document::of_lesson(&learned, source);
    let hits = [hit(from(Some(&a)), 0.9), hit(a.clone(), 0.8)];
    let plan = decide(&hits, &TrackRecord::default());
    assert_eq!(sources(&plan), ["a"]);
    assert_eq!(plan.options[0].confidence, 0.9);
    let gone = decide(&[hit(from(None), 0.9)], &TrackRecord::default());
    assert_eq!(sources(&gone), Vec::<&str>::new(), "what was taken out of the folder is proposed no more");
    assert_eq!(gone.root_cause, "the cause that was found");
    assert_eq!(plan.retrieval.confidence, 0.9, "a lesson's cause is that of its document, so nothing else fits");
}

#[test]
fn requests_out_of_bounds_are_refused() {
    let refused = |change: fn(&mut PlanRequest), wanted: &str| {
        let mut request = request("FAULT", "m");
        assert_eq!(check_request(&request), Ok(()));
        change(&mut request);
        let error = check_request(&request).expect_err("out of bounds");
        assert!(error.contains(wanted), "{error}");
    };
    refused(|r| r.language.clear(), "`language`");
    refused(|r| r.message = "x".repeat(5_000), "at most 4096");
    refused(|r| r.reason = Some("x".repeat(5_000)), "at most 4096");
    refused(|r| r.context = vec!["x".repeat(20_000)], "a line of context");
    refused(|r| r.context = vec![String::new(); 51], "at most 50 lines");
}
