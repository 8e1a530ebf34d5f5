"""Sessions: honest about what runs them, quiet on the terminal, and safe to share."""

from __future__ import annotations

import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

import unfade
from tests.models import (
    Network,
    cleaning_model,
    endless_model,
    identity_model,
    save_network,
    unet_model,
    with_metadata,
)
from unfade.doctor import survey
from unfade.errors import Cancelled, DeviceError, ModelError, UsageError
from unfade.filters import Memo
from unfade.inference import Device, Engine, Session, Stop, devices, loading, provider_label
from unfade.inference.devices import CPU, CUDA, Driver, Gpu, driver_obstacle
from unfade.inference.loading import start
from unfade.inference.runtime import onnxruntime
from unfade.inference.session import GpuBuffers
from unfade.models import Tensor, card_of
from unfade.models.onnx_file import with_outputs

SHIPPED = Path(unfade.__file__).parent / "models" / "shipped" / "upscale-x2.onnx"
HAS_GPU = bool((driver := devices.find_driver()) and driver.gpus)
without_gpu = pytest.mark.skipif(HAS_GPU, reason="tests what is said on a machine without an NVIDIA GPU")
lists_cuda = pytest.mark.skipif(
    CUDA not in onnxruntime().get_available_providers(), reason="needs the onnxruntime-gpu build"
)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return unet_model(tmp_path / "unet.onnx", 2)


def noise(height: int, width: int, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).random((1, 3, height, width), np.float32)


def test_runs_any_size_on_the_cpu(model: Path) -> None:
    session = Session.open(model, Device.CPU)
    assert (session.provider, session.fallback, session.card.name) == (CPU, None, "unet")
    for height, width in ((4, 4), (64, 32), (128, 132)):
        result = session.run({"input": noise(height, width)})
        assert list(result) == ["output"]
        assert result["output"].shape == (1, 3, height * 2, width * 2)
        assert result["output"].dtype == np.float32
    assert session.on_cpu() is session


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_threads_do_not_change_the_result(model: Path, threads: int) -> None:
    one = Session.open(model, Device.CPU, threads=1).run({"input": noise(64, 64)})["output"]
    many = Session.open(model, Device.CPU, threads=threads).run({"input": noise(64, 64)})["output"]
    assert np.abs(one - many).max() < 1e-5


def test_what_one_output_does_not_need_is_not_computed(tmp_path: Path) -> None:
    path = cleaning_model(tmp_path / "cleaning.onnx", cleaned=True)
    session, x = Session.open(path, Device.CPU), {"input": noise(32, 48)}
    everything = session.run(x)
    assert list(everything) == ["output", "mask", "cleaned"]
    for names in (["mask"], ["cleaned", "mask"], ["output"]):
        part = session.only(names)
        assert session.only(names[::-1]) is part and part.on_cpu() is part
        found = part.run(x)
        assert set(found) == set(names)
        for name in names:
            np.testing.assert_array_equal(found[name], everything[name])
    assert session.only(["mask", "output", "cleaned"]) is session
    whole, mask = onnx.load(path), onnx.load_from_string(with_outputs(path.read_bytes(), ["mask"]))
    onnx.checker.check_model(mask, full_check=True)
    assert [value.name for value in mask.graph.output] == ["mask"]
    assert len(mask.graph.node) < len(whole.graph.node) / 2
    assert {weight.name for weight in mask.graph.initializer} == {
        name for node in mask.graph.node for name in node.input
    } & {weight.name for weight in whole.graph.initializer}
    assert mask.metadata_props == whole.metadata_props and mask.opset_import == whole.opset_import


def test_where_a_part_cannot_be_had_the_model_runs_wholly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = cleaning_model(tmp_path / "cleaning.onnx")
    assert Session.open(path, Device.CPU, fixed_sizes=True).only(["mask"]).one_size
    away, gpu, broken = (Session.open(path, Device.CPU) for _ in range(3))
    gpu.provider = CUDA
    assert gpu.only(["mask"]) is gpu  # a part would run on the CPU
    with monkeypatch.context() as patch:
        patch.setattr(loading, "with_outputs", lambda *_: b"nothing")
        assert broken.only(["mask"]) is broken
    path.rename(tmp_path / "moved.onnx")
    assert away.only(["mask"]) is away
    identity_model(path, 1)
    assert away.only(["output"]) is away  # that is another model


