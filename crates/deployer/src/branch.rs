//! Reading a target's branch over git, into a bare repository of our own. Never writes to the remote.

use git2::{Direction, FetchOptions, Oid, RemoteRedirect, Repository};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use wire::paths::trailer;
use wire::target::Repository as Source;
use wire::{CommitId, Epoch, TreeId};

/// How long the remote may take to connect, and between two answers, milliseconds.
const NETWORK_MS: i32 = 10_000;
/// The bound of a whole look, for remotes whose transport has no limit of its own.
const LOOK: Duration = Duration::from_secs(30);
/// How many commits back a reset's trailer is looked for.
const HISTORY: usize = 500;

/// Why the head is not known.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BranchError {
    #[error("cannot {what} {url}")]
    Git {
        what: &'static str,
        url: String,
        #[source]
        source: git2::Error,
    },
    #[error("{url} has no branch {branch}")]
    NoBranch { url: String, branch: String },
    #[error("{url} did not answer within {LOOK:?}")]
    TooLong { url: String },
}

/// The branch's newest commit.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    pub(crate) commit: CommitId,
    pub(crate) tree: TreeId,
    pub(crate) trailers: Vec<(String, String)>,
    /// The highest epoch that a reset in recent history began.
    pub(crate) epoch: Epoch,
}

/// A branch of a remote. Cheap to clone; one look at a time.
#[derive(Debug, Clone)]
pub(crate) struct Branch {
    source: Source,
    folder: PathBuf,
    last: Arc<Mutex<Option<Head>>>,
}

impl Branch {
    /// The branch of a target; its objects are kept in `folder`.
    pub(crate) fn new(source: Source, folder: PathBuf) -> Self {
        Self { source, folder, last: Arc::default() }
    }

    /// The head as the remote tells it now.
    pub(crate) async fn head(&self) -> Result<Head, BranchError> {
        let branch = self.clone();
        let look = tokio::task::spawn_blocking(move || branch.look());
        match tokio::time::timeout(LOOK, look).await {
            Ok(Ok(head)) => head,
            Ok(Err(_)) | Err(_) => Err(BranchError::TooLong { url: self.source.url.clone() }),
        }
    }

    fn look(&self) -> Result<Head, BranchError> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let repository = open(&self.folder).map_err(|source| self.failed("keep a copy of", source))?;
        let tip = self.tip(&repository)?;
        if let Some(head) = last.as_ref().filter(|head| head.commit.as_str() == tip.to_string()) {
            return Ok(head.clone());
        }
        let head = self.read(&repository, tip).map_err(|source| self.failed("read", source))?;
        let head = Head { epoch: head.epoch.max(last.as_ref().map_or(Epoch(0), |last| last.epoch)), ..head };
        *last = Some(head.clone());
        Ok(head)
    }

    /// Asks the remote for the branch's tip, and fetches it when it is new.
    fn tip(&self, repository: &Repository) -> Result<Oid, BranchError> {
        let name = format!("refs/heads/{}", self.source.branch);
        let git = |what| move |source| self.failed(what, source);
        let mut remote = repository.remote_anonymous(&self.source.url).map_err(git("name"))?;
        remote.connect(Direction::Fetch).map_err(git("connect to"))?;
        let heads = remote.list().map_err(git("list"))?;
        let tip = heads.iter().find(|head| head.name() == name).map(git2::RemoteHead::oid);
        let tip = tip.ok_or_else(|| BranchError::NoBranch {
            url: self.source.url.clone(),
            branch: self.source.branch.clone(),
        })?;
        if repository.find_commit(tip).is_err() {
            let mut options = FetchOptions::new();
            options.follow_redirects(RemoteRedirect::None).download_tags(git2::AutotagOption::None);
            remote.fetch(&[format!("+{name}:{name}")], Some(&mut options), None).map_err(git("fetch"))?;
        }
        let _ended = remote.disconnect();
        Ok(tip)
    }

    fn read(&self, repository: &Repository, tip: Oid) -> Result<Head, git2::Error> {
        let invalid = |_| git2::Error::from_str("an id of another form");
        let commit = repository.find_commit(tip)?;
        let mut epoch = Epoch(0);
        let mut walk = repository.revwalk()?;
        walk.push(tip)?;
        for id in walk.take(HISTORY) {
            let resets = trailers(&repository.find_commit(id?)?);
            let resets = resets.iter().filter(|(key, _)| key == trailer::RESET);
            epoch = resets.filter_map(|(_, value)| value.parse().ok().map(Epoch)).fold(epoch, Epoch::max);
        }
        Ok(Head {
            commit: tip.to_string().parse().map_err(invalid)?,
            tree: commit.tree_id().to_string().parse().map_err(invalid)?,
            trailers: trailers(&commit),
            epoch,
        })
    }

    fn failed(&self, what: &'static str, source: git2::Error) -> BranchError {
        BranchError::Git { what, url: self.source.url.clone(), source }
    }
}

fn open(folder: &Path) -> Result<Repository, git2::Error> {
    Repository::open_bare(folder).or_else(|_| Repository::init_bare(folder))
}

/// A commit's trailers; none when its message is not text.
fn trailers(commit: &git2::Commit<'_>) -> Vec<(String, String)> {
    let found = commit.message().and_then(git2::message_trailers_strs);
    found.map(|all| all.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()).unwrap_or_default()
}

/// Bounds every wait for a remote's network. Once, before the first look.
pub(crate) fn limit_waits() {
    #[expect(unsafe_code, reason = "sets two numbers of libgit2 that are not synchronised, before any thread uses it")]
    let set = unsafe {
        git2::opts::set_server_connect_timeout_in_milliseconds(NETWORK_MS)
            .and_then(|()| git2::opts::set_server_timeout_in_milliseconds(NETWORK_MS))
    };
    if let Err(error) = set {
        tracing::warn!(%error, "waits for git remotes are bounded by the whole look only");
    }
}
