"""The peers: each is a function of (model, threads, folder of ONNX files) that answers with a function from a batch of
normalised pictures, f32 (batch, 3, 224, 224), to their embeddings."""

import functools

from onnx_files import onnx_file
from pictures import CONVOLUTIONAL


def onnxruntime(model, threads, folder, precision):
    """ONNX Runtime on the CPU with its default optimisations."""
    import onnxruntime as runtime

    options = runtime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    path = onnx_file(model, precision, folder)
    session = runtime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return lambda pictures: session.run(None, {"pixel_values": pictures})[0]


def pytorch(model, threads, _folder, compiled):
    """PyTorch in f32, eager or compiled; the ResNets channels-last."""
    import torch

    from models import image_tower

    torch.set_num_threads(threads)
    layout = torch.channels_last if model in CONVOLUTIONAL else torch.contiguous_format
    tower = image_tower(model).to(memory_format=layout)
    if compiled:
        tower = torch.compile(tower)

    def encode(pictures):
        with torch.inference_mode():
            return tower(torch.from_numpy(pictures).to(memory_format=layout)).numpy()

    return encode


CONTENDERS = {
    "onnxruntime-f32": functools.partial(onnxruntime, precision="f32"),
    "onnxruntime-int8": functools.partial(onnxruntime, precision="int8"),
    "onnxruntime-int8-static": functools.partial(onnxruntime, precision="int8-static"),
    "torch-eager": functools.partial(pytorch, compiled=False),
    "torch-compile": functools.partial(pytorch, compiled=True),
}
