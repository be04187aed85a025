"""Self-contained recipes: what `llem run` uses and what a generated script carries along, word for word.

Each function imports what it needs and uses nothing else of this module.
"""

EMBEDDED = "embedded"


def build_embedded_model(folder: str) -> str:
    """Build a tiny Llama with random weights and a byte tokenizer in a folder, from a fixed seed; return the folder.

    Two layers of two heads of size 64 over a vocabulary of 259 tokens. The folder appears whole or not at all.
    """
    import os
    import shutil
    import tempfile

    if os.path.isfile(os.path.join(folder, "config.json")):  # noqa: PTH113, PTH118  # self-contained
        return folder
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    special = ["<pad>", "<s>", "</s>"]
    vocabulary = {token: index for index, token in enumerate([*special, *sorted(pre_tokenizers.ByteLevel.alphabet())])}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token=special[0], bos_token=special[1], eos_token=special[2]
    )
    config = LlamaConfig(
        vocab_size=len(vocabulary),
        hidden_size=128,
        intermediate_size=256,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=2,
        max_position_embeddings=8192,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=2,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = LlamaForCausalLM(config)
        # A few likely tokens, all printable: text that a terminal can show, and no near ties between logits.
        letters = {token for token in vocabulary if (token.isascii() and token.isalnum()) or token == "\u0120"}  # noqa: S105
        silent = [index for token, index in vocabulary.items() if token not in letters]
        model.lm_head.weight.data.mul_(12)
        model.lm_head.weight.data[silent] = 0
    parent = os.path.dirname(folder)  # noqa: PTH120
    os.makedirs(parent, exist_ok=True)  # noqa: PTH103
    partial = tempfile.mkdtemp(dir=parent)
    model.save_pretrained(partial)
    fast.save_pretrained(partial)
    try:
        os.rename(partial, folder)  # noqa: PTH104
    except OSError:  # another process was faster
        shutil.rmtree(partial)
    return folder


def synthetic_prompts(count: int, length: int, seed: int, vocabulary: int, special: list[int]) -> list[list[int]]:
    """Return `count` prompts of `length` token ids each, drawn evenly from the ordinary tokens."""
    import random

    generator = random.Random(seed)  # noqa: S311
    ordinary = sorted(set(range(vocabulary)) - set(special))
    return [[generator.choice(ordinary) for _ in range(length)] for _ in range(count)]
