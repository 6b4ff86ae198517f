"""The files that are patched."""
