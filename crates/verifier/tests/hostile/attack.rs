// What a hostile candidate tries, from wherever it runs. Each attack ends with a failure that says how far it got.

use std::io::Write;
use std::net::TcpStream;
use std::process::Command;

pub fn attack() {
    let name = std::env::var("ATTACK").unwrap_or_default();
    let told = match name.as_str() {
        "" => return,
        "environment" => environment(),
        "socket" => socket(),
        "outside" => outside(),
        "fork" => fork(),
        "disk" => disk(),
        other => format!("no attack is called {other}"),
    };
    eprintln!("ATTACK {name}: {told}");
    std::process::exit(3);
}

fn environment() -> String {
    let mut all: Vec<String> = std::env::vars().map(|(name, value)| format!("{name}={value}")).collect();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        if let Ok(bytes) = std::fs::read(entry.path().join("environ")) {
            all.push(String::from_utf8_lossy(&bytes).replace('\0', "\n"));
        }
    }
    all.join("\n")
}

fn socket() -> String {
    let addresses = std::env::var("VICTIM").unwrap_or_default();
    let mut told = Vec::new();
    for address in addresses.split(',').chain(["1.1.1.1:53", "169.254.169.254:80"]) {
        let address: std::net::SocketAddr = address.parse().unwrap();
        match TcpStream::connect_timeout(&address, std::time::Duration::from_millis(300)) {
            Ok(_) => told.push(format!("CONNECTED {address}")),
            Err(error) => told.push(format!("{address}: {error}")),
        }
    }
    told.join("; ")
}

fn outside() -> String {
    let victim = std::env::var("VICTIM").unwrap_or_default();
    let paths = [victim.as_str(), "/usr/kintsugi-was-here", "/etc/kintsugi-was-here", "/run/kintsugi/verifier", "/proc/sysrq-trigger", "/cargo/x"];
    let mut told = Vec::new();
    for path in paths {
        match std::fs::OpenOptions::new().create(true).append(true).open(path).and_then(|mut file| file.write_all(b"x")) {
            Ok(()) => told.push(format!("WROTE {path}")),
            Err(error) => told.push(format!("{path}: {error}")),
        }
    }
    told.join("; ")
}

fn fork() -> String {
    // Each shell starts two more, for ever.
    let bomb = "bomb() { bomb | bomb & }; bomb; sleep 60";
    format!("{:?}", Command::new("/bin/sh").args(["-c", bomb]).status())
}

fn disk() -> String {
    let chunk = vec![7u8; 4 << 20];
    let mut held = Vec::new();
    for at in 0..4096 {
        // The unlinked half cannot be seen in the folder.
        let path = format!("/src/filled-{at}");
        let written = std::fs::File::create(&path).and_then(|mut file| file.write_all(&chunk).map(|()| file));
        match written {
            Ok(file) if at % 4 == 3 => {
                let _ = std::fs::remove_file(&path);
                held.push(file);
            }
            Ok(_) => {}
            Err(error) => return format!("stopped at {at}: {error}"),
        }
    }
    "FILLED 16 GiB".into()
}
