//! Where a provider may be. Pure.

use ureq::http::Uri;

/// Why an address or a model's name is not used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadAddress {
    /// The URL.
    #[error("the base URL must be https, or http on this machine's loopback, without user, query or fragment")]
    Url,
    /// The model.
    #[error("the model's name must be letters, digits, `.`, `_`, `-`, and but for Gemini `:` and `/`")]
    Model,
}

/// A base URL without its trailing slashes.
///
/// # Errors
/// When a secret could be read on the way: plain http is for loopback only. The text does not repeat the URL.
pub fn base(url: &str) -> Result<String, BadAddress> {
    let uri: Uri = url.parse().map_err(|_| BadAddress::Url)?;
    let authority = uri.authority().ok_or(BadAddress::Url)?;
    let plain = !authority.as_str().contains('@') && uri.query().is_none() && !url.contains('#');
    let allowed = match uri.scheme_str() {
        Some("https") => !authority.host().is_empty(),
        Some("http") => is_loopback(authority.host()),
        _ => false,
    };
    (plain && allowed).then(|| url.trim_end_matches('/').to_owned()).ok_or(BadAddress::Url)
}

/// Whether a base URL leads to this machine only.
pub fn is_local(url: &str) -> bool {
    url.parse::<Uri>().is_ok_and(|uri| uri.host().is_some_and(is_loopback))
}

/// A model's name.
///
/// # Errors
/// When it could be more than a name, e.g. lead elsewhere in a path.
pub fn model(name: &str, in_path: bool) -> Result<String, BadAddress> {
    let allowed =
        |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-') || (!in_path && matches!(b, b':' | b'/'));
    let right = !name.is_empty() && name.len() <= 128 && name.bytes().all(allowed) && !name.contains("..");
    right.then(|| name.to_owned()).ok_or(BadAddress::Model)
}

fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_is_https_or_loopback() {
        for (url, wanted) in [
            ("https://api.anthropic.com/", "https://api.anthropic.com"),
            ("http://127.0.0.1:11434", "http://127.0.0.1:11434"),
            ("http://[::1]:8080/v1", "http://[::1]:8080/v1"),
            ("http://localhost:1/v1/", "http://localhost:1/v1"),
        ] {
            assert_eq!(base(url).as_deref(), Ok(wanted), "{url}");
        }
        for url in [
            "http://api.anthropic.com",
            "http://127.0.0.1.evil.example",
            "http://169.254.169.254/",
            "https://user:hunter2@host/",
            "http://localhost@evil.example/",
            "https://host/?key=hunter2",
            "https://host/#x",
            "file:///etc/passwd",
            "ftp://127.0.0.1/",
            "https://",
            "",
        ] {
            let error = base(url).unwrap_err();
            assert!(!error.to_string().contains("hunter2"), "{url}");
        }
    }

    #[test]
    fn a_models_name_is_a_name() {
        for (name, in_path) in
            [("claude-sonnet-5-5", true), ("qwen3-coder:30b", false), ("a/b", false), ("gpt-6.1", true)]
        {
            assert_eq!(model(name, in_path).as_deref(), Ok(name));
        }
        for (name, in_path) in
            [("", true), ("a/b", true), ("x:y", true), ("../x", false), ("a b", false), ("a?b", true)]
        {
            assert!(model(name, in_path).is_err(), "{name}");
        }
    }
}
