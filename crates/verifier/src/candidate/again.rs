//! What is asked of a process that was right so far: once more as a user asks, and, where it was asked only once, once more as a
//! replay. Who was well the first time only, or for replays only, is found here.

use super::Version;
use super::case;
use super::course::Course;
use super::process::{First, Process};
use crate::error::VerifyError;
use crate::gates::replay::Seen;
use crate::nonce::Nonce;
use crate::replay::{self, Question};
use crate::sandbox::Ended;
use wire::ReplayId;
use wire::span::SpanKind;
use wire::target::Case;
use wire::verification::Judgement;

impl Course<'_> {
    /// Asks again after the cases of a process, or after the contract's own replay. Answers the end of a candidate that ended
    /// meanwhile.
    pub(super) async fn ask_again(
        &mut self,
        process: &mut Process,
        cases: &[Case],
        seen: &mut Vec<Seen>,
    ) -> Result<Option<Ended>, VerifyError> {
        let was_right = seen.last().is_some_and(|seen| seen.report.judgement == Judgement::Met);
        // The base is asked for its symptom alone.
        if !was_right || self.version != Version::New {
            return Ok(None);
        }
        let case = cases.last();
        let mut question = Question::of(self.contract);
        if let Some(case) = case {
            let nonce = Nonce::fresh();
            (question.answers, question.nonce) = (&case.answers, Some(nonce));
            let part = case::part(case, ReplayId::fresh(), nonce);
            if let Err(error) = process.doubles.play(part.as_ref()).await {
                seen.push(Seen::again(Some(case), self.no_double(&error)));
                return Ok(None);
            }
        }
        let (verifier, begun) = (self.verifier, self.reporter.now());
        let both = async |endpoint: &_| {
            let plain = replay::plainly(question, endpoint);
            if case.is_some() || self.contract.sequential.is_some() {
                return vec![plain.await];
            }
            let second = replay::once(verifier, question, ReplayId::fresh(), endpoint);
            let (second, plain) = tokio::join!(second, plain);
            vec![second, plain]
        };
        let asked = process.during(both).await?;
        // With cases it is a part of their span.
        if case.is_none() {
            let name = format!("replay {}, once more{}", self.contract.fault, self.suffix());
            self.spans.push(self.reporter.span(SpanKind::Replay, &name, begun));
        }
        match asked {
            First::Ended(ended) => Ok(Some(self.ended(case, ended, seen))),
            First::Done(reports) => {
                // The last that was seen decides, so nothing is kept after what does not hold.
                for report in reports {
                    let holds = report.judgement == Judgement::Met;
                    seen.push(Seen::again(case, report));
                    if !holds {
                        break;
                    }
                }
                Ok(None)
            }
        }
    }
}
