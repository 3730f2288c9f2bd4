# Memory that no process has mapped: files without a name, and segments that nobody is attached to.
import ctypes
import os

held = 0
try:
    for i in range(64):
        os.write(os.memfd_create(str(i)), b"x" * (8 << 20))
        held += 8
except OSError:
    pass
libc = ctypes.CDLL(None)
libc.shmat.restype = ctypes.c_void_p
for i in range(64):
    segment = libc.shmget(0, 8 << 20, 0o1600)
    if segment < 0:
        break
    address = libc.shmat(segment, None, 0)
    ctypes.memset(address, 1, 8 << 20)
    libc.shmdt(ctypes.c_void_p(address))
    held += 8
print("held", held)
