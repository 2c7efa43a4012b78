//! multipart/form-data (RFC 7578) around one streamed file, with names escaped as browsers do
//! (WHATWG, "multipart/form-data encoding algorithm").

/// What surrounds the file in the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Multipart {
    /// The value of the Content-Type header.
    pub content_type: String,
    /// The form fields and the head of the file part.
    pub head: Vec<u8>,
    /// What follows the file's bytes.
    pub tail: Vec<u8>,
}

/// Encodes the form: the fields in the order given, the file last.
pub fn encode(boundary: &str, fields: &[(String, Vec<u8>)], name: &str, file_name: &str, file_type: &str) -> Multipart {
    let mut head = Vec::with_capacity(256 + fields.iter().map(|(n, v)| n.len() + v.len() + 128).sum::<usize>());
    for (name, value) in fields {
        head.extend_from_slice(format!("--{boundary}\r\nContent-Disposition: form-data; name=\"").as_bytes());
        escape(name, &mut head);
        head.extend_from_slice(b"\"\r\n\r\n");
        head.extend_from_slice(value);
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(format!("--{boundary}\r\nContent-Disposition: form-data; name=\"").as_bytes());
    escape(name, &mut head);
    head.extend_from_slice(b"\"; filename=\"");
    escape(file_name, &mut head);
    head.extend_from_slice(format!("\"\r\nContent-Type: {file_type}\r\n\r\n").as_bytes());
    Multipart {
        content_type: format!("multipart/form-data; boundary={boundary}"),
        head,
        tail: format!("\r\n--{boundary}--\r\n").into_bytes(),
    }
}

fn escape(text: &str, out: &mut Vec<u8>) {
    for byte in text.bytes() {
        match byte {
            b'"' => out.extend_from_slice(b"%22"),
            b'\r' => out.extend_from_slice(b"%0D"),
            b'\n' => out.extend_from_slice(b"%0A"),
            _ => out.push(byte),
        }
    }
}

/// A boundary from 16 random bytes: content cannot hold it but by guessing.
pub fn boundary(random: [u8; 16]) -> String {
    let mut text = String::with_capacity(16 + 32);
    text.push_str("----ferry");
    for byte in random {
        text.push_str(&format!("{byte:02x}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_come_first_in_order_and_the_file_last() {
        let fields = [("b".to_owned(), b"2".to_vec()), ("a".to_owned(), b"".to_vec())];
        let form = encode("XX", &fields, "file", "猫 \"1\".png", "image/png");
        assert_eq!(form.content_type, "multipart/form-data; boundary=XX");
        assert_eq!(
            String::from_utf8(form.head).unwrap(),
            "--XX\r\nContent-Disposition: form-data; name=\"b\"\r\n\r\n2\r\n\
             --XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\r\n\
             --XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"猫 %221%22.png\"\r\n\
             Content-Type: image/png\r\n\r\n"
        );
        assert_eq!(form.tail, b"\r\n--XX--\r\n");
    }

    #[test]
    fn names_cannot_break_out_of_their_quotes_or_lines() {
        let form = encode("XX", &[("a\r\n\"b".to_owned(), vec![0, 255])], "n\"", "f\r\nX: y", "a/b");
        let head = String::from_utf8_lossy(&form.head).into_owned();
        assert!(head.contains("name=\"a%0D%0A%22b\""));
        assert!(head.contains("name=\"n%22\"; filename=\"f%0D%0AX: y\""));
        assert!(form.head.windows(2).any(|pair| pair == [0, 255]), "values go as they are");
    }

    #[test]
    fn boundaries_follow_the_random_bytes() {
        assert_eq!(boundary([0xab; 16]), format!("----ferry{}", "ab".repeat(16)));
        assert!(boundary([1; 16]).len() <= 70, "RFC 2046 allows 70 characters");
    }
}
