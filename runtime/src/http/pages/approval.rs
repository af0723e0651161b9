//! An approval: everything that whoever decides must see, and the form.

use std::sync::Arc;

use askama::Template;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use super::answer::Answered;
use super::html::Html;
use super::time::Moment;
use super::visitor::{Badge, Sent, Visitor};
use super::{Page, faults, render, see_other, sentence, value};
use crate::engine::Decide;
use crate::http::api::{may_decide, parse_approval, sees_approval, slow_down, what_stands};
use crate::http::app::App;
use crate::http::extract::Part;
use crate::http::problem::Problem;
use crate::ids::{ApprovalId, Digest};
use crate::people::Person;
use crate::view::{Approval, FieldView, Vote, WillRun};

#[derive(Template)]
#[template(path = "approval.html")]
struct ApprovalPage {
    who: Option<Badge>,
    id: Html,
    run: Html,
    workflow: Html,
    gate: Html,
    round: u32,
    status: &'static str,
    in_doubt: bool,
    /// Without markup, for the head of the page.
    title_plain: Html,
    title: Html,
    description: Option<Html>,
    shown: Vec<(Html, Html)>,
    will_run: Vec<Call>,
    approvers: Vec<Html>,
    why_nobody: Option<Html>,
    needed: Vec<Html>,
    handed_on: Vec<(Html, Html)>,
    /// The address of the approval that took this one's place.
    next: Option<String>,
    sent_back: Option<SentBack>,
    why_you: Option<Html>,
    why_asked: Option<Html>,
    requester: Html,
    asked: Moment,
    due: Option<Moment>,
    then: Option<Html>,
    votes: Vec<Answer>,
    decision: Option<Outcome>,
    form: Option<Form>,
    /// What was wrong with what was sent.
    alert: Option<Alert>,
}

struct Call {
    action: Html,
    effect: &'static str,
    /// Name, value, and whether it comes of what is entered.
    arguments: Vec<(Html, Option<Html>, bool)>,
    /// Of a call in a loop, what differs from item to item.
    items: Option<Html>,
    behind_gate: bool,
    conditional: bool,
    /// What it would touch.
    preview: Option<Html>,
}

struct SentBack {
    by: Html,
    comment: Option<Html>,
}

struct Answer {
    by: Html,
    stead: Option<Html>,
    values: Vec<(Html, Html)>,
    decision: &'static str,
    comment: Option<Html>,
    at: Moment,
}

struct Outcome {
    by: Option<Html>,
    at: Moment,
    comment: Option<Html>,
}

struct Form {
    csrf: String,
    digest: String,
    comment: Html,
    comment_on_approve: bool,
    comment_on_reject: bool,
    fields: Vec<Field>,
    send_back: bool,
    hand_on: Option<Html>,
}

struct Field {
    name: Html,
    label: Html,
    ty: Html,
    optional: bool,
    by_model: bool,
    value: Html,
    kind: &'static str,
    /// Members of an enum, and whether each is chosen.
    choices: Vec<(Html, bool)>,
}

struct Alert {
    title: String,
    detail: Html,
    errors: Vec<(Html, Html)>,
}

/// An approval as it stands.
pub(super) async fn show(State(app): State<Arc<App>>, visitor: Visitor, Part(id): Part) -> Page {
    let id = parse_approval(&app, &id)?;
    sees_approval(&app, id, Some(&visitor.0.caller)).await?;
    let approval = app.engine.approval(id, Some(&visitor.0.caller.person)).await?;
    visitor.reads()?;
    Ok(render(StatusCode::OK, &page(&app, &visitor, approval, None, None)))
}

/// Decides, and shows what stands; what is refused is said on the same page, with what was entered kept.
pub(super) async fn decide(State(app): State<Arc<App>>, visitor: Visitor, Part(id): Part, headers: HeaderMap, body: Body) -> Page {
    let approval = parse_approval(&app, &id)?;
    sees_approval(&app, approval, Some(&visitor.0.caller)).await?;
    let sent = Sent::read_from(&app, &visitor, &headers, body).await?;
    match try_to_decide(&app, &visitor, approval, &sent).await {
        Ok(()) => Ok(see_other(&format!("/approvals/{}", app.engine.approval_id(approval)))),
        Err(problem) => refused(&app, &visitor, approval, &sent, problem).await,
    }
}

