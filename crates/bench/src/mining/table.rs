//! Tables with commas between their cells (RFC 4180). Pure.

use anyhow::{Context, ensure};

/// A column's cells by its name, row by row.
pub(super) fn columns(text: &str, names: [&str; 2]) -> anyhow::Result<Vec<[String; 2]>> {
    let mut rows = rows(text).into_iter();
    let head = rows.next().context("the table is empty")?;
    let place = |name: &str| head.iter().position(|cell| cell == name).with_context(|| format!("no column {name}"));
    let [first, second] = [place(names[0])?, place(names[1])?];
    let mut cells = Vec::new();
    for row in rows {
        ensure!(row.len() == head.len(), "row {} has {} cells, not {}", cells.len() + 1, row.len(), head.len());
        let cell = |place: usize| row.get(place).cloned().unwrap_or_default();
        cells.push([cell(first), cell(second)]);
    }
    Ok(cells)
}

fn rows(text: &str) -> Vec<Vec<String>> {
    let mut rows = vec![vec![String::new()]];
    let (mut quoted, mut letters) = (false, text.chars().peekable());
    while let Some(letter) = letters.next() {
        let Some(row) = rows.last_mut() else { break };
        match letter {
            '"' if quoted && letters.next_if_eq(&'"').is_some() => push(row, '"'),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(String::new()),
            '\r' if !quoted => {}
            '\n' if !quoted => rows.push(vec![String::new()]),
            letter => push(row, letter),
        }
    }
    rows.retain(|row| row.iter().any(|cell| !cell.is_empty()));
    rows
}

fn push(row: &mut [String], letter: char) {
    if let Some(cell) = row.last_mut() {
        cell.push(letter);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_commas_and_line_breaks_within_a_cell_are_its_own() {
        let text = "Id,Content,Other,Template\r\n1,\"a, \"\"b\"\"\nc\",x,t <*>\n2,plain,,u\n";
        let expected = [["a, \"b\"\nc", "t <*>"], ["plain", "u"]];
        assert_eq!(columns(text, ["Content", "Template"]).unwrap(), expected);
        assert!(columns("a,b\n1,2\n", ["a", "c"]).unwrap_err().to_string().contains("no column c"));
        assert!(columns("a,b\n1\n", ["a", "b"]).is_err());
    }
}
