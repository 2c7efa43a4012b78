//! What a host asks for, in Rust's terms.

use crate::kind::Kind;

/// One call of uploadFile or downloadFile.
#[derive(Debug, Clone)]
pub struct Spec {
    pub url: String,
    pub headers: Vec<(String, String)>,
    /// 0: the default.
    pub timeout_ms: i64,
    pub priority: i32,
    pub profile: bool,
    pub http2: bool,
    pub quic: bool,
    pub action: Action,
    /// An option that cannot be used, in words that name it: the task can only fail.
    pub error: Option<String>,
}

/// What differs between the kinds.
#[derive(Debug, Clone)]
pub enum Action {
    Upload { file_path: String, name: String, form: Vec<(String, Vec<u8>)> },
    Download { file_path: Option<String> },
}

impl Spec {
    pub fn kind(&self) -> Kind {
        match self.action {
            Action::Upload { .. } => Kind::Upload,
            Action::Download { .. } => Kind::Download,
        }
    }

    /// What is wrong with the options by themselves.
    pub fn check(&self) -> Result<(), String> {
        if let Some(error) = &self.error {
            return Err(error.clone());
        }
        if self.url.is_empty() {
            return Err("url is required".into());
        }
        if let Action::Upload { file_path, name, .. } = &self.action {
            if file_path.is_empty() {
                return Err("filePath is required".into());
            }
            if name.is_empty() {
                return Err("name is required".into());
            }
        }
        if self.timeout_ms < 0 {
            return Err("timeout must not be negative".into());
        }
        Ok(())
    }
}
