use super::*;
use wire::CommitId;

fn tree() -> TreeId {
    "a".repeat(40).parse().expect("a tree id")
}

fn found() -> PushedCommit {
    let commit: CommitId = "c".repeat(40).parse().expect("a commit id");
    PushedCommit { commit, tree: tree(), found: true }
}

/// Every combination of facts, with what they are called.
fn all() -> Vec<Facts> {
    let mut all = Vec::new();
    for epoch in [1, 2, 3] {
        for fence in [None, Some(4), Some(5), Some(6)] {
            for not_admitted in [None, Some(refusal("not_admitted", "no"))] {
                for found in [None, Some(found())] {
                    for stand in [Stand::Ready(tree()), Stand::Standing, Stand::Refused(refusal("base_moved", "no"))] {
                        all.push(Facts {
                            epoch: Epoch(epoch),
                            fence: fence.map(Fence),
                            seen: Seen { epoch: Epoch(2), fence: Fence(5) },
                            not_admitted: not_admitted.clone(),
                            found: found.clone(),
                            stand,
                        });
                    }
                }
            }
        }
    }
    all
}

#[test]
fn every_combination_of_facts_has_its_move() {
    let all = all();
    assert_eq!(all.len(), 3 * 4 * 2 * 2 * 3);
    for facts in all {
        let expected = if facts.epoch < Epoch(2) {
            Move::TooLate(Stale::Epoch { asked: facts.epoch, seen: Epoch(2) })
        } else if let Some(fence) = facts.fence.filter(|fence| *fence < Fence(5)) {
            Move::TooLate(Stale::Fence { asked: fence, seen: Fence(5) })
        } else if let Some(refusal) = &facts.not_admitted {
            Move::Refuse(refusal.clone())
        } else if let Some(commit) = &facts.found {
            Move::Found(commit.clone())
        } else {
            match &facts.stand {
                Stand::Ready(tree) => Move::Commit(tree.clone()),
                Stand::Standing => Move::Unchanged,
                Stand::Refused(refusal) => Move::Refuse(refusal.clone()),
            }
        };
        assert_eq!(decide(facts.clone()), expected, "for {facts:?}");
    }
}

#[test]
fn a_commit_is_made_only_in_time_admitted_and_not_made_before() {
    for facts in all() {
        if let Move::Commit(_) = decide(facts.clone()) {
            let in_time = facts.epoch >= facts.seen.epoch && facts.fence.is_none_or(|fence| fence >= facts.seen.fence);
            let ready = matches!(facts.stand, Stand::Ready(_));
            assert!(in_time && facts.not_admitted.is_none() && facts.found.is_none() && ready, "{facts:?}");
        }
    }
}

#[test]
fn the_same_or_a_newer_lease_and_epoch_are_in_time() {
    let seen = Seen { epoch: Epoch(2), fence: Fence(5) };
    assert_eq!(in_time(Epoch(2), Some(Fence(5)), seen), Ok(()));
    assert_eq!(in_time(Epoch(3), Some(Fence(9)), seen), Ok(()));
    assert_eq!(in_time(Epoch(2), None, seen), Ok(()));
    assert!(in_time(Epoch(1), Some(Fence(9)), seen).is_err(), "a high fence does not make up for an old epoch");
}

#[test]
fn only_what_is_as_the_commit_left_it_is_restored() {
    use Since::*;
    let files = |all: &[Since]| -> Vec<(String, Since)> {
        all.iter().enumerate().map(|(n, since)| (format!("f{n}"), *since)).collect()
    };
    for first in [AsLeft, AsBefore, Changed] {
        for second in [AsLeft, AsBefore, Changed] {
            let files = files(&[first, second]);
            match to_restore(&files) {
                Err(refusal) => {
                    assert_eq!(refusal.code, "conflict");
                    assert!(first == Changed || second == Changed, "{files:?}");
                }
                Ok(restore) => {
                    let wanted: Vec<&str> =
                        files.iter().filter(|(_, s)| *s == AsLeft).map(|(f, _)| f.as_str()).collect();
                    assert_eq!(restore, wanted);
                    assert!(first != Changed && second != Changed, "{files:?}");
                }
            }
        }
    }
    assert_eq!(to_restore(&[]), Ok(vec![]));
}
