"""The commands of `flask --app app`; what they do is in the services, here they are only asked and answered."""
