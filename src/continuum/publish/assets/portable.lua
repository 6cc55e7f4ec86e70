--[[ What Quarto does with a page and pandoc alone does not: numbered figures, tables, sections and equations with
references to them, callouts, tabsets as sections, text alternatives in typst, margin notes. ]]

local html, typst, docx = FORMAT:match 'html', FORMAT:match 'typst', FORMAT:match 'docx'
local names = { fig = 'Figure', tbl = 'Table', sec = 'Section', eq = 'Equation' }
local numbers = {}
local counts = { fig = 0, tbl = 0, eq = 0 }
local number_sections = false
local tables = 0
local levels = {}

local function kind_of(id)
  return id:match '^(%a+)%-.'
end

local function label(id)
  local kind = kind_of(id)
  return names[kind] .. '\u{a0}' .. numbers[id]
end

-- Attributes of a region that scrolls sideways; pairs, for a table's keys would come in another order every time.
local function scrolling(name)
  return { { 'tabindex', '0' }, { 'role', 'region' }, { 'aria-label', name } }
end

local function raw(text)
  return pandoc.RawInline('typst', text)
end

local function quoted(text)
  return '"' .. text:gsub('\\', '\\\\'):gsub('"', '\\"') .. '"'
end

-- First pass: numbers in the order of the page.

