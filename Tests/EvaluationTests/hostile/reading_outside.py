import os
seen = [path for path in ["/etc/shadow", "/etc/passwd", "/root", "/home", "/var", "/run", "/sys"] if os.path.exists(path)]
print("seen", seen, "roots", sorted(os.listdir("/")))
