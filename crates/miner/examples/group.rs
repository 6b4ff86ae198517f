//! Groups the lines of a file and prints `{"groups": [one index a line], "templates": [one a group], "absorbed": n}`, as they are
//! after the last line. With `--rounds N`, groups the lines of all files N times, each file with a miner of its own, and
//! prints nothing: that is for whoever looks at the clock.

use miner::{GroupId, Limits, Miner};
use std::collections::HashMap;
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1).peekable();
    let timed = arguments.next_if(|argument| argument == "--rounds").is_some();
    let rounds: usize = if timed { arguments.next().ok_or("--rounds wants a number")?.parse()? } else { 1 };
    let texts: Vec<String> = arguments.map(std::fs::read_to_string).collect::<Result<_, _>>()?;
    if timed {
        for text in std::iter::repeat_n(&texts, rounds).flatten() {
            let mut miner = Miner::new(Limits::default());
            text.lines().filter_map(|line| miner.learn(line)).for_each(drop);
        }
        return Ok(());
    }
    let text = texts.first().ok_or("name a file")?;
    println!("{}", grouped(text));
    Ok(())
}

fn grouped(text: &str) -> serde_json::Value {
    let mut miner = Miner::new(Limits::default());
    let mut became: HashMap<GroupId, GroupId> = HashMap::new();
    let ids: Vec<Option<GroupId>> = text
        .lines()
        .map(|line| {
            let learned = miner.learn(line)?;
            became.extend(learned.absorbed.into_iter().map(|id| (id, learned.id)));
            Some(learned.id)
        })
        .collect();
    let mut indexes: HashMap<GroupId, usize> = HashMap::new();
    let mut templates: Vec<String> = Vec::new();
    let groups: Vec<Option<usize>> = ids
        .into_iter()
        .map(|id| {
            let mut id = id?;
            while let Some(next) = became.get(&id) {
                id = *next;
            }
            Some(*indexes.entry(id).or_insert_with(|| {
                templates.push(miner.template(id).unwrap_or_default());
                templates.len() - 1
            }))
        })
        .collect();
    serde_json::json!({ "groups": groups, "templates": templates, "absorbed": became.len() })
}
