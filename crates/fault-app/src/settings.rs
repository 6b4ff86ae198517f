//! What the environment says. A value that cannot be used is one sentence on stderr that names the variable and never
//! repeats a secret.

use crate::run_folder::RunFolder;
use crate::upstream::Address;
use tokio_postgres::config::SslMode;

/// The port when nothing else is said.
const DEFAULT_PORT: u16 = 8001;
/// The upstream when nothing else is said.
const DEFAULT_UPSTREAM: &str = "http://localhost:5001";

/// Everything that can be set.
pub(crate) struct Settings {
    /// The port on loopback; 0 for any free one.
    pub(crate) port: u16,
    /// The database, without our time-outs.
    pub(crate) database: tokio_postgres::Config,
    /// Whether the fault routes exist.
    pub(crate) fault_injection: bool,
    /// Where the upstream is.
    pub(crate) upstream: Address,
    /// Where replicas share what they know of the upstream, if anywhere.
    pub(crate) redis: Option<redis::Client>,
    /// Where incidents are reported, if anywhere.
    pub(crate) report: Option<ReportTo>,
    /// Where this process and whoever looks after its machine tell each other something, if anywhere.
    pub(crate) run: RunFolder,
    /// The version, as log lines name it.
    pub(crate) version: String,
}

/// Where incidents are reported.
pub(crate) struct ReportTo {
    /// The address, plain HTTP.
    pub(crate) url: String,
    /// The bearer token.
    pub(crate) token: Option<String>,
}

impl Settings {
    /// Reads them through `variable`. An empty value counts as none.
    pub(crate) fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let variable = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
        let port = match variable("PORT") {
            None => DEFAULT_PORT,
            Some(text) => text.parse().map_err(|_| format!("PORT is {text:?}; it must be 0 to 65535"))?,
        };
        Ok(Self {
            port,
            database: database(variable("DATABASE_URL"))?,
            fault_injection: fault_injection(variable("ENABLE_FAULT_INJECTION"), variable("APP_ENV"))?,
            upstream: upstream(variable("MOCK_API_BASE_URL"))?,
            redis: variable("REDIS_URL").map(redis).transpose()?,
            report: report_to(&variable)?,
            run: RunFolder(variable("RUN_FOLDER").map(Into::into)),
            version: variable("APP_VERSION").unwrap_or_else(|| "dev".into()),
        })
    }
}

fn database(url: Option<String>) -> Result<tokio_postgres::Config, String> {
    let url = url.ok_or("DATABASE_URL is not set; it must be like postgresql://user@host/database")?;
    let config: tokio_postgres::Config = url.parse().map_err(|_| {
        "DATABASE_URL is not a PostgreSQL URL; it must be like postgresql://user@host/database \
         or postgresql:///database?host=/folder/of/the/socket&user=user"
    })?;
    if config.get_hosts().is_empty() {
        return Err("DATABASE_URL names no host".into());
    }
    if config.get_ssl_mode() == SslMode::Require {
        return Err("DATABASE_URL asks for TLS (sslmode=require), which this application does not speak".into());
    }
    Ok(config)
}

/// On in development, off in production and in any environment with another name, unless it is said outright.
fn fault_injection(said: Option<String>, environment: Option<String>) -> Result<bool, String> {
    match said.as_deref().map(str::to_ascii_lowercase).as_deref() {
        None => Ok(environment.is_none_or(|name| name == "development")),
        Some("true" | "1" | "on" | "yes") => Ok(true),
        Some("false" | "0" | "off" | "no") => Ok(false),
        Some(other) => Err(format!("ENABLE_FAULT_INJECTION is {other:?}; it must be true or false")),
    }
}

fn upstream(url: Option<String>) -> Result<Address, String> {
    Address::of(url.as_deref().unwrap_or(DEFAULT_UPSTREAM))
        .ok_or_else(|| "MOCK_API_BASE_URL must be like http://host:port, without a user, password or query".into())
}

fn redis(url: String) -> Result<redis::Client, String> {
    // What the crate says of a wrong one may hold the password.
    redis::Client::open(url).map_err(|_| {
        "REDIS_URL must be like redis://[user:password@]host:port or redis+unix:///path, without TLS".into()
    })
}

fn report_to(variable: &impl Fn(&str) -> Option<String>) -> Result<Option<ReportTo>, String> {
    let token = token(variable("INCIDENT_REPORT_TOKEN"), variable("INCIDENT_REPORT_TOKEN_FILE"))?;
    let Some(url) = variable("INCIDENT_REPORT_URL") else { return Ok(None) };
    let host = url.strip_prefix("http://").and_then(|rest| rest.split('/').next()).unwrap_or_default();
    if host.is_empty() || host.contains('@') || url.parse::<ureq::http::Uri>().is_err() {
        return Err("INCIDENT_REPORT_URL must be like http://host:port/path, without a user or password".into());
    }
    Ok(Some(ReportTo { url, token }))
}

fn token(value: Option<String>, file: Option<String>) -> Result<Option<String>, String> {
    let token = match (value, file) {
        (Some(_), Some(_)) => return Err("set INCIDENT_REPORT_TOKEN or INCIDENT_REPORT_TOKEN_FILE, not both".into()),
        (None, Some(path)) => std::fs::read_to_string(&path)
            .map_err(|error| format!("INCIDENT_REPORT_TOKEN_FILE {path:?} cannot be read: {error}"))?,
        (Some(token), None) => token,
        (None, None) => return Ok(None),
    };
    let token = token.trim();
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("the incident report's token must be one line of printable ASCII".into());
    }
    Ok(Some(token.to_owned()))
}
