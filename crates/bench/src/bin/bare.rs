//! What P11 compares with: actix alone, one worker, one route. It prints its address when it listens.

use actix_web::{App, HttpResponse, HttpServer, web};
use std::net::TcpListener;

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let listener = TcpListener::bind(std::env::args().nth(1).as_deref().unwrap_or("127.0.0.1:0"))?;
    println!("{}", listener.local_addr()?);
    let app = || App::new().default_service(web::to(|| async { HttpResponse::Ok().body("hello") }));
    HttpServer::new(app).workers(1).listen(listener)?.run().await
}
