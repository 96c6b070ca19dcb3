"""The columns that the learned models add to a document. Recipes read them, and need not load the models for that."""

OF_DOCUMENTS = ("value", "human_translation", "spam")
"""Learnt on pieces of documents: one probability a document."""
OF_SENTENCES = ("harm", "profanity")
"""Learnt on remarks: the highest probability of a document's sentences, and their mean weighted by bytes."""
COLUMNS = (*OF_DOCUMENTS, *(f"{name}{end}" for name in OF_SENTENCES for end in ("", "_mean")))
HARM_TYPES = "harm_types"
"""Column: list<string>, what harm a text holds that is harmful in the mean; null for all others."""
