//! Anything may happen to a log at any moment; nothing is lost and nothing is counted twice.
//!
//! Two things lose lines by nature and are therefore only done when the router has caught up: truncating a file in
//! place without a copy, and removing a file while the router is down.

use crate::rig::{LIMIT, Process, Rig, fault, put};
use crate::store::Store;
use std::collections::BTreeSet;
use std::fs::File;

const EVENTS: usize = 500;

/// A small generator (SplitMix64): the same seed gives the same story.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }
}

struct Story {
    rig: Rig,
    store: Store,
    router: Option<Process>,
    log: File,
    dice: Dice,
    /// What each event is known by: its own id, or its line.
    written: BTreeSet<String>,
}

impl Story {
    fn known_by(&self) -> BTreeSet<String> {
        let told = self.store.told.lock().unwrap();
        let name = |d: &wire::detection::Detection| match d.line.as_deref() {
            Some(line) if line.starts_with("text") => line.to_owned(),
            _ => d.event_id.to_string(),
        };
        told.all.iter().map(name).collect()
    }

    fn files(&self) -> Vec<(String, u64)> {
        let entries = std::fs::read_dir(self.rig.path("live")).unwrap().map(Result::unwrap);
        entries.map(|e| (e.file_name().into_string().unwrap(), e.metadata().unwrap().len())).collect()
    }

    async fn catch_up(&mut self) {
        self.store.set_away(false);
        self.router.get_or_insert_with(|| self.rig.process(&self.store));
        let caught_up = async || (self.known_by() == self.written).then_some(());
        let caught_up = testkit::eventually("all events", LIMIT, caught_up);
        if tokio::time::timeout(LIMIT / 2, caught_up).await.is_err() {
            let (known, written) = (self.known_by(), &self.written);
            let lost: Vec<_> = written.difference(&known).collect();
            let invented: Vec<_> = known.difference(written).collect();
            let files = self.files();
            assert!(lost.is_empty() && invented.is_empty(), "lost {lost:?}, invented {invented:?}; files {files:?}");
        }
    }

    fn write(&mut self, i: usize) {
        for _ in 0..self.dice.roll(4) {
            put(&mut self.log, "{\"level\":\"info\",\"message\":\"nothing about BOOM\"}\n");
        }
        let (name, line) = if self.dice.roll(2) == 0 {
            (format!("e-{i}"), fault(&format!("e-{i}")))
        } else {
            (format!("text BOOM {i}"), format!("text BOOM {i}\n"))
        };
        if self.dice.roll(50) == 0 {
            put(&mut self.log, &format!("{}\n", "z".repeat(200_000)));
        }
        let cut = self.dice.roll(line.len() as u64) as usize;
        put(&mut self.log, &line[..cut]);
        put(&mut self.log, &line[cut..]);
        self.written.insert(name);
    }

    fn shift(&self) {
        for n in (1..9).rev() {
            let (from, to) = (format!("live/a.log.{n}"), format!("live/a.log.{}", n + 1));
            if self.rig.path(&from).exists() {
                self.rig.rename(&from, &to);
            }
        }
    }

    async fn befall(&mut self) {
        let live = self.rig.path("live");
        let what = self.dice.roll(40);
        if what < 11 {
            println!("after {} events: {what}", self.written.len());
        }
        match what {
            0 | 1 => {
                self.shift();
                std::fs::rename(live.join("a.log"), live.join("a.log.1")).unwrap();
                self.log = self.rig.log("a.log");
            }
            2 => {
                self.shift();
                std::fs::copy(live.join("a.log"), live.join("a.log.1")).unwrap();
                self.log.set_len(0).unwrap();
            }
            3 => {
                self.catch_up().await;
                self.log.set_len(0).unwrap();
            }
            4 => {
                self.catch_up().await;
                std::fs::remove_file(live.join("a.log")).unwrap();
                self.log = self.rig.log("a.log");
            }
            5 => self.router = None,
            6 | 7 => drop(self.router.get_or_insert_with(|| self.rig.process(&self.store))),
            8 => self.store.set_away(true),
            9 | 10 => self.store.set_away(false),
            _ => {}
        }
        if self.rig.path("live/a.log.8").exists() {
            self.catch_up().await;
            for n in 2..9 {
                std::fs::remove_file(self.rig.path(&format!("live/a.log.{n}"))).unwrap();
            }
        }
    }
}

async fn tell(seed: u64) {
    println!("seed {seed}");
    let (rig, store) = (Rig::new(), Store::start());
    let log = rig.log("a.log");
    // The state begins with the first start: what is rotated before it is history.
    let router = rig.process(&store);
    let begun = async || rig.path("state/tiny.json").exists().then_some(());
    testkit::eventually("the first state", LIMIT, begun).await;
    let (dice, written) = (Dice(seed), BTreeSet::new());
    let mut story = Story { rig, store, router: Some(router), log, dice, written };
    for i in 0..EVENTS {
        story.write(i);
        story.befall().await;
    }
    story.catch_up().await;
    assert_eq!(story.written.len(), EVENTS);
    let lines = |d: &wire::detection::Detection| (d.line.clone(), d.event_id.clone());
    let told: BTreeSet<_> = story.store.told.lock().unwrap().all.iter().map(lines).collect();
    let twice: Vec<_> = told.iter().zip(told.iter().skip(1)).filter(|(a, b)| a.0 == b.0).collect();
    assert!(twice.is_empty(), "seed {seed}: counted twice: {twice:?}");
    assert_eq!(story.store.ids().len(), EVENTS, "seed {seed}");
}

#[tokio::test]
async fn nothing_is_lost_and_nothing_counted_twice_whatever_befalls_the_files() {
    for seed in [1, 2] {
        tell(seed).await;
    }
}
