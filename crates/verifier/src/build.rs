//! Doing gate 2: builds and tests in the sandbox, each tree once.

use crate::app::Verifier;
use crate::artefacts::StoreError;
use crate::error::{VerifyError, blocking};
use crate::gates::build::BuildStep;
use crate::gates::end_of;
use crate::jobs::{self, Warm};
use crate::sandbox::{Ended, Exit, Job};
use crate::workshop::{Scratch, Turn, Workshop};
use chassis::operations::Reporter;
use futures::FutureExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use wire::span::{Span, SpanKind};
use wire::verification::{Build, Built};
use wire::{CommitId, TreeId};

/// How much of a failed build's output its caller is told, characters.
const TOLD: usize = 600;

/// Runs a job to its end.
pub async fn step(
    verifier: &Verifier,
    job: Job,
    timeout_ms: u64,
    kind: SpanKind,
    reporter: &Reporter,
) -> Result<(Ended, Span), VerifyError> {
    let begun = reporter.now();
    let ended = verifier.sandbox.start(&job, Duration::from_millis(timeout_ms))?.ended.await?;
    let program = job.command.first().map_or("collect", |program| program.rsplit('/').next().unwrap_or(program));
    let argument = job.command.get(1).map_or("", String::as_str);
    let span = reporter.span(kind, format!("{program} {argument}").trim(), begun);
    Ok((ended, span))
}

/// Builds what is laid out in a scratch folder and keeps it as the artefact of its tree. The caller holds the turn.
pub async fn make(
    verifier: &Verifier,
    workshop: &Arc<Workshop>,
    tree: &TreeId,
    scratch: &Scratch,
    warm: Warm,
    reporter: &Reporter,
    spans: &mut Vec<Span>,
) -> Result<BuildStep, VerifyError> {
    let incoming = verifier.store.incoming()?;
    let job = jobs::build(workshop, scratch.path(), incoming.path(), warm);
    let (ended, span) = step(verifier, job, workshop.target.build.timeout_ms, SpanKind::Build, reporter).await?;
    spans.push(span);
    if ended.exit != Exit::Code(0) {
        return Ok(BuildStep::Failed(ended));
    }
    let (store, tree, recipe) = (verifier.store.clone(), tree.clone(), workshop.recipe.clone());
    match blocking("keeping an artefact", move || store.keep(incoming, &tree, &recipe)).await {
        Ok(digest) => Ok(BuildStep::Made(digest, ended)),
        Err(VerifyError::Store(StoreError::Refused(why))) => Ok(BuildStep::Unusable(ended, why)),
        Err(error) => Err(error),
    }
}

/// The artefact of a tree, if it was built before.
pub async fn known(
    verifier: &Verifier,
    workshop: &Workshop,
    tree: &TreeId,
) -> Result<Option<wire::Digest>, VerifyError> {
    let (store, tree, recipe) = (verifier.store.clone(), tree.clone(), workshop.recipe.clone());
    blocking("looking for an artefact", move || Ok::<_, VerifyError>(store.find(&tree, &recipe))).await
}

/// Builds a commit that needs no judgement.
pub async fn plain(verifier: &Verifier, task: Build, reporter: &Reporter) -> Result<Built, VerifyError> {
    let workshop = verifier.workshop(&task.target)?;
    let (tree, on_branch) = locate(&workshop, task.commit).await?;
    let mut spans = Vec::new();
    if let Some(artefact) = known(verifier, &workshop, &tree).await? {
        return Ok(Built { tree, artefact, spans });
    }
    let turn = take_turn(&workshop, reporter, &mut spans).await;
    // Somebody else may have built it meanwhile.
    if let Some(artefact) = known(verifier, &workshop, &tree).await? {
        return Ok(Built { tree, artefact, spans });
    }
    let warm = if on_branch { Warm::Write } else { Warm::Above };
    let (_turn, scratch) = lay_out(&workshop, turn, &tree, Vec::new()).await?;
    if warm == Warm::Write {
        forget_mark(&workshop.warm_mark());
    }
    let made = make(verifier, &workshop, &tree, &scratch, warm, reporter, &mut spans).await?;
    match made {
        BuildStep::Reused(artefact) | BuildStep::Made(artefact, _) => Ok(Built { tree, artefact, spans }),
        BuildStep::Failed(ended) => {
            let output = format!("{}\n{}", ended.stdout, ended.stderr);
            let why = format!("the build {}; it wrote: {}", ended.exit, end_of(output.trim(), TOLD));
            Err(VerifyError::DoesNotBuild(why))
        }
        BuildStep::Unusable(_, why) => Err(VerifyError::DoesNotBuild(why)),
    }
}

