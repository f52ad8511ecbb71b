"""Forms: what is asked of a customer before something is done for them. `form.py` says how, the others what."""
