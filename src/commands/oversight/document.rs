//! The report as a document: headings, tables, and labels with lines. All layouts are of this one, so that they say the same.

use flow_compiler::oversight::{Argument, GateBefore, Place, Proof, Report, WatchedCall, WatchedDuty, WatchedGate};

/// What is said of one workflow.
pub(super) struct Chapter {
    /// Its heading.
    pub(super) title: String,
    /// What is said of the workflow as a whole.
    pub(super) facts: Vec<Fact>,
    /// Rows of the overview; empty where nothing is watched.
    pub(super) overview: Vec<[String; 4]>,
    /// Each call, and then each gate.
    pub(super) sections: Vec<Section>,
}

/// The columns of an overview.
pub(super) const COLUMNS: [&str; 4] = ["LINE", "CALL", "DUTY", "ASKED AT"];

/// A call or a gate.
pub(super) struct Section {
    /// Its heading.
    pub(super) title: String,
    /// Whether somebody should look at it: nobody is asked, or nothing was proved.
    pub(super) open: bool,
    /// What is said of it.
    pub(super) facts: Vec<Fact>,
}

/// A label with lines.
pub(super) struct Fact {
    pub(super) label: &'static str,
    pub(super) lines: Vec<String>,
}

/// What is said where a call has no gate.
const NOBODY: &str = "nobody is asked";

impl Chapter {
    /// Of a report.
    pub(super) fn of(report: &Report) -> Self {
        let mut facts = vec![fact("file", [report.file.clone()]), fact("owner", [report.owner.clone()])];
        facts.extend(report.doc.clone().map(|doc| fact("about", [one_line(&doc)])));
        if !report.called_by.is_empty() {
            facts.push(fact("called by", report.called_by.iter().cloned()));
        }
        if !report.calls_workflows.is_empty() {
            let of_its_own = |workflow: &String| format!("the workflow {workflow}, which has a report of its own");
            facts.push(fact("calls", report.calls_workflows.iter().map(of_its_own)));
        } else if report.calls.is_empty() {
            facts.push(fact("calls", ["nothing that cannot be taken back, and nothing with a duty".to_owned()]));
        }
        let overview = report.calls.iter().map(|call| overview(call, &report.gates)).collect();
        let calls = report.calls.iter().map(|call| of_call(call, &report.gates));
        let sections = calls.chain(report.gates.iter().map(of_gate)).collect();
        Self { title: report.workflow.clone(), facts, overview, sections }
    }
}

fn fact(label: &'static str, lines: impl IntoIterator<Item = String>) -> Fact {
    Fact { label, lines: lines.into_iter().collect() }
}

fn overview(call: &WatchedCall, gates: &[WatchedGate]) -> [String; 4] {
    let duties: Vec<String> = call.duties.iter().map(demand).collect();
    let duty = if duties.is_empty() { "none".to_owned() } else { duties.join("; ") };
    [call.line.to_string(), heading(call), duty, asked_at(call, gates)]
}

fn heading(call: &WatchedCall) -> String {
    let step = if call.action.rsplit('.').next() == Some(call.step.as_str()) { String::new() } else { format!(" as {}", call.step) };
    match call.place {
        Place::Step => format!("{}{step}", call.action),
        Place::Undo => format!("{} to undo {}", call.action, call.step),
        Place::OnFailure => format!("{}{step} on failure", call.action),
        Place::OnReject => format!("{}{step} on reject", call.action),
        Place::OnCancel => format!("{}{step} on cancel", call.action),
    }
}

/// The gates that count: those that cover a duty, which ask wherever it applies; else all before the call, wherever each of them asks.
fn asked_at(call: &WatchedCall, gates: &[WatchedGate]) -> String {
    let mut met: Vec<usize> = call.duties.iter().flat_map(|duty| &duty.covered_by).map(|covering| covering.gate).collect();
    let covered = !met.is_empty();
    let passed = |gate: usize| call.gates.iter().any(|before| before.gate == gate && before.only_where.is_empty());
    if !covered {
        met.extend(call.gates.iter().map(|before| before.gate));
    }
    met.sort_unstable();
    met.dedup();
    let at = |number: usize| {
        let gate = gates.get(number)?;
        let sure = covered || (passed(number) && gate.asks_always());
        Some(if sure { name(gate) } else { format!("{} if it asks", name(gate)) })
    };
    let met: Vec<String> = met.into_iter().filter_map(at).collect();
    let unproved = call.duties.iter().any(|duty| duty.proof == Proof::NotProved);
    match (met.is_empty(), unproved) {
        (_, true) => "not proved".to_owned(),
        (true, _) => NOBODY.to_owned(),
        (false, _) => met.join(", "),
    }
}

fn name(gate: &WatchedGate) -> String {
    format!("{} (line {})", gate.name, gate.line)
}

fn demand(duty: &WatchedDuty) -> String {
    match &duty.policy {
        Some(policy) => format!("{} (policy \"{policy}\")", duty.text),
        None => duty.text.clone(),
    }
}

