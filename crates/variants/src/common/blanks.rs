//! Comments and blanks.

use crate::dice::Dice;
use crate::tree::{Edit, Node, edited, is_comment, parse};

/// Comments, some of which speak of the fault and of its cure.
const COMMENTS: &[&str] = &[
    "// As agreed with operations.",
    "// SELECT FROM was here before.",
    "/* see \"SELECT FROM\" and pg_sleep(10) in the handbook */",
    "// upstream.get(\"/data\") used to be called twice",
    "// SELECT pg_sleep(10)",
    "// Does not work with upstream.resilient() yet.",
    "// SET LOCAL statement_timeout='1ms'; LEAST(1, 2)",
    "/* one\n   two */",
];

/// Comments before statements and items.
pub(crate) fn comment(text: &str, dice: &mut Dice) -> Option<String> {
    let tree = parse(text)?;
    let is_place = |node: &Node| {
        node.is_named()
            && !is_comment(node)
            && node.parent().is_some_and(|up| matches!(up.kind().as_ref(), "block" | "source_file"))
            && node.prev().is_none_or(|before| !is_comment(&before))
    };
    let places: Vec<usize> = tree.root().dfs().filter(is_place).map(|node| node.range().start).collect();
    let mut edits = Vec::new();
    for at in places {
        if dice.percent(40) {
            edits.push(Edit(at..at, format!("{}\n    ", dice.pick(COMMENTS))));
        }
    }
    (!edits.is_empty()).then(|| edited(text, edits))
}

/// Other blanks between tokens.
pub(crate) fn respace(text: &str, dice: &mut Dice) -> Option<String> {
    let tree = parse(text)?;
    let mut tokens = Vec::new();
    collect(&tree.root(), &mut tokens);
    let dense = dice.percent(30);
    let mut edits = Vec::new();
    for pair in tokens.windows(2) {
        let [one, two] = pair else { continue };
        let gap = one.end..two.start;
        let old = text.get(gap.clone())?;
        let new = match () {
            // A line comment ends with its line.
            () if one.comment || two.comment => continue,
            () if !old.is_empty() && dense => " ",
            () if !old.is_empty() => dice.pick(&[" ", " ", "\n", "\n\t", "\n        ", "  "]),
            () if one.loose || two.loose => dice.pick(&["", "", "", "", " ", "\n    "]),
            () => continue,
        };
        edits.push(Edit(gap, new.to_owned()));
    }
    Some(edited(text, edits))
}

struct Token {
    start: usize,
    end: usize,
    comment: bool,
    /// Blanks may stand around it.
    loose: bool,
}

/// The tokens, where a literal, a comment or an attribute is one.
fn collect(node: &Node, into: &mut Vec<Token>) {
    let whole = matches!(
        node.kind().as_ref(),
        "string_literal"
            | "raw_string_literal"
            | "char_literal"
            | "lifetime"
            | "attribute_item"
            | "inner_attribute_item"
    );
    if whole || is_comment(node) || node.is_leaf() {
        let (range, text) = (node.range(), node.text());
        let loose = matches!(text.as_ref(), "(" | ")" | "{" | "}" | "," | ";");
        if !range.is_empty() {
            into.push(Token { start: range.start, end: range.end, comment: is_comment(node), loose });
        }
        return;
    }
    node.children().for_each(|child| collect(&child, into));
}