/// The tree of a commit, and whether the commit is on the branch.
async fn locate(workshop: &Arc<Workshop>, commit: CommitId) -> Result<(TreeId, bool), VerifyError> {
    let workshop = Arc::clone(workshop);
    blocking("finding a commit", move || {
        let (mirror, branch) = (workshop.mirror()?, &workshop.target.repository.branch);
        let tree = mirror.tree_of(&commit)?;
        let mut on_branch = mirror.is_on(&commit, branch).unwrap_or(false);
        if !on_branch {
            mirror.fetch()?;
            on_branch = mirror.is_on(&commit, branch)?;
        }
        Ok::<_, VerifyError>((tree, on_branch))
    })
    .await
}

/// The turn to build. Time in which another build or test run of the target has it shows as a build's.
pub async fn take_turn(workshop: &Workshop, reporter: &Reporter, spans: &mut Vec<Span>) -> Turn {
    if let Some(turn) = workshop.turn().now_or_never() {
        return turn;
    }
    let begun = reporter.now();
    let turn = workshop.turn().await;
    spans.push(reporter.span(SpanKind::Build, "another build of the target", begun));
    turn
}

/// Brings the source folder to a tree, with a candidate's changes in a layer above it.
pub async fn lay_out(
    workshop: &Arc<Workshop>,
    turn: Turn,
    tree: &TreeId,
    changes: Vec<crate::gates::scope::Change>,
) -> Result<(Turn, Scratch), VerifyError> {
    let (workshop, tree) = (Arc::clone(workshop), tree.clone());
    blocking("laying out the source", move || workshop.lay_out(turn, &tree, &changes)).await
}

/// Builds and tests the head of the branch once, so that the next candidate has little left to do.
pub async fn warm(verifier: &Verifier, workshop: &Arc<Workshop>, reporter: &Reporter) -> Result<(), VerifyError> {
    let at = Arc::clone(workshop);
    let tree = blocking("finding the branch's head", move || {
        let (mirror, branch) = (at.mirror()?, &at.target.repository.branch);
        mirror.fetch()?;
        mirror.tree_of(&mirror.head(branch)?)
    })
    .await?;
    let turn = workshop.turn().await;
    let (mark, stands_for) = (workshop.warm_mark(), format!("{tree} {}", workshop.recipe));
    let is_warm = std::fs::read_to_string(&mark).is_ok_and(|text| text == stands_for);
    if is_warm && known(verifier, workshop, &tree).await?.is_some() {
        return Ok(());
    }
    forget_mark(&mark);
    let (_turn, scratch) = lay_out(workshop, turn, &tree, Vec::new()).await?;
    let made = make(verifier, workshop, &tree, &scratch, Warm::Write, reporter, &mut Vec::new()).await?;
    if made.artefact().is_none() {
        return Err(VerifyError::DoesNotBuild(format!("{made:?}").chars().take(TOLD).collect()));
    }
    // The tests may fail: the head can be faulty. What counts is that they are compiled.
    let job = jobs::test(workshop, scratch.path(), Warm::Write);
    step(verifier, job, workshop.target.test.timeout_ms, SpanKind::Test, reporter).await?;
    std::fs::write(&mark, stands_for)
        .map_err(|source| VerifyError::Failed { what: "mark the warm folders", source: source.into() })
}

fn forget_mark(mark: &Path) {
    // It may not be there; and a mark that stays only costs a slower first build.
    let _not_there = std::fs::remove_file(mark);
}
