//! The syntax tree of one file.
//!
//! It says what was written and where, and nothing about what it means: literals keep their text, names are not looked up.
//! Comments are not in the tree; they stand beside it in [`Parsed`](crate::Parsed), ordered by place, except that the
//! documentation comment directly above a declaration, field, step or gate is repeated as its `doc`.

use smol_str::SmolStr;

use crate::Span;

/// A file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Module {
    /// Its declarations, in the order of the text.
    pub declarations: Vec<Declaration>,
}

/// A name and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Ident {
    /// The name as written.
    pub name: SmolStr,
    /// Its place.
    pub span: Span,
}

/// A name, perhaps with the module it is taken from: `refund`, `bank.transfer`.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    /// `bank` in `bank.transfer`.
    pub module: Option<Ident>,
    /// `transfer` in `bank.transfer`.
    pub name: Ident,
}

impl Path {
    /// The place of the whole path.
    #[must_use]
    pub fn span(&self) -> Span {
        self.module.as_ref().map_or(self.name.span, |module| module.span.to(self.name.span))
    }
}

/// One declaration at the top of a file.
#[derive(Clone, Debug, PartialEq)]
pub enum Declaration {
    /// `use "path.flow" [as name]`
    Use(Use),
    /// `record Name { fields }`
    Record(Record),
    /// `enum Name { members }`
    Enum(Enum),
    /// `group name { "a@b" }`
    Group(Group),
    /// `[read|irreversible] action name(params) -> Type duties { implementation }`
    Action(Action),
    /// `policy "name" { duties }`
    Policy(Policy),
    /// `workflow name(params) -> Type { settings statements }`
    Workflow(Workflow),
    /// `test "name" { test statements }`
    Test(Test),
    /// Something that did not parse; its fault is reported. The name it would have declared is known but poisoned.
    Broken(Broken),
}

impl Declaration {
    /// The whole declaration, its documentation aside.
    #[must_use]
    pub const fn span(&self) -> Span {
        match self {
            Self::Use(node) => node.span,
            Self::Record(node) => node.span,
            Self::Enum(node) => node.span,
            Self::Group(node) => node.span,
            Self::Action(node) => node.span,
            Self::Policy(node) => node.span,
            Self::Workflow(node) => node.span,
            Self::Test(node) => node.span,
            Self::Broken(node) => node.span,
        }
    }
}

/// What stands where a declaration or statement did not parse.
#[derive(Clone, Debug, PartialEq)]
pub struct Broken {
    /// Names that the broken text would have declared, as far as can be seen.
    pub names: Vec<Ident>,
    /// All of the broken text.
    pub span: Span,
}

/// `use "path.flow" [as name]`
#[derive(Clone, Debug, PartialEq)]
pub struct Use {
    /// The path as written, without quotes.
    pub path: SmolStr,
    /// The path's place, quotes included.
    pub path_span: Span,
    /// `as name`
    pub alias: Option<Ident>,
    /// The whole declaration.
    pub span: Span,
}

/// `record Name { fields }`
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The documentation comment above it.
    pub doc: Option<String>,
    /// Its name.
    pub name: Ident,
    /// Its fields.
    pub fields: Vec<Field>,
    /// The whole declaration.
    pub span: Span,
}

/// `vendor_id: text from "vendorId"`
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// The documentation comment above it.
    pub doc: Option<String>,
    /// Its name.
    pub name: Ident,
    /// Its type.
    pub ty: Type,
    /// The name at the JSON boundary and its place, when it is another.
    pub from: Option<(SmolStr, Span)>,
    /// The whole field.
    pub span: Span,
}

/// `enum Risk { low medium high }`
#[derive(Clone, Debug, PartialEq)]
pub struct Enum {
    /// The documentation comment above it.
    pub doc: Option<String>,
    /// Its name.
    pub name: Ident,
    /// Its members.
    pub members: Vec<Ident>,
    /// The whole declaration.
    pub span: Span,
}

/// `group finance { "ana@acme.example" }`
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// The documentation comment above it.
    pub doc: Option<String>,
    /// Its name.
    pub name: Ident,
    /// Addresses as written, with their places.
    pub members: Vec<(SmolStr, Span)>,
    /// The whole declaration.
    pub span: Span,
}

/// A type as written.
#[derive(Clone, Debug, PartialEq)]
pub struct Type {
    /// What it is.
    pub kind: TypeKind,
    /// Its place.
    pub span: Span,
}

