"""What the app does, written down, so that a later state of the code can be held against it.

    python -m benchmarks.record write FILE [--only PATTERN]
    python -m benchmarks.record compare FILE [--rtol 1e-9] [--only PATTERN]
    python -m benchmarks.record links

A record consists of units, each with its words and numbers: "lessons/PAGE/PRESET/VIEW",
"pages/PAGE/PRESET", "models/NAME", "commands/NAME", and under "training/" whatever trains in
float32: the views of the lesson that trains, and commands. It is made through what every version of
the app has: the catalog of lessons, the scripts of the pages, the manifest of models, the command
line. A unit that is new is no difference; one that fails is, and says why. Left out are times,
places, and images, which need a browser.
"""
