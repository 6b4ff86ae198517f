//! What a scraper is told: what was added up, and how many incidents are open now.

use super::ledger;
use super::series::{self, Family, OTHER, Sum, Sums};
use crate::error::StoreError;
use crate::healing;
use crate::schema::incidents;
use crate::store::Store;
use diesel::dsl::count_star;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use prometheus::core::{Collector, Desc};
use prometheus::proto::{Bucket, Counter, Gauge, Histogram, LabelPair, Metric, MetricFamily, MetricType};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;
use wire::incident::Status;
use wire::target::Catalogue;

/// How long what was read is told again.
const FRESH: Duration = Duration::from_secs(1);
/// How long a scraper waits for the database; then it is told nothing of recoveries.
const LIMIT: Duration = Duration::from_secs(2);

const OPEN: (&str, &str) = ("kintsugi_incidents_open", "Incidents that are open now, by where they stand.");
const PAUSED: (&str, &str) = ("kintsugi_healing_paused", "1 while healing is paused, else 0.");

/// What was read last, and from where.
#[derive(Debug)]
pub(super) struct Told {
    store: Store,
    catalogue: Catalogue,
    asked: tokio::sync::Mutex<Option<Instant>>,
    read: Mutex<Option<Arc<Read>>>,
}

/// The database's word.
#[derive(Debug, Default)]
struct Read {
    sums: Sums,
    /// By target and status.
    open: BTreeMap<(String, &'static str), i64>,
    paused: bool,
}

impl Told {
    pub(super) fn new(store: Store, catalogue: Catalogue) -> Self {
        Self { store, catalogue, asked: tokio::sync::Mutex::default(), read: Mutex::default() }
    }

    /// Reads anew, unless that was just done. When it does not come to anything, nothing is told: an old number would look
    /// like one of now.
    pub(super) async fn refresh(&self) {
        let mut asked = self.asked.lock().await;
        if asked.is_some_and(|at| at.elapsed() < FRESH) {
            return;
        }
        let catalogue = self.catalogue.clone();
        let work = self.store.read(move |conn| Box::pin(async move { read(conn, &catalogue).await }));
        let read = tokio::time::timeout(LIMIT, work).await.unwrap_or(Err(StoreError::TooSlow));
        *asked = Some(Instant::now());
        let read = read.inspect_err(note).ok();
        *self.read.lock().unwrap_or_else(PoisonError::into_inner) = read.map(Arc::new);
    }

