//! Bare calls to the upstream.

use super::Shape;
use crate::dice::Dice;

pub(super) fn shape(given: &str, dice: &mut Dice) -> Shape {
    let (limit, path) = (
        limit(dice),
        dice.pick(&["\"/data\"", "r\"/data\"", "concat!(\"/\", \"data\")", "&format!(\"/{}\", \"data\")"]),
    );
    let call = |on: &str| format!("{on}.get({path}){limit}.send()");
    match dice.below(13) {
        0 => Shape::of(format!("    {}.await?.answer()", call(given))),
        1 => Shape::of(format!(
            "    let request = {given}.get({path}){limit};\n    let response = request.send().await?;\n    response.answer()"
        )),
        2 => Shape::of(format!(
            "    match {}.await {{\n        Ok(response) => response.answer(),\n        Err(failure) => Err(failure),\n    }}",
            call(given)
        )),
        3 => Shape::of(format!(
            "    let remote = {given};\n    let response = {}.await?;\n    response.answer()",
            call("remote")
        )),
        4 => Shape::of(format!("    let remote = {given}.clone();\n    {}.await?.answer()", call("remote"))),
        5 => Shape::of(format!(
            "    let request = Upstream::get({given}, {path}){limit};\n    request.send().await?.answer()"
        )),
        6 => Shape::of(format!("    let ask = || {};\n    ask().await?.answer()", call(given))),
        7 => Shape::of(format!("    {}.await.and_then(|response| response.answer())", call(given))),
        8 => Shape::of(format!("    let response = async {{ {}.await }}.await?;\n    response.answer()", call(given))),
        9 => helper(given, &format!("{}.await?.answer()", call("from"))),
        10 => held(given, &call("self.upstream")),
        11 => generic(given, path, &limit),
        _ => Shape::of(format!(
            "    let Ok(response) = {}.await else {{\n        return {}.await?.answer();\n    }};\n    response.answer()",
            call(given),
            call(given)
        )),
    }
}

/// The time-out, in other figures and units, or none.
fn limit(dice: &mut Dice) -> String {
    let figure = match dice.below(4) {
        0 => return String::new(),
        1 => format!("from_millis({})", dice.between(15, 60) * 100),
        2 => format!("from_secs_f64({}.5)", dice.between(1, 5)),
        _ => format!("from_secs({})", dice.between(2, 9)),
    };
    format!(".timeout(Duration::{figure})")
}

fn helper(given: &str, body: &str) -> Shape {
    Shape {
        body: format!("    fetch({given}).await"),
        items: format!(
            "\n/// Makes the call.\nasync fn fetch(from: &Upstream) -> Result<Answer, Failure> {{\n    {body}\n}}\n"
        ),
    }
}

fn held(given: &str, call: &str) -> Shape {
    Shape {
        body: format!("    Fetch {{ upstream: {given} }}.run().await"),
        items: format!(
            "\n/// A call to be made.\nstruct Fetch<'a> {{\n    upstream: &'a Upstream,\n}}\n\nimpl Fetch<'_> {{\n    async fn run(&self) -> Result<Answer, Failure> {{\n        {call}.await?.answer()\n    }}\n}}\n"
        ),
    }
}

fn generic(given: &str, path: &str, limit: &str) -> Shape {
    Shape {
        body: format!("    fetch({given}, {path}).await"),
        items: format!(
            "\n/// Makes a call.\nasync fn fetch(remote: &Upstream, path: &str) -> Result<Answer, Failure> {{\n    let response = remote.get(path){limit}.send().await?;\n    response.answer()\n}}\n"
        ),
    }
}
