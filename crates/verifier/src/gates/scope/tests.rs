use super::*;

fn patch() -> Patch {
    Patch {
        models: false,
        language: "rust".into(),
        files: vec!["src/a.rs".into()],
        max_diff_bytes: 100,
        forbidden: vec!["include!($$$)".into(), "$X.unwrap()".into()],
    }
}

fn change(new: &str) -> Change {
    Change {
        path: "src/a.rs".into(),
        kind: Kind::Modified,
        old_mode: 0o100_644,
        new_mode: 0o100_644,
        old: Some("fn f() -> u8 { g().unwrap() }\n".into()),
        new: Some(new.into()),
    }
}

fn judge(patch: &Patch, changes: &[Change]) -> GateReport {
    report(&Checks::all(), &Evidence::new(patch, Vec::new(), 10, Ok(changes)))
}

#[track_caller]
fn check(changes: &[Change], wanted: &str) {
    let report = judge(&patch(), changes);
    assert_eq!(report.code, wanted, "{}", report.why);
    assert_eq!(report.passed, wanted == "ok");
    assert_eq!(report.gate, Gate::Scope);
}

#[test]
fn a_modification_of_an_allowed_file_passes() {
    check(&[change("fn f() -> u8 { h() }\n")], "ok");
    check(&[change("fn f() -> u8 { 1 + g().unwrap() }\n")], "ok");
}

#[test]
fn nothing_else_is_touched() {
    let good = change("fn f() -> u8 { h() }\n");
    check(&[], "empty");
    for path in ["src/b.rs", "src/../src/a.rs", "/src/a.rs", "Cargo.toml", "build.rs", ".git/hooks/pre-push", ""] {
        check(&[Change { path: path.into(), ..good.clone() }], "outside_scope");
        check(&[good.clone(), Change { path: path.into(), ..good.clone() }], "outside_scope");
    }
    for kind in [Kind::Added, Kind::Deleted, Kind::Renamed, Kind::Other] {
        check(&[Change { kind, ..good.clone() }], "outside_scope");
    }
    for mode in [0o100_755, 0o120_000, 0o160_000, 0] {
        check(&[Change { new_mode: mode, ..good.clone() }], "outside_scope");
    }
    check(&[Change { old_mode: 0o120_000, new_mode: 0o120_000, ..good.clone() }], "outside_scope");
    check(&[Change { new: None, ..good.clone() }], "outside_scope");
    check(&[Change { old: None, ..good }], "outside_scope");
}

#[test]
fn the_new_text_parses_and_holds_something() {
    check(&[change("fn f() -> u8 { 1 \n")], "does_not_parse");
    for empty in ["", "\n\n", "// gone\n"] {
        check(&[change(empty)], "emptied");
    }
}

#[test]
fn what_is_forbidden_may_stay_but_not_be_added() {
    check(&[change("fn f() -> u8 { g().unwrap() + h().unwrap() }\n")], "forbidden_construct");
    check(&[change("fn f() -> u8 { g() + include!(\"/etc/passwd\") }\n")], "forbidden_construct");
    check(&[change("fn f() -> u8 { vec![include!(\"x\")][0] }\n")], "forbidden_construct");
}

#[test]
fn a_guard_that_cannot_be_read_lets_nothing_through() {
    let good = change("fn f() -> u8 { h() }\n");
    let broken = Patch { forbidden: vec!["fn (".into()], ..patch() };
    assert_eq!(judge(&broken, std::slice::from_ref(&good)).code, "unverified");
    let unknown = Patch { language: "cobol".into(), ..patch() };
    assert_eq!(judge(&unknown, &[good]).code, "unverified");
}

#[test]
fn the_size_is_bounded_before_anything_is_parsed() {
    let of = |bytes| report(&Checks::all(), &Evidence::new(&patch(), Vec::new(), bytes, Ok(&[])));
    assert_eq!(of(100).code, "empty");
    assert_eq!((of(101).code.as_str(), of(101).passed), ("too_large", false));
    let does_not_apply = report(&Checks::all(), &Evidence::new(&patch(), Vec::new(), 1, Err("no such line")));
    assert_eq!(does_not_apply.code, "does_not_apply");
}

#[test]
fn what_a_check_catches_passes_without_it() {
    let good = change("fn f() -> u8 { g().unwrap() + 1 }\n");
    for (name, bad) in [
        ("allow_list", Change { path: "src/b.rs".into(), ..good.clone() }),
        ("regular_file", Change { new_mode: 0o100_755, ..good.clone() }),
        ("text", Change { new: None, ..good.clone() }),
        ("parses", change("fn f() -> u8 { g().unwrap( }\n")),
        ("emptied", change("// gone\n")),
        ("forbidden", change("fn f() -> u8 { g().unwrap() + h().unwrap() }\n")),
        ("work_done", change("fn f() -> u8 { 1 }\n")),
    ] {
        let (patch, bad) = (patch(), [bad]);
        let evidence = Evidence::new(&patch, Vec::new(), 10, Ok(&bad));
        assert!(!report(&Checks::all(), &evidence).passed, "{name}");
        let without = report(&Checks::all().without(name), &evidence);
        assert!(without.passed, "{name}: {}", without.why);
    }
}
