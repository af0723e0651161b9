-- Files that end in `.flow` are Flow.
vim.filetype.add({ extension = { flow = "flow" } })
