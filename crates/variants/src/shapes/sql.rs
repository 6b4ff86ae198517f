//! Malformed statements.

use super::Shape;
use super::text::literal;
use crate::dice::Dice;

/// What is sent; cured, each answers one row with one `int4`.
const MALFORMED: &[&str] = &[
    "SELECT FROM",
    "SELECT FROM",
    "SELECT FROM",
    "SELECT FROM",
    "SELECT DISTINCT FROM",
    "SELECT * FROM",
    "SELECT FROM WHERE id = 1",
    "SELECT FROM ORDER BY 1",
    "SELECT FROM LIMIT 1",
    "SELECT 1 FROM",
    "SELECT 1 WHERE",
    "SELECT 1 ORDER BY",
    "SELECT 3 LIMIT",
    "SELECT 2 + 3 +",
    "SELECT 7 AS",
    "SELECT abs(-1) FROM",
    "SELEC 1",
    "SELCT 42",
    "SLECT 1",
    "SELETC 1",
    "SELECT 1 FORM pg_database LIMIT 1",
    "SELECT 1 FROM pg_database WEHRE true LIMIT 1",
    "SELECT 1,",
    "SELECT , 1",
    "SELECT 1, FROM pg_database LIMIT 1",
    "SELECT (1",
    "SELECT 1)",
    "SELECT abs(-1",
];

/// An expression for a statement, and what must stand before it.
struct Statement {
    before: String,
    /// Of the type `&str`.
    text: String,
}

pub(super) fn shape(given: &str, dice: &mut Dice) -> Shape {
    let Statement { before, text } = if dice.percent(20) { assembled(dice) } else { whole(dice) };
    let call = |method: &str| format!("{given}.{method}({text}, &[])");
    let rest = match dice.below(8) {
        0 => format!("    let row = {}.await?;\n    row.try_get(0)", call("query_one")),
        1 => format!("    {}.await?.try_get(0)", call("query_one")),
        2 => format!(
            "    let rows = {}.await?;\n    match rows.first() {{\n        Some(row) => row.try_get(0),\n        None => Ok(0),\n    }}",
            call("query")
        ),
        3 => format!(
            "    let prepared = {given}.prepare({text}).await?;\n    let row = {given}.query_one(&prepared, &[]).await?;\n    row.try_get::<usize, i32>(0)"
        ),
        4 => format!(
            "    match {}.await? {{\n        Some(row) => row.try_get(0),\n        None => Ok(-1),\n    }}",
            call("query_opt")
        ),
        5 => format!("    {given}.batch_execute({text}).await?;\n    Ok(1)"),
        6 => format!(
            "    match {}.await {{\n        Ok(row) => row.try_get(0),\n        Err(error) => Err(error),\n    }}",
            call("query_one")
        ),
        _ => format!("    let count = {}.await?;\n    Ok(i32::try_from(count).unwrap_or(i32::MAX))", call("execute")),
    };
    Shape::of(before + &rest)
}

fn whole(dice: &mut Dice) -> Statement {
    let statement = dice.pick(MALFORMED);
    let text = literal(statement, dice);
    match dice.below(6) {
        0 => Statement { before: format!("    let text = String::from({text});\n"), text: "text.as_str()".into() },
        1 => Statement { before: String::new(), text: format!("&format!({})", plain(statement)) }.borrowed(),
        2 => Statement { before: String::new(), text: format!("concat!({text})") },
        _ => Statement { before: String::new(), text },
    }
}

/// `SELECT` and `FROM` apart.
fn assembled(dice: &mut Dice) -> Statement {
    let (select, from) = if dice.percent(50) { ("SELECT", "FROM") } else { ("select", "from") };
    let inline = |text: String| Statement { before: String::new(), text };
    match dice.below(6) {
        0 => inline(format!("concat!(\"{select}\", \" \", \"{from}\")")),
        1 => inline(format!("concat!(\"{select} \", \"{from}\")")),
        2 => inline(format!("[\"{select}\", \"{from}\"].join(\" \").as_str()")),
        3 => inline(format!("format!(\"{{}} {{}}\", \"{select}\", \"{from}\").as_str()")),
        4 => inline(format!("(\"{select}\".to_owned() + \" {from}\").as_str()")),
        _ => Statement {
            before: format!("    let mut text = String::from(\"{select}\");\n    text.push_str(\" {from}\");\n"),
            text: "text.as_str()".into(),
        },
    }
}

fn plain(statement: &str) -> String {
    format!("\"{statement}\"")
}

impl Statement {
    /// A `String`'s text.
    fn borrowed(self) -> Self {
        Self { text: format!("{}.as_str()", self.text.trim_start_matches('&')), ..self }
    }
}
