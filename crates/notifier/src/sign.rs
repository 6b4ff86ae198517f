//! Signatures as the Standard Webhooks specification has them (version 1.0.0, "Signature scheme"). Pure.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// What the specification asks of a secret, bytes.
const KEY_BYTES: std::ops::RangeInclusive<usize> = 24..=64;
/// Before a secret in base64.
const PREFIX: &str = "whsec_";

/// The secret shared with the receiver.
#[derive(Clone)]
pub struct Key(Vec<u8>);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key")
    }
}

/// Why a secret cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// What follows the prefix is no base64.
    #[error("what follows whsec_ must be base64")]
    Encoding,
    /// Too short or too long.
    #[error("the secret has {0} bytes; it must have 24 to 64")]
    Length(usize),
}

impl Key {
    /// Of `whsec_<base64>`, or of the bytes of any other text.
    ///
    /// # Errors
    /// See [`KeyError`].
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let bytes = match text.strip_prefix(PREFIX) {
            Some(encoded) => STANDARD.decode(encoded).map_err(|_| KeyError::Encoding)?,
            None => text.as_bytes().to_vec(),
        };
        if KEY_BYTES.contains(&bytes.len()) { Ok(Self(bytes)) } else { Err(KeyError::Length(bytes.len())) }
    }

    /// The value of `webhook-signature` for a message: id, seconds since 1970, body.
    pub fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        // HMAC takes a key of any length.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return String::new() };
        mac.update(format!("{id}.{timestamp}.").as_bytes());
        mac.update(body);
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_specification_s_own_example_is_signed_the_same() {
        // From the reference libraries' test suite.
        let key = Key::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signature = key.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn any_change_changes_the_signature() {
        let key = Key::parse("0123456789abcdef0123456789abcdef").unwrap();
        let other = Key::parse("0123456789abcdef0123456789abcdeg").unwrap();
        let right = key.sign("a", 1, b"x");
        for wrong in [key.sign("b", 1, b"x"), key.sign("a", 2, b"x"), key.sign("a", 1, b"y"), other.sign("a", 1, b"x")]
        {
            assert_ne!(right, wrong);
        }
    }

    #[test]
    fn a_weak_or_broken_secret_is_refused() {
        assert!(matches!(Key::parse("short"), Err(KeyError::Length(5))));
        assert!(matches!(Key::parse("whsec_!!"), Err(KeyError::Encoding)));
        assert!(matches!(Key::parse(&"x".repeat(65)), Err(KeyError::Length(65))));
    }
}
