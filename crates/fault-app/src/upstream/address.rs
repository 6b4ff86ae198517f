//! Where the upstream is.

/// A base address, `http://host[:port][/prefix]`, read once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    /// The host and port, as the `Host` header names them.
    pub(crate) authority: String,
    /// The host, to connect to.
    pub(crate) host: String,
    /// The port.
    pub(crate) port: u16,
    /// What comes before the path of each call, without a slash at its end.
    pub(crate) prefix: String,
}

impl Address {
    /// Reads one; nothing if it is no such address.
    pub(crate) fn of(url: &str) -> Option<Self> {
        let uri: hyper::Uri = url.trim_end_matches('/').parse().ok()?;
        let authority = uri.authority().filter(|authority| !authority.as_str().contains('@'))?;
        if uri.scheme_str() != Some("http") || uri.query().is_some() || authority.host().is_empty() {
            return None;
        }
        let port = match authority.as_str().strip_prefix(authority.host())? {
            "" => 80,
            port => port.strip_prefix(':')?.parse().ok()?,
        };
        Some(Self {
            authority: authority.as_str().to_owned(),
            host: authority.host().trim_matches(['[', ']']).to_owned(),
            port,
            prefix: uri.path().trim_end_matches('/').to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(url: &str, wanted: Option<(&str, u16, &str)>) {
        let address = Address::of(url);
        let read = address.as_ref().map(|address| (&*address.host, address.port, &*address.prefix));
        assert_eq!(read, wanted, "{url}");
    }

    #[test]
    fn an_address_is_plain_http_without_a_user_or_a_query() {
        check("http://localhost:5001", Some(("localhost", 5001, "")));
        check("http://mock-upstream:5001/", Some(("mock-upstream", 5001, "")));
        check("http://h/a/b/", Some(("h", 80, "/a/b")));
        check("http://[::1]:81", Some(("::1", 81, "")));
        let wrong = [
            "",
            "localhost:5001",
            "https://h",
            "http://",
            "http://u:p@h/",
            "http://h?a",
            "http://h:",
            "http://h:99999",
        ];
        for url in wrong {
            check(url, None);
        }
    }
}
