//! Paths and headers that two processes must agree on.

/// Liveness: the process answers.
pub const HEALTH: &str = "/healthz";
/// Readiness: what the service needs answers too.
pub const READY: &str = "/readyz";
/// What a service tells of itself in numbers, for a scraper.
pub const METRICS: &str = "/metrics";
/// Detections come in here.
pub const DETECTIONS: &str = "/v1/detections";
/// Log lines are pushed in here: NDJSON, and OTLP/HTTP logs as protobuf or JSON.
pub const LOGS: &str = "/v1/logs";
/// What the router follows, and how far it has read.
pub const SOURCES: &str = "/v1/sources";
/// Incidents, and below one its journal.
pub const INCIDENTS: &str = "/v1/incidents";
/// What is open now, in short.
pub const OPEN_INCIDENTS: &str = "/v1/open-incidents";
/// What was done of late, by target.
pub const REMEDIES: &str = "/v1/remedies";
/// The feed of all events, by cursor.
pub const EVENTS: &str = "/v1/events";
/// Leases.
pub const LEASES: &str = "/v1/leases";
/// Long effects: `PUT /v1/operations/{scope}/{step}` begins or finds one, `GET` waits for it.
pub const OPERATIONS: &str = "/v1/operations";
/// What a healer holds now.
pub const WORK: &str = "/v1/work";
/// Plans are asked for here.
pub const PLANS: &str = "/v1/plans";
/// What was learned is told here.
pub const LESSONS: &str = "/v1/lessons";
/// What the knowledge base holds.
pub const DOCUMENTS: &str = "/v1/documents";
/// The knowledge base is brought up to date.
pub const SEED: &str = "/v1/documents/seed";
/// The knowledge base is searched.
pub const SEARCH: &str = "/v1/search";
/// Which parts of a service serve.
pub const STATUS: &str = "/v1/status";
/// The verifier's verdict on a proposal, by the proposal's digest.
pub const VERDICTS: &str = "/v1/verdicts";
/// Reliefs are put in force; below it `/withdraw`.
pub const RELIEFS: &str = "/v1/reliefs";
/// What runs, by target.
pub const ROLLOUTS: &str = "/v1/rollouts";
/// The resources of the targets on a machine, as they are now.
pub const RESOURCES: &str = "/v1/resources";
/// What people were told, and what stands in the way.
pub const DELIVERIES: &str = "/v1/deliveries";
/// A test message is sent.
pub const DELIVERY_TEST: &str = "/v1/test";
/// The dashboard's API.
pub const DEVELOPER: &str = "/developer/incidents";
/// The dashboard's session.
pub const SESSION: &str = "/developer/session";
/// Liveness of the front, which passes [`HEALTH`] on to the live version.
pub const FRONT_HEALTH: &str = "/-/healthz";
/// The numbers of the front, which passes [`METRICS`] on to the live version.
pub const FRONT_METRICS: &str = "/-/metrics";
/// The front's own routes; nothing of a target starts so.
pub const FRONT: &str = "/-";
/// Pipelines say here, signed, that a commit is live: below it the target's name. `front` passes it on to `deployer`.
pub const CALLBACKS: &str = "/-/callbacks";

/// Marks a request as a replay; its value is the [`crate::ReplayId`].
pub const REPLAY_HEADER: &str = "x-kintsugi-replay";
/// Asks the front who answers a replay; it goes no further than to the front. See [`crate::vouch`].
pub const WHO_HEADER: &str = "x-kintsugi-who";
/// The front's word on who answered.
pub const ANSWERED_HEADER: &str = "x-kintsugi-answered-by";
/// Carries a session's anti-forgery token.
pub const CSRF_HEADER: &str = "x-kintsugi-csrf";
/// The request id, taken over from the caller or made.
pub const REQUEST_ID_HEADER: &str = "x-request-id";

/// Trailers of the commits that Kintsugi makes.
pub mod trailer {
    /// The incident that a commit cures.
    pub const INCIDENT: &str = "Kintsugi-Incident";
    /// The digest of the admitted proposal; with it a retry finds its own commit.
    pub const PROPOSAL: &str = "Kintsugi-Proposal";
    /// The fault code.
    pub const FAULT: &str = "Kintsugi-Fault";
    /// The option of the plan and the rule (or model) behind it.
    pub const ORIGIN: &str = "Kintsugi-Origin";
    /// The epoch in which the commit was made.
    pub const EPOCH: &str = "Kintsugi-Epoch";
    /// The commit that this one reverts.
    pub const REVERT: &str = "Kintsugi-Revert";
    /// The epoch that a reset began. Such a commit is never a suspect.
    pub const RESET: &str = "Kintsugi-Reset";
    /// The W3C trace context of the recovery.
    pub const TRACE: &str = "Traceparent";
}
