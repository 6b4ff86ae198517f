use super::*;
use chrono::{DateTime, Utc};

fn request(method: &str, path: &str) -> Request {
    serde_json::from_value(serde_json::json!({ "method": method, "path": path })).expect("a request")
}

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(second, 0).expect("a time")
}

fn recorded_at(second: i64, path: &str, status: u16) -> Recorded {
    Recorded { request: request("GET", path), status, at: at(second) }
}

fn paths(plan: &Plan) -> Vec<&str> {
    plan.requests.iter().map(|request| request.path.as_str()).collect()
}

#[test]
fn what_is_named_comes_first_and_of_the_recorded_the_newest_two_of_a_kind() {
    let healthy = Healthy { requests: vec![request("GET", "/a")], never: vec!["/never".into()], recorded: None };
    let recorded = vec![
        recorded_at(1, "/b?x=1", 200),
        recorded_at(2, "/b?x=2", 200),
        recorded_at(3, "/b?x=3", 200),
        recorded_at(4, "/b?x=4", 404),
        recorded_at(5, "/c", 500),
        recorded_at(6, "/never?x", 200),
        recorded_at(7, "/a", 200),
        recorded_at(8, "/ill?x", 200),
    ];
    let plan = plan(&healthy, (recorded, vec![("line 9".into(), "it is damaged".into())]), &request("GET", "/ill"));
    assert_eq!(paths(&plan), ["/a", "/b?x=4", "/b?x=3", "/b?x=2"]);
    let skipped: Vec<&str> = plan.skipped.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(skipped, ["line 9", "GET /ill?x", "GET /never?x", "GET /c", "GET /b?x=1"]);
}

#[test]
fn the_requests_are_bounded() {
    let recorded = (0..200).map(|at| recorded_at(at, &format!("/{at}"), 200)).collect();
    let plan = plan(&Healthy::default(), (recorded, Vec::new()), &request("GET", "/ill"));
    assert_eq!((plan.requests.len(), plan.skipped.len()), (32, 168));
    assert_eq!(plan.requests[0].path, "/199", "the newest first");
}

#[test]
fn a_damaged_line_is_left_out_and_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let healthy = Healthy { recorded: Some(folder.path().display().to_string()), ..Healthy::default() };
    assert_eq!(recorded(&healthy, "app"), Default::default(), "nothing was recorded yet");
    let good = serde_json::to_string(&recorded_at(2, "/b", 200)).expect("JSON");
    let older = serde_json::to_string(&recorded_at(1, "/a", 200)).expect("JSON");
    let no_path = good.replace("/b", "b");
    std::fs::write(folder.path().join("app.jsonl"), format!("{good}\n{{\"cut\n{no_path}\n{older}\n")).expect("written");
    let (good, bad) = recorded(&healthy, "app");
    assert_eq!(good.iter().map(|one| one.request.path.as_str()).collect::<Vec<_>>(), ["/a", "/b"]);
    assert_eq!(bad.iter().map(|(name, _)| &name[..6]).collect::<Vec<_>>(), ["line 2", "line 3"]);
}
