"""Page types that staff compose in the console: their drafts, their published versions, and how they are served."""
