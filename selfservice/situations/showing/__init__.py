"""Showing: the components that pages are made of, each with its variants, for the gallery and its tests."""
