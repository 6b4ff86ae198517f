//! The program: its start, its stop, its complaints.

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use testkit::eventually;

struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ended = self.0.kill();
        let _reaped = self.0.wait();
    }
}

fn program(variables: &[(&str, &str)]) -> Program {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mock-upstream"));
    let variables = variables.iter().copied();
    let child = command.env_clear().envs(variables).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    Program(child.expect("the program"))
}

#[tokio::test]
async fn sigterm_ends_it_in_order_although_a_request_is_in_its_delay() {
    let mut program = program(&[("PORT", "0"), ("API_FAULT_MODE", "latency"), ("API_FAULT_SEED", "1")]);
    let mut lines = BufReader::new(program.0.stdout.take().expect("its output")).lines();
    let line = lines.find_map(|line| line.ok().filter(|line| line.contains("listening"))).expect("it listens");
    let line: serde_json::Value = serde_json::from_str(&line).expect("a JSON line");
    let base = format!("http://127.0.0.1:{}", line["port"]);
    let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(20)).build().expect("a client");
    let all = r#"{"modes":["latency"],"rates":{"latency":1},"delay_ms":[60000,60000]}"#;
    assert_eq!(http.put(format!("{base}/mode")).body(all).send().await.expect("an answer").status(), 200);
    let pid = Pid::from_raw(program.0.id().try_into().expect("a pid"));
    let stopping = async {
        eventually("the request is in its delay", Duration::from_secs(10), async || {
            let told = http.get(format!("{base}/calls/late")).send().await.ok()?.text().await.ok()?;
            (told == r#"{"calls":1}"#).then_some(())
        })
        .await;
        kill(pid, Signal::SIGTERM).expect("a signal");
    };
    let request = http.get(format!("{base}/data")).header("x-kintsugi-replay", "late").send();
    let (answer, ()) = tokio::join!(request, stopping);
    assert_eq!(answer.expect("an answer").status(), 503);
    let ended = eventually("its end", Duration::from_secs(15), async || program.0.try_wait().expect("its state")).await;
    assert!(ended.success(), "{ended:?}");
}

#[test]
fn a_value_that_cannot_be_used_ends_it_with_a_sentence() {
    let mut program = program(&[("API_FAULT_MODE", "slow")]);
    let told = std::io::read_to_string(program.0.stderr.take().expect("its complaints")).expect("text");
    assert!(!program.0.wait().expect("its end").success());
    assert!(told.contains("API_FAULT_MODE cannot be used") && told.contains("\"slow\" is no mode"), "{told}");
}
