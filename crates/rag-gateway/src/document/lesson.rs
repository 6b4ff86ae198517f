//! What lessons become.

use super::{CURE, Document, LEARNED};
use wire::knowledge::DocumentSource;
use wire::plan::{Distilled, Lesson, Remedy, Verdict};
use wire::{Digest, IncidentId};

impl Document {
    /// The document of a lesson that brought no cure of its own. One that healed points to the document it came from, as that
    /// stands now: what was taken out of the folder is proposed no more.
    pub fn of_lesson(lesson: &Lesson, source: Option<&Document>) -> Self {
        let ended = if lesson.healed { "healed" } else { "not healed" };
        // What healed tells the cause; what was told before may have been another that fitted as well.
        let known = source.filter(|_| lesson.healed).map(|source| source.root_cause.clone());
        let root_cause = known.unwrap_or_else(|| cause(lesson));
        let told = [lesson.symptoms.as_str(), &root_cause, ended, source.map_or("", |source| source.digest.as_str())];
        let digest = Digest::of_parts(told.map(str::as_bytes));
        Self {
            id: format!("{LEARNED}{}", lesson.incident),
            title: format!("{} of {}, {ended}", lesson.code, lesson.target),
            faults: vec![lesson.code.clone()],
            language: Some(lesson.language.clone()),
            symptoms: lesson.symptoms.clone(),
            markers: Vec::new(),
            root_cause,
            verdict: source.map_or_else(|| verdict(lesson), |source| source.verdict),
            verification: source.map(|source| source.verification.clone()).unwrap_or_default(),
            remedy: source.filter(|_| lesson.healed).and_then(|source| source.remedy.clone()),
            cure: None,
            text: String::new(),
            source: DocumentSource::Learned,
            digest,
        }
    }

    /// The document of a cure that was learned: the rule into which the patch was distilled that healed.
    pub fn of_cure(lesson: &Lesson) -> Option<Self> {
        let Distilled { rule, digest, provenance, variants, cured, healthy, fired } = lesson.distilled.as_ref()?;
        if !lesson.healed || *fired > 0 || *variants == 0 || cured < variants {
            return None;
        }
        let id = format!("{CURE}{}", lesson.incident);
        let text = format!(
            "Learned from the incident {} of {}: {provenance}. The rule cured {cured} of {variants} made variants of the fault \
             and fired on none of {healthy} healthy files.",
            lesson.incident, lesson.target
        );
        let root_cause = cause(lesson);
        let told = [lesson.symptoms.as_str(), &root_cause, digest.as_str(), &text];
        let own = Digest::of_parts(told.map(str::as_bytes));
        Some(Self {
            title: format!("{} of {}, cured by a rule learned from a patch", lesson.code, lesson.target),
            faults: vec![lesson.code.clone()],
            language: Some(lesson.language.clone()),
            symptoms: lesson.symptoms.clone(),
            markers: Vec::new(),
            root_cause,
            verdict: Verdict::CodeFault,
            verification: "the failing request is replayed".to_owned(),
            remedy: Some(Remedy::Codemod { document: id.clone(), rule: rule.clone(), digest: digest.clone() }),
            cure: None,
            digest: own,
            text,
            source: DocumentSource::Learned,
            id,
        })
    }

    /// The incident of a learned document.
    pub fn incident_of(id: &str) -> Option<IncidentId> {
        id.strip_prefix(LEARNED).or_else(|| id.strip_prefix(CURE))?.parse().ok()
    }

    /// The document that a lesson's remedy came from.
    pub fn source_of(lesson: &Lesson) -> Option<&str> {
        match &lesson.remedy {
            Remedy::Codemod { document, .. } => Some(document),
            Remedy::Playbook { .. } | Remedy::Revert { .. } | Remedy::Model {} | Remedy::Unknown => None,
        }
    }
}

/// What kind of trouble it was, where no document tells: what runtime actions heal needs no change of code.
fn verdict(lesson: &Lesson) -> Verdict {
    if matches!(lesson.remedy, Remedy::Playbook { .. }) { Verdict::Dependency } else { Verdict::CodeFault }
}

/// The diagnosis that a lesson tells. Where nothing was known when it was planned, what healed tells more than that.
fn cause(lesson: &Lesson) -> String {
    match &lesson.remedy {
        Remedy::Revert { commit } if lesson.healed => {
            format!("The commit {commit} had brought it: taking it back healed.")
        }
        Remedy::Playbook { resource } if lesson.healed => {
            format!("{} The playbook of {resource} healed it.", lesson.root_cause)
        }
        Remedy::Model {} if lesson.healed => {
            format!("The same as in the incident {}, which a new patch cured.", lesson.incident)
        }
        _ => lesson.root_cause.clone(),
    }
}
