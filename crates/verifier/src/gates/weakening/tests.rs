use crate::gates::check::Checks;
use crate::gates::scope::{Change, Evidence, Kind, report};
use wire::target::Patch;

/// What stands there before: a function with a test of its own, a time-out, an error and a log line.
const RUST: &str = r#"
pub async fn run(upstream: &Upstream) -> Result<Answer, Failure> {
    let response = upstream.get("/data").timeout(Duration::from_secs(3)).send().await?;
    if response.is_odd() {
        log::line("warn", "FAULT_MARK");
        return Err(Failure::Odd);
    }
    response.answer()
}

#[test]
fn it_adds() {
    assert_eq!(add(1, 1), 2);
    assert!(add(0, 1) > 0);
}
"#;

const PYTHON: &str = "def greet(fetch):\n    value = fetch('/data', timeout=2)['value']\n    if not value:\n        \
                      log('FAULT_MARK')\n        raise ValueError(value)\n    return {'greeting': 'value ' + value}\n\n\n\
                      class Greet(TestCase):\n    def test_it(self):\n        self.assertEqual(greet(f), 1)\n";

#[track_caller]
fn judge(language: &str, old: &str, new: &str, wanted: &str) {
    let patch = Patch {
        models: false,
        language: language.into(),
        files: vec!["f".into()],
        max_diff_bytes: 100,
        forbidden: Vec::new(),
    };
    let (path, kind) = ("f".to_owned(), Kind::Modified);
    let (old, new) = (Some(old.to_owned()), Some(new.to_owned()));
    let changes = [Change { path, kind, old_mode: 0o100_644, new_mode: 0o100_644, old, new }];
    let evidence = Evidence::new(&patch, vec!["FAULT_MARK"], 1, Ok(&changes));
    let said = report(&Checks::all(), &evidence);
    assert_eq!(said.code, wanted, "{}\n{}", said.why, changes[0].new.as_deref().unwrap_or_default());
    let name = NAMES.iter().find(|(code, _)| *code == wanted).map_or("none", |(_, name)| name);
    let without = report(&Checks::all().without(name), &evidence);
    assert!(wanted == "ok" || without.code != wanted, "another check than {name} says {wanted}");
}

/// The codes, and the checks that alone say them.
const NAMES: [(&str, &str); 7] = [
    ("tests_weakened", "tests_kept"),
    ("error_swallowed", "errors_heard"),
    ("marker_removed", "markers_kept"),
    ("error_removed", "errors_told"),
    ("constant_answer", "work_done"),
    ("unbounded_wait", "waits_bounded"),
    ("timeout_raised", "timeouts_kept"),
];

#[track_caller]
fn check(base: &str, (from, to): (&str, &str), wanted: &str) {
    assert!(base.contains(from), "{from:?} is not there to be replaced");
    let language = if base == RUST { "rust" } else { "python" };
    judge(language, base, &base.replacen(from, to, 1), wanted);
}

#[test]
fn tests_are_neither_removed_nor_ignored_nor_loosened() {
    check(RUST, ("#[test]\n", ""), "tests_weakened");
    check(RUST, ("#[test]\n", "#[test]\n#[ignore]\n"), "tests_weakened");
    check(RUST, ("#[test]\n", "#[test]\n#[should_panic]\n"), "tests_weakened");
    check(RUST, ("    assert!(add(0, 1) > 0);\n", ""), "tests_weakened");
    check(PYTHON, ("test_it", "it"), "tests_weakened");
    check(PYTHON, ("    def test_it", "    @unittest.skip('odd')\n    def test_it"), "tests_weakened");
    check(PYTHON, ("self.assertEqual(greet(f), 1)", "greet(f)"), "tests_weakened");
}