/// See [`Type`].
#[derive(Clone, Debug, PartialEq)]
pub enum TypeKind {
    /// `text`, `Invoice`, `bank.Receipt`
    Name(Path),
    /// `[T]`
    List(Box<Type>),
    /// `T?`
    Optional(Box<Type>),
}

/// What an action does to the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// `read`: changes nothing.
    Read,
    /// None written: changes something that can be put right.
    Plain,
    /// `irreversible`: cannot be taken back.
    Irreversible,
}

/// A parameter of an action or workflow.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Its name.
    pub name: Ident,
    /// Its type.
    pub ty: Type,
    /// `= default`
    pub default: Option<Expr>,
    /// The whole parameter.
    pub span: Span,
}

/// `[read|irreversible] action name(params) -> Type duties { implementation }`
#[derive(Clone, Debug, PartialEq)]
pub struct Action {
    /// The documentation comment above it.
    pub doc: Option<String>,
    /// Its effect.
    pub effect: Effect,
    /// Its name.
    pub name: Ident,
    /// Its parameters.
    pub parameters: Vec<Parameter>,
    /// `-> Type`
    pub result: Option<Type>,
    /// `only after approval ...`
    pub duties: Vec<Duty>,
    /// What it does. `None` when the body is empty or broken (reported).
    pub implementation: Option<Implementation>,
    /// `preview { ... }`
    pub preview: Option<Implementation>,
    /// The declaration's head, up to its `{`.
    pub head: Span,
    /// The whole declaration.
    pub span: Span,
}

/// `only after approval [by ...] [when ...]`
#[derive(Clone, Debug, PartialEq)]
pub struct Duty {
    /// `by ...`
    pub by: Option<Approvers>,
    /// `when ...`
    pub when: Option<Expr>,
    /// The whole duty.
    pub span: Span,
}

/// One implementation with its clauses.
#[derive(Clone, Debug, PartialEq)]
pub struct Implementation {
    /// Which.
    pub kind: ImplementationKind,
    /// Its clauses in the order of the text; which clause fits which kind is the checker's to say.
    pub clauses: Vec<Clause>,
    /// The whole implementation.
    pub span: Span,
}

/// See [`Implementation`].
#[derive(Clone, Debug, PartialEq)]
pub enum ImplementationKind {
    /// `http post "url"`
    Http {
        /// `get`, `post`, `put`, `patch` or `delete`, as written.
        method: Ident,
        /// The address.
        url: Template,
    },
    /// `exec "program" ["arg", ...]`
    Exec {
        /// The program, a literal.
        program: Template,
        /// Its arguments.
        arguments: Vec<Expr>,
    },
    /// `sql "sqlite:..." "select ..."`
    Sql {
        /// The connection.
        connection: Template,
        /// The statement.
        statement: Template,
    },
    /// `email`
    Email,
    /// `model "name"`
    Model {
        /// The model's name.
        name: Template,
    },
    /// Another word: a mistake, or something that a later version does.
    Unknown(Ident),
}

/// One clause of an implementation.
#[derive(Clone, Debug, PartialEq)]
pub struct Clause {
    /// Which, with what it says.
    pub kind: ClauseKind,
    /// The word or words that open it (`ok when`, `header`).
    pub keyword: Span,
    /// The whole clause.
    pub span: Span,
}

/// See [`Clause`].
#[derive(Clone, Debug, PartialEq)]
pub enum ClauseKind {
    /// `timeout D`
    Timeout(Expr),
    /// `header "name" "value"`
    Header(Template, Expr),
    /// `query "name" "value"`
    Query(Template, Expr),
    /// `body EXPR`
    Body(Expr),
    /// `stdin EXPR`
    Stdin(Expr),
    /// `cwd "dir"`
    Cwd(Expr),
    /// `env { NAME: expr }`
    Env(Vec<FieldInit>),
    /// `ok when EXPR`
    OkWhen(Expr),
    /// `not done when EXPR`
    NotDoneWhen(Expr),
    /// `result EXPR`
    Result(Expr),
    /// `to EXPR`
    To(Expr),
    /// `subject EXPR`
    Subject(Expr),
    /// `attach EXPR`
    Attach(Expr),
    /// `prompt EXPR`
    Prompt(Expr),
    /// `temperature EXPR`
    Temperature(Expr),
    /// Another word: a mistake.
    Unknown(Ident),
}

