//! The transition table, every status × every trigger, against a table written down here by hand.

use std::collections::BTreeMap;
use wire::event::Step;
use wire::incident::Status;
use wire::transitions::{Trigger, markdown, to};

/// status: what moves it, and where to (`=` stays). `occurred` and `archived` are allowed everywhere but in `archived`,
/// and stand below. Whatever is not here is refused.
const TABLE: &str = "
detected: started relieve>=, progressed relieve>=, failed relieve>=, relieved>mitigated, started analyze>analyzing, dismissed>dismissed, dismissed_by_person>dismissed, suppressed>suppressed, escalated>escalated, mitigated>mitigated, correlated>correlated
analyzing: started analyze>=, progressed analyze>=, failed analyze>=, planned>planned, dismissed>dismissed, dismissed_by_person>dismissed, escalated>escalated, mitigated>mitigated, correlated>correlated
planned: started relieve>=, progressed relieve>=, failed relieve>=, relieved>=, started propose>proposing, started act>acting, advised>advised, escalated>escalated, mitigated>mitigated, correlated>correlated
proposing: started propose>=, progressed propose>=, failed propose>=, refused>planned, admitted>admitted, intended>admitted, dismissed>dismissed, escalated>escalated, mitigated>mitigated, correlated>correlated
admitted: started act>acting, started push>=, progressed push>=, failed push>=, advised>advised, refused>planned, approval_requested>awaiting_approval, pushed>pushed, escalated>escalated, mitigated>mitigated, correlated>correlated, postponed>=
awaiting_approval: started propose>=, progressed propose>=, failed propose>=, intended>=, refused>planned, dismissed>dismissed, approved>admitted, approval_rejected>escalated, approval_expired>escalated, escalated>escalated, mitigated>mitigated, correlated>correlated
pushed: started deploy>deploying, started undo>=, progressed undo>=, failed undo>=, undone>rolled_back, escalated>escalated, mitigated>mitigated
deploying: started deploy>=, progressed deploy>=, failed deploy>=, started undo>=, progressed undo>=, failed undo>=, deployed>verifying, deploy_failed>=, undone>rolled_back, escalated>escalated, mitigated>mitigated
acting: started act>=, progressed act>=, failed act>=, started undo>=, progressed undo>=, failed undo>=, dismissed>dismissed, refused>planned, acted>verifying, undone>rolled_back, escalated>escalated, mitigated>mitigated
verifying: started withdraw>=, progressed withdraw>=, failed withdraw>=, withdrawn>=, started verify>=, progressed verify>=, failed verify>=, started undo>=, progressed undo>=, failed undo>=, verified>=, verification_failed>=, unverified>=, undone>rolled_back, resolved>resolved, escalated>escalated, mitigated>mitigated
mitigated: started relieve>=, progressed relieve>=, failed relieve>=, relieved>=, started withdraw>=, progressed withdraw>=, failed withdraw>=, withdrawn>=, started verify>=, progressed verify>=, failed verify>=, verified>=, verification_failed>=, unverified>=, dismissed>dismissed, retried>detected, correlated>correlated, started analyze>analyzing, started propose>proposing, started act>acting, resolved_by_person>resolved, escalated>escalated
rolled_back: started relieve>=, progressed relieve>=, failed relieve>=, relieved>=, started propose>proposing, started act>acting, escalated>escalated, mitigated>mitigated, correlated>correlated
resolved: started withdraw>=, progressed withdraw>=, failed withdraw>=, withdrawn>=, started learn>=, progressed learn>=, failed learn>=, learned>=, reopened>planned
escalated: retried>detected, resolved_by_person>resolved, dismissed_by_person>dismissed
dismissed: started withdraw>=, progressed withdraw>=, failed withdraw>=, withdrawn>=
suppressed: escalated>escalated, dismissed_by_person>dismissed
correlated: correlated>=, separated>detected, dismissed>dismissed, dismissed_by_person>dismissed, escalated>escalated
advised: resolved_by_person>resolved, dismissed_by_person>dismissed, escalated>escalated
archived:
";

