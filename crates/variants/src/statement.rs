//! What is wrong with a statement, told from its words: a reader of SQL that is no regular expression.

/// Words after which something must follow.
const OPEN: [&str; 17] = [
    "SELECT", "DISTINCT", "ALL", "FROM", "WHERE", "AND", "OR", "NOT", "BY", "HAVING", "LIMIT", "OFFSET", "ON", "JOIN",
    "AS", "LIKE", "IN",
];
/// Words that begin a clause, so that what stands before them must be whole.
const CLAUSES: [&str; 8] = ["FROM", "WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "FETCH"];
/// Words that begin a statement.
const VERBS: [&str; 14] = [
    "SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "VALUES", "SET", "BEGIN", "COMMIT", "ROLLBACK", "CREATE", "ALTER",
    "EXPLAIN", "SHOW",
];

/// Whether PostgreSQL's parser would refuse a statement for one of the reasons that the variants have.
pub(crate) fn is_malformed(statement: &str) -> bool {
    let words = words(statement);
    let Some(first) = words.first() else { return true };
    if !VERBS.contains(&first.as_str()) {
        return true;
    }
    let lasting = words.last().is_some_and(|last| OPEN.contains(&last.as_str()) || is_operator(last) || last == ",");
    lasting || !is_balanced(&words) || words.windows(2).any(is_broken_pair)
}

/// Two neighbours that cannot be neighbours.
fn is_broken_pair(pair: &[String]) -> bool {
    let [one, two] = pair else { return false };
    let clause = CLAUSES.contains(&two.as_str());
    match one.as_str() {
        "," => clause || two == ")",
        // `SELECT FROM t` is one, but not without a table; and a second word after a whole expression needs an `AS` or a comma.
        "FROM" | "WHERE" => clause,
        "SELECT" => two == ",",
        _ => {
            !is_operator(one)
                && matches!(two.as_str(), "FORM" | "FRMO" | "FORMM" | "FRO" | "WEHRE" | "WHRE" | "WHER" | "WHEER")
        }
    }
}

fn is_balanced(words: &[String]) -> bool {
    let mut open = 0_i64;
    for word in words {
        open += i64::from(word == "(") - i64::from(word == ")");
        if open < 0 {
            return false;
        }
    }
    open == 0
}

/// A `*` may stand alone.
fn is_operator(word: &str) -> bool {
    matches!(word, "+" | "-" | "/" | "%" | "<" | ">" | "=" | "||" | "|")
}

/// Whether a wait in one of the statements is longer than the time-out that they set, and nothing bounds it. Figures that
/// are not known while compiling count as too long.
pub(crate) fn unbounded_wait(statements: &[String]) -> bool {
    let parts = || statements.iter().flat_map(|statement| statement.split(';')).map(words);
    let limit = parts().filter(|part| part.iter().any(|word| word == "STATEMENT_TIMEOUT") && is_set(part));
    let Some(limit) = limit.filter_map(|part| figure_ms(part.get(2..)?)).reduce(f64::min) else { return false };
    parts().any(|part| {
        let waits = part.iter().any(|word| word.starts_with("PG_SLEEP"));
        waits && !part.iter().any(|word| word == "LEAST") && wait_ms(&part).is_none_or(|wait| wait > limit)
    })
}

fn is_set(words: &[String]) -> bool {
    words.first().is_some_and(|word| word == "SET")
}

/// How long a statement waits; `None` when it cannot be told.
fn wait_ms(words: &[String]) -> Option<f64> {
    let waits = words.iter().filter(|word| word.starts_with("PG_SLEEP")).count();
    let at = words.iter().position(|word| word.starts_with("PG_SLEEP"))?;
    let plain = waits == 1 && !words.iter().any(|word| word == "FROM");
    match (words.get(at)?.as_str(), words.get(at + 2..at + 4)?) {
        ("PG_SLEEP", [figure, end]) if plain && end == ")" => {
            figure.parse::<f64>().ok().map(|seconds| seconds * 1000.0)
        }
        _ => None,
    }
}

/// The first figure with its unit, milliseconds being PostgreSQL's own.
fn figure_ms(words: &[String]) -> Option<f64> {
    let text: String = words.join("").chars().filter(|c| *c != '\'').collect();
    let text = text.trim_start_matches(|c: char| !c.is_ascii_digit()).to_owned();
    let digits: String = text.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
    let unit = text.get(digits.len()..)?.trim().to_ascii_uppercase();
    let factor = match unit.as_str() {
        "S" => 1_000.0,
        "MIN" => 60_000.0,
        _ => 1.0,
    };
    digits.parse::<f64>().ok().map(|figure| figure * factor)
}

/// The words of a statement, upper case, without blanks, comments and a closing semicolon.
fn words(statement: &str) -> Vec<String> {
    let (mut words, mut chars) = (Vec::new(), statement.chars().peekable());
    while let Some(c) = chars.next() {
        match c {
            '-' if chars.peek() == Some(&'-') => while chars.next().is_some_and(|c| c != '\n') {},
            '/' if chars.peek() == Some(&'*') => {
                let mut last = ' ';
                while let Some(c) = chars.next().filter(|c| !(last == '*' && *c == '/')) {
                    last = c;
                }
            }
            '\'' | '"' => {
                let mut text = String::from(c);
                text.extend(std::iter::from_fn(|| chars.next_if(|other| *other != c)));
                chars.next();
                text.push(c);
                words.push(text);
            }
            c if c.is_whitespace() => {}
            c if is_of_word(c) => {
                let mut word = String::from(c);
                word.extend(std::iter::from_fn(|| chars.next_if(|c| is_of_word(*c))));
                words.push(word.to_ascii_uppercase());
            }
            c => words.push(c.to_string()),
        }
    }
    while words.last().is_some_and(|word| word == ";") {
        words.pop();
    }
    words
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.' | '$' | '{' | '}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn malformed_statements_are_told_from_whole_ones() {
        for statement in [
            "SELECT FROM",
            "select\n from ;",
            "SELECT /* all */ FROM -- t",
            "SELECT * FROM",
            "SELECT FROM WHERE id = 1",
            "SELECT 1 FROM",
            "SELECT 1 WHERE",
            "SELECT 2 +",
            "SELEC 1",
            "SELECT 1,",
            "SELECT 1, FROM t",
            "SELECT , 1",
            "SELECT (1",
            "SELECT 1)",
            "SELECT 1 FORM t",
            "SELECT",
            "",
        ] {
            assert!(is_malformed(statement), "{statement}");
        }
        for statement in [
            "SELECT 1",
            "SELECT id FROM t",
            "SELECT FROM t",
            "SELECT *  FROM t WHERE a = 'x,' AND b IN (1, 2)",
            "SELECT count(*) FROM t LIMIT 1;",
            "SET LOCAL statement_timeout = 5",
            "SELECT form FROM t",
        ] {
            assert!(!is_malformed(statement), "{statement}");
        }
    }

    #[test]
    fn a_wait_is_compared_with_the_time_out() {
        let check = |limit: &str, wait: &str, wanted: bool| {
            let statements = [format!("SET LOCAL statement_timeout{limit}"), format!("SELECT {wait}")];
            assert_eq!(unbounded_wait(&statements), wanted, "{limit} {wait}");
        };
        check("='5500ms'", "pg_sleep(10)", true);
        check(" TO 5500", "pg_sleep(10)", true);
        check(" = '2s'", "pg_sleep( 2.5 )", true);
        check(" = '2 s'", "pg_sleep(1)", false);
        check("='5500ms'", "pg_sleep(LEAST(10, 4.4))", false);
        check("='5500ms'", "pg_sleep(2) FROM generate_series(1, 5)", true);
        check("='5500ms'", "pg_sleep($1)", true);
        check("='5500ms'", "pg_sleep_for('10 seconds')", true);
        check("='5500ms'", "1", false);
        assert!(!unbounded_wait(&["SELECT pg_sleep(10)".to_owned()]));
    }
}
