-- Stops `quarto render` where nothing has been run: its pages would print names of variables in the place of numbers.
local file = io.open('_variables.yml')
if not file then
  io.stderr:write('There are no results to publish yet. Run `make`, or `compendium run` and then `compendium site`.\n')
  os.exit(1)
end
file:close()
