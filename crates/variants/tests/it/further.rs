//! The further faults of the patient: the first option of each plan heals its file, however it is written, and no other.

use crate::places::root;
use camino::Utf8Path;
use codemod::Codemod;
use rag_gateway::gateway::Gateway;
use wire::IncidentId;
use wire::plan::{PlanRequest, Remedy};

/// Code, reason and message as the application has them, its file, and the call before and after.
const FURTHER: [(&str, &str, &str, &str, &str, &str); 4] = [
    (
        "FAULT_MEMORY_PRESSURE",
        "limit_near",
        "a page was refused: all memory for pages is in use",
        "memory",
        "pages.keep(",
        "pages.bounded().keep(",
    ),
    (
        "FAULT_SESSION_EXPIRED",
        "token_expired",
        "a part was refused: the session has ended",
        "session",
        "session.send(",
        "session.renewing().send(",
    ),
    (
        "FAULT_RETRY_STORM",
        "attempts",
        "one request called the upstream again and again without a pause",
        "retry_storm",
        "client.fetch(",
        "client.sparing().fetch(",
    ),
    (
        "FAULT_QUEUE_BACKLOG",
        "backlog",
        "a job was refused: too many wait",
        "queue",
        "queue.put(",
        "queue.bounded().put(",
    ),
];

/// The rule of the plan's first option for what the application logs.
async fn cure(code: &str, reason: &str, message: &str) -> Codemod {
    let knowledge = root().join("crates/rag-gateway/knowledge");
    let settings = rag_gateway::Settings { knowledge, ..Default::default() };
    let nobody = "postgresql://nobody@127.0.0.1:1/none?connect_timeout=1";
    let gateway = Gateway::open(&settings, nobody, chassis::clock::system()).expect("the knowledge base");
    let plan = gateway
        .plan(&PlanRequest {
            incident: IncidentId::fresh(),
            target: "fault-app".parse().expect("a name"),
            language: "rust".into(),
            code: code.parse().expect("a code"),
            message: message.into(),
            reason: Some(reason.into()),
            context: vec![format!(
                r#"{{"level":"error","message":"{message}","marker":"{code}","reason":"{reason}"}}"#
            )],
            tried: Vec::new(),
            suspects: Vec::new(),
            declared: None,
            playbook: None,
            models: false,
        })
        .await;
    let first = plan.options.first().and_then(|option| match &option.remedy {
        Remedy::Codemod { rule, .. } => Some(rule),
        _ => None,
    });
    Codemod::new(first.expect("a known cure comes first"), "rust").expect("a rule")
}

fn fault_file(name: &str) -> String {
    let path = Utf8Path::new("crates/fault-app/src/faults").join(format!("fault_{name}.txt"));
    std::fs::read_to_string(root().join(path)).expect("the original")
}

#[tokio::test]
async fn the_first_option_heals_the_original_and_the_cured_file_is_left_alone() {
    for (code, reason, message, name, before, after) in FURTHER {
        let (cure, original) = (cure(code, reason, message).await, fault_file(name));
        let cured = cure.rewrite(&original).expect("the engine").expect("a match");
        assert_eq!(cured, original.replace(before, after), "{name}");
        assert_eq!(cure.rewrite(&cured).expect("the engine"), None, "{name}: healed twice");
        for (.., other, _, _) in FURTHER.iter().filter(|(.., other, _, _)| *other != name) {
            assert_eq!(cure.rewrite(&fault_file(other)).expect("the engine"), None, "{code} and {other}");
        }
    }
}

#[tokio::test]
async fn the_cure_does_not_go_by_the_parameters_name_or_by_the_functions() {
    for (code, reason, message, name, before, after) in FURTHER {
        let cure = cure(code, reason, message).await;
        let (hole, call) = before.split_once('.').expect("a call");
        let (_, form) = after.split_once('.').expect("a call");
        let renamed = |text: &str| text.replace(&format!("{hole}: &"), "it: &").replace(&format!("{hole}."), "it.");
        let text = renamed(&fault_file(name));
        let cured = cure.rewrite(&text).expect("the engine").expect("a match");
        assert_eq!(cured, text.replace(&format!("it.{call}"), &format!("it.{form}")), "{name}");
        // A thing of another type with the same name is another thing.
        let other = text.replace("it: &", "it: &Other");
        assert_eq!(cure.rewrite(&other).expect("the engine"), None, "{name}: {other}");
    }
}
