//! A number that only the verifier and its double know. Whoever answers it has asked.

use serde_json::Value;
use wire::target::NONCE;
use wire::{Digest, ReplayId};

/// The least, and how many there are: nine digits, which every number type of a target holds exactly.
const RANGE: (u64, u64) = (100_000_000, 900_000_000);

/// A number that was never served before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nonce(u64);

impl Nonce {
    /// A fresh one; nothing that a candidate sees leads to it.
    pub fn fresh() -> Self {
        let digest = Digest::of(ReplayId::fresh().as_str());
        let random = digest.as_str().get(..15).and_then(|digits| u64::from_str_radix(digits, 16).ok()).unwrap_or(0);
        Self(RANGE.0 + random % RANGE.1)
    }

    /// A text with the nonce in it.
    pub fn fill(self, text: &str) -> String {
        text.replace(NONCE, &self.0.to_string())
    }

    /// Whether a member of an answer is what is wanted. The text `{nonce}` alone is met by the number too.
    pub fn fits(nonce: Option<Self>, wanted: &Value, got: &Value) -> bool {
        let (Some(Self(number)), Some(text)) = (nonce, wanted.as_str()) else { return wanted == got };
        let is_number = || got.as_f64().is_some_and(|got| got == number as f64);
        (text == NONCE && is_number()) || got.as_str() == Some(&Self(number).fill(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_nonce_is_met_by_its_number_or_its_text_and_by_nothing_else() {
        let nonce = Some(Nonce(123_456_789));
        for (wanted, got, fits) in [
            (json!("{nonce}"), json!(123_456_789), true),
            (json!("{nonce}"), json!(123_456_789.0), true),
            (json!("{nonce}"), json!("123456789"), true),
            (json!("{nonce}"), json!(123_456_788), false),
            (json!("{nonce}"), json!("{nonce}"), false),
            (json!("{nonce}"), json!(null), false),
            (json!("value {nonce}"), json!("value 123456789"), true),
            (json!("value {nonce}"), json!(123_456_789), false),
            (json!("text"), json!("text"), true),
            (json!(42), json!(42), true),
            (json!(42), json!("42"), false),
        ] {
            assert_eq!(Nonce::fits(nonce, &wanted, &got), fits, "{wanted} {got}");
        }
        assert!(Nonce::fits(None, &json!("{nonce}"), &json!("{nonce}")));
    }

    #[test]
    fn each_is_another_one_of_nine_digits() {
        let (one, two) = (Nonce::fresh(), Nonce::fresh());
        assert_ne!(one, two);
        assert_eq!(one.fill("<{nonce}>").len(), 11);
    }
}
