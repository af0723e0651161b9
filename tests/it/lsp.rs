//! `hitlc lsp` as an editor uses it: Debian's Neovim with the settings of `editors/nvim`, and the program itself beside `hitlc check`.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use serde_json::{Value as Json, json};

use crate::support::{Project, hitlc, tool};

const FAULTY: &str = "# Gives money back.
irreversible action refund(customer: text, amount: number) -> text {
  exec \"echo\" [\"refunded {amount} to {customer}\"]
}

workflow refund_customer(customer: text, amount: number) -> text {
  require   approval when amount > 1000 within 2 days
  step receipt = refund(custmer: customer, amount: amount)
  return receipt
}
";

/// Does all that somebody does who mends a file, and writes down what they saw.
const DRIVE: &str = r#"
local seen = {}
local function fail(what)
  io.stderr:write(what .. "\n")
  vim.cmd("cquit")
end
local function wait(what, ready)
  if not vim.wait(20000, ready, 20) then
    fail("waited in vain for " .. what)
  end
end
local function ask(method, extra)
  local params = vim.lsp.util.make_position_params()
  for key, value in pairs(extra or {}) do
    params[key] = value
  end
  local answers = vim.lsp.buf_request_sync(0, method, params, 20000)
  local _, answer = next(answers or {})
  if answer == nil or answer.error ~= nil then
    fail(method .. ": " .. vim.inspect(answer))
  end
  return answer.result
end
local function lines()
  return vim.api.nvim_buf_get_lines(0, 0, -1, false)
end

