//! Prints how fast the search is: `cargo run -p rag-gateway --example speed [-- DOCUMENTS]`, best with `--release`.
//!
//! Documents and queries are made up (words by Zipf's law, vectors around topics), so this says nothing of quality. `MODEL` names the
//! folder of a model; with one, how long a vector takes is printed, too.

use camino::Utf8PathBuf;
use chassis::settings::variable;
use rag_gateway::calibration::Calibration;
use rag_gateway::document::Document;
use rag_gateway::index::Index;
use rag_gateway::retrieve::Query;
use semantic::{MiniLm, unit};
use std::time::{Duration, Instant};

const WIDE: usize = 384;
const TOPICS: usize = 2_000;
const QUERIES: usize = 400;
const NEAREST: usize = 10;

fn main() -> anyhow::Result<()> {
    let n: usize = std::env::args().nth(1).map_or(Ok(100_000), |n| n.parse())?;
    let (mut made_up, mut index) = (MadeUp(1), Index::new(Calibration::committed()?));
    let topics: Vec<Vec<f32>> = (0..TOPICS).map(|_| made_up.vector(None)).collect();
    let mut inserted = Vec::new();
    for id in 0..n {
        let (document, vector) = (made_up.document(id)?, made_up.vector(topics.get(id % TOPICS)));
        let begun = Instant::now();
        index.insert(document.clone());
        index.give_vectors(&document, &[vector]);
        inserted.push(begun.elapsed());
    }
    println!("{n} documents, memory {}", memory());
    let last = inserted.split_off(n.saturating_sub(1_000));
    println!("insertion of the last {}: {}", last.len(), spread(last));
    for words in [8, 32, 96] {
        let (mut by_words, mut fused) = (Vec::new(), Vec::new());
        for at in 0..QUERIES {
            let (query, vector) = (Query::new(None, made_up.words(words)), made_up.vector(topics.get(at)));
            let begun = Instant::now();
            std::hint::black_box(index.search(&query, None, NEAREST));
            by_words.push(begun.elapsed());
            let begun = Instant::now();
            std::hint::black_box(index.search(&query, Some(&vector), NEAREST));
            fused.push(begun.elapsed());
        }
        println!("query of {words} words, by words alone: {}", spread(by_words));
        println!("query of {words} words, fused:          {}", spread(fused));
    }
    drop(index);
    if let Some(folder) = variable("MODEL").map(Utf8PathBuf::from) {
        embed(&folder)?;
    }
    Ok(())
}

fn embed(folder: &camino::Utf8Path) -> anyhow::Result<()> {
    let (before, begun) = (memory(), Instant::now());
    let model = MiniLm::open(folder)?;
    println!("opening the model: {:?}; memory {before} before, {} after", begun.elapsed(), memory());
    for words in [6, 30, 120] {
        let text = "the database connection pool is exhausted ".repeat(words / 6);
        let mut times = Vec::new();
        for _ in 0..30 {
            let begun = Instant::now();
            std::hint::black_box(model.embed(&text)?);
            times.push(begun.elapsed());
        }
        println!("a vector of {words} words: {}", spread(times));
    }
    Ok(())
}

fn spread(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let at =
        |share: f64| times.get((times.len() as f64 * share) as usize).or(times.last()).copied().unwrap_or_default();
    format!("p50 {:?}, p99 {:?}, most {:?}", at(0.5), at(0.99), at(1.0))
}

fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.unwrap_or("unknown").trim().to_owned()
}

/// Numbers that look random and are always the same.
struct MadeUp(u64);

impl MadeUp {
    fn share(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f32 / (1_u32 << 24) as f32
    }

    /// Around a topic, or anywhere.
    fn vector(&mut self, topic: Option<&Vec<f32>>) -> Vec<f32> {
        let mut vector: Vec<f32> = (0..WIDE).map(|_| self.share() + self.share() + self.share() - 1.5).collect();
        if let Some(topic) = topic {
            vector.iter_mut().zip(topic).for_each(|(x, of)| *x = *x * 0.07 + of);
        }
        unit(vector)
    }

    /// The rank is the inverse of a share, as in texts; there are 20 000 words.
    fn words(&mut self, n: usize) -> String {
        let word = |share: f32| format!("w{}ord", letters(20_000.0_f32.powf(share) as usize));
        (0..n).map(|_| word(self.share())).collect::<Vec<_>>().join(" ")
    }

    fn document(&mut self, id: usize) -> anyhow::Result<Document> {
        let (title, symptoms) = (self.words(8), self.words(52));
        let front = format!(
            "id = \"d-{id}\"\ntitle = \"{title}\"\nsymptoms = \"{symptoms}\"\nroot_cause = \"r\"\nverdict = \"noise\""
        );
        Document::parse(&format!("+++\n{front}\n+++\nText.")).map_err(anyhow::Error::msg)
    }
}

/// A number in letters, since digits are passed over.
fn letters(mut n: usize) -> String {
    let mut text = String::new();
    while n > 0 {
        text.push(char::from(b'a' + (n % 26) as u8));
        n /= 26;
    }
    text
}
