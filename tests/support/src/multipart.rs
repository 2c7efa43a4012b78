//! A strict streaming parser of multipart/form-data. It takes only what RFC 7578 has a client
//! send: no preamble, CRLF everywhere, one Content-Disposition per part, nothing after the end.

use std::mem;

use memchr::memmem::Finder;

use crate::pattern::Sha;

const MAX_FIELD: usize = 1 << 20;
const MAX_PART_HEAD: usize = 64 * 1024;

#[derive(Clone, Debug, PartialEq)]
pub struct File {
    pub name: String,
    /// As sent, `%22` and the like left as they are.
    pub filename: String,
    pub content_type: Option<String>,
    pub length: u64,
    /// None when hashing was switched off.
    pub sha256: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Form {
    pub fields: Vec<(String, String)>,
    pub files: Vec<File>,
    /// Names of all parts in order.
    pub parts: Vec<String>,
}

enum Place {
    /// Before the first delimiter, whose CRLF in front is not sent.
    Start,
    /// After a delimiter: CRLF goes on, `--` ends.
    AfterDelimiter,
    PartHead,
    PartBody,
    End,
}

enum Part {
    Field { name: String, value: Vec<u8> },
    File { file: File, sha: Option<Sha> },
}

/// Feed it the body piece by piece, then call `finish`.
pub struct Multipart {
    delimiter: Vec<u8>,
    finder: Finder<'static>,
    hashing: bool,
    place: Place,
    /// Bytes that cannot be understood before more come.
    carry: Vec<u8>,
    part: Option<Part>,
    form: Form,
}

impl Multipart {
    /// Takes the boundary out of a Content-Type; None when it is not multipart/form-data.
    pub fn from_content_type(value: &str, hashing: bool) -> Option<Result<Multipart, String>> {
        let (kind, rest) = value.split_once(';').unwrap_or((value, ""));
        if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
            return None;
        }
        let boundary = rest.split(';').find_map(|parameter| {
            let (name, value) = parameter.trim().split_once('=')?;
            name.eq_ignore_ascii_case("boundary").then(|| value.trim_matches('"'))
        });
        Some(match boundary {
            Some(boundary) if (1..=70).contains(&boundary.len()) => Ok(Multipart::new(boundary, hashing)),
            Some(_) => Err("the boundary is not 1 to 70 bytes long".into()),
            None => Err("no boundary in the Content-Type".into()),
        })
    }

    pub fn new(boundary: &str, hashing: bool) -> Multipart {
        let delimiter = format!("\r\n--{boundary}").into_bytes();
        Multipart {
            finder: Finder::new(&delimiter).into_owned(),
            delimiter,
            hashing,
            place: Place::Start,
            carry: Vec::new(),
            part: None,
            form: Form::default(),
        }
    }

    pub fn feed(&mut self, bytes: &[u8]) -> Result<(), String> {
        if self.carry.is_empty() {
            let used = self.consume(bytes)?;
            self.carry.extend_from_slice(&bytes[used..]);
        } else {
            let mut carry = mem::take(&mut self.carry);
            carry.extend_from_slice(bytes);
            let used = self.consume(&carry)?;
            carry.drain(..used);
            self.carry = carry;
        }
        Ok(())
    }

    pub fn finish(self) -> Result<Form, String> {
        match self.place {
            Place::End => Ok(self.form),
            _ => Err("the body ends before the closing delimiter".into()),
        }
    }

    /// Goes as far as it can; tells how many bytes it is done with.
    fn consume(&mut self, bytes: &[u8]) -> Result<usize, String> {
        let mut at = 0;
        loop {
            let rest = &bytes[at..];
            let used = match self.place {
                Place::Start => self.start(rest)?,
                Place::AfterDelimiter => self.after_delimiter(rest)?,
                Place::PartHead => self.part_head(rest)?,
                Place::PartBody => self.part_body(rest)?,
                Place::End if rest.is_empty() => 0,
                Place::End => return Err("bytes after the closing delimiter".into()),
            };
            if used == 0 {
                return Ok(at);
            }
            at += used;
        }
    }

