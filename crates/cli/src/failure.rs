//! The one error type of the command line.

use std::any::Any;
use std::fmt;
use std::io;

/// Why a command could not do its work.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A message that says what is wrong and what to do.
    Message(String),
    /// Whoever read the output has closed it, as `head` does: nothing is left to say.
    OutputClosed,
}

impl Failure {
    /// A failure with its whole message.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self::Message(message.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message(message) => f.write_str(message),
            Self::OutputClosed => f.write_str("the output was closed"),
        }
    }
}

impl<E: std::error::Error + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        let io = (&error as &dyn Any).downcast_ref::<io::Error>();
        if io.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe) {
            return Self::OutputClosed;
        }
        Self::Message(error.to_string())
    }
}
