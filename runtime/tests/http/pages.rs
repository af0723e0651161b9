//! Pages: what they show, what their forms do, and that foreign text stays text.

use crate::people::{csrf, hidden, sign_in};
use crate::support::{FORM, JSON, World, bearer};

async fn ana(world: &World) -> String {
    let token = world.token("ana@acme.example", "read,decide,start").await;
    sign_in(world, &token).await
}

#[tokio::test]
async fn a_list_shows_the_beginning_of_a_long_title() {
    let world = World::new().await;
    let to = "ä".repeat(5000);
    let body = format!(r#"{{"input": {{"to": "{to}", "amount": "1500.00 EUR", "change": "", "lines": []}}}}"#);
    let (_, approval, _) = world.start("pay_supplier", &body).await;
    let cookie = ana(&world).await;
    let inbox = world.ask("GET /", &[&cookie], "").await.expect(200).body;
    assert!(inbox.contains("Pay 1500.00 EUR to äää") && inbox.contains("ä…</strong>") && !inbox.contains(&"ä".repeat(300)));
    let page = world.ask(&format!("GET /approvals/{approval}"), &[&cookie], "").await.expect(200).body;
    assert!(page.contains(&format!("<h1>Pay 1500.00 EUR to {to}</h1>")));
}

#[tokio::test]
async fn the_page_shows_what_is_asked_and_its_form_decides() {
    let world = World::new().await;
    let body = r#"{"input": {"to": "Vendor", "amount": "1500.00 EUR", "change": "-old\n+new\n",
        "lines": [{"item": "chairs", "amount": "1400.00 EUR"}, {"item": "delivery", "amount": "100.00 EUR"}]}}"#;
    let (run, approval, _) = world.start("pay_supplier", body).await;
    let cookie = ana(&world).await;
    let inbox = world.ask("GET /", &[&cookie], "").await.expect(200).body;
    assert!(inbox.contains("Pay 1500.00 EUR to Vendor") && inbox.contains(&format!("/approvals/{approval}")));

    let page = world.ask(&format!("GET /approvals/{approval}"), &[&cookie], "").await.expect(200).body;
    for part in [
        "<h1>Pay 1500.00 EUR to Vendor</h1>",
        "rob@acme.example",
        "<dt>Supplier</dt>",
        "<th scope=\"col\"",
        "2 rows",
        "<span class=\"add\">+new",
        "<code>pay</code>",
        "cannot be taken back",
        "<strong>2 hours</strong> left",
        "You own this workflow&#39;s runs.",
        "amount &gt; 1000 EUR",
        "required to reject",
        "name=\"viewport\"",
        "lang=\"en\"",
        "<label for=\"comment\">",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
    assert!(!page.contains(" style=") && !page.contains("onclick") && !page.contains("<script>"), "{page}");

    let line = format!("POST /approvals/{approval}/decision");
    let (csrf, digest) = (csrf(&page), hidden(&page, "digest"));
    world.ask(&line, &[&cookie, FORM], format!("digest={digest}&decision=approve&csrf=x")).await.expect(403);
    world
        .ask(&line, &[&cookie, FORM, "sec-fetch-site: cross-site"], format!("digest={digest}&decision=approve&csrf={csrf}"))
        .await
        .expect(403);
    world.ask(&line, &[FORM], format!("digest={digest}&decision=approve&csrf={csrf}")).await.expect(303);
    let kept = world.ask(&line, &[&cookie, FORM], format!("digest={digest}&decision=reject&comment=&csrf={csrf}")).await.expect(422);
    assert!(kept.body.contains("role=\"alert\"") && kept.body.contains("value=\"approve\""));
    let stale = world
        .ask(&line, &[&cookie, FORM], format!("digest={}&decision=approve&comment=mine&csrf={csrf}", "0".repeat(64)))
        .await
        .expect(412);
    assert!(stale.body.contains("What you saw has changed") && stale.body.contains(">mine</textarea>"));

    let done = world.ask(&line, &[&cookie, FORM], format!("digest={digest}&decision=approve&comment=fine&csrf={csrf}")).await.expect(303);
    assert_eq!(done.header("location"), format!("/approvals/{approval}"));
    let after = world.ask(&format!("GET /approvals/{approval}"), &[&cookie], "").await.expect(200).body;
    assert!(after.contains("Approved") && after.contains("fine") && !after.contains("name=\"decision\""), "{after}");
    let late = world.ask(&line, &[&cookie, FORM], format!("digest={digest}&decision=reject&comment=no&csrf={csrf}")).await.expect(409);
    assert!(late.body.contains("Already decided") && late.body.contains("Approved"));

    let page = world.ask(&format!("GET /runs/{run}"), &[&cookie], "").await.expect(200).body;
    assert!(page.contains("pay_supplier") && page.contains("class=\"journal\""), "{page}");
    assert!(world.ask("GET /runs", &[&cookie], "").await.expect(200).body.contains(&run));
}

