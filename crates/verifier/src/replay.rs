//! Doing a replay: the contract's request, then the witnesses.

use crate::app::Verifier;
use crate::error::VerifyError;
use crate::gates::replay::{Answer, judge};
use crate::sandbox::Address;
use crate::witness::Watch;
use chassis::operations::Reporter;
use std::time::{Duration, Instant};
use wire::paths::REPLAY_HEADER;
use wire::span::SpanKind;
use wire::target::{Contract, ReplayPermission};
use wire::verification::{Judgement, Replay, ReplayReport};
use wire::{FaultCode, ReplayId};

/// How long the witnesses of a right answer are asked: PostgreSQL's log is written by another process, with a delay.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long the way to a running instance may be gone: what stands in front of it is started again by its supervisor.
const COME_BACK: Duration = Duration::from_secs(5);
/// Between two looks whether it is back.
const LOOK: Duration = Duration::from_millis(20);
/// How often a request is sent again whose connection was lost before there was an answer.
const RESENDS: usize = 2;
/// The largest answer that is read, bytes.
const MAX_ANSWER: usize = 1 << 20;

/// Where an instance answers.
#[derive(Debug, Clone)]
pub struct Endpoint {
    http: reqwest::Client,
    base: String,
    /// Whether something stands in front of the instance that may be away for a moment.
    behind_a_front: bool,
}

impl Endpoint {
    /// A job in the sandbox.
    ///
    /// # Errors
    /// When the client cannot be built.
    pub fn of_job(address: &Address) -> Result<Self, reqwest::Error> {
        Ok(match address {
            Address::Port(port) => {
                Self { http: client()?.build()?, base: format!("http://127.0.0.1:{port}"), behind_a_front: false }
            }
            Address::Socket(path) => {
                let http = client()?.unix_socket(path.as_path()).build()?;
                Self { http, base: "http://candidate".into(), behind_a_front: false }
            }
        })
    }

    /// A running instance.
    pub fn of_instance(http: reqwest::Client, base_url: &str) -> Self {
        Self { http, base: base_url.trim_end_matches('/').to_owned(), behind_a_front: true }
    }

    /// Whether the path answers 200 within the limit.
    pub async fn is_healthy(&self, path: &str, limit: Duration) -> bool {
        let answer = self.http.get(format!("{}{path}", self.base)).timeout(limit).send().await;
        answer.is_ok_and(|answer| answer.status() == reqwest::StatusCode::OK)
    }

    /// The answer to the request. A connection that was lost on the way to a running instance says nothing of the instance:
    /// the request is sent again when somebody listens again.
    async fn ask(&self, contract: &Contract, replay: &ReplayId) -> Answer {
        let mut answer = self.send(contract, replay).await;
        for _ in 0..RESENDS {
            if !answer.lost || !self.behind_a_front {
                break;
            }
            if !self.comes_back().await {
                answer.unreachable = true;
                break;
            }
            answer = self.send(contract, replay).await;
        }
        answer
    }

    /// Whether somebody listens again in time.
    async fn comes_back(&self) -> bool {
        let Some(address) = self.base.strip_prefix("http://").map(str::to_owned) else { return false };
        let back = async {
            while tokio::net::TcpStream::connect(&address).await.is_err() {
                tokio::time::sleep(LOOK).await;
            }
        };
        tokio::time::timeout(COME_BACK, back).await.is_ok()
    }

    async fn send(&self, contract: &Contract, replay: &ReplayId) -> Answer {
        let begun = Instant::now();
        let deadline = Duration::from_millis(contract.expect.deadline_ms);
        let answer = tokio::time::timeout(deadline, self.exchange(contract, replay)).await;
        let took_ms = begun.elapsed().as_secs_f64() * 1000.0;
        match answer {
            Ok(Ok((status, body))) => {
                let body = serde_json::from_slice(&body).ok();
                Answer { status: Some(status), took_ms, body, ..Answer::default() }
            }
            Ok(Err(problem)) => Answer { took_ms, problem: Some(problem), lost: true, ..Answer::default() },
            Err(_) => {
                let problem = Some(format!("there was no complete answer within {} ms", deadline.as_millis()));
                Answer { took_ms, problem, ..Answer::default() }
            }
        }
    }

