import socket
reached = []
for address in [("127.0.0.1", 22), ("1.1.1.1", 53), ("169.254.169.254", 80)]:
    try:
        socket.create_connection(address, timeout=1)
        reached.append(address)
    except OSError:
        pass
interfaces = [line.split(":")[0].strip() for line in open("/proc/net/dev").readlines()[2:]]
print("reached", reached, "interfaces", interfaces)
