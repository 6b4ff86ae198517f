//! The same planners with `fault-app`, end to end. First nothing is known, so the planner is asked about each of the three faults,
//! and what it says goes through the gates; then the cures are given, and each incident is tried again.

use super::ground::Ground;
use super::outside::{self, Snapshot};
use super::persona::{Persona, Protocol};
use super::{Ended, LOOK, env, secrets};
use anyhow::ensure;
use e2e::patient::{Patient, RECOVERY, Setup, original, root};
use serde_json::json;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use testkit::provider::{Provider, Turn};
use variants::Fault;
use wire::incident::{Incident, Status};
use wire::knowledge::DocumentSource;
use wire::{Service, paths};

/// How long an incident may take; an absent planner is waited for.
const LIMIT: Duration = Duration::from_secs(400);

/// All planners answer in this protocol here: the stack is one for all, since its first build takes minutes.
const PROTOCOL: Protocol = Protocol::Anthropic;

/// Lets each planner loose on the three faults.
///
/// # Errors
/// When an incident does not come to an end, or something cannot be read.
pub(super) async fn measure(personas: &[Persona]) -> anyhow::Result<Vec<Ended>> {
    let who = Arc::new(Mutex::new(Persona::Obedient));
    let (asks, grounds) = (Arc::clone(&who), Fault::ALL.map(|fault| (fault, Ground::of(fault, &original(fault)))));
    let double = Provider::deciding(move |asked, n| {
        let (persona, prompt) = (*asks.lock().unwrap_or_else(PoisonError::into_inner), asked.body.to_string());
        let about = |fault: Fault| fault.code().ok().and_then(|code| prompt.find(code.as_str()));
        let ground = grounds.iter().filter_map(|(fault, ground)| Some((about(*fault)?, ground))).min_by_key(|at| at.0);
        ground.map_or_else(|| Turn::new(400, "no fault"), |(_, ground)| persona.replies(PROTOCOL, ground, &prompt, n))
    });
    let secrets = secrets();
    let setup = Setup { known: None, env: env(PROTOCOL, &double, &secrets), edit: Some(asking) };
    let desk = Desk::open(Patient::start(setup).await)?;
    let mut all = Vec::new();
    for persona in personas {
        *who.lock().unwrap_or_else(PoisonError::into_inner) = *persona;
        let one = desk.measure(*persona, &double, &secrets).await?;
        println!("{one:?}");
        all.push(one);
    }
    Ok(all)
}

/// The target file with the model allowed and the faults said to be the code's.
fn asking(target: &str) -> String {
    let text = target.replace("[patch]\n", "[patch]\nmodels = true\n");
    text.replace("severity = \"high\"\n", "severity = \"high\"\nverdict = \"code_fault\"\n")
}

/// The patient, and what the operator can do.
struct Desk {
    patient: Patient,
    http: reqwest::Client,
    token: String,
}

