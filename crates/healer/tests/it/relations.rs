//! One incident among others: what rests, what goes on, and what waits for a storm to pass.

use crate::sample::{TARGET, at, commit};
use crate::world::World;
use chrono::{DateTime, TimeDelta, Utc};
use healer::Settings;
use healer::next::Move;
use healer::relations::Relations;
use wire::IncidentId;
use wire::event::{Body, Step};
use wire::incident::{Incident, Status};
use wire::related::OpenIncident;
use wire::target::{Catalogue, Target};

/// `shop>cart,pay` needs both; `cart!` declares its fault its own.
fn relations(lines: &[&str]) -> Relations {
    let target = |line: &str| {
        let (name, needs) = line.split_once('>').unwrap_or((line, ""));
        let needs: Vec<&str> = needs.split(',').filter(|need| !need.is_empty()).collect();
        let head = format!("name = \"{}\"\ndepends_on = {needs:?}\n", name.trim_end_matches('!'));
        let text = TARGET.replacen("name = \"patient\"\n", &head, 1);
        let text = if name.ends_with('!') { text } else { text.replace("verdict = \"code_fault\"\n", "") };
        let target = Target::parse(&text).unwrap();
        (target.name.clone(), target)
    };
    let catalogue: Catalogue = lines.iter().map(|line| target(line)).collect();
    Relations::of(&catalogue, Settings::default().relations())
}

fn id(n: usize) -> IncidentId {
    format!("01890a5d-ac96-774b-bcce-{n:012x}").parse().unwrap()
}

fn incident(n: usize, target: &str) -> Incident {
    let mut incident = World::new().store.incident;
    incident.id = id(n);
    incident.target = target.parse().unwrap();
    incident.detection.target = incident.target.clone();
    incident
}

/// As `incident` has it, begun then.
fn open(n: usize, target: &str, began: i64) -> OpenIncident {
    OpenIncident {
        id: id(n),
        target: target.parse().unwrap(),
        code: "FAULT_SAMPLE".parse().unwrap(),
        status: Status::Detected,
        first_at: at(began),
        last_at: at(began + 1),
        pushed: false,
        own: false,
        parent: None,
    }
}

fn starts(step: Step) -> Move {
    Move::Start { step, attempt: 1, option: Some(0) }
}

fn later() -> DateTime<Utc> {
    at(30)
}

