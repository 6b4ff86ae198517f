//! A journal in plain words, for somebody who was woken by it: what happened, why, and how it was proved. Pure.

mod outcomes;
mod progress;
mod words;

pub(crate) use progress::until;
pub(crate) use words::sentence;

use chrono::{DateTime, Utc};
use wire::event::{Body, Event, Step};
use wire::plan::{Plan, PlanOption, Remedy};
use wire::view::Chapter;

/// The chapters of a journal, first event first. What only matters to a program is left out: the journal has it.
pub(crate) fn tell(events: &[Event]) -> Vec<Chapter> {
    let mut telling = Telling::default();
    for event in events {
        telling.take_in(event);
    }
    telling.end_repeats();
    telling.chapters
}

/// While a person is asked about a playbook.
fn is_a_look(body: &Body) -> bool {
    let step = Step::Propose;
    match body {
        Body::Started { step: of, .. } | Body::Progressed { step: of, .. } | Body::Failed { step: of, .. } => {
            *of == step
        }
        Body::Intended(_) => true,
        _ => false,
    }
}

/// While only a relief eases it: a look that shows the fault again.
fn shows_nothing_new(body: &Body) -> bool {
    match body {
        Body::Started { step, .. } | Body::Progressed { step, .. } => *step == Step::Verify,
        Body::VerificationFailed { .. } | Body::Unverified { .. } => true,
        _ => false,
    }
}

#[derive(Default)]
struct Telling<'a> {
    chapters: Vec<Chapter>,
    plan: Option<&'a Plan>,
    repeats: Option<Repeats>,
    /// Whether a person is being asked: what is only looked at meanwhile is left out.
    asking: bool,
    /// Whether the cure is open and nothing is tried: it is only looked whether the fault is over.
    held: bool,
}

/// Occurrences one after the other: one chapter.
struct Repeats {
    count: usize,
    first: DateTime<Utc>,
    last: DateTime<Utc>,
}

impl<'a> Telling<'a> {
    fn take_in(&mut self, event: &'a Event) {
        if let Body::Occurred { happened_at, .. } = &event.body {
            let begun = Repeats { count: 0, first: event.at, last: *happened_at };
            let repeats = self.repeats.get_or_insert(begun);
            (repeats.count, repeats.last) = (repeats.count + 1, repeats.last.max(*happened_at));
            return;
        }
        if let Body::Planned { plan } = &event.body {
            self.plan = Some(plan);
        }
        if self.asking && is_a_look(&event.body) {
            return;
        }
        self.asking = matches!(event.body, Body::ApprovalRequested { .. });
        if self.held && shows_nothing_new(&event.body) {
            return;
        }
        match event.body {
            Body::Mitigated { .. } => self.held = true,
            Body::Acted { .. } | Body::Deployed { .. } | Body::Retried { .. } => self.held = false,
            _ => {}
        }
        let Some((title, text)) = self.chapter(&event.body) else { return };
        self.end_repeats();
        self.chapters.push(Chapter { at: event.at, title, text });
    }

    fn chapter(&self, body: &Body) -> Option<(String, String)> {
        match body {
            Body::Progressed { progress, more, .. } => progress::told(progress, more),
            Body::Started { step: Step::Propose, option: Some(option), .. } => Some(self.attempt(*option)),
            // The first attempt of a step is told by its outcome.
            Body::Started { attempt: 1, step, .. } if *step != Step::Undo => None,
            // Nothing was cured.
            Body::Verified { .. } if self.held => {
                Some(("The failing request is right again on live".to_owned(), words::told(body).1))
            }
            body => Some(words::told(body)),
        }
    }

    fn attempt(&self, number: u32) -> (String, String) {
        let known = self.plan.and_then(|plan| plan.options.get(usize::try_from(number).ok()?));
        let title = known.map(|option| format!(": {}", option.title)).unwrap_or_default();
        let text = match known {
            Some(PlanOption { remedy: Remedy::Playbook { .. }, .. }) => {
                "It is looked what its playbook would do; nothing is changed yet.".to_owned()
            }
            Some(option) => format!(
                "The platform expects this to work with a probability of {:.0} %. A candidate is made and judged in the sandbox; \
                 nothing is changed yet.",
                option.confidence * 100.0
            ),
            None => "A candidate is made and judged in the sandbox; nothing is changed yet.".to_owned(),
        };
        (format!("Option {} is tried{title}", number + 1), text)
    }

