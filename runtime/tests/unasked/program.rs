//! A flow with duties, as plans: with and without them, and with that of one call alone.
//!
//! A flow whose calls are not covered has no plan. So the plan is made without any duty, and they are put in afterwards, as they are in
//! the plan of a flow that asks before everything.

use std::fmt::Write as _;

use flow_compiler::oversight::{Duties, Node, Outcome, Verdict, Work};
use flow_compiler::plan::{Duty, Expr, HandlerEvent, NodeKind, Plan};
use flow_compiler::value::Value;
use flow_compiler::{Checked, FileId, Severity, Sources, check};

const FILE: &str = "case.flow";

/// A file of flows.
pub(crate) struct Program {
    text: String,
    bare: Checked,
    file: FileId,
    duties: Vec<(String, Vec<Duty>)>,
}

fn checked(text: String) -> (FileId, Checked) {
    let mut sources = Sources::new();
    let file = sources.add(FILE, text);
    (file, check(&sources))
}

fn errors(checked: &Checked) -> impl Iterator<Item = String> {
    let errors = checked.diagnostics.iter().filter(|said| said.severity == Severity::Error);
    errors.map(|said| format!("{} {} ({:?})", said.code.as_str(), said.message, said.span))
}

impl Program {
    /// # Errors
    /// What is wrong with it, besides calls that are not covered.
    pub(crate) fn of(text: &str) -> Result<Self, String> {
        let (header, workflows) = apart(text);
        let stripped = without_duties(&header);
        let (file, bare) = checked(stripped.clone() + &workflows.join(""));
        if let Some(error) = errors(&bare).next() {
            return Err(format!("{error}\n{stripped}{}", workflows.join("")));
        }
        let names = actions(&header);
        let mut asking = header.clone();
        for (name, parameters, by) in &names {
            let given: Vec<&str> =
                parameters.split(", ").filter_map(|parameter| parameter.split_once(": ")).map(|(name, _)| name).collect();
            let finance = if header.contains("\npolicy ") { "  require approval by finance within 2 days\n" } else { "" };
            let given = given.join(", ");
            writeln!(asking, "workflow asks_{name}({parameters}) {{\n  owner \"boss@acme.example\"\n  require approval {by} within 2 days\n{finance}  step {name}({given})\n}}\n")
                .unwrap();
        }
        let (file_of_asking, checked) = checked(asking);
        if let Some(error) = errors(&checked).next() {
            return Err(format!("asking before everything: {error}"));
        }
        let duties = names.into_iter().map(|(name, ..)| {
            let plan = checked.plan(file_of_asking, &format!("asks_{name}")).unwrap();
            let duties = plan.actions.into_iter().find(|action| action.name == name).map(|action| action.duties);
            (name, duties.unwrap_or_default())
        });
        let duties = duties.collect();
        Ok(Self { text: text.to_owned(), bare, file, duties })
    }

    /// The names of its workflows.
    pub(crate) fn workflows(&self) -> Vec<String> {
        self.bare.workflows().map(|workflow| workflow.name.to_string()).collect()
    }

    /// Whether the compiler accepts it as its author wrote it.
    pub(crate) fn is_accepted(&self) -> bool {
        errors(&checked(self.text.clone()).1).next().is_none()
    }

    /// How many refused calls have a gate proposed right before them, and those proposals that do not compile or do not cover the call.
    pub(crate) fn proposals(&self) -> (u64, Vec<String>) {
        let (file, before) = checked(self.text.clone());
        let (mut proposed, mut wrong) = (0, Vec::new());
        for said in &before.diagnostics {
            let Some(fix) = &said.fix else { continue };
            proposed += 1;
            let mut text = self.text.clone();
            for edit in fix.edits.iter().filter(|edit| edit.file == file) {
                text.replace_range(edit.span.range(), &edit.text);
            }
            let after: Vec<String> = errors(&checked(text).1).collect();
            let many = errors(&before).count();
            if after.len() >= many || after.iter().any(|error| !error.starts_with("F0332")) {
                wrong.push(format!("{}\n{}", fix.title, after.join("\n")));
            }
        }
        (proposed, wrong)
    }

    /// The plan of a workflow, with all duties.
    pub(crate) fn plan(&self, workflow: &str) -> Plan {
        let mut plan = self.bare.plan(self.file, workflow).unwrap();
        for (name, duties) in &self.duties {
            for action in plan.actions.iter_mut().filter(|action| action.name == name) {
                action.duties.clone_from(duties);
            }
        }
        plan
    }
}

/// What is proved of a plan.
pub(crate) fn verdicts(plan: &Plan) -> Vec<Verdict> {
    Duties::of(&plan.workflow, plan).prove(&mut Work::default())
}

pub(crate) const fn is_covered(verdict: &Verdict) -> bool {
    matches!(verdict.outcome, Outcome::Covered(_))
}

/// The same plan, but every run that would complete fails, so that it is undone.
pub(crate) fn failing(plan: &Plan) -> Plan {
    let mut made = plan.clone();
    let body = &mut made.workflow.body;
    for node in &mut body.nodes {
        if let NodeKind::Return(_) = node.kind {
            node.kind = NodeKind::Fail(None);
        }
    }
    let after = (0..u32::try_from(body.nodes.len()).unwrap()).collect();
    body.nodes.push(flow_compiler::plan::Node {
        after,
        within: None,
        kind: NodeKind::Fail(None),
        line: 0,
        span: flow_compiler::Span::new(0, 0),
    });
    made
}

