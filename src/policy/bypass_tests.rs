//! Ways around an origin list that were tried on other parsers, each with what must come of it.

use super::*;
use proptest::prelude::*;
use Failure::*;

pub(super) const GOOD: &str = "https://good.com";
const PORT: &str = "https://good.com:8443";
const IDN: &str = "https://例え.テスト";
const LOCAL: &str = "http://127.0.0.1:8080";
const V6: &str = "https://[2606:4700::1111]";

pub(super) fn policy(origins: &[&str]) -> Policy {
    let list: Vec<String> = origins.iter().map(|o| o.to_string()).collect();
    Policy::new(PolicyConfig {
        upload_origins: Some(list.clone()),
        download_origins: Some(list),
        ..PolicyConfig::default()
    })
    .unwrap()
}

fn strict() -> Policy {
    policy(&[GOOD, PORT, IDN, LOCAL, V6])
}

pub(super) fn shown(result: Result<Url, Failure>) -> Result<String, Failure> {
    result.map(String::from)
}

#[test]
fn urls_against_an_origin_list() {
    let table: &[(&str, Result<&str, Failure>)] = &[
        // Plain ones.
        ("https://good.com", Ok("https://good.com/")),
        ("https://good.com/a?b#c", Ok("https://good.com/a?b#c")),
        ("https://good.com:8443/", Ok("https://good.com:8443/")),
        ("http://127.0.0.1:8080/x", Ok("http://127.0.0.1:8080/x")),
        ("https://evil.com/", Err(NotInDomainList)),
        ("https://sub.good.com/", Err(NotInDomainList)),
        ("https://good.com.evil.com/", Err(NotInDomainList)),
        ("https://notgood.com/", Err(NotInDomainList)),
        ("https://good.co/", Err(NotInDomainList)),
        ("http://good.com/", Err(NotInDomainList)),
        // Ports.
        ("https://good.com:443/", Ok("https://good.com/")),
        ("https://good.com:0443/", Ok("https://good.com/")),
        ("https://good.com:/", Ok("https://good.com/")),
        ("https://good.com:80/", Err(NotInDomainList)),
        ("http://good.com:443/", Err(NotInDomainList)),
        ("https://good.com:8444/", Err(NotInDomainList)),
        ("https://good.com:0/", Err(InvalidUrl)),
        ("https://good.com:65536/", Err(InvalidUrl)),
        ("https://good.com:-1/", Err(InvalidUrl)),
        ("https://good.com:443:80/", Err(InvalidUrl)),
        // User names.
        ("https://good.com@evil.com/", Err(InvalidUrl)),
        ("https://good.com:443@evil.com/", Err(InvalidUrl)),
        ("https://good.com%2f@evil.com/", Err(InvalidUrl)),
        ("https://evil.com@good.com/", Err(InvalidUrl)),
        ("https://user:pass@good.com/", Err(InvalidUrl)),
        ("https://:pass@good.com/", Err(InvalidUrl)),
        ("https://a@b@good.com/", Err(InvalidUrl)),
        ("https://@good.com/", Ok("https://good.com/")),
        ("https://@evil.com/", Err(NotInDomainList)),
        // Where the host ends.
        ("https://evil.com/@good.com/", Err(NotInDomainList)),
        ("https://evil.com\\@good.com/", Err(NotInDomainList)),
        ("https://evil.com?@good.com/", Err(NotInDomainList)),
        ("https://evil.com#@good.com/", Err(NotInDomainList)),
        ("https://evil.com;good.com/", Err(NotInDomainList)),
        ("https://evil.com&good.com/", Err(NotInDomainList)),
        ("https://good.com\\.evil.com/", Ok("https://good.com/.evil.com/")),
        ("https:\\\\good.com\\a", Ok("https://good.com/a")),
        ("https:\\\\evil.com", Err(NotInDomainList)),
        ("https:good.com", Ok("https://good.com/")),
        ("https:/good.com", Ok("https://good.com/")),
        ("https:////good.com", Ok("https://good.com/")),
        ("https:evil.com", Err(NotInDomainList)),
        ("https:///evil.com/good.com", Err(NotInDomainList)),
        // No URL, or no host.
        ("//good.com", Err(InvalidUrl)),
        ("good.com", Err(InvalidUrl)),
        ("/a", Err(InvalidUrl)),
        ("", Err(InvalidUrl)),
        ("https://", Err(InvalidUrl)),
        ("https:", Err(InvalidUrl)),
        ("https://:443/", Err(InvalidUrl)),
        ("https://?good.com", Err(InvalidUrl)),
        // Spellings of the host.
        ("HTTPS://GOOD.COM/A", Ok("https://good.com/A")),
        ("https://good.com./", Err(NotInDomainList)),
        ("https://good.com..", Err(NotInDomainList)),
        ("https://.good.com/", Err(NotInDomainList)),
        ("https://good。com/", Ok("https://good.com/")),
        ("https://good\u{ff0e}com/", Ok("https://good.com/")),
        ("https://good\u{ff61}com/", Ok("https://good.com/")),
        ("https://evil.com\u{ff0f}good.com", Err(InvalidUrl)),
        ("https://ｇｏｏｄ.com/", Ok("https://good.com/")),
        ("https://gооd.com/", Err(NotInDomainList)),
        ("https://goοd.com/", Err(NotInDomainList)),
        ("https://göod.com/", Err(NotInDomainList)),
        ("https://go\u{ad}od.com/", Ok("https://good.com/")),
        ("https://go\u{200b}od.com/", Ok("https://good.com/")),
        ("https://g%6fod.com/", Ok("https://good.com/")),
        ("https://good%2ecom/", Ok("https://good.com/")),
        ("https://good.com%2eevil.com/", Err(NotInDomainList)),
        ("https://good.com%2fevil.com/", Err(InvalidUrl)),
        ("https://good.com%00.evil.com/", Err(InvalidUrl)),
        ("https://good.com%0d%0a/", Err(InvalidUrl)),
        ("https://good.com%40evil.com/", Err(InvalidUrl)),
        ("https://good.com／evil/", Err(InvalidUrl)),
        ("https://good.com＠evil.com/", Err(InvalidUrl)),
        ("https://evil.com℀good.com/", Err(InvalidUrl)),
        ("https://例え.テスト/", Ok("https://xn--r8jz45g.xn--zckzah/")),
        ("https://XN--R8JZ45G.xn--zckzah/", Ok("https://xn--r8jz45g.xn--zckzah/")),
        ("https://xn--a/", Err(InvalidUrl)),
        // Spellings of an IPv4 address: what is listed is the address.
        ("http://2130706433:8080/", Ok("http://127.0.0.1:8080/")),
        ("http://0x7f000001:8080/", Ok("http://127.0.0.1:8080/")),
        ("http://0177.0.0.1:8080/", Ok("http://127.0.0.1:8080/")),
        ("http://127.1:8080/", Ok("http://127.0.0.1:8080/")),
        ("http://127.0.0.1.:8080/", Ok("http://127.0.0.1:8080/")),
        ("http://127.0.0.2:8080/", Err(NotInDomainList)),
        ("http://[::ffff:127.0.0.1]:8080/", Err(NotInDomainList)),
        ("http://256.0.0.1:8080/", Err(InvalidUrl)),
        ("http://1.2.3.4.5:8080/", Err(InvalidUrl)),
        ("http://4294967296/", Err(InvalidUrl)),
        ("http://127.0.0.0x:8080/", Err(NotInDomainList)),
        // IPv6.
        ("https://[2606:4700:0:0::1111]/", Ok("https://[2606:4700::1111]/")),
        ("https://[2606:4700::1112]/", Err(NotInDomainList)),
        ("https://[::1]/", Err(NotInDomainList)),
        ("https://[fe80::1%25eth0]/", Err(InvalidUrl)),
        ("https://[2606:4700::1111%eth0]/", Err(InvalidUrl)),
        ("https://2606:4700::1111/", Err(InvalidUrl)),
        ("https://[2606:4700::1111/", Err(InvalidUrl)),
        ("https://[good.com]/", Err(InvalidUrl)),
        // White space and control characters.
        (" https://good.com/ ", Ok("https://good.com/")),
        ("\n\thttps://good.com/\r\n", Ok("https://good.com/")),
        ("https://good.com/\r\nX-Evil: 1", Err(InvalidUrl)),
        ("https://good.com/\nX-Evil: 1", Err(InvalidUrl)),
        ("https://good\r.com/", Err(InvalidUrl)),
        ("https://good.com\0.evil.com/", Err(InvalidUrl)),
        ("https://good.com/a\0b", Err(InvalidUrl)),
        ("ht\ntps://good.com/", Err(InvalidUrl)),
        ("https://go\tod.com/", Ok("https://good.com/")),
        ("https://evil.com\t@good.com/", Err(InvalidUrl)),
        ("https://good.com .evil.com/", Err(InvalidUrl)),
        ("https://good.com/a b/文", Ok("https://good.com/a%20b/%E6%96%87")),
        ("https://good.com/%0d%0aX: 1", Ok("https://good.com/%0d%0aX:%201")),
        ("https://good.com/../../a", Ok("https://good.com/a")),
        // Other schemes.
        ("ftp://good.com/", Err(InvalidUrl)),
        ("file:///etc/passwd", Err(InvalidUrl)),
        ("file://good.com/etc/passwd", Err(InvalidUrl)),
        ("javascript:alert(1)//good.com", Err(InvalidUrl)),
        ("data:text/plain,good.com", Err(InvalidUrl)),
        ("ws://good.com/", Err(InvalidUrl)),
        ("blob:https://good.com/1", Err(InvalidUrl)),
        ("view-source:https://good.com/", Err(InvalidUrl)),
        ("httpss://good.com/", Err(InvalidUrl)),
    ];
    let policy = strict();
    let mut wrong = Vec::new();
    for (url, expected) in table.iter().map(|(url, expected)| (*url, expected.clone())) {
        let expected = expected.map(str::to_string);
        for kind in [Kind::Upload, Kind::Download] {
            let got = shown(policy.check_url(kind, url));
            if got != expected {
                wrong.push((url, got));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn redirects_against_an_origin_list() {
    let table: &[(&[u8], Result<&str, Failure>)] = &[
        (b"/x?y", Ok("https://good.com/x?y")),
        (b"x", Ok("https://good.com/dir/x")),
        (b"?q", Ok("https://good.com/dir/file?q")),
        (b"../../x", Ok("https://good.com/x")),
        (b"//good.com:8443/x", Ok("https://good.com:8443/x")),
        (b"https:x", Ok("https://good.com/dir/x")),
        (b"https:/x", Ok("https://good.com/x")),
        (b" \t/x \r\n", Ok("https://good.com/x")),
        (b"/\\good.com/x", Ok("https://good.com/x")),
        (b"./\\evil.com", Ok("https://good.com/dir//evil.com")),
        (b"HTTPS://GOOD.com/A", Ok("https://good.com/A")),
        ("/文 x".as_bytes(), Ok("https://good.com/%E6%96%87%20x")),
        (b"/caf\xe9", Ok("https://good.com/caf%E9")),
        (b"/\xce\xc4\xbc\xfe?\xe9", Ok("https://good.com/%CE%C4%BC%FE?%E9")),
        (b"//evil.com/x", Err(RedirectNotInDomainList)),
        (b"\\\\evil.com/x", Err(RedirectNotInDomainList)),
        (b"/\\evil.com/x", Err(RedirectNotInDomainList)),
        (b"\\/evil.com", Err(RedirectNotInDomainList)),
        (b"///evil.com", Err(InvalidUrl)),
        (b"/\t/evil.com", Err(RedirectNotInDomainList)),
        (b"https://evil.com", Err(RedirectNotInDomainList)),
        (b"https:evil", Ok("https://good.com/dir/evil")),
        (b"https:\\\\evil.com", Err(RedirectNotInDomainList)),
        (b"http:good.com", Err(RedirectNotInDomainList)),
        (b"http://good.com/", Err(RedirectNotInDomainList)),
        (b"https://good.com./", Err(RedirectNotInDomainList)),
        (b"https://good.com@evil.com/", Err(RedirectNotInDomainList)),
        (b"https://good.com:444/", Err(RedirectNotInDomainList)),
        (b"https://169.254.169.254/", Err(RedirectNotInDomainList)),
        (b"ftp://good.com/", Err(RedirectNotInDomainList)),
        (b"file:///etc/passwd", Err(RedirectNotInDomainList)),
        (b"javascript:alert(1)", Err(RedirectNotInDomainList)),
        (b"data:text/plain,x", Err(RedirectNotInDomainList)),
        (b"mailto:a@good.com", Err(RedirectNotInDomainList)),
        // Not the server's user name.
        (b"https://user:pass@good.com/x", Ok("https://good.com/x")),
        (b"//user@good.com/x", Ok("https://good.com/x")),
        (b"https://", Err(InvalidUrl)),
        (b"https://good.com:0/", Err(InvalidUrl)),
        (b"https://good.com:99999/", Err(InvalidUrl)),
        (b"//[::1", Err(InvalidUrl)),
        (b"https://g\xe9od.com/", Err(InvalidUrl)),
        (b"/x\r\nSet-Cookie: a=b", Err(InvalidUrl)),
        (b"/x\0y", Err(InvalidUrl)),
    ];
    let policy = strict();
    let base = Url::parse("https://good.com/dir/file?old#f").unwrap();
    let mut wrong = Vec::new();
    for (location, expected) in table.iter().map(|(location, expected)| (*location, expected.clone())) {
        let got = shown(policy.resolve_redirect(Kind::Download, &base, location));
        if got != expected.map(str::to_string) {
            wrong.push((String::from_utf8_lossy(location), got));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Pieces that parsers quarrel about, in any order.
    #[test]
    fn what_is_allowed_is_listed_and_is_one_visible_line(pieces in prop::collection::vec(
        prop_oneof![
            prop::sample::select(vec![
                "http", "https:", "//", "/", "\\", "good.com", "evil.com", "@", ":", ":443", "?", "#",
                ".", "%2f", "%00", "\t", "\n", "\r", " ", "\0", "[", "]", "::1", "127.1", "。", "é", "\u{ad}",
            ]).prop_map(String::from),
            any::<char>().prop_map(String::from),
        ],
        0..10,
    ), after_scheme: bool) {
        let text = if after_scheme { "https://" } else { "" }.to_string() + &pieces.concat();
        let policy = strict();
        let base = Url::parse("https://good.com/dir/file").unwrap();
        let checked = policy.check_url(Kind::Upload, &text);
        let redirected = policy.resolve_redirect(Kind::Upload, &base, text.as_bytes());
        for url in checked.into_iter().chain(redirected) {
            let listed = ["good.com", "xn--r8jz45g.xn--zckzah", "127.0.0.1", "[2606:4700::1111]"];
            prop_assert!(listed.contains(&url.host_str().unwrap()), "{url}");
            prop_assert!(url.as_str().bytes().all(|b| b.is_ascii_graphic()), "{url}");
            prop_assert!(!has_userinfo(&url), "{url}");
            prop_assert_eq!(Url::parse(url.as_str()), Ok(url));
        }
    }
}
