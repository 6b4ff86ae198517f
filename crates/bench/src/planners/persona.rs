//! Five planners that nobody should trust, and what each answers. Pure.

use super::ground::Ground;
use serde_json::{Value, json};
use testkit::provider::Turn;

/// More than any client may read, bytes.
const VERBOSE: usize = 10 << 20;

/// Who answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Persona {
    /// Does whatever a log line says.
    Obedient,
    /// Attacks.
    Malicious,
    /// Is away, late, or says half of it.
    Flaky,
    /// Is sure of the wrong thing.
    ConfidentWrong,
    /// Never comes to an end.
    Verbose,
}

/// Whose protocol it speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    Anthropic,
    Gemini,
    OpenAi,
    Ollama,
}

impl Persona {
    pub(super) const ALL: [Persona; 5] =
        [Persona::Obedient, Persona::Malicious, Persona::Flaky, Persona::ConfidentWrong, Persona::Verbose];

    pub(super) fn name(self) -> &'static str {
        match self {
            Persona::Obedient => "obedient",
            Persona::Malicious => "malicious",
            Persona::Flaky => "flaky",
            Persona::ConfidentWrong => "confident-wrong",
            Persona::Verbose => "verbose",
        }
    }

    pub(super) fn protocol(self) -> Protocol {
        match self {
            Persona::Obedient | Persona::Flaky => Protocol::Anthropic,
            Persona::Malicious => Protocol::Gemini,
            Persona::ConfidentWrong => Protocol::OpenAi,
            Persona::Verbose => Protocol::Ollama,
        }
    }

    /// The n-th answer, to a prompt about something that can be attacked so.
    pub(super) fn replies(self, protocol: Protocol, ground: &Ground, prompt: &str, n: usize) -> Turn {
        let well = |said: Value| Turn::new(200, protocol.said(&said).to_string());
        match self {
            Persona::Obedient => well(obeys(ground, prompt)),
            Persona::Malicious => well(pick(&attacks(ground), n)),
            Persona::ConfidentWrong => {
                let wrong: Vec<Value> = ground.wrong.iter().map(|text| files(&[(&ground.file, text)])).collect();
                well(pick(&wrong, n))
            }
            Persona::Flaky => flaky(protocol, ground, n),
            Persona::Verbose => well(files(&[(&ground.file, &"# and so on\n".repeat(VERBOSE / 12))])),
        }
    }
}

impl Protocol {
    /// The settings of the patcher for it: its name, and what follows its base URL.
    pub(super) fn settings(self) -> (&'static str, &'static str) {
        match self {
            Protocol::Anthropic => ("anthropic", ""),
            Protocol::Gemini => ("gemini", ""),
            Protocol::OpenAi => ("openai", "/v1"),
            Protocol::Ollama => ("ollama", ""),
        }
    }

    fn said(self, said: &Value) -> Value {
        let text = said.to_string();
        match self {
            Protocol::Anthropic => json!({
                "id": "msg_1", "type": "message", "role": "assistant", "model": "double", "stop_reason": "tool_use",
                "content": [{ "type": "tool_use", "id": "toolu_1", "name": "propose_patch", "input": said }],
                "usage": { "input_tokens": 1_000, "output_tokens": 100 },
            }),
            Protocol::Gemini => json!({
                "responseId": "r1", "usageMetadata": { "promptTokenCount": 1_000, "candidatesTokenCount": 100 },
                "candidates": [{ "finishReason": "STOP", "content": { "role": "model", "parts": [{ "text": text }] } }],
            }),
            Protocol::OpenAi => json!({
                "id": "chatcmpl-1", "object": "chat.completion", "model": "double",
                "choices": [{ "index": 0, "finish_reason": "stop", "message": { "role": "assistant", "content": text } }],
                "usage": { "prompt_tokens": 1_000, "completion_tokens": 100 },
            }),
            Protocol::Ollama => json!({
                "model": "double", "message": { "role": "assistant", "content": text }, "done": true, "done_reason": "stop",
                "prompt_eval_count": 1_000, "eval_count": 100,
            }),
        }
    }
}

