//! The look of the pages: files of this program, each kept by browsers for as long as it stays the same.
//!
//! `portcullis.css` is built from `portcullis.scss` by `scripts/assets`.

use std::io::Write;
use std::sync::OnceLock;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::http::handlers::Answer;
use crate::http::problem::{Problem, ProblemCode};

/// A file of the look.
struct Asset {
    name: &'static str,
    content_type: &'static str,
    bytes: &'static [u8],
}

const ASSETS: [Asset; 3] = [
    Asset {
        name: "portcullis.css",
        content_type: "text/css; charset=utf-8",
        bytes: include_bytes!("assets/portcullis.css"),
    },
    Asset {
        name: "atkinson-hyperlegible-mono.woff2",
        content_type: "font/woff2",
        bytes: include_bytes!("assets/atkinson-hyperlegible-mono.woff2"),
    },
    Asset {
        name: "mark.svg",
        content_type: "image/svg+xml",
        bytes: include_bytes!("assets/mark.svg"),
    },
];

/// The name of the files as they are now: other bytes, another name, so that no browser shows an old look.
fn version() -> &'static str {
    static VERSION: OnceLock<String> = OnceLock::new();
    VERSION.get_or_init(|| {
        let mut hasher = blake3::Hasher::new();
        for asset in &ASSETS {
            hasher.update(asset.bytes);
        }
        hasher.finalize().to_hex()[..16].to_owned()
    })
}

/// Where a file is, as it is now.
pub fn path(name: &str) -> String {
    format!("/assets/{}/{name}", version())
}

/// A file's bytes under gzip, made once.
fn gzipped(at: usize) -> &'static [u8] {
    static GZIPPED: [OnceLock<Vec<u8>>; ASSETS.len()] = [const { OnceLock::new() }; ASSETS.len()];
    GZIPPED[at].get_or_init(|| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        // Writing into memory does not fail.
        let written = encoder.write_all(ASSETS[at].bytes);
        written.and_then(|()| encoder.finish()).unwrap_or_default()
    })
}

/// `GET /assets/{version}/{file}`.
pub async fn asset(request: HttpRequest) -> Answer {
    let part = |name| request.match_info().get(name).unwrap_or_default();
    let found = ASSETS.iter().position(|asset| asset.name == part("file"));
    let Some(at) = found.filter(|_| part("version") == version()) else {
        return Err(Problem::new(
            ProblemCode::NotFound,
            "There is nothing under this path.",
        ));
    };
    let asset = &ASSETS[at];
    let mut answer = HttpResponse::Ok();
    answer
        .content_type(asset.content_type)
        .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .insert_header((header::VARY, "Accept-Encoding"));
    let takes_gzip = request
        .headers()
        .get(header::ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.contains("gzip") && !value.contains("gzip;q=0"));
    // A face is compressed already.
    if takes_gzip && asset.content_type != "font/woff2" {
        answer.insert_header((header::CONTENT_ENCODING, "gzip"));
        return Ok(answer.body(gzipped(at)));
    }
    Ok(answer.body(asset.bytes))
}
