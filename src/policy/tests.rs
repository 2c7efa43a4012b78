use super::*;
use Denied::*;

const GOOD: &str = "https://good.com";
const PORT: &str = "https://good.com:8443";
const IDN: &str = "https://例え.テスト";
const LOCAL: &str = "http://127.0.0.1:8080";
const V6: &str = "https://[2606:4700::1111]";

fn policy(origins: &[&str]) -> Policy {
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

fn shown(result: Result<Url, Denied>) -> Result<String, Denied> {
    result.map(String::from)
}

#[test]
fn urls_against_an_origin_list() {
    let table: &[(&str, Result<&str, Denied>)] = &[
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
        (
            "https://good.com\\.evil.com/",
            Ok("https://good.com/.evil.com/"),
        ),
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
        (
            "https://例え.テスト/",
            Ok("https://xn--r8jz45g.xn--zckzah/"),
        ),
        (
            "https://XN--R8JZ45G.xn--zckzah/",
            Ok("https://xn--r8jz45g.xn--zckzah/"),
        ),
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
        (
            "https://[2606:4700:0:0::1111]/",
            Ok("https://[2606:4700::1111]/"),
        ),
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
        (
            "https://good.com/a b/文",
            Ok("https://good.com/a%20b/%E6%96%87"),
        ),
        (
            "https://good.com/%0d%0aX: 1",
            Ok("https://good.com/%0d%0aX:%201"),
        ),
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
    for &(url, expected) in table {
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
    let table: &[(&[u8], Result<&str, Denied>)] = &[
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
        (
            b"/\xce\xc4\xbc\xfe?\xe9",
            Ok("https://good.com/%CE%C4%BC%FE?%E9"),
        ),
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
    for &(location, expected) in table {
        let got = shown(policy.resolve_redirect(Kind::Download, &base, location));
        if got != expected.map(str::to_string) {
            wrong.push((String::from_utf8_lossy(location), got));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn without_a_list_any_http_url_goes() {
    let policy = Policy::default();
    let urls = [
        "http://evil.com/",
        "https://user:pass@x.com/",
        "http://good.com./",
        "http://localhost/",
        "http://127.0.0.1/",
    ];
    for url in urls {
        assert_eq!(shown(policy.check_url(Kind::Upload, url)), Ok(url.into()));
    }
    assert_eq!(
        shown(policy.check_url(Kind::Upload, "file:///etc/passwd")),
        Err(InvalidUrl)
    );
}

#[test]
fn the_callers_user_name_stays_within_its_origin() {
    let policy = Policy::default();
    let base = Url::parse("http://u:p@a.com/x").unwrap();
    let to = |location: &[u8]| shown(policy.resolve_redirect(Kind::Download, &base, location));
    assert_eq!(to(b"/y"), Ok("http://u:p@a.com/y".into()));
    assert_eq!(to(b"http://a.com:80/y"), Ok("http://u:p@a.com/y".into()));
    assert_eq!(to(b"http://v:w@a.com/y"), Ok("http://u:p@a.com/y".into()));
    assert_eq!(to(b"https://a.com/y"), Ok("https://a.com/y".into()));
    assert_eq!(to(b"//b.com/y"), Ok("http://b.com/y".into()));
    assert_eq!(to(b"http://v:w@b.com/y"), Ok("http://b.com/y".into()));
}

#[test]
fn https_only_refuses_http_and_a_downgrade() {
    let policy = Policy::new(PolicyConfig {
        https_only: true,
        upload_origins: Some(vec!["http://a.com".into(), "https://a.com".into()]),
        ..PolicyConfig::default()
    })
    .unwrap();
    let base = Url::parse("https://a.com/").unwrap();
    for kind in [Kind::Upload, Kind::Download] {
        assert!(policy.check_url(kind, "https://a.com/").is_ok());
        assert_eq!(
            shown(policy.check_url(kind, "http://a.com/")),
            Err(NotInDomainList)
        );
        assert_eq!(
            shown(policy.resolve_redirect(kind, &base, b"http://a.com/")),
            Err(RedirectNotInDomainList)
        );
    }
}

#[test]
fn the_lists_are_one_per_kind_and_an_empty_one_allows_nothing() {
    let policy = Policy::new(PolicyConfig {
        upload_origins: Some(vec!["https://up.com".into()]),
        download_origins: Some(vec![]),
        ..PolicyConfig::default()
    })
    .unwrap();
    let up = "https://up.com/";
    assert!(policy.check_url(Kind::Upload, up).is_ok());
    assert_eq!(
        shown(policy.check_url(Kind::Download, up)),
        Err(NotInDomainList)
    );
}

#[test]
fn refused_addresses_written_in_a_url() {
    let policy = Policy::new(PolicyConfig {
        addresses: AddressRules {
            refuse_loopback: true,
            refuse_private: true,
            refuse_link_local: true,
        },
        ..PolicyConfig::default()
    })
    .unwrap();
    let refused = [
        "http://127.0.0.1/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://017700000001/",
        "http://0/",
        "http://127.0.0.1./",
        "http://①②⑦.0.0.1/",
        "http://[::1]/",
        "http://[::ffff:7f00:1]/",
        "http://[64:ff9b::10.0.0.1]/",
        "http://[2002:a00:1::]/",
        "http://169.254.169.254/latest/meta-data",
        "http://localhost:8080/",
        "http://LOCALHOST./",
        "http://a.localhost/",
    ];
    let base = Url::parse("https://good.com/").unwrap();
    for url in refused {
        assert_eq!(
            shown(policy.check_url(Kind::Download, url)),
            Err(NotInDomainList),
            "{url}"
        );
        assert_eq!(
            shown(policy.resolve_redirect(Kind::Download, &base, url.as_bytes())),
            Err(RedirectNotInDomainList),
            "{url}"
        );
    }
    for url in [
        "http://8.8.8.8/",
        "http://notlocalhost/",
        "https://good.com/",
    ] {
        assert!(policy.check_url(Kind::Download, url).is_ok(), "{url}");
    }
    assert!(!policy.check_address("127.0.0.1".parse().unwrap()));
    assert!(policy.check_address("8.8.8.8".parse().unwrap()));
}

#[test]
fn origins_that_are_none_are_told_by_name() {
    let table = [
        ("good.com", "must begin with"),
        ("//good.com", "must begin with"),
        ("https:good.com", "must begin with"),
        (" https://good.com", "must begin with"),
        ("ftp://good.com", "must begin with"),
        ("", "must begin with"),
        ("*", "must begin with"),
        ("https://good.com/path", "path"),
        ("https://good.com//", "path"),
        ("https://good.com\\", "path"),
        ("https://good.com?q", "path"),
        ("https://good.com?", "path"),
        ("https://good.com#f", "path"),
        ("https://user@good.com", "user name"),
        ("https://@good.com", "user name"),
        ("https://good.com\n", "white space"),
        ("https://go\tod.com", "white space"),
        ("https://*.good.com", "wildcard"),
        ("https://", "no valid host"),
        ("https:///", "no valid host"),
        ("https://good.com:99999", "no valid host"),
        ("https://[::1", "no valid host"),
        ("https://good.com:0", "port 0"),
    ];
    for (origin, words) in table {
        let error = Policy::new(PolicyConfig {
            download_origins: Some(vec![GOOD.into(), origin.into()]),
            ..PolicyConfig::default()
        })
        .expect_err(origin);
        assert_eq!(error.origin, origin);
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[test]
fn origins_are_normalised() {
    let policy = policy(&["HTTPS://Good.COM:443/", "http://例え.テスト:80"]);
    for url in ["https://good.com/", "http://xn--r8jz45g.xn--zckzah/"] {
        assert!(policy.check_url(Kind::Upload, url).is_ok(), "{url}");
    }
}

#[test]
fn same_origin_compares_scheme_host_and_port() {
    let same = |a, b| same_origin(&Url::parse(a).unwrap(), &Url::parse(b).unwrap());
    assert!(same("https://a.com/x", "https://A.com:443/y?z"));
    assert!(same("http://[::1]:80/", "http://[0::1]/"));
    assert!(!same("https://a.com/", "http://a.com/"));
    assert!(!same("https://a.com/", "https://a.com:444/"));
    assert!(!same("https://a.com/", "https://a.com./"));
    assert!(!same("https://a.com/", "https://b.com/"));
    assert!(!same("http://a.com:443/", "https://a.com/"));
}

#[test]
fn denials_have_the_contracts_numbers_and_words() {
    let table = [
        (InvalidUrl, 600009, "invalid URL"),
        (NotInDomainList, 600002, "url not in domain list"),
        (
            RedirectNotInDomainList,
            600002,
            "redirect url not in domain list",
        ),
    ];
    for (denied, errno, text) in table {
        assert_eq!((denied.errno(), denied.to_string().as_str()), (errno, text));
    }
}
