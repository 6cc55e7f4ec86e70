--[[ What both publishers do with a page: claims that lead to their results, tables as wide as their content; and, for
Quarto alone, a note on printed copies, pictures and text alternatives in Word. ]]

local results_page = nil

-- A claim leads to the stored result it rests on.
local function claim(span)
  local result = FORMAT:match 'html' and results_page and span.classes:includes 'claim' and span.attributes.result
  if not result then return nil end
  local key = result:match '%S+'
  local mark = pandoc.Link({ pandoc.Str '\u{2197}' }, results_page .. '#' .. key, '',
    pandoc.Attr('', { 'claim-source' }, { ['aria-label'] = 'Stored result ' .. key }))
  span.content:insert(mark)
  return span
end

-- Long lines in a pipe table are no wish for wide columns: the content decides.
local function grid(block)
  for i, spec in ipairs(block.colspecs) do block.colspecs[i] = { spec[1], nil } end
  return block
end

-- Word shows an SVG only beside a PNG, which pandoc cannot make by itself; the stage and the results have one of each.
local function picture(image)
  local label = image.src:match '(fig%-[%w-]+)%-output%-%d+%.svg$'
  for _, folder in ipairs(label and { 'figures', 'results/demo/figures' } or {}) do
    local png = (quarto.project.offset or '.') .. '/' .. folder .. '/' .. label .. '.png'
    local file = io.open(png)
    if file then
      file:close()
      image.src = png
      break
    end
  end
  if image.attributes.alt then image.caption = pandoc.Inlines { pandoc.Str(image.attributes.alt) } end
  return image
end

-- What `compendium site` fills in; `quarto render` in the project's own folder does not.
local function unfilled(div)
  if not div.classes:includes 'generated' then return nil end
  return pandoc.Para { pandoc.Emph { pandoc.Str 'Filled in by ', pandoc.Code 'compendium site', pandoc.Str '.' } }
end

-- A printed copy has no banner, and its columns are narrow.
local function printed(doc)
  local note = doc.meta['synthetic-note']
  if note then doc.blocks:insert(1, pandoc.BlockQuote { pandoc.Para(pandoc.utils.blocks_to_inlines { pandoc.Plain(note) }) }) end
  if FORMAT:match 'typst' then
    local look = '#show table: set text(size: 8.8pt, hyphenate: false)\n#show table: set par(justify: false)'
    doc.blocks:insert(1, pandoc.RawBlock('typst', look))
  end
end

function Pandoc(doc)
  results_page = doc.meta['results-page'] and pandoc.utils.stringify(doc.meta['results-page'])
  if quarto and not FORMAT:match 'html' then printed(doc) end
  local word = quarto and FORMAT:match 'docx'
  return doc:walk { Div = unfilled, Span = claim, Table = grid, Image = word and picture or nil }
end
