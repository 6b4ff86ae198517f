//! Log lines with the trace that they belong to.

use opentelemetry::trace::TraceContextExt;
use std::fmt;
use tracing::{Event, Subscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::fmt::format::{Format, Json, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// JSON lines; one within a trace also has `trace_id`, so that it is found from the trace, and the trace from it.
#[derive(Debug)]
pub(super) struct Traced(Format<Json>);

impl Default for Traced {
    fn default() -> Self {
        Self(Format::default().json().flatten_event(true).with_current_span(false).with_span_list(false))
    }
}

impl<S, N> FormatEvent<S, N> for Traced
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let trace = trace_id();
        let mut line = String::new();
        self.0.format_event(context, Writer::new(&mut line), event)?;
        writer.write_str(&with_trace(line, trace.as_deref()))
    }
}

fn trace_id() -> Option<String> {
    let context = tracing::Span::current().context();
    let span = context.span();
    let told = span.span_context();
    told.is_valid().then(|| told.trace_id().to_string())
}

/// The line with its trace as the last field. Pure.
fn with_trace(line: String, trace: Option<&str>) -> String {
    match (trace, line.strip_suffix("}\n")) {
        (Some(trace), Some(fields)) => format!("{fields},\"trace_id\":\"{trace}\"}}\n"),
        _ => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use opentelemetry::trace::TracerProvider;
    use std::sync::{Arc, Mutex};
    use tracing_subscriber::layer::SubscriberExt;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_has_the_id_of_its_trace_and_none_outside_of_one() {
        let (kept, provider) = (Kept::default(), opentelemetry_sdk::trace::SdkTracerProvider::builder().build());
        let sink = kept.clone();
        let lines = tracing_subscriber::fmt::layer().json().map_event_format(|_| Traced::default());
        let subscriber = tracing_subscriber::registry()
            .with(lines.with_writer(move || sink.clone()))
            .with(tracing_opentelemetry::layer().with_tracer(provider.tracer("test")));
        // The process' own: a span is not found from within a line while a subscriber is set for a thread alone.
        tracing::subscriber::set_global_default(subscriber).unwrap();
        tracing::info!(n = 1, "outside");
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        let span = tracing::info_span!("a span");
        crate::telemetry::continue_trace(&span, Some(&format!("00-{trace}-00f067aa0ba902b7-01")));
        span.in_scope(|| tracing::info!(n = 2, "inside"));
        let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines[0]["message"], "outside");
        assert!(lines[0].get("trace_id").is_none(), "{text}");
        assert_eq!((&lines[1]["n"], lines[1]["trace_id"].as_str()), (&2.into(), Some(trace)), "{text}");
    }
}
