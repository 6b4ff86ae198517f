//! What a case needs besides its question: its double's part, the calls that were made, and a process.

use crate::double::Part;
use crate::gates::replay::Seen;
use crate::nonce::Nonce;
use std::sync::Arc;
use std::time::{Duration, Instant};
use wire::ReplayId;
use wire::target::{Calls, Case};
use wire::verification::{Judgement, ReplayReport};

/// How long the calls that a double must see are waited for.
const PATIENCE: Duration = Duration::from_secs(1);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(2);
/// How long a call that must not be made is waited for after the answer.
const SETTLE: Duration = Duration::from_millis(20);

/// The part of the case's double.
pub(super) fn part(case: &Case, id: ReplayId, nonce: Nonce) -> Option<Arc<Part>> {
    case.double.as_ref().map(|play| Part::new(play, id, nonce))
}

/// Waits for the calls that the case wants, and judges them.
pub(super) async fn counted(case: &Case, part: Option<&Part>, report: ReplayReport) -> Seen {
    let mut seen = Seen::of(Some(case), report);
    let Some(part) = part else { return seen };
    if let (Some(Calls { at_least, at_most }), Judgement::Met) = (case.calls, seen.report.judgement) {
        let until = Instant::now() + PATIENCE;
        while part.calls() < at_least && Instant::now() < until {
            tokio::time::sleep(LOOK).await;
        }
        if at_most.is_some() {
            tokio::time::sleep(SETTLE).await;
        }
    }
    seen.count(case.calls, part.calls(), part.connections());
    seen
}

/// The cases of each process: a new one begins with the first and with each `fresh` one. Without cases there is one
/// process for the contract itself.
pub(super) fn lives(cases: &[Case]) -> Vec<&[Case]> {
    if cases.is_empty() {
        return vec![cases];
    }
    let mut lives = Vec::new();
    let mut rest = cases;
    while let Some((_, after)) = rest.split_first() {
        let length = 1 + after.iter().take_while(|case| !case.fresh).count();
        let (life, left) = rest.split_at(length);
        lives.push(life);
        rest = left;
    }
    lives
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fresh_case_begins_a_process() {
        let case = |name: &str, fresh: bool| -> Case {
            serde_json::from_value(serde_json::json!({ "name": name, "fresh": fresh, "answers": [] })).expect("a case")
        };
        let names = |cases: &[Case]| -> Vec<String> {
            let one = |life: &&[Case]| life.iter().map(|case| case.name.as_str()).collect::<String>();
            lives(cases).iter().map(one).collect()
        };
        assert_eq!(names(&[]), [""]);
        assert_eq!(names(&[case("a", false)]), ["a"]);
        assert_eq!(names(&[case("a", true), case("b", false), case("c", true), case("d", true)]), ["ab", "c", "d"]);
        assert_eq!(names(&[case("a", false), case("b", true), case("c", false)]), ["a", "bc"]);
    }
}
