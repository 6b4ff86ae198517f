//! What makes a cookie a session: a seal that only this service can make. Pure.
//!
//! `NAME.EXPIRY.NONCE.SEAL`; the seal covers also the digest of the person's token, so a token that is replaced or taken
//! away ends its sessions. The key comes from the service's own token, so every replica has the same one.

use super::mac::hmac;
use chassis::auth::{Accepted, Caller, Credentials};
use chrono::{DateTime, Utc};
use secrecy::ExposeSecret;
use subtle::ConstantTimeEq;

/// The key.
pub(super) struct Seal([u8; 32]);

impl Seal {
    /// The key of a service.
    pub(super) fn of(credentials: &Credentials) -> Self {
        Self(hmac(credentials.token.expose_secret().as_bytes(), b"kintsugi: sessions, 1"))
    }

    /// The cookie of a person until a time; none when nobody of that name is accepted.
    pub(super) fn close(&self, credentials: &Credentials, name: &str, until: DateTime<Utc>) -> Option<String> {
        let accepted = credentials.accept.iter().find(|accepted| accepted.name == name)?;
        let nonce = uuid::Uuid::new_v4().simple();
        let claim = format!("{}.{}.{nonce}", hex::encode(name), until.timestamp());
        let seal = self.over(&claim, accepted);
        Some(format!("{claim}.{seal}"))
    }

    /// Whose cookie it is.
    pub(super) fn open(&self, credentials: &Credentials, value: &str, now: DateTime<Utc>) -> Option<Caller> {
        let (claim, seal) = value.rsplit_once('.')?;
        let mut parts = claim.split('.');
        let (name, until) = (parts.next()?, parts.next()?.parse::<i64>().ok()?);
        let name = String::from_utf8(hex::decode(name).ok()?).ok()?;
        let same = |accepted: &&Accepted| {
            accepted.name == name && bool::from(self.over(claim, accepted).as_bytes().ct_eq(seal.as_bytes()))
        };
        let accepted = credentials.accept.iter().find(same)?;
        (until > now.timestamp()).then(|| Caller { name, roles: accepted.roles.clone() })
    }

    /// The anti-forgery token of a session.
    pub(super) fn csrf(&self, value: &str) -> String {
        hex::encode(hmac(&self.0, format!("csrf {value}").as_bytes()))
    }

    fn over(&self, claim: &str, accepted: &Accepted) -> String {
        hex::encode(hmac(&self.0, format!("session {claim} {}", accepted.sha256).as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chassis::auth::Role;
    use chrono::TimeDelta;
    use wire::Digest;

    fn credentials(own: &str, token: &str) -> Credentials {
        let ann = Accepted { name: "ann".into(), roles: vec![Role::Approver], sha256: Digest::of(token) };
        Credentials { token: own.to_owned().into(), accept: vec![ann] }
    }

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    #[test]
    fn a_session_is_its_owners_until_it_ends() {
        let known = credentials("own", "t");
        let seal = Seal::of(&known);
        let value = seal.close(&known, "ann", now() + TimeDelta::seconds(10)).unwrap();
        let caller = seal.open(&known, &value, now()).unwrap();
        assert_eq!((caller.name.as_str(), caller.roles), ("ann", vec![Role::Approver]));
        assert!(seal.open(&known, &value, now() + TimeDelta::seconds(10)).is_none());
        assert!(seal.close(&known, "bob", now()).is_none());
        assert_ne!(seal.close(&known, "ann", now()), seal.close(&known, "ann", now()), "no two are alike");
    }

    #[test]
    fn an_edited_one_one_of_another_key_and_one_of_a_replaced_token_are_none() {
        let known = credentials("own", "t");
        let seal = Seal::of(&known);
        let value = seal.close(&known, "ann", now() + TimeDelta::hours(1)).unwrap();
        for place in 0..value.len() {
            let mut edited = value.clone().into_bytes();
            edited[place] ^= 1;
            let edited = String::from_utf8(edited).unwrap();
            assert!(seal.open(&known, &edited, now()).is_none(), "{edited}");
        }
        let other = credentials("another", "t");
        assert!(Seal::of(&other).open(&other, &value, now()).is_none());
        let replaced = credentials("own", "t2");
        assert!(Seal::of(&replaced).open(&replaced, &value, now()).is_none());
        for nonsense in ["", ".", "...", "616e6e.9999999999.x.", "zz.1.2.3"] {
            assert!(seal.open(&known, nonsense, now()).is_none(), "{nonsense:?}");
        }
    }
}
