//! Every error as a problem document (RFC 9457): one table from code to status and title. What the table does not name
//! cannot be answered, so there is nothing that is answered otherwise.

use std::borrow::Cow;

use crate::service::error::{Code, FieldError};
use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError};

mod document;

pub use document::{ProblemDocument, ProblemField};

macro_rules! problems {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $status:ident, $title:literal, $mend:literal;)*) => {
        /// What went wrong, for programs. The names are stable.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ProblemCode {$($(#[$doc])* $name,)*}

        impl ProblemCode {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Its name in the API.
            pub const fn as_str(self) -> &'static str {
                match self {$(Self::$name => $code,)*}
            }

            /// The status it is answered with.
            pub const fn status(self) -> StatusCode {
                match self {$(Self::$name => StatusCode::$status,)*}
            }

            /// What it is, in a few words that never change.
            pub const fn title(self) -> &'static str {
                match self {$(Self::$name => $title,)*}
            }

            /// What it means and how to mend it, in whole sentences.
            pub const fn explanation(self) -> &'static str {
                match self {$(Self::$name => $mend,)*}
            }
        }
    };
}

problems! {
    /// The bytes are no request.
    MalformedRequest = "malformed_request", BAD_REQUEST, "This is no HTTP request",
        "The head of the request cannot be read as HTTP/1.1 (RFC 9112): a line or a header is malformed, Host is missing, lengths contradict each other, or a chunk is broken. The connection is closed. Look at the client, or at a proxy in between.";
    /// The head of the request is too long.
    HeadTooLarge = "head_too_large", REQUEST_HEADER_FIELDS_TOO_LARGE, "The head of the request is too long",
        "Path, query and headers are longer than a request may have, or there are too many headers. The connection is closed. Send fewer and shorter ones.";
    /// The body is not JSON.
    MalformedBody = "malformed_body", BAD_REQUEST, "The body cannot be read",
        "The body is not JSON, ends too early, or is nested too deeply. Send JSON in UTF-8 with Content-Type: application/json.";
    /// The query string cannot be read.
    MalformedQuery = "malformed_query", BAD_REQUEST, "The query cannot be read",
        "The query has a parameter that is not known here, stands there twice, or has a value of the wrong form. `errors` names it.";
    /// A header cannot be read, or is missing.
    MalformedHeader = "malformed_header", BAD_REQUEST, "A header cannot be read",
        "A header is missing or has a value of the wrong form. `errors` names it.";
    /// The cursor was not made for this list.
    BadCursor = "bad_cursor", BAD_REQUEST, "The cursor is not one of this list",
        "A cursor serves the list and the member that it was given for. Begin the list again without one.";
    /// A creating request without Idempotency-Key.
    KeyMissing = "idempotency_key_missing", BAD_REQUEST, "An Idempotency-Key is needed",
        "This request creates something. Send a header Idempotency-Key of up to 64 characters, new for each new request and the same when you repeat one, so that it is done once.";
    /// No token, or one that is not believed.
    Unauthorized = "unauthorized", UNAUTHORIZED, "A valid access token is needed",
        "There is no token, or it has ended, is not for this service, or its client was revoked. Get a new one with POST /oauth/token.";
    /// The client's identifier and secret are not believed.
    InvalidClient = "invalid_client", UNAUTHORIZED, "The client could not be authenticated",
        "Identifier and secret do not belong together, or the client was revoked. Look at both; an administrator can make a new client.";
    /// Another way to get a token than the one there is (RFC 6749 section 5.2).
    UnsupportedGrantType = "unsupported_grant_type", BAD_REQUEST, "This grant type is not taken",
        "Tokens are given to machines only: send grant_type=client_credentials.";
    /// The role may not do this.
    Forbidden = "forbidden", FORBIDDEN, "Your role may not do this",
        "Your client is known, and its role may not do this. Each operation names its roles; ask an administrator for a client of one of them.";
    /// Not there, or not to be known.
    NotFound = "not_found", NOT_FOUND, "There is no such thing",
        "It does not exist, or is another member's, which is answered alike. Look at path and identifier.";
    /// The path exists, the method does not.
    MethodNotAllowed = "method_not_allowed", METHOD_NOT_ALLOWED, "This method is not for this path",
        "The path exists and this method does not. The header Allow names those that do.";
    /// The sender was too slow.
    Timeout = "request_timeout", REQUEST_TIMEOUT, "The request came too slowly",
        "The request was not sent to its end in time. Send it again over a better line, and large files in parts.";
    /// The state of the thing does not allow it.
    CredentialRevoked = "credential_revoked", CONFLICT, "The credential is revoked",
        "Revocation is final: nothing changes this credential any more. Issue a new one, on another card.";
    /// Already suspended in this way.
    AlreadySuspended = "already_suspended", CONFLICT, "The credential is already suspended",
        "A suspension of this kind stands already, so there is nothing to do.";
    /// Not suspended in this way.
    NotSuspended = "not_suspended", CONFLICT, "The credential is not suspended",
        "No suspension of this kind stands, so there is nothing to lift. Read the credential to see which do.";
    /// The credential is approved, and was not handed over.
    NotHandedOver = "not_handed_over", CONFLICT, "The credential was not handed over yet",
        "It is approved, and its worker does not have it. Hand it over, or revoke it.";
    /// There is no revocation to correct.
    NotCorrectable = "not_correctable", CONFLICT, "There is no revocation to correct",
        "Only a credential that is revoked can be noted to have been revoked wrongly, and once. Read the credential to see where it stands.";
    /// The card is on a badge already.
    CardInUse = "card_in_use", CONFLICT, "The card is on a badge already",
        "A card identifier is bound to one credential for ever, whatever became of that. Use another card.";
    /// The staff number is taken.
    StaffNumberInUse = "staff_number_in_use", CONFLICT, "The staff number is taken",
        "Another engagement of your member has this staff number. Look for a slip of the pen, or end that engagement and use a new number.";
    /// The engagement is over.
    EngagementEnded = "engagement_ended", CONFLICT, "The engagement is over",
        "A credential can rest only on an engagement that lasts. Begin a new engagement, and name that.";
    /// The worker has a screening for this function that is not decided.
    ScreeningOpen = "screening_open", CONFLICT, "The worker has an undecided screening for this function",
        "A worker has one screening for a function at a time that waits for an answer or for what comes of a refusal. Go on with that one, or end it first. Who is cleared can be screened anew.";
    /// The screening is in another state.
    ScreeningState = "screening_state", CONFLICT, "The screening is not at this step",
        "Nothing leads from where the screening stands to where you want it. Read it to see its state.";
    /// The day has not passed.
    ScreeningNotDue = "screening_not_due", CONFLICT, "The day has not passed after which this can happen",
        "A term must have run out first; the detail names its last day. Repeat the request on the day after.";
    /// The worker is not cleared for what the credential is for.
    NotCleared = "not_cleared", CONFLICT, "The worker is not cleared for what the credential is for",
        "A credential that is for a function is replaced only while its worker is cleared for it. Revoke it, and issue another without that function.";
    /// Who the worker is must be decided first.
    MatchOpen = "match_open", CONFLICT, "Who the worker is must be decided first",
        "Another record bears a document of this worker's, so nothing is issued until the member that keeps it has decided the match case. GET /v1/match-cases shows it.";
    /// The match case is decided.
    MatchDecided = "match_decided", CONFLICT, "The match case is decided",
        "Somebody has said whether the records are of one person, and that is lasting. Read the match case to see what was said.";
    /// Something stands in the way of erasing the worker.
    ErasureBlocked = "erasure_blocked", CONFLICT, "Something stands in the way of erasing the worker",
        "A worker is erased only when nothing lasts that is about them. `errors` names each thing that stands in the way, and what to do about it.";
    /// The worker is to be erased.
    ErasureWaiting = "erasure_waiting", CONFLICT, "The worker is to be erased",
        "An erasure of this worker was granted and waits for its day, so nothing new is recorded of them. A registrar can take it back: see GET /v1/erasures.";
    /// The erasure does not wait any more.
    ErasureEnded = "erasure_ended", CONFLICT, "The erasure does not wait any more",
        "It was taken back, or the worker is erased. Read the erasure to see which.";
    /// A port ban stands against the worker.
    BanStands = "ban_stands", CONFLICT, "A port ban stands against the worker",
        "A court keeps the worker out of the ports for a time. Until that ends, nothing is issued to them, and what the ban suspended is not lifted by hand.";
    /// The register's ban is mirrored already.
    BanKnown = "ban_known", CONFLICT, "The ban is mirrored already",
        "A ban with this reference is about this person already. Where its term changed, end it and mirror it anew.";
    /// The ban has begun or ended.
    BanState = "ban_state", CONFLICT, "The ban has ended",
        "The term of the ban is over, or it was taken back, so nothing more can happen to it.";
    /// Nothing for cause may leave the member.
    SharingBarred = "sharing_barred", CONFLICT, "What is held for cause may not leave the member",
        "Members tell each other what they hold against somebody for cause only where the network is switched to share and the member that tells has a legal basis on record. The registrar of that member records it.";
    /// The referral is not at this step.
    ReferralState = "referral_state", CONFLICT, "The referral is not at this step",
        "A draft is sent once, an open referral is answered once, and one whose ground is gone is over. Read it to see its state.";
    /// The member excludes the worker.
    ExclusionHolds = "exclusion_holds", CONFLICT, "Your member excludes the worker from there",
        "An exclusion that your member has adopted keeps the worker from where this would lead. Until it is lifted nothing of that kind is issued, and what it suspended is not lifted by hand. GET /v1/exclusions shows it.";
    /// Something else of the worker is suspended for cause or by a court.
    InquiryStands = "inquiry_stands", CONFLICT, "An inquiry about the worker is not decided",
        "Something that your member issued to the worker is suspended for cause or by a court. Until that is lifted or revoked, nothing else is issued to them: it would undo the suspension.";
    /// The exclusion is not at this step.
    ExclusionState = "exclusion_state", CONFLICT, "The exclusion is not at this step",
        "An exclusion is published once, each member answers once, and one that was lifted is over. Read it to see its state.";
    /// Another person must do this.
    WrongPerson = "wrong_person", CONFLICT, "Another person must do this",
        "Two people are needed, who act through clients of their own: the one who asked is not the one who answers, only the one who asked takes it back, and nobody decides what concerns themselves. The detail says which.";
    /// The approval does not wait any more.
    ApprovalEnded = "approval_ended", CONFLICT, "The approval does not wait any more",
        "It was answered or taken back, or its time ran out. Ask for the act again if it is still wanted.";
    /// It is too many for one person in this time.
    BulkLimit = "bulk_limit", CONFLICT, "Too many at once for one person",
        "One person revokes or suspends at most 20 credentials in ten minutes, and this would do more by the way; nothing was done. Wait, let another person do it, or let the duty officer break the glass.";
    /// The glass is broken.
    BreakGlassOpen = "break_glass_open", CONFLICT, "The glass is broken",
        "The glass is broken at your member and that lasts. It is broken once at a time, and confirmed when it is over.";
    /// The glass is not broken any more.
    BreakGlassClosed = "break_glass_closed", CONFLICT, "The glass is not broken any more",
        "It was closed, or its time ran out. Break it again if it is still needed.";
    /// The client is revoked.
    ClientRevoked = "client_revoked", CONFLICT, "The client is revoked",
        "No way leads back for a client. Make a new one with POST /v1/clients.";
    /// Another change came in between.
    Conflict = "conflict", CONFLICT, "Another change came in between",
        "Somebody changed the same thing at the same time, or it is there already. Read it again, and then decide.";
    /// The import is in another state.
    ImportState = "import_state", CONFLICT, "The import is not at this step",
        "An import is checked, then applied, once; and a member has one applied at a time. Read it to see how far it is.";
    /// The If-Match does not hold.
    Changed = "changed", PRECONDITION_FAILED, "It has changed since you read it",
        "Somebody changed it since you read it. Read it again, and send the change with the new ETag as If-Match.";
    /// The body is too large.
    TooLarge = "too_large", PAYLOAD_TOO_LARGE, "The body is too large",
        "The body is larger than this path takes; the description names the limits. Send it in parts.";
    /// The body is of another type.
    UnsupportedMediaType = "unsupported_media_type", UNSUPPORTED_MEDIA_TYPE, "The body is of a type that is not taken here",
        "Send the media type that the description names for this path, with a Content-Type that says so.";
    /// A field cannot be accepted.
    Invalid = "invalid", UNPROCESSABLE_ENTITY, "A field cannot be accepted",
        "The body can be read, and a value in it cannot be meant. `errors` names each with what it must be.";
    /// The key was used for another request.
    KeyReused = "idempotency_key_reused", UNPROCESSABLE_ENTITY, "The Idempotency-Key was used for another request",
        "The key was sent before with another body or path. Use a new key for a new request.";
    /// The file cannot be used.
    UnusableFile = "unusable_file", UNPROCESSABLE_ENTITY, "The file cannot be used",
        "The file as a whole, its columns, or every row of it cannot be used. `errors` says what is wrong and how to mend it.";
    /// If-Match is missing.
    PreconditionRequired = "precondition_required", PRECONDITION_REQUIRED, "An If-Match header is needed",
        "A change must say which version it rests on. Read the thing, and send its ETag as If-Match.";
    /// Too many requests of this client.
    TooManyRequests = "too_many_requests", TOO_MANY_REQUESTS, "Too many requests",
        "Your client asks more often than it may. Wait as many seconds as Retry-After says; RateLimit tells what is left.";
    /// Our mistake.
    Internal = "internal", INTERNAL_SERVER_ERROR, "Something went wrong on our side",
        "It is our mistake. Tell the operator of this service the request_id.";
    /// The database does not answer.
    Unavailable = "unavailable", SERVICE_UNAVAILABLE, "The service cannot do this just now",
        "The database does not answer, or this node is stopping; nothing was done. Wait as long as Retry-After says, and repeat the request with the same Idempotency-Key. Gate checks are answered all the same.";
    /// The database did not confirm.
    OutcomeUnknown = "outcome_unknown", SERVICE_UNAVAILABLE, "It is not known whether this was done",
        "The database did not confirm in time, so this may or may not have been done. Repeat the request with the same Idempotency-Key: it is done once, and you are told which.";
    /// Too many changes wait.
    Busy = "busy", SERVICE_UNAVAILABLE, "Too many changes are waiting",
        "More wait than can be done soon; nothing was done. Repeat the request in a few seconds with the same Idempotency-Key.";
}

