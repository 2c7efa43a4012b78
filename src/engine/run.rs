//! One task on its way over the hops: what is decided before the first and between two.

use std::sync::Arc;
use std::time::{Duration, Instant};

use url::Url;

use super::spec::{Action, Spec};
use super::task::Task;
use crate::config::Config;
use crate::error::Failure;
use crate::headers::{request_headers, sets_accept_encoding, RequestContext};
use crate::kind::Kind;
use crate::policy::same_origin;
use crate::storage::Storage;
use crate::transfer::exchange::{Hop, Live, Sink};
use crate::transfer::meter::Meter;
use crate::transfer::multipart;
use crate::transfer::request::Request;
use crate::transfer::source::Source;

/// As browsers do.
pub const MAX_REDIRECTS: u32 = 20;

/// What a task keeps from hop to hop.
pub struct Run {
    pub spec: Box<Spec>,
    pub url: Url,
    /// The caller's URL: its credentials are for this origin only.
    first_url: Url,
    /// An upload stays one until a redirect makes it a GET.
    posts: bool,
    /// A redirect has left the first origin.
    strayed: bool,
    headers: Vec<(String, String)>,
    /// libcurl asks for content codings and undoes them.
    decodes: bool,
    pub hops: u32,
    pub deadline: Instant,
    pub queue_end: Instant,
    pub fetch_start: Instant,
    pub first_redirect: Option<Instant>,
    pub last_redirect_end: Option<Instant>,
    /// Every hop so far stayed on the first one's host.
    pub one_host: bool,
}

/// What can be said of a task before it leaves the queue.
pub fn check(task: &Task, spec: &Spec, config: &Config) -> Result<Url, Failure> {
    spec.check().map_err(Failure::Parameter)?;
    for (name, value) in &spec.headers {
        crate::headers::check_header(name, value)?;
    }
    config.policy.check_url(task.kind, &spec.url)
}

impl Run {
    pub fn new(task: &Task, spec: Box<Spec>, url: Url, config: &Config) -> Result<Run, Failure> {
        let asked = match spec.timeout_ms {
            0 => config.default_timeout,
            ms => Duration::from_millis(ms.unsigned_abs()),
        };
        let now = Instant::now();
        let mut run = Run {
            decodes: config.decode_content && !sets_accept_encoding(&spec.headers),
            posts: task.kind == Kind::Upload,
            first_url: url.clone(),
            url,
            strayed: false,
            headers: Vec::new(),
            hops: 0,
            deadline: now + asked.min(config.max_timeout),
            queue_end: now,
            fetch_start: now,
            first_redirect: None,
            last_redirect_end: None,
            one_host: true,
            spec,
        };
        run.compose_headers(config)?;
        Ok(run)
    }

    fn compose_headers(&mut self, config: &Config) -> Result<(), Failure> {
        let default_agent = concat!("ferry/", env!("CARGO_PKG_VERSION"));
        let own_agent = self.spec.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("User-Agent"));
        let user_agent = config.user_agent.as_deref().or((!own_agent).then_some(default_agent));
        self.headers = request_headers(
            &self.spec.headers,
            &RequestContext {
                kind: self.spec.kind(),
                referer: config.referer.as_deref(),
                user_agent,
                withhold_credentials: self.strayed,
            },
        )?;
        Ok(())
    }

    /// Opens the files: the one to send, or the one to be written.
    pub fn open(&mut self, task: &Arc<Task>, config: &Arc<Config>, storage: &Storage) -> Result<Live, Failure> {
        let (source, sink) = match &mut self.spec.action {
            Action::Upload { file_path, name, form } => {
                let file = storage.open_upload(file_path)?;
                let mut random = [0; 16];
                getrandom::fill(&mut random).map_err(|error| Failure::Internal(error.to_string()))?;
                let file_type = crate::storage::content_type_for(&file.name);
                // The encoded form takes the place of the caller's.
                let form = std::mem::take(form);
                let form = multipart::encode(&multipart::boundary(random), &form, name, &file.name, &file_type);
                (Some(Source::new(form, file.file, file.len)), Sink::Memory(Vec::new()))
            }
            Action::Download { file_path } => (None, Sink::File(storage.create_target(file_path.as_deref())?)),
        };
        Ok(Live {
            report: Box::new(task.clone()),
            config: config.clone(),
            source,
            sink,
            decodes: self.decodes,
            meter: Meter::new(config.progress_interval),
            hop: Hop::default(),
        })
    }

    /// The request of the current hop.
    pub fn request<'a>(&'a self, source: Option<&'a Source>) -> Request<'a> {
        Request {
            url: &self.url,
            body: source.filter(|_| self.posts).map(|source| (source.content_type(), source.length())),
            headers: &self.headers,
            decodes: self.decodes,
            http2: self.spec.http2,
            quic: self.spec.quic,
            timeout: self.deadline.saturating_duration_since(Instant::now()),
        }
    }

    /// Goes where the response of the last hop points.
    pub fn follow(&mut self, task: &Task, live: &mut Live, config: &Config) -> Result<(), Failure> {
        let now = Instant::now();
        self.hops += 1;
        if self.hops > MAX_REDIRECTS {
            return Err(Failure::TooManyRedirects);
        }
        let headers = &live.hop.headers;
        let location = headers.location().unwrap_or_default();
        let target = config.policy.resolve_redirect(task.kind, &self.url, &location)?;
        if matches!(headers.status(), 301..=303) {
            self.posts = false;
        }
        self.one_host &= target.host_str() == self.url.host_str();
        if !self.strayed && !same_origin(&self.first_url, &target) {
            self.strayed = true;
            self.compose_headers(config)?;
        }
        self.first_redirect.get_or_insert(self.fetch_start);
        self.last_redirect_end = Some(now);
        self.fetch_start = now;
        self.url = target;
        live.hop = Hop::default();
        if let Some(source) = &mut live.source {
            source.seek(0);
        }
        Ok(())
    }
}
