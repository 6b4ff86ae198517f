//! One cause is one, two are two.

use crate::{alerts, check, graph};
use correlation::{Bounds, groups};

const CHAIN: &[&str] = &["shop>cart", "cart>stock", "stock>store"];

#[test]
fn an_alert_alone_is_a_group_alone() {
    check(CHAIN, &["cart 0 ?"], &["cart"]);
    check(&[], &["nobody-knows-it 0 ?"], &["nobody-knows-it"]);
    check(CHAIN, &[], &[]);
}

#[test]
fn symptoms_belong_to_the_deepest_alert_that_their_services_need() {
    check(CHAIN, &["shop 3 ?", "cart 2 ?", "stock 1 ?", "store 0 ?"], &["store<cart,shop,stock"]);
    check(&["a>hub", "b>hub", "c>hub"], &["a 1 ?", "b 1 ?", "c 2 ?", "hub 0 !"], &["hub<a,b,c"]);
}

#[test]
fn one_silent_service_between_is_passed_and_two_are_not() {
    check(CHAIN, &["cart 2 ?", "store 0 ?"], &["store<cart"]);
    check(CHAIN, &["shop 3 ?", "store 0 ?"], &["shop", "store"]);
}

#[test]
fn a_symptom_may_be_told_a_little_before_its_cause() {
    check(CHAIN, &["stock 0 ?", "store 15 ?"], &["store<stock"]);
    check(CHAIN, &["stock 0 ?", "store 25 ?"], &["stock", "store"]);
}

#[test]
fn what_begins_long_after_its_dependency_was_last_seen_is_no_symptom_of_it() {
    check(CHAIN, &["stock 149 ~", "store 0 ?"], &["store<stock"]);
    check(CHAIN, &["stock 151 ~", "store 0 ?"], &["stock", "store"]);
    // What does not call itself a symptom begins promptly.
    check(CHAIN, &["stock 45 ?", "store 0 ?"], &["store<stock"]);
    check(CHAIN, &["stock 46 ?", "store 0 ?"], &["stock", "store"]);
}

#[test]
fn a_fault_of_its_own_is_nobodys_symptom_and_has_symptoms() {
    check(CHAIN, &["shop 3 ?", "cart 2 !", "store 0 !"], &["cart<shop", "store"]);
    check(CHAIN, &["stock.MINE 2 !", "stock.SLOW 2 ~", "store 0 !"], &["stock.MINE", "store<stock.SLOW"]);
}

#[test]
fn where_nearly_all_that_need_a_service_are_quiet_it_explains_only_what_calls_itself_a_symptom() {
    let hub = &["a>hub", "b>hub", "c>hub", "d>hub"];
    check(hub, &["a 1 ?", "hub 0 ?"], &["a", "hub"]);
    check(hub, &["a 1 ~", "hub 0 ?"], &["hub<a"]);
    check(hub, &["a 1 ?", "b 1 ?", "hub 0 ?"], &["hub<a,b"]);
}

#[test]
fn two_causes_whose_symptoms_overlap_stay_two() {
    let both = &["a>left", "b>left", "c>left,right", "d>right", "e>right"];
    let raised = &["a 1 ?", "b 2 ?", "c 63 ?", "d 61 ?", "e 64 ?", "left 0 ?", "right 60 ?"];
    check(both, raised, &["left<a,b", "right<c,d,e"]);
}

#[test]
fn codes_of_one_root_are_one_unless_they_are_its_own() {
    let hub = &["a>hub", "b>hub"];
    check(hub, &["a 1 ?", "b 1 ?", "hub.DISK 0 ?", "hub.WRITE 1 ?"], &["hub.DISK<a,b,hub.WRITE"]);
    check(hub, &["a 1 ?", "b 1 ?", "hub.DISK 0 !", "hub.WRITE 9 !"], &["hub.DISK<a,b", "hub.WRITE"]);
    // Nobody's symptoms speak for it: two faults of a service are two.
    check(hub, &["a.ONE 0 ?", "a.TWO 0 ?"], &["a.ONE", "a.TWO"]);
}