/// `policy "name" { duties }`
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// Its name and where it stands.
    pub name: (SmolStr, Span),
    /// Its rules.
    pub rules: Vec<PolicyRule>,
    /// The whole declaration.
    pub span: Span,
}

/// `bank.transfer only after approval ...`
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyRule {
    /// What it speaks of.
    pub target: PolicyTarget,
    /// The duty.
    pub duty: Duty,
    /// The whole rule.
    pub span: Span,
}

/// See [`PolicyRule`].
#[derive(Clone, Debug, PartialEq)]
pub enum PolicyTarget {
    /// `bank.transfer`
    Action(Path),
    /// `any action`
    AnyAction,
    /// `any irreversible action`
    AnyIrreversible,
}

/// `workflow name(params) -> Type { settings statements }`
#[derive(Clone, Debug, PartialEq)]
pub struct Workflow {
    /// The documentation comment above it.
    pub doc: Option<String>,
    /// Its name.
    pub name: Ident,
    /// Its parameters.
    pub parameters: Vec<Parameter>,
    /// `-> Type`
    pub result: Option<Type>,
    /// Its settings, in the order of the text.
    pub settings: Vec<Setting>,
    /// Its body.
    pub body: Block,
    /// `on failure { }` and its like.
    pub handlers: Vec<Handler>,
    /// The declaration's head, up to its `{`.
    pub head: Span,
    /// The whole declaration.
    pub span: Span,
}

/// One setting of a workflow.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// Which.
    pub kind: SettingKind,
    /// The whole setting.
    pub span: Span,
}

/// See [`Setting`].
#[derive(Clone, Debug, PartialEq)]
pub enum SettingKind {
    /// `owner "..."` or `owner finance`
    Owner(Expr),
    /// `once per EXPR`
    OncePer(Expr),
    /// `one at a time per EXPR`
    OneAtATimePer(Expr),
    /// `starts by ...`
    StartsBy(Approvers),
    /// `seen by ...`
    SeenBy(Approvers),
    /// `on schedule "cron" [in "zone"]`
    OnSchedule {
        /// The cron expression.
        cron: Template,
        /// The time zone.
        zone: Option<Template>,
    },
    /// `on webhook "path"`
    OnWebhook(Template),
}

/// `on failure { }`, `on reject { }`, `on cancel { }`
#[derive(Clone, Debug, PartialEq)]
pub struct Handler {
    /// `failure`, `reject` or `cancel`, as written.
    pub event: Ident,
    /// What it does.
    pub body: Block,
    /// The whole handler.
    pub span: Span,
}

/// Statements between braces.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Block {
    /// In the order of the text.
    pub statements: Vec<Statement>,
    /// Braces included.
    pub span: Span,
}

/// A statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// The documentation comment above it.
    pub doc: Option<String>,
    /// Which.
    pub kind: StatementKind,
    /// The whole statement.
    pub span: Span,
}

/// See [`Statement`].
#[derive(Clone, Debug, PartialEq)]
pub enum StatementKind {
    /// `[try] step [name =] call(args) { clauses }`
    Step(Step),
    /// `let name = expr`, `let name = for each ...`
    Let {
        /// The name.
        name: Ident,
        /// Its value.
        value: LetValue,
    },
    /// `require approval ...`
    Gate(Gate),
    /// `if c { } else if d { } else { }`
    If {
        /// Conditions and their blocks, in order.
        arms: Vec<(Expr, Block)>,
        /// `else { }`
        otherwise: Option<Block>,
    },
    /// `match risk { low, medium { } else { } }`
    Match {
        /// What is looked at.
        subject: Expr,
        /// Members and their blocks, in order.
        arms: Vec<(Vec<Ident>, Block)>,
        /// `else { }`
        otherwise: Option<Block>,
    },
    /// `for each i in xs [at most N at once] { ... [give expr] }`
    ForEach(ForEach),
    /// `parallel { branch { } branch { } }`
    Parallel(Vec<Block>),
    /// `wait 2 hours`
    WaitFor(Expr),
    /// `wait until expr`
    WaitUntil(Expr),
    /// `return [expr]`
    Return(Option<Expr>),
    /// `fail ["why"]`
    Fail(Option<Expr>),
    /// `give expr`
    Give(Expr),
    /// Something that did not parse (reported).
    Broken(Broken),
}

/// What a `let` names.
#[derive(Clone, Debug, PartialEq)]
pub enum LetValue {
    /// A value.
    Expr(Expr),
    /// What each turn of a loop gives.
    ForEach(ForEach),
}

