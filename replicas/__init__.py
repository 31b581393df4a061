"""Several servers of the app behind one port, each visitor at one of them.

Python runs one thread at a time, so one server process is one core. HAProxy binds a browser to the
server that it first came to by a cookie, for a class often has one address together.
"""
