//! A person's session: `POST`, `GET`, `DELETE /developer/session`. Nothing is kept of it: the cookie carries it, sealed.

pub(crate) mod guard;
mod mac;
mod origin;
mod seal;

use crate::app::App;
use crate::error::StoreError;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use chassis::Reply;
use chassis::auth::{Caller, Credentials, Role};
use chrono::TimeDelta;
use seal::Seal;
use wire::session::{Login, Session};

/// The cookie.
const COOKIE: &str = "kintsugi_session";
/// Where it is sent.
const PATH: &str = "/developer";
/// How long a session lasts.
const LIFE: TimeDelta = TimeDelta::hours(12);
/// The longest token that is looked at, bytes.
const MAX_TOKEN: usize = 512;

/// What a person may be.
pub(crate) const PEOPLE: &[Role] = &[Role::Operator, Role::Approver];

pub(crate) async fn begin_session(
    request: HttpRequest,
    app: web::Data<App>,
    credentials: web::Data<Credentials>,
    login: web::Json<Login>,
) -> Result<HttpResponse, Reply<StoreError>> {
    if origin::of(request.headers()) == origin::Origin::Other {
        return Err(StoreError::Forbidden("a session is begun from its own page only").into());
    }
    let token = login.into_inner().token;
    let caller = Some(token).filter(|token| token.len() <= MAX_TOKEN).and_then(|token| credentials.recognise(&token));
    let caller = caller.ok_or(StoreError::NoSession("the token is none that this service knows"))?;
    if !caller.roles.iter().any(|role| PEOPLE.contains(role)) {
        return Err(
            StoreError::Forbidden("the token is known, but it is no person's: its roles allow no session").into()
        );
    }
    let seal = Seal::of(&credentials);
    let now = app.store.clock.now();
    let value =
        seal.close(&credentials, &caller.name, now + LIFE).ok_or(StoreError::NoSession("the caller is gone"))?;
    let cookie = cookie(&request, &value, LIFE);
    let session = tell(&caller, Some(seal.csrf(&value)));
    Ok(HttpResponse::Ok().insert_header((header::SET_COOKIE, cookie)).json(session))
}

pub(crate) async fn read_session(
    request: HttpRequest,
    app: web::Data<App>,
    credentials: web::Data<Credentials>,
    caller: web::ReqData<Caller>,
) -> web::Json<Session> {
    let csrf = guard::open(request.headers(), &credentials, app.store.clock.now()).map(|session| session.csrf);
    let has_token = request.headers().contains_key(header::AUTHORIZATION);
    web::Json(tell(&caller, csrf.filter(|_| !has_token)))
}

pub(crate) async fn end_session(request: HttpRequest) -> HttpResponse {
    let cookie = cookie(&request, "", TimeDelta::zero());
    HttpResponse::NoContent().insert_header((header::SET_COOKIE, cookie)).finish()
}

fn tell(caller: &Caller, csrf: Option<String>) -> Session {
    let roles = caller.roles.iter().filter_map(|role| match role {
        Role::Operator => Some("operator".to_owned()),
        Role::Approver => Some("approver".to_owned()),
        _ => None,
    });
    Session { name: caller.name.clone(), roles: roles.collect(), csrf }
}

/// Behind TLS the browser keeps it to TLS. The header is the load balancer's word; a caller who lies about it harms only
/// their own session.
fn cookie(request: &HttpRequest, value: &str, life: TimeDelta) -> String {
    let proto = request.headers().get("x-forwarded-proto").and_then(|value| value.to_str().ok());
    let secure = if proto.is_some_and(|proto| proto.eq_ignore_ascii_case("https")) { "; Secure" } else { "" };
    format!("{COOKIE}={value}; Path={PATH}; Max-Age={}; HttpOnly; SameSite=Strict{secure}", life.num_seconds())
}
