"""A class of students on one link: many real sessions on a running server.

    python -m benchmarks.classroom [--sessions 30] [--seconds 600] [--trainers 3] [--base URL]
    python -m benchmarks.classroom --floor --trainers 0

Every visitor is a websocket session that speaks Streamlit's protocol as a browser does: it opens a
page, and every 1 to 5 s changes a control, opens a menu, follows a link to another page or opens a
new tab; some train models and wait for the end. Without --base a fresh server is started, whose log
is read afterwards; with --floor an app whose pages compute nothing, which shows Streamlit's own
share. What is timed reaches from the request to the end of the run that answers it; what the server
computes for an action, preparation included, hardly depends on what else the machine does.

One JSON object: per page and in all the seconds (median, p95, p99, max) of opening a page, of a
change, of a menu and of the looks that a page takes by itself at a training; errors by kind;
trainings; milliseconds of the processor for an action; memory and processor share of the server and
of the processes that it started, by minute; how late this program itself was; and the claims. Exit
status 1 if a claim does not hold, 2 on bad input.
"""
