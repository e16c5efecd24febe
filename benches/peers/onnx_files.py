"""The ONNX files of the image towers: exported once, kept in a folder, and made int8 the way a user would."""

import os
import pathlib
import tempfile

import torch

from models import batch_of_pictures, image_tower

OPSET = 18


def onnx_file(model, int8, folder):
    """The path of the model's ONNX file, f32 or dynamically quantised to int8; made if it is not there yet."""
    path = folder / f"{model}-{'int8' if int8 else 'f32'}.onnx"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            made = pathlib.Path(scratch) / path.name
            if int8:
                quantise(onnx_file(model, False, folder), made, pathlib.Path(scratch))
            else:
                export(model, made)
            os.replace(made, path)  # whole or not there, should the export be interrupted
    return path


def export(model, path):
    """Exports the image tower in f32, any batch size."""
    tower = image_tower(model)
    pictures = torch.from_numpy(batch_of_pictures(model, 2))
    batch = torch.export.Dim("batch", min=1, max=1024)
    torch.onnx.export(
        tower, (pictures,), path, dynamo=True, opset_version=OPSET, external_data=False,
        input_names=["pixel_values"], output_names=["image_embedding"], dynamic_shapes=({0: batch},),
    )


def quantise(source, path, scratch):
    """The documented recipe: infer shapes and optimise, then dynamic quantisation with its defaults."""
    from onnxruntime.quantization import quantize_dynamic
    from onnxruntime.quantization.shape_inference import quant_pre_process

    prepared = scratch / "prepared.onnx"
    quant_pre_process(source, prepared)
    quantize_dynamic(prepared, path)
