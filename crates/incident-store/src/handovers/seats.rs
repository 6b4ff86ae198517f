//! How many do something at once: not more than may in all, and of one not so many that no other finds a place.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The places. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Seats {
    all: usize,
    of_one: usize,
    taken: Arc<Mutex<HashMap<String, usize>>>,
}

impl Seats {
    pub(super) fn new(all: usize, of_one: usize) -> Self {
        Self { all, of_one, taken: Arc::default() }
    }

    /// A place for somebody, free again when it is dropped; none when there is none.
    pub(super) fn take(&self, who: &str) -> Option<Seat> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let own = taken.get(who).copied().unwrap_or_default();
        if own >= self.of_one || taken.values().sum::<usize>() >= self.all {
            return None;
        }
        taken.insert(who.to_owned(), own + 1);
        Some(Seat { seats: self.clone(), who: who.to_owned() })
    }
}

/// A place that is taken.
#[derive(Debug)]
pub(super) struct Seat {
    seats: Seats,
    who: String,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.taken.lock().unwrap_or_else(PoisonError::into_inner);
        match taken.get_mut(&self.who) {
            Some(own) if *own > 1 => *own -= 1,
            _ => drop(taken.remove(&self.who)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_takes_no_more_than_its_own_and_leaves_the_others_theirs() {
        let seats = Seats::new(3, 2);
        let first = seats.take("a");
        let second = seats.take("a");
        assert!(first.is_some() && second.is_some() && seats.take("a").is_none());
        let of_another = seats.take("b");
        assert!(of_another.is_some() && seats.take("c").is_none(), "three are all");
        drop(first);
        assert!(seats.take("a").is_some(), "who leaves makes room");
        drop((second, of_another));
        assert!(seats.taken.lock().unwrap().is_empty(), "who has left is forgotten");
    }
}
