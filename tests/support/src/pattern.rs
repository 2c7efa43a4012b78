//! The bytes that `/bytes/N` serves: cheap to make, and different at every place, so that a piece
//! that lands at a wrong offset is seen.

use std::sync::OnceLock;

use ring::digest;

/// A prime, so that no buffer size of anybody divides it: a piece shifted by a whole buffer shows.
const PERIOD: usize = 1_048_573;
/// The longest slice that is served without going round.
pub(crate) const PIECE: usize = 256 * 1024;

pub(crate) static ZEROS: [u8; 1 << 20] = [0; 1 << 20];

fn byte(index: u64) -> u8 {
    let mut x = index.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (x ^ (x >> 31)) as u8
}

fn table() -> &'static [u8] {
    static TABLE: OnceLock<Vec<u8>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut table: Vec<u8> = (0..PERIOD as u64).map(byte).collect();
        table.extend_from_within(..PIECE);
        table
    })
}

/// The byte at `offset` of every pattern body.
pub fn pattern_at(offset: u64) -> u8 {
    table()[(offset % PERIOD as u64) as usize]
}

/// At most `limit` bytes of the pattern from `offset` on, without a copy.
pub(crate) fn pattern_slice(offset: u64, limit: u64) -> &'static [u8] {
    let start = (offset % PERIOD as u64) as usize;
    &table()[start..start + limit.min(PIECE as u64) as usize]
}

/// The first `length` bytes of the pattern.
pub fn pattern_bytes(length: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(length);
    while bytes.len() < length {
        let left = (length - bytes.len()) as u64;
        bytes.extend_from_slice(pattern_slice(bytes.len() as u64, left));
    }
    bytes
}

/// SHA-256, in lowercase hex, of the first `length` bytes of the pattern.
pub fn pattern_sha256(length: u64) -> String {
    let mut sha = Sha::new();
    let mut done = 0;
    while done < length {
        let piece = pattern_slice(done, length - done);
        sha.update(piece);
        done += piece.len() as u64;
    }
    sha.hex()
}

/// SHA-256 of `bytes` in lowercase hex.
pub fn sha256_hex(bytes: &[u8]) -> String {
    let mut sha = Sha::new();
    sha.update(bytes);
    sha.hex()
}

/// Boxed, since a context is large and often only might be needed.
pub(crate) struct Sha(Box<digest::Context>);

impl Sha {
    pub fn new() -> Self {
        Sha(Box::new(digest::Context::new(&digest::SHA256)))
    }

    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub fn hex(self) -> String {
        let digest = self.0.finish();
        digest.as_ref().iter().map(|b| format!("{b:02x}")).collect()
    }
}

/// What a generated body is made of.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Filler {
    Pattern,
    Zeros,
}

impl Filler {
    pub fn slice(self, offset: u64, limit: u64) -> &'static [u8] {
        match self {
            Filler::Pattern => pattern_slice(offset, limit),
            Filler::Zeros => &ZEROS[..limit.min(ZEROS.len() as u64) as usize],
        }
    }
}

/// Reads a size with an optional suffix: `5`, `64k`, `200m`, `5g`.
pub(crate) fn parse_size(text: &str) -> Option<u64> {
    let (digits, unit) = match text.as_bytes().last()? {
        b'k' | b'K' => (&text[..text.len() - 1], 1 << 10),
        b'm' | b'M' => (&text[..text.len() - 1], 1 << 20),
        b'g' | b'G' => (&text[..text.len() - 1], 1 << 30),
        _ => (text, 1),
    };
    digits.parse::<u64>().ok()?.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_agree_with_single_bytes_across_the_period() {
        let start = PERIOD as u64 - 5;
        let slice = pattern_slice(start, 10);
        let expected: Vec<u8> = (start..start + 10).map(pattern_at).collect();
        assert_eq!(slice, expected);
        assert_eq!(&pattern_bytes(100)[..], pattern_slice(0, 100));
    }

    #[test]
    fn a_shift_by_a_buffer_shows() {
        assert_ne!(pattern_slice(0, 64), pattern_slice(PIECE as u64, 64));
        assert_ne!(pattern_slice(0, 64), pattern_slice(1 << 20, 64));
    }

    #[test]
    fn hash_of_the_pattern_is_the_hash_of_its_bytes() {
        assert_eq!(pattern_sha256(300_000), sha256_hex(&pattern_bytes(300_000)));
        assert_eq!(pattern_sha256(0), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }

    #[test]
    fn sizes() {
        assert_eq!(parse_size("5"), Some(5));
        assert_eq!(parse_size("2k"), Some(2048));
        assert_eq!(parse_size("3g"), Some(3 << 30));
        assert_eq!(parse_size("x"), None);
        assert_eq!(parse_size("99999999999999999g"), None);
        assert_eq!(parse_size(""), None);
    }
}
