// The client of `hitlc lsp`: starts the server, and says so where it cannot be started.

const { commands, window, workspace } = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

async function start() {
  const command = workspace.getConfiguration("flow").get("command");
  const run = { command, args: ["lsp"] };
  client = new LanguageClient("flow", "Flow", run, {
    documentSelector: [{ language: "flow" }],
  });
  try {
    await client.start();
  } catch {
    const open = "Open the setting";
    const said = await window.showErrorMessage(`"${command}" could not be started: install hitlc, or say where it is.`, open);
    if (said === open) {
      await commands.executeCommand("workbench.action.openSettings", "flow.command");
    }
  }
}

async function stop() {
  const running = client;
  client = undefined;
  await running?.dispose().catch(() => {});
}

async function restart() {
  await stop();
  await start();
}

exports.activate = async (context) => {
  context.subscriptions.push(
    commands.registerCommand("flow.restart", restart),
    workspace.onDidChangeConfiguration((change) => change.affectsConfiguration("flow.command") && restart()),
  );
  await start();
};

exports.deactivate = stop;
