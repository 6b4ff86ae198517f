//! A receiver of OTLP traces that keeps what services send, to see whether one trace goes through all of them.

use actix_web::{App, HttpResponse, HttpServer, web};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::ResourceSpans;
use prost::Message;
use std::sync::{Arc, Mutex};

/// The receiver.
#[derive(Debug, Clone, Default)]
pub struct Collector {
    bodies: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Collector {
    /// Starts one on a free port; answers its base URL, for `OTEL_EXPORTER_OTLP_ENDPOINT`.
    ///
    /// # Panics
    /// When it cannot listen.
    pub fn start() -> (Self, String) {
        let collector = Self::default();
        let (listener, url) = testkit::listener();
        let kept = collector.bodies.clone();
        std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let factory = move || {
                    App::new()
                        .app_data(web::Data::from(kept.clone()))
                        .app_data(web::PayloadConfig::new(16 << 20))
                        .route("/v1/traces", web::post().to(keep))
                };
                let server = HttpServer::new(factory).workers(1).disable_signals().listen(listener);
                server.expect("a listener").run().await.expect("the collector runs");
            });
        });
        (collector, url)
    }

    /// Every span of a trace that was sent so far.
    ///
    /// # Panics
    /// When somebody sent what is no OTLP.
    pub fn spans(&self, trace: &str) -> Vec<Told> {
        let bodies = self.bodies.lock().expect("the collector's lock");
        let requests = bodies.iter().map(|body| ExportTraceServiceRequest::decode(body.as_slice()).expect("OTLP"));
        let mut told = Vec::new();
        for sent in requests.flat_map(|request| request.resource_spans) {
            let service = service_of(&sent);
            let spans = sent.scope_spans.iter().flat_map(|scope| &scope.spans);
            told.extend(spans.filter(|span| hex(&span.trace_id) == trace).map(|span| Told {
                service: service.clone(),
                name: span.name.clone(),
                id: hex(&span.span_id),
                parent: hex(&span.parent_span_id),
                start: span.start_time_unix_nano,
                end: span.end_time_unix_nano,
            }));
        }
        told
    }
}

/// A span as it was sent.
#[derive(Debug, Clone)]
pub struct Told {
    /// Its resource's `service.name`; empty without one.
    pub service: String,
    /// Its name.
    pub name: String,
    /// Its id, hexadecimal.
    pub id: String,
    /// Its parent's id; empty without one.
    pub parent: String,
    /// When it began, nanoseconds.
    pub start: u64,
    /// When it ended.
    pub end: u64,
}

fn service_of(sent: &ResourceSpans) -> String {
    let attributes = sent.resource.iter().flat_map(|resource| &resource.attributes);
    let mut names = attributes.filter(|attribute| attribute.key == "service.name");
    match names.next().and_then(|name| name.value.clone()?.value) {
        Some(Value::StringValue(name)) => name,
        _ => String::new(),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn keep(body: web::Bytes, kept: web::Data<Mutex<Vec<Vec<u8>>>>) -> HttpResponse {
    kept.lock().expect("the collector's lock").push(body.to_vec());
    HttpResponse::Ok().content_type("application/x-protobuf").finish()
}
