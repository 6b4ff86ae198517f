//! Meaning, when there is a model: opens it when it is first needed, and remembers the last answers.

use camino::Utf8PathBuf;
use semantic::{MiniLm, ModelError};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use wire::Digest;

/// How many texts' vectors are remembered: an incident is asked about several times.
const REMEMBERED: usize = 64;

/// A folder with a model, or none.
#[derive(Debug)]
pub struct Meaning {
    folder: Utf8PathBuf,
    state: Mutex<State>,
    /// Held while a file is read, so that it is read once and nobody who only asks for the state waits.
    reading: Mutex<()>,
    remembered: Mutex<VecDeque<(String, Arc<[f32]>)>>,
}

#[derive(Debug, Clone)]
enum State {
    /// Nobody has looked into the folder yet.
    Unseen,
    /// The weights are there; they are read when they are needed.
    Closed(Digest),
    Open(Digest, Arc<MiniLm>),
    /// Why not.
    Unusable(String),
}

impl Meaning {
    /// The model of a folder. Nothing is read yet.
    pub fn new(folder: Utf8PathBuf) -> Self {
        Self { folder, state: Mutex::new(State::Unseen), reading: Mutex::default(), remembered: Mutex::default() }
    }

    /// Looks whether there are weights, and which. Takes as long as reading their file once; what is known stays.
    pub fn look(&self) -> Option<Digest> {
        let _reading = lock(&self.reading);
        let seen = lock(&self.state).clone();
        if let Some(digest) = seen.digest() {
            return Some(digest);
        }
        let found = if self.folder.join("model.safetensors").exists() {
            MiniLm::digest(&self.folder).map_or_else(|error| State::Unusable(whole(&error)), State::Closed)
        } else {
            let folder = &self.folder;
            let why = format!("no model in {folder:?}: fetch one with `scripts/model`, or name its folder in MODEL");
            State::Unusable(why)
        };
        let digest = found.digest();
        *lock(&self.state) = found;
        digest
    }

    /// The digest of the weights, if they can be used.
    pub fn digest(&self) -> Option<Digest> {
        lock(&self.state).digest()
    }

    /// Why there is no meaning.
    pub fn why_not(&self) -> Option<String> {
        match &*lock(&self.state) {
            State::Unseen => Some("the model has not been looked at yet".to_owned()),
            State::Unusable(why) => Some(why.clone()),
            State::Closed(_) | State::Open(..) => None,
        }
    }

    /// The vector of a text that is asked for; none without a model. Takes milliseconds of computing.
    pub fn of(&self, text: &str) -> Option<Arc<[f32]>> {
        if let Some((_, known)) = lock(&self.remembered).iter().find(|(other, _)| other == text) {
            return Some(Arc::clone(known));
        }
        let vector: Arc<[f32]> = self.of_passage(text)?.into();
        let mut remembered = lock(&self.remembered);
        remembered.push_back((text.to_owned(), Arc::clone(&vector)));
        if remembered.len() > REMEMBERED {
            remembered.pop_front();
        }
        Some(vector)
    }

    /// The vector of a document's passage: nobody asks for it again.
    pub fn of_passage(&self, text: &str) -> Option<Vec<f32>> {
        let vector = self.model()?.embed(text);
        vector.map_err(|error| self.give_up(&error)).ok()
    }

    fn model(&self) -> Option<Arc<MiniLm>> {
        if let State::Open(_, model) = &*lock(&self.state) {
            return Some(Arc::clone(model));
        }
        let _reading = lock(&self.reading);
        let seen = lock(&self.state).clone();
        let digest = match seen {
            State::Open(_, model) => return Some(model),
            State::Closed(digest) => digest,
            State::Unseen | State::Unusable(_) => return None,
        };
        let model = MiniLm::open(&self.folder).map_err(|error| self.give_up(&error)).ok().map(Arc::new)?;
        *lock(&self.state) = State::Open(digest, Arc::clone(&model));
        Some(model)
    }

    fn give_up(&self, error: &ModelError) {
        tracing::warn!(error = error as &dyn std::error::Error, "words alone serve from now on");
        *lock(&self.state) = State::Unusable(whole(error));
    }
}

impl State {
    fn digest(&self) -> Option<Digest> {
        match self {
            State::Closed(digest) | State::Open(digest, _) => Some(digest.clone()),
            State::Unseen | State::Unusable(_) => None,
        }
    }
}

/// An error with its cause.
fn whole(error: &ModelError) -> String {
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}"));
    format!("{error}{}", cause.unwrap_or_default())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing is left half done under these locks.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
