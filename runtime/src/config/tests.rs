//! What a project file may say, and how it is told what is wrong.

use std::path::Path;

use jiff::tz::TimeZone;
use secrecy::ExposeSecret as _;

use super::{Config, LiveConfig, Secrets, Tls};

fn fault(text: &str) -> String {
    Config::parse(text, Path::new("hitl.toml")).unwrap_err().to_string()
}

#[test]
fn a_whole_file() {
    let config = Config::parse(
        r#"
        [server]
        listen = "127.0.0.1:7171"
        public_url = "https://flow.acme.example/"
        [store]
        url = "sqlite:state.db"
        [people.ana]
        email = "ana@acme.example"
        [groups]
        finance = ["ana", "bo@acme.example"]
        [notify.email]
        host = "mail.acme.example"
        user = "flow"
        password = "SMTP"
        from = "Flow <flow@acme.example>"
        [notify.webhook]
        url = "https://hooks.acme.example/x"
        secret = "HOOK"
        [notify.slack]
        webhook = "SLACK"
        [notify.ntfy]
        url = "https://ntfy.acme.example"
        topic = "approvals"
        token = "NTFY"
        [people.bo]
        email = "bo@acme.example"
        slack = "U024BE7LH"
        ntfy = "bo-approves"
        [webhooks]
        "orders/new" = "ORDERS"
        [lints]
        unused-parameter = "allow"
        unguarded = "deny"
        [http]
        allow = ["erp.internal:8080", "10.0.0.0/8"]
        [calendar]
        timezone = "Europe/Berlin"
        workdays = ["Mon", "tue", "sun"]
        holidays = ["2026-12-20", 2026-12-22]
        [secrets]
        from = "file"
        path = "private/secrets.toml"
        "#,
        Path::new("hitl.toml"),
    )
    .unwrap();
    assert_eq!(config.server.public_url.as_ref().unwrap().as_str(), "https://flow.acme.example");
    let email = config.notify.email.as_ref().unwrap();
    assert_eq!((email.port(), email.tls), (587, Tls::Starttls));
    assert_eq!(config.calendar.timezone.0, TimeZone::get("Europe/Berlin").unwrap());
    assert_eq!(config.addresses("finance"), ["ana@acme.example", "bo@acme.example"]);
    assert_eq!(config.addresses("ana"), ["ana@acme.example"]);
    assert_eq!(config.addresses("cy@acme.example"), ["cy@acme.example"]);
    assert!(config.addresses("nobody").is_empty());
    assert_eq!(config.notify.receivers(), ["webhook", "slack", "ntfy"]);
    let days = config.calendar.days();
    let worked =
        ["2026-12-19", "2026-12-20", "2026-12-21", "2026-12-22", "2026-12-27"].map(|day| days.is_business_day(day.parse().unwrap()));
    assert_eq!(worked, [false, false, true, false, true]);
    assert!(matches!(config.secrets(Path::new("/p")), Secrets::File(path) if path == Path::new("/p/private/secrets.toml")));
}

