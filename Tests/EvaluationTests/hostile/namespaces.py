import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
made = libc.unshare(0x10000000) == 0
mounted = libc.mount(b"none", b"/scratch", b"tmpfs", 0, None) == 0
print("made", made, "mounted", mounted, "user", os.getuid())
