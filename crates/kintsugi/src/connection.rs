//! The way from a command to the services of a running stack, with the stack's own operator token.

use crate::stack::about::{self, About};
use chassis::auth::Credentials;
use client::{Callee, Deployer, IncidentStore};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use wire::Service;

/// Why there is no way.
#[derive(Debug, thiserror::Error)]
pub enum ConnectionError {
    /// Nothing was started here.
    #[error("no stack runs in {home}")]
    NotRunning {
        /// The folder that was looked at.
        home: PathBuf,
    },
    /// It was killed.
    #[error("the stack in {home} is gone (it was process {pid})")]
    Gone {
        /// The folder that was looked at.
        home: PathBuf,
        /// The process that it was.
        pid: u32,
    },
    /// `stack.json` was written by something else.
    #[error("{path} is not what `kintsugi up` writes")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// The operator's token is not there.
    #[error("cannot read the operator's token from {path}")]
    NoToken {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A service is not part of the stack.
    #[error("the stack has no {0}")]
    NoService(Service),
    /// The HTTP client cannot be built.
    #[error("cannot build an HTTP client")]
    Http(#[source] reqwest::Error),
}

/// A running stack, as the operator reaches it.
#[derive(Debug, Clone)]
pub struct Connection {
    /// What runs.
    pub about: About,
    operator: Arc<Credentials>,
}

impl Connection {
    /// The stack that runs in a folder.
    ///
    /// # Errors
    /// When none runs there, or the token is not readable.
    pub fn open(home: &Path) -> Result<Self, ConnectionError> {
        let path = about::path(home);
        let Ok(text) = std::fs::read_to_string(&path) else {
            return Err(ConnectionError::NotRunning { home: home.to_owned() });
        };
        let about: About =
            serde_json::from_str(&text).map_err(|source| ConnectionError::Unreadable { path, source })?;
        if !about.is_alive() {
            return Err(ConnectionError::Gone { home: home.to_owned(), pid: about.pid });
        }
        let path = home.join("secrets/operator-token");
        let token = std::fs::read_to_string(&path).map_err(|source| ConnectionError::NoToken { path, source })?;
        let operator = Arc::new(Credentials { token: token.trim().to_owned().into(), accept: Vec::new() });
        Ok(Self { about, operator })
    }

    /// A service, for calls that no client crate has.
    ///
    /// # Errors
    /// When the stack has no such service.
    pub fn callee(&self, service: Service) -> Result<Callee, ConnectionError> {
        let url = self.about.services.get(&service).ok_or(ConnectionError::NoService(service))?;
        Callee::new(service, url, Arc::clone(&self.operator)).map_err(ConnectionError::Http)
    }

    /// The store.
    ///
    /// # Errors
    /// See [`Self::callee`].
    pub fn store(&self) -> Result<IncidentStore, ConnectionError> {
        self.callee(Service::IncidentStore).map(IncidentStore::new)
    }

    /// The deployer.
    ///
    /// # Errors
    /// See [`Self::callee`].
    pub fn deployer(&self) -> Result<Deployer, ConnectionError> {
        self.callee(Service::Deployer).map(Deployer::new)
    }
}
