//! Made-up documents and queries: words by Zipf's law, vectors around topics. They say nothing of quality. Pure.

use crate::madeup::MadeUp;
use rag_gateway::document::Document;
use semantic::unit;

/// The length of MiniLM's vectors.
const WIDE: usize = 384;
const TOPICS: usize = 2_000;
/// How far from its topic a vector lies.
const APART: f32 = 0.07;
/// How many words there are; the rank of one is the inverse of a share, as in texts.
const WORDS: f32 = 20_000.0;

/// A source of documents and queries.
pub(super) struct Corpus {
    made_up: MadeUp,
    topics: Vec<Vec<f32>>,
    next: usize,
}

/// A document with its vector, and the words it was made of.
pub(super) struct Made {
    pub(super) document: Document,
    pub(super) vector: Vec<f32>,
    pub(super) words: String,
}

impl Corpus {
    pub(super) fn new() -> Self {
        let mut made_up = MadeUp::new(10);
        let topics = (0..TOPICS).map(|_| vector(&mut made_up, None)).collect();
        Self { made_up, topics, next: 0 }
    }

    pub(super) fn document(&mut self) -> anyhow::Result<Made> {
        let id = self.next;
        self.next += 1;
        let (title, symptoms) = (self.words(8), self.words(52));
        let front = format!(
            "id = \"d-{id}\"\ntitle = \"{title}\"\nsymptoms = \"{symptoms}\"\nroot_cause = \"r\"\nverdict = \"noise\""
        );
        let document = Document::parse(&format!("+++\n{front}\n+++\nText.")).map_err(anyhow::Error::msg)?;
        let vector = vector(&mut self.made_up, self.topics.get(id % TOPICS));
        Ok(Made { document, vector, words: format!("{title} {symptoms}") })
    }

    pub(super) fn query(&mut self, words: usize) -> (String, Vec<f32>) {
        let topic = self.made_up.below(TOPICS);
        (self.words(words), vector(&mut self.made_up, self.topics.get(topic)))
    }

    fn words(&mut self, n: usize) -> String {
        let word = |share: f32| format!("w{}ord", letters(WORDS.powf(share) as usize));
        (0..n).map(|_| word(self.made_up.share())).collect::<Vec<_>>().join(" ")
    }
}

/// Around a topic, or anywhere.
fn vector(made_up: &mut MadeUp, topic: Option<&Vec<f32>>) -> Vec<f32> {
    let mut vector: Vec<f32> = (0..WIDE).map(|_| made_up.share() + made_up.share() + made_up.share() - 1.5).collect();
    if let Some(topic) = topic {
        vector.iter_mut().zip(topic).for_each(|(x, of)| *x = *x * APART + of);
    }
    unit(vector)
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
