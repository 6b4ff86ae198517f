//! One reader tells, many clients hear. An event is serialised once and its bytes are shared; a client costs its place in
//! the ring and a waker. Who falls behind what the ring keeps is cut, and resumes like anybody who was away.

mod subscriber;

pub use subscriber::Subscriber;

use super::frames;
use super::ring::{Batch, Ring};
use actix_web::web::Bytes;
use serde::Serialize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, watch};
use wire::Cursor;
use wire::view::Whole;

/// How long a stream lasts: who was let in once is not let in for ever.
const LIFE: Duration = Duration::from_secs(3_600);

/// Tells many clients. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Hub {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    state: RwLock<State>,
    bell: Arc<Notify>,
    /// No event that a transaction below this wrote can still appear.
    horizon: watch::Sender<u64>,
    clients: AtomicUsize,
    most: usize,
}

#[derive(Debug)]
struct State {
    ring: Ring,
    whole: Whole,
    beats: u64,
    begun: bool,
    closed: bool,
}

/// Where a client begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// With what comes.
    Now,
    /// With what came after this.
    After(Cursor),
    /// With the word that it must ask for everything again.
    Again,
}

/// Why a client is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// There are as many as there may be.
    TooMany,
    /// It is not known yet what was told before.
    NotYet,
}

/// How a hub stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// How many clients there are.
    pub clients: usize,
    /// How many there may be.
    pub most: usize,
    /// A client that knows this event or a later one resumes.
    pub floor: Cursor,
    /// The last event that was told.
    pub newest: Cursor,
}

impl Hub {
    /// A hub that keeps so many bytes for those who come again, and has at most so many clients.
    pub fn new(kept: usize, most: usize) -> Self {
        let whole = Whole { epoch: wire::Epoch(0), paused: false, reset_at: None };
        let state = RwLock::new(State { ring: Ring::new(kept), whole, beats: 0, begun: false, closed: false });
        let (horizon, bell) = (watch::Sender::new(0), Arc::default());
        Self { shared: Arc::new(Shared { state, bell, horizon, clients: AtomicUsize::new(0), most }) }
    }

    /// Everything up to this place was told before, and these events after it. Nobody is let in before that.
    pub fn begin(&self, floor: Cursor, whole: Whole, frames: &[(Cursor, String)]) {
        let mut state = self.shared.write();
        state.ring.begin_at(floor);
        state.ring.push(Batch::of(frames));
        (state.whole, state.begun) = (whole, true);
    }

    /// Tells events, each as it goes over the wire, in the order of their places.
    pub fn publish(&self, frames: &[(Cursor, String)]) {
        if !frames.is_empty() {
            self.change(|state| state.ring.push(Batch::of(frames)));
        }
    }

    /// Tells what changed of the whole, in a frame without a place.
    pub fn publish_whole(&self, whole: Whole, frame: String) {
        self.change(|state| {
            state.whole = whole;
            state.ring.push(Batch::of_the_whole(frame));
        });
    }

    /// What every client is told first.
    pub fn hello(&self) -> Bytes {
        frames::hello(&self.shared.read().whole).into()
    }

    /// Shows everybody that the connection lives.
    pub fn beat(&self) {
        self.change(|state| state.beats += 1);
    }

    /// Ends every stream.
    pub fn close(&self) {
        self.change(|state| state.closed = true);
    }

    /// No event of a transaction below this can still appear.
    pub fn settle(&self, horizon: u64) {
        self.shared.horizon.send_if_modified(|known| std::mem::replace(known, horizon) != horizon);
    }

    /// Ends when a place lies within what is settled here.
    pub async fn settled(&self, place: Cursor) {
        let mut horizon = self.shared.horizon.subscribe();
        // The sender is kept as long as this: it cannot be gone.
        let _known = horizon.wait_for(|horizon| place.txid < *horizon).await;
    }

    /// A new client.
    ///
    /// # Errors
    /// See [`Refusal`].
    pub fn subscribe(&self, start: Start) -> Result<Subscriber, Refusal> {
        let more = |clients: usize| (clients < self.shared.most).then_some(clients + 1);
        let state = self.shared.read();
        if !state.begun {
            return Err(Refusal::NotYet);
        }
        let counted = self.shared.clients.fetch_update(Ordering::AcqRel, Ordering::Acquire, more);
        counted.map_err(|_| Refusal::TooMany)?;
        let known = match start {
            Start::After(after) => state.ring.place_after(after),
            Start::Now => Some(state.ring.place_now()),
            Start::Again => None,
        };
        let resync = known.is_none().then(|| frames::resync(state.ring.newest(), &state.whole).into());
        let (place, beats) = (known.unwrap_or_else(|| state.ring.place_now()), state.beats);
        drop(state);
        let until = Instant::now() + LIFE;
        Ok(Subscriber {
            shared: Arc::clone(&self.shared),
            place,
            beats,
            first: resync,
            until,
            waiting: None,
            over: false,
        })
    }

