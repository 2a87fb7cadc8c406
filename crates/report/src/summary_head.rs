//! What the JSON summaries of all commands begin with.

use crate::context::RunContext;
use serde::Serialize;

/// The head of a summary: its format, and what was asked of which software.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct SummaryHead<'a> {
    format: &'static str,
    title: &'a str,
    scenario: &'a str,
    scenario_version: &'a str,
    protocol: &'a str,
    software: &'a str,
    command: &'a str,
}

impl<'a> SummaryHead<'a> {
    pub(crate) fn new(format: &'static str, context: &'a RunContext) -> Self {
        Self {
            format,
            title: &context.title,
            scenario: &context.scenario,
            scenario_version: &context.scenario_version,
            protocol: &context.protocol,
            software: &context.software,
            command: &context.command,
        }
    }
}
