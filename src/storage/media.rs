//! File extensions and media types, one from the other.

pub(super) const UNKNOWN_EXTENSION: &str = "unknown";

/// Where the registry's first extension is not the one players go by, and a name that servers made up.
const PREFERRED: &[(&str, &str)] = &[
    ("audio/mpeg", "mp3"),
    ("audio/aac", "aac"),
    ("audio/ogg", "ogg"),
    ("video/quicktime", "mov"),
    ("image/jpg", "jpg"),
];

/// The extension a downloaded file gets for the response's Content-Type.
pub fn extension_for(content_type: &str) -> &'static str {
    let essence = content_type.split([';', ',']).next().unwrap_or_default();
    let essence = essence.trim().to_ascii_lowercase();
    let preferred = PREFERRED.iter().find(|(name, _)| *name == essence).map(|(_, e)| *e);
    preferred.or_else(|| mime2ext::mime2ext(&essence)).unwrap_or(UNKNOWN_EXTENSION)
}

/// The Content-Type of an uploaded file, by the extension of its name.
pub fn content_type_for(file_name: &str) -> String {
    mime_guess::from_path(file_name).first_raw().unwrap_or("application/octet-stream").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extensions_are_those_clients_expect() {
        let cases = [
            ("image/jpeg", "jpg"),
            ("IMAGE/JPEG", "jpg"),
            (" image/png ; charset=binary", "png"),
            ("image/gif", "gif"),
            ("image/webp", "webp"),
            ("audio/mpeg", "mp3"),
            ("video/mp4", "mp4"),
            ("text/plain;charset=UTF-8", "txt"),
            ("text/html", "html"),
            ("application/json", "json"),
            ("application/pdf", "pdf"),
            ("application/zip", "zip"),
            ("video/quicktime", "mov"),
            ("audio/aac", "aac"),
            ("audio/mp4", "m4a"),
            ("audio/wav", "wav"),
            ("audio/ogg", "ogg"),
            ("video/webm", "webm"),
            ("application/octet-stream", "bin"),
            ("", "unknown"),
            ("image", "unknown"),
            ("image/", "unknown"),
            ("x-ferry/none", "unknown"),
            ("../../etc/passwd", "unknown"),
        ];
        for (content_type, extension) in cases {
            assert_eq!(extension_for(content_type), extension, "{content_type}");
        }
    }

    #[test]
    fn types_come_from_the_extension() {
        assert_eq!(content_type_for("a.JPG"), "image/jpeg");
        assert_eq!(content_type_for("dir.png/a.mp3"), "audio/mpeg");
        assert_eq!(content_type_for("wxfile://tmp_1.png"), "image/png");
        for name in ["", "a", ".jpg", "a.", "a.ferryunknown"] {
            assert_eq!(content_type_for(name), "application/octet-stream", "{name}");
        }
    }
}
