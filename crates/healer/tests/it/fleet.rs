//! The world of the model, served over HTTP: a store, a knowledge base, a patcher, a deployer and a verifier with the real
//! wire types, and real healers among them. Time is the world's: a lease given back until later is due at once.

mod ground;
mod peers;
mod store;

pub(crate) use ground::Ground;

use crate::sample::target;
use chassis::server::Server;
use chassis::{SharedClock, Stop};
use healer::Settings;
use reqwest::StatusCode;
use std::sync::Arc;
use std::time::Duration;
use wire::Service;
use wire::incident::{Incident, Status};
use wire::lease::Work;
use wire::target::Catalogue;

/// More than anything here takes.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);

/// The services that a test runs.
pub(crate) struct Fleet {
    pub(crate) ground: Arc<Ground>,
    pub(crate) settings: Settings,
    stop: Stop,
}

/// A running healer.
pub(crate) struct Healer {
    pub(crate) base: String,
    pub(crate) stop: Stop,
    pub(crate) ended: tokio::task::JoinHandle<anyhow::Result<()>>,
}

impl Fleet {
    /// Everything but healers.
    pub(crate) fn start() -> Self {
        let (ground, stop) = (Arc::new(Ground::new()), Stop::new());
        let serve = |service: Service| {
            let (listener, base) = testkit::listener();
            let (ground, stop) = (Arc::clone(&ground), stop.clone());
            let server = Server::new(service, testkit::credentials(service));
            let peer = peers::Peer::new(service, Arc::clone(&ground), &stop);
            spawn(async move {
                server
                    .serve(listener, stop, move |config| match service {
                        Service::IncidentStore => store::configure(config, &ground),
                        _ => peers::configure(config, &peer),
                    })
                    .await
            });
            base
        };
        let settings = Settings {
            parallel: 1,
            lease_ms: 900,
            retry_min_ms: 1,
            incident_store: serve(Service::IncidentStore),
            rag_gateway: serve(Service::RagGateway),
            patcher: serve(Service::Patcher),
            verifier: serve(Service::Verifier),
            deployer: serve(Service::Deployer),
            live_url: "http://front.invalid".into(),
            ..Settings::default()
        };
        Self { ground, settings, stop }
    }

    /// One more healer.
    pub(crate) fn healer(&self) -> Healer {
        let (listener, base) = testkit::listener();
        let (settings, stop) = (self.settings.clone(), Stop::new());
        let clock: SharedClock = Arc::clone(&self.ground) as SharedClock;
        let (catalogue, credentials) =
            (Catalogue::from([(target().name, target())]), testkit::credentials(Service::Healer));
        let word = stop.clone();
        let ended =
            spawn(async move { healer::app::serve(listener, &settings, catalogue, credentials, clock, word).await });
        Healer { base, stop, ended }
    }

    /// Waits until the incident has this status.
    pub(crate) async fn reaches(&self, status: Status) -> Incident {
        let what = format!("the incident is {}", status.as_str());
        testkit::eventually(&what, LIMIT, async || {
            let incident = self.ground.world().store.incident.clone();
            (incident.status == status).then_some(incident)
        })
        .await
    }

    /// Waits until there is nothing more to do.
    pub(crate) async fn rests(&self) -> Incident {
        testkit::eventually("the incident is given back for good", LIMIT, async || {
            let done = self.ground.store().releases.last().is_some_and(|release| release.done);
            done.then(|| self.ground.world().store.incident.clone())
        })
        .await
    }

    /// Waits until this step was asked for so many times.
    pub(crate) async fn asked(&self, step: &str, times: usize) {
        let what = format!("{step} is asked for {times} times");
        let asked = async || (self.ground.asked().iter().filter(|asked| *asked == step).count() >= times).then_some(());
        testkit::eventually(&what, LIMIT, asked).await;
    }

    /// The kinds of the journal, with the step where there is one, without progress.
    pub(crate) fn journal(&self) -> Vec<String> {
        let events = self.ground.world().store.events.clone();
        let triggers = events.iter().map(|event| wire::transitions::Trigger::of(&event.body));
        triggers.filter(|trigger| trigger.kind != "progressed").map(|trigger| trigger.to_string()).collect()
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        self.stop.now();
    }
}

impl Drop for Healer {
    fn drop(&mut self) {
        self.stop.now();
    }
}

impl Healer {
    /// What it holds now.
    pub(crate) async fn work(&self) -> Work {
        let request = reqwest::Client::new().get(format!("{}/v1/work", self.base));
        let response = request.bearer_auth(testkit::token("operator")).timeout(LIMIT).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        response.json().await.unwrap()
    }

    /// Waits until it holds something, or nothing.
    pub(crate) async fn holds(&self, something: bool) {
        let what = if something { "the healer holds the incident" } else { "the healer holds nothing" };
        testkit::eventually(what, LIMIT, async || (self.work().await.held.is_empty() != something).then_some(())).await;
    }
}

#[expect(clippy::disallowed_methods, reason = "a test's servers end with the test")]
fn spawn<T: Send + 'static>(task: impl Future<Output = T> + Send + 'static) -> tokio::task::JoinHandle<T> {
    tokio::spawn(task)
}