    fn start(&mut self, rest: &[u8]) -> Result<usize, String> {
        let opening = &self.delimiter[2..];
        if !rest.starts_with(&opening[..opening.len().min(rest.len())]) {
            return Err("the body does not begin with the delimiter".into());
        }
        if rest.len() < opening.len() {
            return Ok(0);
        }
        self.place = Place::AfterDelimiter;
        Ok(opening.len())
    }

    fn after_delimiter(&mut self, rest: &[u8]) -> Result<usize, String> {
        match rest {
            [b'\r', b'\n', ..] => {
                self.place = Place::PartHead;
                Ok(2)
            }
            [b'-', b'-', b'\r', b'\n', ..] => {
                self.place = Place::End;
                Ok(4)
            }
            [] | [b'\r'] | [b'-'] | [b'-', b'-'] | [b'-', b'-', b'\r'] => Ok(0),
            _ => Err("a delimiter is followed by neither CRLF nor --CRLF".into()),
        }
    }

    fn part_head(&mut self, rest: &[u8]) -> Result<usize, String> {
        let Some(end) = memchr::memmem::find(rest, b"\r\n\r\n") else {
            if rest.len() > MAX_PART_HEAD {
                return Err("a part's head is too long".into());
            }
            return Ok(0);
        };
        let head = std::str::from_utf8(&rest[..end]).map_err(|_| "a part's head is not UTF-8")?;
        self.part = Some(self.read_head(head)?);
        self.place = Place::PartBody;
        Ok(end + 4)
    }

    fn read_head(&mut self, head: &str) -> Result<Part, String> {
        let mut disposition = None;
        let mut content_type = None;
        for line in head.split("\r\n") {
            let (name, value) = line.split_once(": ").ok_or_else(|| format!("not a part header: {line:?}"))?;
            let slot = match name.to_ascii_lowercase().as_str() {
                "content-disposition" => &mut disposition,
                "content-type" => &mut content_type,
                _ => return Err(format!("unexpected part header {name:?}")),
            };
            if slot.replace(value).is_some() {
                return Err(format!("{name} twice in one part"));
            }
        }
        let disposition = disposition.ok_or("a part without Content-Disposition")?;
        let (name, filename) = read_disposition(disposition)?;
        self.form.parts.push(name.clone());
        Ok(match filename {
            Some(filename) => Part::File {
                file: File { name, filename, content_type: content_type.map(str::to_owned), length: 0, sha256: None },
                sha: self.hashing.then(Sha::new),
            },
            None => Part::Field { name, value: Vec::new() },
        })
    }

    fn part_body(&mut self, rest: &[u8]) -> Result<usize, String> {
        if let Some(end) = self.finder.find(rest) {
            self.add(&rest[..end])?;
            self.end_part()?;
            self.place = Place::AfterDelimiter;
            return Ok(end + self.delimiter.len());
        }
        let keep = self.possible_delimiter_tail(rest);
        let done = rest.len() - keep;
        self.add(&rest[..done])?;
        Ok(done)
    }

    /// How many bytes at the end could be the beginning of a delimiter.
    fn possible_delimiter_tail(&self, rest: &[u8]) -> usize {
        let longest = rest.len().min(self.delimiter.len() - 1);
        (1..=longest).rev().find(|&n| rest.ends_with(&self.delimiter[..n])).unwrap_or(0)
    }

    fn add(&mut self, bytes: &[u8]) -> Result<(), String> {
        match self.part.as_mut().expect("a part is open") {
            Part::Field { name, value } => {
                if value.len() + bytes.len() > MAX_FIELD {
                    return Err(format!("field {name:?} is longer than 1 MiB"));
                }
                value.extend_from_slice(bytes);
            }
            Part::File { file, sha } => {
                file.length += bytes.len() as u64;
                if let Some(sha) = sha {
                    sha.update(bytes);
                }
            }
        }
        Ok(())
    }

