//! What a target file says of its remote, taken apart. Pure.

use crate::error::RemoteError;
use std::fmt;
use std::net::Ipv6Addr;
use std::path::{Path, PathBuf};

/// The longest URL that is looked at, bytes.
const MAX_URL: usize = 1024;
/// What a path on a host may hold besides letters and digits. Nothing that git would decode (`%`) or a shell expand.
const PATH_MARKS: &str = "/._-~+@=,";

/// Where a remote is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Url {
    /// A bare repository on this machine.
    File { path: PathBuf },
    /// On a host, over ssh.
    Ssh(SshUrl),
}

/// A repository on a host. Every part of it was checked; it prints as git wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SshUrl {
    user: Option<String>,
    host: String,
    port: Option<u16>,
    /// Absolute, or as in `host:path` relative to where the host puts one.
    path: String,
}

impl SshUrl {
    /// The host, with the port when it is not the usual one: for people.
    pub(crate) fn place(&self) -> String {
        self.port.map_or_else(|| self.host.clone(), |port| format!("{}:{port}", self.host))
    }
}

impl fmt::Display for SshUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let user = self.user.as_ref().map(|user| format!("{user}@")).unwrap_or_default();
        let port = self.port.map(|port| format!(":{port}")).unwrap_or_default();
        match self.path.starts_with('/') {
            true => write!(f, "ssh://{user}{}{port}{}", self.host, self.path),
            false => write!(f, "{user}{}:{}", self.host, self.path),
        }
    }
}

/// Takes a URL apart.
pub(crate) fn parse(url: &str) -> Result<Url, RemoteError> {
    if url.is_empty() || url.len() > MAX_URL || url.chars().any(char::is_control) {
        return Err(RemoteError::BadUrl("it is empty, too long, or holds control characters"));
    }
    match url.split_once("://") {
        Some(("file", rest)) => file(rest),
        Some(("ssh", rest)) => ssh(rest),
        Some((scheme, rest)) => match authority(rest).contains('@') {
            true => Err(RemoteError::CredentialInUrl),
            false => Err(RemoteError::Unsupported(scheme.chars().take(16).collect())),
        },
        // `host:path` is ssh; a path with a colon in its first part must be written with `./` or `/`.
        None => match url.split_once(':').filter(|(host, _)| !host.contains('/')) {
            Some((host, path)) => scp(host, path),
            None => Ok(Url::File { path: Path::new(url).to_owned() }),
        },
    }
}

fn authority(rest: &str) -> &str {
    rest.split('/').next().unwrap_or_default()
}

fn file(rest: &str) -> Result<Url, RemoteError> {
    if authority(rest).contains('@') {
        return Err(RemoteError::CredentialInUrl);
    }
    Ok(Url::File { path: Path::new(rest).to_owned() })
}

/// `[user@]host[:port]/path`.
fn ssh(rest: &str) -> Result<Url, RemoteError> {
    let (authority, path) = rest.split_at(authority(rest).len());
    let (user, place) = user_and_place(authority)?;
    // The colons of an address in brackets are its own.
    let from = place.rfind(']').unwrap_or(0);
    let (host, port) = match place.get(from..).and_then(|tail| tail.find(':')) {
        Some(at) => (place.get(..from + at).unwrap_or_default(), place.get(from + at + 1..)),
        None => (place, None),
    };
    let port = port.map(|port| port.parse().ok().filter(|port| *port != 0));
    if port == Some(None) {
        return Err(RemoteError::BadUrl("its port is not a number from 1 to 65535"));
    }
    build(user, host, port.flatten(), path)
}

/// `[user@]host:path`.
fn scp(place: &str, path: &str) -> Result<Url, RemoteError> {
    // `user:password@host:path`: whoever wrote it meant a password.
    if authority(path).contains('@') {
        return Err(RemoteError::CredentialInUrl);
    }
    let (user, host) = user_and_place(place)?;
    if path.starts_with(':') {
        return Err(RemoteError::Unsupported(host.chars().take(16).collect()));
    }
    build(user, host, None, path)
}

fn user_and_place(authority: &str) -> Result<(Option<&str>, &str), RemoteError> {
    match authority.rsplit_once('@') {
        Some((user, _)) if user.contains(':') => Err(RemoteError::CredentialInUrl),
        Some((user, place)) => Ok((Some(user), place)),
        None => Ok((None, authority)),
    }
}

/// Checks each part. None may begin with `-`: a program further on could take it for an option.
fn build(user: Option<&str>, host: &str, port: Option<u16>, path: &str) -> Result<Url, RemoteError> {
    let is_word = |text: &str, marks: &str| {
        let fits = |c: char| c.is_ascii_alphanumeric() || marks.contains(c);
        !text.is_empty() && !text.starts_with('-') && text.chars().all(fits)
    };
    let bracketed = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let is_v6 = bracketed.is_some_and(|address| address.parse::<Ipv6Addr>().is_ok());
    if !is_v6 && (host.len() > 253 || !is_word(host, ".-_")) {
        return Err(RemoteError::BadUrl("its host is not a name or an address"));
    }
    if user.is_some_and(|user| user.len() > 64 || !is_word(user, "._-+")) {
        return Err(RemoteError::BadUrl("its user is not a plain name"));
    }
    if path == "/" || !is_word(path, PATH_MARKS) {
        return Err(RemoteError::BadUrl(
            "its path is not one of letters, digits and ._-~+@=,/ that begins without `-`",
        ));
    }
    Ok(Url::Ssh(SshUrl { user: user.map(str::to_owned), host: host.to_owned(), port, path: path.to_owned() }))
}

#[cfg(test)]
mod tests;
