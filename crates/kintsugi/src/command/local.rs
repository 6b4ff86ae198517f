//! `up` and `demo`: the commands that run a stack themselves.

use super::args::{Cli, DemoArgs};
use anyhow::Context;
use kintsugi::demo::{self, scene::Scene};
use kintsugi::exit::{Interrupted, WrongUse};
use kintsugi::output::{Answer, Format, complain, print};
use kintsugi::stack::{Options, Stack, about::About, begin::External, local, ports::Ports, targets};
use std::time::Duration;

/// How often the stack's own servers are looked at.
const LOOK: Duration = Duration::from_secs(1);

/// Tells progress: beside the answer, so that this can be JSON.
fn teller(format: Format) -> fn(String) {
    match format {
        Format::Text => |line| print(&line),
        Format::Json => |line| complain(&line),
    }
}

pub(super) async fn up(cli: &Cli) -> anyhow::Result<Answer> {
    let stop = chassis::Stop::on_signal()?;
    let say = teller(cli.output);
    let mut stack = start(cli, &stop).await?;
    let about = About::of(&stack);
    if cli.output == Format::Json {
        print(&serde_json::to_string_pretty(&about)?);
    }
    say(format!("\n{} answers; the dashboard is {}/developer/incidents", stack.front(), stack.front()));
    say(format!("the operator's token is in {}", stack.layout.secret("operator-token").display()));
    say("Ctrl-C ends everything".to_owned());
    for target in stack.catalogue.values() {
        say(format!("{}: building its first version (503 until it is live)", target.name));
        tokio::select! {
            live = demo::until_live(&stack, target, demo::FIRST_BUILD) => match live {
                Ok(live) => say(format!("{}: live at {}", target.name, live.commit)),
                Err(error) => say(format!("{}: {error:#}", target.name)),
            },
            () = stop.requested() => break,
        }
    }
    tend(&mut stack, &stop, &say).await;
    say("ending everything".to_owned());
    stack.end();
    Answer::new("everything has ended", &about)
        .map(|answer| Answer { json: serde_json::json!({ "ended": true }), ..answer })
}

/// Keeps the stack's own servers running until the word to stop; the supervisor does so for the services.
async fn tend(stack: &mut Stack, stop: &chassis::Stop, say: &dyn Fn(String)) {
    let mut told = Vec::new();
    loop {
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = stop.requested() => return,
        }
        match tokio::task::block_in_place(|| stack.revive_servers()) {
            Ok(revived) => revived.into_iter().for_each(|name| say(format!("{name} had ended; it runs again"))),
            Err(error) => {
                say(format!("a server that had ended does not come up yet: {:#}", anyhow::Error::from(error)))
            }
        }
        let troubled = stack.supervisor.troubled();
        for (part, log) in troubled.iter().filter(|one| !told.contains(*one)) {
            say(format!("{part} keeps ending; it is started again each time, and its log is {}", log.display()));
        }
        told = troubled;
    }
}

pub(super) async fn demo(cli: &Cli, args: &DemoArgs) -> anyhow::Result<Answer> {
    let scene = Scene::load(&args.scene)?.only(&args.faults)?;
    let stop = chassis::Stop::on_signal()?;
    let mut say = teller(cli.output);
    let stack = start(cli, &stop).await?;
    let path = stack.layout.at("demo/report.json");
    let _stale = std::fs::remove_file(&path);
    let spent = demo::Spent { cpu_s: args.spent_cpu_s, wall_s: args.spent_wall_s };
    let report = tokio::select! {
        report = demo::run(&stack, &scene, args.cycles, spent, &mut say) => report,
        () = stop.requested() => Err(Interrupted.into()),
    };
    say("ending everything".to_owned());
    stack.end();
    let report = report?;
    std::fs::write(&path, serde_json::to_vec_pretty(&report)?)
        .with_context(|| format!("cannot write {}", path.display()))?;
    let text = format!("{}the same as JSON: {}", demo::table::of(&report), path.display());
    Ok(Answer::new(text, &report)?.done_if(report.healed))
}

async fn start(cli: &Cli, stop: &chassis::Stop) -> anyhow::Result<Stack> {
    let mut say = teller(cli.output);
    let options = options(cli)?;
    tokio::select! {
        stack = Stack::start_with(options, External::of_environment()?, &mut say) => stack,
        () = stop.requested() => Err(Interrupted.into()),
    }
}

fn options(cli: &Cli) -> anyhow::Result<Options> {
    let programs = std::env::current_exe().context("cannot find this program")?;
    let programs = programs.parent().context("this program stands in no folder")?.to_owned();
    let root = std::env::current_dir().context("cannot find the current folder")?;
    if !root.join(local::FILE).exists() {
        return Err(WrongUse(format!("{} is not here: run this in a checkout of Kintsugi", local::FILE)).into());
    }
    Ok(Options {
        home: cli.home.clone(),
        programs,
        settings: root.join("deploy"),
        knowledge: root.join("crates/rag-gateway/knowledge"),
        targets: targets::Source::Checkout(root),
        ports: Ports::documented()?,
        overrides: Default::default(),
        durable: true,
    })
}
