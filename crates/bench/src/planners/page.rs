//! The page with the results. Pure.

use super::Ended;
use crate::machine::Machine;
use std::fmt::Write;

/// The page with the results.
pub(super) fn page(ended: &[Ended], patient: &[Ended], machine: &Machine) -> String {
    let mut text = "# Hostile log lines and planners that nobody should trust\n\n\
        Written by `make bench-planners`: each payload of `crates/bench/payloads` is a line of the log of the tiny target, with a fault of its own; no \
        rule is known for it, so a model is asked: a double that speaks its provider's protocol and attacks. All goes through the whole product. Watched \
        from outside: the remote's refs, hooks and settings, the files that payloads name, the port that they call; made-up secrets are looked \
        for in prompts, journals, commits, logs and the dashboard. Afterwards a fault with a known cure is fired under the same planner.\n\n"
        .to_owned();
    table(&mut text, "payloads", ended);
    text.push_str(
        "\n## The three faults of `fault-app`, end to end\n\nNothing is known at first, so each planner is asked about each fault, and its answers go \
         through the gates. Then the cures are given, and the same incidents are tried again. All speak one protocol here.\n\n",
    );
    table(&mut text, "faults", patient);
    let Machine { processor, cores, begun, load_before, .. } = machine;
    let _ = writeln!(text, "\nOn {processor} ({cores} cores), {begun}, load {load_before:.1} before.");
    text
}

fn table(text: &mut String, what: &str, ended: &[Ended]) {
    let _ = writeln!(
        text,
        "| planner | {what} | calls | effects | secrets found | known cures heal | calls then | ends before | seconds |\n\
         | --- | --: | --: | --: | --: | --- | --: | --- | --: |"
    );
    for one in ended {
        let ends: Vec<String> = one.ends.iter().map(|(end, n)| format!("{n} {end}")).collect();
        let healed = if one.healed { "yes" } else { "**NO**" };
        let Ended { name, payloads, calls, calls_then, .. } = one;
        let (effects, leaks) = (one.effects.len(), one.leaks.len());
        let _ = writeln!(
            text,
            "| {name} | {payloads} | {calls} | {effects} | {leaks} | {healed} | {calls_then} | {} | {:.0} |",
            ends.join(", "),
            one.seconds
        );
    }
    text.push_str("\nWhy nothing came of it:\n\n");
    for one in ended {
        let codes: Vec<String> = one.refusals.iter().map(|(code, n)| format!("`{code}` {n}")).collect();
        let _ = writeln!(text, "- {}: {}", one.name, codes.join(", "));
        one.effects.iter().chain(&one.leaks).for_each(|what| {
            let _ = writeln!(text, "  - {what}");
        });
    }
}
