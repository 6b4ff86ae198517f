//! One request to the upstream, on a connection of its own: with a pool, a connection that it has just closed would be an
//! error of a request that is not to blame, and one on the same machine costs less than a tenth of a millisecond.

use crate::upstream::Address;
use crate::upstream::failure::{Failure, Kind};
use actix_web::web::Bytes;
use futures_util::future::{Either, select};
use http_body_util::{BodyExt, Empty, LengthLimitError, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::pin::pin;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// What an answer may hold.
const MAX_BODY: usize = 64 * 1024;

/// An answer as it came.
#[derive(Debug)]
pub(crate) struct Raw {
    status: u16,
    body: Bytes,
}

/// Sends `GET` and waits for the whole answer, no longer than `limit`.
pub(crate) async fn get(
    address: &Address,
    path: &str,
    headers: &[(&'static str, String)],
    limit: Duration,
) -> Result<Raw, Failure> {
    let mut request = hyper::Request::get(format!("{}{path}", address.prefix)).header("host", &address.authority);
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    let request = request.body(Empty::<Bytes>::new()).map_err(|_| Failure(Kind::WrongData))?;
    let exchanged = timeout(limit, exchange(address, request)).await;
    exchanged.unwrap_or(Err(Kind::Timeout)).map_err(Failure)
}

async fn exchange(address: &Address, request: hyper::Request<Empty<Bytes>>) -> Result<Raw, Kind> {
    let stream = TcpStream::connect((&*address.host, address.port)).await.map_err(|_| Kind::Unreachable)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|error| kind(&error))?;
    let talk = pin!(async {
        let answer = sender.send_request(request).await.map_err(|error| kind(&error))?;
        let status = answer.status().as_u16();
        match Limited::new(answer.into_body(), MAX_BODY).collect().await {
            Ok(body) => Ok(Raw { status, body: body.to_bytes() }),
            Err(error) if error.is::<LengthLimitError>() => Err(Kind::WrongData),
            Err(error) => Err(error.downcast_ref::<hyper::Error>().map_or(Kind::Unreachable, kind)),
        }
    });
    match select(talk, pin!(connection)).await {
        Either::Left((raw, _)) => raw,
        // A connection that has ended has said how to whoever waits for the answer.
        Either::Right((_, talk)) => talk.await,
    }
}

/// What is no HTTP is wrong data; anything else is a connection that broke.
fn kind(error: &hyper::Error) -> Kind {
    if error.is_parse() { Kind::WrongData } else { Kind::Unreachable }
}

impl Raw {
    /// The value, if the answer is 200 with `{"value": whole number}`.
    pub(crate) fn value(&self) -> Result<i64, Failure> {
        if self.status >= 500 {
            return Err(Failure(Kind::UpstreamError));
        }
        let body: Option<Value> = serde_json::from_slice(&self.body).ok();
        let value = body.as_ref().and_then(|body| body.get("value")).and_then(Value::as_i64);
        value.filter(|_| self.status == 200).ok_or(Failure(Kind::WrongData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(status: u16, body: &'static str, wanted: Result<i64, Kind>) {
        let raw = Raw { status, body: Bytes::from_static(body.as_bytes()) };
        assert_eq!(raw.value().map_err(|failure| failure.0), wanted, "{raw:?}");
    }

    #[test]
    fn only_a_200_with_a_whole_number_is_a_value() {
        check(200, r#"{"value":42}"#, Ok(42));
        check(200, r#"{"more":1,"value":-7}"#, Ok(-7));
        for body in
            [r#"{"value":"forty-two"}"#, r#"{"value":4.5}"#, r#"{"value":null}"#, "{}", "[42]", "42", "<html>", ""]
        {
            check(200, body, Err(Kind::WrongData));
        }
        check(404, r#"{"value":42}"#, Err(Kind::WrongData));
        check(201, r#"{"value":42}"#, Err(Kind::WrongData));
        check(500, r#"{"value":42}"#, Err(Kind::UpstreamError));
        check(503, "", Err(Kind::UpstreamError));
    }
}
