//! The feed: a reader that follows by cursor loses nothing and is told nothing twice, whatever the order of commits.

use crate::setup::{FAULTS, Fixture, start};
use diesel::sql_types::BigInt;
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use std::time::{Duration, Instant};
use testkit::eventually;
use wire::{Cursor, IncidentId};

#[derive(diesel::QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

/// A writer beside the store, whose transaction a test holds open.
struct Writer {
    conn: AsyncPgConnection,
    incident: IncidentId,
}

impl Writer {
    async fn begin(store: &Fixture, incident: IncidentId) -> Self {
        let mut conn = store.sql().await;
        conn.batch_execute("BEGIN").await.unwrap();
        Self { conn, incident }
    }

    async fn number(&mut self, sql: &str) -> i64 {
        diesel::sql_query(sql).get_result::<Number>(&mut self.conn).await.expect("a number").number
    }

    /// Draws the transaction's number.
    async fn txid(&mut self) -> i64 {
        self.number("SELECT pg_current_xact_id()::text::bigint AS number").await
    }

    /// Writes an event; answers its id.
    async fn write(&mut self, key: &str) -> i64 {
        let sql = format!(
            "INSERT INTO incident_events (incident_id, position, kind, key, payload, at, hash) \
             SELECT '{0}', 1 + max(position), 'suppressed', '{key}', '{{\"why\":\"\"}}', now(), repeat('0', 64) \
             FROM incident_events WHERE incident_id = '{0}' RETURNING id AS number",
            self.incident
        );
        self.number(&sql).await
    }

    async fn commit(mut self) {
        self.conn.batch_execute("COMMIT").await.unwrap();
    }
}

/// A reader that goes on where it stopped.
struct Reader<'a> {
    store: &'a Fixture,
    at: Cursor,
    told: Vec<i64>,
}

impl<'a> Reader<'a> {
    fn of(store: &'a Fixture) -> Self {
        Self { store, at: Cursor::default(), told: Vec::new() }
    }

    /// What is new; one event at a time is the hardest way.
    async fn read(&mut self) -> Vec<i64> {
        let mut new = Vec::new();
        loop {
            let feed = self.store.operator.feed(self.at, 1, Duration::ZERO).await.unwrap();
            if feed.events.is_empty() {
                assert_eq!(feed.next, self.at);
                self.told.extend(&new);
                return new;
            }
            assert!(feed.next > self.at, "a cursor only grows");
            self.at = feed.next;
            new.extend(feed.events.iter().map(|event| event.cursor.id));
        }
    }

    /// What is new, once it is all there. Transactions of other databases of the server can hold the feed back.
    async fn read_all(&mut self, wanted: &[i64]) {
        let mut new = Vec::new();
        while new.len() < wanted.len() {
            new.extend(
                eventually("the feed tells", Duration::from_secs(10), async || {
                    let new = self.read().await;
                    (!new.is_empty()).then_some(new)
                })
                .await,
            );
        }
        assert_eq!(new, wanted);
        assert!(self.read().await.is_empty());
    }
}

async fn two_incidents(store: &Fixture) -> (IncidentId, IncidentId) {
    (store.fault(FAULTS[0]).await.incident, store.fault(FAULTS[1]).await.incident)
}

#[tokio::test]
async fn the_later_event_commits_first() {
    let store = start().await;
    let (a, b) = two_incidents(&store).await;
    let mut reader = Reader::of(&store);
    reader.read_all(&[1, 2]).await;

    let (mut first, mut second) = (Writer::begin(&store, a).await, Writer::begin(&store, b).await);
    let (one, two) = (first.write("one").await, second.write("two").await);
    assert!(one < two);
    second.commit().await;
    assert!(reader.read().await.is_empty(), "what is visible waits for what can still come before it");
    first.commit().await;
    reader.read_all(&[one, two]).await;
}

#[tokio::test]
async fn the_later_transaction_has_the_lower_event_and_commits_first() {
    let store = start().await;
    let (a, b) = two_incidents(&store).await;
    let mut reader = Reader::of(&store);
    reader.read_all(&[1, 2]).await;

    let (mut first, mut second) = (Writer::begin(&store, a).await, Writer::begin(&store, b).await);
    assert!(first.txid().await < second.txid().await);
    let low = second.write("low").await;
    let high = first.write("high").await;
    assert!(low < high);
    second.commit().await;
    assert!(reader.read().await.is_empty());
    first.commit().await;
    // The order is the transactions', not the events'.
    reader.read_all(&[high, low]).await;
}

#[tokio::test]
async fn a_transaction_that_rolls_back_holds_nobody_up_for_ever() {
    let store = start().await;
    let (a, b) = two_incidents(&store).await;
    let mut reader = Reader::of(&store);
    let (mut first, mut second) = (Writer::begin(&store, a).await, Writer::begin(&store, b).await);
    first.write("lost").await;
    let kept = second.write("kept").await;
    second.commit().await;
    drop(first);
    reader.read_all(&[1, 2, kept]).await;
}

#[tokio::test]
async fn a_reader_among_many_writers_hears_everything_once() {
    const EACH: usize = 12;
    let store = start().await;
    let (a, b) = two_incidents(&store).await;
    let write = async |incident: IncidentId, turn: usize| {
        for round in 0..EACH {
            let mut writer = Writer::begin(&store, incident).await;
            // Some draw their number long before they write, some long after the others.
            if (round + turn).is_multiple_of(2) {
                writer.txid().await;
            }
            for _ in 0..(round * 7 + turn * 3) % 5 {
                tokio::task::yield_now().await;
            }
            writer.write(&format!("{turn}-{round}")).await;
            writer.commit().await;
        }
    };
    let mut reader = Reader::of(&store);
    let writers = async { tokio::join!(write(a, 0), write(b, 1)) };
    let wanted = 2 + 2 * EACH;
    let follow = async {
        let until = Instant::now() + Duration::from_secs(60);
        while reader.told.len() < wanted && Instant::now() < until {
            reader.read().await;
        }
    };
    tokio::join!(writers, follow);
    let mut told = reader.told.clone();
    told.sort_unstable();
    told.dedup();
    assert_eq!((told.len(), reader.told.len()), (wanted, wanted), "everything, and nothing twice");
}

#[tokio::test]
async fn a_waiting_reader_is_told_at_once_and_a_patient_one_is_sent_away() {
    let store = start().await;
    let begun = Instant::now();
    let nothing = store.operator.feed(Cursor::default(), 10, Duration::from_millis(200)).await.unwrap();
    assert_eq!((nothing.events.len(), nothing.next), (0, Cursor::default()));
    assert!(begun.elapsed() < Duration::from_secs(5));
    let waiting = store.operator.feed(Cursor::default(), 10, Duration::from_secs(20));
    let (feed, received) = tokio::join!(waiting, store.fault(FAULTS[0]));
    assert_eq!(feed.unwrap().events[0].incident, received.incident);
    assert!(begun.elapsed() < Duration::from_secs(10));
}
