"""The same job in other engines, each as a competent user writes it from its documentation.

These modules run in an environment of their own (`requirements.txt`), so they import nothing of
this project outside `bench.peers`.
"""
