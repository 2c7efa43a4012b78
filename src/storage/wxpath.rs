//! The grammar of the paths a mini-program may name. Pure: it never looks at a file system.
//!
//! Only `wxfile://tmp_NAME` and `wxfile://usr/A/B/…` exist. Names are taken literally: nothing is decoded,
//! normalised or case-folded, so there is no second form of a name that could mean something else.

use super::names;

const SCHEME: &str = "wxfile://";
/// The longest name the usual file systems take.
const MAX_NAME: usize = 255;
/// Short enough for PATH_MAX of every platform once a storage root stands before it.
const MAX_PATH: usize = 1024;
const MAX_DEPTH: usize = 64;

/// Where a mini-program's path leads, relative to the storage root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place<'a> {
    /// A file in the flat folder of temporary files.
    Temporary { name: &'a str },
    /// The folder of user files itself.
    UserRoot,
    /// A file below the folder of user files.
    User { folders: Vec<&'a str>, name: &'a str },
}

/// Reads a path, or gives None when a mini-program may not name it.
pub fn parse(path: &str) -> Option<Place<'_>> {
    if path.len() > MAX_PATH {
        return None;
    }
    let rest = path.strip_prefix(SCHEME)?;
    if has_hostile_escape(rest) {
        return None;
    }
    if rest == "usr" {
        return Some(Place::UserRoot);
    }
    if let Some(inside) = rest.strip_prefix("usr/") {
        let mut folders: Vec<&str> = inside.split('/').collect();
        if folders.len() > MAX_DEPTH || !folders.iter().all(|name| is_plain_name(name)) {
            return None;
        }
        let name = folders.pop()?;
        return Some(Place::User { folders, name });
    }
    let random = rest.strip_prefix(names::TEMPORARY_PREFIX)?;
    (!random.is_empty() && is_plain_name(rest)).then_some(Place::Temporary { name: rest })
}

fn is_plain_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= MAX_NAME
        && name != "."
        && name != ".."
        && !name.contains(|c: char| c == '/' || c == '\\' || c.is_control())
        && !names::is_partial(name.as_bytes())
}

/// Percent-encoding is not decoded here, but a host behind ferry might: the encoded forms of `.`, `/`, `\` and NUL,
/// also encoded several times over, have no honest use in a name.
fn has_hostile_escape(text: &str) -> bool {
    text.match_indices('%').any(|(at, _)| {
        let mut code = &text.as_bytes()[at + 1..];
        while let Some(inner) = code.strip_prefix(b"25") {
            code = inner;
        }
        matches!(code, [a, b, ..] if matches!(
            [a.to_ascii_lowercase(), b.to_ascii_lowercase()],
            [b'2', b'e'] | [b'2', b'f'] | [b'5', b'c'] | [b'0', b'0']
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn honest_paths_are_read() {
        assert_eq!(parse("wxfile://tmp_1a.jpg"), Some(Place::Temporary { name: "tmp_1a.jpg" }));
        assert_eq!(parse("wxfile://usr"), Some(Place::UserRoot));
        assert_eq!(parse("wxfile://usr/a b"), Some(Place::User { folders: vec![], name: "a b" }));
        assert_eq!(
            parse("wxfile://usr/图/100%/.x..y"),
            Some(Place::User { folders: vec!["图", "100%"], name: ".x..y" })
        );
    }

    #[test]
    fn limits_are_exact() {
        let at = |n: usize| format!("wxfile://usr/{}", "a".repeat(n));
        assert!(parse(&at(MAX_NAME)).is_some());
        assert!(parse(&at(MAX_NAME + 1)).is_none());
        let deep = |n: usize| format!("wxfile://usr/{}", vec!["d"; n].join("/"));
        assert!(parse(&deep(MAX_DEPTH)).is_some());
        assert!(parse(&deep(MAX_DEPTH + 1)).is_none());
        let long = |n: usize| {
            let mut path = format!("wxfile://usr/{}", vec!["d".repeat(200); 5].join("/"));
            path.push_str(&"e".repeat(n - path.len()));
            path
        };
        assert!(parse(&long(MAX_PATH)).is_some());
        assert!(parse(&long(MAX_PATH + 1)).is_none());
    }

    #[test]
    fn only_hostile_escapes_are_refused() {
        for name in ["%", "%2", "100%25", "%e4%bd%a0", "%20", "a%2"] {
            assert!(parse(&format!("wxfile://usr/{name}")).is_some(), "{name}");
        }
        for name in ["%2e", "%2E%2e", "a%2Fb", "%5C", "x%00y", "%252e", "%25252F", "%%2e"] {
            assert!(parse(&format!("wxfile://usr/{name}")).is_none(), "{name}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_accepted_is_a_list_of_plain_names(path in "(wxfile://)?(usr/|tmp_)?[a./%25ef\\\\\\x00-\\x1f图]{0,40}") {
            let names = match parse(&path) {
                None | Some(Place::UserRoot) => return Ok(()),
                Some(Place::Temporary { name }) => {
                    prop_assert!(name.starts_with("tmp_"));
                    vec![name]
                }
                Some(Place::User { mut folders, name }) => { folders.push(name); folders }
            };
            for name in names {
                let parts: Vec<_> = std::path::Path::new(name).components().collect();
                prop_assert_eq!(parts, vec![std::path::Component::Normal(name.as_ref())]);
                prop_assert!(!name.contains(['\0', '/', '\\']));
            }
        }
    }
}