    fn end_part(&mut self) -> Result<(), String> {
        match self.part.take().expect("a part is open") {
            Part::Field { name, value } => {
                let value = String::from_utf8(value).map_err(|_| format!("field {name:?} is not UTF-8"))?;
                self.form.fields.push((name, value));
            }
            Part::File { mut file, sha } => {
                file.sha256 = sha.map(Sha::hex);
                self.form.files.push(file);
            }
        }
        Ok(())
    }
}

/// Reads `form-data; name="…"` and an optional `; filename="…"`, in the WHATWG form: nothing is
/// escaped by a backslash, and quotes, CR and LF come as percent codes.
fn read_disposition(value: &str) -> Result<(String, Option<String>), String> {
    let bad = || format!("bad Content-Disposition {value:?}");
    let mut rest = value.strip_prefix("form-data").ok_or_else(bad)?;
    let mut take = |parameter: &str| -> Result<Option<String>, String> {
        let Some(after) = rest.strip_prefix(parameter) else {
            return Ok(None);
        };
        let (text, after) = after.split_once('"').ok_or_else(bad)?;
        rest = after;
        Ok(Some(text.to_owned()))
    };
    let name = take("; name=\"")?.ok_or_else(bad)?;
    let filename = take("; filename=\"")?;
    if !rest.is_empty() {
        return Err(bad());
    }
    Ok((name, filename))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::sha256_hex;

    const BODY: &[u8] = b"--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--\r\n--B\r\n\
        Content-Disposition: form-data; name=\"e\"\r\n\r\n\r\n--B\r\n\
        Content-Disposition: form-data; name=\"f\"; filename=\"x.bin\"\r\n\
        Content-Type: image/png\r\n\r\n\r\n--\r\r\n--A\r\n--B--\r\n";

    fn parse(pieces: impl Iterator<Item = Vec<u8>>) -> Result<Form, String> {
        let mut parser = Multipart::new("B", true);
        for piece in pieces {
            parser.feed(&piece)?;
        }
        parser.finish()
    }

    #[test]
    fn the_same_form_however_it_is_cut() {
        for size in 1..=BODY.len() {
            let form = parse(BODY.chunks(size).map(<[u8]>::to_vec)).unwrap();
            assert_eq!(form.fields, [("a".into(), "1\r\n--".into()), ("e".into(), String::new())]);
            assert_eq!(form.parts, ["a", "e", "f"]);
            let file = &form.files[0];
            assert_eq!(file.length, 10);
            assert_eq!(file.filename, "x.bin");
            assert_eq!(file.content_type.as_deref(), Some("image/png"));
            assert_eq!(file.sha256.as_deref(), Some(sha256_hex(b"\r\n--\r\r\n--A").as_str()), "cut in {size}");
        }
    }

    #[test]
    fn refuses_what_is_not_strictly_right() {
        let whole = String::from_utf8(BODY.to_vec()).unwrap();
        for (from, to) in [
            ("--B\r\nContent-Disposition: form-data; name=\"a\"", "x--B\r\n"),
            ("--B--\r\n", "--B--"),
            ("--B--\r\n", "--B--\r\nx"),
            ("--B--\r\n", ""),
            ("name=\"a\"", "name=a"),
            ("name=\"a\"", "filename=\"a\"; name=\"a\""),
            ("form-data", "attachment"),
            ("Content-Type", "X-Other"),
            ("Content-Type: image/png", "Content-Disposition: form-data; name=\"f\""),
            ("\r\n\r\n1", "\n\n1"),
        ] {
            let body = whole.replacen(from, to, 1).into_bytes();
            assert!(parse([body].into_iter()).is_err(), "{from:?} -> {to:?}");
        }
    }

    #[test]
    fn takes_the_boundary_from_the_content_type() {
        let parser = |value| Multipart::from_content_type(value, true);
        assert!(parser("text/plain").is_none());
        assert!(parser("multipart/form-data").unwrap().is_err());
        let found = parser("multipart/form-data; boundary=abc").unwrap().unwrap();
        assert_eq!(found.delimiter, b"\r\n--abc");
    }
}