#[tokio::test]
async fn foreign_text_is_text_everywhere() {
    let world = World::new().await;
    let hostile = "<script>alert(1)</script>\u{202E}EUR 5\" onload=\"x";
    let body = serde_json::json!({"input": {"to": hostile, "amount": "1500.00 EUR", "change": hostile, "lines": [{"item": hostile, "amount": "1.00 EUR"}]}});
    let (run, approval, tag) = world.start("pay_supplier", &body.to_string()).await;
    let cookie = ana(&world).await;
    let token = bearer(&world.token("ana@acme.example", "decide").await);
    let reject = serde_json::json!({"decision": "reject", "comment": hostile}).to_string();
    let line = format!("POST /api/v1/approvals/{approval}/decision");
    let check = async |world: &World| {
        for path in ["/".to_owned(), format!("/approvals/{approval}"), "/runs".to_owned(), format!("/runs/{run}")] {
            let page = world.ask(&format!("GET {path}"), &[&cookie], "").await.expect(200).body;
            assert!(!page.contains("<script>") && !page.contains('\u{202E}') && !page.contains("\" onload"), "{path}: {page}");
        }
    };
    check(&world).await;
    world.ask(&line, &[&token, JSON, &format!("if-match: {tag}")], reject).await.expect(200);
    check(&world).await;
    let page = world.ask(&format!("GET /approvals/{approval}"), &[&cookie], "").await.expect(200).body;
    assert!(page.contains("⟨U+202E⟩") && page.contains("Rejected"));
}

#[tokio::test]
async fn who_may_not_decide_can_read() {
    let world = World::new().await;
    let (_, approval, _) = world.paused().await;
    let cookie = sign_in(&world, &world.token("bob@acme.example", "read,decide").await).await;
    let page = world.ask(&format!("GET /approvals/{approval}"), &[&cookie], "").await.expect(200).body;
    assert!(page.contains("You are not among those who decide") && !page.contains("name=\"decision\""));
    let csrf = csrf(&page);
    let body = format!("digest={}&decision=approve&csrf={csrf}", "0".repeat(64));
    world.ask(&format!("POST /approvals/{approval}/decision"), &[&cookie, FORM], body).await.expect(403);
    world.ask("GET /approvals/zzz-1", &[&cookie], "").await.expect(404);
}

