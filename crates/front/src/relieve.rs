//! Easing a request: whether it is passed on, for how long an answer is waited for, and what is answered instead of a failure.

use crate::Front;
use crate::breaker::{Breaker, Came, Way};
use crate::ease::{self, Eased, Key};
use crate::error::ProxyError;
use crate::kept::{Good, Question};
use crate::upstream::Failure;
use crate::worth;
use actix_web::http::Method;
use actix_web::http::header::{AGE, HeaderName, HeaderValue, RETRY_AFTER, WARNING};
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use chassis::Reply;
use chrono::TimeDelta;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use wire::relief::RELIEF_HEADER;

/// How many breakers there may be; beyond that all begin anew.
const MAX_BREAKERS: usize = 1_000;

/// What the reliefs remember from request to request.
#[derive(Debug, Default)]
pub struct State {
    breakers: Mutex<HashMap<(Key, String), Breaker>>,
    under_way: Mutex<HashMap<Key, u32>>,
}

/// How a request is eased.
#[derive(Debug)]
pub struct Easing {
    front: Arc<Front>,
    eased: Eased,
    /// Whom it would go to.
    label: String,
    /// Under what a good answer to it is kept; none where it is not everybody's, or no GET or HEAD.
    question: Option<Question>,
    /// The last good answer, where it may stand for a failure.
    older: Option<Arc<Good>>,
    /// Whether its good answer is kept.
    keeps: bool,
}

/// A request that may be passed on. When nobody says what became of it, a try has failed.
#[derive(Debug)]
pub struct Permit {
    front: Arc<Front>,
    breaker: Option<((Key, String), Way, TimeDelta)>,
    shed: Option<Key>,
}

impl Easing {
    /// What eases a request, and whether its answer is worth keeping. A request that wants to know how the version itself
    /// answers is not eased.
    pub fn of(front: &Arc<Front>, request: &HttpRequest, is_eased: bool) -> Self {
        let (table, path) = (front.current.table(), request.uri().path());
        let route = if is_eased { table.route(path) } else { None };
        let label = route.map_or("", |(upstream, _)| upstream.label.as_str());
        let eased = if label.is_empty() {
            Eased::default()
        } else {
            ease::of(table.told_ref(), path, label, front.clock.now())
        };
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        let asked = request.uri().path_and_query().filter(|_| reads);
        let target = label.split('/').next().unwrap_or_default();
        let question = asked.and_then(|asked| worth::question(target, asked.as_str(), request.headers()));
        let stale = eased.stale.zip(question.as_ref());
        let older = stale.and_then(|(stale, question)| front.kept.find(question, stale.max_age_s, front.clock.now()));
        let is_kept = route.is_some_and(|(_, keep)| keep.iter().any(|prefix| ease::is_under(path, prefix)));
        let keeps = is_kept && request.method() == Method::GET;
        Self { front: Arc::clone(front), eased, label: label.to_owned(), question, older, keeps }
    }

    /// How long an answer is waited for: no longer than an older one is worth. A breaker shortens nothing: whoever is slow is
    /// not ill, and a try that takes long does not keep the next one waiting.
    pub fn limit(&self, usual: Duration) -> Duration {
        let stale = self.eased.stale.filter(|_| self.older.is_some());
        stale.map_or(usual, |stale| usual.min(stale.patience))
    }

    /// Lets it pass.
    ///
    /// # Errors
    /// With what is answered at once.
    pub fn enter(&self) -> Result<Permit, Box<HttpResponse>> {
        let mut permit = Permit { front: Arc::clone(&self.front), breaker: None, shed: None };
        if let Some((key, at_most, retry_after_s)) = self.eased.shed {
            let mut under_way = self.front.relief.under_way.lock().unwrap_or_else(PoisonError::into_inner);
            let count = under_way.entry(key).or_default();
            if *count >= at_most {
                drop(under_way);
                return Err(Box::new(self.instead(ProxyError::Shed, "shed", retry_after_s)));
            }
            *count += 1;
            permit.shed = Some(key);
        }
        if let Some((key, every)) = self.eased.breaker {
            let (now, apart) = (self.front.clock.now(), TimeDelta::seconds(i64::from(every)));
            let key = (key, self.label.clone());
            let way = self.front.relief.with(&key, Breaker::fresh(now), |breaker| breaker.ask(now, apart));
            if let Way::Wait(seconds) = way {
                return Err(Box::new(self.instead(ProxyError::Open, "breaker", seconds)));
            }
            permit.breaker = Some((key, way, apart));
        }
        Ok(permit)
    }

