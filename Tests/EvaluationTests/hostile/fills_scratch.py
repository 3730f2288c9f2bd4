import os
total = 0
try:
    for number in range(1000):
        with open(f"file-{number}", "wb") as file:
            file.write(b"x" * (1 << 20))
            total += 1
except OSError:
    pass
print("megabytes", total)
