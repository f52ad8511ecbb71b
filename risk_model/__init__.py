"""History to risk: knows no table, no web, no Rasa."""
