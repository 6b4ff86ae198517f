//! The weights' file: a header that says where each tensor stands, then the numbers.

use super::ModelError;
use camino::{Utf8Path, Utf8PathBuf};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::FileExt;
use wire::Digest;

/// The largest header that is read, bytes.
const MAX_HEADER: u64 = 1 << 20;
/// Bytes of a number.
const NUMBER: usize = 4;

/// The opened file. Only its header is in memory.
#[derive(Debug)]
pub(super) struct Weights {
    path: Utf8PathBuf,
    file: File,
    tensors: HashMap<String, Tensor>,
    /// Where the numbers begin.
    begin: u64,
}

#[derive(Debug, Deserialize)]
struct Tensor {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: (u64, u64),
}

impl Weights {
    pub(super) fn open(path: &Utf8Path) -> Result<Self, ModelError> {
        let unreadable = |source| ModelError::Unreadable { path: path.to_owned(), source };
        let unfit = |why: String| ModelError::Unfit { path: path.to_owned(), why };
        let mut file = File::open(path).map_err(unreadable)?;
        let mut length = [0; 8];
        file.read_exact(&mut length).map_err(unreadable)?;
        let length = u64::from_le_bytes(length);
        if length > MAX_HEADER {
            return Err(unfit("it does not begin with the header of a safetensors file".into()));
        }
        let mut header = Vec::new();
        file.by_ref().take(length).read_to_end(&mut header).map_err(unreadable)?;
        let mut header: serde_json::Map<String, serde_json::Value> =
            serde_json::from_slice(&header).map_err(|error| unfit(error.to_string()))?;
        header.remove("__metadata__");
        let tensors = serde_json::from_value(header.into()).map_err(|error| unfit(error.to_string()))?;
        Ok(Self { path: path.to_owned(), file, tensors, begin: 8 + length })
    }

    /// A tensor's place, if it is there in this shape.
    pub(super) fn expect(&self, name: &str, shape: &[usize]) -> Result<u64, ModelError> {
        let unfit = |why: String| ModelError::Unfit { path: self.path.clone(), why };
        let tensor = self.tensors.get(name).ok_or_else(|| unfit(format!("it has no tensor {name}")))?;
        let bytes = (shape.iter().product::<usize>() * NUMBER) as u64;
        let (from, to) = tensor.data_offsets;
        if tensor.dtype != "F32" || tensor.shape != shape || to.checked_sub(from) != Some(bytes) {
            let (dtype, found) = (&tensor.dtype, &tensor.shape);
            return Err(unfit(format!("{name} is {dtype} {found:?}, expected F32 {shape:?}")));
        }
        Ok(self.begin.saturating_add(from))
    }

    /// A whole tensor.
    pub(super) fn read(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, ModelError> {
        self.numbers(self.expect(name, shape)?, shape.iter().product())
    }

    /// One row of a table that was expected before.
    pub(super) fn row(&self, name: &str, row: usize, wide: usize) -> Result<Vec<f32>, ModelError> {
        let from = self.tensors.get(name).map_or(0, |tensor| tensor.data_offsets.0);
        self.numbers(self.begin.saturating_add(from).saturating_add((row * wide * NUMBER) as u64), wide)
    }

    fn numbers(&self, at: u64, count: usize) -> Result<Vec<f32>, ModelError> {
        let mut bytes = vec![0; count * NUMBER];
        let unreadable = |source| ModelError::Unreadable { path: self.path.clone(), source };
        self.file.read_exact_at(&mut bytes, at).map_err(unreadable)?;
        let (numbers, _) = bytes.as_chunks::<NUMBER>();
        Ok(numbers.iter().map(|number| f32::from_le_bytes(*number)).collect())
    }
}

/// The digest of a file, read piece by piece.
pub(super) fn digest(path: &Utf8Path) -> Result<Digest, ModelError> {
    let unreadable = |source| ModelError::Unreadable { path: path.to_owned(), source };
    let mut file = File::open(path).map_err(unreadable)?;
    let (mut hash, mut piece) = (Sha256::new(), vec![0; 1 << 16]);
    loop {
        match file.read(&mut piece).map_err(unreadable)? {
            0 => break,
            read => hash.update(piece.get(..read).unwrap_or_default()),
        }
    }
    let text = hex::encode(hash.finalize());
    Digest::try_from(text).map_err(|_| ModelError::Unfit { path: path.to_owned(), why: "it has no digest".into() })
}
