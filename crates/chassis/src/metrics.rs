//! What a service tells of itself in numbers: rate, errors and duration of its requests, and its process. A service adds its
//! own to the same registry; there is one registry a server, none a process.

use actix_web::http::Method;
use futures::future::BoxFuture;
use prometheus::process_collector::ProcessCollector;
use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, Opts, Registry, TextEncoder};
use std::sync::Arc;
use std::time::Duration;
use wire::Service;

/// Bounds of the buckets, seconds: from a cheap read to the longest wait of a long poll.
const BUCKETS: [f64; 13] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0];
/// The media type of the text format.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A server's numbers. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    seconds: HistogramVec,
    refresh: Option<Refresh>,
}

/// What is to be read anew before the numbers are told.
#[derive(Clone)]
struct Refresh(Arc<dyn Fn() -> BoxFuture<'static, ()> + Send + Sync>);

impl std::fmt::Debug for Refresh {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Refresh")
    }
}

impl Metrics {
    /// Of a service; every number bears its name as the label `service`.
    ///
    /// # Errors
    /// When the registry does not take them; names and labels are constants, so only a mistake here is one.
    pub fn new(service: Service) -> Result<Self, prometheus::Error> {
        let labels = [("service".to_owned(), service.to_string())].into();
        let registry = Registry::new_custom(None, Some(labels))?;
        let opts = Opts::new("kintsugi_http_requests_total", "Requests answered, by route and status class.");
        let requests = IntCounterVec::new(opts, &["method", "route", "status"])?;
        let opts = HistogramOpts::new("kintsugi_http_request_duration_seconds", "Time to the head of the answer.");
        let seconds = HistogramVec::new(opts.buckets(BUCKETS.to_vec()), &["method", "route"])?;
        registry.register(Box::new(requests.clone()))?;
        registry.register(Box::new(seconds.clone()))?;
        registry.register(Box::new(ProcessCollector::for_self()))?;
        Ok(Self { registry, requests, seconds, refresh: None })
    }

    /// Has this run before the numbers are told, so that a collector, which cannot wait, finds what it tells. It must end
    /// by itself, and soon.
    #[must_use]
    pub fn refreshed_by(self, refresh: impl Fn() -> BoxFuture<'static, ()> + Send + Sync + 'static) -> Self {
        Self { refresh: Some(Refresh(Arc::new(refresh))), ..self }
    }

    /// Where a service registers its own.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Reads anew what has to be, then tells everything in the text format of Prometheus.
    ///
    /// # Errors
    /// When a collector answers what cannot be written.
    pub async fn tell(&self) -> Result<String, prometheus::Error> {
        if let Some(Refresh(refresh)) = &self.refresh {
            refresh().await;
        }
        self.text()
    }

    fn text(&self) -> Result<String, prometheus::Error> {
        TextEncoder::new().encode_to_string(&self.registry.gather())
    }

    /// Counts an answer. `route` is the pattern that matched, so that there are as many labels as routes.
    pub(crate) fn count(&self, method: &Method, route: Option<&str>, status: u16, took: Duration) {
        let known = [Method::GET, Method::POST, Method::PUT, Method::DELETE].contains(method);
        let (method, route) = (if known { method.as_str() } else { "other" }, route.unwrap_or("none"));
        self.requests.with_label_values(&[method, route, class(status)]).inc();
        self.seconds.with_label_values(&[method, route]).observe(took.as_secs_f64());
    }
}

fn class(status: u16) -> &'static str {
    match status {
        0..400 => "ok",
        400..500 => "client_error",
        _ => "server_error",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_counted_under_its_route_and_a_stranger_s_method_or_path_makes_no_label() {
        let metrics = Metrics::new(Service::Front).unwrap();
        let took = Duration::from_millis(3);
        metrics.count(&Method::GET, Some("/v1/x/{id}"), 200, took);
        metrics.count(&Method::GET, Some("/v1/x/{id}"), 503, took);
        metrics.count(&Method::from_bytes(b"BREW").unwrap(), None, 404, took);
        let text = metrics.text().unwrap();
        for line in [
            r#"kintsugi_http_requests_total{method="GET",route="/v1/x/{id}",status="ok",service="front"} 1"#,
            r#"kintsugi_http_requests_total{method="GET",route="/v1/x/{id}",status="server_error",service="front"} 1"#,
            r#"kintsugi_http_requests_total{method="other",route="none",status="client_error",service="front"} 1"#,
            r#"kintsugi_http_request_duration_seconds_bucket{method="GET",route="/v1/x/{id}",service="front",le="0.005"} 2"#,
        ] {
            assert!(text.contains(line), "{line}\nin\n{text}");
        }
        assert!(text.contains("process_resident_memory_bytes"), "{text}");
    }
}
