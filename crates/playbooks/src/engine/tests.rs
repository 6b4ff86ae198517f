use super::*;
use wire::runtime::{Action, Undo};

fn invariant(holds: Option<bool>) -> Invariant {
    Invariant { name: "it works".into(), holds, weight: 5, seen: String::new() }
}

fn remedy(at: &str) -> Remedy {
    let action = |at: &str| Action::Register { at: at.into() };
    Remedy::relief(at, action(at), Undo::by(action("former")))
}

fn tried(remedy: Remedy, kept: bool) -> Tried {
    let at = chrono::DateTime::UNIX_EPOCH;
    Tried { remedy, before: Level(5), after: Level(5), kept, what: String::new(), from: at, to: at }
}

fn ask(seen: Option<bool>, remedies: &[Remedy], tried: &[Tried], held: &[Held], late: bool) -> Next {
    let (first, seen) = (vec![invariant(Some(false))], vec![invariant(seen)]);
    next(&Standing { first: &first, seen: &seen, remedies, tried, held, late })
}

#[test]
fn remedies_are_tried_in_order_and_none_twice() {
    let remedies = [remedy("a"), remedy("b")];
    assert_eq!(ask(Some(false), &remedies, &[], &[], false), Next::Try(Box::new(remedy("a"))));
    assert_eq!(ask(Some(false), &remedies, &[tried(remedy("a"), false)], &[], false), Next::Try(Box::new(remedy("b"))));
    let both = [tried(remedy("a"), false), tried(remedy("b"), false)];
    assert_eq!(ask(Some(false), &remedies, &both, &[], false), Next::End(ActOutcome::Unhealed));
}

#[test]
fn what_eased_it_and_was_withdrawn_may_be_put_in_place_again_and_a_repair_is_not_made_twice() {
    let repair = Remedy { lasts: true, ..remedy("a") };
    let again = ask(Some(false), &[remedy("a")], &[tried(remedy("a"), true)], &[], false);
    assert_eq!(again, Next::Try(Box::new(remedy("a"))));
    let held = [Held { remedy: remedy("a"), since: chrono::DateTime::UNIX_EPOCH }];
    let stands = ask(Some(false), &[remedy("a")], &[tried(remedy("a"), true)], &held, false);
    assert_eq!(stands, Next::End(ActOutcome::Unhealed));
    let made = ask(Some(false), std::slice::from_ref(&repair), &[tried(repair.clone(), true)], &[], false);
    assert_eq!(made, Next::End(ActOutcome::Unhealed));
}

#[test]
fn a_missing_answer_is_neither_well_nor_ill() {
    assert_eq!(ask(None, &[remedy("a")], &[], &[], false), Next::End(ActOutcome::Unverified));
    assert_eq!(ask(Some(true), &[], &[], &[], false), Next::End(ActOutcome::Healed));
}

#[test]
fn what_is_well_only_for_the_time_being_is_relieved_and_not_healed() {
    let held = [Held { remedy: remedy("a"), since: chrono::DateTime::UNIX_EPOCH }];
    assert_eq!(ask(Some(true), &[], &[], &held, false), Next::End(ActOutcome::Relieved));
}

#[test]
fn nothing_is_begun_when_the_time_is_up() {
    assert_eq!(ask(Some(false), &[remedy("a")], &[], &[], true), Next::End(ActOutcome::Unhealed));
}

#[test]
fn as_bad_as_before_is_not_better() {
    assert!(helped(Level(5), Level(4)));
    assert!(!helped(Level(5), Level(5)));
    assert!(!helped(Level(5), Level(6)));
}

#[test]
fn some_of_several_troubles_gone_is_better_and_not_well() {
    let first = [invariant(Some(false)), invariant(Some(false))];
    let seen = [invariant(Some(true)), invariant(Some(false))];
    let standing = Standing { first: &first, seen: &seen, remedies: &[], tried: &[], held: &[], late: false };
    assert_eq!(next(&standing), Next::End(ActOutcome::Better));
}
