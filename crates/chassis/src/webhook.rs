//! Signatures as the Standard Webhooks specification has them (version 1.0.0, "Signature scheme"): made, and checked. Pure.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// What the specification asks of a secret, bytes.
const KEY_BYTES: std::ops::RangeInclusive<usize> = 24..=64;
/// How far a message's time may be from ours, seconds: what the specification's own libraries allow.
pub const TOLERANCE_S: i64 = 300;
/// The longest id of a message, bytes.
const MAX_ID: usize = 128;
/// How many signatures of one message are compared.
const MAX_SIGNATURES: usize = 8;
/// Before a secret in base64.
const PREFIX: &str = "whsec_";

/// The secret that sender and receiver share.
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

/// What the headers of a message say.
#[derive(Debug, Clone, Copy)]
pub struct Signed<'a> {
    /// `webhook-id`: the same for every attempt to deliver it.
    pub id: &'a str,
    /// `webhook-timestamp`: seconds since 1970.
    pub timestamp: &'a str,
    /// `webhook-signature`: one or more, with blanks between.
    pub signature: &'a str,
}

/// Why a message is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// A header has another form.
    #[error("webhook-id must be 1 to {MAX_ID} of A-Z a-z 0-9 _ -, and webhook-timestamp seconds since 1970")]
    Form,
    /// No signature is right.
    #[error(
        "no signature fits: webhook-signature must be v1,BASE64 of HMAC-SHA-256 over id.timestamp.body with the shared secret"
    )]
    Signature,
    /// It is signed, but for another time.
    #[error("the message is signed for another time: webhook-timestamp must be within {TOLERANCE_S} s of now")]
    Time,
}

/// Checks a message against every secret that is valid now; answers its time, seconds since 1970. A message whose signature
/// is wrong is told nothing else.
///
/// # Errors
/// See [`Rejected`].
pub fn verify(keys: &[Key], signed: &Signed<'_>, body: &[u8], now: i64) -> Result<i64, Rejected> {
    // No dot, which parts what is signed.
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if signed.id.is_empty() || signed.id.len() > MAX_ID || !signed.id.bytes().all(plain) {
        return Err(Rejected::Form);
    }
    let timestamp: i64 = signed.timestamp.parse().map_err(|_| Rejected::Form)?;
    let mut fits = subtle::Choice::from(0);
    for key in keys {
        let right = key.sign(signed.id, timestamp, body);
        for given in signed.signature.split(' ').take(MAX_SIGNATURES) {
            fits |= right.as_bytes().ct_eq(given.as_bytes());
        }
    }
    if !bool::from(fits) {
        return Err(Rejected::Signature);
    }
    if now.abs_diff(timestamp) > TOLERANCE_S.unsigned_abs() {
        return Err(Rejected::Time);
    }
    Ok(timestamp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_specification_s_own_example_is_signed_the_same() {
        // From the reference libraries' test suite.
        let key = Key::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("a key");
        let signature = key.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn any_change_changes_the_signature() {
        let key = Key::parse("0123456789abcdef0123456789abcdef").expect("a key");
        let other = Key::parse("0123456789abcdef0123456789abcdeg").expect("a key");
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

    #[test]
    fn a_message_is_believed_when_any_signature_fits_any_secret_and_its_time_is_near() {
        let keys = ["0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"];
        let keys = keys.map(|key| Key::parse(key).expect("a key"));
        let old_and_new = format!("v1,AAAA v1a,x {}", keys[1].sign("run-7_1", 1_000, b"{}"));
        let check = |id, timestamp, signature: &str, body: &[u8], now| {
            verify(&keys, &Signed { id, timestamp, signature }, body, now)
        };
        let ours = old_and_new.as_str();
        for now in [1_000, 1_300, 700] {
            assert_eq!(check("run-7_1", "1000", ours, b"{}", now), Ok(1_000));
        }
        for now in [1_301, 699, i64::MIN, i64::MAX] {
            assert_eq!(check("run-7_1", "1000", ours, b"{}", now), Err(Rejected::Time));
        }
        // Whoever does not know the secret learns nothing about the clock.
        for (id, timestamp, signature, body) in [
            ("run-7_2", "1000", ours, &b"{}"[..]),
            ("run-7_1", "1001", ours, b"{}"),
            ("run-7_1", "1000", ours, b"{ }"),
            ("run-7_1", "1000", "", b"{}"),
            ("run-7_1", "1000", "v1,", b"{}"),
            ("run-7_1", "1000", &ours.replace("v1,", "v2,"), b"{}"),
        ] {
            assert_eq!(check(id, timestamp, signature, body, 9_999_999), Err(Rejected::Signature), "{id} {timestamp}");
        }
        for (id, timestamp) in [("", "1000"), ("a.b", "1000"), ("a b", "1000"), ("a", "soon"), ("a", "")] {
            assert_eq!(check(id, timestamp, ours, b"{}", 1_000), Err(Rejected::Form));
        }
        assert_eq!(check(&"a".repeat(129), "1000", ours, b"{}", 1_000), Err(Rejected::Form));
        assert_eq!(verify(&[], &Signed { id: "a", timestamp: "1", signature: ours }, b"", 1), Err(Rejected::Signature));
    }
}
