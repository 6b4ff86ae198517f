//! What holds for every graph and every set of alerts.

use crate::at;
use chrono::TimeDelta;
use correlation::{Alert, Bounds, Graph, Group, Kind, Root, groups};
use proptest::prelude::*;
use std::collections::BTreeSet;

fn name(service: usize) -> String {
    format!("s{service:02}")
}

fn services() -> impl Strategy<Value = Vec<(String, Vec<String>)>> {
    let needs = prop::collection::vec(prop::collection::vec(0..16_usize, 0..4), 12);
    needs.prop_map(|all| {
        let named = |needs: Vec<usize>| needs.into_iter().map(name).collect();
        all.into_iter().enumerate().map(|(service, needs)| (name(service), named(needs))).collect()
    })
}

fn alert() -> impl Strategy<Value = Alert> {
    let kind = prop_oneof![Just(Kind::Own), Just(Kind::Unknown), Just(Kind::Dependency)];
    (0..14_usize, 0..3_u8, -60..200_i64, 0..90_i64, kind).prop_map(|(service, code, first, lasts, kind)| Alert {
        service: name(service),
        code: format!("C{code}"),
        first: at(first),
        last: at(first + lasts),
        kind,
    })
}

fn raised() -> impl Strategy<Value = Vec<Alert>> {
    let all = prop::collection::vec(alert(), 0..40);
    // An incident store has one of a service and a code.
    all.prop_map(|all| {
        let mut seen = BTreeSet::new();
        all.into_iter().filter(|alert| seen.insert((alert.service.clone(), alert.code.clone()))).collect()
    })
}

fn graph_of(services: &[(String, Vec<String>)]) -> Graph {
    Graph::of(services.iter().map(|(service, needs)| (service.as_str(), needs.iter().map(String::as_str))))
}

/// The groups by name instead of index.
fn named(alerts: &[Alert], found: &[Group]) -> BTreeSet<String> {
    let key = |alert: usize| format!("{}/{}", alerts[alert].service, alerts[alert].code);
    let one = |group: &Group| {
        let members: Vec<String> =
            group.members.iter().map(|member| format!("{} {:?}", key(member.alert), member.path)).collect();
        format!("{:?} {} {members:?}", group.root, key(group.lead))
    };
    found.iter().map(one).collect()
}

proptest! {
    #[test]
    fn every_alert_is_in_one_group(services in services(), alerts in raised()) {
        let found = groups(&alerts, &graph_of(&services), &Bounds::default());
        let mut all: Vec<usize> = found.iter().flat_map(|group| group.members.iter().map(|member| member.alert).chain([group.lead])).collect();
        all.sort_unstable();
        prop_assert_eq!(all, (0..alerts.len()).collect::<Vec<_>>());
    }

    #[test]
    fn the_order_in_which_alerts_and_services_are_given_does_not_matter(services in services(), alerts in raised(), seed in any::<u64>()) {
        let found = groups(&alerts, &graph_of(&services), &Bounds::default());
        let mixed = |len: usize| {
            let mut order: Vec<usize> = (0..len).collect();
            order.sort_by_key(|index| (*index as u64 + 1).wrapping_mul(seed | 1).rotate_left(17));
            order
        };
        let other: Vec<Alert> = mixed(alerts.len()).into_iter().map(|index| alerts[index].clone()).collect();
        let shuffled: Vec<_> = mixed(services.len()).into_iter().map(|index| services[index].clone()).collect();
        let again = groups(&other, &graph_of(&shuffled), &Bounds::default());
        prop_assert_eq!(named(&alerts, &found), named(&other, &again));
    }

    #[test]
    fn what_is_its_services_own_leads(services in services(), alerts in raised()) {
        let found = groups(&alerts, &graph_of(&services), &Bounds::default());
        for member in found.iter().flat_map(|group| &group.members) {
            prop_assert!(alerts[member.alert].kind != Kind::Own);
        }
    }

    #[test]
    fn a_path_goes_from_the_member_to_the_root_along_what_is_needed(services in services(), alerts in raised()) {
        let found = groups(&alerts, &graph_of(&services), &Bounds::default());
        let needs = |one: &str, other: &str| services.iter().any(|(name, needs)| name == one && needs.iter().any(|need| need == other));
        for group in &found {
            let root = match &group.root {
                Root::Alerting => alerts[group.lead].service.clone(),
                Root::Silent { service, .. } => service.clone(),
            };
            for member in &group.members {
                prop_assert_eq!(&member.path[0], &alerts[member.alert].service);
                prop_assert_eq!(member.path.last().unwrap(), &root);
                prop_assert!(member.path.windows(2).all(|step| needs(&step[0], &step[1])), "{:?}", member.path);
            }
        }
    }

    #[test]
    fn a_silent_root_is_silent(services in services(), alerts in raised()) {
        for group in groups(&alerts, &graph_of(&services), &Bounds::default()) {
            if let Root::Silent { service, or } = group.root {
                prop_assert!(alerts.iter().all(|alert| alert.service != service && !or.contains(&alert.service)));
            }
        }
    }

    #[test]
    fn alerts_of_services_that_have_nothing_to_do_with_each_other_stay_apart(alerts in raised()) {
        let none = Graph::of(std::iter::empty::<(&str, [&str; 0])>());
        prop_assert_eq!(groups(&alerts, &none, &Bounds::default()).len(), alerts.len());
    }

    #[test]
    fn what_happened_long_before_changes_nothing(services in services(), alerts in raised()) {
        let graph = graph_of(&services);
        let before = groups(&alerts, &graph, &Bounds::default()).len();
        let past = |alert: &Alert| Alert {
            code: format!("OLD-{}", alert.code),
            first: alert.first - TimeDelta::hours(2),
            last: alert.last - TimeDelta::hours(2),
            kind: Kind::Own,
            ..alert.clone()
        };
        let with: Vec<Alert> = alerts.iter().cloned().chain(alerts.iter().take(1).map(past)).collect();
        let after = groups(&with, &graph, &Bounds::default());
        // A service that spoke long ago is as good as silent, but a silent root has never spoken.
        let silent = |found: &[Group]| found.iter().any(|group| matches!(group.root, Root::Silent { .. }));
        if !silent(&after) && !silent(&groups(&alerts, &graph, &Bounds::default())) {
            prop_assert_eq!(after.len(), before + with.len() - alerts.len());
        }
    }
}
