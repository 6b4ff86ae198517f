//! Who listens on a port of this machine, read from `/proc`.

use super::facts::Holder;
use crate::stack::{descendants, ports};
use std::path::Path;

/// `0A` in the kernel's table: the socket listens.
const LISTENS: &str = "0A";

/// Who holds a port; `stack` is the process of this folder's stack.
pub fn of(port: u16, stack: Option<u32>) -> Option<Holder> {
    if ports::is_free(port) {
        return None;
    }
    let pid = inode(port).and_then(|inode| owner(&inode));
    let name = pid.and_then(|pid| std::fs::read_to_string(format!("/proc/{pid}/comm")).ok());
    let who = match (pid, name) {
        (Some(pid), Some(name)) => format!("{}, pid {pid}", name.trim()),
        _ => "a process that this user cannot see".to_owned(),
    };
    let ours = matches!((pid, stack), (Some(pid), Some(stack)) if descendants::is_below(pid, stack));
    Some(Holder { pid, who, ours })
}

/// The inode of the socket that listens on a port.
fn inode(port: u16) -> Option<String> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].into_iter().filter_map(|path| std::fs::read_to_string(path).ok());
    tables.into_iter().find_map(|table| listening(&table, port))
}

/// The inode that a table of the kernel's names for a listening port.
fn listening(table: &str, port: u16) -> Option<String> {
    let wanted = format!(":{port:04X}");
    table.lines().skip(1).find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let hit = fields.get(1)?.ends_with(&wanted) && *fields.get(3)? == LISTENS;
        hit.then(|| fields.get(9).map(|inode| (*inode).to_owned()))?
    })
}

fn owner(inode: &str) -> Option<u32> {
    let wanted = format!("socket:[{inode}]");
    let processes = std::fs::read_dir("/proc").ok()?.flatten();
    let mut pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.find(|pid| {
        let files = std::fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
        files.into_iter().any(|file| std::fs::read_link(file.path()).is_ok_and(|to| to == Path::new(&wanted)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listening_port_is_found_with_its_owner() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let holder = of(listener.local_addr().unwrap().port(), Some(std::process::id())).unwrap();
        assert_eq!(holder.pid, Some(std::process::id()));
        assert!(holder.ours, "{holder:?}");
    }

    #[test]
    fn a_connected_socket_does_not_hold_a_port() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
                     0: 0100007F:1F40 0100007F:A000 01 00000000:00000000 00:00000000 00000000     0        0 7 1\n\
                     1: 0100007F:1F40 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 42 1\n";
        assert_eq!(listening(table, 8000).as_deref(), Some("42"));
        assert_eq!(listening(table, 8001), None);
    }
}
