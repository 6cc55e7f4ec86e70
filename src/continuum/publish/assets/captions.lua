-- Quarto writes every caption in Word in the style of pictures', centered, and so late that only this step sees it.
function Para(para)
  local mark = para.content[1]
  if not (mark and mark.t == 'RawInline' and mark.text:match '"ImageCaption"') then return nil end
  local style = pandoc.utils.stringify(para):match '^Table' and 'TableCaption' or 'ImageCaption'
  para.content[1] = pandoc.RawInline('openxml', '<w:pPr><w:pStyle w:val="' .. style .. '" /></w:pPr>')
  return para
end
