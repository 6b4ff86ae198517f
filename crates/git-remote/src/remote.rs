//! A target's branch where it really is, whatever the transport.

use crate::access::Access;
use crate::error::{At, RemoteError};
use crate::file::FileRemote;
use crate::ssh::SshRemote;
use crate::url::{self, Url};
use git2::{Oid, Reference, Repository};

/// Remembers the last tip that was fetched, so that the next fetch brings only what is new. A hint: were it wrong or its
/// lock left over from a crash, more would be fetched.
const SEEN: &str = "refs/kintsugi/seen";
/// How often a branch that moves between the look and the fetch is looked at again.
const LOOKS: usize = 3;

/// What became of moving a branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Swap {
    /// It is where it was to go.
    Done,
    /// Somebody else moved it, or moves it now. Nothing was changed.
    Lost,
}

/// See the module. Everything here blocks: call it where blocking is allowed.
#[derive(Debug, Clone)]
pub struct Remote {
    way: Way,
    reference: String,
}

#[derive(Debug, Clone)]
enum Way {
    File(FileRemote),
    Ssh(SshRemote),
}

impl Remote {
    /// The remote of a target. Asks nothing of it yet.
    ///
    /// # Errors
    /// When the URL, the branch or the settings cannot be used.
    pub fn new(repository: &wire::target::Repository, access: &Access) -> Result<Self, RemoteError> {
        let way = match url::parse(&repository.url)? {
            Url::File { path } => Way::File(FileRemote::new(&repository.url, path)),
            Url::Ssh(url) => Way::Ssh(SshRemote::new(&url, access)?),
        };
        let reference = format!("refs/heads/{}", repository.branch);
        if !Reference::is_valid_name(&reference) {
            return Err(RemoteError::BadBranch(repository.branch.clone()));
        }
        Ok(Self { way, reference })
    }

    /// Whether each look at it is a connection to a host: then nobody should look too often.
    pub fn is_over_ssh(&self) -> bool {
        matches!(self.way, Way::Ssh(_))
    }

    /// The branch's tip as the remote tells it now; everything that it needs is in the repository then.
    ///
    /// # Errors
    /// See [`RemoteError`].
    pub fn fetch(&self, into: &Repository) -> Result<Oid, RemoteError> {
        let tip = match &self.way {
            Way::File(remote) => remote.fetch(into, &self.reference)?,
            Way::Ssh(remote) => self.fetch_over(remote, into)?,
        };
        if into.refname_to_id(SEEN).ok() != Some(tip) {
            let _hint = into.reference(SEEN, tip, true, "");
        }
        Ok(tip)
    }

    fn fetch_over(&self, remote: &SshRemote, into: &Repository) -> Result<Oid, RemoteError> {
        for _ in 0..LOOKS {
            let tip = remote.tip(into, &self.reference)?;
            let tip = tip.ok_or_else(|| RemoteError::NoBranch(self.reference.clone()))?;
            if has(into, tip)? {
                return Ok(tip);
            }
            remote.bring(into, &self.reference)?;
            if has(into, tip)? {
                return Ok(tip);
            }
        }
        let detail = "it moved at each look".to_owned();
        Err(RemoteError::Git { what: "fetch the branch", detail, may_pass: true })
    }

    /// Brings all branches in under their own names, and forgets those that the remote does not have any more.
    ///
    /// # Errors
    /// See [`RemoteError`].
    pub fn mirror(&self, into: &Repository) -> Result<(), RemoteError> {
        match &self.way {
            Way::File(remote) => remote.mirror(into),
            Way::Ssh(remote) => remote.mirror(into),
        }
    }

    /// Moves the branch from one commit to another whose new objects are in `from_here`, and only from that one.
    ///
    /// # Errors
    /// See [`RemoteError`]. Over ssh the branch may have moved all the same when the remote fell silent: look again.
    pub fn publish(&self, from_here: &Repository, from: Oid, to: Oid) -> Result<Swap, RemoteError> {
        match &self.way {
            Way::File(remote) => remote.swap(from_here, &self.reference, from, to),
            Way::Ssh(remote) => remote.push(from_here, &self.reference, from, to),
        }
    }
}

/// Whether a commit is here. Asked of a fresh look at the packs: another program may have written them.
fn has(repository: &Repository, commit: Oid) -> Result<bool, RemoteError> {
    let objects = repository.odb().at("open the object database")?;
    if !objects.exists(commit) {
        objects.refresh().at("look at the object database again")?;
    }
    Ok(objects.exists(commit))
}
