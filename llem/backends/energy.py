"""Energy meters behind one interface. A machine without one gives null with the reason, not a guess."""

import time
from collections.abc import Callable
from typing import Any, Protocol

import attrs


class Meter(Protocol):
    """Measures one window at a time."""

    name: str
    measures_gpu: bool

    def start(self) -> None:
        """Begin a window."""

    def stop(self) -> float:
        """End the window; return its energy in joules."""


class NoMeterError(Exception):
    """This meter does not work here; its text says why."""


class NvmlMeter:
    """The energy counters of all NVIDIA GPUs (Volta and newer), through nvidia-ml-py."""

    name = "nvml"
    measures_gpu = True

    def __init__(self) -> None:
        try:
            import pynvml
        except ImportError:
            raise NoMeterError("nvidia-ml-py is not installed") from None
        try:
            pynvml.nvmlInit()
            self._handles = [pynvml.nvmlDeviceGetHandleByIndex(index) for index in range(pynvml.nvmlDeviceGetCount())]
            self._read: Callable[[Any], int] = pynvml.nvmlDeviceGetTotalEnergyConsumption
            self._begin = self._millijoules()
        except pynvml.NVMLError as error:
            raise NoMeterError(f"NVML says: {error}") from None
        if not self._handles:
            raise NoMeterError("NVML finds no GPU")

    def _millijoules(self) -> int:
        return sum(self._read(handle) for handle in self._handles)

    def start(self) -> None:
        self._begin = self._millijoules()

    def stop(self) -> float:
        return (self._millijoules() - self._begin) / 1000


class ZeusMeter:
    """The package zeus: GPUs, and CPUs where RAPL can be read."""

    name = "zeus"
    measures_gpu = True

    def __init__(self) -> None:
        try:
            from zeus.monitor import ZeusMonitor
        except ImportError:
            raise NoMeterError("zeus is not installed") from None
        try:
            self._monitor = ZeusMonitor()
        except Exception as error:  # noqa: BLE001  # zeus raises many kinds where it finds no device
            raise NoMeterError(f"zeus says: {error}") from None
        if not (self._monitor.gpu_indices or self._monitor.cpu_indices):
            raise NoMeterError("zeus finds no device that it can measure")

    def start(self) -> None:
        self._monitor.begin_window("llem")

    def stop(self) -> float:
        return float(self._monitor.end_window("llem").total_energy)


class CodecarbonMeter:
    """The package codecarbon; where the machine has no counter, it estimates from the processor's name."""

    name = "codecarbon"
    measures_gpu = False

    def __init__(self) -> None:
        try:
            from codecarbon import OfflineEmissionsTracker
        except ImportError:
            raise NoMeterError("codecarbon is not installed") from None
        # The country decides emissions, which llem does not report; energy does not depend on it.
        self._make: Callable[[], Any] = lambda: OfflineEmissionsTracker(
            country_iso_code="USA", save_to_file=False, log_level="critical", allow_multiple_runs=True
        )
        self._tracker = self._make()

    def start(self) -> None:
        self._tracker = self._make()
        self._tracker.start()

    def stop(self) -> float:
        self._tracker.stop()
        return float(self._tracker.final_emissions_data.energy_consumed) * 3.6e6


_METERS: dict[str, Callable[[], Meter]] = {"nvml": NvmlMeter, "zeus": ZeusMeter, "codecarbon": CodecarbonMeter}
_AUTOMATIC = ("nvml", "zeus")


def find_meter(wanted: str | None) -> tuple[Meter | None, str]:
    """Return a meter by name, or the first that works here for `auto`; without one, None and the reason.

    `auto` takes counters only, never an estimate.
    """
    if wanted is None:
        return None, "switched off"
    reasons = []
    for name in _AUTOMATIC if wanted == "auto" else (wanted,):
        try:
            return _METERS[name](), ""
        except NoMeterError as error:
            reasons.append(f"{name}: {error}")
    return None, "; ".join(reasons)


@attrs.frozen
class Energy:
    """Energy of the measured batches in joules; `baseline_watts` is the idle power, if it was measured."""

    meter: str
    joules: float
    baseline_watts: float | None
    joules_above_baseline: float | None
    tokens_per_joule: float | None

    @classmethod
    def of(cls, meter: Meter, joules: float, seconds: float, tokens: int, baseline: float | None) -> "Energy":
        """Return the energy of a window of so many seconds and output tokens."""
        above = None if baseline is None else joules - baseline * seconds
        return cls(meter.name, joules, baseline, above, tokens / joules if joules > 0 else None)


def idle_watts(meter: Meter, seconds: float) -> float:
    """Return the mean power over some idle seconds."""
    meter.start()
    begin = time.perf_counter()
    time.sleep(seconds)
    return meter.stop() / (time.perf_counter() - begin)
