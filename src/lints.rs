//! Warnings weighed as the project says.

use flow_compiler::{Checked, Severity};
use flow_runtime::config::{Level, Lints};

use crate::project::Project;

/// Leaves out the warnings that the project allows, and makes errors of those that it denies.
pub(crate) fn weigh(checked: &mut Checked, project: &Project) {
    apply(checked, &project.config.lints);
}

fn apply(checked: &mut Checked, lints: &Lints) {
    checked.diagnostics.retain_mut(|diagnostic| {
        let level = diagnostic.code.lint().and_then(|name| lints.get(name)).copied();
        if level == Some(Level::Deny) {
            diagnostic.severity = Severity::Error;
        }
        level != Some(Level::Allow)
    });
}

#[cfg(test)]
mod tests {
    use flow_compiler::{Severity, Sources, check};
    use flow_runtime::config::{Level, Lints};

    use super::apply;

    #[test]
    fn warnings_weigh_what_the_project_says() {
        let mut sources = Sources::new();
        sources.add("x.flow", "workflow w(a: text, b: text) {\n  let c = b\n  step log(message: \"x\")\n}\n");
        let mut checked = check(&sources);
        assert_eq!(checked.diagnostics.len(), 2);
        apply(&mut checked, &Lints::from([("unused-value".into(), Level::Allow), ("unused-parameter".into(), Level::Deny)]));
        let left: Vec<_> = checked.diagnostics.iter().map(|diagnostic| (diagnostic.code.as_str(), diagnostic.severity)).collect();
        assert_eq!(left, [("F0503", Severity::Error)]);
        assert!(checked.has_errors());
    }
}
