"""Tables, sessions and migrations. Knows no model, no web, no Rasa."""
