use crate::error::Failure;
use crate::kind::Kind;

/// What decides which headers one request carries.
#[derive(Clone, Copy, Debug)]
pub struct RequestContext<'a> {
    pub kind: Kind,
    /// The host's Referer; none is sent when it is unset or empty, the caller's never is.
    pub referer: Option<&'a str>,
    /// The host's User-Agent; the caller's is kept when it is unset or empty.
    pub user_agent: Option<&'a str>,
    /// A redirect has left the origin that the caller named. Stays set for the rest of the chain, also when it
    /// comes back: the server in between must not learn what a return trip would bring.
    pub withhold_credentials: bool,
}

/// A header that cannot be sent. Never tells the value, which may be a secret.
fn refusal(name: &str, reason: &str) -> Failure {
    const SHOWN: usize = 64;
    let escaped = name.escape_debug();
    let shown: String = match name.chars().count() > SHOWN {
        true => escaped.take(SHOWN).chain(['…']).collect(),
        false => escaped.collect(),
    };
    Failure::Parameter(format!("header {shown}: {reason}"))
}

/// Ours, the connection's or libcurl's to say: a caller's would break framing, smuggle a request or claim another host.
const NEVER_THE_CALLERS: [&str; 11] = [
    "Referer",
    "Content-Length",
    "Transfer-Encoding",
    "Host",
    "Connection",
    "Keep-Alive",
    "Expect",
    "Upgrade",
    "HTTP2-Settings",
    "TE",
    "Trailer",
];

/// The headers of one request, in the caller's order, the host's own last.
pub fn request_headers(
    caller: &[(String, String)],
    context: &RequestContext,
) -> Result<Vec<(String, String)>, Failure> {
    let user_agent = context.user_agent.filter(|text| !text.is_empty());
    let referer = context.referer.filter(|text| !text.is_empty());
    let mut headers = Vec::with_capacity(caller.len() + 2);
    for (name, value) in caller {
        // Also those not sent: an attempt to smuggle a line is told and not passed over.
        check_header(name, value)?;
        let is = |other: &str| name.eq_ignore_ascii_case(other);
        let dropped = NEVER_THE_CALLERS.iter().any(|other| is(other))
            || starts_with_ignore_case(name, "Proxy-")
            || (context.kind == Kind::Upload && is("Content-Type"))
            || (user_agent.is_some() && is("User-Agent"))
            || (context.withhold_credentials && (is("Authorization") || is("Cookie")));
        if !dropped {
            headers.push((name.clone(), trim(value).to_string()));
        }
    }
    for (name, value) in [("Referer", referer), ("User-Agent", user_agent)] {
        if let Some(value) = value {
            check_header(name, value)?;
            headers.push((name.to_string(), trim(value).to_string()));
        }
    }
    Ok(headers)
}

/// Whether the name is an HTTP token and the value fits on one line.
pub fn check_header(name: &str, value: &str) -> Result<(), Failure> {
    let reason = if name.is_empty() || !name.bytes().all(is_token_byte) {
        "the name is not an HTTP token"
    } else if value.contains(['\r', '\n', '\0']) {
        "the value has a line break or NUL"
    } else {
        return Ok(());
    };
    Err(refusal(name, reason))
}

/// Whether the caller decides on content codings, and so gets the bytes as they come.
pub fn sets_accept_encoding(headers: &[(String, String)]) -> bool {
    headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("Accept-Encoding"))
}

/// The form libcurl's header list wants: `Name:` alone would take a header away, `Name;` sends it empty.
pub fn to_curl_line(name: &str, value: &str) -> String {
    if value.is_empty() {
        format!("{name};")
    } else {
        format!("{name}: {value}")
    }
}

fn trim(value: &str) -> &str {
    value.trim_matches([' ', '\t'])
}

