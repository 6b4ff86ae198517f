//! The bytes of a body, decompressed within a bound. Pure.

use super::error::PushError;
use flate2::read::MultiGzDecoder;
use std::borrow::Cow;
use std::io::Read;

/// How a body is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    Identity,
    Gzip,
}

impl Coding {
    pub(super) fn of(header: Option<&str>) -> Result<Self, PushError> {
        match header.map(|name| name.trim().to_ascii_lowercase()).as_deref() {
            None | Some("" | "identity") => Ok(Coding::Identity),
            Some("gzip" | "x-gzip") => Ok(Coding::Gzip),
            Some(_) => Err(PushError::Encoding),
        }
    }
}

/// The body itself; no more of it than the bound is ever made.
pub(super) fn decoded(bytes: &[u8], coding: Coding, most: usize) -> Result<Cow<'_, [u8]>, PushError> {
    if coding == Coding::Identity {
        return Ok(Cow::Borrowed(bytes));
    }
    let mut decoded = Vec::new();
    let read = MultiGzDecoder::new(bytes).take(most as u64 + 1).read_to_end(&mut decoded);
    read.map_err(|error| PushError::Malformed(format!("the body is no valid gzip: {error}")))?;
    if decoded.len() > most {
        return Err(PushError::TooLarge(most));
    }
    Ok(Cow::Owned(decoded))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn a_body_is_unpacked_up_to_the_bound_and_no_further() {
        assert_eq!(decoded(&gzip(b"lines"), Coding::Gzip, 5).unwrap().as_ref(), b"lines");
        assert!(matches!(decoded(&gzip(b"lines!"), Coding::Gzip, 5), Err(PushError::TooLarge(5))));
        assert!(matches!(decoded(&gzip(&[0; 10_000_000]), Coding::Gzip, 100), Err(PushError::TooLarge(100))));
        assert!(matches!(decoded(b"no gzip", Coding::Gzip, 100), Err(PushError::Malformed(_))));
        let half = gzip(b"lines");
        assert!(matches!(decoded(&half[..half.len() / 2], Coding::Gzip, 100), Err(PushError::Malformed(_))));
        assert_eq!(Coding::of(Some("GZIP")).unwrap(), Coding::Gzip);
        assert!(matches!(Coding::of(Some("br")), Err(PushError::Encoding)));
    }
}
