//! The three faults, and how each is recognised in a source without a regular expression of any cure.

use crate::evaluate::statements;
use crate::statement::{is_malformed, unbounded_wait};
use crate::tree::{self, of_kind};
use wire::FaultCode;

/// A fault of `fault-app`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// A malformed statement.
    Sql,
    /// A bare call to a slow upstream.
    Api,
    /// A query that outlives its time-out.
    Db,
}

impl Fault {
    /// All of them.
    pub const ALL: [Fault; 3] = [Fault::Sql, Fault::Api, Fault::Db];

    /// Its short name, which is also the name of its file.
    pub fn name(self) -> &'static str {
        match self {
            Fault::Sql => "sql",
            Fault::Api => "api",
            Fault::Db => "db",
        }
    }

    /// Its code, as the target file has it.
    ///
    /// # Errors
    /// Never, unless the catalogue's syntax of codes changes.
    pub fn code(self) -> anyhow::Result<FaultCode> {
        let code = match self {
            Fault::Sql => "FAULT_SQL_INJECTION_TEST",
            Fault::Api => "FAULT_EXTERNAL_API_LATENCY",
            Fault::Db => "FAULT_DB_TIMEOUT",
        };
        code.parse().map_err(|error| anyhow::anyhow!("{code} is no fault code: {error}"))
    }

    /// The application's own word for the cause, and its sentence, as its log line has them.
    pub fn symptom(self) -> (&'static str, &'static str) {
        match self {
            Fault::Sql => ("invalid_statement", "the statement failed and was rolled back"),
            Fault::Api => ("external_timeout", "The upstream did not answer in time."),
            Fault::Db => ("statement_timeout", "the query did not end in time and was rolled back"),
        }
    }

    /// Its file in the target's repository.
    pub fn file(self) -> String {
        format!("src/faults/{}.rs", self.name())
    }

    /// Whether a source has the fault.
    pub fn is_in(self, source: &str) -> bool {
        let Some(tree) = tree::parse(source) else { return false };
        let root = tree.root();
        match self {
            Fault::Sql => statements(&root).iter().any(|statement| is_malformed(statement)),
            Fault::Db => unbounded_wait(&statements(&root)),
            Fault::Api => {
                let has = |kind: &str, name: &str| of_kind(&root, kind).iter().any(|node| node.text() == name);
                has("type_identifier", "Upstream")
                    && has("field_identifier", "send")
                    && !has("field_identifier", "resilient")
            }
        }
    }
}
