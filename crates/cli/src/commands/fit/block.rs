//! The text of a scenario that a fit comes to.

use backstop_lab::price::fit::PairCorrelation;
use backstop_lab::price::{PriceModel, Tail};

/// A number with at most five significant digits, without an exponent where it is of usual size.
pub(in crate::commands) fn short(x: f64) -> String {
    let rounded: f64 = format!("{x:.4e}").parse().unwrap_or(x);
    if rounded == 0.0 || (1e-4..1e7).contains(&rounded.abs()) {
        rounded.to_string()
    } else {
        format!("{rounded:e}")
    }
}

/// The value of the key `price`.
pub(super) fn price(model: &PriceModel) -> String {
    let table = |kind: &str, keys: &[(&str, f64)]| {
        let keys: Vec<String> = keys
            .iter()
            .map(|(key, value)| format!("{key} = {}", short(*value)))
            .collect();
        format!("{{ {kind} = {{ {} }} }}", keys.join(", "))
    };
    match model {
        PriceModel::Gbm(m) => table(
            "gbm",
            &[
                ("start", m.start),
                ("volatility", m.volatility),
                ("drift", m.drift),
            ],
        ),
        PriceModel::Merton(m) => table(
            "merton",
            &[
                ("start", m.start),
                ("volatility", m.volatility),
                ("drift", m.drift),
                ("intensity", m.intensity),
                ("jump_mean", m.jump_mean),
                ("jump_deviation", m.jump_deviation),
            ],
        ),
        PriceModel::Garch(m) => table(
            "garch",
            &[
                ("start", m.start),
                ("volatility", m.volatility),
                ("first_volatility", m.first_volatility),
                ("drift", m.drift),
                ("alpha", m.alpha),
                ("beta", m.beta),
                ("degrees", m.degrees),
                ("period_s", f64::from(m.period_s)),
            ],
        ),
        PriceModel::Regimes(m) => {
            let state = |regime: &backstop_lab::price::Regime| {
                format!(
                    "{{ volatility = {}, drift = {}, mean_stay_s = {} }}",
                    short(regime.volatility),
                    short(regime.drift),
                    short(regime.mean_stay_s)
                )
            };
            let states: Vec<String> = m.regimes.iter().map(state).collect();
            format!(
                "{{ regimes = {{ start = {}, states = [{}] }} }}",
                short(m.start),
                states.join(", ")
            )
        }
        other => format!("# not a process that can be fitted: {other:?}"),
    }
}

/// The table `[dependence]`; the names stand where the scenario has its assets' symbols.
pub(super) fn dependence(names: &[&str], pairs: &[PairCorrelation], tail: Tail) -> String {
    let pair = |pair: &PairCorrelation| {
        let (a, b) = pair.samples;
        format!("\"{}/{}\" = {:.4}", names[a], names[b], pair.of_ranks)
    };
    let pairs: Vec<String> = pairs.iter().map(pair).collect();
    let degrees = match tail {
        Tail::Gaussian => String::new(),
        Tail::StudentT { degrees } => format!("degrees = {degrees}\n"),
    };
    format!(
        "[dependence]\ncorrelation = {{ {} }}\n{degrees}",
        pairs.join(", ")
    )
}
