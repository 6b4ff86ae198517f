//! The routes.

use crate::work::Hands;
use actix_web::web;
use chassis::auth::{Allow, Role};
use chassis::server::other_method;
use wire::lease::Work;
use wire::paths;

pub(crate) fn configure(config: &mut web::ServiceConfig) {
    let work = web::resource(paths::WORK).route(web::get().to(read_work)).default_service(web::to(other_method));
    config.service(work.wrap(Allow(&[Role::Operator])));
}

async fn read_work(hands: web::Data<Hands>) -> web::Json<Work> {
    web::Json(hands.work())
}
