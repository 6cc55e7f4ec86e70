"""From raw files to results: what is stale and why, in which order it runs, and where.

``tasks`` is the whole DAG on one page; ``state`` says what a notebook's result depends on; ``execute`` runs one.
"""
