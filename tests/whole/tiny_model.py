"""The smallest model that the tests of the whole road train."""

MODEL_AND_TRAINING = """
[model]
layers = 2
hidden = 32
heads = 2
kv_heads = 1
feed_forward = 64
context_tokens = 128
[train]
steps = 12
sequence_tokens = 64
batch_sequences = 4
micro_sequences = 4
warmup_steps = 2
checkpoint_steps = 5
threads = 1
"""
