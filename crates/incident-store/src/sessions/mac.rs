//! HMAC-SHA-256 (RFC 2104). Pure.

use sha2::{Digest, Sha256};

/// SHA-256's block, bytes.
const BLOCK: usize = 64;

/// The code of a text under a key.
pub(super) fn hmac(key: &[u8], text: &[u8]) -> [u8; 32] {
    let hashed = Sha256::digest(key);
    let key = if key.len() > BLOCK { hashed.as_slice() } else { key };
    let pad = |with: u8| {
        let rest = std::iter::repeat_n(with, BLOCK - key.len());
        key.iter().map(|byte| byte ^ with).chain(rest).collect::<Vec<u8>>()
    };
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(text).finalize();
    Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(key: &[u8], text: &[u8], wanted: &str) {
        assert_eq!(hex::encode(hmac(key, text)), wanted);
    }

    #[test]
    fn it_gives_what_rfc_4231_says() {
        check(&[0x0b; 20], b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
        check(
            b"Jefe",
            b"what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        );
        check(
            &[0xaa; 131],
            b"Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
        );
    }
}
