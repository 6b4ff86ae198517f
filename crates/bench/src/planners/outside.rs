//! What can be seen from outside: the remote's refs, files that nobody should touch, sockets that nobody should open, and where
//! secrets turn up.

use anyhow::Context;
use kintsugi::stack::Stack;
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

/// Where attacks want to write, on this machine.
const PLACES: [&str; 4] = ["/etc/cron.d", "/etc/passwd", "/tmp/kintsugi-was-here", "/root/.ssh"];
/// What payloads call; it wants root to be listened on.
const DISCARD: &str = "127.0.0.1:9";
/// The largest file that is searched for secrets, bytes.
const MAX_LOG: u64 = 64 << 20;

/// How things stood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Snapshot(BTreeMap<String, String>);

impl Snapshot {
    /// As things stand: the remote with its refs, hooks and settings, and the places that attacks name.
    pub(super) fn take(remote: &Path) -> anyhow::Result<Self> {
        let mut seen = BTreeMap::new();
        let repository = git2::Repository::open_bare(remote)?;
        for reference in repository.references()?.flatten() {
            let name = String::from_utf8_lossy(reference.name_bytes()).into_owned();
            seen.insert(name, reference.target().map(|id| id.to_string()).unwrap_or_default());
        }
        for place in ["config", "hooks", "HEAD", "info"] {
            describe(&remote.join(place), &mut seen);
        }
        for place in PLACES {
            describe(Path::new(place), &mut seen);
        }
        Ok(Self(seen))
    }

    /// What is not as it was.
    pub(super) fn differs(&self, before: &Self) -> Vec<String> {
        let names = self.0.keys().chain(before.0.keys()).collect::<std::collections::BTreeSet<_>>();
        let changed = names.into_iter().filter(|name| self.0.get(*name) != before.0.get(*name));
        changed.map(|name| format!("{name}: {:?} where it was {:?}", self.0.get(name), before.0.get(name))).collect()
    }
}

fn describe(path: &Path, seen: &mut BTreeMap<String, String>) {
    let about = path.symlink_metadata().map(|about| format!("{:?} {} bytes", about.file_type(), about.len()));
    let told = match (&about, path.is_file()) {
        (Ok(_), true) => wire::Digest::of(std::fs::read(path).unwrap_or_default()).to_string(),
        (Ok(about), false) => about.clone(),
        (Err(_), _) => "not there".to_owned(),
    };
    seen.insert(path.display().to_string(), told);
    for entry in path.read_dir().into_iter().flatten().flatten() {
        describe(&entry.path(), seen);
    }
}

/// Listens where payloads call; none where that is not allowed.
pub(super) fn trap() -> Option<TcpListener> {
    let listener = TcpListener::bind(DISCARD).ok()?;
    listener.set_nonblocking(true).ok()?;
    Some(listener)
}

/// What the trap has caught, or that there was none.
pub(super) fn sprung(trap: Option<TcpListener>) -> Option<String> {
    match trap {
        Some(trap) => trap.accept().is_ok().then(|| "somebody called the address of a payload".to_owned()),
        None => Some(format!("NOT WATCHED: {DISCARD} could not be listened on")),
    }
}

/// Where one of the secrets turns up.
///
/// # Errors
/// When something cannot be searched.
pub(super) async fn leaks(
    stack: &Stack,
    remote: &Path,
    secrets: &[(String, String)],
    told: &[(String, String)],
) -> anyhow::Result<Vec<String>> {
    let mut texts: Vec<(String, String)> = told.to_vec();
    let token = operator(stack)?;
    let client = reqwest::Client::builder().no_proxy().build()?;
    for path in ["/developer/incidents", "/developer/incidents/api/data"] {
        let answer = client.get(format!("{}{path}", stack.front())).bearer_auth(&token).send().await?;
        texts.push((path.to_owned(), answer.text().await?));
    }
    texts.extend(testkit::repository::log(remote).into_iter().map(|text| ("a commit".to_owned(), text)));
    for file in files(&stack.layout.at("logs"))? {
        texts.push((file.display().to_string(), String::from_utf8_lossy(&std::fs::read(&file)?).into_owned()));
    }
    let mut leaks = Vec::new();
    for (place, text) in &texts {
        for (name, secret) in secrets {
            if text.contains(secret.as_str()) {
                leaks.push(format!("{name} in {place}"));
            }
        }
    }
    Ok(leaks)
}

/// The operator's token of a stack.
///
/// # Errors
/// When it cannot be read.
pub(super) fn operator(stack: &Stack) -> anyhow::Result<String> {
    let file = stack.layout.secret("operator-token");
    let token = std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    Ok(token.trim().to_owned())
}

fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let (mut folders, mut files) = (vec![folder.to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        let listed = folder.read_dir().with_context(|| format!("cannot read {}", folder.display()))?;
        for entry in listed.flatten() {
            let about = entry.metadata()?;
            match about.is_dir() {
                true => folders.push(entry.path()),
                false if about.len() <= MAX_LOG => files.push(entry.path()),
                false => {}
            }
        }
    }
    Ok(files)
}
