//! A PostgreSQL that somebody else runs.

use std::fmt;

/// How its superuser reaches it.
#[derive(Clone, PartialEq, Eq)]
pub struct Elsewhere {
    /// A name or an address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// A role that may make roles and databases.
    pub user: String,
    /// Its password; may be empty.
    pub password: String,
}

/// Why a URL cannot be used. It is not repeated: it may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("DATABASE_URL is not of the form postgres://USER:PASSWORD@HOST:PORT/DATABASE")]
pub struct InvalidUrl;

impl Elsewhere {
    /// Of a URL `postgres://USER:PASSWORD@HOST:PORT/DATABASE`; the database is not used, the stack makes its own.
    ///
    /// # Errors
    /// When it is of another form.
    pub fn parse(url: &str) -> Result<Self, InvalidUrl> {
        let rest = url.strip_prefix("postgres://").or_else(|| url.strip_prefix("postgresql://")).ok_or(InvalidUrl)?;
        let authority = rest.split(['/', '?']).next().unwrap_or_default();
        let (who, place) = authority.rsplit_once('@').ok_or(InvalidUrl)?;
        let (user, password) = who.split_once(':').unwrap_or((who, ""));
        let (host, port) = place.rsplit_once(':').unwrap_or((place, "5432"));
        let (user, password) = (decoded(user)?, decoded(password)?);
        let port = port.parse().map_err(|_| InvalidUrl)?;
        if user.is_empty() || host.is_empty() || [&user, &password].iter().any(|text| text.contains('\0')) {
            return Err(InvalidUrl);
        }
        Ok(Self { host: host.to_owned(), port, user, password })
    }
}

/// Without percent signs.
fn decoded(text: &str) -> Result<String, InvalidUrl> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || rest.next().and_then(|digit| char::from(digit).to_digit(16)).ok_or(InvalidUrl);
        let value = digit()? * 16 + digit()?;
        bytes.push(u8::try_from(value).map_err(|_| InvalidUrl)?);
    }
    String::from_utf8(bytes).map_err(|_| InvalidUrl)
}

impl fmt::Debug for Elsewhere {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}:{}", self.user, self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_taken_apart_and_percent_signs_are_resolved() {
        let found = Elsewhere::parse("postgresql://ann:p%40ss%3A@db.local:5433/any?sslmode=disable").unwrap();
        let wanted = Elsewhere { host: "db.local".into(), port: 5433, user: "ann".into(), password: "p@ss:".into() };
        assert_eq!(found, wanted);
        assert_eq!(Elsewhere::parse("postgres://ann@h").unwrap().port, 5432);
    }

    #[test]
    fn what_is_no_such_url_is_refused_without_being_repeated() {
        for url in ["mysql://ann:hunter2@h/d", "postgres://h/d", "postgres://ann:hunter2@h:x/d", "postgres://a%4:b@h/d"]
        {
            let error = Elsewhere::parse(url).unwrap_err();
            assert!(!error.to_string().contains("hunter2"));
        }
        assert!(!format!("{:?}", Elsewhere::parse("postgres://ann:hunter2@h/d").unwrap()).contains("hunter2"));
    }
}