/// See [`StatementKind::ForEach`].
#[derive(Clone, Debug, PartialEq)]
pub struct ForEach {
    /// The name of the item.
    pub item: Ident,
    /// The list.
    pub list: Expr,
    /// `at most N at once`
    pub at_most: Option<Expr>,
    /// The body.
    pub body: Block,
}

/// See [`StatementKind::Step`].
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// `try`
    pub attempt: bool,
    /// `name =`
    pub name: Option<Ident>,
    /// What is called.
    pub call: Call,
    /// Its clauses, in the order of the text.
    pub clauses: Vec<StepClause>,
}

/// `bank.transfer(to: a, amount)`
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// What is called.
    pub target: Path,
    /// By name; a value left out means the value of that name.
    pub arguments: Vec<FieldInit>,
    /// The whole call.
    pub span: Span,
}

/// One clause of a step.
#[derive(Clone, Debug, PartialEq)]
pub struct StepClause {
    /// Which.
    pub kind: StepClauseKind,
    /// The whole clause.
    pub span: Span,
}

/// See [`StepClause`].
#[derive(Clone, Debug, PartialEq)]
pub enum StepClauseKind {
    /// `retry N times [every D [doubling]]`
    Retry {
        /// How often it is tried again.
        times: Expr,
        /// The pause before the first.
        every: Option<Expr>,
        /// Whether each pause is twice the one before.
        doubling: bool,
    },
    /// `timeout D`
    Timeout(Expr),
    /// `repeat every D until cond within D2`
    Repeat {
        /// The pause.
        every: Expr,
        /// The condition over the result.
        until: Expr,
        /// The limit.
        within: Expr,
    },
    /// `undo call(args)`
    Undo(Call),
    /// `without approval because "why"`
    WithoutApproval(Template),
}

/// `require approval [as name] clauses [{ details }]`
#[derive(Clone, Debug, PartialEq)]
pub struct Gate {
    /// `as name`
    pub name: Option<Ident>,
    /// Clauses of the line and details of the block, in the order of the text; each at most once is the checker's rule.
    pub clauses: Vec<GateClause>,
    /// `require approval`
    pub head: Span,
}

/// One clause or detail of a gate.
#[derive(Clone, Debug, PartialEq)]
pub struct GateClause {
    /// Which.
    pub kind: GateClauseKind,
    /// The whole clause.
    pub span: Span,
}

/// See [`GateClause`].
#[derive(Clone, Debug, PartialEq)]
pub enum GateClauseKind {
    /// `by ...`
    By(Approvers),
    /// `when condition`, without a band
    When(Expr),
    /// `when c by X`, `when c nobody`, `otherwise by Y`, `otherwise nobody`
    Band {
        /// `None` for `otherwise`.
        when: Option<Expr>,
        /// `None` for `nobody`.
        by: Option<Approvers>,
    },
    /// `within D, then ...`
    Within(Deadline),
    /// `title "..."`
    Title(Template),
    /// `show a, b as "Label", c as diff "Change"`
    Show(Vec<Show>),
    /// `remind every D`
    Remind(Expr),
    /// `ask field: Type [= default] [as "label"]`
    Ask {
        /// The field.
        name: Ident,
        /// Its type.
        ty: Type,
        /// `= default`
        default: Option<Expr>,
        /// `as "label"`
        label: Option<Template>,
    },
    /// `reason required [on reject|on approve]`
    ReasonRequired(ReasonWhen),
    /// `send back to requester`
    SendBack,
}

/// See [`GateClauseKind::ReasonRequired`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReasonWhen {
    /// On every answer.
    Always,
    /// `on reject`
    OnReject,
    /// `on approve`
    OnApprove,
}

/// One value that a gate shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Show {
    /// The value.
    pub value: Expr,
    /// `table`, `diff`, `markdown` or `code`, as written.
    pub style: Option<Ident>,
    /// `"Label"`
    pub label: Option<Template>,
    /// The whole item.
    pub span: Span,
}

/// `within D, then ...`
#[derive(Clone, Debug, PartialEq)]
pub struct Deadline {
    /// How long.
    pub after: Expr,
    /// What then; `None` where nothing is written.
    pub then: Option<Lapse>,
    /// The whole deadline.
    pub span: Span,
}

