//! A flow of many gates and calls.

use std::fmt::Write as _;

/// So many blocks of nested branches; in each branch a gate and a call with a duty. `apart`: the gates stand before the calls, in branches
/// of the same conditions, so that only all of them together cover a call.
pub(crate) fn gates_and_calls(blocks: usize, depth: usize, apart: bool) -> String {
    let mut flow = String::from(
        "irreversible action pay(amount: number, place: number) only after approval when amount > 1000 { exec \"pay\" [\"{amount} {place}\"] }\n\n\
         workflow w(amount: number, place: number, risk: number) {\n",
    );
    let gate =
        |block: usize, level: usize| format!("require approval when amount > 1000 and risk > {block} or amount > {level} within 2 days\n");
    let call = |block: usize, level: usize| format!("step pay(amount, place: place + {block} + {level})\n");
    let mut branches = |inner: &dyn Fn(usize, usize) -> String| {
        for block in 0..blocks {
            for level in 0..depth {
                write!(flow, "if place > {block} + {level} or risk < {level} {{\n{}", inner(block, level)).unwrap();
            }
            flow.push_str(&"}\n".repeat(depth));
        }
    };
    if apart {
        branches(&gate);
        branches(&call);
    } else {
        branches(&|block, level| gate(block, level) + &call(block, level));
    }
    flow.push_str("}\n");
    flow
}