/// Hands a gate on, and shows what stands.
pub(super) async fn hand_on(State(app): State<Arc<App>>, visitor: Visitor, Part(id): Part, headers: HeaderMap, body: Body) -> Page {
    let approval = parse_approval(&app, &id)?;
    sees_approval(&app, approval, Some(&visitor.0.caller)).await?;
    let sent = Sent::read_from(&app, &visitor, &headers, body).await?;
    match try_to_hand_on(&app, &visitor, approval, &sent).await {
        Ok(()) => Ok(see_other(&format!("/approvals/{}", app.engine.approval_id(approval)))),
        Err(problem) => refused(&app, &visitor, approval, &sent, problem).await,
    }
}

async fn try_to_hand_on(app: &Arc<App>, visitor: &Visitor, approval: ApprovalId, sent: &Sent) -> Result<(), Problem> {
    let caller = &visitor.0.caller;
    may_decide(app, approval, caller).await?;
    slow_down(app, caller)?;
    match app.engine.hand_on(approval, caller, &Person::new(sent.get("to"))).await {
        Ok(_) => Ok(()),
        Err(error) => Err(what_stands(app, approval, error).await),
    }
}

async fn try_to_decide(app: &App, visitor: &Visitor, approval: ApprovalId, sent: &Sent) -> Result<(), Problem> {
    let caller = visitor.0.caller.clone();
    may_decide(app, approval, &caller).await?;
    slow_down(app, &caller)?;
    let digest = Digest::parse(sent.get("digest")).ok_or_else(Problem::no_precondition)?;
    let fields = app.engine.approval(approval, None).await?.fields;
    let Answered { answer, comment, values } = Answered::read(sent, &fields)?;
    match app.engine.decide(Decide { approval, caller, answer, comment, values, digest, key: None }).await {
        Ok(_) => Ok(()),
        Err(error) => Err(what_stands(app, approval, error).await),
    }
}

async fn refused(app: &App, visitor: &Visitor, id: ApprovalId, sent: &Sent, problem: Problem) -> Result<Response, super::Refused> {
    let Ok(approval) = app.engine.approval(id, Some(&visitor.0.caller.person)).await else { return Err(problem.into()) };
    let alert = Alert { title: super::capital(problem.title), detail: Html::prose(&sentence(&problem.detail)), errors: faults(&problem) };
    Ok(render(problem.status, &page(app, visitor, approval, Some(sent), Some(alert))))
}

fn page(app: &App, visitor: &Visitor, approval: Approval, sent: Option<&Sent>, alert: Option<Alert>) -> ApprovalPage {
    let now = app.options.tokens.clock().now().timestamp();
    let text = |text: &Option<String>| text.as_deref().map(Html::text);
    let form = form(visitor, &approval, sent);
    let answers = approval.votes.iter().map(|vote| Answer {
        by: Html::text(&vote.by),
        stead: text(&vote.stead),
        values: entered(&approval, vote),
        decision: said(vote.decision),
        comment: text(&vote.comment),
        at: Moment::of(&vote.at, now),
    });
    ApprovalPage {
        who: visitor.badge(),
        id: Html::text(&approval.id),
        run: Html::text(&approval.run),
        workflow: Html::text(&approval.workflow),
        gate: Html::text(&approval.gate),
        round: approval.round,
        status: approval.status,
        in_doubt: approval.kind == "in_doubt",
        title_plain: Html::plain(&approval.title),
        title: title(&approval, &approval.title),
        description: text(&approval.description),
        shown: approval.shown.iter().map(|shown| (Html::text(&shown.label), value::shown(shown))).collect(),
        will_run: approval.will_run.iter().map(call).collect(),
        approvers: approval.approvers.iter().map(|who| Html::text(who)).collect(),
        why_nobody: text(&approval.why_nobody),
        needed: approval.needed.iter().map(|who| Html::text(who)).collect(),
        handed_on: approval.handed_on.iter().map(|handed| (Html::text(&handed.from), Html::text(&handed.to))).collect(),
        next: approval.next.as_ref().map(|next| format!("/approvals/{next}")),
        sent_back: approval.sent_back.as_ref().map(|back| SentBack { by: Html::text(&back.by), comment: text(&back.comment) }),
        why_you: approval.why_you.as_deref().map(|why| Html::prose(&sentence(why))),
        why_asked: approval.why_asked.as_deref().map(|why| Html::prose(&sentence(why))),
        requester: Html::text(crate::view::requester(approval.requester.as_deref())),
        asked: Moment::of(&approval.asked_at, now),
        due: approval.due_at.as_deref().map(|due| Moment::of(due, now)),
        then: approval.then.as_deref().map(Html::prose),
        votes: answers.collect(),
        decision: approval.decision.as_ref().map(|decision| Outcome {
            by: text(&decision.by),
            at: Moment::of(&decision.at, now),
            comment: text(&decision.comment),
        }),
        form,
        alert,
    }
}

