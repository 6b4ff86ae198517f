//! The index against a plain reference: putting in, changing, taking out, and the nearest by words and by meaning.

use rag_gateway::calibration::Calibration;
use rag_gateway::document::Document;
use rag_gateway::index::{Change, Index};
use rag_gateway::retrieve::Query;
use semantic::unit;

const WIDE: usize = 48;

fn document(id: usize, words: &str) -> Document {
    let front =
        format!("id = \"d-{id}\"\ntitle = \"{words}\"\nsymptoms = \"s\"\nroot_cause = \"r\"\nverdict = \"noise\"");
    Document::parse(&format!("+++\n{front}\n+++\nText.")).expect("a document")
}

/// Numbers that look random and are always the same.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    fn vector(&mut self) -> Vec<f32> {
        unit((0..WIDE).map(|_| self.below(2_001) as f32 / 1_000.0 - 1.0).collect())
    }

    fn words(&mut self) -> String {
        (0..6).map(|_| format!("word{}", char::from(b'a' + self.below(20) as u8))).collect::<Vec<_>>().join(" ")
    }
}

fn index() -> Index {
    Index::new(Calibration::committed().expect("the calibration"))
}

fn words_only(index: &Index, words: &str) -> Vec<(String, f64)> {
    let hits = index.search(&Query::new(None, words.into()), None, usize::MAX);
    hits.into_iter().map(|hit| (hit.document.id.clone(), hit.score)).collect()
}

#[test]
fn an_index_that_was_changed_answers_like_one_that_was_built_anew() {
    let mut numbers = Numbers(1);
    let (mut changed, mut now) = (index(), std::collections::BTreeMap::new());
    for _ in 0..400 {
        let id = numbers.below(40) as usize;
        if numbers.below(3) == 0 {
            assert_eq!(changed.remove(&format!("d-{id}")), now.remove(&id).is_some());
            continue;
        }
        let document = document(id, &numbers.words());
        let wanted = match now.get(&id) {
            None => Change::Added,
            Some(known) if *known == document => Change::Unchanged,
            Some(_) => Change::Updated,
        };
        assert_eq!(changed.insert(document.clone()), wanted);
        now.insert(id, document);
    }
    let mut anew = index();
    for document in now.values().cloned() {
        anew.insert(document);
    }
    for _ in 0..20 {
        let asked = numbers.words();
        assert_eq!(words_only(&changed, &asked), words_only(&anew, &asked), "{asked}");
    }
}

#[test]
fn the_nearest_by_meaning_are_those_with_the_highest_cosines() {
    let (mut numbers, mut index) = (Numbers(2), index());
    let mut vectors = Vec::new();
    // More vectors than are all looked at in full.
    for id in 0..1_500 {
        let (document, own) = (document(id, "same words"), vec![numbers.vector(), numbers.vector()]);
        index.insert(document.clone());
        index.give_vectors(&document, &own);
        vectors.push((document.id, own));
    }
    assert_eq!((index.vectors(), index.without_vectors().len()), (3_000, 0));
    let cosine = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
    for _ in 0..20 {
        let asked = numbers.vector();
        let best = |own: &Vec<Vec<f32>>| own.iter().map(|own| cosine(own, &asked)).fold(f64::MIN, f64::max);
        let mut wanted: Vec<(&str, f64)> = vectors.iter().map(|(id, own)| (id.as_str(), best(own))).collect();
        wanted.sort_by(|a, b| b.1.total_cmp(&a.1));
        let hits = index.search(&Query::new(None, "nothing alike".into()), Some(&asked), 10);
        let found: Vec<&str> = hits.iter().map(|hit| hit.document.id.as_str()).collect();
        assert_eq!(found, wanted.iter().take(10).map(|(id, _)| *id).collect::<Vec<_>>());
        for (hit, (_, wanted)) in hits.iter().zip(&wanted) {
            assert!((hit.features.meaning.expect("a cosine") - wanted).abs() < 1e-5, "{hit:?} {wanted}");
        }
    }
}

#[test]
fn vectors_go_with_their_document_and_its_text() {
    let (mut index, mut numbers) = (index(), Numbers(3));
    let (old, new, vector) = (document(1, "old words"), document(1, "new words"), numbers.vector());
    index.insert(old.clone());
    index.give_vectors(&old, std::slice::from_ref(&vector));
    let meant = |index: &Index| {
        let hits = index.search(&Query::new(None, "words".into()), Some(&vector), 5);
        hits.first().and_then(|hit| hit.features.meaning)
    };
    assert!(meant(&index).is_some_and(|cosine| cosine > 0.999));
    index.insert(new.clone());
    assert_eq!((meant(&index), index.without_vectors().len()), (None, 1), "another text has no vector yet");
    index.give_vectors(&old, std::slice::from_ref(&vector));
    assert_eq!(meant(&index), None, "a vector of the text that has gone comes too late");
    index.give_vectors(&new, std::slice::from_ref(&vector));
    assert!(meant(&index).is_some());
    assert!(index.remove("d-1") && !index.remove("d-1"));
    assert_eq!(index.vectors(), 0);
}
