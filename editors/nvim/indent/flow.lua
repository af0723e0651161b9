-- Two blanks more after a line that opens a bracket, two fewer on one that closes it.
function _G.hitlc_indent(number)
  local before = vim.fn.prevnonblank(number - 1)
  if before == 0 then
    return 0
  end
  local above = vim.fn.getline(before):gsub("%s*#[^\"]*$", "")
  local indent = vim.fn.indent(before)
  if above:find("[{(%[]%s*$") then
    indent = indent + 2
  end
  if vim.fn.getline(number):find("^%s*[})%]]") then
    indent = indent - 2
  end
  return math.max(indent, 0)
end

vim.bo.indentexpr = "v:lua.hitlc_indent(v:lnum)"
vim.bo.indentkeys = "0},0),0],!^F,o,O"
