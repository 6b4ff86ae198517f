//! How many services that have to do with each other are in trouble at once, and what it costs to ask.

use crate::{alerts, at, graph};
use correlation::{Alert, Bounds, Graph, Kind, groups, storm};

#[track_caller]
fn check(needs: &[&str], raised: &[&str], wanted: &[usize]) {
    assert_eq!(storm::around(&alerts(raised), &graph(needs), at(0)), wanted);
}

#[test]
fn services_that_need_each_other_or_the_same_are_counted_together_and_each_once() {
    let needs = &["a>hub", "b>hub", "c>a", "far>away"];
    check(needs, &["a 1 ?", "b 1 ?", "c 1 ?", "far 1 ?"], &[3, 3, 3, 1]);
    check(needs, &["a.ONE 1 ?", "a.TWO 1 ?", "a.THREE 1 ?"], &[1, 1, 1]);
    check(&[], &["a 1 ?", "b 1 ?"], &[1, 1]);
}

#[test]
fn what_began_before_is_not_counted_and_what_it_has_to_do_with_is_told_all_the_same() {
    check(&["a>hub", "b>hub", "c>hub"], &["a -1 ?", "b 1 ?", "c 0 ?"], &[2, 2, 2]);
}

#[test]
fn thousands_of_services_in_a_chain_and_in_a_ring_are_no_trouble() {
    for ring in [false, true] {
        let names: Vec<String> = (0..5_000).map(|n| format!("s{n:04}")).collect();
        let needs = |n: usize| names.get(n + 1).or_else(|| names.first().filter(|_| ring)).map(String::as_str);
        let graph = Graph::of(names.iter().enumerate().map(|(n, name)| (name.as_str(), needs(n))));
        let alert = |name: &String| Alert {
            service: name.clone(),
            code: "F".into(),
            first: at(0),
            last: at(9),
            kind: Kind::Unknown,
        };
        let alerts: Vec<Alert> = names.iter().map(alert).collect();
        let found = groups(&alerts, &graph, &Bounds::default());
        assert_eq!((found.len(), found[0].members.len()), (1, 4_999));
        assert_eq!(alerts[found[0].lead].service, if ring { "s0000" } else { "s4999" });
        assert_eq!(storm::around(&alerts, &graph, at(0))[0], 5_000);
    }
}
