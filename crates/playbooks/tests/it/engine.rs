//! What is the same for all playbooks, with one whose world is a few numbers.

use crate::stand::{Stand, check};
use playbooks::{ActError, Playbook};
use std::sync::Mutex;
use wire::runtime::{ActOutcome, Action, Invariant, Remedy, Undo};

/// A thing at a place; it is well at some places, and better at others than at first.
#[derive(Default)]
pub(crate) struct Thing {
    pub(crate) world: Mutex<World>,
    /// Where it is well.
    pub(crate) well_at: Vec<&'static str>,
    /// Places that cannot be left again.
    pub(crate) traps: Vec<&'static str>,
    pub(crate) remedies: Vec<Remedy>,
    /// What can be tried only once it went somewhere.
    pub(crate) later: Vec<Remedy>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct World {
    at: String,
    went: Vec<String>,
    over: bool,
}

fn go(at: &str) -> Action {
    Action::Register { at: at.into() }
}

fn relief(at: &str) -> Remedy {
    Remedy::relief(format!("go to {at}"), go(at), Undo::by(go("home")))
}

pub(crate) fn repair(at: &str) -> Remedy {
    Remedy::repair(format!("go to {at}"), go(at), Undo::by(go("home")))
}

impl Thing {
    pub(crate) fn went(&self) -> Vec<String> {
        self.world.lock().expect("a world").went.clone()
    }
}

impl Playbook for Thing {
    type Seen = World;
    async fn look(&self) -> World {
        self.world.lock().expect("a world").clone()
    }
    fn invariants(&self, seen: &World) -> Vec<Invariant> {
        let holds = Some(seen.over || self.well_at.contains(&seen.at.as_str()));
        vec![Invariant { name: "it works".into(), holds, weight: 3, seen: seen.at.clone() }]
    }
    fn diagnose(&self, _: &World) -> String {
        "it does not work".into()
    }
    fn remedies(&self, seen: &World) -> Vec<Remedy> {
        let later = if seen.went.is_empty() { Vec::new() } else { self.later.clone() };
        self.remedies.iter().cloned().chain(later).collect()
    }
    fn is_over(&self, seen: &World) -> bool {
        seen.over
    }
    async fn act(&self, action: &Action) -> Result<String, ActError> {
        let Action::Register { at } = action else { return Err(ActError::Refused("it only moves".into())) };
        let mut world = self.world.lock().expect("a world");
        if self.traps.contains(&world.at.as_str()) {
            return Err(ActError::Refused("it cannot leave".into()));
        }
        world.at.clone_from(at);
        world.went.push(at.clone());
        Ok(format!("it is at {at}"))
    }
}

#[tokio::test]
async fn what_makes_nothing_better_is_taken_back_before_the_next_is_tried() {
    let stand = Stand::new();
    let thing = Thing { well_at: vec!["b"], remedies: vec![repair("a"), repair("b")], ..Thing::default() };
    let report = stand.heal(&thing, "x").await;
    check(&report, ActOutcome::Healed);
    assert_eq!(thing.went(), ["a", "home", "b"]);
    assert_eq!(report.tried.iter().map(|tried| tried.kept).collect::<Vec<_>>(), [false, true]);
}

#[tokio::test]
async fn when_nothing_helps_all_is_as_it_was() {
    let stand = Stand::new();
    let thing = Thing { remedies: vec![repair("a"), relief("b")], ..Thing::default() };
    check(&stand.heal(&thing, "x").await, ActOutcome::Unhealed);
    assert_eq!(thing.went(), ["a", "home", "b", "home"]);
    assert!(stand.diary().held().is_empty());
}

#[tokio::test]
async fn what_cannot_be_taken_back_ends_it() {
    let stand = Stand::new();
    let thing =
        Thing { traps: vec!["a"], well_at: vec!["b"], remedies: vec![repair("a"), repair("b")], ..Thing::default() };
    check(&stand.heal(&thing, "x").await, ActOutcome::UndoFailed);
    assert_eq!(thing.went(), ["a"]);
}

#[tokio::test]
async fn a_relief_is_held_over_a_restart_and_withdrawn_when_the_cause_is_gone() {
    let stand = Stand::new();
    let thing = Thing { well_at: vec!["away"], remedies: vec![relief("away")], ..Thing::default() };
    check(&stand.heal(&thing, "x").await, ActOutcome::Relieved);
    let mut diary = stand.diary();
    assert_eq!(diary.held().len(), 1);
    assert!(!playbooks::withdraw(&thing, &stand.site, &mut diary).await.expect("a diary"));
    thing.world.lock().expect("a world").over = true;
    assert!(playbooks::withdraw(&thing, &stand.site, &mut diary).await.expect("a diary"));
    assert_eq!(thing.went(), ["away", "home"]);
    assert!(stand.diary().held().is_empty());
}

#[tokio::test]
async fn a_relief_that_is_still_needed_is_put_in_place_again() {
    /// Says that it is over as long as it is away.
    struct Liar(Thing);
    impl Playbook for Liar {
        type Seen = World;
        async fn look(&self) -> World {
            self.0.look().await
        }
        fn invariants(&self, seen: &World) -> Vec<Invariant> {
            self.0.invariants(seen)
        }
        fn diagnose(&self, seen: &World) -> String {
            self.0.diagnose(seen)
        }
        fn remedies(&self, seen: &World) -> Vec<Remedy> {
            self.0.remedies(seen)
        }
        fn is_over(&self, seen: &World) -> bool {
            seen.at == "away"
        }
        async fn act(&self, action: &Action) -> Result<String, ActError> {
            self.0.act(action).await
        }
    }
    let stand = Stand::new();
    let liar = Liar(Thing { well_at: vec!["away"], remedies: vec![relief("away")], ..Thing::default() });
    check(&stand.heal(&liar, "x").await, ActOutcome::Relieved);
    assert!(!playbooks::withdraw(&liar, &stand.site, &mut stand.diary()).await.expect("a diary"));
    assert_eq!(liar.0.went(), ["away", "home", "away"]);
    assert_eq!(stand.diary().held().len(), 1);
}

#[tokio::test]
async fn a_healing_that_was_cut_short_goes_on_with_what_it_was_trying() {
    let stand = Stand::new();
    let slow = Thing { well_at: vec!["c"], remedies: vec![repair("a"), repair("b"), repair("c")], ..Thing::default() };
    let mut diary = stand.diary();
    {
        // Dropped in the middle of the second remedy, as by a kill: what follows an await never happens.
        let healing = playbooks::heal(&slow, &stand.site, &mut diary, "x");
        tokio::pin!(healing);
        let second = async {
            let there = async || slow.went().iter().any(|at| at == "b").then_some(());
            testkit::eventually("the second remedy", std::time::Duration::from_secs(10), there).await;
        };
        tokio::select! { _ = &mut healing => panic!("it ended"), () = second => {} }
    }
    let report = playbooks::heal(&slow, &stand.site, &mut stand.diary(), "x").await.expect("a diary");
    check(&report, ActOutcome::Healed);
    assert_eq!(slow.went(), ["a", "home", "b", "b", "home", "c"]);
    assert_eq!(report.tried.len(), 3);
}

#[tokio::test]
async fn what_was_cut_short_is_finished_though_nobody_asks_for_it_any_more() {
    for by_withdraw in [true, false] {
        let stand = Stand::new();
        let thing = Thing { well_at: vec!["b"], remedies: vec![repair("a")], ..Thing::default() };
        let mut diary = stand.diary();
        {
            let healing = playbooks::heal(&thing, &stand.site, &mut diary, "x");
            tokio::pin!(healing);
            let there = async || thing.went().iter().any(|at| at == "a").then_some(());
            let first = testkit::eventually("the first remedy", std::time::Duration::from_secs(10), there);
            tokio::select! { _ = &mut healing => panic!("it ended"), () = first => {} }
        }
        let mut diary = stand.diary();
        assert!(diary.is_cut_short());
        if by_withdraw {
            playbooks::withdraw(&thing, &stand.site, &mut diary).await.expect("a diary");
        } else {
            playbooks::heal(&thing, &stand.site, &mut diary, "another").await.expect("a diary");
        }
        assert!(!stand.diary().is_cut_short());
        assert_eq!(
            thing.went().get(..3),
            Some(&["a".to_owned(), "a".to_owned(), "home".to_owned()][..]),
            "{by_withdraw}"
        );
    }
}

#[tokio::test]
async fn what_was_done_before_it_was_cut_short_is_not_done_a_second_time() {
    for (there, went) in [("a", vec![]), ("nowhere", vec!["a"])] {
        let stand = Stand::new();
        let thing = Thing { well_at: vec!["a"], remedies: vec![repair("a")], ..Thing::default() };
        thing.world.lock().expect("a world").at = there.to_owned();
        // What a kill after the action, and before its outcome was written, leaves.
        let trying = serde_json::json!({ "remedy": repair("a"), "before": 3, "from": stand.site.clock.now() });
        let page = serde_json::json!({ "cause": "x", "first": [], "tried": [], "held": [], "trying": trying });
        stand.write("diary.json", page.to_string());
        let report = playbooks::heal(&thing, &stand.site, &mut stand.diary(), "x").await.expect("a diary");
        check(&report, ActOutcome::Healed);
        assert_eq!(thing.went(), went, "somebody may have gone on from there: {report:#?}");
        assert!(report.tried.iter().all(|tried| tried.kept) && report.tried.len() == 1);
    }
}

#[tokio::test]
async fn what_was_not_begun_is_not_taken_back_and_not_spent_but_not_tried_for_ever() {
    /// Nothing reaches it so many times.
    struct Away(Thing, Mutex<u32>);
    impl Playbook for Away {
        type Seen = World;
        async fn look(&self) -> World {
            self.0.look().await
        }
        fn invariants(&self, seen: &World) -> Vec<Invariant> {
            self.0.invariants(seen)
        }
        fn diagnose(&self, seen: &World) -> String {
            self.0.diagnose(seen)
        }
        fn remedies(&self, seen: &World) -> Vec<Remedy> {
            self.0.remedies(seen)
        }
        fn is_over(&self, seen: &World) -> bool {
            self.0.is_over(seen)
        }
        async fn act(&self, action: &Action) -> Result<String, ActError> {
            let left = {
                let mut left = self.1.lock().expect("a number");
                let now = *left;
                *left = now.saturating_sub(1);
                now
            };
            match left {
                0 => self.0.act(action).await,
                _ => Err(ActError::Unsent { why: "it is away".into(), may_pass: true }),
            }
        }
    }
    let thing = || Thing { well_at: vec!["a"], remedies: vec![repair("a")], ..Thing::default() };
    let (stand, away) = (Stand::new(), Away(thing(), Mutex::new(2)));
    check(&stand.heal(&away, "x").await, ActOutcome::Healed);
    assert_eq!(away.0.went(), ["a"]);
    let (stand, away) = (Stand::new(), Away(thing(), Mutex::new(3)));
    let report = stand.heal(&away, "x").await;
    check(&report, ActOutcome::Unhealed);
    assert!(report.tried.is_empty() && report.advice.join("").contains("it is away"), "{report:#?}");
    check(&stand.heal(&away, "x").await, ActOutcome::Healed);
}

#[tokio::test]
async fn without_a_diary_nothing_is_done() {
    let stand = Stand::new();
    stand.write("diary.json", "{ torn");
    let error = playbooks::Diary::open(stand.path("diary.json")).expect_err("no diary");
    assert!(error.to_string().contains("look what stands in place"), "{error}");
}

#[tokio::test]
async fn reliefs_that_replaced_each_other_are_withdrawn_at_once() {
    let stand = Stand::new();
    let away = || Thing { well_at: vec!["a"], remedies: vec![relief("a")], ..Thing::default() };
    let mut thing = away();
    check(&stand.heal(&thing, "x").await, ActOutcome::Relieved);
    // Where it went does not help any more; the way back from the next place leads there.
    thing.well_at = vec!["b"];
    thing.remedies = vec![Remedy::relief("go to b", go("b"), Undo::by(go("a")))];
    check(&stand.heal(&thing, "y").await, ActOutcome::Relieved);
    thing.world.lock().expect("a world").over = true;
    assert!(playbooks::withdraw(&thing, &stand.site, &mut stand.diary()).await.expect("a diary"));
    assert_eq!(thing.went(), ["a", "b", "home"]);
}

#[tokio::test]
async fn a_relief_that_is_missed_at_once_stays_longer_each_time() {
    let clock = testkit::FakeClock::at(1_000);
    let mut stand = Stand::new();
    stand.site.clock = std::sync::Arc::new(clock.clone());
    let thing = Thing { well_at: vec!["away"], remedies: vec![relief("away")], ..Thing::default() };
    let set_over = |over| thing.world.lock().expect("a world").over = over;
    for pause in [0, 10, 20, 40] {
        set_over(false);
        check(&stand.heal(&thing, &format!("after {pause}")).await, ActOutcome::Relieved);
        set_over(true);
        if pause > 0 {
            clock.advance(chrono::TimeDelta::seconds(pause - 1));
            assert!(!playbooks::withdraw(&thing, &stand.site, &mut stand.diary()).await.expect("a diary"), "{pause}");
            clock.advance(chrono::TimeDelta::seconds(1));
        }
        assert!(playbooks::withdraw(&thing, &stand.site, &mut stand.diary()).await.expect("a diary"), "{pause}");
    }
}