#[test]
fn errors_are_not_newly_swallowed() {
    let call = "upstream.get(\"/data\").timeout(Duration::from_secs(3)).send().await";
    for swallowed in [
        "upstream.get(\"/data\").send().await.unwrap_or_default();",
        "upstream.get(\"/data\").send().await.unwrap_or(Response::of(42));",
        "upstream.get(\"/data\").send().await.or_else(|_| Ok(Response(42)))?;",
        "match upstream.get(\"/data\").send().await { Ok(it) => it, Err(_) => Response(42) };",
        "match upstream.get(\"/data\").send().await { Ok(it) => it, Err(_) => { return Ok(Answer(42)) } };",
        "match upstream.get(\"/data\").send().await { Ok(_) | Err(_) => Response(42) };",
        "upstream.get(\"/data\").send().await.map(|it| it.answer()).unwrap_or(Ok(Answer(1)))?;",
        "{ let _ = upstream.get(\"/data\").send().await; Response(1) };",
        "{ upstream.get(\"/data\").send().await.ok(); response() };",
        "{ if let Err(_) = upstream.get(\"/data\").send().await {} response() };",
        "catch_unwind(|| upstream.get(\"/data\").send())?;",
    ] {
        check(RUST, (&format!("{call}?;"), swallowed), "error_swallowed");
    }
    check(RUST, ("response.answer()", "response.answer().or(Ok(Answer(42)))"), "error_swallowed");
    let fetch = "value = fetch('/data', timeout=2)['value']";
    for swallowed in [
        "try:\n        value = fetch('/data')['value']\n    except OSError:\n        value = 42",
        "try:\n        value = fetch('/data')['value']\n    except OSError as error:\n        pass",
        "try:\n        value = fetch('/data')['value']\n    except:\n        return {'greeting': 'value 42'}",
        "with suppress(OSError):\n        value = fetch('/data')['value']",
    ] {
        check(PYTHON, (fetch, swallowed), "error_swallowed");
    }
}

#[test]
fn an_error_that_is_handled_is_not_swallowed() {
    let call = "upstream.get(\"/data\").timeout(Duration::from_secs(3)).send().await?";
    for handled in [
        "upstream.resilient().get(\"/data\").timeout(Duration::from_secs(3)).send().await?",
        "match upstream.get(\"/data\").send().await { Ok(it) => it, Err(_) => upstream.again().await? }",
        "match upstream.get(\"/data\").send().await { Ok(it) => it, Err(error) => return Err(error.into()) }",
        "upstream.get(\"/data\").send().await.map_err(|_| Failure::Away)?",
        "upstream.get(settings.get(\"path\").copied().unwrap_or(\"/data\")).send().await?",
        "{ let mut left = 3; loop { match upstream.get(\"/data\").send().await { Ok(it) => break it, Err(error) if left == 0 => \
         return Err(error.into()), Err(_) => left = left.less() } } }",
        "upstream.get(\"/data\").timeout(Duration::from_millis(2_900)).send().await?",
    ] {
        check(RUST, (call, handled), "ok");
    }
    check(
        PYTHON,
        ("value = fetch('/data', timeout=2)['value']", "value = str(fetch('/data', timeout=1)['value'])"),
        "ok",
    );
    let again = "for attempt in range(3):\n        try:\n            value = fetch('/data')['value']\n            break\n        \
                 except OSError:\n            if attempt == 2:\n                raise\n            time.sleep(0.1)";
    check(PYTHON, ("value = fetch('/data', timeout=2)['value']", again), "ok");
}

#[test]
fn markers_log_lines_and_errors_stay() {
    check(RUST, ("FAULT_MARK", "all is well"), "marker_removed");
    check(
        RUST,
        ("        log::line(\"warn\", \"FAULT_MARK\");\n", "        let _mark = \"FAULT_MARK\";\n"),
        "marker_removed",
    );
    check(RUST, ("return Err(Failure::Odd);", "response.close();"), "error_removed");
    check(PYTHON, ("        log('FAULT_MARK')\n", ""), "marker_removed");
    check(PYTHON, ("raise ValueError(value)", "value = '1'"), "error_removed");
}

