//! Reading a target's branch over git, into a bare repository of our own. Never writes to the remote.

use git_remote::{Access, Remote, RemoteError, redact};
use git2::{Oid, Repository};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use wire::paths::trailer;
use wire::problem::code;
use wire::target::Repository as Source;
use wire::{CommitId, Epoch, TreeId};

/// How long one look may take. What takes longer goes on, and the next look waits for its end.
const LOOK: Duration = Duration::from_secs(30);
/// How many commits back a reset's trailer is looked for.
const HISTORY: usize = 500;

/// Why the head is not known. No text of git that could show a credential.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BranchError {
    #[error(transparent)]
    Remote(#[from] RemoteError),
    #[error("cannot {what}: {detail}")]
    Git { what: &'static str, detail: String },
    #[error("the remote did not answer within {LOOK:?}")]
    TooLong,
}

impl BranchError {
    /// Stable, for programs.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Remote(error) => error.code(),
            Self::Git { .. } => "git_failed",
            Self::TooLong => code::UNAVAILABLE,
        }
    }

    /// Whether the same may succeed later.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Self::Remote(error) => error.may_pass(),
            Self::Git { .. } | Self::TooLong => true,
        }
    }
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

/// A commit of the branch.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) tree: TreeId,
    pub(crate) trailers: Vec<(String, String)>,
}

/// A branch of a remote. Cheap to clone; one look at a time.
#[derive(Debug, Clone)]
pub(crate) struct Branch {
    source: Source,
    access: Access,
    folder: PathBuf,
    /// How long a look at a remote over ssh is good enough for the reconciler.
    every: Duration,
    last: Arc<Mutex<Option<Head>>>,
    looked: Arc<Mutex<Option<Look>>>,
}

/// What a look told, and when.
#[derive(Debug, Clone)]
struct Look {
    at: Instant,
    told: Result<Head, Arc<BranchError>>,
}

impl Branch {
    /// The branch of a target; its objects are kept in `folder`.
    pub(crate) fn new(source: Source, access: Access, folder: PathBuf, every: Duration) -> Self {
        Self { source, access, folder, every, last: Arc::default(), looked: Arc::default() }
    }

    /// The head as the remote tells it now.
    pub(crate) async fn head(&self) -> Result<Head, Arc<BranchError>> {
        let branch = self.clone();
        let look = tokio::task::spawn_blocking(move || branch.look());
        match tokio::time::timeout(LOOK, look).await {
            Ok(Ok(told)) => told,
            Ok(Err(_)) | Err(_) => Err(Arc::new(BranchError::TooLong)),
        }
    }

    /// The head for whoever looks all the time: over ssh, where each look is a connection, as it was told a moment ago.
    pub(crate) async fn recent_head(&self) -> Result<Head, Arc<BranchError>> {
        let looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let is_over_ssh = || Remote::new(&self.source, &self.access).is_ok_and(|remote| remote.is_over_ssh());
        match looked.filter(|look| look.at.elapsed() < self.every && is_over_ssh()) {
            Some(look) => look.told,
            None => self.head().await,
        }
    }

    /// A commit that stands on the branch, as the remote tells it now; none when it does not.
    pub(crate) async fn find(&self, commit: &CommitId) -> Result<Option<Found>, Arc<BranchError>> {
        let head = self.head().await?;
        let (folder, commit) = (self.folder.clone(), commit.clone());
        let found = tokio::task::spawn_blocking(move || {
            find(&folder, &head.commit, &commit).map_err(|error| failed("read the branch", &error))
        });
        found.await.map_err(|_| BranchError::TooLong)?.map_err(Arc::new)
    }

    fn look(&self) -> Result<Head, Arc<BranchError>> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let told = self.ask(&mut last).map_err(Arc::new);
        // Within the turn, so that no older look is remembered after a newer one.
        let look = Look { at: Instant::now(), told: told.clone() };
        *self.looked.lock().unwrap_or_else(PoisonError::into_inner) = Some(look);
        told
    }

    fn ask(&self, last: &mut Option<Head>) -> Result<Head, BranchError> {
        let repository = open(&self.folder).map_err(|error| failed("keep a copy of the branch", &error))?;
        let tip = Remote::new(&self.source, &self.access)?.fetch(&repository)?;
        if let Some(head) = last.as_ref().filter(|head| head.commit.as_str() == tip.to_string()) {
            return Ok(head.clone());
        }
        let head = self.read(&repository, tip).map_err(|error| failed("read the branch", &error))?;
        let head = Head { epoch: head.epoch.max(last.as_ref().map_or(Epoch(0), |last| last.epoch)), ..head };
        *last = Some(head.clone());
        Ok(head)
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
}

fn find(folder: &Path, head: &CommitId, commit: &CommitId) -> Result<Option<Found>, git2::Error> {
    let repository = open(folder)?;
    let (head, oid) = (Oid::from_str(head.as_str())?, Oid::from_str(commit.as_str())?);
    let Ok(commit) = repository.find_commit(oid) else { return Ok(None) };
    if head != oid && !repository.graph_descendant_of(head, oid)? {
        return Ok(None);
    }
    let tree = commit.tree_id().to_string().parse().map_err(|_| git2::Error::from_str("an id of another form"))?;
    Ok(Some(Found { tree, trailers: trailers(&commit) }))
}

fn failed(what: &'static str, error: &git2::Error) -> BranchError {
    BranchError::Git { what, detail: redact(error.message()) }
}

fn open(folder: &Path) -> Result<Repository, git2::Error> {
    Repository::open_bare(folder).or_else(|_| Repository::init_bare(folder))
}

/// A commit's trailers; none when its message is not text.
fn trailers(commit: &git2::Commit<'_>) -> Vec<(String, String)> {
    let found = commit.message().and_then(git2::message_trailers_strs);
    found.map(|all| all.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()).unwrap_or_default()
}
