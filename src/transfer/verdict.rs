//! What libcurl's end of a transfer means for the task.

use super::exchange::Live;
use crate::curl::info::TransferInfo;
use crate::error::Failure;

/// How a hop ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The final response has arrived whole.
    Done,
    /// The response sends us elsewhere.
    Redirect,
    Failed(Failure),
}

/// Judges a hop by what the callbacks noted first, then by libcurl's code.
pub fn judge(live: &Live, result: Result<(), curl::Error>, info: &TransferInfo, first_hop: bool) -> Verdict {
    let hop = &live.hop;
    if hop.redirects && !matches!(hop.failure, Some(Failure::Internal(_))) {
        return Verdict::Redirect;
    }
    if let Some(failure) = &hop.failure {
        return Verdict::Failed(failure.clone());
    }
    match result {
        Ok(()) if hop.final_headers.is_some() => Verdict::Done,
        Ok(()) => Verdict::Failed(Failure::Network("the server sent no HTTP response".into())),
        Err(_) if hop.refused_address => {
            Verdict::Failed(if first_hop { Failure::NotInDomainList } else { Failure::RedirectNotInDomainList })
        }
        Err(error) => Verdict::Failed(failure(&error, info)),
    }
}

fn failure(error: &curl::Error, info: &TransferInfo) -> Failure {
    match error.code() {
        curl_sys::CURLE_OPERATION_TIMEDOUT => Failure::Timeout,
        curl_sys::CURLE_OUT_OF_MEMORY => Failure::OutOfMemory,
        // The scheme was checked before: CURLE_UNSUPPORTED_PROTOCOL is an answer that is not HTTP.
        curl_sys::CURLE_URL_MALFORMAT => Failure::InvalidUrl,
        curl_sys::CURLE_PARTIAL_FILE if info.content_length >= 0 => {
            // Of what was sent: the handler counts what a coding was undone to.
            let missing = (info.content_length as u64).saturating_sub(info.downloaded);
            Failure::Network(format!("transfer closed with {missing} bytes remaining to read"))
        }
        curl_sys::CURLE_FAILED_INIT
        | curl_sys::CURLE_BAD_FUNCTION_ARGUMENT
        | curl_sys::CURLE_UNKNOWN_OPTION
        | curl_sys::CURLE_RECURSIVE_API_CALL => Failure::Internal(words(error)),
        _ => Failure::Network(words(error)),
    }
}

/// libcurl's code and words.
pub fn words(error: &curl::Error) -> String {
    match error.extra_description() {
        Some(more) if !more.is_empty() => format!("({}) {more}", error.code()),
        _ => format!("({}) {}", error.code(), error.description()),
    }
}
