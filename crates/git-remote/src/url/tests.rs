use super::*;

#[track_caller]
fn check(url: &str, expected: Result<&str, &str>) {
    let got = parse(url).map(|url| match url {
        Url::File { path } => path.display().to_string(),
        Url::Ssh(url) => url.to_string(),
    });
    let got = got.map_err(|error| error.to_string());
    match expected {
        Ok(text) => assert_eq!(got.as_deref(), Ok(text), "for {url}"),
        Err(told) => assert!(got.as_ref().is_err_and(|text| text.contains(told)), "for {url}: {got:?}"),
    }
}

#[test]
fn a_folder_of_this_machine_is_a_remote() {
    check("/var/x.git", Ok("/var/x.git"));
    check("file:///var/x.git", Ok("/var/x.git"));
    check("../x.git", Ok("../x.git"));
    check("./a:b.git", Ok("./a:b.git"));
}

#[test]
fn a_repository_over_ssh_is_a_remote_and_is_put_together_anew() {
    check("ssh://git@host.example/team/x.git", Ok("ssh://git@host.example/team/x.git"));
    check("ssh://host:2222/~me/x.git", Ok("ssh://host:2222/~me/x.git"));
    check("ssh://git@[::1]:22/x.git", Ok("ssh://git@[::1]:22/x.git"));
    check("ssh://git@[::1]/x.git", Ok("ssh://git@[::1]/x.git"));
    check("git@host:team/x.git", Ok("git@host:team/x.git"));
    check("host:/srv/x.git", Ok("ssh://host/srv/x.git"));
}

#[test]
fn other_transports_are_refused() {
    for (url, scheme) in [
        ("https://host/x.git", "https"),
        ("git://host/x.git", "git"),
        ("git+ssh://host/x", "git+ssh"),
        ("ext::sh -c touch /tmp/x", "ext"),
        ("ext::ssh://x/y", "ext::ssh"),
        ("fd::17", "fd"),
    ] {
        check(url, Err(&format!("over {scheme}")));
    }
}

#[test]
fn a_credential_in_the_url_is_refused_and_not_told() {
    for url in [
        "https://user:hunter2@host/x.git",
        "https://hunter2@host",
        "ssh://user:hunter2@host/x",
        "ssh://user:hunter2@host:22/x",
        "user:hunter2@host:x.git",
        "file://hunter2@/x.git",
    ] {
        check(url, Err("credential"));
        assert!(!format!("{:?}", parse(url)).contains("hunter2"));
    }
}

#[test]
fn no_part_can_be_taken_for_an_option_or_for_shell() {
    for url in [
        "ssh://-oProxyCommand=touch/x",
        "ssh://-oProxyCommand=x@host/x",
        "ssh://host/x;touch y",
        "ssh://host/$(touch y)",
        "ssh://host/`y`",
        "ssh://host/x'y",
        "ssh://host/%2doops",
        "ssh://ho%73t/x",
        "ssh://host\n/x",
        "ssh://git@/x",
        "ssh:///x",
        "ssh://host",
        "ssh://host/",
        "ssh://host:/x",
        "ssh://host:0/x",
        "ssh://host:99999/x",
        "ssh://[::zz]/x",
        "ssh://[::1/x",
        "-oProxyCommand=x:y",
        "git@-host:x",
        "host:-x",
        "host:--upload-pack=touch",
        "host:",
        "",
    ] {
        check(url, Err("is not"));
    }
    check(&format!("ssh://host/{}", "x".repeat(2000)), Err("is not"));
}