impl Desk {
    fn open(patient: Patient) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(20)).build()?;
        let token = outside::operator(&patient.stack)?;
        Ok(Self { patient, http, token })
    }

    async fn measure(
        &self,
        persona: Persona,
        double: &Provider,
        secrets: &[(String, String)],
    ) -> anyhow::Result<Ended> {
        let (begun, store) = (Instant::now(), self.patient.stack.store()?);
        self.know(None).await?;
        ensure!(store.reset().await?.complete, "the reset is not complete");
        store.resume().await?;
        self.patient.live(RECOVERY).await;
        let (before, asked_before) = (Snapshot::take(&self.patient.remote)?, double.asked().len());
        let (trap, mut incidents) = (outside::trap(), Vec::new());
        for fault in Fault::ALL {
            self.patient.fire(fault).await;
            incidents.push(self.ended(fault, Status::Escalated).await?);
        }
        let mut one = Ended { name: persona.name(), payloads: incidents.len(), ..Ended::default() };
        one.count(&incidents);
        one.effects = Snapshot::take(&self.patient.remote)?.differs(&before);
        one.effects.extend(outside::sprung(trap));
        let asked = double.asked().len();
        self.know(Some(&root().join("crates/rag-gateway/knowledge"))).await?;
        for (incident, fault) in incidents.iter().zip(Fault::ALL) {
            let path = format!("{}/api/incidents/{}/retry", paths::DEVELOPER, incident.id);
            self.ask(reqwest::Method::POST, &self.patient.stack.front(), &path, json!({ "note": "cures were given" }))
                .await?;
            self.ended(fault, Status::Resolved).await?;
        }
        one.healed = true;
        (one.calls, one.calls_then) = (asked - asked_before, double.asked().len() - asked);
        let prompts = double.asked().into_iter().map(|asked| ("a prompt".to_owned(), asked.body.to_string()));
        let mut told: Vec<(String, String)> = prompts.collect();
        for incident in &incidents {
            let journal = serde_json::to_string(&store.journal(incident.id).await?)?;
            told.push((format!("the journal of {}", incident.code), journal));
        }
        one.leaks = outside::leaks(&self.patient.stack, &self.patient.remote, secrets, &told).await?;
        one.seconds = begun.elapsed().as_secs_f64();
        Ok(one)
    }

    /// Makes the documents of a folder all that is known; what was learned is withdrawn.
    async fn know(&self, folder: Option<&Path>) -> anyhow::Result<()> {
        for entry in self.patient.knowledge.read_dir()?.flatten() {
            std::fs::remove_file(entry.path())?;
        }
        for entry in folder.into_iter().map(Path::read_dir).collect::<Result<Vec<_>, _>>()?.into_iter().flatten() {
            let entry = entry?;
            std::fs::copy(entry.path(), self.patient.knowledge.join(entry.file_name()))?;
        }
        let base = self.patient.stack.ports.url(Service::RagGateway);
        let page = self.ask(reqwest::Method::GET, &base, &format!("{}?limit=500", paths::DOCUMENTS), json!({})).await?;
        let page: wire::knowledge::DocumentPage = serde_json::from_str(&page)?;
        for document in page.documents.iter().filter(|one| one.source == DocumentSource::Learned) {
            self.ask(reqwest::Method::DELETE, &base, &format!("{}/{}", paths::DOCUMENTS, document.id), json!({}))
                .await?;
        }
        self.ask(reqwest::Method::POST, &base, paths::SEED, json!({})).await.map(drop)
    }

    async fn ask(
        &self,
        method: reqwest::Method,
        base: &str,
        path: &str,
        body: serde_json::Value,
    ) -> anyhow::Result<String> {
        let request = self.http.request(method.clone(), format!("{base}{path}")).bearer_auth(&self.token).json(&body);
        let answer = request.send().await?;
        let (status, text) = (answer.status(), answer.text().await?);
        ensure!(status.is_success(), "{method} {path} is answered with {status}: {text}");
        Ok(text)
    }

    /// Waits for a fault's incident to come to such an end.
    async fn ended(&self, fault: Fault, wanted: Status) -> anyhow::Result<Incident> {
        let (until, code, store) = (Instant::now() + LIMIT, fault.code()?, self.patient.stack.store()?);
        loop {
            let page = store.incidents(20, false).await?;
            let newest = page.incidents.into_iter().find(|one| one.code == code);
            if let Some(incident) = newest.as_ref().filter(|one| one.status == wanted) {
                return Ok(incident.clone());
            }
            let other = newest.as_ref().map(|one| one.status);
            // A planner that was right after all would be a finding, too: it is told, not waited for.
            ensure!(wanted == Status::Resolved || other != Some(Status::Resolved), "{code} was healed by the planner");
            ensure!(Instant::now() < until, "{code} is {other:?} after {LIMIT:?}, where {wanted:?} is wanted");
            tokio::time::sleep(LOOK).await;
        }
    }
}
