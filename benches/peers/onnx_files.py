"""The ONNX files of the image towers: exported once, kept in a folder, and made int8 the way a user would."""

import os
import pathlib
import tempfile

from pictures import CONVOLUTIONAL, batch_of_pictures

OPSET = 18


def onnx_file(model, precision, folder):
    """The path of the model's ONNX file (`f32`, `int8` or `int8-static`); made if it is not there yet."""
    path = folder / f"{model}-{precision}.onnx"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            made = pathlib.Path(scratch) / path.name
            if precision == "f32":
                export(model, made)
            else:
                quantise(model, onnx_file(model, "f32", folder), made, static=precision == "int8-static")
            os.replace(made, path)  # whole or not there, should it be interrupted
    return path


def export(model, path):
    """Exports the image tower in f32, any batch size."""
    import torch

    from models import image_tower

    batch = torch.export.Dim("batch", min=1, max=1024)
    torch.onnx.export(
        image_tower(model),
        (torch.from_numpy(batch_of_pictures(model, 2)),),
        path,
        dynamo=True,
        verbose=False,
        opset_version=OPSET,
        external_data=False,
        input_names=["pixel_values"],
        output_names=["image_embedding"],
        dynamic_shapes=({0: batch},),
    )


def quantise(model, source, path, static):
    """The documented recipe: infer shapes and optimise, then quantise.

    Dynamic finds each activation's range as it runs; static takes it from a few pictures beforehand. The signs of the numbers
    are those that ran fastest of the possible ones on x86-64: convolutions of signed weights have no fast dynamic kernel (5 ×
    slower than of unsigned ones), all the rest is faster with signed weights and unsigned activations.
    """
    from onnxruntime.quantization import CalibrationDataReader, QuantType, quantize_dynamic, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Pictures(CalibrationDataReader):
        batches = iter([{"pixel_values": batch_of_pictures(model, 16)}])

        def get_next(self):
            return next(self.batches, None)

    prepared = path.with_suffix(".prepared.onnx")
    quant_pre_process(source, prepared)
    if static:
        signs = {"activation_type": QuantType.QUInt8, "weight_type": QuantType.QInt8}
        quantize_static(prepared, path, Pictures(), per_channel=True, **signs)
    else:
        signed = model not in CONVOLUTIONAL
        quantize_dynamic(prepared, path, weight_type=QuantType.QInt8 if signed else QuantType.QUInt8)
