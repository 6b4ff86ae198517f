//! The call that failed: a method, a path, a few headers and a body. Never a host: where it goes stands in the target file.

use crate::paths;
use crate::redact::redact;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The longest body, bytes.
pub const MAX_BODY: usize = 64 << 10;
/// The longest path with its query, bytes.
pub const MAX_PATH: usize = 2 * 1024;
/// The longest value of a header, bytes.
pub const MAX_HEADER: usize = 1024;
/// The headers that are taken and sent again.
pub const HEADERS: [&str; 8] = [
    "accept",
    "accept-language",
    "content-type",
    "idempotency-key",
    "if-match",
    "if-none-match",
    "prefer",
    "x-correlation-id",
];
/// Headers that hold somebody's secret: refused, and said why.
pub const SECRET_HEADERS: [&str; 7] =
    ["authorization", "cookie", "proxy-authorization", "set-cookie", "x-api-key", "x-auth-token", "x-csrf-token"];
const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

/// A call, as it was made.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// The method, upper case.
    pub method: String,
    /// The path with its query.
    pub path: String,
    /// Headers, by their lower-case names: only [`HEADERS`].
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// The body.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub body: String,
}

/// Without the body and the headers' values: they are the caller's.
impl std::fmt::Debug for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let headers: Vec<&String> = self.headers.keys().collect();
        let body = format!("{} bytes", self.body.len());
        f.debug_struct("Call")
            .field("method", &self.method)
            .field("path", &redact(&self.path))
            .field("headers", &headers)
            .field("body", &body)
            .finish()
    }
}

impl Call {
    /// Whether it changes nothing by its method.
    pub fn is_safe(&self) -> bool {
        matches!(self.method.as_str(), "GET" | "HEAD")
    }

    /// The path without its query.
    pub fn route(&self) -> &str {
        self.path.split('?').next().unwrap_or_default()
    }

    /// The call in a few words, without what could be a secret.
    pub fn shown(&self) -> String {
        format!("{} {}", self.method, redact(&self.path))
    }

    pub(super) fn check(&self) -> Result<(), String> {
        if !METHODS.contains(&self.method.as_str()) {
            return Err(format!("`call.method` must be one of {}", METHODS.join(", ")));
        }
        check_path(&self.path)?;
        self.headers.iter().try_for_each(|(name, value)| check_header(name, value))?;
        if self.body.len() > MAX_BODY {
            return Err(format!("`call.body` has {} bytes: at most {MAX_BODY} are taken", self.body.len()));
        }
        if self.is_safe() && !self.body.is_empty() {
            return Err(format!("`call.body` must be empty: a {} has none", self.method));
        }
        // What is kept as text holds none; a body that does is no text.
        if self.body.contains('\0') { Err("`call.body` holds a NUL: only text is taken".into()) } else { Ok(()) }
    }
}

/// A path that means the same to everybody who reads it: nothing in it climbs or hides a separator.
fn check_path(path: &str) -> Result<(), String> {
    if !path.starts_with('/') || path.len() > MAX_PATH {
        return Err(format!("`call.path` must begin with `/` and have at most {MAX_PATH} bytes; it names no host"));
    }
    if path.bytes().any(|byte| !byte.is_ascii_graphic() || matches!(byte, b'\\' | b'#' | b'"' | b'<' | b'>')) {
        return Err("`call.path` must be as it goes over the wire: other characters than A-Z a-z 0-9 and the usual \
                    marks are percent-encoded"
            .into());
    }
    if redact(path) != path {
        return Err(
            "`call.path` looks as if it held a secret: it is not taken, as what is handed over is kept until it is \
                    answered. Hand over calls that need none, or repeat the call yourself once it is healed"
                .into(),
        );
    }
    let route = path.split('?').next().unwrap_or_default().to_ascii_lowercase();
    let hides = ["%2f", "%5c", "%00", "//"].into_iter().find(|hidden| route.contains(hidden));
    if let Some(hidden) = hides {
        return Err(format!("`call.path` holds `{hidden}`: name the route plainly"));
    }
    if route.split('/').any(|part| matches!(part.replace("%2e", ".").as_str(), "." | "..")) {
        return Err("`call.path` holds `.` or `..`: name the route plainly".into());
    }
    let is_below = |own: &str| route.strip_prefix(own).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    match [paths::DEVELOPER, paths::SESSION, paths::FRONT].into_iter().find(|own| is_below(own)) {
        Some(own) => Err(format!("`call.path` is below `{own}`, which is the platform's own and no target's")),
        None => Ok(()),
    }
}

fn check_header(name: &str, value: &str) -> Result<(), String> {
    let shown: String = name.chars().take(40).collect();
    if SECRET_HEADERS.contains(&name.to_ascii_lowercase().as_str()) {
        return Err(format!(
            "the header {shown:?} is not taken: it holds a secret, and what is handed over is kept until it is answered. \
             Hand over calls that need none, or repeat the call yourself once it is healed"
        ));
    }
    if !HEADERS.contains(&name) {
        return Err(format!("the header {shown:?} is not taken: only {} are, in lower case", HEADERS.join(", ")));
    }
    if value.len() > MAX_HEADER || value.bytes().any(|byte| !(byte.is_ascii_graphic() || byte == b' ')) {
        return Err(format!("the header {shown:?} must have at most {MAX_HEADER} visible ASCII characters"));
    }
    if redact(value) != value {
        return Err(format!("the value of the header {shown:?} looks like a secret: it is not taken"));
    }
    Ok(())
}
