use super::*;

fn remote(folder: &Path) -> SshRemote {
    let (key, hosts) = (folder.join("it's a 100% key"), folder.join("known hosts"));
    std::fs::write(&key, "").expect("a file");
    std::fs::write(&hosts, "").expect("a file");
    let crate::url::Url::Ssh(url) = crate::url::parse("ssh://git@host:2222/x.git").expect("a URL") else { panic!() };
    SshRemote::new(&url, &Access::new(&key, &hosts, 5_000)).expect("a remote")
}

#[test]
fn what_git_hands_to_its_shell_arrives_word_for_word() {
    let folder = tempfile::tempdir().expect("a folder");
    let command = ssh(&remote(folder.path()).files, Duration::from_secs(5)).replacen("'ssh'", "printf '%s\\n'", 1);
    let output = Command::new("/bin/sh").args(["-c", &command]).output().expect("a shell");
    let text = String::from_utf8(output.stdout).expect("text");
    let key = format!("IdentityFile=\"{}/it's a 100%% key\"", folder.path().display());
    let wanted = ["-F", "/dev/null", "-o", &key];
    assert_eq!(text.lines().take(4).collect::<Vec<_>>(), wanted);
    let last = text.lines().last();
    assert_eq!(last, Some("ServerAliveCountMax=1"));
}

#[test]
fn nothing_of_our_environment_is_handed_on_and_nothing_stands_before_the_dashes() {
    let folder = tempfile::tempdir().expect("a folder");
    let command =
        remote(folder.path()).command(folder.path(), &["ls-remote", "--", "ssh://git@host/x", "refs/heads/a"]);
    let names: Vec<_> = command.get_envs().filter_map(|(name, value)| value.and(name.to_str())).collect();
    assert!(!names.contains(&"HOME") && !names.contains(&"SSH_AUTH_SOCK"), "{names:?}");
    assert!(format!("{command:?}").contains("env -i"), "the environment is cleared: {command:?}");
    let words: Vec<_> = command.get_args().filter_map(|word| word.to_str()).collect();
    assert!(words.ends_with(&["ls-remote", "--", "ssh://git@host/x", "refs/heads/a"]), "{words:?}");
}

#[test]
fn a_path_that_ssh_cannot_be_told_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("fine");
    std::fs::write(&file, "").expect("a file");
    for name in ["a\"b", "a\\b", "${HOME}", "a\nb"] {
        let path = folder.path().join(name);
        std::fs::write(&path, "").expect("a file");
        let refused = Access::new(&path, &file, 1).files().expect_err("refused").to_string();
        assert!(refused.contains("ssh_key"), "{refused}");
    }
    let none = Access::new(&file, Path::new(""), 1).files().expect_err("refused").to_string();
    assert!(none.contains("`ssh_known_hosts` is not set"), "{none}");
    let away = Access::new(&folder.path().join("away"), &file, 1).files().expect_err("refused").to_string();
    assert!(away.contains("no file"), "{away}");
}