fn expected() -> BTreeMap<(Status, String), Status> {
    let status = |name: &str| Status::ALL.into_iter().find(|s| s.as_str() == name).unwrap_or_else(|| panic!("{name}"));
    let mut expected = BTreeMap::new();
    for line in TABLE.lines().filter(|line| !line.is_empty()) {
        let (from, moves) = line.split_once(':').unwrap();
        let from = status(from);
        for (trigger, to) in moves.split(',').filter_map(|one| one.trim().split_once('>')) {
            expected.insert((from, trigger.to_owned()), if to == "=" { from } else { status(to) });
        }
        if from != Status::Archived {
            expected.insert((from, "occurred".into()), from);
            expected.insert((from, "archived".into()), Status::Archived);
        }
    }
    expected
}

#[test]
fn every_status_and_every_trigger_move_as_the_table_says() {
    let mut expected = expected();
    for from in Status::ALL {
        for trigger in Trigger::all() {
            let wanted = expected.remove(&(from, trigger.to_string()));
            assert_eq!(to(from, trigger), wanted, "{trigger} in {}", from.as_str());
        }
    }
    assert!(expected.is_empty(), "the table names triggers that do not exist: {expected:?}");
}

#[test]
fn the_triggers_are_all_kinds_there_are() {
    let kinds: std::collections::BTreeSet<&str> = Trigger::all().iter().map(|trigger| trigger.kind).collect();
    assert_eq!(kinds.len(), 38, "{kinds:?}");
    assert_eq!(Trigger::all().len(), 35 + 3 * Step::ALL.len());
    for kind in kinds.into_iter().filter(|kind| *kind != "resolved") {
        let body = crate::sample::body(kind, None);
        assert_eq!((body.kind(), Trigger::of(&body).kind), (kind, kind));
    }
}

#[test]
fn an_unknown_event_moves_nothing_anywhere() {
    for from in Status::ALL {
        assert_eq!(to(from, Trigger { kind: "unknown", step: None }), None);
        assert_eq!(to(from, Trigger { kind: "of a newer writer", step: None }), None);
    }
}

#[test]
fn nothing_leaves_the_archive_and_nothing_but_the_archive_ends_everything() {
    for trigger in Trigger::all() {
        assert_eq!(to(Status::Archived, trigger), None);
    }
    for from in Status::ALL.into_iter().filter(|from| *from != Status::Archived) {
        assert_eq!(to(from, Trigger { kind: "archived", step: None }), Some(Status::Archived));
    }
}

#[test]
fn an_incident_is_only_resolved_after_a_verification_or_by_a_person() {
    for from in Status::ALL {
        for trigger in Trigger::all() {
            if from != Status::Resolved && to(from, trigger) == Some(Status::Resolved) {
                let allowed =
                    (from == Status::Verifying && trigger.kind == "resolved") || trigger.kind == "resolved_by_person";
                assert!(allowed, "{trigger} resolves {}", from.as_str());
            }
        }
    }
}

#[test]
fn the_table_for_people_has_a_row_for_every_status_and_every_move() {
    let markdown = markdown();
    for status in Status::ALL {
        let row = markdown.lines().find(|line| line.starts_with(&format!("| `{}` |", status.as_str())));
        let row = row.unwrap_or_else(|| panic!("no row for {}", status.as_str()));
        for ((_, trigger), to) in expected().iter().filter(|((from, _), _)| *from == status) {
            let quiet = ["progressed", "failed", "occurred", "archived"].iter().any(|kind| trigger.starts_with(kind));
            let to = if *to == status { "stays".to_owned() } else { format!("**{}**", to.as_str()) };
            assert_eq!(row.contains(&format!("{trigger} → {to}")), !quiet, "{trigger} in {row}");
        }
    }
}
