"""Tone: how probable it is that a text's writer is dissatisfied, means to leave, is pleased.

A small network on the one encoder's vectors, learned from sentences written for it (`sentences.tsv`), so that a
shop without labelled conversations hears its customers too. `CARD.md` says how it was made and how good it is.
"""
