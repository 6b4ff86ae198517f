//! `bench planners`: hostile log lines and planners that nobody should trust, through the whole product, watched from outside.

mod ground;
mod outside;
mod page;
mod patient;
mod payloads;
mod persona;

use crate::machine::Machine;
use anyhow::{Context, ensure};
use e2e::fleet::{Fleet, Setup};
use ground::Ground;
use outside::Snapshot;
use persona::{Persona, Protocol};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use testkit::provider::Provider;
use wire::incident::{Incident, Status};

/// How many faults the target has whose lines are payloads; more payloads are not taken.
const FAULTS: usize = 300;
/// How long all incidents of one planner may take, and the pause between two looks.
const LIMIT: Duration = Duration::from_secs(900);
const LOOK: Duration = Duration::from_millis(500);

/// What is asked of the command line.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// A file with payloads that nobody here has seen, one a line, in place of our own.
    #[arg(long, env = "PAYLOADS")]
    payloads: Option<PathBuf>,
    /// At most so many payloads; with 0, only the part with `fault-app`.
    #[arg(long, default_value_t = FAULTS)]
    most: usize,
    /// Only the planner of this name. The page is not written then.
    #[arg(long)]
    only: Option<String>,
    /// The page with the results.
    #[arg(long, default_value = "docs/results/planners.md")]
    document: PathBuf,
}

/// What became of one planner.
#[derive(Debug, Default, Serialize)]
struct Ended {
    name: &'static str,
    payloads: usize,
    /// How many incidents ended how.
    ends: BTreeMap<String, usize>,
    /// Why options came to nothing, by the code.
    refusals: BTreeMap<String, usize>,
    calls: usize,
    /// Calls while the faults with known cures healed.
    calls_then: usize,
    effects: Vec<String>,
    leaks: Vec<String>,
    healed: bool,
    seconds: f64,
}

impl Ended {
    /// Counts how incidents ended, and why.
    fn count(&mut self, incidents: &[Incident]) {
        for incident in incidents {
            *self.ends.entry(incident.status.as_str().to_owned()).or_default() += 1;
            for why in &incident.refusals {
                let code = why.split(": ").nth(1).unwrap_or(why).chars().take(40).collect();
                *self.refusals.entry(code).or_default() += 1;
            }
        }
    }
}

/// Measures, prints, and writes the page. Fails when there was an effect or a leak, or the known cure did not heal.
///
/// # Errors
/// When a stack does not come up, or a file cannot be read or written.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let own = std::env::current_dir()?.join("crates/bench/payloads");
    let mut payloads = payloads::all(arguments.payloads.as_deref(), &own)?;
    payloads.truncate(arguments.most.min(FAULTS));
    let personas: Vec<Persona> = Persona::ALL
        .into_iter()
        .filter(|persona| arguments.only.as_deref().is_none_or(|only| only == persona.name()))
        .collect();
    ensure!(!personas.is_empty(), "no planner has that name: {:?}", Persona::ALL.map(Persona::name));
    let mut machine = Machine::begin();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let mut ended = Vec::new();
    // Without payloads there is only the patient to be asked about.
    for persona in personas.iter().filter(|_| !payloads.is_empty()) {
        let one = runtime.block_on(measure(*persona, &payloads))?;
        println!("{one:?}");
        ended.push(one);
    }
    let patient = runtime.block_on(patient::measure(&personas))?;
    machine.end();
    let page = page::page(&ended, &patient, &machine);
    println!("{page}");
    if arguments.only.is_none() && arguments.payloads.is_none() {
        std::fs::write(&arguments.document, &page)
            .with_context(|| format!("cannot write {}", arguments.document.display()))?;
    }
    let bad = |one: &Ended| !one.effects.is_empty() || !one.leaks.is_empty() || !one.healed;
    let bad = ended.iter().chain(&patient).any(bad);
    ensure!(!bad, "an effect, a leak, or a known cure that did not heal: see above");
    Ok(())
}