    fn end_repeats(&mut self) {
        let Some(Repeats { count, first, last }) = self.repeats.take() else { return };
        let text = format!("The same fault was reported {}, last at {}.", words::times(count), words::clock(last));
        self.chapters.push(Chapter { at: first, title: "It was seen again".to_owned(), text });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::journal;
    use wire::plan::{Neighbour, PlanOption, Retrieval, Verdict};

    fn plan() -> Body {
        let neighbours =
            vec![Neighbour { document: "d".into(), title: "An open transaction".into(), ..Default::default() }];
        let option = serde_json::json!({"title": "Close it", "confidence": 0.9, "verification": "",
            "remedy": {"kind": "codemod", "document": "d", "rule": {}, "digest": wire::Digest::of("rule")}});
        let option: PlanOption = serde_json::from_value(option).unwrap();
        let retrieval =
            serde_json::json!({"query": "q", "engine": "lexical", "confidence": 0.93, "neighbours": neighbours});
        let retrieval: Retrieval = serde_json::from_value(retrieval).unwrap();
        let plan = serde_json::json!({"verdict": Verdict::CodeFault, "root_cause": "The statement is malformed.",
            "retrieval": retrieval, "options": [option]});
        Body::Planned { plan: serde_json::from_value(plan).unwrap() }
    }

    fn started(step: Step, attempt: u32) -> Body {
        Body::Started { step, attempt, option: Some(0), policy: wire::Digest::of("policy") }
    }

    fn occurred(id: &str) -> Body {
        Body::Occurred { event_id: id.parse().unwrap(), happened_at: DateTime::from_timestamp(1_000_060, 0).unwrap() }
    }

    #[test]
    fn the_story_leaves_out_what_only_matters_to_a_program() {
        let note = wire::span::Progress {
            at: DateTime::UNIX_EPOCH,
            note: "on its way".into(),
            stage: None,
            span: None,
            call: None,
            delay_ms: None,
        };
        let progressed = Body::Progressed { step: Step::Analyze, attempt: 1, progress: note, more: vec![] };
        let bodies =
            [started(Step::Analyze, 1), progressed, plan(), occurred("b"), occurred("c"), started(Step::Propose, 1)];
        let story = tell(&journal(bodies));
        let titles: Vec<&str> = story.iter().map(|chapter| chapter.title.as_str()).collect();
        assert_eq!(titles, ["The fault was seen", "The cause", "It was seen again", "Option 1 is tried: Close it"]);
        assert!(story[1].text.starts_with("The statement is malformed. "), "{}", story[1].text);
        assert!(
            story[1].text.contains("An open transaction") && story[1].text.contains("1. Close it"),
            "{}",
            story[1].text
        );
        assert!(story[2].text.contains("2 more times") && story[2].text.contains("13:47:40"), "{}", story[2].text);
        assert!(story[3].text.contains("90 %"), "{}", story[3].text);
    }

    #[test]
    fn what_is_only_looked_at_while_a_relief_stands_is_told_when_it_is_over_and_not_as_a_cure() {
        let judged = |judgement: &str| {
            let report =
                serde_json::json!({"replay": "kr-1", "code": "F", "judgement": judgement, "why": "so", "took_ms": 1.0});
            serde_json::from_value(report).unwrap()
        };
        let what = "older answers".to_owned();
        let bodies = [
            Body::Mitigated { what },
            started(Step::Verify, 1),
            Body::VerificationFailed { report: judged("broken") },
            started(Step::Verify, 2),
            Body::Verified { report: judged("met") },
        ];
        let titles: Vec<String> = tell(&journal(bodies)).into_iter().map(|chapter| chapter.title).collect();
        assert_eq!(titles[1..], ["The bleeding is stopped", "The failing request is right again on live"]);
    }

    #[test]
    fn repeats_at_the_end_are_told_and_an_unknown_event_too() {
        let story = tell(&journal([Body::Unknown, occurred("b")]));
        assert_eq!(story.len(), 3);
        assert!(story[2].text.contains("once more"), "{}", story[2].text);
    }
}
