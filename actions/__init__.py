"""Rasa custom actions: thin. The only package that imports rasa_sdk; nothing heavy happens at import."""
