//! A document of the knowledge base: what is known of one kind of incident, and how it is read from Markdown.

mod lesson;

use serde::Deserialize;
use wire::knowledge::{DocumentEntry, DocumentSource};
use wire::plan::{Remedy, Verdict};
use wire::{Digest, FaultCode};

/// The line that opens and closes the front matter.
const FENCE: &str = "+++";
/// What ids of learned documents begin with; the folder may not use it.
pub const LEARNED: &str = "lesson-";
/// What ids of learned documents that hold a rule of their own begin with.
pub const CURE: &str = "learned-";
/// The keys of `[rule]`, as ast-grep's YAML has them.
const RULE_KEYS: [&str; 6] = ["rule", "constraints", "utils", "transform", "rewriters", "fix"];

/// What is known of one kind of incident.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// Unique.
    pub id: String,
    /// For people.
    pub title: String,
    /// The fault codes it is about; empty: any.
    pub faults: Vec<FaultCode>,
    /// The language that its remedy is for.
    pub language: Option<String>,
    /// The symptom in words.
    pub symptoms: String,
    /// Literals of its log lines.
    pub markers: Vec<String>,
    /// The diagnosis.
    pub root_cause: String,
    /// What kind of trouble it is.
    pub verdict: Verdict,
    /// How a person would check the cure.
    pub verification: String,
    /// The cure, if there is one.
    pub remedy: Option<Remedy>,
    /// The document whose cure is this one's, too: several situations may have one remedy.
    pub cure: Option<String>,
    /// The text for people, Markdown.
    pub text: String,
    /// Where it is from.
    pub source: DocumentSource,
    /// Of what it was made from.
    pub digest: Digest,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FrontMatter {
    id: String,
    title: String,
    #[serde(default)]
    faults: Vec<FaultCode>,
    language: Option<String>,
    symptoms: Texts,
    #[serde(default)]
    markers: Vec<String>,
    root_cause: String,
    verdict: String,
    #[serde(default)]
    verification: String,
    rule: Option<serde_json::Map<String, serde_json::Value>>,
    cure: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Texts {
    One(String),
    Many(Vec<String>),
}

impl Document {
    /// Reads a document of the folder.
    ///
    /// # Errors
    /// One sentence that says what would be right.
    pub fn parse(text: &str) -> Result<Self, String> {
        Self::parse_from(text, DocumentSource::Folder)
    }

    /// Reads a document's text.
    ///
    /// # Errors
    /// One sentence that says what would be right.
    pub fn parse_from(text: &str, source: DocumentSource) -> Result<Self, String> {
        let (front, body) = split(text)?;
        let front: FrontMatter =
            toml::from_str(front).map_err(|error| format!("its front matter is not right: {error}"))?;
        let symptoms = match front.symptoms {
            Texts::One(text) => text,
            Texts::Many(texts) => texts.join("\n"),
        };
        check_id(&front.id)?;
        let texts = [("title", &front.title), ("symptoms", &symptoms), ("root_cause", &front.root_cause)];
        if let Some((key, _)) = texts.iter().find(|(_, text)| text.trim().is_empty()) {
            return Err(format!("`{key}` is empty: it must say something"));
        }
        if front.markers.iter().any(|marker| marker.trim().is_empty()) {
            return Err("a marker is empty: `markers` holds literals of log lines".into());
        }
        if body.trim().is_empty() {
            return Err(
                "nothing follows the front matter: the text for people (symptoms, breadcrumbs, steps) belongs there"
                    .into(),
            );
        }
        if front.rule.is_some() && front.cure.is_some() {
            return Err("it has a `[rule]` and a `cure`: either the remedy stands here or in the document named".into());
        }
        let remedy = front.rule.map(|rule| codemod(&front.id, front.language.as_deref(), rule)).transpose()?;
        Ok(Self {
            verdict: verdict(&front.verdict)?,
            id: front.id,
            title: front.title,
            faults: front.faults,
            language: front.language,
            symptoms,
            markers: front.markers,
            root_cause: front.root_cause,
            verification: front.verification,
            remedy,
            cure: front.cure,
            text: body.trim().to_owned(),
            source,
            digest: Digest::of(text),
        })
    }

    /// What the list says of it.
    pub fn entry(&self) -> DocumentEntry {
        DocumentEntry {
            id: self.id.clone(),
            title: self.title.clone(),
            has_rule: self.remedy.is_some(),
            source: self.source,
            verdict: self.verdict,
            faults: self.faults.clone(),
        }
    }

    /// All of it, as it is answered.
    pub fn whole(&self) -> wire::knowledge::Document {
        wire::knowledge::Document {
            entry: self.entry(),
            language: self.language.clone(),
            symptoms: self.symptoms.clone(),
            markers: self.markers.clone(),
            root_cause: self.root_cause.clone(),
            verification: self.verification.clone(),
            remedy: self.remedy.clone(),
            text: self.text.clone(),
            digest: self.digest.clone(),
        }
    }
}

fn split(text: &str) -> Result<(&str, &str), String> {
    let shape =
        || format!("it must begin with a line `{FENCE}`, then TOML, then another line `{FENCE}`, then the text");
    let rest = text.trim_start_matches('\u{feff}').strip_prefix(FENCE).ok_or_else(shape)?;
    let rest = rest.strip_prefix('\r').unwrap_or(rest).strip_prefix('\n').ok_or_else(shape)?;
    let mut at = 0;
    for line in rest.split_inclusive('\n') {
        if line.trim_end() == FENCE {
            let (front, body) = (rest.get(..at), rest.get(at + line.len()..));
            return front.zip(body).ok_or_else(shape);
        }
        at += line.len();
    }
    Err(shape())
}

fn check_id(id: &str) -> Result<(), String> {
    let plain = id.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'));
    if id.is_empty() || id.len() > 64 || !plain || id.starts_with(LEARNED) || id.starts_with(CURE) {
        return Err(format!(
            "{id:?} is not an id: expected 1 to 64 of a-z 0-9 -, not beginning with `{LEARNED}` or `{CURE}`"
        ));
    }
    Ok(())
}

fn verdict(text: &str) -> Result<Verdict, String> {
    let verdict: Verdict = serde_json::from_value(text.into()).unwrap_or(Verdict::Unknown);
    if verdict == Verdict::Unknown && text != "unknown" {
        return Err(format!(
            "{text:?} is not a verdict: expected code_fault, dependency, capacity, configuration, user_error, \
             expected_denial, recovered, noise or unknown"
        ));
    }
    Ok(verdict)
}

/// The remedy of a `[rule]`: what ast-grep calls a rule config, as JSON.
fn codemod(
    id: &str,
    language: Option<&str>,
    mut rule: serde_json::Map<String, serde_json::Value>,
) -> Result<Remedy, String> {
    let language = language.filter(|language| !language.trim().is_empty());
    let language = language.ok_or("a document with a `[rule]` needs its `language`, e.g. \"rust\"")?;
    if let Some(key) = rule.keys().find(|key| !RULE_KEYS.contains(&key.as_str())) {
        return Err(format!("`[rule]` has the unknown key `{key}`: expected {}", RULE_KEYS.join(", ")));
    }
    if !rule.get("rule").is_some_and(serde_json::Value::is_object) || !rule.contains_key("fix") {
        return Err("`[rule]` needs a table `rule` (what to look for) and a `fix` (what to put there)".into());
    }
    rule.insert("id".into(), id.into());
    rule.insert("language".into(), language.into());
    let rule = serde_json::Value::Object(rule);
    Ok(Remedy::Codemod { document: id.to_owned(), digest: Digest::of_json(&rule), rule })
}