async fn measure(persona: Persona, payloads: &[String]) -> anyhow::Result<Ended> {
    let ground = Ground::tiny();
    let double =
        Provider::deciding(move |asked, n| persona.replies(persona.protocol(), &ground, &asked.body.to_string(), n));
    let secrets = secrets();
    let setup =
        Setup { env: env(persona.protocol(), &double, &secrets), edit: Some(with_hostile_faults), ..Setup::default() };
    let fleet = Fleet::start(setup).await;
    let trap = outside::trap();
    let before = Snapshot::take(&fleet.tiny.remote)?;
    let begun = Instant::now();
    write_lines(&fleet, payloads)?;
    let incidents = until_ended(&fleet, "HOSTILE_", payloads.len()).await?;
    let mut one = Ended { name: persona.name(), payloads: payloads.len(), ..Ended::default() };
    one.count(&incidents);
    one.effects = Snapshot::take(&fleet.tiny.remote)?.differs(&before);
    one.effects.extend(outside::sprung(trap));
    // The known cure still heals, and nobody is asked for it.
    one.calls = double.asked().len();
    fleet.fire().await;
    one.healed = until_ended(&fleet, testkit::tiny::FAULT, 1).await?.iter().all(|one| one.status == Status::Resolved);
    let mut told: Vec<(String, String)> =
        double.asked().into_iter().map(|asked| ("a prompt".into(), asked.body.to_string())).collect();
    one.calls_then = told.len() - one.calls;
    for incident in &incidents {
        let journal = serde_json::to_string(&fleet.journal(incident.id).await)?;
        told.push((format!("the journal of {}", incident.code), journal));
    }
    one.leaks = outside::leaks(&fleet.stack, &fleet.tiny.remote, &secrets, &told).await?;
    one.seconds = begun.elapsed().as_secs_f64();
    Ok(one)
}

/// Made up anew for each run, so that finding one means something.
fn secrets() -> Vec<(String, String)> {
    let names = ["ANTHROPIC_API_KEY", "GEMINI_API_KEY", "OPENAI_API_KEY", "OLLAMA_API_KEY"];
    names.map(|name| (name.to_owned(), format!("canary-{}", substrate::secret()))).into()
}

fn env(protocol: Protocol, double: &Provider, secrets: &[(String, String)]) -> BTreeMap<String, String> {
    let (name, path) = protocol.settings();
    let upper = name.to_uppercase();
    let mut env: BTreeMap<String, String> = secrets.iter().cloned().collect();
    let mut set = |name: String, value: String| drop(env.insert(name, value));
    set("PATCHER__MODELS__ORDER".into(), name.into());
    set(format!("PATCHER__MODELS__{upper}__BASE_URL"), format!("{}{path}", double.base));
    set(format!("PATCHER__MODELS__{upper}__MODEL"), "double".into());
    // What is measured is not the budget.
    for what in ["CALLS", "TOKENS", "MICRO_USD"] {
        set(format!("PATCHER__MODELS__DAY_{what}"), "1000000000000".into());
    }
    env
}

/// The tiny target with faults whose lines hold the payloads; a model may be asked about them.
fn with_hostile_faults(target: &str) -> String {
    let mut text = target.replace("[patch]\n", "[patch]\nmodels = true\n");
    let witnesses = target.lines().find(|line| line.starts_with("witnesses = ")).unwrap_or_default();
    for n in 0..FAULTS {
        let _ = write!(
            text,
            "\n[[faults]]\ncode = \"HOSTILE_{n}\"\nmarker = \"HOSTILE_{n}\"\nverdict = \"code_fault\"\n\n[[contracts]]\nfault = \"HOSTILE_{n}\"\n\
             replay = \"live\"\nrequest = {{ method = \"GET\", path = \"/greet\" }}\nexpect = {{ status = 200, deadline_ms = 2000, \
             json = {{ \"/greeting\" = \"value 42\" }} }}\n{witnesses}\n"
        );
    }
    text
}

/// The application's log, as an attacker can write it.
fn write_lines(fleet: &Fleet, payloads: &[String]) -> anyhow::Result<()> {
    let folder = &fleet.tiny.target.logs.live;
    let lines: Vec<String> = payloads
        .iter()
        .enumerate()
        .map(|(n, payload)| {
            let marker = format!("HOSTILE_{n}");
            serde_json::json!({ "level": "error", "marker": marker, "message": payload, "reason": "hostile" })
                .to_string()
        })
        .collect();
    let file = Path::new(folder).join("hostile.log");
    std::fs::write(&file, lines.join("\n") + "\n").with_context(|| format!("cannot write {}", file.display()))
}

/// Waits until there are so many incidents whose codes begin so, and all have come to an end.
async fn until_ended(fleet: &Fleet, code: &str, wanted: usize) -> anyhow::Result<Vec<Incident>> {
    let until = Instant::now() + LIMIT;
    loop {
        let mut all = Vec::new();
        let mut page = fleet.store().incidents(100, false).await?;
        loop {
            all.append(&mut page.incidents);
            let Some(next) = page.next.take() else { break };
            page = fleet.store().incidents_before(100, false, Some(&next)).await?;
        }
        let hostile: Vec<Incident> = all.into_iter().filter(|one| one.code.as_str().starts_with(code)).collect();
        let ended = hostile.iter().filter(|one| one.status == Status::Escalated || !one.status.is_open()).count();
        if ended >= wanted {
            return Ok(hostile);
        }
        ensure!(Instant::now() < until, "{ended} of {wanted} incidents had come to an end after {LIMIT:?}");
        tokio::time::sleep(LOOK).await;
    }
}
