# title: signal games
# class: protocol
# tries: to send itself each signal that can be handled, and to be deaf to all of them afterwards
# success: no signal can end it any more
# witness: count
# bare: succeeded
# process: succeeded

import os
import signal

spare = {signal.SIGKILL, signal.SIGSTOP}
before, heard = {}, []
for number in signal.valid_signals() - spare:
    try:
        before[number] = signal.signal(number, lambda got, _: heard.append(got))
    except (OSError, ValueError):
        pass
for number in before:
    os.kill(os.getpid(), number)
for number in before:
    signal.signal(number, signal.SIG_IGN)
    os.kill(os.getpid(), number)
for number, handler in before.items():
    signal.signal(number, handler if handler is not None else signal.SIG_DFL)
verdict("succeeded", f"{len(before)} signals ignored, {len(heard)} heard")
