import os, sys
written = []
for folder in ["/", "/etc", "/usr", "/usr/bin", "/var/tmp", "/dev/shm", "/root", "/program", sys.argv[0].rsplit("/", 1)[0]]:
    try:
        with open(os.path.join(folder, "trimtab-was-here"), "w") as file:
            file.write("x")
        written.append(folder)
    except OSError:
        pass
try:
    os.remove("/usr/bin/env")
    written.append("/usr/bin/env")
except OSError:
    pass
print("written", written)