    fn families(&self) -> Vec<MetricFamily> {
        let read = self.read.lock().unwrap_or_else(PoisonError::into_inner).clone();
        read.map_or_else(Vec::new, |read| families(&read))
    }
}

fn note(error: &StoreError) {
    tracing::warn!(error = error as &dyn std::error::Error, "the numbers of recoveries cannot be read");
}

async fn read(conn: &mut AsyncPgConnection, catalogue: &Catalogue) -> Result<Read, StoreError> {
    let mut sums = series::known(catalogue);
    sums.extend(ledger::all(conn).await?);
    let rows: Vec<(String, String, i64)> = incidents::table
        .filter(incidents::open)
        .group_by((incidents::target, incidents::status))
        .select((incidents::target, incidents::status, count_star()))
        .load(conn)
        .await?;
    let paused = healing::read(conn).await?.paused;
    Ok(Read { sums, open: open(catalogue, rows), paused })
}

/// Every target and status, also those with none. Pure.
fn open(catalogue: &Catalogue, rows: Vec<(String, String, i64)>) -> BTreeMap<(String, &'static str), i64> {
    let statuses = || Status::ALL.into_iter().filter(|status| status.is_open()).map(Status::as_str);
    let targets = catalogue.keys().map(|target| target.as_str().to_owned());
    let mut open: BTreeMap<_, _> =
        targets.flat_map(|target| statuses().map(move |status| ((target.clone(), status), 0))).collect();
    for (target, status, count) in rows {
        let known = catalogue.keys().any(|name| name.as_str() == target);
        let status = statuses().find(|name| *name == status).unwrap_or(OTHER);
        *open.entry((if known { target } else { OTHER.to_owned() }, status)).or_default() += count;
    }
    open
}

fn families(read: &Read) -> Vec<MetricFamily> {
    let mut families: BTreeMap<Family, Vec<Metric>> = BTreeMap::new();
    for ((family, labels), sum) in &read.sums {
        let labels = family.labels().iter().copied().zip(labels.iter().map(String::as_str));
        families.entry(*family).or_default().push(metric(*family, pairs(labels), sum));
    }
    let mut told: Vec<MetricFamily> = families
        .into_iter()
        .map(|(family, metrics)| {
            let kind = if family.bounds().is_empty() { MetricType::COUNTER } else { MetricType::HISTOGRAM };
            family_of(family.name(), family.help(), kind, metrics)
        })
        .collect();
    let gauge = |labels, value| {
        let mut gauge = Gauge::default();
        gauge.set_value(value);
        let mut metric = Metric::from_label(labels);
        metric.set_gauge(gauge);
        metric
    };
    let open = read.open.iter();
    let open = open.map(|((target, status), count)| {
        gauge(pairs([("target", target.as_str()), ("status", *status)].into_iter()), *count as f64)
    });
    told.push(family_of(OPEN.0, OPEN.1, MetricType::GAUGE, open.collect()));
    let paused = gauge(Vec::new(), f64::from(u8::from(read.paused)));
    told.push(family_of(PAUSED.0, PAUSED.1, MetricType::GAUGE, vec![paused]));
    told
}

fn metric(family: Family, labels: Vec<LabelPair>, sum: &Sum) -> Metric {
    let mut metric = Metric::from_label(labels);
    if family.bounds().is_empty() {
        let mut counter = Counter::default();
        counter.set_value(sum.count as f64);
        metric.set_counter(counter);
        return metric;
    }
    let mut below = 0;
    let buckets = family.bounds().iter().zip(&sum.buckets).map(|(bound, count)| {
        below += count.unsigned_abs();
        let mut bucket = Bucket::default();
        bucket.set_upper_bound(*bound);
        bucket.set_cumulative_count(below);
        bucket
    });
    let mut histogram = Histogram::default();
    histogram.set_bucket(buckets.collect());
    histogram.set_sample_count(sum.count.unsigned_abs());
    histogram.set_sample_sum(sum.sum);
    metric.set_histogram(histogram);
    metric
}

fn pairs<'a>(labels: impl Iterator<Item = (&'static str, &'a str)>) -> Vec<LabelPair> {
    let pair = |(name, value): (&str, &str)| {
        let mut pair = LabelPair::default();
        pair.set_name(name.to_owned());
        pair.set_value(value.to_owned());
        pair
    };
    labels.map(pair).collect()
}

fn family_of(name: &str, help: &str, kind: MetricType, metrics: Vec<Metric>) -> MetricFamily {
    let mut family = MetricFamily::default();
    family.set_name(name.to_owned());
    family.set_help(help.to_owned());
    family.set_field_type(kind);
    family.set_metric(metrics);
    family
}

/// The collector of all of them.
pub(super) struct Numbers {
    told: Arc<Told>,
    descs: Vec<Desc>,
}

impl Numbers {
    pub(super) fn new(told: Arc<Told>) -> Result<Self, prometheus::Error> {
        let desc = |name: &str, help: &str, labels: &[&str]| {
            let labels = labels.iter().map(|label| (*label).to_owned()).collect();
            Desc::new(name.to_owned(), help.to_owned(), labels, HashMap::new())
        };
        let kept = Family::ALL.into_iter().map(|family| desc(family.name(), family.help(), family.labels()));
        let now = [desc(OPEN.0, OPEN.1, &["target", "status"]), desc(PAUSED.0, PAUSED.1, &[])];
        Ok(Self { told, descs: kept.chain(now).collect::<Result<_, _>>()? })
    }
}

impl Collector for Numbers {
    fn desc(&self) -> Vec<&Desc> {
        self.descs.iter().collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        self.told.families()
    }
}
