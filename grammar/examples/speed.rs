//! How fast the parser and the layout are: `cargo run --release -p flow-grammar --example speed [FILE]`.
//!
//! Without a file it reads generated ones of 10,000 and 20,000 lines: twice the text takes twice the time.

use std::time::{Duration, Instant};

fn main() {
    let texts = match std::env::args().nth(1) {
        Some(path) => match std::fs::read_to_string(&path) {
            Ok(text) => vec![text],
            Err(error) => {
                eprintln!("cannot read `{path}`: {error}");
                return;
            }
        },
        None => vec![generated(10_000), generated(20_000)],
    };
    for text in texts {
        let lines = text.lines().count();
        println!("{lines} lines, {} bytes", text.len());
        let told = |what: &str, time: Duration| {
            let per_thousand = time.as_secs_f64() * 1e6 / lines.max(1) as f64;
            println!("  {what}: {time:?}, {per_thousand:.3} ms a thousand lines");
        };
        told("parsed", median(|| assert!(flow_grammar::parse(&text).faults.len() < 501, "the faults are limited")));
        told("formatted", median(|| drop(flow_grammar::format(&text))));
    }
}

/// The median of 21 times.
fn median(mut work: impl FnMut()) -> Duration {
    let mut times: Vec<_> = (0..21)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed()
        })
        .collect();
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// Records, actions and workflows in the proportions of a real project.
fn generated(lines: usize) -> String {
    let mut text = String::new();
    let mut number = 0;
    while text.lines().count() < lines {
        for _ in 0..20 {
            number += 1;
            text.push_str(&UNIT.replace("NN", &number.to_string()));
        }
    }
    text
}

const UNIT: &str = r#"
record InvoiceNN {
  id: text
  vendor_id: text from "vendorId"
  amount: money
  note: text?
}

# Moves money out of our account.
irreversible action transferNN(to: text, amount: money, reference: text) -> text
  only after approval when amount > 1000 EUR
{
  http post "{env.BANK_URL}/transfers"
  header "authorization" "Bearer {secret.BANK_TOKEN}"
  body { to, amount, reference }
  timeout 30 seconds
}

# Pays a supplier.
workflow payNN(invoice: InvoiceNN, limit: money = 1000 EUR) -> text {
  owner "finance@acme.example"
  once per invoice.id

  step vendor = erp.vendor(id: invoice.vendor_id)
  let large = invoice.amount > limit and (vendor.is_new or vendor.country in ["IR", "KP"])

  require approval as review by finance except requester when large or vendor.is_new {
    title    "Pay {invoice.amount} to {vendor.name}"
    show     invoice.id, vendor.name, vendor.iban as "Account", invoice.amount
    remind   every 4 hours
    within   2 business days, then escalate to "cfo@acme.example" within 1 day, then reject
  }

  if large {
    step log(message: "large: {invoice.amount}")
  } else {
    step log(message: "small")
  }
  step receipt = transferNN(to: vendor.iban, amount: invoice.amount, reference: invoice.id) {
    retry 3 times every 10 seconds doubling
  }
  step notify(to: owner, message: "Paid {invoice.amount} to {vendor.name}: {receipt}")
  return receipt
}
"#;
