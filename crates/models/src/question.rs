//! What is asked, and what an answer took.

use serde_json::Value;

/// A question with one answer of a fixed form. There is no conversation: what was said before is part of the prompt.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// The task and its rules.
    pub system: String,
    /// What it is about.
    pub prompt: String,
    /// The name of the answer's form: letters, digits, `_`.
    pub name: String,
    /// What it is for, in a sentence.
    pub purpose: String,
    /// The form as JSON schema: objects without other members, everything required.
    pub schema: Value,
    /// The longest answer, tokens.
    pub max_tokens: u32,
}

impl Question {
    /// The most tokens that the prompt can be expected to have: two bytes a token is denser than any text.
    pub fn most_input_tokens(&self) -> u64 {
        let bytes = self.system.len() + self.prompt.len() + self.schema.to_string().len();
        u64::try_from(bytes / 2 + 100).unwrap_or(u64::MAX)
    }
}

/// What an answer took, as the provider counted it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Tokens of the prompt, cached ones included.
    pub input: u64,
    /// Tokens of the answer, its thoughts included.
    pub output: u64,
}

/// Millionths of a dollar for a million tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Price {
    /// Of the prompt.
    pub input: u64,
    /// Of the answer.
    pub output: u64,
}

impl Price {
    /// What a call costs, millionths of a dollar, rounded up.
    pub fn of(self, usage: Usage) -> u64 {
        let [input, output] = [(self.input, usage.input), (self.output, usage.output)]
            .map(|(price, tokens)| u128::from(price) * u128::from(tokens));
        u64::try_from(input.saturating_add(output).div_ceil(1_000_000)).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_costs_its_tokens_at_their_price_rounded_up() {
        let price = Price { input: 2_000_000, output: 10_000_000 };
        assert_eq!(price.of(Usage { input: 2_095, output: 503 }), 4_190 + 5_030);
        assert_eq!(price.of(Usage::default()), 0);
        assert_eq!(Price { input: 1, output: 0 }.of(Usage { input: 1, output: 9 }), 1);
        assert_eq!(
            Price { input: u64::MAX, output: u64::MAX }.of(Usage { input: u64::MAX, output: u64::MAX }),
            u64::MAX
        );
    }
}
