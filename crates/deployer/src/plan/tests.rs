//! The plan against a model of the world: every way a step can fail, and a crash before and after each effect.

use super::*;

/// What is outside: it survives a crash.
#[derive(Debug, Clone)]
struct World {
    /// The table.
    stage: Stage,
    live: Who,
    blue_state: Life,
    green_state: Life,
    rollouts: u32,
    green_running: bool,
    route: Who,
    starts: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Blue,
    Green,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Life {
    Absent,
    Waiting,
    Live,
    Draining,
}

/// What a crash forgets.
#[derive(Debug, Clone)]
struct Memory {
    failed: bool,
    artefact: Artefact,
    green: bool,
    healthy: bool,
    replayed: bool,
    confirmed: bool,
    front: Front,
    bake: Bake,
}

/// What goes wrong in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    Nothing,
    At(Step),
}

fn begin() -> World {
    World {
        stage: Stage::Begun,
        live: Who::Blue,
        blue_state: Life::Live,
        green_state: Life::Absent,
        rollouts: 0,
        green_running: false,
        route: Who::Blue,
        starts: 0,
    }
}

fn fresh() -> Memory {
    Memory {
        failed: false,
        artefact: Artefact::Unknown,
        green: false,
        healthy: false,
        replayed: false,
        confirmed: false,
        front: Front::Open,
        bake: Bake::Open,
    }
}

fn facts(world: &World, memory: &Memory, same_tree: bool) -> Facts {
    let recorded = world.stage != Stage::Begun;
    let green = match (memory.green || recorded, world.green_running) {
        (false, _) => Green::None,
        (true, false) => Green::Dead,
        (true, true) if memory.healthy || recorded => Green::Healthy,
        (true, true) => Green::Started,
    };
    Facts {
        stage: world.stage,
        failed: memory.failed,
        strays: world.stage == Stage::Begun && !memory.green && world.green_state == Life::Waiting,
        same_tree,
        artefact: memory.artefact,
        green,
        replay_open: !memory.replayed,
        confirmed: memory.confirmed,
        front: memory.front,
        bake: memory.bake,
        has_former: true,
    }
}

/// Does a step. With `crash_within` the effect outside has happened and its record has not.
fn act(step: Step, world: &mut World, memory: &mut Memory, fails: bool, crash_within: bool) {
    match step {
        Step::EndStrays => {
            world.green_state = Life::Draining;
            world.green_running = false;
        }
        Step::FindArtefact | Step::CheckArtefact | Step::Replay | Step::Confirm if fails => memory.failed = true,
        Step::FindArtefact => memory.artefact = Artefact::Named,
        Step::CheckArtefact => memory.artefact = Artefact::Sound,
        Step::Start => {
            world.green_state = Life::Waiting;
            world.starts += 1;
            memory.green = true;
            memory.failed = fails;
            world.green_running = !fails;
        }
        Step::AwaitHealth => (memory.healthy, memory.failed) = (!fails, fails),
        Step::Replay => memory.replayed = true,
        Step::Confirm => memory.confirmed = true,
        Step::Intend if fails => memory.failed = true,
        Step::Intend => world.stage = Stage::Switching,
        Step::Switch => {
            world.route = Who::Green;
            memory.front = if fails { Front::Refused } else { Front::Taken };
        }
        Step::GoLive => {
            (world.stage, world.live, world.green_state) = (Stage::Baking, Who::Green, Life::Live);
            world.rollouts += 1;
        }
        Step::Bake => memory.bake = if fails { Bake::Regressed } else { Bake::Passed },
        Step::Finish => (world.stage, world.blue_state) = (Stage::Ended, Life::Draining),
        Step::TurnBack => world.stage = Stage::Reverting,
        Step::GoBack => {
            world.route = Who::Blue;
            if !crash_within {
                (world.stage, world.live, world.green_state) = (Stage::Ended, Who::Blue, Life::Draining);
            }
        }
        Step::Abandon => {
            world.stage = Stage::Ended;
            if world.green_state == Life::Waiting {
                world.green_state = Life::Draining;
            }
        }
        Step::Adopt => world.stage = Stage::Ended,
        Step::Answer => {}
    }
}

