//! The head of a response, written as bytes so that odd ones can be made too.

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Framing {
    Length(u64),
    Chunked,
    /// The end of the connection is the end of the body.
    UntilClose,
    /// The route writes its own framing headers, or wrong ones.
    Own,
}

#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub status: u16,
    pub bytes: Vec<u8>,
}

impl Reply {
    pub fn new(status: u16) -> Reply {
        let mut bytes = Vec::with_capacity(256);
        bytes.extend_from_slice(format!("HTTP/1.1 {status} {}\r\n", reason(status)).as_bytes());
        Reply { status, bytes }
    }

    pub fn header(self, name: &str, value: impl AsRef<[u8]>) -> Reply {
        self.raw(name).raw(": ").raw(value).raw("\r\n")
    }

    pub fn raw(mut self, bytes: impl AsRef<[u8]>) -> Reply {
        self.bytes.extend_from_slice(bytes.as_ref());
        self
    }

    /// Responses that never have a body, whatever their headers say.
    pub fn bodyless(&self) -> bool {
        matches!(self.status, 100..=199 | 204 | 304)
    }

    /// Ends the head.
    pub fn finish(mut self, framing: Framing, close: bool) -> Vec<u8> {
        match framing {
            Framing::Length(_) if matches!(self.status, 100..=199 | 204) => {}
            Framing::Length(n) => self = self.header("Content-Length", n.to_string()),
            Framing::Chunked => self = self.header("Transfer-Encoding", "chunked"),
            Framing::UntilClose | Framing::Own => {}
        }
        if close {
            self = self.header("Connection", "close");
        }
        self.raw("\r\n").bytes
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        100 => "Continue",
        103 => "Early Hints",
        200 => "OK",
        204 => "No Content",
        206 => "Partial Content",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        404 => "Not Found",
        416 => "Range Not Satisfiable",
        417 => "Expectation Failed",
        500 => "Internal Server Error",
        _ => "Status",
    }
}