#[test]
fn a_silent_service_that_most_who_need_it_point_at_is_a_root() {
    let three = &["a>postgres", "b>postgres", "c>postgres", "d>postgres"];
    check(three, &["a 2 ?", "b 0 ?", "c 1 ?"], &["[postgres] b<a,c"]);
    check(three, &["a 2 ?", "b 0 ?"], &["a", "b"]);
    check(three, &["a 2 !", "b 0 !", "c 1 !"], &["a", "b", "c"]);
    check(three, &["a 2 ?", "b 0 ?", "c 500 ?"], &["a", "b", "c"]);
    let five = &["a>postgres", "b>postgres", "c>postgres", "d>postgres", "e>postgres", "f>postgres"];
    check(five, &["a 2 ?", "b 0 ?", "c 1 ?"], &["a", "b", "c"]);
}

#[test]
fn two_suffice_for_a_silent_root_when_one_calls_itself_a_symptom() {
    let three = &["a>postgres", "b>postgres", "c>postgres"];
    check(three, &["a 2 ~", "b 0 ~"], &["[postgres] b<a"]);
    check(three, &["a 2 ~", "b 0 ?"], &["[postgres] b<a"]);
    check(three, &["a 2 ?", "b 0 ?"], &["a", "b"]);
    check(&["a>postgres"], &["a 0 ~"], &["a"]);
}

#[test]
fn silent_roots_that_nothing_tells_apart_are_both_named() {
    let both = &["a>postgres,redis", "b>postgres,redis", "c>postgres,redis"];
    check(both, &["a 0 ?", "b 1 ?", "c 2 ?"], &["[postgres or redis] a<b,c"]);
}

#[test]
fn symptoms_of_symptoms_go_to_the_silent_root_too() {
    let deep = &["x>a", "y>b", "a>postgres", "b>postgres", "c>postgres"];
    check(deep, &["x 3 ?", "y 3 ?", "a 1 ?", "b 0 ?", "c 1 ?"], &["[postgres] b<a,c,x,y"]);
}

#[test]
fn in_a_cycle_the_first_is_the_root_and_a_way_out_leads_deeper() {
    let ring = &["a>b", "b>c", "c>a"];
    check(ring, &["a 3 ?", "b 0 ?", "c 2 ?"], &["b<a,c"]);
    check(ring, &["a 3 ?", "b 5 !", "c 2 ?"], &["b<a,c"]);
    check(&["a>b", "b>a,store"], &["a 0 ?", "b 1 ?", "store 2 ?"], &["store<a,b"]);
    check(&["a>a"], &["a 0 ?"], &["a"]);
}

#[test]
fn a_member_is_told_with_the_way_to_its_root_and_how_much_later_it_began() {
    let alerts = alerts(&["shop 3 ?", "stock 1 ?", "store 0 ?"]);
    let found = groups(&alerts, &graph(CHAIN), &Bounds::default());
    let member = found[0].members.iter().find(|member| member.alert == 0).unwrap();
    assert_eq!(member.path, ["shop", "cart", "stock", "store"]);
    assert_eq!(member.after, chrono::TimeDelta::seconds(3));
}

#[test]
fn a_fault_that_explains_nothing_but_what_a_larger_cause_explains_leads_itself_alone() {
    let needs = &["a>hub", "b>hub", "c>hub", "d>a", "e>a"];
    check(needs, &["hub 0 ?", "a.NOISE -15 !", "a 1 ?", "b 1 ?", "c 2 ?", "d 2 ?"], &["a.NOISE", "hub<a,b,c,d"]);
}

#[test]
fn other_codes_of_a_service_with_a_fault_of_its_own_are_symptoms_of_it_where_others_have_trouble_too() {
    let needs = &["a>hub", "b>a", "c>a"];
    let raised = &["hub 0 !", "a.MINE 40 !", "a.SLOW 41 ?", "b 42 ?", "c 42 ?"];
    check(needs, raised, &["a.MINE<a.SLOW,b,c", "hub"]);
}