fn starts_with_ignore_case(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: RequestContext =
        RequestContext { kind: Kind::Download, referer: None, user_agent: None, withhold_credentials: false };

    fn pairs(headers: &[(&str, &str)]) -> Vec<(String, String)> {
        let owned = |&(name, value): &(&str, &str)| (name.to_string(), value.to_string());
        headers.iter().map(owned).collect()
    }

    fn sent(caller: &[(&str, &str)], context: RequestContext) -> Vec<(String, String)> {
        request_headers(&pairs(caller), &context).unwrap()
    }

    #[test]
    fn what_the_caller_may_say_goes_out_as_given() {
        let caller = [
            ("X-A", "1"),
            ("x-a", "2"),
            ("Content-Type", "application/json"),
            ("User-Agent", "mine"),
            ("Authorization", "Bearer x"),
            ("Cookie", "a=b"),
            ("X-Empty", ""),
            ("X-Text", "文"),
            ("X-A", "1"),
        ];
        assert_eq!(sent(&caller, PLAIN), pairs(&caller));
    }

    #[test]
    fn what_is_not_the_callers_is_dropped_in_any_case() {
        let names = [
            "Referer",
            "Content-Length",
            "Transfer-Encoding",
            "Host",
            "Connection",
            "Keep-Alive",
            "Expect",
            "Upgrade",
            "HTTP2-Settings",
            "TE",
            "Trailer",
            "Proxy-Authorization",
            "Proxy-Connection",
        ];
        for kind in [Kind::Upload, Kind::Download] {
            let context = RequestContext { kind, ..PLAIN };
            for name in names {
                for name in [name.to_string(), name.to_lowercase(), name.to_uppercase()] {
                    let got = sent(&[(&name, "x"), ("X-Keep", "y")], context);
                    assert_eq!(got, pairs(&[("X-Keep", "y")]), "{name}");
                }
            }
        }
        let near = [("Prox", "1"), ("Proxy", "1"), ("Hosts", "1"), ("X-Host", "1"), ("TE-X", "1")];
        assert_eq!(sent(&near, PLAIN), pairs(&near));
    }

    #[test]
    fn an_uploads_content_type_is_ours() {
        let caller = [("content-TYPE", "image/jpeg"), ("Content-Encoding", "x")];
        let upload = RequestContext { kind: Kind::Upload, ..PLAIN };
        assert_eq!(sent(&caller, upload), pairs(&caller[1..]));
        assert_eq!(sent(&caller, PLAIN), pairs(&caller));
    }

    #[test]
    fn referer_and_user_agent_are_the_hosts() {
        let caller = [("user-agent", "mine"), ("referer", "mine"), ("X", "y")];
        let host = RequestContext {
            referer: Some("https://servicewechat.com/app/1/page-frame.html"),
            user_agent: Some(" host/1 "),
            ..PLAIN
        };
        let expected =
            [("X", "y"), ("Referer", "https://servicewechat.com/app/1/page-frame.html"), ("User-Agent", "host/1")];
        assert_eq!(sent(&caller, host), pairs(&expected));
        let empty = RequestContext { referer: Some(""), user_agent: Some(""), ..PLAIN };
        let expected = [("user-agent", "mine"), ("X", "y")];
        assert_eq!(sent(&caller, empty), pairs(&expected));
    }

    #[test]
    fn credentials_stay_with_the_first_origin() {
        let caller = [("authorization", "Bearer x"), ("COOKIE", "a=b"), ("X-Token", "t")];
        let elsewhere = RequestContext { withhold_credentials: true, ..PLAIN };
        assert_eq!(sent(&caller, elsewhere), pairs(&[("X-Token", "t")]));
    }

    #[test]
    fn headers_that_cannot_be_sent_are_told_without_their_value() {
        let table = [
            ("X\r\nY", "v", "X\\r\\nY: the name"),
            ("", "v", ": the name"),
            ("X Y", "v", "X Y: the name"),
            ("X:", "v", "X:: the name"),
            ("X\0", "v", "X\\0: the name"),
            ("Ünïcode", "v", "Ünïcode: the name"),
            ("X(", "v", "X(: the name"),
            ("X-Ok", "secret\r\nEvil: 1", "X-Ok: the value"),
            ("X-Ok", "secret\n", "X-Ok: the value"),
            ("X-Ok", "secret\r", "X-Ok: the value"),
            ("X-Ok", "secret\0", "X-Ok: the value"),
            ("Referer", "secret\r\nEvil: 1", "Referer: the value"),
            ("Cookie", "secret\n", "Cookie: the value"),
        ];
        for (name, value, words) in table {
            for withhold_credentials in [false, true] {
                let context = RequestContext { withhold_credentials, ..PLAIN };
                let error = request_headers(&pairs(&[(name, value)]), &context).unwrap_err();
                let text = error.to_string();
                let expected = format!("parameter error: header {words}");
                assert!(text.starts_with(&expected), "{text}");
                assert!(!text.contains("secret"), "{text}");
            }
        }
        let host = RequestContext { user_agent: Some("a\nb"), ..PLAIN };
        assert!(request_headers(&[], &host).unwrap_err().to_string().contains("header User-Agent: "));
        let long = "é".repeat(10_000);
        let error = check_header(&long, "").unwrap_err();
        assert!(error.to_string().len() < 256);
    }

    #[test]
    fn lines_for_libcurl() {
        assert_eq!(to_curl_line("X", "a: b;"), "X: a: b;");
        assert_eq!(to_curl_line("X", ""), "X;");
        let headers = sent(&[("X", " \t "), ("Y", "\t a b ")], PLAIN);
        assert_eq!(headers, pairs(&[("X", ""), ("Y", "a b")]));
    }

    #[test]
    fn accept_encoding_is_noticed() {
        assert!(sets_accept_encoding(&pairs(&[("accept-encoding", "")])));
        assert!(!sets_accept_encoding(&pairs(&[("Accept", "gzip")])));
    }
}
