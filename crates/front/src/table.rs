//! The route table as it is used: checked, and ordered so that the longest prefix comes first. Pure.

use std::sync::Arc;
use wire::paths::CALLBACKS;
use wire::rollout::RouteTable;

/// How many routes a table may have.
const MAX_ROUTES: usize = 256;
/// The longest prefix, upstream and label, bytes.
const MAX_TEXT: usize = 256;
/// What is not routed by the table.
const RESERVED: [&str; 2] = [wire::paths::FRONT, DEVELOPER];
/// Where the incident store's pages are.
pub const DEVELOPER: &str = "/developer";

/// Where a request may go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    /// The host: a name or an address.
    pub host: String,
    /// The port.
    pub port: u16,
    /// For counters.
    pub label: String,
}

impl Upstream {
    /// Reads a base URL such as `http://127.0.0.1:34001`.
    ///
    /// # Errors
    /// One sentence that says what would be right.
    pub fn parse(url: &str, label: &str) -> Result<Self, String> {
        let wrong = || format!("{url:?} is no upstream: expected http://HOST:PORT");
        let uri: hyper::Uri = url.parse().map_err(|_| wrong())?;
        let plain = uri.scheme_str() == Some("http") && uri.path_and_query().is_none_or(|path| path == "/");
        let host = uri.host().filter(|host| plain && !host.is_empty()).ok_or_else(wrong)?;
        let port = uri.port_u16().filter(|port| *port > 0).ok_or_else(wrong)?;
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        Ok(Self { host, port, label: label.to_owned() })
    }

    /// `HOST:PORT`, as it stands in a URL.
    pub fn authority(&self) -> String {
        let Self { host, port, .. } = self;
        if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
    }
}

/// A table that can be used.
#[derive(Debug, Default)]
pub struct Table {
    told: RouteTable,
    routes: Vec<(String, Arc<Upstream>)>,
}

impl Table {
    /// Checks a table as it was written.
    ///
    /// # Errors
    /// One sentence that says what would be right.
    pub fn check(told: RouteTable) -> Result<Self, String> {
        if told.routes.len() > MAX_ROUTES {
            return Err(format!("there are {} routes, at most {MAX_ROUTES} are used", told.routes.len()));
        }
        let mut routes: Vec<(String, Arc<Upstream>)> = Vec::new();
        for route in &told.routes {
            let prefix = match route.prefix.trim_end_matches('/') {
                "" if route.prefix.starts_with('/') => "/",
                prefix => prefix,
            };
            if [&route.prefix, &route.upstream, &route.label]
                .iter()
                .any(|text| text.is_empty() || text.len() > MAX_TEXT)
            {
                return Err(format!("a route has 1 to {MAX_TEXT} bytes of prefix, upstream and label each: {route:?}"));
            }
            let reserved = prefix != CALLBACKS && RESERVED.iter().any(|reserved| is_below(prefix, reserved));
            if !prefix.starts_with('/') || reserved {
                return Err(format!(
                    "{:?} is no prefix: it begins with / and not with {}",
                    route.prefix,
                    RESERVED.join(" or ")
                ));
            }
            if routes.iter().any(|(other, _)| other == prefix) {
                return Err(format!("the prefix {prefix:?} is there twice"));
            }
            routes.push((prefix.to_owned(), Arc::new(Upstream::parse(&route.upstream, &route.label)?)));
        }
        routes.sort_by_key(|(prefix, _)| std::cmp::Reverse(prefix.len()));
        Ok(Self { told, routes })
    }

    /// Where a path goes: by the longest prefix that ends where a segment ends. What is said to the platform never goes to a
    /// target.
    pub fn choose(&self, path: &str) -> Option<&Arc<Upstream>> {
        let is_callback = is_below(path, CALLBACKS);
        let mut fitting = self.routes.iter().filter(|(prefix, _)| is_below(path, prefix));
        fitting.find(|(prefix, _)| !is_callback || prefix == CALLBACKS).map(|(_, upstream)| upstream)
    }

    /// Where a path goes, as [`Self::choose`] says, and below which paths good answers are kept there.
    pub fn route(&self, path: &str) -> Option<(&Upstream, &[String])> {
        let upstream = self.choose(path).filter(|_| !is_below(path, DEVELOPER))?;
        let told = self.told.routes.iter().find(|route| route.label == upstream.label);
        Some((upstream, told.map_or(&[], |route| &route.keep)))
    }

    /// The number of the table.
    pub fn generation(&self) -> i64 {
        self.told.generation
    }

    /// The table as it was written.
    pub fn told_ref(&self) -> &RouteTable {
        &self.told
    }

    /// A copy of it.
    pub fn told(&self) -> RouteTable {
        self.told.clone()
    }
}

/// Whether a path is a prefix or stands below it: `/a/b` is below `/a`, `/ab` is not.
pub fn is_below(path: &str, prefix: &str) -> bool {
    let rest = path.strip_prefix(prefix);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || prefix == "/")
}
