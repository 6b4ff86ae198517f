//! What of a document, and of a query, is compared.

use crate::document::Document;
use crate::envelope;
use crate::terms::tells;
use wire::knowledge::DocumentSource;

/// More passages of a document get no vector.
const MAX_PASSAGES: usize = 24;
/// The headings of the text for people under which an incident is described.
const DESCRIBING: [&str; 2] = ["Symptoms", "Breadcrumbs"];
/// The longest passage, bytes: about as many tokens as a model looks at.
const MAX_PASSAGE: usize = 600;

/// The text whose words are indexed.
pub fn words_of(document: &Document) -> String {
    let mut text = format!("{}\n{}\n{}", document.title, document.symptoms, document.root_cause);
    for line in described(&document.text) {
        text.push('\n');
        text.push_str(line);
    }
    for marker in &document.markers {
        text.push('\n');
        text.push_str(marker);
    }
    envelope::without(&text)
}

/// The passages that get a vector each: title, root cause and every symptom; of what was learned the symptoms as a whole.
pub fn passages_of(document: &Document) -> Vec<String> {
    let mut passages = if document.source == DocumentSource::Learned {
        vec![gist(&document.symptoms)]
    } else {
        let texts = [document.title.as_str(), &document.root_cause].into_iter().chain(document.symptoms.lines());
        texts.chain(described(&document.text)).map(gist).collect()
    };
    passages.retain(|passage| !passage.is_empty());
    passages.dedup();
    passages.truncate(MAX_PASSAGES);
    passages
}

/// The lines below the headings that describe: not the steps, nor how they are verified.
fn described(text: &str) -> impl Iterator<Item = &str> {
    let mut describes = false;
    text.lines().filter(move |line| {
        if let Some(heading) = line.strip_prefix("## ") {
            describes = DESCRIBING.contains(&heading.trim());
            return false;
        }
        describes
    })
}

/// A text without what every log line has, or what differs in each: its words, each line once, cut at a length.
pub fn gist(text: &str) -> String {
    let (mut gist, mut seen) = (String::new(), Vec::new());
    for line in envelope::without(text).lines() {
        let words = line.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|word| !is_volatile(word));
        let line = words.collect::<Vec<_>>().join(" ");
        if line.is_empty() || seen.contains(&line) {
            continue;
        }
        if !gist.is_empty() {
            gist.push(' ');
        }
        gist.push_str(&line);
        seen.push(line);
        if gist.len() > MAX_PASSAGE {
            break;
        }
    }
    gist.truncate(gist.floor_char_boundary(MAX_PASSAGE));
    gist
}

/// Numbers, instants, ids. Short words stay: a sentence needs them.
fn is_volatile(word: &str) -> bool {
    let number = word.bytes().any(|b| b.is_ascii_digit()) && !tells(&word.to_lowercase());
    number || !word.contains(char::is_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gist_has_the_words_of_each_line_once_and_no_ids() {
        let line = r#"{"ts":"2026-11-22T00:35:42Z","trace_id":"0af7651916cd43dd","reason":"the pool's empty","after_ms":5500}"#;
        assert_eq!(gist(&format!("{line}\n{line}\n\n")), "after ms the pool's empty");
        assert!(gist(&"word ".repeat(1_000)).len() <= MAX_PASSAGE);
        assert_eq!(gist("' 42"), "");
    }
}
