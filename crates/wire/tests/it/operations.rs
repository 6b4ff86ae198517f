//! What is the same task, and what newer writers may send.

use crate::sample::{code, commit, proposal};
use serde_json::json;
use wire::operation::{Operation, State, task_digest};
use wire::proposal::{PatchTask, Push, Revert};
use wire::rollout::{Deploy, Mode, RolloutOutcome};
use wire::verification::{Judgement, Replay, VerifyTask};
use wire::*;

fn authority(fence: i64) -> Authority {
    Authority { fence: Fence(fence), epoch: Epoch(1) }
}

fn deploy(fence: i64, digit: char) -> Deploy {
    Deploy {
        incident: "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap(),
        target: "patient".parse().unwrap(),
        commit: commit(digit),
        tree: crate::sample::tree('b'),
        artefact: None,
        mode: Mode::Heal { code: code() },
        authority: authority(fence),
    }
}

#[test]
fn a_task_under_a_new_lease_is_the_same_task() {
    assert_eq!(task_digest(&deploy(1, 'c')), task_digest(&deploy(2, 'c')));
    assert_ne!(task_digest(&deploy(1, 'c')), task_digest(&deploy(1, 'd')));
    let incident = deploy(1, 'c').incident;
    let push = |fence, trace: Option<&str>| {
        let trace_parent = trace.map(str::to_owned);
        PatchTask::Push(Push {
            incident,
            code: code(),
            proposal: proposal(),
            authority: authority(fence),
            trace_parent,
        })
    };
    assert_eq!(task_digest(&push(1, None)), task_digest(&push(9, Some("00-1-2-01"))));
    let revert = |commit| {
        let target = "patient".parse().unwrap();
        PatchTask::Revert(Revert { incident, target, code: code(), commit, why: "w".into(), authority: authority(1) })
    };
    assert_ne!(task_digest(&revert(commit('a'))), task_digest(&revert(commit('b'))));
    assert_ne!(task_digest(&push(1, None)), task_digest(&revert(commit('a'))));
}

#[test]
fn an_operation_tells_a_failure_from_an_outcome() {
    let text = json!({"key": {"scope": "a", "step": "b"}, "state": "done", "outcome": 7});
    let operation: Operation<u8> = serde_json::from_value(text).unwrap();
    assert_eq!(operation.state, State::Done { outcome: 7 });
    assert!(operation.progress.is_empty());
    let failed = json!({"key": {"scope": "a", "step": "b"}, "state": "failed", "retry": true,
        "problem": {"code": "no_answer", "message": "m"}});
    let operation: Operation<u8> = serde_json::from_value(failed).unwrap();
    assert!(matches!(operation.state, State::Failed { retry: true, .. }));
}

#[test]
fn what_a_newer_writer_knows_is_read_and_never_taken_for_success() {
    let outcome: RolloutOutcome = serde_json::from_value(json!("canary")).unwrap();
    assert_eq!(outcome, RolloutOutcome::Unknown);
    let judgement: Judgement = serde_json::from_value(json!("probably")).unwrap();
    assert_eq!(judgement, Judgement::Unverified);
    let verdict: plan::Verdict = serde_json::from_value(json!("gremlins")).unwrap();
    assert!(!verdict.is_actionable());
    let remedy: plan::Remedy = serde_json::from_value(json!({"kind": "prayer", "to": "whom"})).unwrap();
    assert_eq!(remedy, plan::Remedy::Unknown);
    let (target, base_url) = ("a".parse().unwrap(), "http://x".into());
    let task = VerifyTask::Replay(Replay { target, code: code(), base_url, live: None });
    let mut text = serde_json::to_value(&task).unwrap();
    text["of_a_newer_version"] = json!([1, 2]);
    assert_eq!(serde_json::from_value::<VerifyTask>(text).unwrap(), task);
}