impl From<Code> for ProblemCode {
    fn from(code: Code) -> Self {
        match code {
            Code::NotFound => Self::NotFound,
            Code::Forbidden => Self::Forbidden,
            Code::Invalid => Self::Invalid,
            Code::CredentialRevoked => Self::CredentialRevoked,
            Code::AlreadySuspended => Self::AlreadySuspended,
            Code::NotSuspended => Self::NotSuspended,
            Code::NotCorrectable => Self::NotCorrectable,
            Code::NotHandedOver => Self::NotHandedOver,
            Code::CardInUse => Self::CardInUse,
            Code::StaffNumberInUse => Self::StaffNumberInUse,
            Code::EngagementEnded => Self::EngagementEnded,
            Code::ScreeningOpen => Self::ScreeningOpen,
            Code::ScreeningState => Self::ScreeningState,
            Code::ScreeningNotDue => Self::ScreeningNotDue,
            Code::NotCleared => Self::NotCleared,
            Code::MatchOpen => Self::MatchOpen,
            Code::MatchDecided => Self::MatchDecided,
            Code::ErasureBlocked => Self::ErasureBlocked,
            Code::ErasureWaiting => Self::ErasureWaiting,
            Code::ErasureEnded => Self::ErasureEnded,
            Code::BanStands => Self::BanStands,
            Code::BanKnown => Self::BanKnown,
            Code::BanState => Self::BanState,
            Code::SharingBarred => Self::SharingBarred,
            Code::ReferralState => Self::ReferralState,
            Code::ExclusionHolds => Self::ExclusionHolds,
            Code::InquiryStands => Self::InquiryStands,
            Code::ExclusionState => Self::ExclusionState,
            Code::WrongPerson => Self::WrongPerson,
            Code::ApprovalEnded => Self::ApprovalEnded,
            Code::BulkLimit => Self::BulkLimit,
            Code::BreakGlassOpen => Self::BreakGlassOpen,
            Code::BreakGlassClosed => Self::BreakGlassClosed,
            Code::ClientRevoked => Self::ClientRevoked,
            Code::Changed => Self::Changed,
            Code::Conflict => Self::Conflict,
            Code::KeyReused => Self::KeyReused,
            Code::ImportState => Self::ImportState,
            Code::UnusableFile => Self::UnusableFile,
            Code::Unavailable => Self::Unavailable,
            Code::OutcomeUnknown => Self::OutcomeUnknown,
            Code::Busy => Self::Busy,
            Code::Internal => Self::Internal,
        }
    }
}