vim.cmd("edit refund.flow")
seen.filetype = vim.bo.filetype
wait("the server", function() return #vim.lsp.buf_get_clients(0) > 0 and vim.lsp.buf_get_clients(0)[next(vim.lsp.buf_get_clients(0))].initialized end)
wait("diagnostics", function() return #vim.diagnostic.get(0) > 0 end)
seen.fault = { vim.diagnostic.get(0)[1].lnum, vim.diagnostic.get(0)[1].code or vim.diagnostic.get(0)[1].user_data.lsp.code }

-- What is `refund`?
vim.api.nvim_win_set_cursor(0, { 8, 18 })
seen.hover = ask("textDocument/hover").contents.value
seen.definition = ask("textDocument/definition").range.start.line

-- The quick fix, as the editor applies it.
vim.api.nvim_win_set_cursor(0, { 8, 25 })
local fixes = ask("textDocument/codeAction", { range = vim.lsp.util.make_range_params().range, context = { diagnostics = {} } })
seen.fix = fixes[1].title
vim.lsp.util.apply_workspace_edit(fixes[1].edit, "utf-16")
seen.fixed = lines()[8]
wait("the fault to be gone", function() return #vim.diagnostic.get(0) == 0 end)

-- Completion as the editor does it, of a line that is being written.
vim.api.nvim_buf_set_lines(0, 8, 8, false, { "  step log(message: \"{rec" })
vim.api.nvim_win_set_cursor(0, { 9, 24 })
seen.completion = {}
for _, item in ipairs(vim.lsp.util.text_document_completion_list_to_complete_items(ask("textDocument/completion"), "rec")) do
  table.insert(seen.completion, item.word)
end
vim.api.nvim_buf_set_lines(0, 8, 9, false, { "  step log(message: \"{receipt}\")" })

-- The layout.
local format = vim.lsp.buf.format or vim.lsp.buf.formatting_sync
format()
wait("the layout", function() return not table.concat(lines(), "\n"):find("require   approval", 1, true) end)
wait("no fault", function() return #vim.diagnostic.get(0) == 0 end)
vim.cmd("write")
local out = io.open("seen.json", "w")
out:write(vim.fn.json_encode(seen))
out:close()
vim.cmd("qall")
"#;

#[test]
fn neovim_mends_a_file() {
    if !tool("nvim") {
        return;
    }
    let project = Project::with(&[("refund.flow", FAULTY), ("drive.lua", DRIVE), ("hitl.toml", "")]);
    let settings = Path::new(env!("CARGO_MANIFEST_DIR")).join("editors/nvim");
    let mut nvim = project.program("nvim");
    nvim.args(["--headless", "-u", "NONE", "-i", "NONE", "-n"]);
    nvim.arg("--cmd").arg(format!("set runtimepath^={}", settings.display()));
    nvim.arg("--cmd").arg(format!("let g:hitlc_command = '{}'", hitlc()));
    nvim.args(["--cmd", "filetype plugin on", "-c", "luafile drive.lua"]);
    nvim.env("HOME", project.path()).env("XDG_STATE_HOME", project.path()).env("XDG_CACHE_HOME", project.path());
    let done = nvim.stdin(Stdio::null()).output().unwrap();
    assert!(done.status.success(), "{}\n{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    let seen: Json = serde_json::from_slice(&std::fs::read(project.file("seen.json")).unwrap()).unwrap();
    assert_eq!(seen["filetype"], "flow");
    assert_eq!(seen["fault"], json!([7, "F0104"]));
    let hover = seen["hover"].as_str().unwrap();
    assert!(hover.contains("irreversible action refund(customer: text, amount: number) -> text"), "{hover}");
    assert!(hover.contains("Gives money back.") && hover.contains("cannot be taken back"), "{hover}");
    assert_eq!(seen["definition"], 1);
    assert_eq!(seen["fix"], "change to `customer`");
    assert_eq!(seen["fixed"], "  step receipt = refund(customer: customer, amount: amount)");
    assert_eq!(seen["completion"], json!(["receipt"]));
    let left = std::fs::read_to_string(project.file("refund.flow")).unwrap();
    assert_eq!(left, flow_grammar::format(&left).unwrap(), "what was written is in the one layout");
    assert!(left.contains("require approval when amount > 1000"), "{left}");
    assert_eq!(project.hitlc(&["check"]).code, 0);
}

/// The program on its pipes.
struct Server {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Server {
    fn start(project: &Project) -> Self {
        let mut child = project.command(&["lsp", "--stdio"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (input, output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let mut server = Self { child, input, output };
        let root = format!("file://{}", project.path().display());
        server.send(&json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": { "processId": null, "rootUri": root, "capabilities": {} } }));
        server.send(&json!({ "jsonrpc": "2.0", "method": "initialized", "params": {} }));
        server
    }

    fn send(&mut self, message: &Json) {
        let text = message.to_string();
        write!(self.input, "Content-Length: {}\r\n\r\n{text}", text.len()).unwrap();
        self.input.flush().unwrap();
    }

    fn receive(&mut self) -> Json {
        let mut length = 0;
        loop {
            let mut line = String::new();
            self.output.read_line(&mut line).unwrap();
            match line.trim_end().split_once(": ") {
                Some((_, value)) => length = value.parse().unwrap(),
                None => break,
            }
        }
        let mut body = vec![0; length];
        self.output.read_exact(&mut body).unwrap();
        serde_json::from_slice(&body).unwrap()
    }

    /// The next diagnostics of a file.
    fn diagnostics(&mut self, name: &str) -> Vec<Json> {
        loop {
            let message = self.receive();
            let params = &message["params"];
            if message["method"] == "textDocument/publishDiagnostics" && params["uri"].as_str().unwrap().ends_with(name) {
                return params["diagnostics"].as_array().unwrap().clone();
            }
        }
    }
}

/// What an editor shows is what `hitlc check` says, with the project's own settings and what comments allow.
#[test]
fn an_editor_shows_what_check_says() {
    let settings = "[groups]\nfinance = [\"ana@acme.example\"]\n[lints]\nunused-value = \"deny\"\nshadowed-name = \"allow\"\n";
    let bank = "irreversible action pay(to: text) -> text {\n  exec \"pay\" [to]\n}\n";
    let flow = "use \"bank.flow\"\n\nworkflow w(to: text) {\n  require approval by finance\n  let a = 1\n  # allow: unused-value, because it is a test\n  let b = 2\n  step bank.pay(to: to)\n}\n";
    let broken = "use \"banc.flow\"\n\nworkflow x(name: texd) {\n  step log(mesage: \"{nmae}\")\n  let y =\n}\n";
    let project = Project::with(&[("hitl.toml", settings), ("bank.flow", bank), ("flow.flow", flow), ("broken.flow", broken)]);
    let said = project.hitlc(&["check", "--format", "json"]);
    let said: Json = serde_json::from_str(&said.out).unwrap();
    let mut server = Server::start(&project);
    let mut compared = 0;
    for name in ["bank.flow", "flow.flow", "broken.flow"] {
        let text = std::fs::read_to_string(project.file(name)).unwrap();
        let uri = format!("file://{}", project.file(name).display());
        let item = json!({ "uri": uri, "languageId": "flow", "version": 1, "text": text });
        server.send(&json!({ "jsonrpc": "2.0", "method": "textDocument/didOpen", "params": { "textDocument": item } }));
        let line =
            |found: &Json, severity: &str, start: (u64, u64), message: &str| format!("{} {severity} {start:?} {message}", found["code"]);
        let shown: Vec<String> = server
            .diagnostics(name)
            .iter()
            .map(|found| {
                let severity = if found["severity"] == 1 { "error" } else { "warning" };
                let start = &found["range"]["start"];
                let start = (start["line"].as_u64().unwrap() + 1, start["character"].as_u64().unwrap() + 1);
                line(found, severity, start, found["message"].as_str().unwrap().lines().next().unwrap())
            })
            .collect();
        let wanted: Vec<String> = said["diagnostics"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|found| found["file"] == name)
            .map(|found| {
                let start = (found["start"]["line"].as_u64().unwrap(), found["start"]["column"].as_u64().unwrap());
                line(found, found["severity"].as_str().unwrap(), start, found["message"].as_str().unwrap())
            })
            .collect();
        assert_eq!(shown, wanted, "{name}");
        compared += wanted.len();
    }
    assert!(compared >= 5, "there is something to compare");
    server.send(&json!({ "jsonrpc": "2.0", "id": 1, "method": "shutdown" }));
    server.send(&json!({ "jsonrpc": "2.0", "method": "exit" }));
    assert!(server.child.wait().unwrap().success());
}

#[test]
fn a_server_whose_editor_is_gone_ends() {
    let project = Project::with(&[]);
    let server = Server::start(&project);
    let Server { mut child, input, output } = server;
    drop(input);
    assert_eq!(child.wait().unwrap().code(), Some(1));
    drop(output);
}
