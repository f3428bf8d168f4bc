//! A path of the table as the server takes it: its methods, and the same refusal for every other.

use actix_web::http::Method;
use actix_web::{HttpRequest, Resource, guard, web};

use super::problem::{Problem, ProblemCode};
use super::routes::{Path, short};

/// Answers the methods of a path; any other is told which they are.
pub fn resource(Path { path, methods }: Path) -> Resource {
    let mut allow: Vec<String> = methods
        .iter()
        .map(|(method, _)| method.to_string())
        .collect();
    if allow.iter().any(|method| method == "GET") {
        allow.push("HEAD".into());
    }
    allow.sort();
    let allow = allow.join(", ");
    let mut resource = web::resource(path);
    for (method, route) in methods {
        resource = match method {
            Method::GET => resource.route(route.guard(guard::Any(guard::Get()).or(guard::Head()))),
            other => resource.route(route.method(other)),
        };
    }
    resource.default_service(web::to(move |request: HttpRequest| {
        let allow = allow.clone();
        async move {
            let detail = format!(
                "This path does not take {}; see the Allow header.",
                short(request.method())
            );
            let mut problem = Problem::new(ProblemCode::MethodNotAllowed, detail);
            problem.allow = Some(allow);
            Err::<actix_web::HttpResponse, Problem>(problem)
        }
    }))
}

/// The answer under a path that is none.
pub async fn not_found() -> Result<actix_web::HttpResponse, Problem> {
    Err(Problem::new(
        ProblemCode::NotFound,
        "There is nothing under this path.",
    ))
}
