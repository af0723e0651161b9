//! Conditions per second on one thread, beside the same conditions as native code over the same decimals, which is the floor.
//!
//! `small` is `amount > 1000`; `large` is `invoice.amount > 1000 and (vendor.is_new or invoice.country in ["IR", "KP"]) and
//! any(l.qty * l.price > 500 for l in invoice.lines)` over five lines, of which the last decides.
#![expect(clippy::unwrap_used, reason = "a bench")]

use std::hint::black_box;

use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main, measurement::WallTime};
use flow_compiler::eval::{Env, Names, Outside, holds};
use flow_compiler::plan::{Arithmetic, Comparison, Expr, Fold};
use flow_compiler::value::Value;
use jiff::{Timestamp, tz::TimeZone};
use rust_decimal::Decimal;
use smol_str::SmolStr;

struct Nothing;

impl Names for Nothing {
    fn env(&self, _: &str) -> Option<SmolStr> {
        None
    }

    fn secret(&self, _: &str) -> Option<SmolStr> {
        None
    }
}

struct Line {
    quantity: Decimal,
    price: Decimal,
}

struct Invoice {
    amount: Decimal,
    country: String,
    lines: Vec<Line>,
}

fn lines() -> [(i64, i64); 5] {
    black_box([(1, 1999), (2, 1250), (3, 999), (4, 10_050), (5, 12_999)])
}

fn native_input() -> (Invoice, bool) {
    let lines = lines().into_iter().map(|(quantity, price)| Line { quantity: quantity.into(), price: Decimal::new(price, 2) });
    (Invoice { amount: Decimal::new(black_box(123_456), 2), country: black_box("KP").into(), lines: lines.collect() }, black_box(false))
}

fn native(invoice: &Invoice, is_new: bool) -> bool {
    invoice.amount > Decimal::ONE_THOUSAND
        && (is_new || ["IR", "KP"].contains(&invoice.country.as_str()))
        && invoice.lines.iter().any(|line| line.quantity * line.price > Decimal::from(500))
}

fn input() -> [Value; 2] {
    let line =
        |(quantity, price): (i64, i64)| Value::Record([Value::Number(quantity.into()), Value::Number(Decimal::new(price, 2))].into());
    let lines = Value::List(lines().into_iter().map(line).collect());
    let amount = Value::Number(Decimal::new(black_box(123_456), 2));
    let invoice = Value::Record([amount, Value::Text(black_box("KP").into()), lines].into());
    [invoice, Value::Record([Value::Bool(black_box(false))].into())]
}

fn slot(index: u32) -> Box<Expr> {
    Box::new(Expr::Slot { frame: 0, index })
}

fn field(of: Box<Expr>, index: u32) -> Box<Expr> {
    Box::new(Expr::Field(of, index))
}

fn constant(value: Value) -> Box<Expr> {
    Box::new(Expr::Const(value))
}

fn number(value: i64) -> Box<Expr> {
    constant(Value::Number(value.into()))
}

fn small() -> Expr {
    Expr::Compare(Comparison::Greater, slot(0), number(1000))
}

fn large() -> Expr {
    let amount = Expr::Compare(Comparison::Greater, field(slot(0), 0), number(1000));
    let listed = constant(Value::List(["IR", "KP"].map(|code| Value::Text(code.into())).into()));
    let risky = Expr::Or(field(slot(1), 0), Box::new(Expr::In(field(slot(0), 1), listed)));
    let local = || Box::new(Expr::Local(0));
    let product = Expr::Arithmetic(Arithmetic::Multiply, field(local(), 0), field(local(), 1));
    let any = Expr::For {
        fold: Fold::Any,
        list: field(slot(0), 2),
        filter: None,
        body: Box::new(Expr::Compare(Comparison::Greater, Box::new(product), number(500))),
    };
    Expr::And(Box::new(Expr::And(Box::new(amount), Box::new(risky))), Box::new(any))
}

fn conditions(criterion: &mut Criterion) {
    let outside = Outside { now: Timestamp::UNIX_EPOCH, zone: &TimeZone::UTC, names: &Nothing, owner: "", requester: "" };
    let with = |slots: &[Value], condition: &Expr| holds(condition, &Env { frames: &[slots], types: &[], outside: &outside }).unwrap();
    let mut group = criterion.benchmark_group("conditions");
    group.throughput(Throughput::Elements(1));

    let amount = Decimal::new(123_456, 2);
    run(&mut group, "small, native", || black_box(black_box(amount) > black_box(Decimal::ONE_THOUSAND)));
    let (condition, slots) = (small(), [Value::Number(amount)]);
    run(&mut group, "small", || with(black_box(&slots), black_box(&condition)));

    let (invoice, is_new) = native_input();
    run(&mut group, "large, native", || native(black_box(&invoice), black_box(is_new)));
    let (condition, slots) = (large(), input());
    run(&mut group, "large", || with(black_box(&slots), black_box(&condition)));

    run(&mut group, "large with its input rebuilt, native", || {
        let (invoice, is_new) = native_input();
        native(&invoice, is_new)
    });
    run(&mut group, "large with its input rebuilt", || with(&input(), black_box(&condition)));
    group.finish();
}

fn run(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, condition: impl Fn() -> bool) {
    assert!(condition(), "{name}");
    group.bench_function(name, |bencher| bencher.iter(&condition));
}

criterion_group!(benches, conditions);
criterion_main!(benches);
