//! Results as C reads them: NUL-terminated copies, made when first asked for and kept as long as the result.

use once_cell::sync::OnceCell;

use crate::headers::ResponseHeaders;

/// Text with a NUL behind it.
#[derive(Debug, Default)]
pub struct CText(Box<[u8]>);

impl CText {
    pub fn new(text: &str) -> CText {
        let mut bytes = Vec::with_capacity(text.len() + 1);
        bytes.extend_from_slice(text.as_bytes());
        bytes.push(0);
        CText(bytes.into_boxed_slice())
    }

    /// Without the NUL, which stands right behind.
    pub fn bytes(&self) -> &[u8] {
        self.0.split_last().map_or(&[], |(_, text)| text)
    }
}

/// Response headers that C may have looked at.
#[derive(Debug, Default)]
pub struct Headers {
    pub plain: ResponseHeaders,
    view: OnceCell<Box<HeaderView>>,
}

/// Names and values for C.
#[derive(Debug, Default)]
pub struct HeaderView {
    /// As the server sent them, repeats kept.
    pub all: Vec<(CText, CText)>,
    /// Each name once, its values joined with a comma.
    pub joined: Vec<(CText, CText)>,
    pub cookies: Vec<CText>,
}

impl Headers {
    pub fn new(plain: ResponseHeaders) -> Headers {
        Headers { plain, view: OnceCell::new() }
    }

    pub fn view(&self) -> &HeaderView {
        self.view.get_or_init(|| {
            let plain = &self.plain;
            Box::new(HeaderView {
                all: plain.iter().map(|(name, value)| (CText::new(name), CText::new(value))).collect(),
                joined: plain
                    .joined()
                    .into_iter()
                    .map(|(name, value)| (CText::new(name), CText::new(&value)))
                    .collect(),
                cookies: plain.cookies().into_iter().map(CText::new).collect(),
            })
        })
    }
}

/// The texts of a result.
#[derive(Debug, Default)]
pub struct ResultView {
    pub err_msg: CText,
    pub path: CText,
    pub effective_url: CText,
    /// The response body as text, where the body itself is not UTF-8.
    pub lossy_data: Option<CText>,
}

/// The response body of an upload. A NUL is kept behind it.
#[derive(Debug, Default)]
pub struct Body(Vec<u8>);

const BOM: &[u8] = b"\xef\xbb\xbf";

impl Body {
    pub fn new(mut bytes: Vec<u8>) -> Body {
        if !bytes.is_empty() {
            bytes.reserve_exact(1);
            bytes.push(0);
        }
        Body(bytes)
    }

    pub fn bytes(&self) -> &[u8] {
        self.0.split_last().map_or(&[], |(_, body)| body)
    }

    /// The body as UTF-8 text without a leading byte order mark; None when it is no UTF-8.
    pub fn text(&self) -> Option<&str> {
        let bytes = self.bytes();
        std::str::from_utf8(bytes.strip_prefix(BOM).unwrap_or(bytes)).ok()
    }

    /// The body as text, each byte sequence that is no UTF-8 replaced by U+FFFD.
    pub fn lossy(&self) -> String {
        let bytes = self.bytes();
        String::from_utf8_lossy(bytes.strip_prefix(BOM).unwrap_or(bytes)).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_has_a_nul_behind_it() {
        let text = CText::new("a\u{6587}");
        assert_eq!(text.bytes(), "a\u{6587}".as_bytes());
        assert_eq!(text.0.last(), Some(&0));
        assert_eq!(CText::new("").0.as_ref(), [0]);
    }

    #[test]
    fn one_byte_order_mark_is_taken_off() {
        assert_eq!(Body::new(b"\xef\xbb\xbfhi".to_vec()).text(), Some("hi"));
        assert_eq!(Body::new(b"\xef\xbb\xbf\xef\xbb\xbfhi".to_vec()).text(), Some("\u{feff}hi"));
        assert_eq!(Body::new(Vec::new()).text(), Some(""));
        let latin1 = Body::new(b"\xef\xbb\xbfn\xf6".to_vec());
        assert_eq!(latin1.text(), None);
        assert_eq!(latin1.lossy(), "n\u{fffd}");
        assert_eq!(latin1.bytes(), b"\xef\xbb\xbfn\xf6");
    }
}