#[test]
fn faults_say_where_and_what_to_do() {
    let cases = [
        ("[servr]\nlisten = 1", "hitl.toml:1:2: there is no key `servr`; did you mean `server`?"),
        ("[server]\nlisen = \"x\"", "hitl.toml:2:1: there is no key `lisen`; did you mean `listen`?"),
        ("[lints]\nunused-valu = \"deny\"", "hitl.toml:2:1: there is no lint `unused-valu`, did you mean `unused-value`?"),
        (
            "[lints]\nunused-value = \"no\"",
            "hitl.toml:2:16: `no` is no value that this may have; known here: `allow`, `warn`, `deny`, `forbid`",
        ),
        ("[lints]\nunused-value = \"wran\"", "hitl.toml:2:16: `wran` is no value that this may have; did you mean `warn`?"),
        ("[groups]\nfinance = 5", "hitl.toml:2:11: expected a list in brackets, found `5`"),
        ("[groups]\nowner = [\"a@b.c\"]", "hitl.toml:2:1: a group cannot be called `owner`: in a flow that is a person of the run"),
        ("[server]\nlisten = 5", "hitl.toml:2:10: expected an address and a port, such as `\"127.0.0.1:7171\"`, found `5`"),
        ("[notify.email]\nhost = \"a\"", "hitl.toml:1:1: `from` is missing here"),
        ("[notify.email]\nhost = \"a\"\nfrom = \"a@b.c\"\nport = 70000", "hitl.toml:4:8: expected a number from 0 to 65535, found `70000`"),
        ("[notify]\nmail = \"yes\"", "hitl.toml:2:8: expected `true` or `false`, found \"yes\""),
        ("webhooks = [1]", "hitl.toml:1:12: expected a table of keys and values, found a list in brackets"),
        (
            "[webhooks]\n\"../x\" = \"KEY\"",
            "hitl.toml:2:2: `../x` is no webhook's path; write it as the flow does, such as `\"orders/new\"`",
        ),
        (
            "[calendar]\nworkdays = [\"monday\"]",
            "hitl.toml:2:12: `monday` is no day of the week: they are `mon`, `tue`, `wed`, `thu`, `fri`, `sat`, `sun`",
        ),
        ("[notify.sms]\n", "hitl.toml:1:9: `sms` is not supported by this version; remove it"),
        ("[notify.slak]\n", "hitl.toml:1:9: there is no key `slak`; did you mean `slack`?"),
        ("[calendar]\nworkdays = [\"mon\", \"thur\"]", "hitl.toml:2:12: `thur` is no day of the week, did you mean `thu`?"),
        ("[calendar]\nworkdays = []", "hitl.toml:2:12: a week has one workday at least"),
        ("[calendar]\nholidays = [\"xmas\"]", "hitl.toml:2:12: `xmas` is no date, such as `2026-12-25`"),
        (
            "[people.ana]\nemail = \"a@b.c\"\nntfy = \"a b\"",
            "hitl.toml:3:8: `a b` is no topic: it has letters, digits, `-` and `_`, at most 64",
        ),
        ("[webhooks]\n\"/x\" = \"S\"", "hitl.toml:2:2: `/x` is no webhook's path; write it as the flow does, such as `\"orders/new\"`"),
        ("[people.ana]\nemail = \"ana\"", "hitl.toml:2:9: `ana` is no mail address"),
        ("[calendar]\ntimezone = \"Nowhere\"", "hitl.toml:2:12: `Nowhere` is no time zone, such as `Europe/Berlin`"),
        (
            "[people.ana]\nemail = \"a@b.c\"\n[groups]\nf = [\"anna\"]",
            "hitl.toml:4:7: group `f` names `anna`, who is neither in `[people]` nor an address, did you mean `ana`?",
        ),
        ("[server]\npublic_url = \"acme\"", "hitl.toml:2:14: `acme` is no web address"),
        ("[secrets]\npath = \"x\"", "hitl.toml:2:1: `path` of `[secrets]` needs `from = \"file\"`"),
    ];
    for (text, expected) in cases {
        assert_eq!(fault(text), expected, "{text}");
    }
    let allow = "[http]\nallow = [\"http://x\"]";
    assert!(fault(allow).starts_with("hitl.toml:2:9: `http://x` is neither a host"), "{}", fault(allow));
    let mail = "[notify.email]\nhost = \"h\"\nfrom = \"a@b.c\"\n";
    assert!(fault(&format!("{mail}user = \"u\"")).contains("go together"));
    assert!(fault(&format!("{mail}user = \"u\"\npassword = \"P\"\ntls = \"none\"")).contains("in the clear"));
    assert!(fault("[server\n").starts_with("hitl.toml:1:"));
}

#[test]
fn a_folder_without_a_file_has_the_defaults() {
    let folder = tempfile::tempdir().unwrap();
    let config = Config::load(folder.path()).unwrap();
    assert!(config.notify.email.is_none() && config.people.is_empty());
    std::fs::write(folder.path().join("hitl.toml"), "nonsense").unwrap();
    assert!(Config::load(folder.path()).is_err());
}

#[test]
fn secrets_are_looked_up_and_never_quoted() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secrets.toml");
    let secrets = Secrets::File(file.clone());
    assert!(secrets.lookup("A").unwrap_err().to_string().contains("cannot be read"));
    std::fs::write(&file, "A = \"one\"\n").unwrap();
    assert_eq!(secrets.lookup("A").unwrap().expose_secret(), "one");
    assert!(secrets.lookup("B").unwrap_err().to_string().contains("there is no secret `B`"));
    std::fs::write(&file, "A = hidden\n").unwrap();
    assert!(!secrets.lookup("A").unwrap_err().to_string().contains("hidden"));
    let missing = Secrets::Environment.lookup("SURELY_NOT_SET").unwrap_err().to_string();
    assert!(missing.contains("HITL_SECRET_SURELY_NOT_SET"), "{missing}");
}

#[test]
fn secrets_come_from_the_files_of_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let secrets = Secrets::File(folder.path().to_owned());
    std::fs::write(folder.path().join("BANK"), "two words\n").unwrap();
    assert_eq!(secrets.lookup("BANK").unwrap().expose_secret(), "two words");
    assert!(secrets.lookup("OTHER").unwrap_err().to_string().contains("there is no secret `OTHER`"));
    assert!(secrets.lookup("../BANK").is_err());
}

#[test]
fn a_changed_file_is_seen_and_a_broken_one_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hitl.toml");
    let write = |members: &str| std::fs::write(&file, format!("[groups]\nfinance = [{members}]\n")).unwrap();
    write("\"Ana@acme.example\"");
    let live = LiveConfig::watching(folder.path(), std::sync::Arc::new(Config::load(folder.path()).unwrap()));
    assert_eq!(live.members("finance").unwrap(), ["ana@acme.example"]);
    assert_eq!((live.members("audit"), live.fault()), (None, None));
    write("\"ana@acme.example\", \"bo@acme.example\"");
    assert_eq!(live.members("finance").unwrap().len(), 2);
    write("\"nobody-knows\"");
    assert_eq!(live.members("finance").unwrap().len(), 2);
    assert!(live.fault().unwrap().contains("nobody-knows"));
    std::fs::remove_file(&file).unwrap();
    assert_eq!(live.members("finance").unwrap().len(), 2);
    assert!(live.fault().is_some());
    write("");
    assert_eq!((live.members("finance").unwrap().len(), live.fault()), (0, None));
}
