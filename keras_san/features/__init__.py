"""Frozen networks that look at images, by name and hash: below the models, which use them.

Nothing is imported here, so that what needs the folder of weights alone starts no backend.
"""