    /// The last good answer, in place of a failure.
    pub fn stale(&self) -> Option<HttpResponse> {
        let good = self.older.as_ref()?;
        self.count("stale");
        let age = (self.front.clock.now() - good.at).num_seconds().max(0);
        let mut response = HttpResponse::Ok();
        good.headers.iter().for_each(|header| {
            response.append_header(header.clone());
        });
        response.insert_header((AGE, age.to_string()));
        response.insert_header((WARNING, "110 - \"Response is Stale\""));
        response.insert_header((RELIEF_HEADER, "stale"));
        Some(response.body(good.body.clone()))
    }

    /// Under what an answer is kept, if it is worth keeping, with its headers.
    pub fn keeps(&self, status: u16, headers: &hyper::HeaderMap) -> Option<(Question, Good)> {
        let question = self.question.clone().filter(|_| self.keeps)?;
        let (headers, varies) = worth::worth_keeping(status, headers)?;
        let only = |(is_varied, taken): (bool, &String)| is_varied.then(|| taken.clone());
        let mut varies = varies.into_iter().zip(&question.accepts).map(only);
        let varies = std::array::from_fn(|_| varies.next().flatten());
        Some((question, Good { at: self.front.clock.now(), headers, varies, body: Default::default() }))
    }

    fn count(&self, kind: &str) {
        self.front.relieved(kind);
        self.front.current.answered.count(&self.eased.whose);
    }

    fn instead(&self, why: ProxyError, kind: &'static str, retry_after_s: u32) -> HttpResponse {
        if let Some(stale) = self.stale() {
            return stale;
        }
        self.count(kind);
        let mut response = Reply(why).error_response();
        let headers = response.headers_mut();
        headers.insert(RETRY_AFTER, HeaderValue::from(retry_after_s));
        headers.insert(HeaderName::from_static(RELIEF_HEADER), HeaderValue::from_static(kind));
        response
    }
}

/// What became of a request by its answer's status, or by why there was none; `cut`: an older answer was worth no longer wait. Pure.
pub fn came(outcome: Result<u16, &ProxyError>, cut: bool) -> Came {
    match outcome {
        Ok(500..) | Err(ProxyError::NoRoute) => Came::Ill,
        Ok(400..) => Came::Nothing,
        Ok(_) => Came::Well,
        Err(ProxyError::Upstream { source: Failure::TimedOut, .. }) if cut => Came::Late,
        Err(ProxyError::Upstream { .. }) => Came::Ill,
        Err(ProxyError::NoPath | ProxyError::Body(_) | ProxyError::Open | ProxyError::Shed) => Came::Nothing,
    }
}

impl Permit {
    /// What became of it.
    pub fn told(mut self, came: Came) {
        self.tell(came);
    }

    fn tell(&mut self, came: Came) {
        let Some((key, way, apart)) = self.breaker.take() else { return };
        let now = self.front.clock.now();
        self.front.relief.with(&key, Breaker::fresh(now), |breaker| breaker.told(way, came, now, apart));
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        // Its caller has left: nothing is known of a try then, and of another request neither.
        if self.breaker.as_ref().is_some_and(|(_, way, _)| *way == Way::Try) {
            self.tell(Came::Ill);
        }
        if let Some(key) = self.shed {
            let mut under_way = self.front.relief.under_way.lock().unwrap_or_else(PoisonError::into_inner);
            let left = under_way.get(&key).map_or(0, |count| count.saturating_sub(1));
            if left == 0 {
                under_way.remove(&key)
            } else {
                under_way.insert(key, left)
            };
        }
    }
}

impl State {
    fn with<T>(&self, key: &(Key, String), fresh: Breaker, then: impl FnOnce(&mut Breaker) -> T) -> T {
        let mut breakers = self.breakers.lock().unwrap_or_else(PoisonError::into_inner);
        if breakers.len() >= MAX_BREAKERS && !breakers.contains_key(key) {
            breakers.clear();
        }
        then(breakers.entry(key.clone()).or_insert(fresh))
    }
}
