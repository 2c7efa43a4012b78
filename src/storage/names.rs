//! The file names ferry makes up itself.

use parking_lot::Mutex;
use std::io;

pub const TEMPORARY_PREFIX: &str = "tmp_";
const PARTIAL_PREFIX: &str = ".ferry-";
const PARTIAL_SUFFIX: &str = ".part";
const MAX_EXTENSION: usize = 16;
const NAME_BYTES: usize = 16;
const POOL_BYTES: usize = 32 * NAME_BYTES;

/// Random bytes fetched for many names at once: one system call each would show in the rate of small downloads.
struct Pool {
    bytes: [u8; POOL_BYTES],
    left: usize,
}

static POOL: Mutex<Pool> = Mutex::new(Pool { bytes: [0; POOL_BYTES], left: 0 });

/// 128 unguessable bits in hexadecimal: the name of one mini-program's file tells nothing about the next.
pub fn random() -> io::Result<String> {
    let mut taken = [0; NAME_BYTES];
    {
        let mut pool = POOL.lock();
        if pool.left == 0 {
            getrandom::fill(&mut pool.bytes).map_err(|e| io::Error::other(e.to_string()))?;
            pool.left = POOL_BYTES;
        }
        let end = pool.left;
        pool.left = end - NAME_BYTES;
        taken.copy_from_slice(&pool.bytes[end - NAME_BYTES..end]);
    }
    Ok(format!("{:032x}", u128::from_ne_bytes(taken)))
}

pub fn partial(random: &str) -> String {
    format!("{PARTIAL_PREFIX}{random}{PARTIAL_SUFFIX}")
}

pub fn temporary(random: &str, extension: &str) -> String {
    format!("{TEMPORARY_PREFIX}{random}.{}", plain_extension(extension))
}

/// Whether a name is one of ferry's partial files. Without regard to case, as some file systems have none.
pub fn is_partial(name: &[u8]) -> bool {
    let (prefix, suffix) = (PARTIAL_PREFIX.as_bytes(), PARTIAL_SUFFIX.as_bytes());
    name.len() > prefix.len() + suffix.len()
        && name[..prefix.len()].eq_ignore_ascii_case(prefix)
        && name[name.len() - suffix.len()..].eq_ignore_ascii_case(suffix)
}

/// An extension comes from a server or from a host's file name, so only plain letters and digits are kept.
fn plain_extension(extension: &str) -> String {
    let plain = !extension.is_empty()
        && extension.len() <= MAX_EXTENSION
        && extension.bytes().all(|b| b.is_ascii_alphanumeric());
    if plain {
        extension.to_ascii_lowercase()
    } else {
        super::media::UNKNOWN_EXTENSION.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn names_do_not_repeat_nor_share_a_prefix() {
        let names: Vec<String> = (0..1000).map(|_| random().unwrap()).collect();
        let heads: HashSet<&str> = names.iter().map(|n| &n[..16]).collect();
        let tails: HashSet<&str> = names.iter().map(|n| &n[16..]).collect();
        assert_eq!((heads.len(), tails.len()), (1000, 1000));
    }

    #[test]
    fn partial_names_are_known_in_any_case() {
        assert!(is_partial(partial("0f").as_bytes()));
        assert!(is_partial(b".FERRY-00.Part"));
        for other in [".ferry-.part", ".ferry-part", "ferry-00.part", ".ferry-00.par", ".ferr\u{e9}-00.part"] {
            assert!(!is_partial(other.as_bytes()), "{other}");
        }
    }

    #[test]
    fn a_hostile_extension_becomes_unknown() {
        assert_eq!(temporary("r", "JPG"), "tmp_r.jpg");
        for hostile in ["", "../x", "a/b", "a.b", "a\0", "图", "aaaaaaaaaaaaaaaaa"] {
            assert_eq!(temporary("r", hostile), "tmp_r.unknown");
        }
    }
}
