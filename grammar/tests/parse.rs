use flow_grammar::{parse};
#[test]
fn programs() {
    for entry in std::fs::read_dir("tests/programs").unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let parsed = parse(&text);
        for f in &parsed.faults { 
            let line = text[..f.span.start as usize].lines().count();
            println!("{} {line} {:?} `{}`", path.display(), f, &text[f.span.range()]); }
    }
}
#[test]
fn one() {
    let Ok(path) = std::env::var("FLOW") else { return };
    let text = std::fs::read_to_string(&path).unwrap();
        let parsed = parse(&text);
    if std::env::var("TREE").is_ok() { println!("{:#?}", parsed.module); }
        for f in &parsed.faults { 
            let line = text[..f.span.start as usize].matches('\n').count() + 1;
            println!("{} {line} {:?} `{}`", path, f, &text[f.span.range()]); }
}
