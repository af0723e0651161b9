#[test]
fn t() {
    let text = include_str!("ui/poisoned.flow");
    let lines: Vec<&str> = text.lines().collect();
    for skip in 0..lines.len() {
        let t: String = lines.iter().enumerate().filter(|(i, _)| *i != skip).map(|(_, l)| format!("{l}\n")).collect();
        let p = flow_grammar::parse(&t);
        println!("{} {:?}", lines[skip], p.faults.iter().map(|f| format!("{:?}", f.kind)).collect::<Vec<_>>());
    }
    let big = |line: &str, count: usize| format!("action ping() {{\n  exec \"ping\" []\n}}\nworkflow w(n: number) {{\n  step ping()\n{}}}\n", line.repeat(count));
    for (line, count) in [("  step log(message: \"{n}\")\n", 3_000), ("  let x = n\n", 6_000), ("  step log(message: unknown)\n", 3_000), ("  if n > 1 { require approval step log(message: \"x\") }\n", 1500), ("  require approval\n", 5_000)] {
        let text = big(line, count);
        let started = std::time::Instant::now();
        let p = flow_grammar::parse(&text);
        println!("{line} parse {:?} {:?}", started.elapsed(), p.faults.len());
        let mut sources = flow_compiler::Sources::new();
        sources.add("a", text);
        let started = std::time::Instant::now();
        let c = flow_compiler::check(&sources);
        println!("{line} check {:?} {}", started.elapsed(), c.diagnostics.len());
    }
}
