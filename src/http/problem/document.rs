//! Problem documents, as they are written.

use serde::{Deserialize, Serialize};

/// A problem document (RFC 9457).
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ProblemDocument {
    /// Where the code is explained.
    #[schema(max_length = 100, example = "/problems/not_found")]
    pub r#type: String,
    /// The code in a few words.
    #[schema(max_length = 100)]
    pub title: String,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    pub status: u16,
    /// What went wrong this time, and how to mend it.
    #[schema(max_length = 1000)]
    pub detail: String,
    /// What went wrong, for programs.
    #[schema(max_length = 40, pattern = "^[a-z_]+$")]
    pub code: String,
    /// The fields that are wrong.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 100)]
    pub errors: Vec<ProblemField>,
    /// The request, for asking us about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64)]
    pub request_id: Option<String>,
    /// Where a token was asked for, the same in the words of OAuth, whose clients read it here (RFC 6749 section 5.2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 40)]
    pub error: Option<String>,
}

/// A field that is wrong.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ProblemField {
    /// JSON Pointer (RFC 6901) into the body, or the name of a parameter or header.
    #[schema(max_length = 200)]
    pub pointer: String,
    /// The fault, for programs.
    #[schema(max_length = 60)]
    pub code: String,
    /// What is wrong and how to mend it.
    #[schema(max_length = 500)]
    pub detail: String,
}
