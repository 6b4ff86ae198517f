//! The route table's file: read, changed for one target, replaced by a rename.

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use wire::rollout::{Route, RouteTable};

/// The owner of the route by which pipelines reach this service: no name of a target.
pub(crate) const CALLBACKS: &str = "callbacks:";

/// Why the route table could not be changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RouteError {
    #[error("cannot read the route table {path}")]
    Read {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("cannot write the route table {path}")]
    Write {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
}

/// The table with one owner's route replaced (or taken out); the others stay. None when it is so already. An owner is a
/// target, or [`CALLBACKS`].
pub(crate) fn with(table: &RouteTable, owner: &str, route: Option<&Route>, at_least: i64) -> Option<RouteTable> {
    if own(table, owner).eq(route) {
        return None;
    }
    let others = table.routes.iter().filter(|other| !is_of(other, owner)).cloned();
    let routes = others.chain(route.cloned()).collect();
    Some(RouteTable { generation: table.generation.max(at_least) + 1, routes, reliefs: table.reliefs.clone() })
}

/// The routes of an owner.
pub(crate) fn own<'a>(table: &'a RouteTable, owner: &'a str) -> impl Iterator<Item = &'a Route> {
    table.routes.iter().filter(move |route| is_of(route, owner))
}

fn is_of(route: &Route, owner: &str) -> bool {
    route.label.split('/').next() == Some(owner)
}

/// Reads the file; an absent one is an empty table, as is one that a person has broken: it is made again from the ledger.
pub(crate) fn read(path: &Path) -> Result<RouteTable, RouteError> {
    match std::fs::read(path) {
        Ok(text) => Ok(serde_json::from_slice(&text).unwrap_or_else(|error| {
            tracing::error!(path = %path.display(), %error, "the route table is not one; it is written anew");
            RouteTable::default()
        })),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(RouteTable::default()),
        Err(source) => Err(RouteError::Read { path: path.to_owned(), source }),
    }
}

/// Replaces the file in one step: a reader sees the old table or the new one.
pub(crate) fn write(path: &Path, table: &RouteTable) -> Result<(), RouteError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let replace = || {
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(&serde_json::to_vec_pretty(table)?)?;
        file.persist(path).map(|_| ()).map_err(|error| error.error)
    };
    replace().map_err(|source| RouteError::Write { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(label: &str, port: u16) -> Route {
        Route {
            prefix: "/".into(),
            upstream: format!("http://127.0.0.1:{port}"),
            label: label.into(),
            keep: Vec::new(),
        }
    }

    #[test]
    fn a_targets_route_is_replaced_and_those_of_others_stay() {
        let other = route("tiny-two/blue/1", 1);
        let table =
            RouteTable { generation: 4, routes: vec![other.clone(), route("tiny/blue/1", 2)], ..RouteTable::default() };
        let green = route("tiny/green/2", 3);
        let next = with(&table, "tiny", Some(&green), 0).expect("a change");
        assert_eq!(
            next,
            RouteTable { generation: 5, routes: vec![other.clone(), green.clone()], ..RouteTable::default() }
        );
        assert_eq!(with(&next, "tiny", Some(&green), 0), None);
        assert_eq!(
            with(&next, "tiny", None, 9),
            Some(RouteTable { generation: 10, routes: vec![other], ..RouteTable::default() })
        );
    }

    #[test]
    fn a_written_table_is_read_back_and_a_broken_or_absent_one_is_empty() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("routes.json");
        assert_eq!(read(&path).expect("a table"), RouteTable::default());
        let table = RouteTable { generation: 1, routes: vec![route("tiny/blue/1", 2)], ..RouteTable::default() };
        write(&path, &table).expect("written");
        assert_eq!(read(&path).expect("a table"), table);
        std::fs::write(&path, "{").expect("broken");
        assert_eq!(read(&path).expect("a table"), RouteTable::default());
    }
}
