"""What runs inside the functions' processes. Stands on the standard library alone, from Python 3.9
on: these processes may be of another interpreter than the server's."""