/// What happens when a deadline passes.
#[derive(Clone, Debug, PartialEq)]
pub enum Lapse {
    /// `reject`
    Reject(Span),
    /// `fail ["why"]`
    Fail(Option<Expr>, Span),
    /// `approve`
    Approve(Span),
    /// `escalate to P within D2, then ...`
    Escalate {
        /// To whom.
        to: Approvers,
        /// The next deadline; `None` is a fault that the checker reports.
        within: Option<Box<Deadline>>,
        /// The whole escalation.
        span: Span,
    },
}

/// Who decides: stages (`, then`), each a conjunction of terms (`and`), with exclusions that cover all stages.
#[derive(Clone, Debug, PartialEq)]
pub struct Approvers {
    /// Stages in order; each holds the terms that must all be met.
    pub stages: Vec<Vec<ApproverTerm>>,
    /// `except requester`, `except EXPR`
    pub except: Vec<Expr>,
    /// The whole.
    pub span: Span,
}

/// One term of [`Approvers`]. Whether a name is `owner`, `requester`, a group or a value is the checker's to say.
#[derive(Clone, Debug, PartialEq)]
pub enum ApproverTerm {
    /// `owner`, `finance`, `invoice.approver`, `"ana@acme.example"`
    AnyOf(Expr),
    /// `2 of finance`
    Some {
        /// How many.
        count: Expr,
        /// Of whom.
        of: Expr,
    },
    /// `all of finance`
    All(Expr),
}

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// Which.
    pub kind: ExprKind,
    /// Its place, brackets around it left out.
    pub span: Span,
}

/// See [`Expr`].
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// `1_000.50`, as written.
    Number(SmolStr),
    /// `1000 EUR`
    Money {
        /// The amount, as written.
        amount: SmolStr,
        /// The currency's code.
        currency: Ident,
    },
    /// `30 seconds`, `2 business days`
    Duration {
        /// The amount, as written.
        amount: SmolStr,
        /// The unit.
        unit: Ident,
        /// `business`
        business: bool,
    },
    /// `2026-11-22`, as written.
    Date(SmolStr),
    /// `2026-11-22T09:00:00Z`, as written.
    Time(SmolStr),
    /// `"..."` or `"""..."""`
    Text(Template),
    /// The literal after `matches`, raw, without quotes.
    Regex(SmolStr),
    /// `true`, `false`
    Bool(bool),
    /// `none`
    None,
    /// `[a, b]`
    List(Vec<Expr>),
    /// `{ a: 1, b }`
    Record(Vec<FieldInit>),
    /// `[body for item in list if filter]`
    ListFor(Box<For>),
    /// `amount`
    Name(SmolStr),
    /// `invoice.amount`, `env.HOME`, `secret.TOKEN`, `bank.Risk`
    Field {
        /// Before the dot.
        of: Box<Expr>,
        /// After it.
        name: Ident,
    },
    /// `xs[0]`
    Index {
        /// The list.
        of: Box<Expr>,
        /// The place, from 0.
        index: Box<Expr>,
    },
    /// `count(xs)`
    Call {
        /// The built-in function.
        function: Ident,
        /// By place.
        arguments: Vec<Expr>,
    },
    /// `sum(body for item in list if filter)`, `sort(item by body for item in list)`
    CallFor {
        /// The built-in function.
        function: Ident,
        /// The value that is collected before `by`, for `sort`.
        subject: Option<Box<Expr>>,
        /// The rest.
        body: Box<For>,
    },
    /// `not a`, `-a`
    Unary {
        /// Which.
        operator: UnaryOperator,
        /// Its place.
        operator_span: Span,
        /// On what.
        operand: Box<Expr>,
    },
    /// `a + b`
    Binary {
        /// Which.
        operator: BinaryOperator,
        /// Its place.
        operator_span: Span,
        /// Left.
        left: Box<Expr>,
        /// Right.
        right: Box<Expr>,
    },
    /// `x is none`, `x is present`
    Is {
        /// What is looked at.
        operand: Box<Expr>,
        /// `present`
        present: bool,
    },
    /// `value as T`
    As {
        /// The value.
        operand: Box<Expr>,
        /// The type.
        ty: Type,
    },
    /// `if c then a else b`
    If {
        /// The condition.
        condition: Box<Expr>,
        /// Where it holds.
        then: Box<Expr>,
        /// Where it does not.
        otherwise: Box<Expr>,
    },
    /// Something that did not parse (reported).
    Broken,
}

