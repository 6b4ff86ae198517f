//! Signs of progress that a person wants to know of: language models that were asked, why, and how long they are waited for.
//! Pure.

use super::words::clock;
use chrono::{DateTime, TimeDelta, Utc};
use wire::event::Body;
use wire::span::Progress;

/// Until when nothing happens, because somebody else asked for patience.
pub(crate) fn until(body: &Body) -> Option<DateTime<Utc>> {
    let Body::Progressed { progress, more, .. } = body else { return None };
    std::iter::once(progress).chain(more).filter_map(its_end).max()
}

/// Title and text; none when it only matters to a program.
pub(super) fn told(progress: &Progress, more: &[Progress]) -> Option<(String, String)> {
    let all = || std::iter::once(progress).chain(more);
    let texts: Vec<String> = all().filter_map(sentence).collect();
    let waits = all().any(|progress| its_end(progress).is_some());
    let title = if waits { "A language model is waited for" } else { "A language model was asked" };
    (!texts.is_empty()).then(|| (title.to_owned(), texts.join(" ")))
}

fn sentence(progress: &Progress) -> Option<String> {
    let Progress { note, call, .. } = progress;
    match (call, its_end(progress)) {
        (Some(call), _) => Some(format!("{note}. It was asked because {}.", call.why)),
        (None, Some(end)) => Some(format!("{note}: not before {}.", clock(end))),
        (None, None) => None,
    }
}

fn its_end(progress: &Progress) -> Option<DateTime<Utc>> {
    let delay = TimeDelta::try_milliseconds(i64::try_from(progress.delay_ms?).ok()?)?;
    progress.at.checked_add_signed(delay)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::model::{ModelCall, ModelOutcome};

    fn call() -> Progress {
        let call = ModelCall {
            provider: "double".into(),
            model: "m".into(),
            why: "no known remedy is left".into(),
            round: 1,
            outcome: ModelOutcome::RateLimited,
            input_tokens: 0,
            output_tokens: 0,
            cost_micro_usd: 0,
            took_ms: 3,
            request_id: None,
        };
        Progress { call: Some(Box::new(call)), ..Progress::note(DateTime::UNIX_EPOCH, "double/m asked for patience") }
    }

    fn wait(delay_ms: u64) -> Progress {
        Progress { delay_ms: Some(delay_ms), ..Progress::note(DateTime::UNIX_EPOCH, "double/m: it is asked again") }
    }

    #[test]
    fn a_call_is_told_with_its_reason_and_a_wait_with_its_end() {
        let note = Progress::note(DateTime::UNIX_EPOCH, "built");
        assert_eq!(told(&note, &[]), None);
        let (title, text) = told(&note, &[call()]).unwrap();
        assert_eq!(title, "A language model was asked");
        assert_eq!(text, "double/m asked for patience. It was asked because no known remedy is left.");
        let (title, text) = told(&call(), &[wait(7_000)]).unwrap();
        assert_eq!(title, "A language model is waited for");
        assert!(text.ends_with("double/m: it is asked again: not before 00:00:07 UTC."), "{text}");
    }

    #[test]
    fn the_latest_end_counts_and_one_beyond_all_time_is_none() {
        let body = |progress, more| Body::Progressed { step: wire::event::Step::Propose, attempt: 1, progress, more };
        assert_eq!(until(&body(wait(9_000), vec![wait(2_000)])), DateTime::from_timestamp(9, 0));
        assert_eq!(until(&body(wait(u64::MAX), vec![])), None);
        assert_eq!(until(&body(call(), vec![])), None);
        assert_eq!(until(&Body::Unknown), None);
    }
}
