"""The large model's file in the program of others: transformers on PyTorch, for tests and timings."""

NAMES = {
    "attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm", "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj",
}  # fmt: skip


def transformers_model(path):
    """`transformers.LlamaForCausalLM` in float32, its weights unpacked by the reference program `gguf`."""
    import gguf
    import torch
    import transformers

    config = transformers.LlamaConfig(
        vocab_size=49_152, hidden_size=576, intermediate_size=1536, num_hidden_layers=30, rms_norm_eps=1e-5,
        num_attention_heads=9, num_key_value_heads=3, max_position_embeddings=8192, tie_word_embeddings=True,
        rope_parameters={"rope_type": "default", "rope_theta": 100_000.0}, attn_implementation="eager",
    )  # fmt: skip
    state = {}
    for tensor in gguf.GGUFReader(path).tensors:
        values = gguf.dequantize(tensor.data, tensor.tensor_type)
        head, *rest = tensor.name.split(".")
        if head == "blk":
            i, name, _ = rest
            if name in ("attn_q", "attn_k"):  # there, feature j turns with j + D/2, not with its neighbour
                values = values.reshape(-1, 32, 2, values.shape[1]).swapaxes(1, 2).reshape(values.shape)
            state[f"model.layers.{i}.{NAMES[name]}.weight"] = torch.from_numpy(values.copy())
        else:
            name = {"token_embd": "model.embed_tokens.weight", "output_norm": "model.norm.weight"}[head]
            state[name] = torch.from_numpy(values.copy())
    state["lm_head.weight"] = state["model.embed_tokens.weight"]
    model = transformers.LlamaForCausalLM(config).to(torch.float32).eval()
    model.load_state_dict(state)
    return model
