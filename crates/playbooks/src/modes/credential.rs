//! Mode 9: a credential is refused.

mod refresh;
mod token;

use crate::ask::{Answer, get};
use crate::error::ActError;
use crate::lever::Levers;
use crate::playbook::Playbook;
use crate::trial::Trials;
use refresh::Refresher;
use std::path::{Path, PathBuf};
use std::time::Duration;
use token::Token;
use tokio::time::Instant;
use wire::Digest;
use wire::runtime::{Action, Invariant, Remedy, Undo};
use wire::target::Credential;

/// Renews a credential that is refused, or uses the backup, or lets the target go on without what needs it.
#[derive(Debug)]
pub struct CredentialPlaybook {
    credential: Credential,
    refresher: Option<Refresher>,
    levers: Levers,
    /// A token that was refused is left alone for a while: it is known by its digest.
    refused: Trials<(Digest, Answer)>,
}

/// What is seen of it. No token is.
#[derive(Debug, Clone)]
pub struct Seen {
    /// What was answered to it; none where there is none.
    answer: Option<Answer>,
    /// The one in use is the backup.
    is_backup: bool,
    /// There is a backup to be used.
    has_backup: bool,
    /// There is a refresh token that is not known to be refused.
    can_refresh: bool,
    /// What the token endpoint said when it refused the refresh token.
    refusal: Option<&'static str>,
    /// The target goes on without the feature.
    without: Option<bool>,
}

impl Seen {
    /// Whether it is taken; none when nobody can tell.
    fn is_taken(&self) -> Option<bool> {
        match &self.answer {
            None | Some(Answer::Status(401 | 403, _)) => Some(false),
            Some(answer) => answer.is_good().filter(|is_good| *is_good),
        }
    }

    fn shown(&self) -> String {
        self.answer.as_ref().map_or_else(|| "there is none".to_owned(), Answer::to_string)
    }
}

impl CredentialPlaybook {
    /// For a credential of the inventory.
    pub fn new(credential: Credential, levers: Levers) -> Self {
        let file = PathBuf::from(&credential.file);
        let refresher = credential.refresh.clone().map(|refresh| Refresher::new(refresh, file));
        let refused = Trials::new(&[credential.trial_ms]);
        Self { credential, refresher, levers, refused }
    }

    fn file(&self) -> &Path {
        Path::new(&self.credential.file)
    }

    /// Where the credential is kept while the backup is in its place.
    fn kept(&self) -> PathBuf {
        PathBuf::from(format!("{}.primary", self.credential.file))
    }

    fn backup(&self) -> Option<Token> {
        Token::read(Path::new(self.credential.backup.as_ref()?))
    }

    async fn ask(&self, token: &Token) -> Answer {
        let known = self.refused.recent(Instant::now()).filter(|(digest, _)| *digest == token.digest());
        if let Some((_, answer)) = known {
            return answer;
        }
        let limit = Duration::from_millis(self.credential.probe_ms);
        let answer = get(&self.credential.probe, Some(token.expose().to_owned()), limit).await;
        if matches!(answer, Answer::Status(401 | 403, _)) {
            self.refused.note((token.digest(), answer.clone()), false, Instant::now());
        }
        answer
    }

    async fn refresh(&self) -> Result<String, ActError> {
        let Some(refresher) = &self.refresher else {
            return Err(ActError::Refused("the target file names no token endpoint".into()));
        };
        let former = Token::read(self.file()).map(|token| token.digest());
        // Done before, and cut off before that was noted.
        if self.look().await.is_taken() == Some(true) {
            return Ok("the credential is taken".into());
        }
        refresher.renew(former).await
    }

    fn use_backup(&self) -> Result<String, ActError> {
        let backup = self.backup().ok_or_else(|| ActError::Refused("there is no backup credential".into()))?;
        // What cannot be read is not replaced; what is no token is kept all the same.
        match token::bytes(self.file()).map_err(ActError::io("read", self.file()))? {
            Some(now) if Token::of(&now).is_some_and(|now| now.is(&backup)) => {
                return Ok("the backup credential is in use".into());
            }
            Some(now) => token::write(&self.kept(), &now)?,
            None => token::remove(&self.kept())?,
        }
        backup.write(self.file())?;
        Ok("the backup credential is in use".into())
    }

