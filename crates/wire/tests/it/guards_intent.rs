//! What a playbook would do, and the word for it: only what was looked at, whole, and approved goes on.

use crate::sample::{Journal, body, intent, plan};
use wire::Digest;
use wire::apply::{NOT_APPROVED, Refused};
use wire::event::{Body, Step};
use wire::incident::Status;
use wire::plan::{Remedy, Verdict};
use wire::proposal::Refusal;
use wire::runtime::{Action, Intent, Undo};

/// A journal in which the playbook is about to be proposed, and after these.
#[track_caller]
fn asked(more: &[&str]) -> Journal {
    let mut journal = Journal::of(&["detected", "started analyze"]);
    let mut plan = plan();
    plan.options[0].remedy = Remedy::Playbook { resource: intent().resource };
    journal.append(Body::Planned { plan }).expect("planned");
    for kind in std::iter::once(&"started propose").chain(more) {
        let added = match *kind {
            "approval_requested" => journal.append(requested(intent().digest)),
            "approved" => journal.append(approved(intent().digest)),
            kind => journal.add(kind),
        };
        added.unwrap_or_else(|refused| panic!("{kind}: {refused}"));
    }
    journal
}

fn requested(digest: Digest) -> Body {
    let Body::ApprovalRequested { expires_at, why, .. } = body("approval_requested", None) else { unreachable!() };
    Body::ApprovalRequested { digest, expires_at, why }
}

fn approved(digest: Digest) -> Body {
    Body::Approved { digest, by: "ann".into(), note: String::new() }
}

#[track_caller]
fn refuses(journal: &Journal, body: Body, why: &str) {
    match journal.clone().append(body.clone()) {
        Err(Refused::Guard(text)) => assert_eq!(text, why, "{body:?}"),
        other => panic!("{body:?} should be refused with {why:?}, got {other:?}"),
    }
}

fn start(journal: &Journal, step: Step) -> Body {
    let attempt = journal.incident().attempts.get(&step).copied().unwrap_or(0) + 1;
    Body::Started { step, attempt, option: Some(0), policy: Digest::of("policy") }
}

#[test]
fn a_playbook_is_run_after_exactly_it_was_approved() {
    let waiting = asked(&["intended", "approval_requested"]);
    assert_eq!(waiting.incident().proposed(), Some(&intent().digest));
    refuses(&waiting, approved(Digest::of("another")), "the approval is for another change");
    let mut journal = asked(&["intended", "approval_requested", "approved", "started act"]);
    assert_eq!((journal.incident().status, &journal.incident().approved), (Status::Acting, &Some(intent().digest)));
    journal.add("acted").expect("it was done");
    assert_eq!(journal.incident().intent.as_ref().map(|intent| &intent.digest), Some(&intent().digest));
}

#[test]
fn what_was_not_looked_at_or_is_not_whole_is_not_asked_about() {
    let proposing = asked(&[]);
    refuses(&proposing, requested_early(), "it is not what would be done for this fault");
    let another = Intent { target: "other".parse().unwrap(), ..intent() }.sealed();
    refuses(&proposing, Body::Intended(Box::new(another)), "it is not what would be done for this fault");
    let intended = asked(&["intended"]);
    refuses(&intended, requested(Digest::of("another")), "the approval is asked for another change");
    refuses(&intended, start(&intended, Step::Push), "there is no change to push");
    let code = Journal::of(&["detected", "started analyze", "planned", "started propose"]);
    refuses(&code, Body::Intended(Box::new(intent())), "no playbook is being proposed");
    let admitted = Journal::of(&["detected", "started analyze", "planned", "started propose", "admitted"]);
    refuses(&admitted, start(&admitted, Step::Act), "no playbook was proposed");
}

/// Its remedies were changed after it was sealed.
fn requested_early() -> Body {
    let mut torn = intent();
    torn.remedies[0].undo = Undo::not_needed("nobody will miss it");
    Body::Intended(Box::new(torn))
}

#[test]
fn while_it_waits_it_is_looked_at_again_and_is_over_stays_or_is_asked_anew() {
    let looking = asked(&["intended", "approval_requested", "started propose"]);
    let mut same = looking.clone();
    assert_eq!(same.add("intended").expect("as before").status, Status::AwaitingApproval);
    let mut other = intent();
    other.remedies[0].action = Action::Start {};
    refuses(&looking, Body::Intended(Box::new(other.sealed())), "another intent is waited for");
    let refusal = Refusal { code: NOT_APPROVED.into(), why: "so".into(), diff: None, gates: vec![] };
    let mut anew = looking.clone();
    let incident = anew.append(Body::Refused { option: 0, refusal }).expect("asked anew");
    assert_eq!((incident.status, incident.base_moved, incident.spent.len()), (Status::Planned, 1, 0));
    assert_eq!((&incident.intent, &incident.approval_expires_at), (&None, &None));
    let dismissed = |verdict| Body::Dismissed { verdict, why: "so".into() };
    let mut over = looking.clone();
    assert_eq!(over.append(dismissed(Verdict::Recovered)).expect("over").status, Status::Dismissed);
    refuses(&looking, dismissed(Verdict::Noise), "only what a playbook finds well is dismissed there");
    let idle = asked(&["intended", "approval_requested"]);
    refuses(&idle, dismissed(Verdict::Recovered), "only what a playbook finds well is dismissed there");
    // A person's word in the middle of a look ends the look.
    let mut heard = looking.clone();
    assert_eq!(heard.append(approved(intent().digest)).expect("heard").in_flight, None);
}

#[test]
fn a_digest_is_of_what_is_done_and_not_of_the_words_for_it() {
    let changed = |change: fn(&mut Intent)| {
        let mut intent = intent();
        change(&mut intent);
        intent.sealed().digest
    };
    let words: [fn(&mut Intent); 3] = [
        |intent| intent.diagnosis = "3.1 GiB are used".into(),
        |intent| intent.remedies[0].title = "Another title".into(),
        |intent| intent.at = crate::sample::at(99),
    ];
    for words in words {
        assert_eq!(changed(words), intent().digest);
    }
    let parts: [fn(&mut Intent); 6] = [
        |intent| intent.mode = "port".into(),
        |intent| intent.lost.push("it is reached".into()),
        |intent| intent.remedies[0].action = Action::Stop {},
        |intent| intent.remedies[0].undo = Undo::not_needed("so"),
        |intent| intent.remedies[0].lasts = false,
        |intent| intent.remedies.push(intent.remedies[0].clone()),
    ];
    for part in parts {
        assert_ne!(changed(part), intent().digest);
    }
    let lines = intent().lines();
    assert_eq!(lines[0], "1. Restore the backup (restore backup=monday.toml copy=before-1)");
    assert_eq!(lines[1], "   undo: put_back copy=before-1");
}
