"""What leaves the app: a figure in any form, its data, and the choices that make it again.

Everything is bytes, for a download or a file. `formats.FORMATS` lists what there is.
"""
