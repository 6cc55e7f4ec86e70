"""From executed notebooks and results to paper and website: one set of sources, two publishers.

``site`` is the way in. ``stage`` gathers everything a publisher reads into one folder; ``quarto`` and ``portable``
turn that folder into pages; ``contract`` says beforehand whether the sources can be published at all.
"""