/// The title. That of a gate is its author's and the run's; that of a call in doubt is the engine's own.
pub(super) fn title(approval: &Approval, text: &str) -> Html {
    if approval.kind != "in_doubt" { Html::text(text) } else { Html::prose(text) }
}

fn said(decision: &str) -> &'static str {
    match decision {
        "approve" => "approved",
        "reject" => "rejected",
        "send_back" => "sent it back",
        "done" => "said that it was done",
        "not_done" => "said that it was not done",
        "give_up" => "gave it up",
        _ => "answered",
    }
}

/// What a vote entered, by the labels of the fields.
fn entered(approval: &Approval, vote: &Vote) -> Vec<(Html, Html)> {
    let fields = approval.fields.iter().filter_map(|field| Some((field, vote.values.get(&field.name)?)));
    fields.map(|(field, value)| (Html::prose(&super::capital(&field.label)), Html::text(&written(value)))).collect()
}

fn call(call: &WillRun) -> Call {
    let argument = |(name, text): &(String, Option<String>)| {
        let drawn = text.as_deref().map(|text| value::argument(call.arguments.get(name), text, call.by_model.contains(name)));
        (Html::text(name), drawn, call.entered.contains(name))
    };
    Call {
        action: Html::text(&call.action),
        effect: call.effect,
        arguments: call.texts.iter().map(argument).collect(),
        items: call.items.as_deref().map(|items| value::of_items(items, &call.by_model)),
        behind_gate: call.behind_gate,
        conditional: call.conditional,
        preview: call.preview.as_ref().map(value::preview),
    }
}

/// The form, for whoever may answer now.
fn form(visitor: &Visitor, approval: &Approval, sent: Option<&Sent>) -> Option<Form> {
    let caller = &visitor.0.caller;
    let voted = approval.votes.iter().any(|vote| vote.by == caller.person.as_str());
    let open = approval.status == "pending" && approval.why_you.is_some() && !voted;
    if !open || !caller.scopes.decide || caller.agent {
        return None;
    }
    Some(Form {
        csrf: visitor.0.csrf.clone(),
        digest: approval.digest.clone(),
        comment: Html::text(sent.map(|sent| sent.get("comment")).unwrap_or_default()),
        comment_on_approve: approval.comment_required.contains(&"approve"),
        comment_on_reject: approval.comment_required.contains(&"reject"),
        fields: approval.fields.iter().map(|field| self::field(field, sent)).collect(),
        send_back: approval.answers.contains(&"send_back"),
        hand_on: (approval.kind == "gate").then(|| Html::text(sent.map(|sent| sent.get("to")).unwrap_or_default())),
    })
}

fn field(field: &FieldView, sent: Option<&Sent>) -> Field {
    let name = format!("value.{}", field.name);
    // Another form of the page holds no fields.
    let entered = sent.filter(|sent| sent.has(&name)).map(|sent| sent.get(&name).to_owned());
    let value = entered.unwrap_or_else(|| written(&field.value));
    Field {
        name: Html::text(&field.name),
        label: Html::prose(&super::capital(&field.label)),
        ty: Html::text(&field.ty),
        optional: field.optional,
        by_model: field.by_model,
        choices: field.choices.iter().map(|choice| (Html::text(choice), *choice == value)).collect(),
        value: Html::text(&value),
        kind: super::answer::kind(field),
    }
}

/// A value as it is entered.
fn written(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Null => String::new(),
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
