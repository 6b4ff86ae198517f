//! What Prometheus beside a stack reads, with the token that the stack gives it.
#![cfg(test)]

use e2e::fleet::{Fleet, RECOVERY, Setup};
use kintsugi::stack::ports::Ports;
use testkit::eventually;
use wire::Service;
use wire::incident::Status;

async fn ask(http: &reqwest::Client, url: &str, token: &str) -> (u16, String) {
    let answer = http.get(url).bearer_auth(token).send().await.expect("an answer");
    (answer.status().as_u16(), answer.text().await.expect("a body"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_scraper_s_token_reads_every_service_s_numbers_and_they_tell_of_a_recovery() {
    let fleet = Fleet::start(Setup::default()).await;
    let http = reqwest::Client::builder().no_proxy().timeout(RECOVERY).build().unwrap();
    let token = std::fs::read_to_string(fleet.stack.layout.secret("metrics-token")).unwrap();
    let ports = &fleet.options.ports;
    for service in Ports::services() {
        let path = if service == Service::Front { wire::paths::FRONT_METRICS } else { wire::paths::METRICS };
        let url = format!("{}{path}", ports.url(service));
        assert_eq!(http.get(&url).send().await.unwrap().status().as_u16(), 401, "{service} without a token");
        assert_eq!(ask(&http, &url, "another").await.0, 401, "{service} with a token that nobody knows");
        let (status, text) = ask(&http, &url, &token).await;
        let told = format!("process_resident_memory_bytes{{service=\"{service}\"}}");
        assert!(status == 200 && text.contains(&told), "{service}: {status} {text}");
    }
    for (service, path) in [
        (Service::IncidentStore, wire::paths::INCIDENTS),
        (Service::IncidentStore, "/developer/incidents/api/data"),
        (Service::Front, "/-/routes"),
    ] {
        assert_eq!(ask(&http, &format!("{}{path}", ports.url(service)), &token).await.0, 403, "{service} {path}");
    }
    fleet.fire().await;
    fleet.until(&[Status::Resolved]).await;
    let url = format!("{}/metrics", ports.url(Service::IncidentStore));
    let of = r#"target="tiny",code="TINY_GREETING_BROKEN""#;
    let wanted = [
        format!(r#"kintsugi_incidents_ended_total{{{of},outcome="resolved",service="incident-store"}} 1"#),
        format!(r#"kintsugi_recovery_seconds_count{{{of},service="incident-store"}} 1"#),
        format!(r#"kintsugi_patches_total{{{of},outcome="pushed",service="incident-store"}} 1"#),
        r#"kintsugi_deploys_total{target="tiny",outcome="live",service="incident-store"} 1"#.to_owned(),
        r#"kintsugi_stage_seconds_count{stage="resolved",service="incident-store"} 1"#.to_owned(),
    ];
    eventually("the recovery is counted", RECOVERY, async || {
        let (_, text) = ask(&http, &url, &token).await;
        wanted.iter().all(|line| text.contains(line.as_str())).then_some(())
    })
    .await;
}
