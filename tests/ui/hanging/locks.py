"""What one visitor may wait for until another lets it go."""

import threading

LOCK = threading.Lock()
LOCK.acquire()
