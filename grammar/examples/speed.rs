//! How fast the parser is: `cargo run --release -p flow-grammar --example speed [FILE]`.
//!
//! Without a file it parses a generated one of 10,000 lines.

use std::time::Instant;

fn main() {
    let text = match std::env::args().nth(1) {
        Some(path) => match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) => {
                eprintln!("cannot read `{path}`: {error}");
                return;
            }
        },
        None => generated(10_000),
    };
    let lines = text.lines().count();
    let mut times: Vec<_> = (0..21)
        .map(|_| {
            let start = Instant::now();
            let parsed = flow_grammar::parse(&text);
            let time = start.elapsed();
            assert!(parsed.faults.len() < 501, "the faults are limited");
            time
        })
        .collect();
    times.sort();
    if let Some(median) = times.get(times.len() / 2) {
        let per_thousand = median.as_secs_f64() * 1e6 / lines.max(1) as f64;
        println!("{lines} lines, {} bytes: {median:?}, {per_thousand:.3} ms a thousand lines", text.len());
    }
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
