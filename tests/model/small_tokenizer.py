"""A tokenizer.json as the tokenizer room writes it, learnt from four lines."""

from pathlib import Path

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from malmoi.tokenizer.settings import SPECIAL_TOKENS

LINES = [
    "말을 모아 사전을 만든다.",
    "말모이는 말을 모은다는 뜻이다.",
    "ㅋㅋㅋ 그 말 참 좋다 👍🏽",
    "사전을 만들다 보면 말이 모인다.",
]


def write_tokenizer(folder: Path) -> Path:
    folder.mkdir(parents=True)
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=len(SPECIAL_TOKENS) + 256 + 40,
        show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=[AddedToken(token, special=True, normalized=False) for token in SPECIAL_TOKENS],
    )
    tokenizer.train_from_iterator(LINES, trainer)
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder
