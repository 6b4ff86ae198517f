//! Which cause is told, and how likely it is among all that fit. Pure.

use crate::retrieve::Hit;

/// Another cause is told, too, when it is at least so likely as a share of the likeliest.
const AS_LIKELY: f64 = 0.5;
/// How many others are told.
const OTHERS: usize = 3;

/// The causes of what was found surely, each with how likely it is among them.
///
/// The score is the exponent by which the ranking was fitted to draw a right document, so its share is what that fit says about
/// the document. What was seen may not tell documents about one fault apart: then no cause is told as if it were known.
#[derive(Debug)]
pub(crate) struct Causes<'a> {
    /// The first hit with a cause, and the cause's share.
    shares: Vec<(&'a Hit, f64)>,
}

impl<'a> Causes<'a> {
    pub(crate) fn of(sure: &[&'a Hit]) -> Self {
        let most = sure.iter().map(|hit| hit.score).fold(f64::MIN, f64::max);
        let mut shares: Vec<(&Hit, f64)> = Vec::new();
        for hit in sure {
            let weight = (hit.score - most).exp();
            // Lessons repeat the cause of the document that they come from.
            match shares.iter_mut().find(|(first, _)| is_same(first, hit)) {
                Some((_, sum)) => *sum += weight,
                None => shares.push((hit, weight)),
            }
        }
        let all: f64 = shares.iter().map(|(_, weight)| weight).sum();
        shares.iter_mut().for_each(|(_, weight)| *weight /= all);
        Self { shares }
    }

    /// How likely the cause of a hit is: 0 to 1.
    pub(crate) fn share(&self, of: &Hit) -> f64 {
        self.shares.iter().find(|(hit, _)| is_same(hit, of)).map_or(0.0, |(_, share)| *share)
    }

    /// The cause of a hit in words, with others that fit almost as well.
    pub(crate) fn told(&self, best: &Hit) -> String {
        let own = self.share(best);
        let others = self.shares.iter().filter(|(hit, share)| !is_same(hit, best) && *share >= own * AS_LIKELY);
        let others: Vec<&str> = others.map(|(hit, _)| hit.document.title.as_str()).take(OTHERS).collect();
        let cause = &best.document.root_cause;
        if others.is_empty() {
            return cause.clone();
        }
        format!("{cause} What was seen fits other known causes almost as well: {}.", others.join("; "))
    }
}

fn is_same(one: &Hit, other: &Hit) -> bool {
    one.document.root_cause == other.document.root_cause
}
