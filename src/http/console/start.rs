//! Where everybody begins: `GET /`, and what the pages promise those who read differently: `GET /accessibility`.

use actix_web::HttpRequest;
use askama::Template;

use super::Frame;
use crate::http::handlers::Answer;

#[derive(Template)]
#[template(path = "console/start.html")]
struct Start {
    frame: Frame,
}

/// The first page.
pub async fn start(request: HttpRequest) -> Answer {
    let page = Start {
        frame: Frame::of(&request),
    };
    page.frame.show(&page)
}

#[derive(Template)]
#[template(path = "console/accessibility.html")]
struct Accessibility {
    frame: Frame,
}

/// The statement of accessibility (Directive (EU) 2016/2102, article 7).
pub async fn accessibility(request: HttpRequest) -> Answer {
    let page = Accessibility {
        frame: Frame::of(&request),
    };
    page.frame.show(&page)
}
