//! Puts the parts together and serves.

use crate::authority::Authorities;
use crate::keeper;
use crate::routes;
use crate::settings::{Kubernetes, Settings};
use crate::ward::{Shared, Ward};
use actix_web::web;
use anyhow::Context;
use chassis::auth::Credentials;
use chassis::calls::Callee;
use chassis::operations::Operations;
use chassis::server::Server;
use chassis::{SharedClock, Stop};
use client::IncidentStore;
use kubernetes::Cluster;
use playbooks::Levers;
use serde_json::Value;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;
use wire::Service;
use wire::target::{Catalogue, ResourceKind};

/// How long a target may take to be connected to.
const CONNECT: Duration = Duration::from_secs(1);

/// What handlers use.
pub(crate) struct App {
    pub(crate) wards: Vec<Arc<Ward>>,
    pub(crate) authorities: Authorities,
    pub(crate) operations: web::Data<Operations<Value>>,
}

/// Serves until the word to stop.
///
/// # Errors
/// When a part cannot be used, or a task died.
pub async fn serve(
    listener: TcpListener,
    settings: Settings,
    credentials: Arc<Credentials>,
    clock: SharedClock,
    stop: Stop,
) -> anyhow::Result<()> {
    settings.check()?;
    tracing::info!(?settings, "settings in force");
    let catalogue = chassis::catalogue::load(&settings.targets).context("cannot use the target catalogue")?;
    std::fs::create_dir_all(&settings.state).with_context(|| format!("cannot make {}", settings.state.display()))?;
    let callee = Callee::new(Service::IncidentStore, &settings.incident_store, Arc::clone(&credentials))?;
    let store = IncidentStore::new(callee);
    let authorities = Authorities::open(settings.state.join("authorities.json"))?;
    let cluster = cluster(&catalogue, &settings.kubernetes).await?;
    let wards = wards(&catalogue, &settings, &clock, cluster.as_ref())?;
    for ward in &wards {
        let (ward, store, word) = (Arc::clone(ward), store.clone(), stop.clone());
        let remind = Duration::from_secs(settings.remind_s);
        stop.spawn("watch", async move {
            tokio::select! {
                () = keeper::keep(&ward, &store, remind) => {}
                () = word.requested() => {}
            }
        });
    }
    let operations = web::Data::new(Operations::new(clock, stop.clone()));
    let app = web::Data::new(App { wards, authorities, operations });
    Server::new(Service::Warden, credentials).serve(listener, stop, move |cfg| routes::configure(cfg, &app)).await
}

/// The way to the cluster, where a target file names a workload of one.
async fn cluster(catalogue: &Catalogue, settings: &Kubernetes) -> anyhow::Result<Option<Cluster>> {
    let mut is_wanted = false;
    for (name, resource) in catalogue.iter().flat_map(|(name, of)| of.resources.iter().map(move |it| (name, it))) {
        if let ResourceKind::Workload(workload) = &resource.is {
            let which = || format!("the resource {} of the target {name}", resource.name);
            settings.admit(workload).with_context(which)?;
            is_wanted = true;
        }
    }
    if !is_wanted {
        return Ok(None);
    }
    Ok(Some(Cluster::of(&settings.kubeconfig).await.context("cannot use the cluster")?))
}

fn wards(
    catalogue: &Catalogue,
    settings: &Settings,
    clock: &SharedClock,
    cluster: Option<&Cluster>,
) -> anyhow::Result<Vec<Arc<Ward>>> {
    // No connection is kept: a look must reach whoever listens now.
    let http = reqwest::Client::builder()
        .connect_timeout(CONNECT)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .pool_max_idle_per_host(0)
        .build()?;
    let settle = Duration::from_millis(settings.settle_ms);
    let mut wards = Vec::new();
    for (name, target) in catalogue {
        let levers = Levers::new(&target.levers, http.clone());
        for resource in &target.resources {
            let (http, cluster) = (http.clone(), cluster.cloned());
            let shared = Shared { clock: clock.clone(), levers: levers.clone(), settle, http, cluster };
            let diary = settings.state.join(name.as_str()).join(format!("{}.json", resource.name));
            wards.push(Arc::new(Ward::new(name.clone(), resource.clone(), diary, shared)?));
        }
    }
    Ok(wards)
}
