"""The clients under measure, one per file, each run in a process of its own.

Each module has ``run(job)``: connect to the job's server, subscribe to all trades and quotes, and
tell the job's meter of every event that reaches the handler.
"""