/// The same plan, but every run fails at once with an error, and then does what stands in this handler, whatever that is for. The proof
/// says the same of all handlers, whatever they were told.
pub(crate) fn handling(plan: &Plan, handler: usize, error: &Value) -> Plan {
    let mut made = plan.clone();
    let on = made.workflow.handlers[handler].on;
    for other in made.workflow.handlers.iter_mut().filter(|other| other.on == HandlerEvent::Failure) {
        other.on = on;
    }
    made.workflow.handlers[handler].on = HandlerEvent::Failure;
    made.workflow.body.nodes = vec![flow_compiler::plan::Node {
        after: Vec::new(),
        within: None,
        kind: NodeKind::Fail(Some(Expr::Const(error.clone()))),
        line: 0,
        span: flow_compiler::Span::new(0, 0),
    }];
    made
}

/// Which handler a region is of or stands in the loops of, by the regions around it.
pub(crate) fn handler_among(plan: &Plan, regions: impl IntoIterator<Item = u32>) -> Option<usize> {
    regions.into_iter().find_map(|region| (region as usize).checked_sub(1 + plan.workflow.loops.len()))
}

/// The plan with the duties of these calls and no others.
pub(crate) fn only<'v>(plan: &Plan, verdicts: impl IntoIterator<Item = &'v Verdict>) -> Plan {
    let mut of_calls: Vec<((Node, bool), Vec<Duty>)> = Vec::new();
    for verdict in verdicts {
        let duty = plan.actions[verdict.action as usize].duties[verdict.duty].clone();
        let call = (verdict.call, verdict.undo);
        match of_calls.iter_mut().find(|(own, _)| *own == call) {
            Some((_, duties)) => duties.push(duty),
            None => of_calls.push((call, vec![duty])),
        }
    }
    let mut made = plan.clone();
    made.actions.iter_mut().for_each(|action| action.duties.clear());
    for ((node, undo), duties) in of_calls {
        let number = u32::try_from(made.actions.len()).unwrap();
        let Some(NodeKind::Call(call)) = node_mut(&mut made, node) else { unreachable!("a verdict is of a call") };
        let own = if undo { &mut call.undo.as_mut().unwrap().action } else { &mut call.action };
        let action = std::mem::replace(own, number);
        let mut action = made.actions[action as usize].clone();
        action.duties = duties;
        made.actions.push(action);
    }
    made
}

fn node_mut(plan: &mut Plan, node: Node) -> Option<&mut NodeKind> {
    let workflow = &mut plan.workflow;
    let loops = workflow.loops.len();
    let region = match node.region as usize {
        0 => &mut workflow.body,
        number if number <= loops => workflow.loops.get_mut(number - 1)?,
        number => &mut workflow.handlers.get_mut(number - 1 - loops)?.body,
    };
    region.nodes.get_mut(node.index as usize).map(|node| &mut node.kind)
}

/// What stands beside workflows, and the workflows with their comments left out.
fn apart(text: &str) -> (String, Vec<String>) {
    let (mut header, mut workflows, mut rest) = (String::new(), Vec::new(), text);
    while let Some(start) = rest.find("\nworkflow ") {
        let end = rest[start..].find("\n}").map_or(rest.len(), |length| start + length + 2);
        header.push_str(&rest[..start]);
        workflows.push(format!("{}\n", &rest[start..end]));
        rest = &rest[end..];
    }
    header.push_str(rest);
    header.push('\n');
    (header, workflows)
}

const DUTY: &str = "only after approval";

fn without_duties(header: &str) -> String {
    let mut header = header.to_owned();
    while let Some(start) = header.find("\npolicy ") {
        let length = header[start..].find("\n}").unwrap() + 2;
        header.replace_range(start..start + length, "");
    }
    while let Some(start) = header.find(DUTY) {
        header.replace_range(start..start + duty_length(&header[start..]), "");
    }
    header
}

/// So long is the duty of an action that a text begins with: up to the brace before what the action does.
fn duty_length(text: &str) -> usize {
    let does = text.find("exec ").unwrap();
    text[..does].rfind('{').unwrap()
}

/// Actions with their parameters, and whom their own duties demand: `by finance`, or nothing.
fn actions(header: &str) -> Vec<(String, String, String)> {
    let mut found = Vec::new();
    for (start, _) in header.match_indices("action ") {
        let signature = &header[start + "action ".len()..];
        // `any irreversible action` of a policy has no name.
        let Some((name, rest)) = signature.split_once('(').filter(|(name, _)| !name.contains(' ')) else { continue };
        let (parameters, rest) = rest.split_once(')').unwrap();
        let own = &rest[..rest.find("exec ").unwrap_or(rest.len())];
        let by = own.find(DUTY).map_or("", |at| {
            let duty = &own[at + DUTY.len()..];
            duty[..duty.find(" when ").or_else(|| duty.rfind('{')).unwrap_or(duty.len())].trim()
        });
        found.push((name.to_owned(), parameters.to_owned(), by.to_owned()));
    }
    found
}
