//! One statement in the many ways in which it can be written.

use crate::dice::Dice;

/// How a literal is quoted.
#[derive(Clone, Copy, PartialEq)]
enum Quotes {
    Plain,
    Raw,
    Hashed,
}

/// A literal of a statement that needs its words only: other case, blanks, comments and quotation marks, the same meaning.
pub(crate) fn literal(statement: &str, dice: &mut Dice) -> String {
    let quotes = match dice.below(10) {
        0 | 1 => Quotes::Raw,
        2 | 3 => Quotes::Hashed,
        _ => Quotes::Plain,
    };
    let mut text = spaced(&cased(statement, dice), quotes, dice);
    if dice.percent(20) {
        text.push(';');
    }
    if dice.percent(10) {
        text = format!(" {text} ");
    }
    match quotes {
        Quotes::Plain => format!("\"{text}\""),
        Quotes::Raw => format!("r\"{text}\""),
        Quotes::Hashed => format!("r#\"{text}\"#"),
    }
}

/// Key words in another case; what is quoted and what is in braces stays.
fn cased(statement: &str, dice: &mut Dice) -> String {
    let way = dice.below(4);
    let mut quoted = false;
    let change = |(at, c): (usize, char)| {
        quoted ^= matches!(c, '\'' | '{' | '}');
        match way {
            _ if quoted => c,
            0 => c.to_ascii_lowercase(),
            1 if at % 2 == 0 => c.to_ascii_lowercase(),
            2 if at == 0 || !statement.chars().nth(at - 1).is_some_and(char::is_alphanumeric) => c.to_ascii_uppercase(),
            2 => c.to_ascii_lowercase(),
            _ => c,
        }
    };
    statement.chars().enumerate().map(change).collect()
}

fn spaced(statement: &str, quotes: Quotes, dice: &mut Dice) -> String {
    let mut quoted = false;
    let mut text = String::new();
    for c in statement.chars() {
        quoted ^= c == '\'';
        if c == ' ' && !quoted { text.push_str(blank(quotes, dice)) } else { text.push(c) }
    }
    text
}

fn blank(quotes: Quotes, dice: &mut Dice) -> &'static str {
    let often = dice.percent(60);
    match quotes {
        _ if often => " ",
        Quotes::Plain => dice.pick(&["  ", "\\n", "\\t", " \\\n        ", "\n", " /* as before */ "]),
        Quotes::Raw | Quotes::Hashed => {
            dice.pick(&["  ", "\n        ", "\t", " /* as before */ ", " -- as before\n    "])
        }
    }
}
