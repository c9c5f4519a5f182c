"""Measures fastpoly beside its rivals; ``python -m bench --help`` lists the questions."""
