"""The two sides of a pair: each gives one sample when asked, so that they can take turns."""
import json
import os
import subprocess
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ENVIRONMENT = HERE / ".env"
PYTHON = ENVIRONMENT / "bin" / "python"
LLAMA_BENCH = ENVIRONMENT / "bin" / "llama-bench"


class Unavailable(Exception):
    """Why a side can't be measured here."""


def run(command):
    """A program's standard output; its last words when it fails."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode != 0:
        words = done.stderr.strip().splitlines()
        raise Unavailable(f"{Path(str(command[0])).name}: {words[-1] if words else done.returncode}")
    return done.stdout


class Ours:
    """A workload of `trimtab bench`, in a process of its own: rate, work and memory of its only result."""

    name = "trimtab"

    def __init__(self, trimtab, threads, workload, *options):
        self.command = [trimtab, "bench", workload, "--threads", threads, "--no-limits", "--json", *options]

    def sample(self):
        result = json.loads(run(self.command))["workloads"][0]
        return {"rate": result["median"], "seconds": None, **result}

    def close(self):
        pass


class Served:
    """A script of `peers/`: it warms up once, then measures a unit for every line that it is sent."""

    def __init__(self, name, threads, script, *options, needs_threads=True):
        if not PYTHON.exists():
            raise Unavailable("there is no Python environment for the peers")
        self.name = name
        environment = dict(
            os.environ, OMP_NUM_THREADS=str(threads), RAYON_NUM_THREADS=str(threads), TOKENIZERS_PARALLELISM="true")
        command = [PYTHON, HERE / "peers" / script, *options]
        if needs_threads:
            command += ["--threads", threads]
        self.process = subprocess.Popen(
            [str(part) for part in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True, env=environment)
        if self.process.stdout.readline().strip() != "ready":
            self.close()
            raise Unavailable(f"{script} {' '.join(map(str, options))} failed")

    def sample(self):
        try:
            self.process.stdin.write("\n")
            self.process.stdin.flush()
            return json.loads(self.process.stdout.readline())
        except (json.JSONDecodeError, BrokenPipeError) as reason:
            raise Unavailable(f"{self.name} died, or says what is no sample") from reason

    def close(self):
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            # What a dead peer was asked can't reach it any more.
            pass
        self.process.wait()


class Llama:
    """llama-bench at the best of its settings, which are tried once: flash attention and repacked weights."""

    name = "llama.cpp"
    settings = [("on", 1), ("off", 1), ("on", 0), ("off", 0)]

    def __init__(self, threads, model, prompt=0, tokens=0):
        if not LLAMA_BENCH.exists():
            raise Unavailable("llama.cpp isn't built")
        self.command = [LLAMA_BENCH, "-m", model, "-t", threads, "-p", prompt, "-n", tokens, "-o", "json"]
        rates = {setting: self.rate(setting, 1) for setting in self.settings}
        self.setting = max(rates, key=rates.get)
        self.name = "llama.cpp (flash attention {}, repacking {})".format(*self.setting)

    def rate(self, setting, repetitions):
        flash, repack = setting
        output = run(self.command + ["-fa", flash, "--repack", repack, "-r", repetitions])
        return json.loads(output)[-1]["avg_ts"]

    def sample(self):
        return {"rate": self.rate(self.setting, 1)}

    def close(self):
        pass


class Command:
    """A command by its wall time: `work` units in that many seconds."""

    def __init__(self, name, command, work=1.0):
        self.name, self.command, self.work = name, command, work

    def sample(self):
        start = time.perf_counter()
        run(self.command)
        seconds = time.perf_counter() - start
        return {"rate": self.work / seconds, "seconds": seconds}

    def close(self):
        pass
