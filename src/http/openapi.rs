//! The description of the API. Placeholder on this branch.

/// The OpenAPI description as YAML.
pub fn yaml() -> String {
    "openapi: 3.1.0\n".into()
}
