//! Whether a built candidate really does what the route is for. The gates never read this: it asks as a user does, without the
//! header of a replay, with a database, an upstream and a reading of the server's log of its own.

mod patient;
mod statements;

use super::upstream::{Mood, Upstream};
use patient::{Answer, Patient};
use statements::Statements;
use std::path::Path;
use std::time::Duration;
use substrate::Postgres;
use variants::Fault;

/// The oracle's own database and role.
const NAME: &str = "oracle";
/// What a well database query may take, as the specification says.
const DB_DEADLINE: Duration = Duration::from_millis(5_500);
/// The deadline of the call with its retries, and what the way there may add.
const API_DEADLINE: Duration = Duration::from_millis(4_500);

/// See the module.
pub(crate) struct Oracle<'s> {
    postgres: &'s Postgres,
    upstream: Upstream,
    url: String,
}

impl<'s> Oracle<'s> {
    /// Makes its database.
    ///
    /// # Errors
    /// When that fails.
    pub(crate) fn new(postgres: &'s Postgres) -> anyhow::Result<Self> {
        let password = substrate::secret();
        postgres.sql("postgres", &format!("CREATE ROLE {NAME} LOGIN PASSWORD '{password}'"))?;
        postgres.sql("postgres", &format!("CREATE DATABASE {NAME} OWNER {NAME}"))?;
        postgres.sql("postgres", &format!("ALTER DATABASE {NAME} SET log_min_duration_statement = 0"))?;
        let url = postgres.url(NAME, &password, NAME);
        Ok(Self { postgres, upstream: Upstream::start()?, url })
    }

    /// Says what is wrong with a candidate's program; nothing when all is right.
    ///
    /// # Errors
    /// When the oracle itself cannot tell.
    pub(crate) fn ask(&self, fault: Fault, program: &Path) -> anyhow::Result<Option<String>> {
        let start = || Patient::start(program, &self.url, self.upstream.port);
        let wrong = match fault {
            Fault::Sql => self.sql(&start()?)?,
            Fault::Db => self.db(&start()?)?,
            Fault::Api => match self.api_with_a_past(&start()?) {
                Ok(()) => self.api_without_a_past(&start()?).err(),
                Err(why) => Some(why),
            },
        };
        Ok(wrong)
    }

    fn sql(&self, patient: &Patient) -> anyhow::Result<Option<String>> {
        let mut log = Statements::from_now(&self.postgres.log_folder())?;
        for _ in 0..3 {
            if let Err(why) = patient.ask("/test-fault/run", Duration::from_secs(3)).and_then(|answer| answer.is_ok()) {
                return Ok(Some(why));
            }
        }
        log.read_until(|all| all.iter().filter(|one| one.reads()).count() >= 3)?;
        let failed = log.all.iter().find(|one| one.failed);
        Ok(match (failed, log.all.iter().filter(|one| one.reads()).count()) {
            (Some(failed), _) => Some(format!("the server refused a statement: {}", failed.text)),
            (None, 3..) => None,
            (None, n) => Some(format!("{n} of 3 requests read something")),
        })
    }

    fn db(&self, patient: &Patient) -> anyhow::Result<Option<String>> {
        let mut log = Statements::from_now(&self.postgres.log_folder())?;
        for _ in 0..2 {
            if let Err(why) = patient.ask("/test-fault/db-timeout", DB_DEADLINE).and_then(|answer| answer.is_ok()) {
                return Ok(Some(why));
            }
        }
        let worked = |all: &[statements::Statement]| all.iter().map(|one| one.worked_ms()).sum::<f64>() >= 2_000.0;
        log.read_until(worked)?;
        if let Some(failed) = log.all.iter().find(|one| one.failed) {
            return Ok(Some(format!("the server refused a statement: {}", failed.text)));
        }
        let limits: Vec<f64> = log.all.iter().filter_map(statements::Statement::limit_ms).collect();
        if limits.len() < 2 || limits.iter().any(|limit| !(1.0..=5_500.0).contains(limit)) {
            return Ok(Some(format!("the limits that it set, milliseconds: {limits:?}")));
        }
        Ok((!worked(&log.all)).then(|| "less than a second of work a request".to_owned()))
    }

    /// A process that has seen the upstream well.
    fn api_with_a_past(&self, patient: &Patient) -> Result<(), String> {
        let ask = || patient.ask("/test-fault/external-api", API_DEADLINE);
        self.upstream.be(Mood::Well, 7_301);
        ask()?.has_value(7_301, false)?;
        self.upstream.be(Mood::Well, 7_302);
        ask()?.has_value(7_302, false)?;
        self.upstream.be(Mood::Wrong, 0);
        ask()?.has_value(7_302, true)?;
        if self.upstream.calls() != 1 {
            return Err(format!("a wrong answer was asked for {} times", self.upstream.calls()));
        }
        self.upstream.be(Mood::Failing, 0);
        ask()?.has_value(7_302, true)?;
        // Three failures in a row by now: nobody is asked.
        self.upstream.be(Mood::Well, 7_303);
        ask()?.has_value(7_302, true)?;
        if self.upstream.calls() != 0 {
            return Err("the breaker should be open, but the upstream was asked".into());
        }
        Ok(())
    }

    /// A process that has never had a value.
    fn api_without_a_past(&self, patient: &Patient) -> Result<(), String> {
        self.upstream.be(Mood::Failing, 0);
        let answer: Answer = patient.ask("/test-fault/external-api", API_DEADLINE)?;
        if answer.status != 503 || !answer.head.to_lowercase().contains("retry-after:") {
            return Err(format!("without a value it answers {} instead of 503 with retry-after", answer.status));
        }
        if self.upstream.calls() < 2 {
            return Err(format!("a failing upstream was asked {} times only", self.upstream.calls()));
        }
        Ok(())
    }
}
