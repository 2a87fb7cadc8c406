//! The results of an ensemble: files, and the text for the terminal.

use super::additions::Additions;
use crate::failure::Failure;
use crate::progress;
use crate::setup::{self, Loaded, Part, Payer, Stage};
use backstop_report::{Added, EnsembleReport, RunContext, ensemble_text, write_ensemble};
use std::io::{Write, stdout};
use std::path::Path;

/// Falls of the lead asset's price at the start of which the report tells what they bring into breach.
const FALLS: [f64; 5] = [0.05, 0.1, 0.2, 0.3, 0.5];

/// What the results are made of.
pub(in crate::commands) struct Told<'a> {
    pub(in crate::commands) loaded: &'a Loaded,
    /// How the scenario was put on the design.
    pub(in crate::commands) mapping: &'a [String],
    pub(in crate::commands) payer: Payer,
    pub(in crate::commands) stage: &'a dyn Stage,
    pub(in crate::commands) part: &'a Part,
    pub(in crate::commands) additions: &'a Additions,
    /// The command that repeats the run.
    pub(in crate::commands) command: String,
    /// The commands that add the drivers and the heat map.
    pub(in crate::commands) adding: [String; 2],
}

impl Told<'_> {
    /// Writes the files and tells the results.
    ///
    /// # Errors
    /// When the system refuses.
    pub(in crate::commands) fn report(&self, out: &Path) -> Result<(), Failure> {
        let mut context = self.context()?;
        let instant = self.stage.at_risk(&FALLS).unwrap_or_else(|why| {
            let note = format!("What a fall at the start brings into breach is not told: {why}.");
            context.notes.push(note);
            Vec::new()
        });
        let (loaded, part) = (self.loaded, self.part);
        let scenario = &loaded.scenario;
        let assets = scenario.assets.iter();
        let symbols: Vec<String> = assets.map(|asset| asset.symbol.clone()).collect();
        let accounts = &loaded.inputs.book.accounts;
        let name = |account: u32| {
            let named = accounts.get(usize::try_from(account).ok()?)?;
            Some(named.name.clone())
        };
        let file = scenario.path.file_name().unwrap_or_default();
        let file = file.to_string_lossy();
        let set = part.set.iter().map(|set| format!(" --set '{set}'"));
        let set: String = set.collect();
        let path_command = |path: u64| format!("backstop run {file} --path {path}{set}");
        let draws = setup::draws_words(loaded);
        let [drivers, heat_map] = &self.adding;
        let cells = self.additions.heat_map.as_ref().map(|done| done.cells());
        let heat_map = match (&self.additions.heat_map, &cells) {
            (Some(done), Some(cells)) => Added::Run(done.report(&context, cells)),
            _ => Added::Command(heat_map),
        };
        let report = EnsembleReport {
            context: &context,
            totals: &part.totals,
            symbols: &symbols,
            lead: setup::lead(loaded),
            seed: part.seed,
            asked: part.asked,
            horizon_s: scenario.time.end - scenario.time.start,
            instant: &instant,
            drivers: match &self.additions.drivers {
                Some(done) => Added::Run(done.report(&context)),
                None => Added::Command(drivers),
            },
            heat_map,
            draws: draws.as_deref(),
            account_name: &name,
            path_command: &path_command,
        };
        write_ensemble(out, &report)?;
        let mut screen = stdout().lock();
        screen.write_all(ensemble_text(&report, progress::width()).as_bytes())?;
        writeln!(screen, "report   {}", out.join("stress.html").display())?;
        Ok(())
    }

    fn context(&self) -> Result<RunContext, Failure> {
        let mut context = setup::run_context(self.loaded, self.command.clone());
        context
            .protocol
            .clone_from(&setup::design_of(self.loaded)?.title);
        context.notes.extend(self.mapping.iter().cloned());
        self.payer.tell(&mut context.waterfall);
        Ok(context)
    }
}