local function equation_id(para)
  local last = para.content[#para.content]
  local first = para.content[1]
  if first and first.t == 'Math' and first.mathtype == 'DisplayMath' and last.t == 'Str' then
    return last.text:match '^{#(eq%-[%w-]+)}$'
  end
end

local function count(id)
  local kind = kind_of(id)
  if numbers[id] then error('the label ' .. id .. ' stands twice on this page') end
  counts[kind] = counts[kind] + 1
  numbers[id] = tostring(counts[kind])
end

local function count_section(header)
  if not number_sections or header.classes:includes 'unnumbered' then return end
  levels[header.level] = (levels[header.level] or 0) + 1
  for level = header.level + 1, 6 do levels[level] = nil end
  local parts = {}
  for level = 1, header.level do
    if levels[level] then parts[#parts + 1] = levels[level] end
  end
  if header.identifier:match '^sec%-' then numbers[header.identifier] = table.concat(parts, '.') end
end

local collect = {
  traverse = 'topdown',
  Header = function(header)
    count_section(header)
    if header.identifier:match '^sec%-' and not numbers[header.identifier] then
      numbers[header.identifier] = pandoc.utils.stringify(header.content)
    end
  end,
  Div = function(div)
    if div.identifier:match '^fig%-' or div.identifier:match '^tbl%-' then count(div.identifier) end
  end,
  Figure = function(figure)
    if figure.identifier:match '^fig%-' then count(figure.identifier) end
  end,
  Para = function(para)
    local id = equation_id(para)
    if id then count(id) end
  end,
}

-- Second pass: blocks.

local function numbered_caption(id, inlines)
  local caption = pandoc.Inlines { pandoc.Strong { pandoc.Str(label(id) .. '.') }, pandoc.Space() }
  caption:extend(inlines)
  return caption
end

local function picture(div)
  local image, caption = nil, pandoc.Inlines {}
  for _, block in ipairs(div.content) do
    local found = block.content and block.content[1]
    if found and found.t == 'Image' then
      image = found
    elseif block.t == 'Figure' then
      block:walk { Image = function(one) image = one end }
    elseif block.content then
      caption:extend(block.content)
    end
  end
  return image, caption
end

local function typst_figure(image, alt, width, caption, id)
  local points = width and tonumber(width) * 0.64
  local size = points and points < 460 and string.format('%.0fpt', points) or '100%'
  local inlines = pandoc.Inlines {
    raw('#figure(placement: auto, image(' .. quoted((image.src:gsub('%.svg$', '.png'))) .. ', alt: ' .. quoted(alt) .. ', width: ' .. size .. '), caption: ['),
  }
  inlines:extend(caption)
  inlines:insert(raw('])' .. (id ~= '' and ('<' .. id .. '>') or '')))
  return pandoc.Para(inlines)
end

local function figure(image, alt, width, height, caption, id, classes)
  if id ~= '' then caption = numbered_caption(id, caption) end
  if typst then return typst_figure(image, alt, width, caption, id) end
  if docx then
    image.src = image.src:gsub('%.svg$', '.png')
    local inches = math.min(6.2, (tonumber(width) or 600) / 96)
    image.attributes = { width = string.format('%.2fin', inches) }
  else
    image.attributes = { alt = alt, width = width, height = height }
  end
  image.caption = docx and { pandoc.Str(alt) } or {}
  return pandoc.Figure({ pandoc.Plain { image } }, { pandoc.Plain(caption) }, pandoc.Attr(id, classes))
end

local function table_block(div)
  local grid, caption, rest = nil, pandoc.Inlines {}, pandoc.Blocks {}
  for _, block in ipairs(div.content) do
    if block.t == 'Table' and not grid then
      grid = block
    elseif block.t == 'Div' and block.classes:includes 'cell-caption' then
      caption = pandoc.utils.blocks_to_inlines(block.content)
    else
      rest:insert(block)
    end
  end
  if not grid then
    error('the cell ' .. div.identifier .. ' holds no table')
  end
  if #caption == 0 and grid.caption.long[1] then caption = grid.caption.long[1].content end
  grid.classes:insert 'numbered'
  grid.caption = { long = { pandoc.Plain(numbered_caption(div.identifier, caption)) } }
  local note = pandoc.Div(rest, pandoc.Attr('', { 'table-note' }, docx and { ['custom-style'] = 'Table Note' } or {}))
  if html then
    local scroll = pandoc.Div({ grid }, pandoc.Attr('', { 'table-scroll' }, scrolling(label(div.identifier))))
    return pandoc.Div({ scroll, #rest > 0 and note or nil }, pandoc.Attr(div.identifier, { 'table-block' }))
  end
  local blocks = pandoc.Blocks { grid }
  if #rest > 0 then
    if typst then
      blocks:insert(pandoc.RawBlock('typst', '#tablenote['))
      blocks:extend(rest)
      blocks:insert(pandoc.RawBlock('typst', ']'))
    else
      blocks:insert(note)
    end
  end
  return pandoc.Div(blocks, pandoc.Attr(div.identifier))
end

local titles = { note = 'Note', tip = 'Tip', warning = 'Warning', important = 'Important', caution = 'Caution' }

local function callout(div, kind)
  local title = div.attributes.title and pandoc.Inlines { pandoc.Str(div.attributes.title) }
  local content = div.content
  if not title and content[1] and content[1].t == 'Header' then
    title = content[1].content
    content:remove(1)
  end
  title = title or pandoc.Inlines { pandoc.Str(titles[kind]) }
  if typst then
    local blocks = pandoc.Blocks { pandoc.RawBlock('typst', '#callout['), pandoc.Para { pandoc.Strong(title) } }
    blocks:extend(content)
    blocks:insert(pandoc.RawBlock('typst', ']'))
    return blocks
  end
  content:insert(1, pandoc.Div({ pandoc.Para { pandoc.Strong(title) } }, pandoc.Attr('', { 'callout-title' })))
  local attributes = html and { { 'role', 'note' }, { 'aria-label', pandoc.utils.stringify(title) } } or { { 'custom-style', 'Callout' } }
  return pandoc.Div(content, pandoc.Attr(div.identifier, { 'callout', 'callout-' .. kind }, attributes))
end

local function refused(block)
  local caption, rest = pandoc.Inlines {}, pandoc.Blocks {}
  for _, one in ipairs(block.content) do
    if one.t == 'Div' and one.classes:includes 'cell-caption' then
      caption = pandoc.utils.blocks_to_inlines(one.content)
    else
      rest:insert(one)
    end
  end
  rest:insert(1, pandoc.Para(numbered_caption(block.identifier, caption)))
  if typst then
    rest:insert(1, pandoc.RawBlock('typst', '#callout['))
    rest:insert(pandoc.RawBlock('typst', ']'))
  end
  return pandoc.Div(rest, pandoc.Attr(block.identifier, { 'refused' }))
end

local function div(block)
  local id = block.identifier
  if block.classes:includes 'refused' then return refused(block) end
  for class in block.classes:iter() do
    local kind = class:match '^callout%-(%a+)$'
    if kind then return callout(block, kind) end
  end
  if id:match '^fig%-' then
    local image, caption = picture(block)
    if not image then error('the cell ' .. id .. ' holds no picture') end
    local given = block.attributes
    return figure(image, given.alt or given['fig-alt'] or '', given.width, given.height, caption, id, block.classes)
  end
  if id:match '^tbl%-' then return table_block(block) end
  if block.classes:includes 'origin' and not html then return {} end
  if block.classes:includes 'column-margin' and html then
    block.attributes.role = 'note'
    return block
  end
  if block.classes:includes 'panel-tabset' then
    block.attributes = {}
    return block
  end
end

local function implicit_figure(block)
  local image = nil
  block:walk { Image = function(one) image = one end }
  if not image then return nil end
  local id = block.identifier ~= '' and block.identifier or image.identifier
  local alt = image.attributes['fig-alt'] or pandoc.utils.stringify(image.caption)
  local caption = block.caption.long[1] and block.caption.long[1].content or pandoc.Inlines {}
  return figure(image, alt, image.attributes.width, image.attributes.height, caption, id, block.classes)
end

local function paragraph(block)
  local id = equation_id(block)
  if not id then return nil end
  local math = block.content[1]
  local number = '(' .. numbers[id] .. ')'
  if typst then
    return pandoc.Para { raw('#numbered("' .. number .. '")['), math, raw(']<' .. id .. '>') }
  end
  return pandoc.Div({ pandoc.Para { math, pandoc.Str '\u{2003}' , pandoc.Str(number) } }, pandoc.Attr(id, { 'equation' }))
end

local blocks = { Div = div, Figure = implicit_figure, Para = paragraph }

-- Third pass: references, and tables that scroll sideways by keyboard.

local function grid(block)
  if typst and #block.bodies[1].body < 24 then
    return { pandoc.RawBlock('typst', '#block(breakable: false)['), block, pandoc.RawBlock('typst', ']') }
  end
  if not html or block.classes:includes 'numbered' then return block end
  tables = tables + 1
  local title = 'Table: ' .. pandoc.utils.stringify(block.caption.long)
  if #block.caption.long == 0 then title = 'Unnumbered table ' .. tables end
  return pandoc.Div({ block }, pandoc.Attr('', { 'table-scroll' }, scrolling(title)))
end

local function reference(cite)
  local known = {}
  for _, one in ipairs(cite.citations) do
    local kind = kind_of(one.id)
    if kind and names[kind] then
      if not numbers[one.id] then error('the page refers to ' .. one.id .. ', which is not on it') end
      local bare = one.mode == 'SuppressAuthor' or (kind == 'sec' and not number_sections)
      local text = bare and numbers[one.id] or label(one.id)
      if #known > 0 then known[#known + 1] = pandoc.Str ', ' end
      known[#known + 1] = pandoc.Link({ pandoc.Str(text) }, '#' .. one.id)
    end
  end
  if #known == 0 then return nil end
  return known
end

local function link(one)
  local path, fragment = one.target:match '^([^#]*)(#?.*)$'
  if path == '' or path:match '^%a[%w+.-]*:' then return nil end
  if not html then return one.content end
  one.target = path:gsub('%.qmd$', '.html'):gsub('%.ipynb$', '.html') .. fragment
  if path:match '%.ipynb$' and path:match 'downloads/' then one.target = path end
  return one
end

-- PDF/UA wants every formula in words; its source is what we have.
local function formula(math)
  if not typst then return nil end
  local body = pandoc.write(pandoc.Pandoc { pandoc.Plain { math } }, 'typst'):gsub('%s+$', '')
  local block = math.mathtype == 'DisplayMath' and 'true' or 'false'
  return raw('#math.equation(alt: ' .. quoted(math.text) .. ', block: ' .. block .. ', ' .. body .. ')')
end

local function heading(header)
  if html and header.level == 1 then header.level = 2 end
  return header
end

function Pandoc(doc)
  number_sections = doc.meta['number-sections'] == true
  doc:walk(collect)
  doc = doc:walk(blocks)
  return doc:walk { Cite = reference, Link = link, Math = formula, Table = grid, Header = heading }
end
