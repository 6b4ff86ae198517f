//! What a command in the sandbox can and cannot do.

use crate::world::program;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use verifier::sandbox::bubblewrap::Bubblewrap;
use verifier::sandbox::{Access, Ended, Exit, Job, Place, RunSandboxed};
use wire::target::Limits;

pub(crate) const LIMIT: Duration = Duration::from_secs(20);

pub(crate) fn job(scratch: &TempDir, script: &str) -> Job {
    let source = scratch.path().join("source");
    std::fs::create_dir_all(&source).expect("a folder");
    Job {
        name: "test".into(),
        command: ["/usr/bin/python3", "-c", script].map(str::to_owned).to_vec(),
        env: BTreeMap::from([("GIVEN".to_owned(), "yes".to_owned())]),
        folder: "/src".into(),
        places: vec![Place { from: source, to: "/src".into(), access: Access::ThrowAway("source".into()) }],
        forwards: Vec::new(),
        doubles: Vec::new(),
        serve: None,
        collect: Vec::new(),
        limits: Limits::default(),
        scratch: scratch.path().to_owned(),
    }
}

pub(crate) async fn run(job: &Job, limit: Duration) -> Ended {
    let started = Bubblewrap::new(program()).start(job, limit).expect("it starts");
    tokio::time::timeout(LIMIT, started.ended).await.expect("it ends").expect("a sandbox")
}

async fn says(script: &str) -> String {
    let scratch = tempfile::tempdir().expect("a folder");
    let ended = run(&job(&scratch, script), LIMIT).await;
    assert_eq!(ended.exit, Exit::Code(0), "{}", ended.stderr);
    ended.stdout.trim().to_owned()
}

#[tokio::test]
async fn nothing_of_our_environment_gets_in() {
    let names = says("import os; print(sorted(set(os.environ) - {'LC_CTYPE'}))").await;
    assert_eq!(names, "['GIVEN', 'HOME', 'PATH', 'PWD']", "the last three are the sandbox's own");
    let script = "import glob\nfor path in glob.glob('/proc/*/environ'):\n    try:\n        \
                  print(path) if b'CARGO' in open(path, 'rb').read() else None\n    except OSError:\n        pass\n";
    let all = says(script);
    assert_eq!(all.await, "", "no process in there shows more");
}

#[tokio::test]
async fn there_is_no_network_out_and_no_other_process_in_sight() {
    let (listener, url) = testkit::listener();
    listener.set_nonblocking(true).expect("a listener");
    let port = url.rsplit(':').next().expect("a port").to_owned();
    let script = format!(
        "import socket\nfor address in [('127.0.0.1', {port}), ('10.0.0.1', 80), ('8.8.8.8', 53)]:\n    try:\n        \
         socket.create_connection(address, 1)\n        print('connected', address)\n    except OSError:\n        pass\n"
    );
    assert_eq!(says(&script).await, "");
    assert!(listener.accept().is_err(), "nobody called");
    let links = says("import socket; print([name for _, name in socket.if_nameindex()])").await;
    assert_eq!(links, "['lo']");
    let count = says("import os; print(len([p for p in os.listdir('/proc') if p.isdigit()]))").await;
    assert!(count.parse::<u32>().expect("a number") <= 4, "{count}");
}

#[tokio::test]
async fn it_can_write_only_what_is_thrown_away() {
    let scratch = tempfile::tempdir().expect("a folder");
    let outside = scratch.path().join("outside");
    std::fs::write(&outside, "mine").expect("a file");
    let script = format!(
        "import os\nfor path in ['/usr/x', '/bin/x', '/etc/passwd', '/etc/x', '/proc/sys/kernel/hostname', '/proc/sysrq-trigger', \
         '/run/kintsugi/verifier', '{0}', '/root/x', '/home/x']:\n    try:\n        open(path, 'w').write('x')\n        print(path)\n    \
         except OSError:\n        pass\nopen('/src/mine', 'w').write('x')\nopen('/tmp/mine', 'w').write('x')\n\
         print(os.path.exists('{0}'), os.getuid(), os.getgid())\n",
        outside.display()
    );
    let ended = run(&job(&scratch, &script), LIMIT).await;
    assert_eq!(ended.stdout.trim(), "False 1000 1000", "{}", ended.stderr);
    assert_eq!(std::fs::read_to_string(&outside).expect("the file"), "mine");
    assert!(!scratch.path().join("source/mine").exists(), "the folder below is untouched");
    let privileges =
        says("print([line for line in open('/proc/self/status') if line.startswith(('Cap', 'NoNewPrivs'))])");
    let privileges = privileges.await;
    assert!(privileges.contains("CapEff:\\t0000000000000000"), "{privileges}");
    assert!(privileges.contains("CapBnd:\\t0000000000000000"), "{privileges}");
    assert!(privileges.contains("NoNewPrivs:\\t1"), "{privileges}");
    let nested = says(
        "import subprocess; print(subprocess.run(['/usr/bin/unshare', '-Ur', 'true'], capture_output=True).returncode != 0)",
    );
    assert_eq!(nested.await, "True", "no namespaces within");
}

