//! The head of a request: parsed, not interpreted more than the server needs.

/// Query parameters are looked up by name in the raw query, since most requests have none.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    pub method: String,
    pub target: String,
    pub path: String,
    pub query: String,
    pub headers: Vec<(String, String)>,
    pub length: Length,
    pub keep_alive: bool,
    pub expects_continue: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Length {
    None,
    Sized(u64),
    Chunked,
}

impl Head {
    /// Parses a head that ends with an empty line. Strict: the client is the one under test.
    pub fn parse(bytes: &[u8]) -> Result<Head, &'static str> {
        let mut lines = bytes
            .strip_suffix(b"\r\n\r\n")
            .ok_or("the head does not end with an empty line")?
            .split(|&b| b == b'\n')
            .map(|line| line.strip_suffix(b"\r").unwrap_or(line));

        let request_line = text(lines.next().unwrap_or_default());
        let mut words = request_line.split(' ');
        let (Some(method), Some(target), Some(version), None) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return Err("the request line does not have three words");
        };
        if method.is_empty() || !method.bytes().all(is_token) {
            return Err("the method is not a token");
        }
        let keep_alive = match version {
            "HTTP/1.1" => true,
            "HTTP/1.0" => false,
            _ => return Err("the version is not HTTP/1.x"),
        };

        let mut headers = Vec::with_capacity(16);
        for line in lines {
            let colon = line.iter().position(|&b| b == b':').ok_or("a header has no colon")?;
            let (name, value) = (&line[..colon], &line[colon + 1..]);
            if name.is_empty() || !name.iter().copied().all(is_token) {
                return Err("a header's name is not a token");
            }
            if value.iter().any(|&b| b == 0 || b == b'\r') {
                return Err("a header's value has a NUL or a CR");
            }
            headers.push((text(name), text(value.trim_ascii())));
        }
        Head::new(method, target, headers, keep_alive)
    }

    pub fn new(
        method: &str,
        target: &str,
        headers: Vec<(String, String)>,
        keep_alive: bool,
    ) -> Result<Head, &'static str> {
        // A client that takes us for a proxy sends the whole URL.
        let origin = match target.find("://") {
            Some(at) if !target.starts_with('/') => target[at + 3..].find('/').map_or("/", |s| &target[at + 3 + s..]),
            _ => target,
        };
        let (path, query) = origin.split_once('?').unwrap_or((origin, ""));
        let mut head = Head {
            method: method.to_owned(),
            target: target.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers,
            length: Length::None,
            keep_alive,
            expects_continue: false,
        };
        let mut length = None;
        let mut chunked = false;
        for (name, value) in &head.headers {
            if name.eq_ignore_ascii_case("content-length") {
                let said: u64 = value.parse().map_err(|_| "Content-Length is no number")?;
                if length.is_some_and(|earlier| earlier != said) {
                    return Err("two different Content-Lengths");
                }
                length = Some(said);
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                if !value.eq_ignore_ascii_case("chunked") {
                    return Err("a Transfer-Encoding other than chunked");
                }
                chunked = true;
            } else if name.eq_ignore_ascii_case("connection") {
                if value.eq_ignore_ascii_case("close") {
                    head.keep_alive = false;
                } else if value.eq_ignore_ascii_case("keep-alive") {
                    head.keep_alive = true;
                }
            } else if name.eq_ignore_ascii_case("expect") {
                head.expects_continue = value.eq_ignore_ascii_case("100-continue");
            }
        }
        head.length = match (length, chunked) {
            (Some(_), true) => return Err("Content-Length beside Transfer-Encoding"),
            (Some(length), false) => Length::Sized(length),
            (None, true) => Length::Chunked,
            (None, false) => Length::None,
        };
        Ok(head)
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The decoded values of a query parameter.
    pub fn params<'a>(&'a self, name: &'a str) -> impl Iterator<Item = String> + 'a {
        form_urlencoded::parse(self.query.as_bytes())
            .filter(move |(n, _)| n == name)
            .map(|(_, value)| value.into_owned())
    }

    pub fn param(&self, name: &str) -> Option<String> {
        if self.query.is_empty() {
            return None;
        }
        self.params(name).next()
    }

    /// A numeric parameter, with the suffixes of sizes.
    pub fn number(&self, name: &str) -> Option<u64> {
        crate::pattern::parse_size(&self.param(name)?)
    }

    /// True for `name=1`.
    pub fn flag(&self, name: &str) -> bool {
        self.param(name).is_some_and(|value| value == "1")
    }
}

fn is_token(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_request() {
        let head = Head::parse(
            b"POST /a/b?x=1%202&y=3k HTTP/1.1\r\nHost: h\r\nContent-Length: 12\r\nConnection: close\r\n\r\n",
        )
        .unwrap();
        assert_eq!(head.path, "/a/b");
        assert_eq!(head.param("x").unwrap(), "1 2");
        assert_eq!(head.number("y"), Some(3072));
        assert_eq!(head.length, Length::Sized(12));
        assert!(!head.keep_alive);
    }

    #[test]
    fn takes_a_proxy_request() {
        let head = Head::parse(b"GET http://h:1/a?b HTTP/1.1\r\n\r\n").unwrap();
        assert_eq!((head.path.as_str(), head.query.as_str()), ("/a", "b"));
    }

    #[test]
    fn refuses_what_is_not_http() {
        for bad in [
            &b"GET /a b HTTP/1.1\r\n\r\n"[..],
            b"GET / HTTP/2\r\n\r\n",
            b"GET / HTTP/1.1\r\nNo colon\r\n\r\n",
            b"GET / HTTP/1.1\r\nA b: c\r\n\r\n",
            b"GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        ] {
            assert!(Head::parse(bad).is_err(), "{}", String::from_utf8_lossy(bad));
        }
    }
}
