"""The panel catalogue: one file, one constant `PANEL`; the folder is the list."""
