//! One run: a healer at work while things happen around it, until everything is at rest.

use super::choice::Choices;
use super::healer::{Healer, Tick};
use crate::world::World;
use healer::policy::Policy;
use wire::event::Body;
use wire::incident::Status;

/// More moves than any run may need.
const MAX_TICKS: usize = 500;
/// How often the fault may come back in one run.
const MAX_RECURRENCES: u32 = 2;

/// What may happen before any tick.
const NOTHING: usize = 0;
const CRASH: usize = 1;
const SEEN_AGAIN: usize = 2;
const RESTART: usize = 3;
const RESET: usize = 4;
/// The lease is lost and the holder does not know it yet: it goes on at once, or after some ticks of the next holder.
const LATE: [usize; 3] = [0, 1, 3];

struct Run<'a> {
    world: World,
    policy: Policy,
    choices: &'a mut Choices,
    healer: Healer,
    /// A holder whose lease is over, and in how many ticks it goes on.
    late: Option<(Healer, usize)>,
}

/// Plays a run to its end.
pub(crate) fn play(policy: Policy, choices: &mut Choices) -> World {
    let mut world = World::new();
    let healer = Healer::lease(&mut world, policy);
    let mut run = Run { world, policy, choices, healer, late: None };
    for _ in 0..MAX_TICKS {
        run.something_happens();
        run.late_holder_goes_on();
        match run.healer.tick(&mut run.world, run.choices) {
            Tick::Goes => {}
            // The release says what the holder has seen: when the journal has moved on, the incident is leased again.
            Tick::Rests | Tick::Waits(_) if run.healer.seen() < run.world.store.incident.position => run.next_lease(),
            Tick::Waits(until) => run.wait(until),
            Tick::Rests if run.comes_back() => run.next_lease(),
            Tick::Rests => return run.end(),
            Tick::Dropped if run.world.store.incident.status == Status::Archived => return run.end(),
            Tick::Dropped => panic!("the newest lease was refused"),
        }
    }
    panic!("not at rest after {MAX_TICKS} ticks: {:?}", run.world.store.incident)
}

impl Run<'_> {
    fn something_happens(&mut self) {
        let archived = self.world.store.incident.status == Status::Archived;
        if archived {
            return;
        }
        match self.choices.choose(RESET + 1 + LATE.len(), "happens") {
            NOTHING => {}
            CRASH => self.next_lease(),
            SEEN_AGAIN => self.world.store.detect_again(),
            RESTART => self.world.restart(),
            RESET => self.world.reset(),
            late => {
                let next = Healer::lease(&mut self.world, self.policy);
                let holder = std::mem::replace(&mut self.healer, next);
                self.late = Some((holder, LATE[late - RESET - 1]));
            }
        }
    }

    fn next_lease(&mut self) {
        self.healer = Healer::lease(&mut self.world, self.policy);
    }

    /// Goes on until it learns that the lease is lost; it must have learnt it with its first append.
    fn late_holder_goes_on(&mut self) {
        let Some((mut holder, ticks)) = self.late.take() else { return };
        if ticks > 0 {
            self.late = Some((holder, ticks - 1));
            return;
        }
        let before = self.world.store.events.len();
        for _ in 0..4 {
            match holder.tick(&mut self.world, self.choices) {
                Tick::Goes => {}
                Tick::Dropped | Tick::Rests | Tick::Waits(_) => {
                    assert_eq!(self.world.store.events.len(), before, "a lost lease appended");
                    return;
                }
            }
        }
        panic!("a holder goes on after its lease was lost");
    }

    /// Time passes, and a person answers if one was asked.
    fn wait(&mut self, until: chrono::DateTime<chrono::Utc>) {
        let store = &mut self.world.store;
        assert!(until > store.now, "a wait for what is past");
        let asked = store.incident.proposal.clone().filter(|_| store.incident.status == Status::AwaitingApproval);
        let answer = asked.map(|proposal| match self.choices.choose(3, "approval") {
            0 => Some(Body::Approved { digest: proposal.digest, by: "ann".into(), note: String::new() }),
            1 => Some(Body::ApprovalRejected { by: "ann".into(), why: "no".into() }),
            _ => None,
        });
        match answer.flatten() {
            Some(body) => drop(store.write(&format!("person/{}", store.incident.position), body).unwrap()),
            None => store.now = until,
        }
        self.next_lease();
    }

    /// Whether the fault comes back after it was resolved.
    fn comes_back(&mut self) -> bool {
        let incident = &self.world.store.incident;
        let possible = incident.status == Status::Resolved && incident.recurrences < MAX_RECURRENCES;
        if possible && self.choices.choose(2, "comes back") == 1 {
            self.world.store.detect_again();
            return true;
        }
        false
    }

    fn end(mut self) -> World {
        if let Some((_, ticks)) = &mut self.late {
            *ticks = 0;
        }
        self.late_holder_goes_on();
        self.world
    }
}
