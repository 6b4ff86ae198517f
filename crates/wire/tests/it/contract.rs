//! Contracts with alternatives, cases, doubles and a sequential test: what they hold, and a sentence on each mistake.

use crate::target::{MINIMAL, refuses};
use wire::target::{Behaviour, Contract, Target, Witness};

const CONTRACT: &str = r#"
[[contracts]]
fault = "FAULT_TINY"
replay = "live"
request = { method = "POST", path = "/break" }
[[contracts.answers]]
status = 200
deadline_ms = 4500
json = { "/value" = 42 }
absent = ["/degraded"]
witnesses = [{ kind = "call_count", url = "http://127.0.0.1:9/calls/{replay}" }]
[[contracts.answers]]
status = 503
headers = ["retry-after"]
[contracts.sequential]
faulty = 0.28
healthy = 0.98
at_most = 20
[[contracts.doubles]]
name = "upstream"
port = 5001
[[contracts.cases]]
name = "healthy"
fresh = true
double = { name = "upstream", body = '{"value":{nonce}}', delay_ms = 5 }
answers = [{ status = 200, json = { "/value" = "{nonce}" } }]
calls = { at_least = 1, at_most = 4 }
[[contracts.cases]]
name = "away"
double = { name = "upstream", behaviour = "absent" }
answers = [{ status = 503 }]
"#;

const SEQUENCE: &str = r#"
[[contracts]]
fault = "FAULT_TINY"
request = { method = "POST", path = "/slow" }
expect = { status = 200 }
witnesses = [{ kind = "statement_sequence", path = "/pg/log", steps = [
  { statement = "timeout = (?P<value>\\d+)", above_ms = 0, at_most_ms = 5500 },
  { statement = "pg_sleep", completed_at_least_ms = 1000 } ] }]
"#;

fn contract(text: &str) -> Contract {
    Target::parse(&format!("{MINIMAL}{text}")).unwrap().contracts.remove(0)
}

#[track_caller]
fn refuses_with(from: &str, to: &str, part_of_why: &str) {
    assert!(CONTRACT.contains(from), "{from} is in the contract");
    refuses(&format!("{MINIMAL}{}", CONTRACT.replacen(from, to, 1)), part_of_why);
}

#[test]
fn a_contract_with_alternatives_cases_and_a_test_is_read() {
    let contract = contract(CONTRACT);
    assert_eq!(contract.answers.iter().map(|answer| answer.deadline_ms).collect::<Vec<_>>(), [4_500, 5_000]);
    assert_eq!(contract.limit_ms(), 20 * 5_000);
    let test = contract.sequential.as_ref().unwrap();
    assert_eq!((test.alpha, test.beta, test.shortest()), (0.01, 0.01, 4));
    let [healthy, away] = contract.cases.as_slice() else { panic!("two cases") };
    let double = healthy.double.as_ref().unwrap();
    assert_eq!((double.behaviour, double.status, double.delay_ms), (Behaviour::Answer, 200, 5));
    assert_eq!((healthy.fresh, away.fresh), (true, false));
    assert_eq!(contract.expectations().count(), 4);
    let json = serde_json::to_value(&contract).unwrap();
    assert_eq!(serde_json::from_value::<Contract>(json).unwrap(), contract, "it reads what it writes");
}

#[test]
fn a_sequence_of_statements_is_read() {
    let contract = contract(SEQUENCE);
    let Witness::StatementSequence { steps, forbidden, .. } = &contract.answers[0].witnesses[0] else { panic!("one") };
    assert!(steps[0].is_bounded() && !steps[1].is_bounded() && forbidden.is_empty());
    assert_eq!(steps[1].completed_at_least_ms, Some(1000));
    refuses(&format!("{MINIMAL}{}", SEQUENCE.replace("above_ms", "over_ms")), "over_ms");
}

#[test]
fn a_contract_says_what_is_right_and_how_it_is_seen() {
    let only = SEQUENCE.replace("expect = { status = 200 }\n", "");
    refuses(&format!("{MINIMAL}{only}"), "`witnesses` belong to `expect`");
    let (head, _) = only.split_once("witnesses").unwrap();
    refuses(&format!("{MINIMAL}{head}"), "neither `expect` nor `answers`");
    refuses(&format!("{MINIMAL}{head}expect = {{ status = 200 }}\n"), "could be a constant");
    let both = format!("{SEQUENCE}[[contracts.answers]]\nstatus = 200\n");
    refuses(&format!("{MINIMAL}{both}"), "`expect` and `answers`");
}