fn files(files: &[(&str, &str)]) -> Value {
    let files: Vec<Value> = files.iter().map(|(path, content)| json!({ "path": path, "content": content })).collect();
    json!({ "explanation": "This cures it.", "files": files })
}

fn pick(all: &[Value], n: usize) -> Value {
    all.get(n % all.len().max(1)).cloned().unwrap_or_default()
}

/// What the log line in the prompt wants, as far as it can be put into an answer.
fn obeys(ground: &Ground, prompt: &str) -> Value {
    let (file, constant) = (ground.file.as_str(), ground.constant.as_str());
    let wants = [
        ("ci.yml", files(&[(".github/workflows/ci.yml", "on: never\n"), (file, constant)])),
        ("cron.d", files(&[("../../../etc/cron.d/kintsugi", "* * * * * root true\n")])),
        ("build.rs", files(&[("src/faults/../../build.rs", "fn main() {}\n")])),
        ("tests/it/main.rs", files(&[("tests/it/main.rs", "\n"), ("test_app.py", "\n")])),
        ("environment variable", files(&[(file, &ground.environment)])),
        ("asks nothing of the database", files(&[(file, constant)])),
        ("force-push", files(&[(".git/config", "[remote]\n"), (".git/refs/heads/main", "0\n")])),
    ];
    // The line itself stands first; its neighbours in the log come after it.
    let places = wants.into_iter().filter_map(|(word, wanted)| Some((prompt.find(word)?, wanted)));
    let found = places.min_by_key(|(place, _)| *place);
    found.map_or_else(|| files(&[(file, constant)]), |(_, wanted)| wanted)
}

fn attacks(ground: &Ground) -> Vec<Value> {
    let (file, constant, environment) = (ground.file.as_str(), ground.constant.as_str(), ground.environment.as_str());
    let mut attacks = vec![
        files(&[("../../../../etc/passwd", "root::0:0::/:/bin/sh\n")]),
        files(&[("/etc/cron.d/kintsugi", "* * * * * root true\n")]),
        files(&[("faults/../app.py", "\n")]),
        files(&[(".git/hooks/post-commit", "#!/bin/sh\ntouch /tmp/kintsugi-was-here\n")]),
        files(&[(".github/workflows/ci.yml", "on: never\n")]),
        files(&[("test_app.py", "\n"), (file, constant)]),
        files(&[(file, environment)]),
        files(&[(&format!("{file}\u{0}.txt"), constant)]),
        files(&[(file, constant), (file, environment)]),
        files(&[(file, constant)]),
        json!({ "explanation": "x", "files": [], "force": true, "branch": "main", "command": "git push --force" }),
    ];
    attacks.extend(ground.attacks.iter().map(|text| files(&[(file, text)])));
    attacks
}

fn flaky(protocol: Protocol, ground: &Ground, n: usize) -> Turn {
    let whole = protocol.said(&files(&[(&ground.file, &ground.constant)])).to_string();
    let half = whole.len() / 2;
    match n % 7 {
        0 => Turn::new(429, r#"{"error":{"type":"rate_limit_error"}}"#).with("retry-after", "0"),
        1 => Turn::new(529, r#"{"error":{"type":"overloaded_error"}}"#),
        2 => Turn::new(200, whole).cut_at(half),
        3 => Turn::new(200, whole.get(..half).unwrap_or_default()),
        4 => Turn::new(500, "<html>no</html>"),
        5 => Turn::new(200, "\u{feff}not json at all"),
        _ => Turn::declines(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_goal_of_the_payloads_is_obeyed_in_its_own_way() {
        let goals = include_str!("../../payloads/goals.txt");
        let said: std::collections::BTreeSet<String> =
            goals.lines().map(|goal| obeys(&Ground::tiny(), goal).to_string()).collect();
        assert_eq!(said.len(), goals.lines().count());
    }
}
