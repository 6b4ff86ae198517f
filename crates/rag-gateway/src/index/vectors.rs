//! Meaning: the cosine of vectors of length one, by looking at all of them.
//!
//! First over whole numbers of eight bits, which fit in the caches; then the best of those once more at full width.

use super::select::Best;
use crate::kernel::{Work, dot, whole_dot, widest};
use std::collections::HashMap;

/// How many more than wanted are looked at again at full width.
const AGAIN: usize = 4;
/// The largest whole number.
const MOST: f32 = 127.0;
/// A row without an owner.
const NOBODY: u32 = u32::MAX;

/// The vectors, row after row.
#[derive(Debug, Default)]
pub(super) struct Vectors {
    wide: usize,
    whole: Vec<i8>,
    scales: Vec<f32>,
    exact: Vec<f32>,
    owners: Vec<u32>,
    rows: HashMap<u32, Vec<u32>>,
    free: Vec<u32>,
}

impl Vectors {
    pub(super) fn len(&self) -> usize {
        self.owners.len() - self.free.len()
    }

    pub(super) fn has(&self, slot: u32) -> bool {
        self.rows.contains_key(&slot)
    }

    /// Gives a slot its vectors, in place of those it had. All vectors have one length; others are left out.
    pub(super) fn insert(&mut self, slot: u32, vectors: &[Vec<f32>]) {
        self.remove(slot);
        if self.owners.is_empty() {
            self.wide = vectors.first().map_or(0, Vec::len);
        }
        let wide = self.wide;
        let fitting = vectors.iter().filter(|vector| wide > 0 && vector.len() == wide);
        let rows = fitting.map(|vector| self.put(slot, vector)).collect();
        self.rows.insert(slot, rows);
    }

    pub(super) fn remove(&mut self, slot: u32) {
        for row in self.rows.remove(&slot).into_iter().flatten() {
            if let Some(owner) = self.owners.get_mut(row as usize) {
                *owner = NOBODY;
            }
            self.free.push(row);
        }
    }

    /// The slots whose nearest vector has the highest cosines.
    pub(super) fn nearest(&self, query: &[f32], limit: usize) -> Vec<(u32, f32)> {
        if query.len() != self.wide || self.wide == 0 {
            return Vec::new();
        }
        let (scale, query_whole) = quantised(query);
        let query_whole: Vec<i16> = query_whole.into_iter().map(i16::from).collect();
        let rows = widest(Scan { vectors: self, query: &query_whole, limit: limit * AGAIN, scale });
        let mut best: HashMap<u32, f32> = HashMap::new();
        for (row, _) in rows {
            let (Some(owner), Some(vector)) = (self.owners.get(row as usize), self.row(row)) else { continue };
            let cosine = widest(Dot(query, vector));
            best.entry(*owner).and_modify(|known| *known = known.max(cosine)).or_insert(cosine);
        }
        let mut best: Vec<(u32, f32)> = best.into_iter().collect();
        best.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        best.truncate(limit);
        best
    }

    /// The cosine of a slot's nearest vector.
    pub(super) fn likeness(&self, slot: u32, query: &[f32]) -> Option<f64> {
        let rows = self.rows.get(&slot).filter(|_| query.len() == self.wide)?;
        let cosines = rows.iter().filter_map(|row| self.row(*row)).map(|vector| widest(Dot(query, vector)));
        cosines.reduce(f32::max).map(f64::from)
    }

    fn row(&self, row: u32) -> Option<&[f32]> {
        let at = row as usize * self.wide;
        self.exact.get(at..at + self.wide)
    }

    fn put(&mut self, slot: u32, vector: &[f32]) -> u32 {
        let (scale, whole) = quantised(vector);
        let Some(row) = self.free.pop() else {
            self.whole.extend(whole);
            self.scales.push(scale);
            self.exact.extend(vector);
            self.owners.push(slot);
            return self.owners.len() as u32 - 1;
        };
        let (index, at) = (row as usize, row as usize * self.wide);
        if let Some(place) = self.whole.get_mut(at..at + self.wide) {
            place.copy_from_slice(&whole);
        }
        if let Some(place) = self.exact.get_mut(at..at + self.wide) {
            place.copy_from_slice(vector);
        }
        if let (Some(known), Some(owner)) = (self.scales.get_mut(index), self.owners.get_mut(index)) {
            (*known, *owner) = (scale, slot);
        }
        row
    }
}

struct Scan<'a> {
    vectors: &'a Vectors,
    query: &'a [i16],
    limit: usize,
    scale: f32,
}

impl Work<Vec<(u32, f32)>> for Scan<'_> {
    #[inline(always)]
    fn run<const FMA: bool>(self) -> Vec<(u32, f32)> {
        let Vectors { wide, whole, scales, owners, .. } = self.vectors;
        let mut best = Best::new(self.limit, -2.0);
        for (row, ((vector, scale), owner)) in whole.chunks_exact(*wide).zip(scales).zip(owners).enumerate() {
            let cosine = whole_dot(vector, self.query) as f32 * scale * self.scale;
            if cosine >= best.floor && *owner != NOBODY {
                best.show(cosine, row as u32);
            }
        }
        best.sorted()
    }
}

struct Dot<'a>(&'a [f32], &'a [f32]);

impl Work<f32> for Dot<'_> {
    #[inline(always)]
    fn run<const FMA: bool>(self) -> f32 {
        dot::<FMA>(self.0, self.1)
    }
}

/// A vector as whole numbers, and what one of them is worth.
fn quantised(vector: &[f32]) -> (f32, Vec<i8>) {
    let most = vector.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
    let scale = if most > 0.0 { most / MOST } else { 1.0 };
    (scale, vector.iter().map(|x| (x / scale).round().clamp(-MOST, MOST) as i8).collect())
}
