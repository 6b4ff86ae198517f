//! Commit messages: what, why, and the trailers by which a retry finds its own commit. Pure.

use git_remote::redact;

/// The longest subject, characters.
const SUBJECT: usize = 72;
/// The width of the body, characters.
const WIDTH: usize = 76;
/// The longest paragraph or trailer value that is taken over, characters.
const LONGEST: usize = 600;

/// A commit message in the making. Whatever is put in becomes one line of text first: a line break in it could pass
/// for a trailer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    subject: String,
    paragraphs: Vec<String>,
    trailers: Vec<(&'static str, String)>,
}

impl Message {
    /// With a subject; what is too long is cut.
    pub fn new(subject: &str) -> Self {
        let subject = one_line(subject);
        let subject = match subject.chars().count() {
            0..=SUBJECT => subject,
            _ => format!("{}…", subject.chars().take(SUBJECT - 1).collect::<String>().trim_end()),
        };
        Self { subject, paragraphs: Vec::new(), trailers: Vec::new() }
    }

    /// With a paragraph more.
    #[must_use]
    pub fn paragraph(mut self, text: &str) -> Self {
        let text = one_line(text);
        if !text.is_empty() {
            self.paragraphs.push(wrapped(&text));
        }
        self
    }

    /// With a trailer more; one without a value is left out.
    #[must_use]
    pub fn trailer(mut self, name: &'static str, value: impl ToString) -> Self {
        let value = one_line(&value.to_string());
        if !value.is_empty() {
            self.trailers.push((name, value));
        }
        self
    }

    /// The text.
    pub fn text(&self) -> String {
        let mut text = format!("{}\n", self.subject);
        for paragraph in &self.paragraphs {
            text.push_str(&format!("\n{paragraph}\n"));
        }
        if !self.trailers.is_empty() {
            text.push('\n');
        }
        for (name, value) in &self.trailers {
            text.push_str(&format!("{name}: {value}\n"));
        }
        text
    }
}

/// Whether a text is a W3C trace context: it comes from outside and goes into a trailer.
pub fn is_trace_parent(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    lengths == [2, 32, 16, 2] && parts.iter().all(|part| part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')))
}

fn one_line(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    redact(&text.chars().take(LONGEST).collect::<String>())
}

fn wrapped(text: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let Some(line) = lines.last_mut() else { break };
        if line.is_empty() {
            line.push_str(word);
        } else if line.chars().count() + 1 + word.chars().count() <= WIDTH {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests;
