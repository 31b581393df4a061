"""The app itself in a browser, with the shipped models behind it."""
