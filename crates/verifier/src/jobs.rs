//! The jobs of a target, from its file. Pure.

use crate::sandbox::{ARTEFACT, Access, Job, OUT, Place, SOURCE};
use crate::workshop::Workshop;
use std::path::Path;
use wire::target::Target;

/// The layer over the source folder.
pub(crate) const SOURCE_LAYER: &str = "source";

/// Whether a build may change the warm folders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Warm {
    /// It works on a throw-away layer: a candidate.
    Above,
    /// It writes them: only a commit of the branch.
    Write,
}

/// Builds, and collects the outputs into a folder.
pub fn build(workshop: &Workshop, scratch: &Path, out: &Path, warm: Warm) -> Job {
    let mut job = on_source(workshop, scratch, warm, "build", workshop.target.build.command.clone());
    job.places.push(Place { from: out.to_owned(), to: OUT.into(), access: Access::Writable });
    job.collect = workshop.target.build.outputs.clone();
    job
}

/// Tests what was built in the same scratch folder.
pub fn test(workshop: &Workshop, scratch: &Path, warm: Warm) -> Job {
    on_source(workshop, scratch, warm, "test", workshop.target.test.command.clone())
}

fn on_source(workshop: &Workshop, scratch: &Path, warm: Warm, name: &str, command: Vec<String>) -> Job {
    let target = &workshop.target;
    let source = Access::ThrowAway(SOURCE_LAYER.into());
    let mut places = vec![Place { from: workshop.source(), to: SOURCE.into(), access: source }];
    for (at, folder) in target.build.warm.iter().enumerate() {
        let access = match warm {
            Warm::Above => Access::ThrowAway(format!("warm-{at}")),
            Warm::Write => Access::Writable,
        };
        places.push(Place { from: workshop.warm(folder), to: format!("{SOURCE}/{folder}"), access });
    }
    places.extend(declared(target));
    Job {
        name: name.into(),
        command,
        env: target.sandbox.env.clone(),
        folder: SOURCE.into(),
        places,
        forwards: forwards(target),
        doubles: Vec::new(),
        serve: None,
        collect: Vec::new(),
        limits: target.sandbox.limits.clone(),
        scratch: scratch.to_owned(),
    }
}

/// Runs an artefact as a candidate, beside doubles on some ports: nothing of a deployed instance's environment is there.
pub fn candidate(target: &Target, doubles: Vec<u16>, artefact: &Path, scratch: &Path) -> Job {
    let mut places = vec![Place { from: artefact.to_owned(), to: ARTEFACT.into(), access: Access::ReadOnly }];
    places.extend(declared(target));
    Job {
        name: "candidate".into(),
        command: target.run.command.iter().map(|word| word.replace("{artefact}", ARTEFACT)).collect(),
        env: target.run.scratch_env.clone(),
        folder: ARTEFACT.into(),
        places,
        forwards: forwards(target),
        doubles,
        serve: Some(target.run.port_env.clone()),
        collect: Vec::new(),
        limits: target.sandbox.limits.clone(),
        scratch: scratch.to_owned(),
    }
}

fn declared(target: &Target) -> Vec<Place> {
    let place = |from: &str, to: &str, access| Place { from: from.into(), to: to.into(), access };
    let sandbox = &target.sandbox;
    let read_only = sandbox.read_only.iter().map(|mount| place(&mount.from, &mount.to, Access::ReadOnly));
    let overlays = sandbox
        .overlays
        .iter()
        .enumerate()
        .map(|(at, mount)| place(&mount.from, &mount.to, Access::ThrowAway(format!("overlay-{at}"))));
    // A socket can be used on a read-only mount, but not replaced.
    let services = sandbox.services.iter().map(|service| place(&service.folder, &service.to, Access::ReadOnly));
    read_only.chain(overlays).chain(services).collect()
}

fn forwards(target: &Target) -> Vec<(u16, String)> {
    let forward = |service: &wire::target::SandboxService| {
        let forward = service.forward.as_ref()?;
        Some((forward.port, format!("{}/{}", service.to, forward.socket)))
    };
    target.sandbox.services.iter().filter_map(forward).collect()
}
