//! A receiver of OTLP traces that keeps what services send, to see whether one trace goes through all of them.

use actix_web::{App, HttpResponse, HttpServer, web};
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

    /// Whether a service (by its `service.name`) has sent a span of a trace. In OTLP's protobuf both stand as they are: the
    /// name as text and the trace id as its 16 bytes.
    ///
    /// # Panics
    /// Never, unless a handler has.
    pub fn has(&self, service: &str, trace: &[u8]) -> bool {
        let contains = |body: &[u8], part: &[u8]| body.windows(part.len()).any(|window| window == part);
        let bodies = self.bodies.lock().expect("the collector's lock");
        bodies.iter().any(|body| contains(body, service.as_bytes()) && contains(body, trace))
    }
}

async fn keep(body: web::Bytes, kept: web::Data<Mutex<Vec<Vec<u8>>>>) -> HttpResponse {
    kept.lock().expect("the collector's lock").push(body.to_vec());
    HttpResponse::Ok().content_type("application/x-protobuf").finish()
}
