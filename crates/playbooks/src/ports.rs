//! Who listens where on this machine, out of `/proc/net/tcp`.

use crate::processes;
use std::collections::BTreeSet;

/// A TCP socket that listens, of all that are reached at `127.0.0.1`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listener {
    pub(crate) port: u16,
    inode: u64,
}

/// All of them.
pub(crate) fn listeners() -> Vec<Listener> {
    let told = ["/proc/net/tcp", "/proc/net/tcp6"].map(|path| std::fs::read_to_string(path).unwrap_or_default());
    told.iter().flat_map(|told| told.lines().filter_map(listener)).collect()
}

/// What a line tells: a socket that listens (state 0A) at an address that takes 127.0.0.1.
fn listener(line: &str) -> Option<Listener> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let (address, port) = fields.get(1)?.split_once(':')?;
    let (state, inode) = (fields.get(3)?, fields.get(9)?);
    let any = address.bytes().all(|digit| digit == b'0');
    // Loopback as such and as the address of the sixth version that stands for it, or for any of the fourth.
    let loopback = ["0100007F", "0000000000000000FFFF00000100007F", "0000000000000000FFFF000000000000"];
    let reached = *state == "0A" && (any || loopback.contains(&address));
    reached.then_some(Listener { port: u16::from_str_radix(port, 16).ok()?, inode: inode.parse().ok()? })
}

/// The processes that hold the sockets of a port, as far as they can be seen.
pub(crate) fn holders(listeners: &[Listener], port: u16) -> Vec<i32> {
    let sockets = listeners.iter().filter(|listener| listener.port == port);
    let links: BTreeSet<String> = sockets.map(|listener| format!("socket:[{}]", listener.inode)).collect();
    if links.is_empty() {
        return Vec::new();
    }
    let is_one = |to: std::path::PathBuf| to.to_str().is_some_and(|to| links.contains(to));
    let holds = |pid: &i32| processes::descriptors(*pid).iter().any(|link| std::fs::read_link(link).is_ok_and(is_one));
    processes::pids().into_iter().filter(holds).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_listens_is_told_from_what_is_connected_or_elsewhere() {
        let line = |address: &str, state: &str| {
            format!(
                "   0: {address} 00000000:0000 {state} 00000000:00000000 00:00000000 00000000  1000  0 4711 1 0 100"
            )
        };
        let one = Some(Listener { port: 8000, inode: 4711 });
        let takes = ["0100007F:1F40", "00000000:1F40", &format!("{}:1F40", "0".repeat(32))];
        for address in takes {
            assert_eq!(listener(&line(address, "0A")), one, "{address}");
        }
        assert_eq!(listener(&line("0100007F:1F40", "01")), None);
        assert_eq!(listener(&line("0200007F:1F40", "0A")), None);
        assert_eq!(listener(&line("00000000000000000000000001000000:1F40", "0A")), None);
        assert_eq!(listener("  sl  local_address rem_address   st"), None);
    }

    #[test]
    fn who_listens_is_found() {
        let own = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = own.local_addr().expect("its address").port();
        let pid = i32::try_from(std::process::id()).expect("a pid");
        assert_eq!(holders(&listeners(), port), [pid]);
        drop(own);
        assert!(holders(&listeners(), port).is_empty());
    }
}
