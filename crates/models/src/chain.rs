//! The providers in their order: ask, wait, ask again, or ask the next.

use crate::address::{self, BadAddress};
use crate::breaker::Breaker;
use crate::error::ModelError;
use crate::provider::{Provider, Reply};
use crate::question::{Price, Question, Usage};
use crate::retry::{self, Next};
use crate::transport::Transport;
use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use wire::model::ModelOutcome;

/// A provider in its place.
#[derive(Debug)]
pub struct Link {
    name: String,
    model: String,
    base: String,
    price: Price,
    provider: Box<dyn Provider>,
    breaker: Mutex<Breaker>,
}

impl Link {
    /// A provider under the name that the settings have for it.
    ///
    /// # Errors
    /// When the base URL must not be used.
    pub fn new(
        name: &str,
        model: &str,
        base: &str,
        price: Price,
        provider: Box<dyn Provider>,
    ) -> Result<Self, BadAddress> {
        let base = address::base(base)?;
        Ok(Self { name: name.into(), model: model.into(), base, price, provider, breaker: Mutex::default() })
    }

    /// `provider/model`.
    pub fn title(&self) -> String {
        format!("{}/{}", self.name, self.model)
    }

    fn breaker(&self) -> std::sync::MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call that is about to be made.
#[derive(Debug, Clone, Copy)]
pub struct Planned<'a> {
    /// The provider's name.
    pub provider: &'a str,
    /// The model.
    pub model: &'a str,
    /// The most that it may take.
    pub most: Usage,
    /// What that costs, millionths of a dollar.
    pub cost: u64,
}

/// A call that was made.
#[derive(Debug, Clone)]
pub struct Made<'a> {
    /// As it was planned.
    pub planned: Planned<'a>,
    /// How it ended.
    pub outcome: ModelOutcome,
    /// What it took and costs; none when the provider does not say and may have worked on it.
    pub took: Option<(Usage, u64)>,
    /// How long it took.
    pub time: Duration,
    /// The provider's own id of the request.
    pub request_id: Option<String>,
}

/// Whoever keeps account of the calls, and tells of them.
pub trait Watch: Sync {
    /// Why a call may not be made.
    type Refused;
    /// What is kept of a call that was allowed.
    type Booked: Send;
    /// Now.
    fn now(&self) -> DateTime<Utc>;
    /// Before each call, retries included: whether it may be made.
    fn before(&self, planned: Planned<'_>) -> impl Future<Output = Result<Self::Booked, Self::Refused>> + Send;
    /// After each call.
    fn after(&self, booked: Self::Booked, made: Made<'_>) -> impl Future<Output = ()> + Send;
    /// Before each wait.
    fn waits(&self, provider: &str, pause: Duration, why: &ModelError);
}

/// An answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer<T> {
    /// What was answered.
    pub said: T,
    /// By whom: `provider/model`.
    pub by: String,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Away<R> {
    /// The next call was not allowed.
    #[error("the next call is not allowed")]
    Refused(R),
    /// None of the providers answered; why, by provider. None: it is left alone for a while.
    #[error("no provider answered")]
    NoAnswer(Vec<(String, Option<ModelError>)>),
}

/// See the module.
#[derive(Debug)]
pub struct Chain {
    links: Vec<Link>,
    transport: Transport,
    patience: Duration,
}

impl Chain {
    /// Of providers in their order; a call has a limit, and so has the wait that a provider may ask for.
    pub fn new(links: Vec<Link>, limit: Duration, patience: Duration) -> Self {
        Self { links, transport: Transport::new(limit), patience }
    }

    /// Whether there is nobody to ask.
    pub fn is_empty(&self) -> bool {
        self.links.is_empty()
    }

    /// Who is asked, in this order: `provider/model`.
    pub fn titles(&self) -> Vec<String> {
        self.links.iter().map(Link::title).collect()
    }

    /// Asks until somebody answers in the form of `T`.
    ///
    /// # Errors
    /// See [`Away`].
    pub async fn ask<T: DeserializeOwned + Send, W: Watch>(
        &self,
        question: &Question,
        watch: &W,
    ) -> Result<Answer<T>, Away<W::Refused>> {
        let mut tried = Vec::new();
        for link in &self.links {
            if !link.breaker().lets_through(watch.now()) {
                tried.push((link.title(), None));
                continue;
            }
            let ended = self.ask_one(link, question, watch).await.map_err(Away::Refused)?;
            let mut breaker = link.breaker();
            *breaker = breaker.after(ended.as_ref().map(|_| ()), watch.now());
            match ended {
                Ok(said) => return Ok(Answer { said, by: link.title() }),
                Err(error) => tried.push((link.title(), Some(error))),
            }
        }
        Err(Away::NoAnswer(tried))
    }

    /// Asks one provider, and again as long as that may help. Refused: the next call was not allowed.
    async fn ask_one<T: DeserializeOwned, W: Watch>(
        &self,
        link: &Link,
        question: &Question,
        watch: &W,
    ) -> Result<Result<T, ModelError>, W::Refused> {
        let mut attempt = 1;
        loop {
            let error = match self.call(link, question, watch).await? {
                Ok(said) => return Ok(Ok(said)),
                Err(error) => error,
            };
            match retry::next(attempt, &error, self.patience) {
                Next::Other => return Ok(Err(error)),
                Next::Again(pause) => {
                    watch.waits(&link.title(), pause, &error);
                    tokio::time::sleep(pause).await;
                }
            }
            attempt += 1;
        }
    }

    async fn call<T: DeserializeOwned, W: Watch>(
        &self,
        link: &Link,
        question: &Question,
        watch: &W,
    ) -> Result<Result<T, ModelError>, W::Refused> {
        let most = Usage { input: question.most_input_tokens(), output: question.max_tokens.into() };
        let planned = Planned { provider: &link.name, model: &link.model, most, cost: link.price.of(most) };
        let booked = watch.before(planned).await?;
        let begun = Instant::now();
        let answer = self.transport.post(&link.base, link.provider.encode(question)).await;
        let reply = match &answer {
            Ok(answer) => link.provider.decode(answer),
            Err(error) => Reply { usage: Usage::default(), request_id: None, said: Err(error.clone()) },
        };
        let took = took(&reply, link.price);
        let said = reply.said.and_then(|value| serde_json::from_value(value).map_err(ModelError::malformed));
        let outcome = said.as_ref().err().map_or(ModelOutcome::Answered, ModelError::outcome);
        let made = Made { planned, outcome, took, time: begun.elapsed(), request_id: reply.request_id };
        watch.after(booked, made).await;
        Ok(said)
    }
}

/// What a call took and costs; none when that is not known.
fn took(reply: &Reply, price: Price) -> Option<(Usage, u64)> {
    let told = reply.usage != Usage::default();
    let unbilled = match &reply.said {
        Ok(_) => false,
        Err(error) => error.is_unbilled(),
    };
    (told || unbilled).then(|| (reply.usage, price.of(reply.usage)))
}
