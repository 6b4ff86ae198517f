//! The dashboard's page and its parts: embedded, so that it needs no network and no folder beside the program. They hold
//! nothing of anybody, so they need no role; what they show they ask for with the reader's own session.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName};
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use chassis::error::respond;
use chassis::server::other_method;
use wire::problem::code;
use wire::{Digest, paths};

/// What a browser may do for this page: run its own scripts, show its own images, ask its own server. Text from a log that
/// looks like a script stays text, and even a script of ours cannot turn text into markup.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

/// With every part. It is asked for again with its digest each time: a new version of the service is never mixed with an
/// old one's parts.
const HEADERS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::CACHE_CONTROL, "no-cache"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

const HTML: &str = "text/html; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const IMAGE: &str = "image/svg+xml";

/// A part of the page.
struct Asset {
    name: &'static str,
    form: &'static str,
    bytes: &'static [u8],
}

macro_rules! asset {
    ($name:literal, $form:ident) => {
        Asset { name: $name, form: $form, bytes: include_bytes!(concat!("../assets/", $name)) }
    };
}

/// The page itself.
const PAGE: Asset = asset!("index.html", HTML);

/// What it consists of.
const ASSETS: [Asset; 18] = [
    asset!("app.css", STYLE),
    asset!("icon.svg", IMAGE),
    asset!("app.js", SCRIPT),
    asset!("act.js", SCRIPT),
    asset!("api.js", SCRIPT),
    asset!("controls.js", SCRIPT),
    asset!("detail.js", SCRIPT),
    asset!("diff.js", SCRIPT),
    asset!("dom.js", SCRIPT),
    asset!("evidence.js", SCRIPT),
    asset!("list.js", SCRIPT),
    asset!("live.js", SCRIPT),
    asset!("model.js", SCRIPT),
    asset!("place.js", SCRIPT),
    asset!("session.js", SCRIPT),
    asset!("timeline.js", SCRIPT),
    asset!("times.js", SCRIPT),
    asset!("words.js", SCRIPT),
];

/// The routes of the page. None of them needs a role.
pub(crate) fn configure(cfg: &mut ServiceConfig) {
    let page = || web::resource([paths::DEVELOPER.to_owned(), format!("{}/", paths::DEVELOPER)]);
    let part = web::resource(format!("{}/assets/{{name}}", paths::DEVELOPER));
    cfg.service(page().get(read_page).route(web::head().to(read_page)).default_service(web::to(other_method)))
        .service(part.get(read_asset).route(web::head().to(read_asset)).default_service(web::to(other_method)));
}

async fn read_page(request: HttpRequest) -> HttpResponse {
    answer(&request, &PAGE)
}

async fn read_asset(request: HttpRequest, name: web::Path<String>) -> HttpResponse {
    match ASSETS.iter().find(|asset| asset.name == name.as_str()) {
        Some(asset) => answer(&request, asset),
        None => respond(StatusCode::NOT_FOUND, code::NOT_FOUND, "the page has no part of this name"),
    }
}

fn answer(request: &HttpRequest, asset: &Asset) -> HttpResponse {
    let tag = format!("\"{}\"", Digest::of(asset.bytes));
    let known = request.headers().get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let is_known = known.is_some_and(|known| known.split(',').any(|one| one.trim().trim_start_matches("W/") == tag));
    let mut response = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    for header in HEADERS {
        response.insert_header(header);
    }
    response.insert_header((header::ETAG, tag));
    if is_known { response.finish() } else { response.content_type(asset.form).body(asset.bytes) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_file_of_the_folder_is_served_and_nothing_else_is_named() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("assets");
        let there: BTreeSet<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name != "README.md")
            .collect();
        let served: BTreeSet<String> = ASSETS.iter().chain([&PAGE]).map(|asset| asset.name.to_owned()).collect();
        assert_eq!(served, there);
    }

    #[test]
    fn the_page_names_no_other_origin_and_holds_no_script_or_style_of_its_own() {
        for asset in ASSETS.iter().chain([&PAGE]) {
            let text = std::str::from_utf8(asset.bytes).unwrap();
            // The SVG's own name space is a name, not an address.
            let text = text.replace("http://www.w3.org/", "");
            assert!(!text.contains("http://") && !text.contains("https://"), "{} names an address", asset.name);
            for forbidden in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("] {
                assert!(!text.contains(forbidden), "{} uses {forbidden}", asset.name);
            }
        }
        let page = std::str::from_utf8(PAGE.bytes).unwrap();
        for forbidden in [" style=", " onclick=", "<style", "<script>"] {
            assert!(!page.contains(forbidden), "the page holds {forbidden}");
        }
    }
}
