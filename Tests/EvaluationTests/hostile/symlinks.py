import os
reached = []
os.symlink("/", "root")
os.symlink("/proc/1/root", "first")
os.symlink("/program/program.py", "own")
for path in ["root/etc/passwd", "first/etc/passwd", "/proc/1/cwd/etc/passwd", "/proc/self/root/etc/passwd", "/proc/1/environ"]:
    try:
        open(path).read()
        reached.append(path)
    except OSError:
        pass
for path in ["own", "/tmp/../program/program.py", "root/usr/bin/env"]:
    try:
        open(path, "a").write("#")
        reached.append(path)
    except OSError:
        pass
print("reached", reached)