    async fn exchange(&self, contract: &Contract, replay: &ReplayId) -> Result<(u16, Vec<u8>), String> {
        let request = &contract.request;
        let method = reqwest::Method::from_bytes(request.method.as_bytes()).map_err(|error| error.to_string())?;
        let mut call = self.http.request(method, format!("{}{}", self.base, request.path));
        for (name, value) in &request.headers {
            call = call.header(name, value);
        }
        if let Some(trace_parent) = chassis::telemetry::trace_parent() {
            call = call.header("traceparent", trace_parent);
        }
        let call = call.header(REPLAY_HEADER, replay.as_str()).body(request.body.clone());
        let failed = |error: reqwest::Error| format!("{:#}", anyhow::Error::from(error.without_url()));
        let mut answer = call.send().await.map_err(failed)?;
        let (status, mut body) = (answer.status().as_u16(), Vec::new());
        while let Some(chunk) = answer.chunk().await.map_err(failed)? {
            body.extend_from_slice(&chunk);
            if body.len() > MAX_ANSWER {
                return Err(format!("the answer is larger than {MAX_ANSWER} bytes"));
            }
        }
        Ok((status, body))
    }
}

/// A client that follows nothing, uses no proxy and keeps no connection: each replay is its own.
pub fn client() -> Result<reqwest::ClientBuilder, reqwest::Error> {
    let builder = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
    Ok(builder.pool_max_idle_per_host(0).connect_timeout(Duration::from_secs(2)))
}

/// Replays a contract against an endpoint and judges what was seen.
pub async fn replay(
    verifier: &Verifier,
    contract: &Contract,
    endpoint: &Endpoint,
    reporter: &Reporter,
) -> ReplayReport {
    let (id, begun) = (ReplayId::fresh(), reporter.now());
    let watch = Watch::begin(&contract.witnesses, id.clone(), verifier.http.clone()).await;
    let answer = endpoint.ask(contract, &id).await;
    // Whatever the witnesses saw cannot mend a wrong answer: they are asked once, as evidence.
    let (without_them, _) = judge(contract, &answer, &[]);
    let patience = if without_them == Judgement::Broken { Duration::ZERO } else { PATIENCE };
    let witnesses = watch.ask(patience).await;
    let (judgement, why) = judge(contract, &answer, &witnesses);
    let span = reporter.span(SpanKind::Replay, &format!("replay {}", contract.fault), begun);
    let (status, took_ms) = (answer.status, answer.took_ms);
    let code = contract.fault.clone();
    ReplayReport { replay: id, code, judgement, why, status, took_ms, witnesses, spans: vec![span] }
}

/// The report when nothing was sent.
pub fn not_replayed(code: FaultCode, why: String) -> ReplayReport {
    let judgement = Judgement::Unverified;
    let replay = ReplayId::fresh();
    ReplayReport { replay, code, judgement, why, status: None, took_ms: 0.0, witnesses: Vec::new(), spans: Vec::new() }
}

/// Replays against a running instance, where the contract permits it.
pub async fn live(verifier: &Verifier, task: Replay, reporter: &Reporter) -> Result<ReplayReport, VerifyError> {
    let workshop = verifier.workshop(&task.target)?;
    let Some(contract) = workshop.target.contract(&task.code) else {
        let why = format!("no_contract: the target file has no contract for {}", task.code);
        return Ok(not_replayed(task.code, why));
    };
    if contract.replay != ReplayPermission::Live {
        let why = "not_permitted: the contract does not permit replays against a running instance";
        return Ok(not_replayed(task.code, why.into()));
    }
    let endpoint = Endpoint::of_instance(verifier.http.clone(), &task.base_url);
    Ok(replay(verifier, contract, &endpoint, reporter).await)
}