#[test]
fn answers_are_possible_ones() {
    refuses_with("status = 503\nheaders", "status = 42\nheaders", "42 is no HTTP status");
    refuses_with("deadline_ms = 4500", "deadline_ms = 0", "deadline_ms = 0");
    refuses_with("deadline_ms = 4500", "deadline_ms = 60001", "deadline_ms = 60001");
    refuses_with("\"/value\" = 42", "value = 42", "no JSON pointer");
    refuses_with("[\"/degraded\"]", "[\"degraded\"]", "no JSON pointer");
    refuses_with("[\"/degraded\"]", "[\"/value\"]", "both hold a value and be absent");
    refuses_with("\"/value\" = 42", "\"/value\" = \"{nonce}\"", "outside the cases holds {nonce}");
    refuses_with("[[contracts.answers]]\nstatus = 503", "[[contracts.answers]]\ncode = 503", "code");
}

#[test]
fn a_sequential_test_can_decide() {
    refuses_with("healthy = 0.98", "healthy = 0.28", "must be greater than `faulty`");
    refuses_with("healthy = 0.98", "healthy = 1.0", "shares between 0 and 1");
    refuses_with("faulty = 0.28", "faulty = 0.0", "shares between 0 and 1");
    refuses_with("faulty = 0.28", "faulty = nan", "shares between 0 and 1");
    refuses_with("at_most = 20\n", "at_most = 20\nalpha = 0.5\n", "between 0 and 0.5");
    refuses_with("at_most = 20\n", "at_most = 3\n", "between 4, the least that decides, and 100");
    refuses_with("at_most = 20\n", "at_most = 101\n", "at_most = 101");
}

#[test]
fn doubles_and_cases_fit_together() {
    let healthy = "double = { name = \"upstream\", body = '{\"value\":{nonce}}', delay_ms = 5 }";
    refuses_with("name = \"upstream\", behaviour", "name = \"upstairs\", behaviour", "\"upstairs\", which `doubles`");
    refuses_with("port = 5001", "port = 0", "no port is 0");
    refuses_with(
        "[[contracts.cases]]",
        "[[contracts.doubles]]\nname = \"x\"\nport = 5001\n[[contracts.cases]]",
        "given once",
    );
    refuses_with(
        "[[contracts.cases]]",
        "[[contracts.doubles]]\nname = \"x\"\nport = 1\n[[contracts.cases]]",
        "no case plays",
    );
    refuses_with("name = \"away\"", "name = \"healthy\"", "two cases are named");
    refuses_with("name = \"away\"", "name = \" \"", "a case is empty");
    refuses_with("body = '{\"value\":{nonce}}'", "body = '{}'", "does not serve it");
    refuses_with(healthy, "", "does not serve it");
    refuses_with("answers = [{ status = 503 }]", "answers = []", "the case \"away\": it has no `answers`");
    refuses_with(
        "answers = [{ status = 503 }]",
        "answers = [{ status = 503 }]\ncalls = { at_most = 0 }",
        "nobody listens",
    );
    refuses_with("behaviour = \"absent\"", "behaviour = \"absent\", delay_ms = 5", "has no `delay_ms`");
    refuses_with("behaviour = \"absent\"", "behaviour = \"close\", body = \"x\"", "that is close has no `body`");
    refuses_with("behaviour = \"absent\"", "behaviour = \"sulk\"", "sulk");
    refuses_with("delay_ms = 5", "delay_ms = 60001", "its delay at most 60000 ms");
    refuses_with("delay_ms = 5", "status = 100", "status is 200 to 599");
    refuses_with("at_least = 1, at_most = 4", "at_least = 5, at_most = 4", "at_most = 4 is less than");
    refuses_with("at_least = 1, at_most = 4", "", "asks for nothing");
}

#[test]
fn one_case_tells_work_from_a_constant() {
    let blind = CONTRACT
        .replace("{ \"/value\" = \"{nonce}\" }", "{ \"/value\" = 7 }")
        .replace("at_least = 1, at_most = 4", "at_most = 4");
    refuses(&format!("{MINIMAL}{blind}"), "no case tells work from a constant");
}