/// The processes of this machine whose command line holds a text.
fn processes_with(text: &str) -> usize {
    let all = std::fs::read_dir("/proc").expect("proc").flatten();
    let lines = all.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
    lines.filter(|line| String::from_utf8_lossy(line).contains(text)).count()
}

#[tokio::test]
async fn at_the_limit_everything_it_started_is_gone() {
    let scratch = tempfile::tempdir().expect("a folder");
    let marker = format!("marker{}", std::process::id());
    let script = format!(
        "import subprocess, time\nfor prefix in [[], ['/usr/bin/setsid'], ['/usr/bin/nohup']]:\n    \
         subprocess.Popen(prefix + ['/bin/sh', '-c', 'trap \"\" TERM INT HUP; sleep 600; : {marker}'])\n\
         print('started', flush=True)\ntime.sleep(600)\n"
    );
    let begun = Instant::now();
    let ended = run(&job(&scratch, &script), Duration::from_millis(700)).await;
    assert_eq!((ended.exit, ended.stdout.trim()), (Exit::TimedOut, "started"));
    assert!(begun.elapsed() < Duration::from_secs(5));
    testkit::eventually("no process left", Duration::from_secs(5), async || {
        (processes_with(&marker) == 0).then_some(())
    })
    .await;
    // The same when the command ends by itself and leaves others behind.
    let script = script.replace("time.sleep(600)\n", "\n");
    let ended = run(&job(&scratch, &script), LIMIT).await;
    assert_eq!(ended.exit, Exit::Code(0), "{}", ended.stderr);
    testkit::eventually("no process left", Duration::from_secs(5), async || {
        (processes_with(&marker) == 0).then_some(())
    })
    .await;
    // And when nobody waits for it any more.
    let started = Bubblewrap::new(program()).start(&job(&scratch, &script), LIMIT).expect("it starts");
    drop(started);
    testkit::eventually("no process left", Duration::from_secs(5), async || {
        (processes_with(&marker) == 0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn limits_bite() {
    let scratch = tempfile::tempdir().expect("a folder");
    let limits = Limits { memory_mib: 512, cpu_s: 1, file_mib: 1, ..Limits::default() };
    let with = |script: &str| Job { limits: limits.clone(), ..job(&scratch, script) };
    let memory = run(&with("x = bytearray(1 << 30)"), LIMIT).await;
    assert!(memory.stderr.contains("MemoryError"), "{}", memory.stderr);
    let file = run(&with("open('/src/big', 'wb').write(b'x' * (2 << 20))"), LIMIT).await;
    assert_ne!(file.exit, Exit::Code(0));
    let cpu = run(&with("while True: pass"), LIMIT).await;
    assert_eq!(cpu.exit, Exit::Code(128 + 9), "{}", cpu.exit);
}

#[tokio::test]
async fn output_is_bounded_and_its_end_is_kept() {
    let scratch = tempfile::tempdir().expect("a folder");
    let ended = run(&job(&scratch, "for i in range(200000): print('line', i)"), LIMIT).await;
    assert!(ended.stdout.len() <= 16 * 1024 && ended.stdout.ends_with("line 199999\n"));
}

#[tokio::test]
async fn a_declared_service_is_reached_by_its_socket_and_by_a_forwarded_port() {
    let scratch = tempfile::tempdir().expect("a folder");
    let sockets = tempfile::tempdir().expect("a folder");
    let _upstream = testkit::tiny::Upstream::start(&sockets.path().join("up.sock"));
    let script = "import http.client, socket, os\nprint(http.client.HTTPConnection('127.0.0.1', 7777).connect())\n\
                  c = http.client.HTTPConnection('127.0.0.1', 7777); c.request('GET', '/data'); print(c.getresponse().read())\n\
                  s = socket.socket(socket.AF_UNIX); s.connect('/run/up/up.sock'); print('socket')\n\
                  try:\n    os.unlink('/run/up/up.sock'); print('unlinked')\nexcept OSError:\n    pass\n";
    let mut job = job(&scratch, script);
    job.places.push(Place { from: sockets.path().into(), to: "/run/up".into(), access: Access::ReadOnly });
    job.forwards.push((7777, "/run/up/up.sock".into()));
    let ended = run(&job, LIMIT).await;
    assert_eq!(ended.stdout, "None\nb'{\"value\":42}'\nsocket\n", "{}", ended.stderr);
    assert!(Path::new(&sockets.path().join("up.sock")).exists());
}
