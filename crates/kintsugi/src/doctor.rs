//! `kintsugi doctor`: what this machine lacks for the local stack, why it matters, and the command that mends it.

pub mod facts;
pub mod findings;
pub mod holders;

use crate::exit::Exit;
use crate::output::Answer;
use facts::Facts;
use findings::{Finding, State};
use serde::Serialize;
use std::fmt::Write;
use std::path::Path;

/// What is told.
#[derive(Debug, Serialize)]
struct Report<'a> {
    ok: bool,
    missing: usize,
    warnings: usize,
    findings: &'a [Finding],
}

/// Looks at the machine, then judges.
///
/// # Errors
/// When the answer has no JSON form.
pub fn examine(home: &Path) -> anyhow::Result<Answer> {
    tell(&findings::judge(&Facts::gather(home)))
}

/// What the findings say.
///
/// # Errors
/// When they have no JSON form.
pub fn tell(findings: &[Finding]) -> anyhow::Result<Answer> {
    let count = |state| findings.iter().filter(|finding| finding.state == state).count();
    let (missing, warnings) = (count(State::Missing), count(State::Warning));
    let report = Report { ok: missing == 0, missing, warnings, findings };
    let mut answer = Answer::new(text(&report), &report)?;
    if missing > 0 {
        answer.exit = Exit::NotDone;
    }
    Ok(answer)
}

fn text(report: &Report<'_>) -> String {
    let mut text = String::new();
    for finding in report.findings {
        let _ = writeln!(text, "{:<9} {:<22} {}", finding.state.as_str(), finding.what, finding.found);
        if finding.state != State::Ok {
            let _ = writeln!(text, "          why:  {}", finding.why);
            if let Some(mend) = &finding.mend {
                let _ = writeln!(text, "          mend: {mend}");
            }
        }
    }
    let end = match (report.missing, report.warnings) {
        (0, 0) => "everything that the local stack needs is here".to_owned(),
        (0, warnings) => format!("the local stack can run; {warnings} warning(s)"),
        (missing, _) => {
            format!("{missing} thing(s) that the local stack needs are missing; `scripts/prepare` gets most")
        }
    };
    text + &end
}
