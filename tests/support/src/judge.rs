use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// A multipart server that is not ours: Python's standard library, as a second opinion.
///
/// `POST` anything; it answers JSON like `/upload` does (see `judge.py`).
pub struct PythonJudge {
    child: Child,
    url: String,
}

impl PythonJudge {
    /// None where there is no `python3`.
    pub fn start() -> Option<PythonJudge> {
        let mut child = Command::new("python3")
            .args(["-c", include_str!("../judge.py")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .ok()?;
        let mut line = String::new();
        let read = child.stdout.take().and_then(|out| BufReader::new(out).read_line(&mut line).ok());
        match (read, line.trim().strip_prefix("listening ")) {
            (Some(_), Some(url)) => Some(PythonJudge { child, url: url.to_owned() }),
            _ => {
                let _ = child.kill();
                let _ = child.wait();
                None
            }
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }
}

impl Drop for PythonJudge {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
