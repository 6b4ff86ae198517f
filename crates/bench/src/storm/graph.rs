//! Who needs whom, made up: layers, hubs with spokes, chains, layers with cycles.

use crate::madeup::MadeUp;
use std::collections::BTreeSet;

/// How many services there are.
pub(super) const SERVICES: usize = 50;
/// And how many things that are none of ours and that some of them need.
pub(super) const STRANGERS: usize = 5;

/// Services by number, with what each needs. The last ones are strangers. The names are shuffled, so that nothing can be read from them.
#[derive(Debug)]
pub(super) struct Made {
    pub(super) names: Vec<String>,
    pub(super) needs: Vec<BTreeSet<usize>>,
}

impl Made {
    /// One of the shapes.
    pub(super) fn up(dice: &mut MadeUp) -> Self {
        let mut needs = match dice.below(4) {
            0 => layers(dice),
            1 => hubs(dice),
            2 => chains(dice),
            _ => with_cycles(layers(dice), dice),
        };
        for own in 0..SERVICES {
            if dice.below(100) < 25 {
                add(&mut needs, own, SERVICES + dice.below(STRANGERS));
            }
        }
        let mut numbers: Vec<usize> = (0..SERVICES).collect();
        for last in (1..SERVICES).rev() {
            numbers.swap(last, dice.below(last + 1));
        }
        let strangers = (0..STRANGERS).map(|number| format!("stranger-{number}"));
        let names = numbers.into_iter().map(|number| format!("service-{number:02}")).chain(strangers).collect();
        Self { names, needs }
    }

    /// Who needs one.
    pub(super) fn needed_by(&self, service: usize) -> impl Iterator<Item = usize> {
        self.needs.iter().enumerate().filter(move |(_, needs)| needs.contains(&service)).map(|(by, _)| by)
    }

    pub(super) fn name(&self, service: usize) -> &str {
        self.names.get(service).map_or("", String::as_str)
    }
}

fn none() -> Vec<BTreeSet<usize>> {
    vec![BTreeSet::new(); SERVICES + STRANGERS]
}

fn add(needs: &mut [BTreeSet<usize>], own: usize, other: usize) {
    if let Some(needs) = needs.get_mut(own).filter(|_| own != other) {
        needs.insert(other);
    }
}

fn layers(dice: &mut MadeUp) -> Vec<BTreeSet<usize>> {
    let (mut needs, layers) = (none(), 4 + dice.below(3));
    let layer = |service: usize| service * layers / SERVICES;
    for own in 0..SERVICES {
        let below = (0..SERVICES).filter(|other| layer(*other) + 1 == layer(own)).collect::<Vec<_>>();
        let deeper = (0..SERVICES).filter(|other| layer(*other) < layer(own)).collect::<Vec<_>>();
        for _ in 0..1 + dice.below(3) {
            let among = if dice.below(100) < 70 { &below } else { &deeper };
            let other = among.get(dice.below(among.len())).copied();
            other.into_iter().for_each(|other| add(&mut needs, own, other));
        }
    }
    needs
}

fn hubs(dice: &mut MadeUp) -> Vec<BTreeSet<usize>> {
    let (mut needs, hubs) = (none(), 2 + dice.below(3));
    for own in hubs..SERVICES {
        // Two in three stand around a hub, the others around one that does.
        let spokes = hubs + (SERVICES - hubs) * 2 / 3;
        for _ in 0..1 + dice.below(2) {
            let other = if own < spokes { dice.below(hubs) } else { hubs + dice.below(spokes - hubs) };
            add(&mut needs, own, other);
        }
    }
    needs
}

fn chains(dice: &mut MadeUp) -> Vec<BTreeSet<usize>> {
    let (mut needs, long) = (none(), 8 + dice.below(8));
    for own in 0..SERVICES {
        if own % long != 0 {
            add(&mut needs, own, own - 1);
        }
        if dice.below(100) < 20 && own > 0 {
            add(&mut needs, own, dice.below(own));
        }
    }
    needs
}

fn with_cycles(mut needs: Vec<BTreeSet<usize>>, dice: &mut MadeUp) -> Vec<BTreeSet<usize>> {
    for _ in 0..3 + dice.below(4) {
        let own = dice.below(SERVICES / 2);
        add(&mut needs, own, own + 1 + dice.below(SERVICES - own - 1));
    }
    needs
}
