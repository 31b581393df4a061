"""Exported pages opened from the disk, and the export menu of the app itself."""
