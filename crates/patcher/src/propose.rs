//! Propose: a candidate is made of an option, and the verifier judges it.

use crate::decide::{in_time, refusal};
use crate::failure::Failure;
use crate::judge;
use crate::land::{searched, seen_on};
use crate::patcher::Patcher;
use crate::repository::{Entry, File, Head, Work};
use chassis::operations::Reporter;
use codemod::{Codemod, CodemodError};
use std::sync::Arc;
use tokio::sync::mpsc::unbounded_channel;
use wire::plan::Remedy;
use wire::proposal::{Proposal, Propose, ProposeOutcome, Refusal};
use wire::span::Stage;
use wire::target::Target;
use wire::verification::{Admit, Verdict, VerifyTask};
use wire::{Digest, OperationKey};

/// The largest source file that is read, bytes.
const MAX_SOURCE: usize = 1 << 20;
/// The longest part of a key, characters.
const MAX_KEY: usize = 96;

/// A candidate that nobody judged yet.
#[derive(Debug)]
struct Candidate {
    head: Head,
    tree: wire::TreeId,
    diff: String,
    files: Vec<String>,
}

impl Patcher {
    /// Makes a candidate and has it judged. Changes nothing on the branch.
    pub(crate) async fn propose(
        &self,
        key: &OperationKey,
        target: Arc<Target>,
        task: Propose,
        reporter: &Reporter,
    ) -> Result<ProposeOutcome, Failure> {
        let Propose { incident, code, authority, option, .. } = task;
        self.known.authority(incident, authority);
        let told = self.known.seen(Some(incident));
        in_time(authority.epoch, Some(authority.fence), told)?;
        let (document, rule) = match option.remedy {
            Remedy::Codemod { document, rule, digest } if Digest::of_json(&rule) == digest => (document, rule),
            Remedy::Codemod { .. } => return Ok(refused("bad_rule", "the rule is not the one that its digest names")),
            Remedy::Revert { .. } | Remedy::Model {} | Remedy::Unknown => {
                return Ok(refused("unknown_remedy", "this patcher does not know this kind of remedy"));
            }
        };
        let made = self.shelf.work(&target, move |work, target| {
            let head = work.fetch()?;
            let seen = seen_on(&searched(work, &head)?, told);
            in_time(authority.epoch, Some(authority.fence), seen)?;
            candidate(work, target, head, &rule)
        });
        let candidate = match made.await? {
            Ok(candidate) => candidate,
            Err(refusal) => return Ok(ProposeOutcome::Refused(refusal)),
        };
        reporter.stage(Stage::Proposed, format!("a candidate was made of {document}"));
        let digest = Proposal::digest_of(&target.name, &code, &candidate.head.commit, &candidate.diff);
        let (base, diff) = (candidate.head.commit.clone(), candidate.diff.clone());
        let admit = Admit { target: target.name.clone(), code, base, diff, minimise: false };
        let verdict = self.verify(&admit_key(key, incident, &digest)?, admit, reporter).await?;
        Ok(conclude(&target, candidate, digest, verdict, &document))
    }

    async fn verify(&self, key: &OperationKey, admit: Admit, reporter: &Reporter) -> Result<Verdict, Failure> {
        let (tell, mut told) = unbounded_channel();
        let task = VerifyTask::Admit(admit);
        let judge = async move {
            let verdict = self.verifier.effects.run(key, &task, self.verify_limit, Some(&tell)).await;
            drop(tell);
            verdict
        };
        let pass_on = async {
            while let Some(progress) = told.recv().await {
                reporter.pass_on(progress);
            }
        };
        let (verdict, ()) = tokio::join!(judge, pass_on);
        verdict.map_err(|error| Failure::Verification(Box::new(error)))
    }
}

/// The key under which the verifier is asked: the same after a crash, another one when the step is tried again, since an
/// operation that failed stays failed under its key.
fn admit_key(own: &OperationKey, incident: wire::IncidentId, digest: &Digest) -> Result<OperationKey, Failure> {
    let short = digest.as_str().get(..12).unwrap_or_default();
    let step: String = format!("admit-{short}-{}", own.step).chars().take(MAX_KEY).collect();
    OperationKey::new(incident.to_string(), step).map_err(|error| Failure::Engine(error.to_string()))
}

/// Applies a rule to the files that the target lists.
fn candidate(
    work: &Work,
    target: &Target,
    head: Head,
    rule: &serde_json::Value,
) -> Result<Result<Candidate, Refusal>, Failure> {
    let refused = |code: &str, why: String| Ok(Err(refusal(code, why)));
    let codemod = match Codemod::new(rule, &target.patch.language) {
        Ok(codemod) => codemod,
        Err(error) => return refuse_or_fail(error, "").map(Err),
    };
    let mut changed = Vec::new();
    for path in &target.patch.files {
        let file = match work.entry(&head.tree, path)? {
            Entry::File(file) => file,
            Entry::Missing => continue,
            Entry::NotRegular => return refused("not_a_file", format!("{path} is no regular file: it is not touched")),
        };
        if work.size(file.blob)? > MAX_SOURCE {
            return refused("too_large", format!("{path} is larger than {MAX_SOURCE} bytes"));
        }
        let Ok(source) = String::from_utf8(work.read(file.blob)?) else {
            return refused("not_a_text", format!("{path} is not UTF-8"));
        };
        match codemod.rewrite(&source) {
            Ok(None) => {}
            Ok(Some(text)) => changed.push((path.as_str(), File { blob: work.blob(text.as_bytes())?, ..file })),
            Err(error) => return refuse_or_fail(error, path).map(Err),
        }
    }
    if changed.is_empty() {
        let files = target.patch.files.join(", ");
        return refused("no_match", format!("the rule matches nothing that it would change in {files}"));
    }
    let tree = work.with(&head.tree, &changed)?;
    let diff = work.diff(&head.tree, &tree)?;
    if diff.len() > target.patch.max_diff_bytes {
        let why = format!("the diff has {} bytes; {} are allowed", diff.len(), target.patch.max_diff_bytes);
        return refused("too_large", why);
    }
    // What is verified and pushed is the diff: it must say all that was done.
    if work.apply(&head.tree, &diff)?.as_ref() != Some(&tree) {
        return Err(Failure::Engine("the diff does not lead to the tree it was made of".into()));
    }
    let files = changed.iter().map(|(path, _)| (*path).to_owned()).collect();
    Ok(Ok(Candidate { head, tree, diff, files }))
}

/// An engine that failed is a failure, never "no fix found".
fn refuse_or_fail(error: CodemodError, path: &str) -> Result<Refusal, Failure> {
    let told = if path.is_empty() { error.to_string() } else { format!("{path}: {error}") };
    match error.refusal() {
        Some(code) => Ok(refusal(code, told)),
        None => Err(Failure::Engine(told)),
    }
}

fn conclude(target: &Target, candidate: Candidate, digest: Digest, verdict: Verdict, document: &str) -> ProposeOutcome {
    let Candidate { head, tree, diff, files } = candidate;
    match judge::admitted(&verdict, &digest, &tree) {
        Err(refusal) => ProposeOutcome::Refused(Refusal { diff: Some(diff), ..refusal }),
        Ok(artefact) => ProposeOutcome::Admitted(Proposal {
            digest,
            target: target.name.clone(),
            base: head.commit,
            diff,
            files,
            tree,
            artefact,
            origin: format!("codemod {document}"),
            gates: verdict.gates,
            distilled: None,
        }),
    }
}

fn refused(code: &str, why: &str) -> ProposeOutcome {
    ProposeOutcome::Refused(refusal(code, why))
}
