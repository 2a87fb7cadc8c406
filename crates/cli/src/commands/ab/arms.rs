//! What is compared with the scenario as it stands.

use super::Args;
use crate::failure::Failure;
use crate::setup::{Base, policy_settings};
use backstop_io::scenario::{POLICIES, Policy, PolicySpec, Scenario, allowed_policies, policy};

/// One side of a comparison; the other is the scenario as it stands.
pub(super) struct Arm {
    pub(super) label: String,
    pub(super) about: String,
    /// Overrides of the scenario.
    pub(super) set: Vec<String>,
    /// Read and checked, so that a wrong value costs no time.
    pub(super) scenario: Scenario,
}

/// What is to be run.
pub(super) struct Plan {
    pub(super) arms: Vec<Arm>,
    /// Policies that are left out where all are asked for, and why.
    pub(super) refused: Vec<(String, String)>,
}

/// A policy that is switched.
struct Switch {
    policy: &'static Policy,
    /// On with these settings, `key=value`; off where there is nothing.
    on: Option<Vec<String>>,
}

impl Switch {
    fn label(&self) -> String {
        match &self.on {
            None => format!("without {}", self.policy.name),
            Some(keys) if keys.is_empty() => self.policy.name.to_owned(),
            Some(keys) => format!("{} ({})", self.policy.name, keys.join(", ")),
        }
    }

    /// Overrides; a policy that is on already keeps its other settings.
    fn set(&self, base: &Scenario) -> Vec<String> {
        let name = self.policy.name;
        let Some(keys) = &self.on else {
            return vec![format!("policy.{name}=off")];
        };
        let missing = !base.policies.iter().any(|spec| spec.name == name);
        let mut set = Vec::new();
        set.extend(missing.then(|| format!("policy.{name}={{}}")));
        set.extend(keys.iter().map(|key| format!("policy.{name}.{key}")));
        set
    }
}

/// Reads what is asked for.
///
/// # Errors
/// When a policy is unknown, named twice, switched off without being on, or the protocol cannot have it.
pub(super) fn plan(args: &Args, base: &Base) -> Result<Plan, Failure> {
    let scenario = &base.loaded.scenario;
    let named = named(args, scenario)?;
    let mut plan = Plan {
        arms: Vec::new(),
        refused: Vec::new(),
    };
    if !named.is_empty() && !args.each {
        plan.arms.push(arm(base, &named)?);
        return Ok(plan);
    }
    let own = scenario.policies.iter();
    let own: Vec<Switch> = own.filter_map(|spec| off(spec.name)).collect();
    let (switches, all) = match (named.is_empty(), args.each || own.is_empty()) {
        (false, _) => (named, false),
        (true, false) => (own, false),
        (true, true) => (every(scenario), true),
    };
    for switch in switches {
        match arm(base, std::slice::from_ref(&switch)) {
            Ok(arm) => plan.arms.push(arm),
            // Of all policies some may not fit the protocol or the scenario, which is told.
            Err(Failure::Message(why)) if all => {
                let why = why.lines().next().unwrap_or_default().to_owned();
                plan.refused.push((switch.policy.name.to_owned(), why));
            }
            Err(failure) => return Err(failure),
        }
    }
    if plan.arms.is_empty() {
        let refused = plan.refused.iter().map(|(_, why)| why.as_str());
        let refused: Vec<_> = refused.collect();
        return Err(Failure::new(format!(
            "no policy can be compared: {}",
            refused.join("; ")
        )));
    }
    Ok(plan)
}

fn off(name: &str) -> Option<Switch> {
    let policy = policy(name)?;
    Some(Switch { policy, on: None })
}

/// Every policy, on where it is off and off where it is on.
fn every(scenario: &Scenario) -> Vec<Switch> {
    let is_on = |policy: &Policy| {
        let mut on = scenario.policies.iter();
        on.any(|spec| spec.name == policy.name)
    };
    let switch = |policy: &'static Policy| Switch {
        on: (!is_on(policy)).then(Vec::new),
        policy,
    };
    POLICIES.iter().map(switch).collect()
}

/// The policies of `--with` and `--without`, each once, in the order in which they were named.
fn named(args: &Args, scenario: &Scenario) -> Result<Vec<Switch>, Failure> {
    let mut switches: Vec<Switch> = Vec::new();
    for text in &args.with {
        let (name, setting) = match text.split_once('.') {
            Some((name, setting)) => (name, Some(setting)),
            None => (text.as_str(), None),
        };
        let policy = find("--with", text, name)?;
        if setting.is_some_and(|setting| !setting.contains('=')) || name.contains('=') {
            return Err(Failure::new(format!(
                "--with {text}: found no value; allowed: NAME or NAME.KEY=VALUE, such as oracle-twap.window_s=600"
            )));
        }
        let known = switches.iter_mut().find(|s| s.policy.name == policy.name);
        match (known, setting) {
            (Some(Switch { on: Some(keys), .. }), Some(setting)) => keys.push(setting.to_owned()),
            (Some(_), _) => return Err(twice("--with", name)),
            (None, setting) => switches.push(Switch {
                policy,
                on: Some(setting.map(str::to_owned).into_iter().collect()),
            }),
        }
    }
    for name in &args.without {
        let policy = find("--without", name, name)?;
        if switches.iter().any(|s| s.policy.name == policy.name) {
            return Err(twice("--without", name));
        }
        let on: Vec<_> = scenario.policies.iter().map(|spec| spec.name).collect();
        if !on.contains(&policy.name) {
            let allowed = match on.is_empty() {
                true => "the scenario switches no policy on".to_owned(),
                false => format!("allowed: {}", on.join(", ")),
            };
            return Err(Failure::new(format!(
                "--without {name}: the scenario does not switch it on; {allowed}"
            )));
        }
        switches.push(Switch { policy, on: None });
    }
    Ok(switches)
}

fn find(flag: &str, text: &str, name: &str) -> Result<&'static Policy, Failure> {
    let name = name.split('=').next().unwrap_or(name);
    policy(name).ok_or_else(|| {
        let allowed = allowed_policies(name);
        Failure::new(format!("{flag} {text}: unknown policy; allowed: {allowed}"))
    })
}

fn twice(flag: &str, name: &str) -> Failure {
    Failure::new(format!(
        "{flag} {name}: the policy is named twice; allowed: each once"
    ))
}

/// The scenario with some policies switched, all together.
fn arm(base: &Base, switches: &[Switch]) -> Result<Arm, Failure> {
    let ours = &base.loaded.scenario;
    let set: Vec<String> = switches
        .iter()
        .flat_map(|switch| switch.set(ours))
        .collect();
    let scenario = base.scenario(&set)?;
    let labels: Vec<String> = switches.iter().map(Switch::label).collect();
    let about = switches.iter().map(|switch| about(switch, &scenario));
    let about: Vec<String> = about.collect();
    Ok(Arm {
        label: labels.join(" + "),
        about: about.join(". "),
        set,
        scenario,
    })
}

/// What a policy does, with its settings where it is on.
fn about(switch: &Switch, scenario: &Scenario) -> String {
    let policy = switch.policy;
    let named = |spec: &&PolicySpec| spec.name == policy.name;
    match scenario.policies.iter().find(named) {
        None => format!("Off: {}", policy.about),
        Some(spec) => {
            let settings = policy_settings(scenario, spec);
            format!("{} ({settings})", policy.about)
        }
    }
}
