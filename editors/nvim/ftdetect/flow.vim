" Files that end in `.flow` are Flow.
autocmd BufRead,BufNewFile *.flow setfiletype flow
