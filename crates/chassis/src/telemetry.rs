//! JSON log lines on stdout, and traces over OTLP when `OTEL_EXPORTER_OTLP_ENDPOINT` is set.

mod lines;

use lines::Traced;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::{Span as _, TraceContextExt, Tracer, TracerProvider as _};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use std::collections::HashMap;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use wire::Service;

/// Who made the spans, in OTLP's words.
const TRACER: &str = "kintsugi";

/// Flushes the traces when it is dropped.
#[must_use = "dropping it ends the telemetry"]
#[derive(Debug)]
pub struct Telemetry {
    provider: SdkTracerProvider,
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        // A collector that does not answer must not keep the process: the exporter has a limit of its own.
        let _flushed = self.provider.shutdown_with_timeout(std::time::Duration::from_secs(2));
    }
}

/// Starts telemetry for a service, once per process, and logs panics as JSON.
///
/// # Errors
/// When the exporter cannot be built, or telemetry was started before.
pub fn start(service: Service) -> anyhow::Result<Telemetry> {
    let resource = opentelemetry_sdk::Resource::builder()
        .with_service_name(service.as_str())
        .with_attribute(opentelemetry::KeyValue::new("service.namespace", "kintsugi"))
        .build();
    let mut provider = SdkTracerProvider::builder().with_resource(resource);
    if crate::settings::variable("OTEL_EXPORTER_OTLP_ENDPOINT").is_some() {
        let exporter = opentelemetry_otlp::SpanExporter::builder().with_http().build()?;
        provider = provider.with_batch_exporter(exporter);
    }
    let provider = provider.build();
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| "info,opentelemetry=warn,hyper=warn,reqwest=warn,actix_server=warn".into());
    tracing_subscriber::registry()
        .with(filter)
        .with(tracing_subscriber::fmt::layer().json().map_event_format(|_| Traced::default()))
        .with(tracing_opentelemetry::layer().with_tracer(provider.tracer(TRACER)))
        .try_init()?;
    opentelemetry::global::set_tracer_provider(provider.clone());
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let what = panic.payload_as_str().unwrap_or("a panic without a text");
        tracing::error!(place, what, "panic");
    }));
    Ok(Telemetry { provider })
}

/// The W3C trace context of the current span, if it belongs to a trace.
pub fn trace_parent() -> Option<String> {
    let context = Span::current().context();
    if !context.span().span_context().is_valid() {
        return None;
    }
    let mut carrier = HashMap::new();
    TraceContextPropagator::new().inject_context(&context, &mut carrier);
    carrier.remove("traceparent")
}

/// Puts a span of time that is over into the current trace, named as what the time went to. Outside of one it does nothing.
pub(crate) fn record(span: &wire::span::Span) {
    let parent = Span::current().context();
    if !parent.span().span_context().is_valid() {
        return;
    }
    let tracer = opentelemetry::global::tracer(TRACER);
    let built = tracer.span_builder(span.kind.as_str()).with_start_time(span.start);
    let what = opentelemetry::KeyValue::new("what", span.name.clone());
    let mut told = tracer.build_with_context(built.with_attributes([what]), &parent);
    told.end_with_timestamp(span.end.max(span.start).into());
}

/// Makes a span the child of a W3C trace context. An invalid one is ignored: it came from outside.
pub fn continue_trace(span: &Span, trace_parent: Option<&str>) {
    let Some(trace_parent) = trace_parent else { return };
    let carrier = HashMap::from([("traceparent".to_owned(), trace_parent.to_owned())]);
    let context = TraceContextPropagator::new().extract(&carrier);
    if context.span().span_context().is_valid() {
        let _set = span.set_parent(context);
    }
}
