//! What a task ends with.

use std::sync::Arc;

use crate::error::Failure;
use crate::kind::Kind;
use crate::profile::Profile;
use crate::storage::PendingFile;
use crate::view::{Body, CText, Headers, ResultView};

use once_cell::sync::OnceCell;

/// The result of a task, on success and on failure.
#[derive(Debug)]
pub struct Outcome {
    pub kind: Kind,
    /// None: success.
    pub failure: Option<Failure>,
    /// 0 when no response came.
    pub status: u32,
    pub headers: Arc<Headers>,
    /// The response body of an upload.
    pub body: Body,
    /// Where a download was stored.
    pub path: Option<String>,
    /// `path` names a temporary file.
    pub temporary: bool,
    /// Bytes written to the file, or of `body`.
    pub data_length: u64,
    /// The URL of the last hop.
    pub effective_url: String,
    pub profile: Option<Box<Profile>>,
    view: OnceCell<Box<ResultView>>,
}

impl Outcome {
    /// A failure without a response.
    pub fn failed(kind: Kind, failure: Failure) -> Outcome {
        Outcome {
            kind,
            failure: Some(failure),
            status: 0,
            headers: Arc::default(),
            body: Body::default(),
            path: None,
            temporary: false,
            data_length: 0,
            effective_url: String::new(),
            profile: None,
            view: OnceCell::new(),
        }
    }

    /// The whole `errMsg`.
    pub fn err_msg(&self) -> String {
        match &self.failure {
            None => format!("{}:ok", self.kind.api_name()),
            Some(failure) => failure.err_msg(self.kind),
        }
    }

    /// The texts, as C reads them.
    pub fn view(&self) -> &ResultView {
        self.view.get_or_init(|| {
            Box::new(ResultView {
                err_msg: CText::new(&self.err_msg()),
                path: CText::new(self.path.as_deref().unwrap_or("")),
                effective_url: CText::new(&self.effective_url),
                lossy_data: self.body.text().is_none().then(|| CText::new(&self.body.lossy())),
            })
        })
    }

    /// 0 on success.
    pub fn errno(&self) -> i32 {
        self.failure.as_ref().map_or(0, |failure| failure.errno(self.kind))
    }
}

/// An end that waits to be told. A download's file is put in place at that moment and not before, so that an
/// abort that comes earlier leaves nothing.
pub struct End {
    pub outcome: Outcome,
    pub file: Option<PendingFile>,
}

impl End {
    /// A failure without a response.
    pub fn failed(kind: Kind, failure: Failure) -> Box<End> {
        Box::new(End { outcome: Outcome::failed(kind, failure), file: None })
    }

    /// Chooses the outcome: the abort if one came in time, otherwise the file is put in place.
    pub fn finish(self, aborted: bool) -> Outcome {
        let End { mut outcome, file } = self;
        if aborted {
            drop(file);
            return outcome.fail(Failure::Aborted);
        }
        if let Some(file) = file {
            let extension = crate::storage::extension_for(outcome.headers.plain.content_type().unwrap_or_default());
            match file.commit(extension) {
                Ok(committed) => {
                    outcome.path = Some(committed.path);
                    outcome.data_length = committed.bytes;
                }
                Err(failure) => return outcome.fail(failure),
            }
        }
        outcome
    }
}

impl Outcome {
    fn fail(mut self, failure: Failure) -> Outcome {
        self.failure = Some(failure);
        self.body = Body::default();
        self.data_length = 0;
        self.path = None;
        self
    }
}
