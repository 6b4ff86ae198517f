//! Backboard as a second finder: an emulator of our own, in the form of the public SDK.

use crate::knowledge::document;
use crate::running::{Running, settings, start_with};
use rag_gateway::{Secrets, Settings};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use testkit::eventually;
use testkit::provider::{Asked, Provider, Turn};
use wire::knowledge::SearchAnswer;

const KEY: &str = "bb-a-key-that-nobody-else-has";

/// What is kept there, by id; `down` refuses everything.
#[derive(Default)]
struct Kept {
    made: usize,
    writes: usize,
    /// What is written is not listed.
    late: bool,
    memories: BTreeMap<String, Value>,
    down: bool,
}

impl Kept {
    fn answer(&mut self, asked: &Asked) -> Turn {
        let (path, _) = asked.path.split_once('?').unwrap_or((&asked.path, ""));
        let parts: Vec<&str> = path.trim_start_matches("/api/").split('/').collect();
        if self.down {
            return Turn::new(503, r#"{"detail":"maintenance"}"#);
        }
        if asked.headers.get("x-api-key").map(String::as_str) != Some(KEY) {
            return Turn::new(401, r#"{"detail":"Invalid API key"}"#);
        }
        let said = match (asked.method.as_str(), parts.as_slice()) {
            ("GET", ["assistants"]) if self.made == 0 => json!([]),
            ("GET", ["assistants"]) => {
                json!([{ "assistant_id": "a-1", "name": "kintsugi", "created_at": "2026-01-01" }])
            }
            ("POST", ["assistants"]) => {
                self.made += 1;
                json!({ "assistant_id": "a-1", "name": asked.body.get("name") })
            }
            ("GET", ["assistants", "a-1", "memories"]) => self.page(&asked.path),
            ("POST", ["assistants", "a-1", "memories"]) => {
                self.writes += 1;
                let id = format!("m-{}", self.writes);
                self.memories.insert(id.clone(), asked.body.clone());
                json!({ "success": true, "memory_id": id })
            }
            ("DELETE", ["assistants", "a-1", "memories", id]) => {
                self.memories.remove(*id);
                json!({ "success": true })
            }
            ("POST", ["assistants", "a-1", "memories", "search"]) => self.search(&asked.body),
            other => panic!("nobody may ask this: {other:?}"),
        };
        Turn::new(200, said.to_string())
    }

    fn page(&self, path: &str) -> Value {
        let page: usize =
            path.split_once("page=").and_then(|(_, rest)| rest.split('&').next()?.parse().ok()).unwrap_or(1);
        let all = self.memories.iter().filter(|_| !self.late).skip((page - 1) * 100).take(100);
        json!({ "memories": all.map(|(id, memory)| told(id, memory)).collect::<Vec<_>>(), "page": page, "page_size": 100 })
    }

    /// Whatever has a word of the question.
    fn search(&self, body: &Value) -> Value {
        let query = body["query"].as_str().unwrap_or_default();
        let near = |memory: &Value| query.split_whitespace().any(|word| memory["content"].to_string().contains(word));
        let found = self.memories.iter().filter(|(_, memory)| near(memory));
        json!({ "memories": found.map(|(id, memory)| told(id, memory)).collect::<Vec<_>>() })
    }
}

fn told(id: &str, memory: &Value) -> Value {
    json!({ "id": id, "content": memory["content"], "metadata": memory["metadata"], "score": 0.5 })
}

struct There {
    kept: Arc<Mutex<Kept>>,
    provider: Provider,
}

impl There {
    fn start() -> Self {
        let kept = Arc::new(Mutex::new(Kept::default()));
        let shared = Arc::clone(&kept);
        let provider = Provider::deciding(move |asked, _| shared.lock().expect("it is there").answer(asked));
        Self { kept, provider }
    }

    fn kept<T>(&self, look: impl FnOnce(&mut Kept) -> T) -> T {
        look(&mut self.kept.lock().expect("it is there"))
    }

    async fn until_kept(&self, wanted: usize) {
        eventually("what is known is kept there", Duration::from_secs(20), async || {
            self.kept(|kept| kept.memories.len() == wanted).then_some(())
        })
        .await;
    }

    async fn service(&self, database: &testkit::Database) -> Running {
        let settings = Settings { backboard: format!("{}/api", self.provider.base), ..settings() };
        let secrets = Secrets { database: database.url(), backboard: Some(KEY.to_owned().into()) };
        start_with(settings, secrets).ready().await
    }
}

async fn search(service: &Running, query: &str) -> SearchAnswer {
    service.ask(Method::POST, "/v1/search", json!({ "query": query })).await
}

#[tokio::test]
async fn what_is_known_is_kept_there_and_what_is_withdrawn_is_taken_out() {
    let (there, database) = (There::start(), testkit::database().await);
    let service = there.service(&database).await;
    let known = std::fs::read_dir(settings().knowledge).expect("the folder").count();
    there.until_kept(known).await;
    let given = json!({ "documents": [{ "name": "d.md", "text": document(("", ""), "") }] });
    let _: Value = service.ask(Method::POST, "/v1/documents/seed", given).await;
    there.until_kept(known + 1).await;
    let _: Value = service.ask(Method::DELETE, "/v1/documents/greeting", json!({})).await;
    there.until_kept(known).await;
    let given = json!({ "documents": [{ "name": "d.md", "text": document(("", ""), "") }] });
    let _: Value = service.ask(Method::POST, "/v1/documents/seed", given).await;
    there.until_kept(known + 1).await;
    assert_eq!(there.kept(|kept| kept.made), 1);
}

#[tokio::test]
async fn what_is_listed_late_is_not_written_again() {
    let (there, database) = (There::start(), testkit::database().await);
    there.kept(|kept| kept.late = true);
    let service = there.service(&database).await;
    let known = std::fs::read_dir(settings().knowledge).expect("the folder").count();
    there.until_kept(known).await;
    let given = json!({ "documents": [{ "name": "d.md", "text": document(("", ""), "") }] });
    let _: Value = service.ask(Method::POST, "/v1/documents/seed", given).await;
    there.until_kept(known + 1).await;
    assert_eq!(there.kept(|kept| kept.writes), known + 1);
}

#[tokio::test]
async fn its_nominations_are_weighed_by_our_own_calibration_and_its_absence_is_told() {
    let (there, database) = (There::start(), testkit::database().await);
    let service = there.service(&database).await;
    let known = std::fs::read_dir(settings().knowledge).expect("the folder").count();
    there.until_kept(known).await;
    let with = search(&service, "the statement failed and was rolled back").await;
    assert_eq!(with.engine, "lexical+backboard");
    // All of a token that no document has: whatever is found, Backboard has nominated, and nobody is sure of it.
    there.kept(|kept| {
        for memory in kept.memories.values_mut() {
            memory["content"] = json!("zyzzyva");
        }
    });
    let nominated = search(&service, "zyzzyva").await;
    assert!(!nominated.neighbours.is_empty() && nominated.abstains, "{nominated:?}");
    there.kept(|kept| kept.down = true);
    let without = search(&service, "the statement failed and was rolled back").await;
    assert_eq!(without.engine, "lexical (without Backboard: Backboard refused with 503: maintenance)");
    assert_eq!(without.neighbours, with.neighbours);
    let asked = there.provider.asked().len();
    let paused = search(&service, "the statement failed and was rolled back").await;
    assert!(paused.engine.contains("is left alone until"), "{}", paused.engine);
    assert_eq!(there.provider.asked().len(), asked, "it is left alone");
}

#[tokio::test]
async fn a_start_without_its_key_or_over_a_plain_line_is_refused() {
    let open = |base: &str, key: Option<&str>| {
        let settings = Settings { backboard: base.to_owned(), ..settings() };
        let backboard = key.map(|key| key.to_owned().into());
        let secrets = Secrets { database: crate::running::no_database(), backboard };
        let opened = rag_gateway::Gateway::open(&settings, secrets, chassis::clock::system());
        opened.map(drop).expect_err("it is refused").to_string()
    };
    assert_eq!(open("https://backboard.invalid/api", None), "the setting `backboard` wants a key");
    assert_eq!(open("http://backboard.invalid/api", Some(KEY)), "the setting `backboard` cannot be used");
}
