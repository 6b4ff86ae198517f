use super::{Codemod, CodemodError};
use serde_json::{Value, json};

/// What the whole flow uses: the statement without a table is given something to select.
fn sql_rule() -> Value {
    json!({
        "language": "rust",
        "rule": { "kind": "string_literal", "regex": "^\"SELECT FROM\"$" },
        "fix": "\"SELECT 1\"",
    })
}

fn python_rule() -> Value {
    json!({
        "language": "python",
        "rule": { "pattern": "$TEXT + $VALUE" },
        "constraints": { "TEXT": { "kind": "string" }, "VALUE": { "kind": "identifier" } },
        "fix": "$TEXT + str($VALUE)",
    })
}

#[track_caller]
fn check(rule: &Value, language: &str, source: &str, expected: Result<Option<&str>, CodemodError>) {
    let got = Codemod::new(rule, language).and_then(|codemod| codemod.rewrite(source));
    assert_eq!(got, expected.map(|text| text.map(str::to_owned)), "of {source:?} by {rule}");
}

#[track_caller]
fn refused(rule: &Value, language: &str, code: &str, told: &str) {
    let error = Codemod::new(rule, language).expect_err("a refusal");
    assert_eq!(error.refusal(), Some(code), "{error}");
    assert!(error.to_string().contains(told), "{error} does not say {told:?}");
}

#[test]
fn the_malformed_statement_is_replaced() {
    let source = "async fn run(db: &Db) -> Result<(), E> {\n    db.execute(\"SELECT FROM\").await\n}\n";
    let cured = "async fn run(db: &Db) -> Result<(), E> {\n    db.execute(\"SELECT 1\").await\n}\n";
    check(&sql_rule(), "rust", source, Ok(Some(cured)));
}

#[test]
fn a_statement_with_a_table_is_left_alone() {
    check(&sql_rule(), "rust", "fn q() -> &'static str { \"SELECT id FROM t\" }", Ok(None));
}

#[test]
fn every_match_is_rewritten_in_one_go() {
    let source = "fn a() { f(\"SELECT FROM\"); g(\"SELECT FROM\", \"x\"); }";
    check(&sql_rule(), "rust", source, Ok(Some("fn a() { f(\"SELECT 1\"); g(\"SELECT 1\", \"x\"); }")));
}

#[test]
fn comments_and_other_strings_stay_as_they_are() {
    let source =
        "// \"SELECT FROM\"\n/* \"SELECT FROM\" */\nfn a() { f(\"say \\\"SELECT FROM\\\"\"); f(\"SELECT FROM\") }\n";
    let cured =
        "// \"SELECT FROM\"\n/* \"SELECT FROM\" */\nfn a() { f(\"say \\\"SELECT FROM\\\"\"); f(\"SELECT 1\") }\n";
    check(&sql_rule(), "rust", source, Ok(Some(cured)));
}

#[test]
fn a_second_application_finds_nothing() {
    let codemod = Codemod::new(&python_rule(), "python").expect("a rule");
    let source = "def greet(value):\n    return \"value \" + value\n";
    let once = codemod.rewrite(source).expect("a result").expect("a match");
    assert_eq!(once, "def greet(value):\n    return \"value \" + str(value)\n");
    assert_eq!(codemod.rewrite(&once), Ok(None));
}

#[test]
fn python_comments_and_strings_stay_as_they_are() {
    let source = "# \"a\" + b\ns = '\"a\" + b'\nt = \"\u{e4}\" + b\n";
    check(&python_rule(), "python", source, Ok(Some("# \"a\" + b\ns = '\"a\" + b'\nt = \"\u{e4}\" + str(b)\n")));
}

#[test]
fn nested_matches_do_not_garble_the_text() {
    let rule = json!({ "language": "python", "rule": { "pattern": "wrap($A)" }, "fix": "bare($A)" });
    let codemod = Codemod::new(&rule, "python").expect("a rule");
    assert_eq!(codemod.rewrite("x = wrap(wrap(1))\n"), Ok(Some("x = bare(wrap(1))\n".into())));
}

#[test]
fn a_result_identical_to_the_source_is_no_match() {
    let rule = json!({ "language": "rust", "rule": { "pattern": "f($A)" }, "fix": "f($A)" });
    check(&rule, "rust", "fn a() { f(1) }", Ok(None));
}

#[test]
fn a_result_that_does_not_parse_is_refused() {
    let rule = json!({ "language": "rust", "rule": { "kind": "string_literal" }, "fix": "(" });
    check(&rule, "rust", "fn a() { f(\"x\") }", Err(CodemodError::DoesNotParse));
    let rule = json!({ "language": "python", "rule": { "kind": "integer" }, "fix": "def" });
    check(&rule, "python", "x = 1\n", Err(CodemodError::DoesNotParse));
}

#[test]
fn an_error_that_was_there_before_does_not_count() {
    let source = "fn broken( { f(\"SELECT FROM\") }";
    let codemod = Codemod::new(&sql_rule(), "rust").expect("a rule");
    let result = codemod.rewrite(source).expect("no new error");
    assert!(result.is_none_or(|text| text.contains("SELECT 1")));
}

#[test]
fn a_rule_that_empties_the_file_is_refused() {
    let rule = json!({ "language": "rust", "rule": { "kind": "source_file" }, "fix": "" });
    check(&rule, "rust", "fn a() {}\n", Err(CodemodError::Empty));
}

#[test]
fn an_empty_file_and_a_huge_one_are_no_trouble() {
    check(&sql_rule(), "rust", "", Ok(None));
    let many = "fn a() { f(\"SELECT FROM\") }\n".repeat(2_000);
    check(&sql_rule(), "rust", &many, Ok(Some(&many.replace("SELECT FROM", "SELECT 1"))));
}

#[test]
fn a_rule_for_another_language_is_refused() {
    refused(&sql_rule(), "python", "wrong_language", "rust");
    refused(&python_rule(), "rust", "wrong_language", "python");
}

#[test]
fn a_language_without_a_grammar_is_refused_instead_of_a_crash() {
    let rule = json!({ "language": "go", "rule": { "pattern": "f($A)" }, "fix": "g($A)" });
    refused(&rule, "go", "wrong_language", "go");
    refused(&json!({ "language": "no such" }), "rust", "wrong_language", "no such");
}

#[test]
fn a_bad_rule_says_what_is_wrong() {
    let with = |members: Value| {
        let mut rule = json!({ "language": "rust" });
        rule.as_object_mut().expect("an object").extend(members.as_object().expect("an object").clone());
        rule
    };
    refused(&with(json!({})), "rust", "bad_rule", "rule");
    refused(&with(json!({ "rule": { "kind": "no_such_kind" }, "fix": "x" })), "rust", "bad_rule", "no_such_kind");
    refused(&with(json!({ "rule": { "pattern": "f($A)" } })), "rust", "bad_rule", "fix");
    refused(&with(json!({ "rule": { "pattern": "f($A)" }, "fix": "$B" })), "rust", "bad_rule", "B");
    refused(&with(json!({ "rule": { "pattern": "f($A)" }, "fix": "x", "shell": "rm" })), "rust", "bad_rule", "shell");
    refused(&with(json!({ "rule": { "pattern": "f($A)" }, "fix": "x", "files": ["*"] })), "rust", "bad_rule", "files");
    refused(&with(json!({ "rule": "text", "fix": "x" })), "rust", "bad_rule", "");
    refused(&json!(null), "rust", "wrong_language", "");
    refused(&json!([1, 2]), "rust", "wrong_language", "");
}