fn of_call(call: &WatchedCall, gates: &[WatchedGate]) -> Section {
    let unguarded = call.gates.is_empty();
    let unproved = call.duties.iter().any(|duty| duty.proof == Proof::NotProved);
    let mut facts = Vec::new();
    facts.extend(call.doc.as_ref().map(|doc| fact("about", [one_line(doc)])));
    facts.push(fact("effect", [if call.irreversible { "cannot be taken back" } else { "can be put right" }.to_owned()]));
    if !call.only_where.is_empty() {
        facts.push(fact("only where", call.only_where.iter().cloned()));
    }
    if !call.arguments.is_empty() {
        facts.push(fact("given", call.arguments.iter().map(argument)));
    }
    facts.push(match call.duties.as_slice() {
        [] => fact("duty", ["none".to_owned()]),
        duties => fact("duty", duties.iter().map(|duty| format!("{}: {}", demand(duty), proof(duty, gates)))),
    });
    facts.push(match call.gates.as_slice() {
        [] => fact("asked at", [NOBODY.to_owned()]),
        before => fact("asked at", before.iter().filter_map(|before| passed(call, before, gates))),
    });
    facts.extend(call.waiver.as_ref().map(|why| fact("waiver", [format!("without approval because \"{}\"", one_line(why))])));
    facts.extend(
        call.preview
            .as_ref()
            .map(|preview| fact("preview", [format!("{preview} shows what it would touch, and is part of what is approved")])),
    );
    Section { title: format!("line {}: {}", call.line, heading(call)), open: unguarded || unproved, facts }
}

fn argument(argument: &Argument) -> String {
    let value = argument.value.as_deref().unwrap_or("decided later");
    format!("{}: {value}", argument.name)
}

fn proof(duty: &WatchedDuty, gates: &[WatchedGate]) -> String {
    let covers = duty.covered_by.iter().filter_map(|covering| {
        let gate = gates.get(covering.gate)?;
        let all = gate.asks.len() == covering.bands.len() || gate.asks.len() == 1;
        let bands: Vec<String> = covering.bands.iter().map(|band| (band + 1).to_string()).collect();
        if bands.is_empty() && !all {
            return Some(format!("{} (where its case cannot be told, so that all are asked)", gate.name));
        }
        Some(if all { gate.name.clone() } else { format!("{} (its case {})", gate.name, bands.join(", ")) })
    });
    match duty.proof {
        Proof::Covered => format!("covered by {}", covers.collect::<Vec<_>>().join(" and ")),
        Proof::NeverApplies => "never applies here".to_owned(),
        Proof::NotProved => "not proved".to_owned(),
    }
}

fn passed(call: &WatchedCall, before: &GateBefore, gates: &[WatchedGate]) -> Option<String> {
    let gate = gates.get(before.gate)?;
    let mut text = name(gate);
    if !before.only_where.is_empty() {
        text.push_str(&format!(", passed only where {}", before.only_where.join(" and ")));
    }
    // What undoes a step stands on no page.
    if call.place == Place::Undo {
        return Some(text);
    }
    text.push_str(if before.bound { ", which holds for exactly these values" } else { ", before some of these values are known" });
    let later: Vec<&str> =
        before.arguments.iter().filter(|argument| argument.value.is_none()).map(|argument| argument.name.as_str()).collect();
    if !later.is_empty() {
        text.push_str(&format!(" ({})", later.join(", ")));
    }
    Some(text)
}

fn of_gate(gate: &WatchedGate) -> Section {
    let mut facts = Vec::new();
    facts.extend(gate.doc.as_ref().map(|doc| fact("about", [one_line(doc)])));
    let mut asks: Vec<String> = Vec::new();
    let several = gate.asks.len() > 1;
    for (number, case) in gate.asks.iter().enumerate() {
        let who = case.who.as_deref().unwrap_or("nobody");
        asks.push(match (&case.when, several) {
            (None, false) => format!("always: {who}"),
            (Some(when), false) => format!("when {}: {who}", one_line(when)),
            (None, true) => format!("{}. otherwise: {who}", number + 1),
            (Some(when), true) => format!("{}. when {}: {who}", number + 1, one_line(when)),
        });
    }
    asks.extend(gate.where_unsure.as_ref().map(|who| format!("also where this cannot be evaluated: {who}")));
    facts.push(fact("asks", asks));
    facts.push(match gate.deadlines.as_slice() {
        [] => fact("no answer", ["it waits".to_owned()]),
        steps => fact("no answer", steps.iter().cloned()),
    });
    if gate.opens_in_silence {
        facts.push(fact("beware", ["it opens when nobody answers, so it covers no duty".to_owned()]));
    }
    facts.extend(gate.reminds.clone().map(|every| fact("reminds", [every])));
    facts.push(fact("title", [gate.title.clone()]));
    facts.push(match gate.shows.as_slice() {
        [] => fact("shows", ["the calls that it guards, and nothing else".to_owned()]),
        shows => fact(
            "shows",
            shows.iter().map(|show| {
                let drawn = show.drawn_as.map_or_else(String::new, |drawn| format!(" (as {drawn})"));
                if show.label == show.value { format!("{}{drawn}", show.value) } else { format!("{}: {}{drawn}", show.label, show.value) }
            }),
        ),
    });
    if !gate.enters.is_empty() {
        facts.push(fact("enters", gate.enters.iter().cloned()));
    }
    if gate.can_be_sent_back {
        facts.push(fact("send back", ["it may be sent back to who asked for the run".to_owned()]));
    }
    if !gate.reason_required.is_empty() {
        facts.push(fact("reason", [format!("must be given to {}", gate.reason_required.join(" and to "))]));
    }
    Section { title: format!("gate {} (line {})", gate.name, gate.line), open: false, facts }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
