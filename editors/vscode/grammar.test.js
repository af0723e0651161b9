// The colours: the grammar on a text, as the editor's own library reads it.

const { test } = require("node:test");
const assert = require("node:assert");
const fs = require("node:fs");
const path = require("node:path");
const { createOnigScanner, createOnigString, loadWASM } = require("vscode-oniguruma");
const { INITIAL, Registry } = require("vscode-textmate");

const file = path.join(__dirname, "syntaxes", "flow.tmLanguage.json");

async function load() {
  await loadWASM(fs.readFileSync(require.resolve("vscode-oniguruma/release/onig.wasm")));
  const registry = new Registry({
    onigLib: Promise.resolve({ createOnigScanner, createOnigString }),
    loadGrammar: async () => JSON.parse(fs.readFileSync(file, "utf8")),
  });
  return registry.loadGrammar("source.flow");
}

// Each word with the innermost of its scopes.
function tokens(grammar, text) {
  let state = INITIAL;
  const found = [];
  for (const line of text.split("\n")) {
    const { tokens, ruleStack } = grammar.tokenizeLine(line, state);
    state = ruleStack;
    for (const token of tokens) {
      const word = line.slice(token.startIndex, token.endIndex).trim();
      if (word) found.push([word, token.scopes.at(-1).replace(/\.flow$/, "")]);
    }
  }
  return found;
}

test("a flow has its colours", async () => {
  const grammar = await load();
  const text = [
    '# Pays.',
    'irreversible action pay(to: text, amount: money) -> Receipt {',
    '  exec "pay" ["{to} \\n {amount + 1}"]',
    '}',
    'workflow w(invoice: Invoice) {',
    '  one at a time per invoice.to',
    '  require approval as review by owner when not invoice.amount > 1000.50 EUR within 2 business days, then reject',
    '  if invoice.name matches "^a\\d{2}" and true { fail "x" }',
    '}',
  ].join("\n");
  const found = new Map(tokens(grammar, text).map(([word, scope]) => [word, scope]));
  const wanted = {
    "# Pays.": "comment.line.number-sign", irreversible: "keyword.other", action: "keyword.control", pay: "string.quoted.double",
    to: "variable.other.member", text: "support.type", money: "support.type", Receipt: "entity.name.type", exec: "keyword.other",
    "\\n": "constant.character.escape", amount: "variable.other.member", workflow: "keyword.control", w: "entity.name.function",
    "one at a time": "keyword.other", per: "keyword.other", require: "keyword.control", approval: "keyword.other", owner: "keyword.other",
    not: "keyword.operator.word", "1000.50": "constant.numeric", EUR: "constant.other.unit", "business days": "constant.other.unit",
    reject: "keyword.other", matches: "keyword.operator.word", '"^a\\d{2}"': "string.regexp", true: "constant.language", fail: "keyword.control",
  };
  for (const [word, scope] of Object.entries(wanted)) assert.strictEqual(found.get(word), scope, word);
});

test("every text of every example ends", async () => {
  const grammar = await load();
  const folders = [path.join(__dirname, "..", "..", "examples")];
  let seen = 0;
  while (folders.length > 0) {
    for (const entry of fs.readdirSync(folders.pop(), { withFileTypes: true, recursive: true })) {
      if (!entry.name.endsWith(".flow")) continue;
      const text = fs.readFileSync(path.join(entry.parentPath, entry.name), "utf8") + "\nworkflow";
      assert.deepStrictEqual(tokens(grammar, text).at(-1), ["workflow", "keyword.control"], entry.name);
      seen += 1;
    }
  }
  assert.ok(seen >= 10);
});
