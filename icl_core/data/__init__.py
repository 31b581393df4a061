"""Tables of a visitor's own: read, kept by their content, prepared as a model's context."""
