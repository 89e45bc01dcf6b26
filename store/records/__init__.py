"""The shared vocabulary: frozen dataclasses and enums on the standard library alone.

One noun a file. Nothing here reads a clock, a network or a database.
"""
