-- What a Flow file needs in Neovim 0.7 and later: how comments and brackets look, and the language server.
vim.bo.commentstring = "# %s"
vim.bo.comments = ":#"
vim.bo.expandtab = true
vim.bo.shiftwidth = 2
vim.bo.tabstop = 2
vim.bo.iskeyword = "@,48-57,_"

-- The nearest folder upwards with a `hitl.toml`, else the file's own.
local function root_of(path)
  local folder = vim.fn.fnamemodify(path, ":p:h")
  local found = vim.fn.findfile("hitl.toml", vim.fn.escape(folder, " ,;") .. ";")
  return found ~= "" and vim.fn.fnamemodify(found, ":p:h") or folder
end

-- One server for each project.
local clients = _G.hitlc_clients or {}
_G.hitlc_clients = clients

local buffer = vim.api.nvim_get_current_buf()
local command = vim.g.hitlc_command or "hitlc"
if vim.fn.executable(command) ~= 1 then
  vim.notify("`" .. command .. "` was not found: install it, or say where it is with vim.g.hitlc_command", vim.log.levels.WARN)
  return
end

local root = root_of(vim.api.nvim_buf_get_name(buffer))
if clients[root] == nil then
  clients[root] = vim.lsp.start_client({
    name = "hitlc",
    cmd = { command, "lsp" },
    root_dir = root,
    on_exit = function()
      clients[root] = nil
    end,
  })
end
if clients[root] == nil then
  return
end
vim.lsp.buf_attach_client(buffer, clients[root])

-- Completion with CTRL-X CTRL-O, definition with CTRL-], the rest with the usual keys of the newer versions.
vim.bo.omnifunc = "v:lua.vim.lsp.omnifunc"
vim.bo.tagfunc = "v:lua.vim.lsp.tagfunc"
local format = vim.lsp.buf.format or vim.lsp.buf.formatting
for keys, action in pairs({
  ["K"] = vim.lsp.buf.hover,
  ["gd"] = vim.lsp.buf.definition,
  ["gO"] = vim.lsp.buf.document_symbol,
  ["gra"] = vim.lsp.buf.code_action,
  ["gq="] = format,
}) do
  vim.keymap.set("n", keys, function()
    action()
  end, { buffer = buffer, silent = true })
end
