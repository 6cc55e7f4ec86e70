"""Importers: one module per format, each returns the same tidy tables or one clear error."""