#[tokio::test]
async fn a_call_in_doubt_is_answered_on_its_page() {
    let world = World::new().await;
    let (run, approval, _) = world.start("lose", r#"{"input": {"what": "the parcel"}}"#).await;
    let cookie = ana(&world).await;
    let page = world.ask(&format!("GET /approvals/{approval}"), &[&cookie], "").await.expect(200).body;
    for part in
        ["It is not known whether this call happened", "value=\"done\"", "value=\"not_done\"", "value=\"give_up\"", "name=\"value.result\""]
    {
        assert!(page.contains(part), "{part}\n{page}");
    }
    let (csrf, digest) = (csrf(&page), hidden(&page, "digest"));
    let body = format!("digest={digest}&decision=done&value.result=parcel+7&csrf={csrf}");
    world.ask(&format!("POST /approvals/{approval}/decision"), &[&cookie, FORM], body).await.expect(303);
    let reader = bearer(&world.token("ana@acme.example", "read").await);
    let run = world.ask(&format!("GET /api/v1/runs/{run}"), &[&reader, "prefer: wait=20"], "").await.expect(200).json();
    assert_eq!(run["output"], "parcel 7", "{run}");
}

#[tokio::test]
async fn pages_cancel_runs_and_the_session_reads_the_api() {
    let world = World::new().await;
    let (run, _, _) = world.paused().await;
    let cookie = ana(&world).await;
    let page = world.ask(&format!("GET /runs/{run}"), &[&cookie], "").await.expect(200).body;
    let csrf = csrf(&page);
    world.ask(&format!("GET /api/v1/runs/{run}"), &[&cookie], "").await.expect(200);
    // Other sites can make the browser send the cookie, but not the header.
    world.ask(&format!("POST /api/v1/runs/{run}/cancel"), &[&cookie], "").await.expect(403);
    world.ask(&format!("POST /runs/{run}/cancel"), &[&cookie, FORM], "csrf=").await.expect(403);
    world.ask(&format!("POST /runs/{run}/cancel"), &[&cookie, FORM], format!("csrf={csrf}")).await.expect(303);
    assert!(world.ask(&format!("GET /runs/{run}"), &[&cookie], "").await.expect(200).body.contains("cancelled"));
}

#[tokio::test]
async fn the_page_of_a_failed_run_takes_it_up_again() {
    let (world, run) = crate::api::failed().await;
    let cookie = ana(&world).await;
    let page = world.ask(&format!("GET /runs/{run}"), &[&cookie], "").await.expect(200).body;
    assert!(page.contains("Take this run up again"), "{page}");
    let csrf = csrf(&page);
    std::fs::write(world.folder.path().join("fixed"), "").unwrap();
    world.ask(&format!("POST /runs/{run}/retry"), &[&cookie, FORM], "csrf=").await.expect(403);
    world.ask(&format!("POST /runs/{run}/retry"), &[&cookie, FORM], format!("csrf={csrf}")).await.expect(303);
    world.ask(&format!("GET /api/v1/runs/{run}"), &[&cookie, "prefer: wait=20"], "").await.expect(200);
    let page = world.ask(&format!("GET /runs/{run}"), &[&cookie], "").await.expect(200).body;
    assert!(page.contains("completed") && !page.contains("Take this run up again"), "{page}");
}

#[tokio::test]
async fn assets_are_served_and_errors_are_pages_for_browsers() {
    let world = World::new().await;
    for (path, kind) in [("/static/style.css", "text/css"), ("/static/live.js", "text/javascript"), ("/static/icon.svg", "image/svg+xml")] {
        assert!(world.ask(&format!("GET {path}"), &[], "").await.expect(200).header("content-type").starts_with(kind));
    }
    let page = world.ask("GET /nowhere", &["accept: text/html,*/*"], "").await.expect(404);
    assert!(page.body.contains("<h1>Not found</h1>"));
}

#[tokio::test]
async fn the_page_shows_what_a_call_would_touch_or_what_it_waits_for() {
    let world = World::set(crate::support::Setting { flow: PREVIEWS, ..crate::support::Setting::default() }).await;
    let (_, approval, _) = world.start("settle", r#"{"input": {"customer": "c-7"}}"#).await;
    let cookie = ana(&world).await;
    let page = world.ask(&format!("GET /approvals/{approval}"), &[&cookie], "").await.expect(200).body;
    for part in ["rows of c-7", "<p class=\"none\">cannot be looked at before <code>amount</code> is known</p>"] {
        assert!(page.contains(part), "{part}\n{page}");
    }
    let token = bearer(&world.token("ana@acme.example", "read").await);
    let calls = world.ask(&format!("GET /api/v1/approvals/{approval}"), &[&token], "").await.expect(200).json()["will_run"].clone();
    assert_eq!(calls[0]["preview"], serde_json::json!({"value": "rows of c-7", "text": "rows of c-7"}));
    let text = "cannot be looked at before `amount` is known";
    assert_eq!(calls[1]["preview"], serde_json::json!({"value": null, "text": text, "needs": ["amount"]}));
}

#[tokio::test]
async fn the_page_shows_what_each_item_of_a_loop_is_given() {
    let flow = r#"
irreversible action pay(to: text, amount: number, batch: text) { exec "true" ["{to} {amount} {batch}"] }
record Line { to: text, amount: number }
workflow settle(lines: [Line]) {
  owner "ana@acme.example"
  require approval
  for each line in lines { step pay(to: line.to, amount: line.amount * 10, batch: "B-7") }
}"#;
    let world = World::set(crate::support::Setting { flow, ..crate::support::Setting::default() }).await;
    let input = r#"{"input": {"lines": [{"to": "Ida & Co", "amount": 2}, {"to": "Bo", "amount": 9000000000000000000000000000}]}}"#;
    let (_, approval, _) = world.start("settle", input).await;
    let cookie = ana(&world).await;
    let page = world.ask(&format!("GET /approvals/{approval}"), &[&cookie], "").await.expect(200).body;
    for part in [
        "<dt>batch</dt><dd><span class=\"text\">B-7</span>",
        "For each item",
        "<tr><td><span class=\"text\">Ida &amp; Co</span></td><td class=\"num\"><span class=\"text\">20</span></td></tr>",
        "<tr><td><span class=\"text\">Bo</span></td><td class=\"num\"><span class=\"none\">cannot be computed</span></td></tr>",
        "2 items",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
    let (_, approval, _) = world.start("settle", r#"{"input": {"lines": []}}"#).await;
    let page = world.ask(&format!("GET /approvals/{approval}"), &[&cookie], "").await.expect(200).body;
    assert!(page.contains("there is no item, so it is not called"), "{page}");
}

const PREVIEWS: &str = r#"
irreversible action charge(customer: text, amount: number) {
  exec "true" []
  preview { exec "echo" ["-n", "rows of {customer}"] }
}
irreversible action refund(customer: text, amount: number) {
  exec "true" []
  preview { exec "echo" ["-n", "{customer} {amount}"] }
}
workflow settle(customer: text) {
  owner "ana@acme.example"
  require approval as ok {
    ask amount: number
  }
  step charge(customer, amount: ok.amount)
  step refund(customer, amount: ok.amount)
}
"#;