/// `body for item in list if filter`
#[derive(Clone, Debug, PartialEq)]
pub struct For {
    /// What is collected, or for `sort` the key.
    pub body: Expr,
    /// The item's name.
    pub item: Ident,
    /// The list.
    pub list: Expr,
    /// `if filter`
    pub filter: Option<Expr>,
}

/// `name: value`, or `name` alone.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldInit {
    /// The field or parameter.
    pub name: Ident,
    /// `None` means the value of that name.
    pub value: Option<Expr>,
}

/// Operators with one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOperator {
    /// `not`
    Not,
    /// `-`
    Minus,
}

/// Operators with two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is its own spelling, see `BinaryOperator::spelling`")]
pub enum BinaryOperator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    NotIn,
    Contains,
    StartsWith,
    EndsWith,
    Matches,
    Otherwise,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

impl BinaryOperator {
    /// The operator as an author writes it.
    #[must_use]
    pub const fn spelling(self) -> &'static str {
        match self {
            Self::Or => "or",
            Self::And => "and",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::In => "in",
            Self::NotIn => "not in",
            Self::Contains => "contains",
            Self::StartsWith => "starts with",
            Self::EndsWith => "ends with",
            Self::Matches => "matches",
            Self::Otherwise => "otherwise",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
        }
    }
}

/// A text with interpolations.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    /// Its parts in order, neighbouring texts joined; an empty text has none.
    pub parts: Vec<TemplatePart>,
    /// Quotes included.
    pub span: Span,
}

/// See [`Template`].
#[derive(Clone, Debug, PartialEq)]
pub enum TemplatePart {
    /// Text, escapes and indentation resolved.
    Text(String),
    /// `{expression}`
    Expr(Expr),
}

impl Template {
    /// The text, if nothing is interpolated.
    #[must_use]
    pub fn literal(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [TemplatePart::Text(text)] => Some(text),
            _ => None,
        }
    }
}

/// `test "name" { statements }`
#[derive(Clone, Debug, PartialEq)]
pub struct Test {
    /// Its name and where it stands.
    pub name: (SmolStr, Span),
    /// Its statements.
    pub statements: Vec<TestStatement>,
    /// The whole declaration.
    pub span: Span,
}

/// One statement of a test.
#[derive(Clone, Debug, PartialEq)]
pub struct TestStatement {
    /// Which.
    pub kind: TestStatementKind,
    /// The whole statement.
    pub span: Span,
}

/// See [`TestStatement`].
#[derive(Clone, Debug, PartialEq)]
pub enum TestStatementKind {
    /// `stub f returns v`, `stub f fails`, `stub f unknown`
    Stub {
        /// The action or workflow.
        target: Path,
        /// What it does.
        answer: StubAnswer,
    },
    /// `run workflow(args) [by "who"]`
    Run {
        /// What is run.
        call: Call,
        /// For whom.
        by: Option<Expr>,
    },
    /// `approve by X [comment "..."] [with field: value]`, `reject by X ...`, `send back by X ...`; of a call in doubt `done by X
    /// [with result: value]`, `not done by X`, `give up by X`; of the run `cancel by X`
    Decide {
        /// `approve`, `reject`, `send`, `done`, `not`, `give` or `cancel`.
        answer: Ident,
        /// By whom.
        by: Option<Expr>,
        /// `comment "..."`
        comment: Option<Expr>,
        /// `with field: value`
        values: Vec<FieldInit>,
    },
    /// `advance 3 days`
    Advance(Expr),
    /// `expect waiting [for X]`, `expect completed [with v]`, `expect failed`, `expect rejected`, `expect cancelled`, `expect in doubt`
    ExpectStatus {
        /// The status, its words joined by a blank.
        status: Ident,
        /// `for X`
        waiting_for: Option<Expr>,
        /// `with v`
        with: Option<Expr>,
    },
    /// `expect approval shows field: value`
    ExpectShows(Vec<FieldInit>),
    /// `expect f called [once|N times] [with field: value]`, `expect f not called`
    ExpectCalled {
        /// The action or workflow.
        target: Path,
        /// `Some(0)` for `not called`, `None` for at least once.
        times: Option<u32>,
        /// `with field: value`
        with: Vec<FieldInit>,
    },
    /// Something that did not parse (reported).
    Broken(Broken),
}

/// See [`TestStatementKind::Stub`].
#[derive(Clone, Debug, PartialEq)]
pub enum StubAnswer {
    /// `returns v`
    Returns(Expr),
    /// `fails ["why"]`
    Fails(Option<Expr>),
    /// `unknown`
    Unknown,
}