/// Runs to the end with one fault and one crash at the n-th step.
fn run(fault: Fault, crash_at: Option<usize>, crash_within: bool) -> (World, Vec<Step>) {
    let (mut world, mut memory, mut steps) = (begin(), fresh(), Vec::new());
    for count in 0..60 {
        let step = next(&facts(&world, &memory, false));
        steps.push(step);
        if step == Step::Answer {
            return (world, steps);
        }
        let crashes = crash_at == Some(count);
        act(step, &mut world, &mut memory, fault == Fault::At(step), crashes && crash_within);
        assert!(world.route == Who::Green || world.route == world.live || world.stage == Stage::Reverting, "{steps:?}");
        if crashes {
            memory = fresh();
        }
    }
    panic!("it never ends: {steps:?}");
}

const ALL: [Step; 17] = [
    Step::EndStrays,
    Step::Adopt,
    Step::FindArtefact,
    Step::CheckArtefact,
    Step::Start,
    Step::AwaitHealth,
    Step::Replay,
    Step::Confirm,
    Step::Intend,
    Step::Switch,
    Step::GoLive,
    Step::Bake,
    Step::Finish,
    Step::TurnBack,
    Step::GoBack,
    Step::Abandon,
    Step::Answer,
];

#[test]
fn every_failure_and_every_crash_ends_with_one_life_and_traffic_on_it() {
    for fault in ALL.into_iter().map(Fault::At).chain([Fault::Nothing]) {
        for crash_at in (0..20).map(Some).chain([None]) {
            for within in [false, true] {
                let (world, steps) = run(fault, crash_at, within);
                let told = format!("{fault:?}, crash after {crash_at:?} (within: {within}): {steps:?} -> {world:?}");
                assert_eq!(world.route, world.live, "traffic goes to what is live: {told}");
                let (live, other) = match world.live {
                    Who::Blue => (world.blue_state, world.green_state),
                    Who::Green => (world.green_state, world.blue_state),
                };
                assert_eq!(live, Life::Live, "what is live stays: {told}");
                assert!(matches!(other, Life::Absent | Life::Draining), "the other one is ended: {told}");
                assert!(world.rollouts <= 1, "it goes live at most once: {told}");
            }
        }
    }
}

#[test]
fn without_a_failure_it_goes_live_exactly_once_wherever_it_crashes() {
    for crash_at in (0..20).map(Some).chain([None]) {
        let (world, steps) = run(Fault::Nothing, crash_at, true);
        assert_eq!((world.live, world.rollouts), (Who::Green, 1), "crash after {crash_at:?}: {steps:?}");
        assert!(world.starts <= 2, "{steps:?}");
    }
}

#[test]
fn a_failure_before_the_switch_never_touches_traffic() {
    for step in [Step::FindArtefact, Step::CheckArtefact, Step::Start, Step::AwaitHealth, Step::Replay, Step::Confirm] {
        let (world, steps) = run(Fault::At(step), None, false);
        assert!(!steps.contains(&Step::Switch), "{step:?}: {steps:?}");
        assert_eq!((world.live, world.rollouts), (Who::Blue, 0));
    }
}

#[test]
fn an_equal_tree_is_adopted_without_a_start() {
    let step = next(&facts(&begin(), &fresh(), true));
    assert_eq!(step, Step::Adopt);
}

#[test]
fn the_first_version_has_nothing_to_be_compared_with_and_stays() {
    let mut world = begin();
    world.stage = Stage::Baking;
    let facts = Facts { has_former: false, bake: Bake::Regressed, ..facts(&world, &fresh(), false) };
    assert_eq!(next(&facts), Step::Finish);
}

#[test]
fn a_green_that_dies_in_the_bake_or_before_the_switch_is_left() {
    let mut world = begin();
    for stage in [Stage::Switching, Stage::Baking] {
        world.stage = stage;
        assert_eq!(next(&facts(&world, &fresh(), false)), Step::TurnBack, "{stage:?}");
    }
}
