//! The two kinds of task.

/// Which call a task was made by. Queues, origin lists and error texts are kept per kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Upload,
    Download,
}

impl Kind {
    /// The name of the call as it stands in front of every `errMsg`.
    pub const fn api_name(self) -> &'static str {
        match self {
            Kind::Upload => "uploadFile",
            Kind::Download => "downloadFile",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_calls() {
        assert_eq!(Kind::Upload.api_name(), "uploadFile");
        assert_eq!(Kind::Download.api_name(), "downloadFile");
    }
}
