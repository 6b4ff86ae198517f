//! The servers of this crate: the hub of `incident-store` behind its own server, and a bare write loop. Each prints its address,
//! takes `P COUNT` on its standard input for that many frames, and ends with it.

use super::frame;
use actix_web::body::BodyStream;
use actix_web::{HttpResponse, web};
use chassis::Stop;
use chassis::auth::Credentials;
use chassis::server::Server;
use futures::StreamExt;
use incident_store::stream::hub::{Hub, Start};
use std::convert::Infallible;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use wire::view::Whole;
use wire::{Cursor, Epoch, Service};

/// What `incident-store` keeps for clients that come again, bytes.
const KEPT: usize = 4 << 20;
/// When it cuts a client that takes nothing.
const STALLED: Duration = Duration::from_secs(30);
const MOST_CLIENTS: usize = 15_000;

/// The hub.
pub(crate) fn hub() -> anyhow::Result<()> {
    let listener = listen()?;
    let hub = Hub::new(KEPT, MOST_CLIENTS);
    hub.begin(Cursor::default(), Whole { epoch: Epoch(1), paused: false, reset_at: None }, &[]);
    let credentials = Arc::new(Credentials { token: String::new().into(), accept: Vec::new() });
    let usual = Server::new(Service::IncidentStore, credentials);
    let server = Server { max_connections: MOST_CLIENTS, half_closed: false, stalled: Some(STALLED), ..usual };
    let (stop, told) = (Stop::new(), hub.clone());
    let word = stop.clone();
    std::thread::spawn(move || {
        let mut id = 0;
        each_order(|count| {
            for _ in 0..count {
                id += 1;
                let cursor = Cursor { txid: 1, id };
                told.publish(&[(cursor, frame(id))]);
            }
        });
        word.now();
        told.close();
    });
    let data = web::Data::new(hub);
    let routes = move |config: &mut web::ServiceConfig| {
        config.app_data(data.clone()).route("/stream", web::get().to(stream));
    };
    actix_web::rt::System::new().block_on(server.serve(listener, stop, routes))
}

async fn stream(hub: web::Data<Hub>) -> HttpResponse {
    match hub.subscribe(Start::Now) {
        Ok(subscriber) => {
            let hello = futures::stream::once(std::future::ready(hub.hello()));
            let parts = hello.chain(subscriber).map(Ok::<_, Infallible>);
            HttpResponse::Ok().content_type("text/event-stream").body(BodyStream::new(Box::pin(parts)))
        }
        Err(_) => HttpResponse::ServiceUnavailable().finish(),
    }
}

/// The floor: every socket is written to, one after the other.
pub(crate) fn raw() -> anyhow::Result<()> {
    let listener = listen()?;
    let sockets: Arc<Mutex<Vec<TcpStream>>> = Arc::default();
    let accepted = Arc::clone(&sockets);
    std::thread::spawn(move || {
        for mut socket in listener.incoming().flatten() {
            let _gone = socket.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
            accepted.lock().unwrap_or_else(PoisonError::into_inner).push(socket);
        }
    });
    let mut id = 0;
    each_order(|count| {
        for _ in 0..count {
            id += 1;
            let frame = frame(id);
            let sockets = sockets.lock().unwrap_or_else(PoisonError::into_inner);
            for mut socket in sockets.iter() {
                let _gone = socket.write_all(frame.as_bytes());
            }
        }
    });
    Ok(())
}

fn listen() -> anyhow::Result<TcpListener> {
    super::raise_limit()?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("{}", listener.local_addr()?);
    Ok(listener)
}

fn each_order(mut publish: impl FnMut(usize)) {
    for line in std::io::stdin().lines().map_while(Result::ok) {
        if let Some(count) = line.strip_prefix("P ").and_then(|count| count.parse().ok()) {
            publish(count);
        }
    }
}