def test_a_part_of_a_model_whose_weights_lie_beside_it(tmp_path: Path) -> None:
    path = cleaning_model(tmp_path / "cleaning.onnx")
    model = onnx.load(path)
    onnx.save(model, path, save_as_external_data=True, location="weights.bin", size_threshold=0)
    assert (tmp_path / "weights.bin").exists()
    session, x = Session.open(path, Device.CPU), {"input": noise(32, 48)}
    found = session.only(["mask"]).run(x)
    assert list(found) == ["mask"]
    np.testing.assert_array_equal(found["mask"], session.run(x)["mask"])


def test_weights_that_old_files_list_as_inputs(tmp_path: Path) -> None:
    path = cleaning_model(tmp_path / "cleaning.onnx")
    model = onnx.load(path)
    model.graph.input.extend(
        helper.make_tensor_value_info(weight.name, weight.data_type, list(weight.dims))
        for weight in model.graph.initializer
    )
    onnx.save(model, path)
    session, x = Session.open(path, Device.CPU), {"input": noise(32, 48)}
    part = session.only(["mask"])
    assert part is not session
    np.testing.assert_array_equal(part.run(x)["mask"], session.run(x)["mask"])


def test_branches_keep_what_they_read(tmp_path: Path) -> None:
    """A branch may read what was made outside of it."""
    result = helper.make_tensor_value_info("result", TensorProto.FLOAT, [1])
    branches = [
        helper.make_graph([helper.make_node("Neg", ["twice"], ["result"])], "then", [], [result]),
        helper.make_graph([helper.make_node("Identity", ["thrice"], ["result"])], "else", [], [result]),
    ]
    nodes = [
        helper.make_node("Add", ["x", "x"], ["twice"]),
        helper.make_node("Add", ["twice", "x"], ["thrice"]),
        helper.make_node("Greater", ["x", "none"], ["positive"]),
        helper.make_node("If", ["positive"], ["chosen"], then_branch=branches[0], else_branch=branches[1]),
        helper.make_node("Exp", ["x"], ["other"]),
    ]
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in ("chosen", "other")]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])],
        values,
        [numpy_helper.from_array(np.zeros(1, np.float32), "none")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    part = with_outputs(model.SerializeToString(), ["chosen"])
    assert [node.op_type for node in onnx.load_from_string(part).graph.node] == [
        "Add",
        "Add",
        "Greater",
        "If",
    ]
    alone = onnx.load_from_string(with_outputs(model.SerializeToString(), ["other"])).graph
    assert [node.op_type for node in alone.node] == ["Exp"] and not alone.initializer
    path = tmp_path / "part.onnx"
    path.write_bytes(part)
    session = start(path, [(CPU, {})])[0]
    for x, expected in ((1.0, -2.0), (-1.0, -3.0)):
        assert session.run(None, {"x": np.array([x], np.float32)})[0].item() == expected


def test_failures_are_sentences(model: Path) -> None:
    session = Session.open(model, Device.CPU)
    with pytest.raises(ModelError, match="The model unet failed: "):
        session.run({"input": np.zeros((1, 4, 8, 8), np.float32)})
    with pytest.raises(ModelError, match="The model unet failed: "):
        session.run({"wrong": noise(8, 8)})


def test_a_run_is_stopped_in_its_middle(tmp_path: Path) -> None:
    session = Session.open(endless_model(tmp_path / "endless.onnx"), Device.CPU)
    dark = np.zeros((1, 3, 8, 8), np.float32)
    stop, other = Stop(), Stop()
    threading.Timer(0.3, stop.now).start()
    with stop.heeded():
        with pytest.raises(Cancelled, match="stopped"):
            session.run({"input": dark + 1})
        with pytest.raises(Cancelled):
            session.run({"input": dark})
        with other.heeded():
            assert not session.run({"input": dark})["output"].any()
        # what is kept for later runs is made to its end
        memo = Memo().of("picture")
        assert not memo.once("look", 0, lambda: session.run({"input": dark}))["output"].any()
    assert not session.run({"input": dark})["output"].any()


def test_models_that_cannot_be_opened(tmp_path: Path) -> None:
    text = tmp_path / "text.onnx"
    text.write_text("hello")
    newer = with_metadata(identity_model(tmp_path / "newer.onnx"), {"unfade.card": '{"version": 2}'})
    network = Network()
    tensors = (Tensor("picture", 3, (0.0, 1.0), "sRGB"),)
    misnamed = save_network(tmp_path / "misnamed.onnx", network, network.input, inputs=tensors)
    for path, sentence in (
        (tmp_path / "missing.onnx", "There is no model file"),
        (text, "cannot be loaded: "),
        (newer, "cannot be used: the card is of version 2"),
        (misnamed, "its card describes the inputs picture, but the network has input."),
    ):
        for attempt in (Session.open, card_of):
            with pytest.raises(ModelError) as caught:
                attempt(path)
            assert sentence in str(caught.value) and str(path) in str(caught.value)


@lists_cuda
@without_gpu
def test_auto_says_why_not_the_gpu(model: Path) -> None:
    session = Session.open(model)
    assert session.provider == CPU
    assert session.fallback is not None
    assert session.fallback.startswith("Running on the CPU: ") and "NVIDIA driver" in session.fallback


@lists_cuda
@without_gpu
@pytest.mark.parametrize("device", ["cuda", "cuda:1"])
def test_cuda_by_name_is_an_error_without_it(model: Path, device: str) -> None:
    with pytest.raises(
        DeviceError, match=rf"The device {device} cannot be used: .*NVIDIA.*--device auto or cpu"
    ):
        Session.open(model, Device.parse(device))


@pytest.mark.skipif(sys.platform != "linux", reason="DirectML and CoreML are never in the builds for Linux")
@pytest.mark.parametrize("device", ["directml", "coreml"])
def test_other_systems_devices(model: Path, device: str) -> None:
    with pytest.raises(DeviceError, match=f"The device {device} cannot be used here"):
        Session.open(model, Device.parse(device))


@lists_cuda
@without_gpu
def test_a_silent_fallback_is_noticed(model: Path) -> None:
    """onnxruntime is asked for CUDA although it cannot load: it raises nothing and takes the CPU."""
    inner, _ = start(model, [(CUDA, {"device_id": "0"}), (CPU, {})])
    assert inner.get_providers() == [CPU]


GPUS = Driver((12, 4), (Gpu("A", 8 * 2**30), Gpu("B", 24 * 2**30)))


@pytest.mark.parametrize(
    ("found", "index", "needed", "reason", "remedy"),
    [
        (None, 0, 12, "no NVIDIA driver was found", "install NVIDIA's driver"),
        (Driver((12, 4), ()), 0, 12, "the NVIDIA driver finds no GPU", "nvidia-smi"),
        (GPUS, 2, 12, "there is no GPU number 2 (0 is A, 1 is B)", "another number"),
        (GPUS, 0, 13, "knows CUDA up to 12.4 and CUDA 13 is needed", "update the driver"),
    ],
)
def test_driver_obstacles(found: Driver | None, index: int, needed: int, reason: str, remedy: str) -> None:
    obstacle = driver_obstacle(found, index, needed)
    assert obstacle is not None and reason in obstacle.reason and remedy in obstacle.remedy


@pytest.mark.parametrize("index", [0, 1])
def test_no_obstacle(index: int) -> None:
    assert driver_obstacle(GPUS, index, 12) is None
    assert driver_obstacle(GPUS, index, 11) is None


def test_missing_libraries_name_the_command() -> None:
    obstacle = devices.library_obstacle(needed=99)
    assert obstacle is not None
    assert "CUDA libraries are missing" in obstacle.reason and "99" in obstacle.reason
    assert obstacle.remedy == "pip install 'unfade[cuda]'"


def test_survey() -> None:
    found = survey()
    assert [status.label for status in found] == ["CUDA", "DirectML", "CoreML", "CPU"]
    assert found[-1].usable and found[-1].provider == CPU
    assert all(status.usable or status.note for status in found)
    assert provider_label(CUDA) == "CUDA"
    assert provider_label("OtherExecutionProvider") == "OtherExecutionProvider"


QUIET = """
import sys
from pathlib import Path
import numpy as np
from unfade.doctor import survey
from unfade.inference import Device, Session
from unfade.inference.devices import CPU, CUDA
from unfade.inference.devices import preload_cuda
from unfade.inference.loading import start
path = Path(sys.argv[1])
survey()
preload_cuda()
Session.open(path).run({"input": np.zeros((1, 3, 8, 8), np.float32)})
start(path, [(CUDA, {"device_id": "0"}), (CPU, {})])
try:
    Session.open(path, Device.CPU).run({"input": np.zeros((1, 4, 8, 8), np.float32)})
except Exception:
    pass
"""


def test_nothing_reaches_the_terminal(model: Path) -> None:
    """Not from preloading libraries, not from a fallback, not from a failure: from a real process."""
    done = subprocess.run(
        [sys.executable, "-c", QUIET, str(model)], capture_output=True, check=True, timeout=60
    )
    assert (done.stdout, done.stderr) == (b"", b"")


def test_importing_with_stderr_closed(model: Path) -> None:
    """pythonw.exe and daemons have none."""
    code = "import os; os.close(2)\n" + QUIET
    done = subprocess.run(
        [sys.executable, "-c", code, str(model)], capture_output=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout) == (0, b"")


def test_io_binding_gives_the_same(model: Path) -> None:
    """The path CUDA sessions take, with the CPU in the GPU's place: buffers are reused and replaced."""
    session = Session.open(model, Device.CPU)
    bound = GpuBuffers(session._inner, ["output"], device="cpu", index=0)
    for seed, (height, width) in enumerate([(16, 16), (16, 16), (16, 16), (32, 8), (16, 16)]):
        pixels = noise(height, width, seed)
        got = bound.run({"input": pixels})["output"]
        assert np.array_equal(got, session.run({"input": pixels})["output"])


def test_a_result_is_not_overwritten_by_the_next(model: Path) -> None:
    bound = GpuBuffers(Session.open(model, Device.CPU)._inner, ["output"], device="cpu", index=0)
    first = bound.run({"input": noise(16, 16, 1)})["output"]
    kept = first.copy()
    bound.run({"input": noise(16, 16, 2)})
    assert np.array_equal(first, kept)


def test_engine_opens_each_model_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = unet_model(tmp_path / "a.onnx", 2)
    other = identity_model(tmp_path / "b.onnx", 2)
    engine = Engine(Device.CPU, threads=1)
    assert (engine.provider, engine.fallback) == (None, None)
    opened: list[Session] = []
    workers = [threading.Thread(target=lambda: opened.append(engine.session(path))) for _ in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(opened) == 6 and len({id(session) for session in opened}) == 1
    monkeypatch.chdir(tmp_path)
    assert engine.session(Path("a.onnx")) is opened[0]
    assert engine.session(other) is not opened[0]
    assert (engine.provider, engine.fallback) == (CPU, None)


@lists_cuda
@without_gpu
def test_engine_reports_the_fallback(model: Path) -> None:
    engine = Engine()
    engine.session(model)
    assert engine.provider == CPU
    assert engine.fallback is not None and "NVIDIA driver" in engine.fallback


def test_a_failed_open_can_be_tried_again(tmp_path: Path) -> None:
    engine = Engine(Device.CPU)
    with pytest.raises(ModelError):
        engine.session(tmp_path / "late.onnx")
    identity_model(tmp_path / "late.onnx", 2)
    assert engine.session(tmp_path / "late.onnx").card.name == "late"


def test_sessions_are_shared_by_threads(model: Path) -> None:
    session = Engine(Device.CPU).session(model)
    inputs = [noise(32 + 4 * index, 40, index) for index in range(8)]
    expected = [session.run({"input": pixels})["output"] for pixels in inputs]
    results: dict[int, NDArray[np.float32]] = {}

    def work(index: int) -> None:
        results[index] = session.run({"input": inputs[index]})["output"]

    workers = [threading.Thread(target=work, args=(index,)) for index in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert all(np.array_equal(results[index], expected[index]) for index in range(8))


@pytest.mark.parametrize("value", [0, -1])
def test_engine_settings_that_make_no_sense(value: int) -> None:
    with pytest.raises(UsageError, match="threads must be at least 1"):
        Engine(threads=value)
    with pytest.raises(UsageError, match="tile must be at least 1"):
        Engine(tile=value)


@pytest.mark.parametrize(
    ("engine", "halo", "macs", "tile"),
    [
        (Engine(), 27, 257_000, 1024),
        (Engine(), 27, 184_000, 1280),  # a photograph of a megapixel is one window
        (Engine(), 147, 307_000, 1617),
        (Engine(), 143, 2_000_000, 1024),  # larger ones would take too much memory
        (Engine(), 143, None, 1024),
        (Engine(), 400, 307_000, 2048),
        (Engine(usual_tile=512), 27, 193_000, 512),
        (Engine(usual_tile=512), 147, 307_000, 1024),  # else each pixel would be computed five times
        (Engine(usual_tile=512), 64, None, 704),
        (Engine(tile=256, usual_tile=512), 147, 307_000, 256),
    ],
)
def test_a_model_that_sees_far_gets_larger_tiles(
    engine: Engine, halo: int, macs: int | None, tile: int
) -> None:
    shipped = card_of(SHIPPED)
    card = replace(shipped, halo=halo, macs_per_pixel=macs)
    assert engine.tile_for(card) == tile
    assert engine.tile_for(card, part=True) == tile * 3 // 2


def test_sixteen_pixels_of_one_take_memory_of_their_own() -> None:
    card = replace(card_of(SHIPPED), halo=43, macs_per_pixel=194_000)
    assert (card.scale, Engine().tile_for(card), Engine().tile_for(replace(card, scale=4))) == (2, 1280, 1024)
