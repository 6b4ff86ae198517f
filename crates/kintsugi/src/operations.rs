//! `kintsugi operations`: a failed call is handed over, and what is told on the way and in the end.

use crate::connection::Connection;
use crate::output::{Answer, Format, complain, plain, print};
use client::{CallError, Handovers};
use std::fmt::Write;
use std::time::Duration;
use wire::Service;
use wire::handover::{Diagnosis, HandOver, Handover, HandoverId, MAX_LIMIT_MS, Notice, Outcome};

/// How long one question waits for more.
const HOLD: Duration = Duration::from_secs(20);
/// Between two questions to a store that does not answer.
const PAUSE: Duration = Duration::from_millis(500);
/// How long is waited in all: every hand-over is answered before.
const LIMIT: Duration = Duration::from_millis(MAX_LIMIT_MS + 30_000);

/// Tells progress: beside the answer, so that this can be JSON.
pub fn teller(format: Format) -> fn(&str) {
    match format {
        Format::Text => print,
        Format::Json => complain,
    }
}

/// Hands a call over and waits for its answer.
///
/// # Errors
/// When it is not taken, or the store does not answer for too long.
pub async fn hand_over(connection: &Connection, call: &HandOver, say: fn(&str)) -> anyhow::Result<Answer> {
    let store = Handovers::new(connection.callee(Service::IncidentStore)?);
    let mut handover = store.hand_over(call).await?;
    say(&format!("{}  {} of {} is handed over", handover.id, plain(&handover.call), handover.target));
    let mut told = tell(&handover.notices, 0, say);
    let end = tokio::time::Instant::now() + LIMIT;
    while handover.answer.is_none() {
        handover = match store.follow(handover.id, told, HOLD).await {
            Ok(handover) => handover,
            // It is kept: a store that is away for a moment goes on with it.
            Err(error) if is_away(&error) && tokio::time::Instant::now() < end => {
                tokio::time::sleep(PAUSE).await;
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        told = tell(&handover.notices, told, say);
        let in_time = tokio::time::Instant::now() < end;
        anyhow::ensure!(handover.answer.is_some() || in_time, "the hand-over {} was not answered in time", handover.id);
    }
    answer(&handover)
}

/// What became of one.
///
/// # Errors
/// When the store does not answer, or has none of that id.
pub async fn show(connection: &Connection, id: HandoverId) -> anyhow::Result<Answer> {
    let store = Handovers::new(connection.callee(Service::IncidentStore)?);
    let handover = store.read(id).await?;
    let mut shown = answer(&handover)?;
    let mut lines: Vec<String> = handover.notices.iter().map(line).collect();
    lines.push(shown.text);
    shown.text = lines.join("\n");
    Ok(shown)
}

fn is_away(error: &CallError) -> bool {
    error.may_pass()
}

fn tell(notices: &[Notice], told: u32, say: fn(&str)) -> u32 {
    let new = notices.iter().filter(|notice| notice.place > told);
    new.clone().for_each(|notice| say(&line(notice)));
    new.map(|notice| notice.place).max().unwrap_or(told)
}

fn line(notice: &Notice) -> String {
    let (at, name) = (notice.at.format("%H:%M:%S%.3fZ"), notice.name.as_str());
    format!("{at}  {name:<18} {}", plain(&notice.text))
}

fn answer(handover: &Handover) -> anyhow::Result<Answer> {
    let outcome = handover.answer.as_ref().map(|answer| answer.outcome);
    Ok(Answer::new(text(handover), handover)?.done_if(outcome == Some(Outcome::Succeeded)))
}

fn text(handover: &Handover) -> String {
    let Some(answer) = &handover.answer else {
        return format!("not answered yet; it is before {}", handover.deadline.format("%H:%M:%SZ"));
    };
    let mut text = format!("\n{}: {}", answer.outcome.as_str(), plain(&answer.message));
    if let Some(response) = &answer.response {
        let _ = write!(text, "\nstatus {}", response.status);
        for (name, value) in &response.headers {
            let _ = write!(text, "\n{name}: {}", plain(value));
        }
        let cut = if response.truncated { "\n… and more" } else { "" };
        let _ = write!(text, "\n\n{}{cut}", plain(&response.body));
    }
    if let Some(diagnosis) = &answer.diagnosis {
        diagnosed(&mut text, diagnosis);
    }
    text
}

fn diagnosed(text: &mut String, diagnosis: &Diagnosis) {
    if let (Some(id), Some(code), Some(status)) = (&diagnosis.incident, &diagnosis.code, diagnosis.status) {
        let _ = write!(text, "\nincident: {id}, {}, {}", plain(&code.to_string()), status.as_str());
    }
    let _ = write!(text, "\ncause: {}", plain(&diagnosis.root_cause));
    for (title, items) in [("tried", &diagnosis.tried), ("seen", &diagnosis.evidence)] {
        if !items.is_empty() {
            let items: Vec<String> = items.iter().map(|item| format!("  - {}", plain(item))).collect();
            let _ = write!(text, "\n{title}:\n{}", items.join("\n"));
        }
    }
    let _ = write!(text, "\nto do: {}", plain(&diagnosis.advice));
    if !diagnosis.detail.is_empty() {
        let _ = write!(text, "\n{}", plain(&diagnosis.detail));
    }
}
