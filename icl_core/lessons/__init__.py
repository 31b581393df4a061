"""One module a lesson: a frozen config of choices -> results -> figures and the finding in words.

Pages draw what stands here, and so can anything else: the screen adds only controls.
"""