#[track_caller]
fn rests_under(found: &Move, parent: usize) -> String {
    match found {
        Move::Record(body) => match &**body {
            Body::Correlated { parent: found, why } if *found == id(parent) => why.clone(),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_symptom_rests_under_the_deepest_cause_whatever_it_was_about_to_do() {
    let relations = relations(&["shop>cart", "cart>store", "store"]);
    let all = [open(1, "shop", 2), open(2, "cart", 1), open(3, "store", 0)];
    for status in [Status::Detected, Status::Planned, Status::Admitted, Status::RolledBack] {
        let shop = Incident { status, ..incident(1, "shop") };
        for step in [Step::Analyze, Step::Propose, Step::Act, Step::Push] {
            assert!(relations.concern(&shop, &starts(step)));
            let why = rests_under(&relations.decide(&shop, &all, starts(step), later()), 3);
            assert_eq!(why, "FAULT_SAMPLE of store began 2.0 s earlier, and it is needed: shop → cart → store");
        }
    }
    assert_eq!(relations.decide(&incident(3, "store"), &all, starts(Step::Propose), later()), starts(Step::Propose));
}

#[test]
fn what_has_pushed_or_is_known_to_be_its_own_goes_on() {
    let relations = relations(&["shop>store", "store"]);
    let shop = incident(1, "shop");
    let going_on = [
        Incident { commit: Some(commit(1)), status: Status::Pushed, ..shop.clone() },
        Incident { separated: true, ..shop.clone() },
        Incident { recurrences: 1, status: Status::Planned, ..shop.clone() },
    ];
    for incident in going_on {
        assert!(!relations.concern(&incident, &starts(Step::Deploy)), "{incident:?}");
    }
    let declared = self::relations(&["shop!>store", "store"]);
    let all = [open(1, "shop", 2), open(3, "store", 0)];
    assert_eq!(declared.decide(&shop, &all, starts(Step::Propose), later()), starts(Step::Propose));
}

#[test]
fn a_target_that_has_to_do_with_no_other_one_is_never_asked_about_others() {
    let alone = incident(1, "patient");
    for lines in [&["patient>postgres"][..], &["patient>postgres", "other>redis"]] {
        let relations = relations(lines);
        for step in Step::ALL {
            assert!(!relations.concern(&alone, &starts(step)), "{lines:?} {step:?}");
        }
    }
    assert!(relations(&["patient>postgres", "other>postgres"]).concern(&alone, &starts(Step::Propose)));
    assert!(relations(&["patient", "other>patient"]).concern(&alone, &starts(Step::Propose)));
}

#[test]
fn only_what_needs_another_target_waits_a_moment_and_only_before_it_tries_something() {
    let relations = relations(&["shop>store", "store>postgres"]);
    let begun = incident(1, "shop");
    let (shop, store) = ([open(1, "shop", 0)], [open(3, "store", 0)]);
    let settled = begun.detected_at + TimeDelta::seconds(1);
    let at_once = |incident: &Incident, all: &[OpenIncident], step| {
        relations.decide(incident, all, starts(step), begun.detected_at)
    };
    assert_eq!(at_once(&begun, &shop, Step::Propose), Move::WaitUntil(settled));
    assert_eq!(at_once(&begun, &shop, Step::Analyze), starts(Step::Analyze));
    assert_eq!(relations.decide(&begun, &shop, starts(Step::Propose), settled), starts(Step::Propose));
    assert_eq!(at_once(&incident(3, "store"), &store, Step::Propose), starts(Step::Propose));
}

#[test]
fn where_the_cause_says_nothing_the_first_stands_for_all_and_stays_in_front() {
    let relations = relations(&["a>postgres", "b>postgres", "c>postgres"]);
    let mut all = vec![open(1, "a", 0), open(2, "b", 1), open(3, "c", 2)];
    let why = rests_under(&relations.decide(&incident(2, "b"), &all, starts(Step::Propose), later()), 1);
    assert!(why.contains("postgres") && why.contains("says nothing"), "{why}");
    assert_eq!(relations.decide(&incident(1, "a"), &all, starts(Step::Propose), later()), starts(Step::Propose));
    // Something rests under the second already: it stays in front though an earlier one has come in.
    all[2].status = Status::Correlated;
    all[2].parent = Some(id(2));
    rests_under(&relations.decide(&incident(1, "a"), &all, starts(Step::Propose), later()), 2);
}

#[test]
fn nobody_rests_under_what_rests_under_it_or_under_what_a_person_must_see_to() {
    let relations = relations(&["shop>store", "store"]);
    let mut all = [open(1, "shop", 2), open(3, "store", 0)];
    (all[1].status, all[1].parent) = (Status::Correlated, Some(id(1)));
    assert_eq!(relations.decide(&incident(1, "shop"), &all, starts(Step::Propose), later()), starts(Step::Propose));
    (all[1].status, all[1].parent) = (Status::Correlated, Some(id(9)));
    rests_under(&relations.decide(&incident(1, "shop"), &all, starts(Step::Propose), later()), 9);
    (all[1].status, all[1].parent) = (Status::Escalated, None);
    assert_eq!(relations.decide(&incident(1, "shop"), &all, starts(Step::Propose), later()), starts(Step::Propose));
}

/// Six services with one root, and one that has to do with them and with nothing of their trouble.
fn storm() -> (Relations, Vec<OpenIncident>) {
    let lines = ["a>hub", "b>hub", "c>hub", "d>hub", "e>hub", "hub", "far>a,x,y", "x", "y"];
    let mut all: Vec<OpenIncident> =
        ["a", "b", "c", "d", "e"].iter().zip(1..).map(|(name, n)| open(n, name, 1)).collect();
    all.extend([open(6, "hub", 0), open(7, "far", -60)]);
    (relations(&lines), all)
}

#[test]
fn in_a_storm_only_a_determined_cause_pushes() {
    let (relations, all) = storm();
    let push = || starts(Step::Push);
    let admitted = |n, name| Incident { status: Status::Admitted, ..incident(n, name) };
    assert_eq!(relations.decide(&admitted(6, "hub"), &all, push(), later()), push(), "the root");
    let far = admitted(7, "far");
    let Move::Record(body) = relations.decide(&far, &all, push(), later()) else { panic!("it must wait") };
    let Body::Postponed { until, why } = *body else { panic!("{body:?}") };
    assert_eq!(until, at(301));
    assert!(why.starts_with("7 services that have to do with each other"), "{why}");
    let told = Incident { postponed_until: Some(until), ..far.clone() };
    assert_eq!(relations.decide(&told, &all, push(), later()), Move::WaitUntil(later() + TimeDelta::seconds(2)));
    // What can be taken back goes on, and what is declared its own, too.
    assert_eq!(relations.decide(&far, &all, starts(Step::Act), later()), starts(Step::Act));
    let own = Incident { separated: true, ..far };
    let known: Vec<OpenIncident> =
        all.iter().cloned().map(|one| OpenIncident { own: one.id == id(7), ..one }).collect();
    assert!(relations.concern(&own, &push()));
    assert_eq!(relations.decide(&own, &known, push(), later()), push());
}

#[test]
fn a_storm_passes() {
    let (relations, all) = storm();
    let far = Incident { status: Status::Admitted, ..incident(7, "far") };
    let push = || starts(Step::Push);
    assert_ne!(relations.decide(&far, &all, push(), at(300)), push());
    assert_eq!(relations.decide(&far, &all, push(), at(302)), push(), "nothing new came in");
    let fewer: Vec<OpenIncident> = all.into_iter().skip(4).collect();
    assert_eq!(relations.decide(&far, &fewer, push(), later()), push(), "most of it is over");
}

#[test]
fn it_can_be_switched_off() {
    let (mut relations, _) = storm();
    relations.limits.bounds.window = TimeDelta::zero();
    assert!(!relations.concern(&incident(1, "a"), &starts(Step::Propose)));
}

#[test]
fn a_symptom_that_is_told_when_its_cause_is_cured_already_rests_under_it_and_what_began_later_does_not() {
    let relations = relations(&["shop>store", "store"]);
    let healed = |at_second| OpenIncident { status: Status::Resolved, last_at: at(at_second), ..open(3, "store", -4) };
    let shop = incident(1, "shop");
    rests_under(&relations.decide(&shop, &[open(1, "shop", 0), healed(-3)], starts(Step::Propose), later()), 3);
    let all = [open(1, "shop", 0), healed(-6)];
    assert_eq!(relations.decide(&shop, &all, starts(Step::Propose), later()), starts(Step::Propose));
}
