//! Makes pairs of a duty and gates. The condition of a gate is mostly the duty's, changed a little, so that many calls are truly covered and
//! those that are not miss it narrowly.

use super::terms::{Arguments, Cond, DATES, Kind, Literal, MONEYS, NUMBERS, Order, SPANS, TIMES, Term};

/// A source of choices: the same seed, the same choices.
pub(crate) struct Choices(u64);

impl Choices {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// True so many times of a hundred.
    pub(crate) fn often(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.below(of.len() as u64)).unwrap()]
    }

    fn kind(&mut self) -> Kind {
        use Kind::{Date, Money, Number, Risk, Span, Text, Time};
        self.one(&[Number, Number, Money, Money, Date, Span, Span, Time, Text, Risk])
    }

    pub(crate) fn literal(&mut self, kind: Kind) -> Literal {
        let count = match kind {
            Kind::Number | Kind::Money => self.one(&[0, 1000, 99_999, 100_000, 100_001, 150_000, 200_000, -1000, 50]),
            Kind::Date => self.one(&[1, 2, 10, 11, 20]),
            Kind::Span => self.one(&[0, 1, 2, 7]),
            Kind::Time => unreachable!("times are not written"),
            Kind::Text => self.one(&[0, 1, 2, 3, 4]),
            Kind::Risk => self.one(&[0, 1, 2]),
        };
        let currency = usize::from(kind == Kind::Money && self.often(15));
        Literal { kind, count, currency }
    }

    /// A term that is no literal.
    pub(crate) fn term(&mut self, kind: Kind, deep: u32) -> Term {
        let boxed = |term| Box::new(term);
        if kind == Kind::Span && self.often(50) {
            let of = self.one(&[Kind::Date, Kind::Time]);
            return Term::Sum(boxed(self.name(of)), boxed(self.name(of)), true);
        }
        if deep == 0 || self.often(60) {
            return self.name(kind);
        }
        let inner = self.term(kind, deep - 1);
        match (self.below(6), kind) {
            (0 | 1, Kind::Number | Kind::Money) => {
                let other = if self.often(50) { Term::Literal(self.literal(kind)) } else { self.term(kind, deep - 1) };
                Term::Sum(boxed(inner), boxed(other), self.often(50))
            }
            (2, Kind::Number | Kind::Money) => Term::Times(boxed(inner), self.one(&[200, 50, 300, -100, 0])),
            (3, Kind::Number | Kind::Money | Kind::Span) => Term::Minus(boxed(inner)),
            (4, Kind::Number) => Term::Amount(boxed(self.term(Kind::Money, deep - 1))),
            (0..=2, Kind::Time | Kind::Span) => {
                let other = if self.often(50) { Term::Literal(self.literal(Kind::Span)) } else { self.term(Kind::Span, deep - 1) };
                Term::Sum(boxed(inner), boxed(other), self.often(50))
            }
            (0, Kind::Date) => Term::Sum(boxed(inner), boxed(Term::Literal(self.literal(Kind::Span))), self.often(50)),
            (0 | 1, Kind::Text) => Term::Otherwise("note", boxed(inner)),
            (5, Kind::Number) => Term::Otherwise("limit", boxed(inner)),
            _ => Term::If(Box::new(self.leaf(deep - 1)), boxed(inner), boxed(self.term(kind, deep - 1))),
        }
    }

    fn name(&mut self, kind: Kind) -> Term {
        Term::Name(
            kind,
            match kind {
                Kind::Number => self.one(&NUMBERS),
                Kind::Money => self.one(&MONEYS),
                Kind::Date => self.one(&DATES),
                Kind::Time => self.one(&TIMES),
                Kind::Span => self.one(&SPANS),
                Kind::Text => "country",
                Kind::Risk => "risk",
            },
        )
    }

    fn order(&mut self, kind: Kind) -> Order {
        match kind {
            Kind::Text | Kind::Risk => self.one(&[Order::Same, Order::Other]),
            _ => self.one(&Order::ALL),
        }
    }

    fn leaf(&mut self, deep: u32) -> Cond {
        match self.below(12) {
            0 => Cond::Name(self.one(&["is_new", "urgent"])),
            1 => Cond::IsNone(self.one(&["note", "limit"])),
            2 => {
                let kind = self.one(&[Kind::Number, Kind::Money, Kind::Text, Kind::Text, Kind::Risk, Kind::Date]);
                let item = self.term(kind, deep.min(1));
                let list = (0..=self.below(4)).map(|_| self.literal(kind)).collect();
                Cond::In(self.often(70), item, list)
            }
            3 => Cond::Present("limit", self.order(Kind::Number), Term::Literal(self.literal(Kind::Number))),
            4 => Cond::Present("note", self.one(&[Order::Same, Order::Other]), Term::Literal(self.literal(Kind::Text))),
            5 if self.often(50) => Cond::Currency(self.term(Kind::Money, 0), usize::from(self.often(30))),
            _ => {
                let kind = self.kind();
                let left = self.term(kind, deep);
                // A time is compared with another.
                let written = kind != Kind::Time && self.often(75);
                let right = if written { Term::Literal(self.literal(kind)) } else { self.term(kind, deep.min(1)) };
                Cond::Compare(self.order(kind), left, right)
            }
        }
    }

    /// A condition that is small.
    pub(crate) fn small(&mut self) -> Cond {
        self.leaf(1)
    }

    pub(crate) fn condition(&mut self, deep: u32) -> Cond {
        if deep == 0 || self.often(35) {
            return self.leaf(deep.min(2));
        }
        let left = self.condition(deep - 1);
        match self.below(12) {
            0..=3 => left.and(self.condition(deep - 1)),
            4..=7 => left.or(self.condition(deep - 1)),
            8 | 9 => left.negated(),
            10 => Cond::If(Box::new(left), Box::new(self.condition(deep - 1)), Box::new(self.condition(deep - 1))),
            _ => Cond::Same(Box::new(left), Box::new(self.condition(deep - 1)), self.often(50)),
        }
    }

    /// One that mostly holds wherever this one does (`up`), or that mostly does not hold where this one does not.
    pub(crate) fn changed(&mut self, condition: &Cond, up: bool) -> Cond {
        if self.often(if up { 10 } else { 45 }) {
            let other = self.leaf(1);
            return if up { condition.clone().or(other) } else { condition.clone().and(other) };
        }
        let boxed = |condition| Box::new(condition);
        match condition {
            Cond::And(left, right) if up && self.often(30) => (**if self.often(50) { left } else { right }).clone(),
            Cond::Or(left, right) if !up && self.often(30) => (**if self.often(50) { left } else { right }).clone(),
            Cond::And(left, right) if self.often(50) => Cond::And(boxed(self.changed(left, up)), right.clone()),
            Cond::And(left, right) => Cond::And(left.clone(), boxed(self.changed(right, up))),
            Cond::Or(left, right) if self.often(50) => Cond::Or(boxed(self.changed(left, up)), right.clone()),
            Cond::Or(left, right) => Cond::Or(left.clone(), boxed(self.changed(right, up))),
            Cond::Not(inner) => Cond::Not(boxed(self.changed(inner, !up))),
            Cond::If(condition, then, otherwise) => {
                Cond::If(condition.clone(), boxed(self.changed(then, up)), boxed(self.changed(otherwise, up)))
            }
            Cond::In(within, item, list) => {
                let mut list = list.clone();
                if *within == up {
                    let more = self.literal(item.kind());
                    list.insert(usize::try_from(self.below(list.len() as u64 + 1)).unwrap(), more);
                } else if list.len() > 1 {
                    list.remove(usize::try_from(self.below(list.len() as u64)).unwrap());
                }
                Cond::In(*within, item.clone(), list)
            }
            Cond::Compare(order, left, Term::Literal(right)) => {
                let (order, right) = self.moved(*order, *right, up);
                Cond::Compare(order, left.clone(), Term::Literal(right))
            }
            Cond::Present(name, order, Term::Literal(right)) => {
                let (order, right) = self.moved(*order, *right, up);
                Cond::Present(name, order, Term::Literal(right))
            }
            other => other.clone(),
        }
    }

    /// Two bounds, and what follows from both together, or just does not: `x + y > 5 and y < 2` and `x + y > 5 and x > 3`.
    pub(crate) fn linked(&mut self) -> (Cond, Cond) {
        let (kind, names) = self.one(&[(Kind::Number, NUMBERS), (Kind::Money, MONEYS), (Kind::Date, DATES), (Kind::Span, SPANS)]);
        let [x, y] = names.map(|name| Term::Name(kind, name));
        let whole = kind == Kind::Date;
        let minus = whole || self.often(50);
        let both = Term::Sum(Box::new(x.clone()), Box::new(y.clone()), minus);
        let literal = |kind, count| Term::Literal(Literal { kind, count, currency: 0 });
        let (first, second) =
            if whole { (self.one(&[1, 2, 3]), self.one(&[4, 5, 6])) } else { (self.one(&[500, 2000]), self.one(&[100, 50])) };
        let (one, other) = (self.one(&[Order::More, Order::AtLeast]), self.one(&[Order::More, Order::AtLeast]));
        let bound = |order, term: &Term, count| Cond::Compare(order, term.clone(), literal(term.kind(), count));
        let duty = bound(one, &both, first).and(bound(if minus { other } else { other.turned() }, &y, second));
        // `x - y > first and y > second`, or `x + y > first and y < second`
        let off = self.one(&[-1, 0, 0, 0, 1]);
        let least = if minus { first + second } else { first - second } + off;
        let order = self.one(&[Order::More, Order::AtLeast]);
        let follows = match self.below(3) {
            0 => bound(Order::AtLeast, &both, first).and(bound(order, &x, least)),
            1 => bound(one, &both, first).and(bound(order.negated(), &x, least).negated()),
            _ => duty.clone().and(bound(order, &x, least)),
        };
        (duty, follows)
    }

    /// A bound a little further, or a little less.
    fn moved(&mut self, order: Order, mut literal: Literal, up: bool) -> (Order, Literal) {
        let step = self.one(&[0, 0, 1, 1]);
        let order = match (order, up) {
            (Order::More, true) if step == 0 => Order::AtLeast,
            (Order::Less, true) if step == 0 => Order::AtMost,
            (Order::AtLeast, false) if step == 0 => Order::More,
            (Order::AtMost, false) if step == 0 => Order::Less,
            (Order::Same, true) if step == 1 && !matches!(literal.kind, Kind::Text | Kind::Risk) => Order::AtLeast,
            (order, _) => order,
        };
        let step = if self.often(10) { -step } else { step };
        match order {
            Order::More | Order::AtLeast => literal.count -= if up { step } else { -step },
            Order::Less | Order::AtMost => literal.count += if up { step } else { -step },
            Order::Same | Order::Other => {}
        }
        if literal.kind == Kind::Span {
            literal.count = literal.count.max(0);
        }
        if literal.kind == Kind::Date {
            literal.count = literal.count.clamp(1, 31);
        }
        (order, literal)
    }

    /// The same, written otherwise.
    pub(crate) fn rewritten(&mut self, condition: &Cond) -> Cond {
        let inner =
            |this: &mut Self, condition: &Cond| Box::new(if this.often(60) { this.rewritten(condition) } else { condition.clone() });
        match condition {
            Cond::And(left, right) if self.often(30) => {
                let (left, right) = (inner(self, left).negated(), inner(self, right).negated());
                left.or(right).negated()
            }
            Cond::Or(left, right) if self.often(30) => {
                let (left, right) = (inner(self, left).negated(), inner(self, right).negated());
                left.and(right).negated()
            }
            Cond::And(left, right) if self.often(50) => Cond::And(inner(self, right), inner(self, left)),
            Cond::Or(left, right) if self.often(50) => Cond::Or(inner(self, right), inner(self, left)),
            Cond::And(left, right) => Cond::And(inner(self, left), inner(self, right)),
            Cond::Or(left, right) => Cond::Or(inner(self, left), inner(self, right)),
            Cond::Not(of) => Cond::Not(inner(self, of)),
            Cond::Compare(order, left, right) => match self.below(4) {
                0 => Cond::Compare(order.turned(), right.clone(), left.clone()),
                1 => Cond::Compare(order.negated(), left.clone(), right.clone()).negated(),
                2 if matches!(left.kind(), Kind::Number | Kind::Money) => {
                    let twice = |term: &Term| match term {
                        Term::Literal(literal) => Term::Literal(Literal { count: literal.count * 2, ..*literal }),
                        term => Term::Times(Box::new(term.clone()), 200),
                    };
                    Cond::Compare(*order, twice(left), twice(right))
                }
                _ => condition.clone(),
            },
            Cond::In(true, item, list) => list
                .iter()
                .map(|candidate| Cond::Compare(Order::Same, item.clone(), Term::Literal(*candidate)))
                .reduce(Cond::or)
                .unwrap_or_else(|| condition.clone()),
            Cond::If(of, then, otherwise) => {
                let (then, otherwise) = (inner(self, then), inner(self, otherwise));
                Cond::And(of.clone(), then).or(Cond::And(Box::new(of.clone().negated()), otherwise))
            }
            Cond::Name(_) => Cond::If(Box::new(condition.clone()), Box::new(condition.clone()), Box::new(condition.clone())),
            other => other.clone(),
        }
    }

    /// Some conditions and terms of it named by `let`.
    pub(crate) fn named(&mut self, condition: Cond, lets: &mut Vec<Cond>) -> Cond {
        const NAMES: [&str; 3] = ["first_let", "second_let", "third_let"];
        if lets.len() < NAMES.len() && self.often(25) {
            let name = NAMES[lets.len()];
            let named = Cond::Let(name, Box::new(condition));
            lets.push(named.clone());
            return named;
        }
        match condition {
            Cond::And(left, right) => Cond::And(Box::new(self.named(*left, lets)), Box::new(self.named(*right, lets))),
            Cond::Or(left, right) => Cond::Or(Box::new(self.named(*left, lets)), Box::new(self.named(*right, lets))),
            Cond::Not(inner) => Cond::Not(Box::new(self.named(*inner, lets))),
            Cond::Compare(order, left, right) if lets.len() < NAMES.len() && !matches!(left, Term::Literal(_)) && self.often(40) => {
                let name = NAMES[lets.len()];
                let named = Term::Let(name, Box::new(left));
                lets.push(Cond::Compare(Order::Same, named.clone(), named.clone()));
                Cond::Compare(order, named, right)
            }
            other => other,
        }
    }

    /// What the call gives in place of parameters of the same name.
    pub(crate) fn arguments(&mut self) -> Arguments {
        let mut arguments = Arguments::default();
        if self.often(65) {
            return arguments;
        }
        let kinds = [
            (Kind::Number, "amount"),
            (Kind::Money, "price"),
            (Kind::Date, "due"),
            (Kind::Time, "opened"),
            (Kind::Span, "patience"),
            (Kind::Text, "country"),
            (Kind::Risk, "risk"),
        ];
        for (kind, name) in kinds {
            if self.often(40) {
                arguments.terms.push((name, self.term(kind, 2)));
            }
        }
        if self.often(30) {
            arguments.conditions.push(("is_new", self.condition(1)));
        }
        arguments
    }
}
