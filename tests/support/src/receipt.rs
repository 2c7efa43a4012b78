//! What /upload and /echo answer: everything that was received, as JSON.

use serde_json::{json, Value};

use crate::head::Head;
use crate::multipart::Multipart;
use crate::pattern::Sha;

enum Body {
    Form(Box<Multipart>),
    /// Something else, or a multipart that is broken.
    Other(Option<Sha>),
}

pub(crate) struct Receipt {
    body: Body,
    length: u64,
    error: Option<String>,
}

impl Receipt {
    pub fn new(head: &Head) -> Receipt {
        let hashing = head.param("hash").as_deref() != Some("0");
        let parser = head.header("content-type").and_then(|value| Multipart::from_content_type(value, hashing));
        let (body, error) = match parser {
            Some(Ok(parser)) => (Body::Form(Box::new(parser)), None),
            Some(Err(why)) => (Body::Other(None), Some(why)),
            None => (Body::Other(hashing.then(Sha::new)), None),
        };
        Receipt { body, length: 0, error }
    }

    pub fn feed(&mut self, bytes: &[u8]) {
        self.length += bytes.len() as u64;
        match &mut self.body {
            Body::Form(parser) => {
                if let Err(why) = parser.feed(bytes) {
                    self.error = Some(why);
                    self.body = Body::Other(None);
                }
            }
            Body::Other(Some(sha)) => sha.update(bytes),
            Body::Other(None) => {}
        }
    }

    /// The status and the JSON.
    pub fn finish(self, head: &Head, connection: u64) -> (u16, Value) {
        let mut error = self.error;
        let (mut fields, mut files, mut parts) = (Vec::new(), Vec::new(), Vec::new());
        let mut sha = None;
        match self.body {
            Body::Form(parser) => match parser.finish() {
                Ok(form) => (fields, files, parts) = (form.fields, form.files, form.parts),
                Err(why) => error = Some(why),
            },
            Body::Other(digest) => sha = digest.map(Sha::hex),
        }
        let fields: Vec<Value> = fields.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
        let files: Vec<Value> = files
            .iter()
            .map(|file| {
                json!({
                    "name": file.name,
                    "filename": file.filename,
                    "contentType": file.content_type,
                    "length": file.length,
                    "sha256": file.sha256,
                })
            })
            .collect();
        let status = if error.is_some() { 400 } else { 200 };
        let answer = json!({
            "method": head.method,
            "target": head.target,
            "headers": head.headers,
            "fields": fields,
            "file": files.first(),
            "files": files,
            "parts": parts,
            "contentLength": head.header("content-length").and_then(|v| v.parse::<u64>().ok()),
            "bodyLength": self.length,
            "sha256": sha,
            "error": error,
            "connection": connection,
        });
        (status, answer)
    }
}
