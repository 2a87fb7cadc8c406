//! What the pages have in common around their own sections: the head, and the sections at the end.

use super::parts::{self, Captioned};
use super::{Section, question, settings, terms};
use crate::answer::Span;
use crate::context::RunContext;
use maud::{Markup, html};

/// The head of a page, from top to bottom. What is empty is left out.
pub(super) struct Head<'a> {
    /// What kind of page it is.
    pub(super) kind: &'static str,
    /// The design that was run.
    pub(super) protocol: &'a str,
    pub(super) title: &'a str,
    /// Paths, times and seed.
    pub(super) when: Markup,
    pub(super) question: &'a str,
    /// What a reader must know before the answer.
    pub(super) warnings: Markup,
    pub(super) answer: Vec<Span>,
    /// What goes with the answer.
    pub(super) notes: Markup,
}

impl Head<'_> {
    pub(super) fn draw(self) -> Markup {
        html! {
            header {
                p class="kicker" {
                    "Backstop " span { (self.kind) }
                    @if !self.protocol.is_empty() { " · " (self.protocol) }
                }
                h1 { (self.title) }
                @if !self.when.0.is_empty() { p class="when" { (self.when) } }
                @if !self.question.is_empty() { p class="question" { (self.question) } }
                (self.warnings)
                (parts::answer(self.answer))
                (self.notes)
            }
        }
    }
}

/// How to get the same result again.
pub(super) struct Again<'a> {
    pub(super) context: &'a RunContext,
    /// What is the same each time; may be empty.
    pub(super) promise: &'a str,
    /// What to compare besides software and scenario.
    pub(super) facts: &'a [(&'a str, Markup)],
    /// What stands between the facts and the files.
    pub(super) between: Markup,
    /// Where the figures of the page stand as files.
    pub(super) files: &'a str,
}

impl Again<'_> {
    pub(super) fn draw(&self) -> Markup {
        let context = self.context;
        html! {
            @if !self.promise.is_empty() { p { (self.promise) } }
            @if !context.command.is_empty() { pre tabindex="0" { code { (context.command) } } }
            dl class="facts wide" {
                div { dt { "Software" } dd { (context.software) } }
                div { dt { "Scenario" } dd { (context.scenario) " " (context.scenario_version) } }
                @for (name, value) in self.facts { div { dt { (name) } dd { (value) } } }
            }
            (self.between)
            p { (self.files) }
        }
    }
}

/// What ends a page of a scenario that ran along many paths or none.
pub(super) struct Ending<'a, T> {
    pub(super) context: &'a RunContext,
    /// The facts about the question.
    pub(super) facts: Markup,
    /// Title of the settings.
    pub(super) settings: &'static str,
    pub(super) again: Markup,
    pub(super) terms: T,
}

impl<T: Iterator<Item = terms::Term>> Ending<'_, T> {
    /// Question and inputs, settings, how to get the same result, and terms.
    pub(super) fn sections(self, page: &impl Captioned) -> [Section; 4] {
        let section = |id, title, content| Section { id, title, content };
        [
            section(
                "question",
                "What was asked, and from what",
                question::given(page, self.context, &self.facts),
            ),
            section(
                "settings",
                self.settings,
                settings::content(page, &self.context.settings),
            ),
            section("reproduce", "How to get the same result", self.again),
            section("terms", "Terms", terms::content(self.terms)),
        ]
    }
}
