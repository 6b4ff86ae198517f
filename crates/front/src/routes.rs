//! The front's own routes.

use crate::Front;
use actix_web::{HttpRequest, web};
use chassis::Reply;
use chassis::error::Plain;
use wire::rollout::{FrontStats, RouteTable};

/// `GET /-/routes`: the table in force. It looks at the file first, so that whoever has just written it is answered at once.
pub async fn tell_routes(front: web::Data<Front>) -> web::Json<RouteTable> {
    front.current.reload();
    web::Json(front.current.table().told())
}

/// `GET /-/stats`: answers by label since the start, and those of reliefs.
pub async fn tell_stats(front: web::Data<Front>) -> web::Json<FrontStats> {
    let labels = front.stats.told();
    web::Json(FrontStats {
        generation: front.current.table().generation(),
        labels,
        relieved: front.current.answered.told(),
    })
}

/// Anything else below `/-`: it never goes to a target.
///
/// # Errors
/// Always 404.
pub async fn tell_nothing(request: HttpRequest) -> Result<web::Json<()>, Reply<Plain>> {
    Err(Plain::NotFound(format!("there is nothing at {}", request.path())).into())
}
