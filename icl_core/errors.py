"""The one error class that users of the project ever meet."""


class InputError(ValueError):
    """Something from outside is wrong; the message says what, what was expected, what to do."""
