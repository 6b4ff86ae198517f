use super::*;
use serde_json::Value;
use wire::verification::{Gate, GateReport};

const DIFF: &str = "diff --git a/f b/f\n";

fn code() -> wire::FaultCode {
    "FAULT_X".parse().expect("a code")
}

fn gate(passed: bool, code: &str) -> GateReport {
    GateReport { gate: Gate::Scope, passed, code: code.into(), why: format!("because {code}"), evidence: Value::Null }
}

fn tree(digit: &str) -> TreeId {
    digit.repeat(40).parse().expect("a tree id")
}

fn proposal() -> Proposal {
    let (target, base) = ("tiny".parse().expect("a name"), "b".repeat(40).parse().expect("a commit id"));
    Proposal {
        distilled: None,
        digest: Proposal::digest_of(&target, &code(), &base, DIFF),
        target,
        base,
        diff: DIFF.into(),
        files: vec!["f".into()],
        tree: tree("a"),
        artefact: Digest::of("artefact"),
        origin: "codemod x".into(),
        gates: vec![gate(true, "ok")],
    }
}

fn verdict() -> Verdict {
    let proposal = proposal();
    Verdict {
        reduced: None,
        proposal: proposal.digest,
        admitted: true,
        gates: Gate::REQUIRED.map(|gate| GateReport { gate, ..self::gate(true, "ok") }).to_vec(),
        tree: Some(proposal.tree),
        artefact: Some(proposal.artefact),
        spans: Vec::new(),
    }
}

#[track_caller]
fn check(change: impl FnOnce(&mut Verdict), expected: Result<(), &str>) {
    let mut verdict = verdict();
    change(&mut verdict);
    let got = admitted(&verdict, &proposal().digest, &proposal().tree).map(|_| ()).map_err(|refusal| refusal.code);
    assert_eq!(got, expected.map_err(str::to_owned), "{verdict:?}");
    assert_eq!(not_admitted(&proposal(), Some(&verdict)).is_none(), expected.is_ok(), "{verdict:?}");
}

#[test]
fn only_a_whole_verdict_on_this_very_tree_admits() {
    check(|_| {}, Ok(()));
    check(|v| v.admitted = false, Err("not_admitted"));
    check(|v| v.gates.clear(), Err("not_admitted"));
    for left_out in Gate::REQUIRED {
        check(|v| v.gates.retain(|report| report.gate != left_out), Err("not_admitted"));
    }
    check(|v| v.artefact = None, Err("not_admitted"));
    check(|v| v.tree = None, Err("tree_mismatch"));
    check(|v| v.tree = Some(tree("e")), Err("tree_mismatch"));
    check(|v| v.proposal = Digest::of("another"), Err("not_admitted"));
    check(|v| v.gates.push(gate(false, "no_witness")), Err("no_witness"));
}

#[test]
fn the_first_gate_that_failed_is_told_with_all_that_ran() {
    let mut verdict = verdict();
    verdict.admitted = false;
    verdict.gates = vec![gate(true, "ok"), gate(false, "tests_failed"), gate(false, "no_witness")];
    let refusal = admitted(&verdict, &proposal().digest, &proposal().tree).expect_err("a refusal");
    assert_eq!((refusal.code.as_str(), refusal.why.as_str()), ("tests_failed", "because tests_failed"));
    assert_eq!(refusal.gates, verdict.gates);
}

#[test]
fn a_push_needs_the_verdict_and_its_artefact() {
    assert_eq!(not_admitted(&proposal(), None).expect("a refusal").code, "not_admitted");
    let forged = Proposal { artefact: Digest::of("another"), ..proposal() };
    assert_eq!(not_admitted(&forged, Some(&verdict())).expect("a refusal").code, "not_admitted");
    assert_eq!(not_admitted(&proposal(), Some(&verdict())), None);
}

#[test]
fn a_tampered_part_is_found_out() {
    assert!(is_genuine(&proposal(), &code()));
    assert!(!is_genuine(&proposal(), &"ANOTHER".parse().expect("a code")));
    assert!(!is_genuine(&Proposal { diff: format!("{DIFF}+x\n"), ..proposal() }, &code()));
    assert!(!is_genuine(&Proposal { base: "d".repeat(40).parse().expect("a commit id"), ..proposal() }, &code()));
    assert!(!is_genuine(&Proposal { target: "other".parse().expect("a name"), ..proposal() }, &code()));
    assert!(!is_genuine(&Proposal { digest: Digest::of("x"), ..proposal() }, &code()));
}

#[test]
fn only_plain_edits_of_listed_files_are_within() {
    let file = |path: &str, edited| Touched { path: path.into(), edited };
    let allowed = ["a.rs".to_owned(), "b.rs".to_owned()];
    let code = |touched: &[Touched]| within(touched, &allowed).map_err(|refusal| refusal.code);
    assert_eq!(code(&[file("a.rs", true), file("b.rs", true)]), Ok(()));
    assert_eq!(code(&[file("a.rs", true), file("c.rs", true)]), Err("outside_scope".into()));
    assert_eq!(code(&[file("a.rs", false)]), Err("outside_scope".into()));
    assert_eq!(code(&[file("A.rs", true)]), Err("outside_scope".into()));
    assert_eq!(code(&[]), Err("no_match".into()));
}
