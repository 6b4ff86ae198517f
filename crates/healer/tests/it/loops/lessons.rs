//! What `rag-gateway` is asked and told in a recovery.

use super::healed_once;
use crate::fleet::Fleet;
use crate::sample::{at, commit};
use wire::event::{Body, Step};
use wire::plan::{Lesson, Remedy, Suspect, Verdict};

fn told(fleet: &Fleet) -> Vec<(Option<wire::Digest>, bool)> {
    let told = |lesson: &Lesson| (lesson.remedy.digest(), lesson.healed);
    fleet.ground.levers().lessons.iter().map(told).collect()
}

fn option(title: &str) -> Option<wire::Digest> {
    Some(wire::Digest::of(title))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_is_asked_for_with_the_suspects_and_what_the_target_file_says() {
    let fleet = Fleet::start();
    let _healer = fleet.healer();
    fleet.rests().await;
    healed_once(&fleet);
    let plans = fleet.ground.levers().plans.clone();
    let [plan] = plans.as_slice() else { panic!("one plan: {plans:?}") };
    assert_eq!(plan.suspects, [Suspect { commit: commit(7), live_since: at(-60) }]);
    assert_eq!((plan.declared, plan.models, plan.language.as_str()), (Some(Verdict::CodeFault), true, "python"));
    assert_eq!(told(&fleet), [(option("first"), true)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_pushed_without_a_person_says_in_the_journal_why() {
    let fleet = Fleet::start();
    let _healer = fleet.healer();
    fleet.rests().await;
    let events = fleet.ground.world().store.events.clone();
    let why = events.iter().find_map(|event| match &event.body {
        Body::Progressed { step: Step::Push, progress, .. } => Some(progress.note.clone()),
        _ => None,
    });
    let why = why.expect("a note");
    assert!(why.starts_with("it may be done without a person: risk") && why.contains("healed 0 of 0 times"), "{why}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_option_that_was_taken_back_is_remembered_as_failed() {
    let fleet = Fleet::start();
    fleet.ground.world().breaks_live = 1;
    let _healer = fleet.healer();
    fleet.rests().await;
    assert_eq!(told(&fleet), [(option("first"), false), (option("second"), true)]);
    crate::model::check(&fleet.ground.world());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_option_after_which_the_fault_came_back_is_remembered_as_failed() {
    let fleet = Fleet::start();
    let _healer = fleet.healer();
    fleet.rests().await;
    fleet.ground.world().store.detect_again();
    fleet.ground.revoke(true);
    let both = async || (told(&fleet).len() >= 3).then_some(());
    testkit::eventually("the second cure is learned", crate::fleet::LIMIT, both).await;
    let mut told = told(&fleet);
    // It is told under each lease, and counts once.
    told.dedup();
    assert_eq!(told, [(option("first"), true), (option("first"), false), (option("second"), true)]);
    let lessons = fleet.ground.levers().lessons.clone();
    assert!(
        lessons.iter().filter(|lesson| !lesson.healed).all(|lesson| matches!(lesson.remedy, Remedy::Codemod { .. }))
    );
}