/// A problem on its way to the caller. The envelope adds the request's id.
#[derive(Debug)]
pub struct Problem {
    /// What went wrong.
    pub code: ProblemCode,
    /// In a sentence, and how to mend it.
    pub detail: Cow<'static, str>,
    /// The fields that are wrong.
    pub fields: Vec<FieldError>,
    /// Methods for the Allow header.
    pub allow: Option<String>,
    /// When to come again, in seconds.
    pub retry_after_s: Option<u64>,
    /// Whether a token was asked for: OAuth clients read the code in other words.
    in_oauth: bool,
    /// For the log only.
    pub cause: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Problem {
    /// A problem with a sentence for people.
    pub fn new(code: ProblemCode, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            detail: detail.into(),
            fields: Vec::new(),
            allow: None,
            retry_after_s: None,
            in_oauth: false,
            cause: None,
        }
    }

    /// The same where a token was asked for.
    #[must_use]
    pub fn in_oauth(self) -> Self {
        Self {
            in_oauth: true,
            ..self
        }
    }

    /// The word of OAuth for it (RFC 6749 section 5.2): what has none of its own there is an invalid request.
    fn error(&self) -> Option<&'static str> {
        let asked_wrongly = self.in_oauth && self.code.status().is_client_error();
        asked_wrongly.then_some(match self.code {
            ProblemCode::InvalidClient | ProblemCode::UnsupportedGrantType => self.code.as_str(),
            _ => "invalid_request",
        })
    }

    /// A problem with one field, parameter or header.
    pub fn at(
        code: ProblemCode,
        pointer: impl Into<String>,
        fault: &'static str,
        message: impl Into<String>,
    ) -> Self {
        let message = message.into();
        let mut problem = Self::new(code, code.title());
        problem.fields.push(FieldError {
            pointer: pointer.into(),
            code: fault,
            message,
        });
        problem
    }

    /// The sentence for people: where the title is all there is, what is wrong with the first field.
    fn says(&self) -> String {
        match self.fields.first() {
            Some(field) if self.detail == self.code.title() && field.pointer.is_empty() => {
                field.message.clone()
            }
            Some(field) if self.detail == self.code.title() => {
                format!("{}: {}", field.pointer, field.message)
            }
            _ => self.detail.to_string(),
        }
    }

    /// The document, without the request's id when there is none.
    pub fn document(&self, request_id: Option<&str>) -> ProblemDocument {
        ProblemDocument {
            r#type: format!("/problems/{}", self.code.as_str()),
            title: self.code.title().to_owned(),
            status: self.code.status().as_u16(),
            detail: self.says(),
            code: self.code.as_str().to_owned(),
            errors: self
                .fields
                .iter()
                .map(|field| ProblemField {
                    pointer: field.pointer.clone(),
                    code: field.code.to_owned(),
                    detail: field.message.clone(),
                })
                .collect(),
            request_id: request_id.map(str::to_owned),
            error: self.error().map(str::to_owned),
        }
    }

    /// The answer. Logged here, once, when it is ours to mend.
    pub fn respond(&self, request_id: Option<&str>) -> HttpResponse {
        if self.code.status().is_server_error() {
            let cause = self
                .cause
                .as_ref()
                .map(|cause| chain(&**cause))
                .unwrap_or_default();
            tracing::error!(
                request.id = request_id,
                problem.code = self.code.as_str(),
                cause,
                "a request failed"
            );
        }
        let mut answer = HttpResponseBuilder::new(self.code.status());
        answer.insert_header((
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        ));
        answer.insert_header((header::CACHE_CONTROL, HeaderValue::from_static("no-store")));
        if let Some(allow) = &self.allow {
            answer.insert_header((header::ALLOW, allow.as_str()));
        }
        match (self.code, self.retry_after_s) {
            (_, Some(seconds)) => {
                answer.insert_header((header::RETRY_AFTER, seconds));
            }
            (ProblemCode::Unavailable | ProblemCode::OutcomeUnknown | ProblemCode::Busy, None) => {
                answer.insert_header((header::RETRY_AFTER, 1));
            }
            _ => {}
        }
        // Every 401 says how to come in (RFC 9110 section 15.5.2).
        let challenge = match self.code {
            ProblemCode::Unauthorized => Some("Bearer realm=\"portcullis\""),
            ProblemCode::InvalidClient => Some("Basic realm=\"portcullis\""),
            _ => None,
        };
        if let Some(challenge) = challenge {
            answer.insert_header((
                header::WWW_AUTHENTICATE,
                HeaderValue::from_static(challenge),
            ));
        }
        answer.body(serde_json::to_vec(&self.document(request_id)).unwrap_or_default())
    }
}

fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.detail)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.code.status()
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        // The envelope calls `respond` with the request's id; this is what is left where no request is known.
        self.respond(None)
    }
}

impl From<crate::service::Error> for Problem {
    fn from(error: crate::service::Error) -> Self {
        Self {
            code: error.code.into(),
            detail: error.detail.into(),
            fields: error.fields,
            allow: None,
            retry_after_s: None,
            in_oauth: false,
            cause: error.cause,
        }
    }
}

impl From<crate::access::permission::Forbidden> for Problem {
    fn from(forbidden: crate::access::permission::Forbidden) -> Self {
        crate::service::Error::from(forbidden).into()
    }
}
