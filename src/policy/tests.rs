use super::bypass_tests::{policy, shown, GOOD};
use super::*;
use Failure::*;

#[test]
fn without_a_list_any_http_url_goes() {
    let policy = Policy::default();
    let urls =
        ["http://evil.com/", "https://user:pass@x.com/", "http://good.com./", "http://localhost/", "http://127.0.0.1/"];
    for url in urls {
        assert_eq!(shown(policy.check_url(Kind::Upload, url)), Ok(url.into()));
    }
    assert_eq!(shown(policy.check_url(Kind::Upload, "file:///etc/passwd")), Err(InvalidUrl));
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
        assert_eq!(shown(policy.check_url(kind, "http://a.com/")), Err(NotInDomainList));
        assert_eq!(shown(policy.resolve_redirect(kind, &base, b"http://a.com/")), Err(RedirectNotInDomainList));
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
    assert_eq!(shown(policy.check_url(Kind::Download, up)), Err(NotInDomainList));
}

#[test]
fn refused_addresses_written_in_a_url() {
    let policy = Policy::new(PolicyConfig {
        addresses: AddressRules { refuse_loopback: true, refuse_private: true, refuse_link_local: true },
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
        assert_eq!(shown(policy.check_url(Kind::Download, url)), Err(NotInDomainList), "{url}");
        assert_eq!(
            shown(policy.resolve_redirect(Kind::Download, &base, url.as_bytes())),
            Err(RedirectNotInDomainList),
            "{url}"
        );
    }
    for url in ["http://8.8.8.8/", "http://notlocalhost/", "https://good.com/"] {
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
        (RedirectNotInDomainList, 600002, "redirect url not in domain list"),
    ];
    for (denied, errno, text) in table {
        assert_eq!((denied.errno(crate::kind::Kind::Upload), denied.to_string().as_str()), (errno, text));
    }
}