    /// How it stands.
    pub fn stats(&self) -> Stats {
        let state = self.shared.read();
        let clients = self.shared.clients.load(Ordering::Acquire);
        Stats { clients, most: self.shared.most, floor: state.ring.floor(), newest: state.ring.newest() }
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.shared.write());
        self.shared.bell.notify_waiters();
    }
}

impl Shared {
    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::{FutureExt, StreamExt};

    fn cursor(id: i64) -> Cursor {
        Cursor { txid: 5, id }
    }

    fn frame(id: i64) -> (Cursor, String) {
        (cursor(id), format!("<{id}>"))
    }

    async fn next(client: &mut Subscriber) -> String {
        String::from_utf8(client.next().await.unwrap().to_vec()).unwrap()
    }

    fn begun(kept: usize, most: usize) -> Hub {
        let hub = Hub::new(kept, most);
        assert_eq!(hub.subscribe(Start::Now).err(), Some(Refusal::NotYet));
        hub.begin(Cursor::default(), Whole { epoch: wire::Epoch(1), paused: false, reset_at: None }, &[]);
        hub
    }

    #[tokio::test]
    async fn a_waiting_client_is_told_what_comes_once() {
        let hub = begun(1_000, 10);
        let mut client = hub.subscribe(Start::Now).unwrap();
        assert!(client.next().now_or_never().is_none());
        hub.publish(&[frame(1), frame(2)]);
        assert_eq!(next(&mut client).await, "<1><2>");
        assert!(client.next().now_or_never().is_none());
        hub.beat();
        assert_eq!(next(&mut client).await, frames::PING);
        assert!(client.next().now_or_never().is_none());
        hub.close();
        assert_eq!(next(&mut client).await, frames::BYE);
        assert_eq!(client.next().await, None);
    }

    #[tokio::test]
    async fn the_bytes_of_an_event_are_the_same_for_all() {
        let hub = begun(1_000, 10);
        let (mut one, mut two) = (hub.subscribe(Start::Now).unwrap(), hub.subscribe(Start::Now).unwrap());
        hub.publish(&[frame(1)]);
        let (one, two) = (one.next().await.unwrap(), two.next().await.unwrap());
        assert_eq!(one.as_ptr(), two.as_ptr());
    }

    #[tokio::test]
    async fn who_falls_behind_is_cut_and_who_comes_too_late_is_told_so() {
        let hub = begun(6, 10);
        let mut slow = hub.subscribe(Start::Now).unwrap();
        for id in 1..=9 {
            hub.publish(&[frame(id)]);
        }
        assert_eq!(slow.next().await, None);
        let mut late = hub.subscribe(Start::After(cursor(1))).unwrap();
        let told = next(&mut late).await;
        assert!(told.contains("event: resync") && told.contains("id: 5-9\n"), "{told}");
        let mut in_time = hub.subscribe(Start::After(cursor(7))).unwrap();
        assert_eq!(next(&mut in_time).await, "<8><9>");
    }

    #[test]
    fn there_are_no_more_clients_than_may_be_and_one_that_leaves_makes_room() {
        let hub = begun(10, 2);
        let (one, _two) = (hub.subscribe(Start::Now).unwrap(), hub.subscribe(Start::Now).unwrap());
        assert_eq!(hub.subscribe(Start::Now).err(), Some(Refusal::TooMany));
        drop(one);
        assert_eq!(hub.stats().clients, 1);
        assert!(hub.subscribe(Start::Now).is_ok());
    }

    #[tokio::test]
    async fn a_place_is_known_when_its_transaction_is_settled() {
        let hub = begun(10, 2);
        hub.settle(5);
        assert!(hub.settled(cursor(1)).now_or_never().is_none());
        let (there, ()) = tokio::join!(hub.settled(cursor(1)), async { hub.settle(6) });
        assert_eq!(there, ());
    }
}
