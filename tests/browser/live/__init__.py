"""The live chart in a small app of its own, which benchmarks/live.py uses too."""

from pathlib import Path

DEMO = Path(__file__).with_name("app.py")
