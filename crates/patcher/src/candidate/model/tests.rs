use super::*;

fn sources() -> Vec<Source> {
    let source = |path: &str, text: &str| Source { path: path.into(), file: File::example(), text: text.into() };
    vec![source("faults/a.py", "x = 1\n"), source("faults/b.py", "y = 1")]
}

fn written(files: &[(&str, &str)]) -> Written {
    let file = |(path, content): &(&str, &str)| WrittenFile { path: (*path).into(), content: (*content).into() };
    Written { explanation: String::new(), files: files.iter().map(file).collect() }
}

#[test]
fn whole_files_of_the_list_are_taken_and_their_last_line_break_is_kept() {
    let sources = sources();
    let texts = check(&sources, &written(&[("faults/b.py", "y = 2"), ("faults/a.py", "x = 2")])).unwrap();
    let texts: Vec<_> = texts.iter().map(|(source, text)| (source.path.as_str(), text.as_str())).collect();
    assert_eq!(texts, [("faults/b.py", "y = 2"), ("faults/a.py", "x = 2\n")]);
}

#[test]
fn anything_else_is_malformed_and_what_it_named_is_not_repeated() {
    let long = "x".repeat(MAX_FILE + 1);
    let cases: &[&[(&str, &str)]] = &[
        &[],
        &[("../../etc/passwd", "x")],
        &[("/etc/passwd", "x")],
        &[("faults/../faults/a.py", "x")],
        &[("./faults/a.py", "x")],
        &[(".github/workflows/ci.yml", "x")],
        &[("faults/A.py", "x")],
        &[("", "x")],
        &[("faults/a.py", "x"), ("faults/a.py", "y")],
        &[("faults/a.py", "x"), ("faults/c.py", "y")],
        &[("faults/a.py", "")],
        &[("faults/a.py", " \n\t")],
        &[("faults/a.py", &long)],
        &[("faults/a.py", "x\0y")],
        &[("faults/a.py", "x\u{1b}[2J")],
        &[("faults/a.py", "url = 'postgres://app:hunter2@db/x'")],
    ];
    for case in cases {
        let refusal = check(&sources(), &written(case)).map(|texts| texts.len()).expect_err("malformed");
        assert_eq!(refusal.code, "malformed", "{case:?}");
        assert!(!["passwd", "ci.yml", "hunter2"].iter().any(|word| refusal.why.contains(word)), "{}", refusal.why);
    }
}
