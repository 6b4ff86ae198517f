//! The third party's mock: PyPI `llmock`, installed by `scripts/llm-mock`.

use chassis::settings::variable;
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A running mock; it ends with its value.
pub struct Mock {
    pub base: String,
    child: Child,
}

impl Mock {
    /// Starts it; none where it is not installed, which fails in CI.
    pub async fn start() -> Option<Self> {
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/llm-mock/bin/llmock");
        if !program.exists() {
            let missing = "the third party's mock is missing: run scripts/llm-mock";
            assert!(variable("CI").is_none(), "{missing}");
            eprintln!("not judged: {missing}");
            return None;
        }
        let (listener, base) = testkit::listener();
        let port = listener.local_addr().expect("an address").port().to_string();
        drop(listener);
        let mut command = Command::new(program);
        command.args(["serve", "--host", "127.0.0.1", "--port", &port, "--log-level", "error"]);
        let child = command.stdout(Stdio::null()).stderr(Stdio::inherit()).spawn().expect("the mock starts");
        let mock = Self { base, child };
        testkit::eventually("the mock", Duration::from_secs(60), async || mock.get("/health").ok()).await;
        Some(mock)
    }

    /// What it does next.
    pub fn script(&self, behaviors: &Value) {
        let body = json!({ "behaviors": behaviors }).to_string();
        let sent = ureq::post(format!("{}/_llmock/scenario", self.base)).send(body.as_bytes());
        assert_eq!(sent.expect("an answer").status(), 201);
    }

    /// Its own judgement of the client: whether it passed, and the codes of what it found.
    pub fn verdict(&self) -> (bool, Vec<String>) {
        let text = self.get("/_llmock/verdict").expect("a verdict");
        let verdict: Value = serde_json::from_str(&text).expect("JSON");
        let findings = verdict["findings"].as_array().expect("findings").iter();
        let codes = findings.map(|one| one["code"].as_str().unwrap_or_default().to_owned()).collect();
        (verdict["passed"] == json!(true), codes)
    }

    /// How many requests it saw.
    pub fn requests(&self) -> usize {
        let text = self.get("/_llmock/requests").expect("the requests");
        serde_json::from_str::<Value>(&text).expect("JSON")["requests"].as_array().expect("requests").len()
    }

    fn get(&self, path: &str) -> Result<String, ureq::Error> {
        ureq::get(format!("{}{path}", self.base)).call()?.body_mut().read_to_string()
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
