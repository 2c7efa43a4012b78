"""A network path with a round-trip time, for tests inside a network namespace of their own.

Makes a TUN device with the address 10.99.0.1. Whatever is sent to 10.99.0.2 comes back, after the delay, as
if 10.99.0.2 had sent it: a connection to 10.99.0.2 reaches the listener on 10.99.0.1, and each direction takes the delay.

usage: delay_link.py ONE_WAY_MS      prints "ready" when the link is up, ends with standard input
"""

import fcntl
import heapq
import os
import select
import struct
import subprocess
import sys
import time

TUNSETIFF = 0x400454CA
IFF_TUN = 0x0001
IFF_NO_PI = 0x1000


def main():
    delay = float(sys.argv[1]) / 1000
    tun = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH", b"ferrydelay", IFF_TUN | IFF_NO_PI))
    for command in ("link set lo up", "addr add 10.99.0.1/24 dev ferrydelay", "link set ferrydelay up"):
        subprocess.run(["ip", *command.split()], check=True)
    print("ready", flush=True)

    waiting = []  # (when, number, packet)
    number = 0
    while True:
        timeout = max(0, waiting[0][0] - time.monotonic()) if waiting else None
        readable, _, _ = select.select([tun, sys.stdin], [], [], timeout)
        if sys.stdin in readable and not os.read(0, 4096):
            return
        if tun in readable:
            packet = os.read(tun, 65536)
            if packet[0] >> 4 == 4:
                # Swapping the addresses changes neither checksum: both add the same words.
                packet = packet[:12] + packet[16:20] + packet[12:16] + packet[20:]
                number += 1
                heapq.heappush(waiting, (time.monotonic() + delay, number, packet))
        now = time.monotonic()
        while waiting and waiting[0][0] <= now:
            os.write(tun, heapq.heappop(waiting)[2])


main()
