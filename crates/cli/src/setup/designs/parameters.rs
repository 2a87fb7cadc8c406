//! A family's own parameters: its defaults, or what a scenario of that family says.

use super::super::Loaded;
use crate::failure::Failure;

/// One parameter: its name in a scenario, its value, and what is allowed.
#[derive(Debug)]
pub(in crate::setup) struct Parameter<'a> {
    name: &'static str,
    value: &'a mut f64,
    least: f64,
    most: f64,
}

impl<'a> Parameter<'a> {
    /// A parameter that holds its default.
    pub(in crate::setup) fn new(
        name: &'static str,
        value: &'a mut f64,
        least: f64,
        most: f64,
    ) -> Self {
        Self {
            name,
            value,
            least,
            most,
        }
    }
}

/// Takes the scenario's values where it is of the family; another family's say nothing here.
///
/// # Errors
/// When a name is unknown or a value is not allowed.
pub(in crate::setup) fn read(
    loaded: &Loaded,
    family: &str,
    known: &mut [Parameter<'_>],
) -> Result<(), Failure> {
    let spec = &loaded.scenario.protocol;
    if spec.family != family {
        return Ok(());
    }
    let refuse = |name: &str, problem: String| {
        let file = loaded.scenario.path.display();
        Failure::new(format!("{file}: protocol.parameters.{name}: {problem}"))
    };
    for (name, value) in &spec.parameters {
        let Some(parameter) = known.iter_mut().find(|known| known.name == name) else {
            let names: Vec<_> = known.iter().map(|known| known.name).collect();
            let allowed = if names.is_empty() {
                format!("{family} has none")
            } else {
                names.join(", ")
            };
            return Err(refuse(name, format!("unknown key; allowed: {allowed}")));
        };
        if !(parameter.least..=parameter.most).contains(value) {
            let (least, most) = (parameter.least, parameter.most);
            let problem = format!("found {value}; allowed: {least} to {most}");
            return Err(refuse(name, problem));
        }
        *parameter.value = *value;
    }
    Ok(())
}