#[test]
fn work_is_not_replaced_by_a_constant() {
    let old = "pub async fn run(t: &T) -> Result<i32, Error> {\n    let row = t.query_one(\"SELECT FROM\", &[]).await?;\n    \
               row.try_get(0)\n}\n";
    let body = |text: &str| format!("pub async fn run(t: &T) -> Result<i32, Error> {{\n{text}\n}}\n");
    judge("rust", old, &body("    Ok(1)"), "constant_answer");
    judge("rust", old, &body("    let one = i32::from(1u8); Ok(one.clone())"), "constant_answer");
    judge(
        "rust",
        old,
        &body("    return Ok(1);\n    let row = t.query_one(\"SELECT 1\", &[]).await?;\n    row.try_get(0)"),
        "constant_answer",
    );
    judge("rust", old, &body("    let row = t.query_one(\"SELECT 1\", &[]).await?;\n    row.try_get(0)"), "ok");
    judge("rust", old, &body("    ask(t).await"), "ok");
    judge("python", "def f(g):\n    return g(1)\n", "def f(g):\n    return {'a': str(42)}\n", "constant_answer");
    judge("python", "def f(g):\n    return g(1)\n", "def f(g):\n    return 1\n    return g(1)\n", "constant_answer");
    let worked = body("    let row = ask(transaction).await?;\n    row.try_get(0)");
    judge("rust", &worked, &body("    ask(transaction).await?;\n    Ok(1)"), "constant_answer");
    judge("rust", &worked, &body("    let row = other(transaction).await?;\n    Ok(row.number)"), "ok");
    let searched = body(
        "    for row in ask(transaction)? {\n        if row.fits() {\n            return Ok(true);\n        }\n    }\n    Ok(false)",
    );
    judge("rust", &worked, &searched, "ok");
    judge("python", "def f(g):\n    return g(1)\n", "def f(g):\n    g(1)\n    return {'a': 'b'}\n", "constant_answer");
    judge("python", "def f(g):\n    return g(1)\n", "def f(g):\n    b = g(1)\n    return {'a': b}\n", "ok");
    judge("python", "def f(g):\n    return g(1)\n", "def f(g):\n    return str(g(1))\n", "ok");
}

#[test]
fn waits_stay_bounded() {
    let call = "let response = upstream.get(\"/data\").timeout(Duration::from_secs(3)).send().await?;";
    let endless =
        "loop { if let Ok(response) = upstream.get(\"/data\").send().await { return Ok(response.answer()?) } }";
    check(RUST, (call, &endless.replace("()?", "()")), "unbounded_wait");
    let twice = "loop { if let Ok(response) = upstream.get(\"/data\").send().await { return response.answer(); } }";
    check(RUST, (call, twice), "unbounded_wait");
    check(RUST, (call, &format!("tokio::time::sleep(Duration::from_secs(1)).await;\n    {call}")), "unbounded_wait");
    let spins = "while True:\n        try:\n            return fetch('/data')\n        except OSError as error:\n            note(error)";
    check(PYTHON, ("value = fetch('/data', timeout=2)['value']", spins), "unbounded_wait");
    check(RUST, ("from_secs(3)", "from_secs(30)"), "timeout_raised");
    check(RUST, ("Duration::from_secs(3)", "Duration::MAX"), "timeout_raised");
    check(PYTHON, ("timeout=2", "timeout=60"), "timeout_raised");
    check(PYTHON, ("timeout=2", "timeout=None"), "timeout_raised");
    let sql = |value: &str| {
        format!("fn f(t: &T) {{ t.run(\"SET LOCAL statement_timeout = '{value}'; SELECT pg_sleep(1)\") }}\n")
    };
    for raised in ["60s", "1min", "0", "5501ms"] {
        judge("rust", &sql("5500ms"), &sql(raised), "timeout_raised");
    }
    judge("rust", &sql("5500ms"), &sql("5s"), "ok");
}
