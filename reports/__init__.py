"""Papers: the annual summary as columns and pages, rendered as XLSX and PDF."""
