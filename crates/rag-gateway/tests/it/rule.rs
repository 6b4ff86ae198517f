//! The committed rules against code, by the engine that `patcher` applies them with.

use ast_grep_config::{GlobalRules, RuleConfig, SerializableRuleConfig};
use ast_grep_language::{LanguageExt, SupportLang};
use camino::Utf8Path;
use wire::plan::Remedy;

/// The code after the rule of a committed document.
fn rewritten(id: &str, code: &str) -> String {
    let folder = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("knowledge");
    let documents = rag_gateway::knowledge::load(&folder).expect("the folder");
    let document = documents.into_iter().find(|document| document.id == id).expect("the document");
    let Some(Remedy::Codemod { rule, .. }) = document.remedy else { panic!("{id} has no rule") };
    let rule: SerializableRuleConfig<SupportLang> = serde_json::from_value(rule).expect("ast-grep's own schema");
    let rule = RuleConfig::try_from(rule, &GlobalRules::default()).expect("a rule that ast-grep takes");
    let fix = rule.get_fixer().expect("a fix").into_iter().next().expect("one fix");
    let tree = rule.language.ast_grep(code);
    let mut edits: Vec<_> =
        tree.root().find_all(&rule.matcher).map(|node| node.make_edit(&rule.matcher, &fix)).collect();
    edits.sort_by_key(|edit| std::cmp::Reverse(edit.position));
    let mut bytes = code.as_bytes().to_vec();
    for edit in edits {
        bytes.splice(edit.position..edit.position + edit.deleted_length, edit.inserted_text);
    }
    String::from_utf8(bytes).expect("text")
}

#[track_caller]
fn check(statement: &str, wanted: &str) {
    let code = |literal: &str| {
        format!("async fn run(t: &T) -> R {{ t.simple_query({literal}).await?; // SELECT FROM\n Ok(()) }}")
    };
    assert_eq!(rewritten("sql-select-without-list", &code(statement)), code(wanted), "the statement {statement}");
}

#[test]
fn a_select_without_list_and_table_is_replaced() {
    let malformed = [
        "\"SELECT FROM\"",
        "\"select  from\"",
        "\" Select From ; \"",
        "\"SELECT\\n FROM\\n\"",
        "r\"SELECT FROM\"",
        "r#\"SELECT FROM;\"#",
    ];
    for statement in malformed {
        check(statement, "\"SELECT 1\"");
    }
}

#[test]
fn healthy_statements_and_other_literals_stay() {
    let healthy = [
        "\"SELECT id FROM t\"",
        "\"SELECT FROM t\"",
        "\"SELECT * FROM t;\"",
        "\"SELECT 1\"",
        "\"selectfrom\"",
        "\"DELETE FROM\"",
        "\"SELECT FROM {t}\"",
        "\"cannot SELECT FROM\"",
        "r\"SELECT FROM t\"",
        "\"\"",
        "b\"SELECT FROM\"",
    ];
    for statement in healthy {
        check(statement, statement);
    }
}

#[test]
fn the_cured_code_is_not_changed_again() {
    let once = rewritten("sql-select-without-list", "fn f() { q(\"SELECT FROM\") }");
    assert_eq!(rewritten("sql-select-without-list", &once), once);
}
