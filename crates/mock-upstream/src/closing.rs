//! Closing a connection without an answer: the server keeps its sockets to itself, so each connection carries a second
//! handle of its own.

use actix_web::dev::Extensions;
use actix_web::rt::net::TcpStream as Connection;
use std::any::Any;
use std::net::{Shutdown, TcpStream};
use std::os::fd::AsFd;

/// The second handle.
pub(crate) struct Handle(TcpStream);

impl Handle {
    /// Puts it into the data of a new connection. When descriptors run out there is none, and the connection is told so
    /// with an answer instead.
    pub(crate) fn attach(connection: &dyn Any, data: &mut Extensions) {
        let socket = connection.downcast_ref::<Connection>().map(AsFd::as_fd);
        if let Some(copy) = socket.and_then(|socket| socket.try_clone_to_owned().ok()) {
            data.insert(Self(copy.into()));
        }
    }

    /// Closes both directions; what is written later goes nowhere.
    pub(crate) fn close(&self) -> std::io::Result<()> {
        self.0.shutdown(Shutdown::Both)
    }
}
