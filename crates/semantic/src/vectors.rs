//! Meaning: the cosine of vectors of length one, by looking at all of them.
//!
//! First at the signs of their numbers, a bit each; then, in whole numbers of eight bits, at the share of them that has most signs in
//! common with the query; then at full width at the best of those. On real texts the ten nearest are among that share in more than 99
//! of 100 cases; of few vectors all are in it.

use crate::best::Best;
use crate::kernel::{Work, dot, unlike, whole_dot, widest};
use std::collections::HashMap;

/// The share of the rows that is looked at beyond the signs, one of so many.
const SHARE: usize = 20;
/// So many are always looked at.
const FEW: usize = 2_048;
/// How many more than wanted are looked at again at full width: a slot may have several of the nearest rows.
const AGAIN: usize = 3;
/// The largest whole number of eight bits that has its opposite.
const MOST: f32 = 127.0;
/// A row without an owner.
const NOBODY: u32 = u32::MAX;

/// The vectors, row after row.
#[derive(Debug, Default)]
pub struct Vectors {
    wide: usize,
    numbers: Vec<f32>,
    /// The same as whole numbers, and what one is worth.
    whole: Vec<i8>,
    scales: Vec<f32>,
    /// A bit for each number, set when it is above nought.
    signs: Vec<u64>,
    owners: Vec<u32>,
    rows: HashMap<u32, Vec<u32>>,
    free: Vec<u32>,
}

impl Vectors {
    /// How many vectors there are.
    pub fn count(&self) -> usize {
        self.owners.len() - self.free.len()
    }

    /// Whether a slot has vectors.
    pub fn has(&self, slot: u32) -> bool {
        self.rows.contains_key(&slot)
    }

    /// Gives a slot its vectors, in place of those it had. All vectors have one length; others are left out.
    pub fn insert(&mut self, slot: u32, vectors: &[Vec<f32>]) {
        self.remove(slot);
        if self.owners.is_empty() {
            self.wide = vectors.first().map_or(0, Vec::len);
        }
        let wide = self.wide;
        let fitting = vectors.iter().filter(|vector| wide > 0 && vector.len() == wide);
        let rows = fitting.map(|vector| self.put(slot, vector)).collect();
        self.rows.insert(slot, rows);
    }

    /// Takes a slot's vectors away.
    pub fn remove(&mut self, slot: u32) {
        for row in self.rows.remove(&slot).into_iter().flatten() {
            if let Some(owner) = self.owners.get_mut(row as usize) {
                *owner = NOBODY;
            }
            self.free.push(row);
        }
    }

    /// The slots whose nearest vector has the highest cosines.
    pub fn nearest(&self, query: &[f32], limit: usize) -> Vec<(u32, f32)> {
        if query.len() != self.wide || self.wide == 0 {
            return Vec::new();
        }
        let (scale, whole) = quantised(query);
        let rows = widest(Scan { vectors: self, signs: &signs(query), whole: &whole, scale, limit: limit * AGAIN });
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
    pub fn likeness(&self, slot: u32, query: &[f32]) -> Option<f64> {
        let rows = self.rows.get(&slot).filter(|_| query.len() == self.wide)?;
        let cosines = rows.iter().filter_map(|row| self.row(*row)).map(|vector| widest(Dot(query, vector)));
        cosines.reduce(f32::max).map(f64::from)
    }

    fn row(&self, row: u32) -> Option<&[f32]> {
        let at = row as usize * self.wide;
        self.numbers.get(at..at + self.wide)
    }

    fn put(&mut self, slot: u32, vector: &[f32]) -> u32 {
        let ((scale, whole), signs) = (quantised(vector), signs(vector));
        let Some(row) = self.free.pop() else {
            self.numbers.extend(vector);
            self.whole.extend(whole);
            self.scales.push(scale);
            self.signs.extend(signs);
            self.owners.push(slot);
            return self.owners.len() as u32 - 1;
        };
        let index = row as usize;
        replace(&mut self.numbers, index, vector);
        replace(&mut self.whole, index, &whole);
        replace(&mut self.scales, index, &[scale]);
        replace(&mut self.signs, index, &signs);
        replace(&mut self.owners, index, &[slot]);
        row
    }
}

fn replace<T: Copy>(rows: &mut [T], at: usize, row: &[T]) {
    if let Some(place) = rows.get_mut(at * row.len()..(at + 1) * row.len()) {
        place.copy_from_slice(row);
    }
}

struct Scan<'a> {
    vectors: &'a Vectors,
    signs: &'a [u64],
    whole: &'a [i8],
    scale: f32,
    limit: usize,
}

impl Work<Vec<(u32, f32)>> for Scan<'_> {
    #[inline(always)]
    fn run<const FMA: bool>(self) -> Vec<(u32, f32)> {
        let Vectors { wide, whole, scales, signs, owners, .. } = self.vectors;
        let mut differing = vec![0_u32; owners.len()];
        for (differing, row) in differing.iter_mut().zip(signs.chunks_exact(self.signs.len())) {
            *differing = unlike(row, self.signs);
        }
        let most = furthest(&differing, *wide, (owners.len() / SHARE).max(FEW));
        let near = differing.iter().zip(owners).enumerate();
        let near = near.filter(|(_, (differing, owner))| **differing <= most && **owner != NOBODY);
        // Collected first: then the processor fetches several rows at once.
        let near: Vec<usize> = near.map(|(row, _)| row).collect();
        let mut cosines = vec![0.0_f32; near.len()];
        for (cosine, row) in cosines.iter_mut().zip(&near) {
            let vector = whole.get(row * wide..(row + 1) * wide).unwrap_or_default();
            *cosine = whole_dot(vector, self.whole) as f32 * scales.get(*row).unwrap_or(&0.0) * self.scale;
        }
        let mut best = Best::new(self.limit, -2.0);
        cosines.iter().zip(near).for_each(|(cosine, row)| best.show(*cosine, row as u32));
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

/// How many signs may differ, so that `wanted` rows are looked at, or a few more.
fn furthest(unlike: &[u32], wide: usize, wanted: usize) -> u32 {
    let mut counts = vec![0_usize; wide + 1];
    for differing in unlike {
        if let Some(count) = counts.get_mut(*differing as usize) {
            *count += 1;
        }
    }
    let mut seen = 0;
    let enough = counts.iter().position(|count| {
        seen += count;
        seen >= wanted
    });
    enough.unwrap_or(wide) as u32
}

/// A vector as whole numbers, and what one of them is worth.
fn quantised(vector: &[f32]) -> (f32, Vec<i8>) {
    let most = vector.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
    let scale = if most > 0.0 { most / MOST } else { 1.0 };
    (scale, vector.iter().map(|x| (x / scale).round().clamp(-MOST, MOST) as i8).collect())
}

fn signs(vector: &[f32]) -> Vec<u64> {
    let bits = |numbers: &[f32]| numbers.iter().rev().fold(0, |bits, x| bits << 1 | u64::from(*x > 0.0));
    vector.chunks(64).map(bits).collect()
}