    /// What somebody wrote since stays.
    fn use_primary(&self) -> Result<String, ActError> {
        let is_backup = match (Token::read(self.file()), self.backup()) {
            (Some(now), Some(backup)) => now.is(&backup),
            _ => false,
        };
        if is_backup {
            let kept = self.kept();
            match token::bytes(&kept).map_err(ActError::io("read", &kept))? {
                Some(former) => token::write(self.file(), &former)?,
                None => token::remove(self.file())?,
            }
        }
        token::remove(&self.kept())?;
        Ok("the backup credential is not in use".into())
    }
}

impl Playbook for CredentialPlaybook {
    type Seen = Seen;

    async fn look(&self) -> Seen {
        let (file, backup) = (token::bytes(self.file()), self.backup());
        let token = file.as_ref().ok().and_then(|file| Token::of(file.as_deref()?));
        let answer = match (&file, &token) {
            // Nobody can tell: that is no word against it.
            (Err(error), _) => Some(Answer::Unasked(format!("its file cannot be read: {error}"))),
            (Ok(_), Some(token)) => Some(self.ask(token).await),
            (Ok(_), None) => None,
        };
        let without = match &self.credential.without {
            Some(lever) => self.levers.is_on(lever).await,
            None => Some(false),
        };
        let is_backup = matches!((&token, &backup), (Some(token), Some(backup)) if token.is(backup));
        let refresher = self.refresher.as_ref();
        let (can_refresh, refusal) = refresher.map_or((false, None), Refresher::state);
        Seen { answer, is_backup, has_backup: backup.is_some(), can_refresh, refusal, without }
    }

    fn invariants(&self, seen: &Seen) -> Vec<Invariant> {
        let holds = if seen.without == Some(true) { Some(true) } else { seen.is_taken() };
        let name = "nothing is asked with a credential that is refused".into();
        vec![Invariant { name, holds, weight: 10, seen: seen.shown() }]
    }

    fn diagnose(&self, seen: &Seen) -> String {
        let which = if seen.is_backup { "backup credential" } else { "credential" };
        format!("The {which}: {}.", seen.shown())
    }

    fn remedies(&self, seen: &Seen) -> Vec<Remedy> {
        if seen.is_taken() != Some(false) {
            return Vec::new();
        }
        let why = "the former credential was refused, so there is nothing to go back to";
        let refresh = seen.can_refresh.then(|| {
            Remedy::repair("Renew it with the refresh token, once", Action::Refresh {}, Undo::not_needed(why))
        });
        let backup = (seen.has_backup && !seen.is_backup).then(|| {
            let with = |backup| Action::UseCredential { backup };
            Remedy::relief("Use the backup credential", with(true), Undo::by(with(false)))
        });
        let without = self.credential.without.as_ref().filter(|_| seen.without == Some(false)).map(|lever| {
            let pull = |on| Action::Pull { lever: lever.clone(), on };
            Remedy::relief(self.levers.title(lever), pull(true), Undo::by(pull(false)))
        });
        refresh.into_iter().chain(backup).chain(without).collect()
    }

    fn is_over(&self, seen: &Seen) -> bool {
        seen.is_taken() == Some(true) && !seen.is_backup
    }

    fn advice(&self, seen: &Seen) -> Vec<String> {
        let refused = seen.is_taken() == Some(false);
        let required = seen.refusal.filter(|_| refused || seen.is_backup).map(|code| {
            format!("Authentication required: the token endpoint refuses the refresh token ({code}). Log in anew.")
        });
        let write = (refused || seen.is_backup).then(|| {
            let which = if seen.is_backup { "The backup credential is in use" } else { "The credential is refused" };
            format!("{which}: write a new one into {}. The rest follows by itself.", self.credential.file)
        });
        required.into_iter().chain(write).collect()
    }

    async fn act(&self, action: &Action) -> Result<String, ActError> {
        match action {
            Action::Refresh {} => self.refresh().await,
            Action::UseCredential { backup: true } => self.use_backup(),
            Action::UseCredential { backup: false } => self.use_primary(),
            Action::Pull { lever, on } if self.credential.without.as_ref() == Some(lever) => {
                self.levers.pull(lever, *on).await
            }
            other => Err(ActError::not_offered(other)),
        }
    }
}
