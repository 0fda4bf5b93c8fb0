"""Page types of a parking office; each is a folder in here."""
