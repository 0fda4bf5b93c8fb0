"""The contract of a page type, checked: declaration, words, samples."""
