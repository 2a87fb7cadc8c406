//! When each layer of the waterfall paid how much.

use super::stacks::{self, Group, Words};
use super::{Axis, Lane};
use crate::format::{money, plural};
use crate::html::Page;
use maud::html;

/// Colours of the layers.
const CLASSES: [&str; 7] = ["c5", "c2", "c7", "c3", "c4", "c1", "c6"];

pub(super) fn lane(page: &Page<'_>, axis: Axis) -> Option<Lane> {
    let payments = &page.record.coverage;
    if payments.is_empty() {
        return None;
    }
    let mut layers: Vec<&str> = Vec::new();
    for payment in payments {
        if !layers.contains(&payment.layer.as_str()) {
            layers.push(&payment.layer);
        }
    }
    let group = |(layer, class): (&&str, &'static str)| {
        let own = payments.iter().filter(|payment| payment.layer == **layer);
        let points = own.map(|payment| (payment.time, payment.usd));
        Group::new(axis, ((*layer).to_owned(), class), points)
    };
    let groups = layers.iter().zip(CLASSES.into_iter().cycle());
    let groups: Vec<Group> = groups.map(group).collect();
    let words: Words = |group, usd, n| {
        let payments = plural(n, "payment", "payments");
        format!("{} paid {} in {payments}", group.name, money(usd))
    };
    let told = groups.iter().map(|group| {
        let paid: f64 = group.sums.iter().map(|(sum, _)| sum).sum();
        let times = group.sums.iter().map(|(_, count)| count).sum();
        words(group, paid, times)
    });
    Some(Lane {
        id: "waterfall",
        title: "Waterfall",
        desc: told.collect::<Vec<_>>().join("; ") + ".",
        legend: groups.iter().map(|g| (g.name.clone(), g.class)).collect(),
        drawing: stacks::drawing(axis, &groups, &[], (money, words)),
        // Layers, payers and payments have tables of their own.
        details: html! {},
    })
}
