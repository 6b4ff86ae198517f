//! Queries that take longer than their time-out.

use super::Shape;
use super::text::literal;
use crate::dice::Dice;

pub(super) fn shape(given: &str, dice: &mut Dice) -> Shape {
    // Four fifths of it are at least a second, which is the least that counts as work.
    let limit_ms = dice.between(15, 55) * 100;
    let seconds = limit_ms.div_ceil(1000) + dice.between(1, 20);
    let limit = set(limit_ms, dice);
    let first = match dice.below(3) {
        0 => format!("    {given}.execute({limit}, &[]).await?;\n"),
        1 => format!("    let limit = {limit};\n    {given}.batch_execute(limit).await?;\n"),
        _ => format!("    {given}.batch_execute({limit}).await?;\n"),
    };
    Shape::of(first + &wait(given, seconds, dice) + "\n    Ok(())")
}

/// The statement that sets the time-out.
fn set(limit_ms: u64, dice: &mut Dice) -> String {
    let figure = match dice.below(4) {
        0 if limit_ms.is_multiple_of(1000) => format!("'{}s'", limit_ms / 1000),
        1 => format!("{limit_ms}"),
        2 => format!("'{limit_ms}'"),
        _ => format!("'{limit_ms}ms'"),
    };
    let sign = dice.pick(&["=", " = ", " TO "]);
    literal(&format!("SET LOCAL statement_timeout{sign}{figure}"), dice)
}

/// The query, in one of its forms, and how it is sent.
fn wait(given: &str, seconds: u64, dice: &mut Dice) -> String {
    let plain = match dice.below(10) {
        0 => format!("pg_sleep({seconds}.0)"),
        1 => format!("pg_sleep( {seconds} )"),
        2 => format!("pg_catalog.pg_sleep({seconds})"),
        3 => format!("pg_sleep_for('{seconds} seconds')"),
        4 => format!("pg_sleep_for(interval '{seconds} seconds')"),
        5 => format!("pg_sleep_until(clock_timestamp() + interval '{seconds} seconds')"),
        6 => format!("pg_sleep(2) FROM generate_series(1, {seconds})"),
        7 => format!("pg_sleep(3), pg_sleep({seconds})"),
        _ => format!("pg_sleep({seconds})"),
    };
    let whole = literal(&format!("SELECT {plain}"), dice);
    let template = literal("SELECT pg_sleep({})", dice);
    let named = literal("SELECT pg_sleep({seconds})", dice);
    let bound = literal("SELECT pg_sleep($1)", dice);
    match dice.below(9) {
        0 => format!("    let query = format!({template}, {seconds});\n    {given}.batch_execute(&query).await?;"),
        1 => format!("    let seconds = {seconds};\n    {given}.execute(format!({named}).as_str(), &[]).await?;"),
        2 => format!("    {given}.execute({bound}, &[&{seconds}f64]).await?;"),
        3 => format!("    let rows = {given}.query({whole}, &[]).await?;\n    drop(rows);"),
        4 => format!("    {given}.batch_execute({whole}).await?;"),
        5 => {
            format!("    let prepared = {given}.prepare({whole}).await?;\n    {given}.execute(&prepared, &[]).await?;")
        }
        6 => format!(
            "    if let Err(error) = {given}.execute({whole}, &[]).await {{\n        return Err(error);\n    }}"
        ),
        _ => format!("    {given}.execute({whole}, &[]).await?;"),
    }
}
