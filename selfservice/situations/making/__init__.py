"""Making a page type: a new folder from the skeleton, or one like a type that there is."""
