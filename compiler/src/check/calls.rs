//! What is known when all files are checked: circles of files, circles of workflows, and how deep they call one another.

use std::collections::BTreeMap;

use super::modules::Uses;
use super::{Said, WorkflowCall, World};
use crate::faults::{self, Site};
use crate::plan::DEEPEST_CALLS;
use crate::{Diagnostic, Sources, graph};

/// A workflow may lead to so many others: each stands in its plan once for every way that leads to it.
const MOST_CALLED: usize = 256;

/// Files that use one another in a circle, each circle said once, in the file that comes first.
pub(super) fn circles_of_files(sources: &Sources, uses: &Uses, said: &mut [Said]) {
    for circle in &uses.circles {
        let links: Vec<(Site, String)> =
            circle.iter().map(|(file, span)| (Site { file: *file, span: *span }, sources.shown(*file).to_owned())).collect();
        say(said, faults::modules::circle_of_files(&links));
    }
}

/// Workflows that call one another in a circle, or too deep.
pub(super) fn check(world: &World, said: &mut [Said]) {
    if world.calls.is_empty() {
        return;
    }
    let edges: Vec<(usize, usize)> = world.calls.iter().map(|call| (call.from as usize, call.to as usize)).collect();
    let circles = graph::circles(world.actions.len(), &edges);
    for circle in &circles {
        say(said, circle_of_calls(world, circle, &edges));
    }
    if circles.is_empty() {
        too_deep(world, &edges, said);
    }
}

fn circle_of_calls(world: &World, circle: &[usize], edges: &[(usize, usize)]) -> Option<Diagnostic> {
    let way = graph::around(circle, edges);
    let mut links = Vec::with_capacity(way.len());
    for (from, to) in way.iter().zip(way.iter().cycle().skip(1)) {
        let call = call(world, *from, *to)?;
        links.push((call.site, world.actions.get(*from)?.name.clone()));
    }
    faults::modules::circle_of_calls(&links)
}

/// The first call of one workflow by another.
fn call(world: &World, from: usize, to: usize) -> Option<&WorkflowCall> {
    world.calls.iter().find(|call| (call.from as usize, call.to as usize) == (from, to))
}

/// Each plan holds the plans of what it calls: neither deeper nor more than a run can hold.
fn too_deep(world: &World, edges: &[(usize, usize)], said: &mut [Said]) {
    let mut called: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (from, to) in edges {
        let callees = called.entry(*from).or_default();
        if !callees.contains(to) {
            callees.push(*to);
        }
    }
    // For each workflow: how deep its plan is, and how many plans stand in it, itself counted.
    let mut sizes: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
    for from in graph::referred_first(world.actions.len(), edges).into_iter().flatten() {
        let (mut deep, mut many) = (1, 1_usize);
        for to in called.get(&from).into_iter().flatten() {
            let (inner_deep, inner_many) = sizes.get(to).copied().unwrap_or((1, 1));
            deep = deep.max(inner_deep + 1);
            many = many.saturating_add(inner_many);
            if deep > DEEPEST_CALLS || many > MOST_CALLED {
                if let (Some(call), Some(info)) = (call(world, from, *to), world.actions.get(*to)) {
                    let fault = faults::modules::calls_too_deep(call.site, &info.name, DEEPEST_CALLS, MOST_CALLED);
                    say(said, Some(fault));
                }
                // One message, not one for each caller of it.
                (deep, many) = (1, 1);
                break;
            }
        }
        sizes.insert(from, (deep, many));
    }
}

fn say(said: &mut [Said], fault: Option<Diagnostic>) {
    if let Some(fault) = fault
        && let Some(said) = said.get_mut(fault.file.0 as usize)
    {
        said.diagnostics.push(fault);
    }
}
