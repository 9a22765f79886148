"""Every bound of the runner, each with its reason.

The first group is the table of PROTOCOL.md section 10, under the same names; a test compares the two.
"""

from __future__ import annotations

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB

# --- the wire (PROTOCOL.md section 10 states the reasons) ---
PROTOCOL_VERSION = 1
FRAME = 65_536
MESSAGE = 64 * MIB
CONTROL_MESSAGE = 1 * MIB
KERNEL_ENVELOPE = 32_768
ATTACHMENTS = 1024
OPEN_MESSAGES = 512
JSON_DEPTH = 100
OUTPUT_WINDOW = 1 * MIB
KERNEL_WINDOW = 8 * MIB
TOOL_CALLS = 128
CHANNELS = 256
TOOLS = 1024
SESSIONS = 64
FILE_CHUNK = 262_144
FILE_ENTRIES = 10_000
FILE_PATH = 4096
FILE_DEPTH = 64
TRANSFERS = 8
TRANSFER_ENTRIES = 100_000
DISPLAYS = 100
DISPLAY_BYTES = 32 * MIB
REPR = 4096
GARBAGE_SHOWN = 200

# --- frames ---
FRAME_HEADER = 24
FRAME_LENGTH_FIELD = 4
FRAME_LENGTH_MIN = FRAME_HEADER - FRAME_LENGTH_FIELD
FRAME_LENGTH_MAX = FRAME - FRAME_LENGTH_FIELD
FRAME_BODY = FRAME - FRAME_HEADER
PING_BODY = 8
CREDIT_MAX = 2**31 - 1
CHANNEL_MAX = 0xFFFF
SUPERVISOR_NUMBERS = 2**31  # message numbers from here on are the supervisor's own (FRM-12)

# --- the supervisor: bytes ---
READ_SIZE = FRAME  # one read takes what a default pipe holds
OUTBOUND_HIGH = 1 * MIB  # above it nothing more is read from kernels: a host that is slow slows them
OUTBOUND_LOW = 256 * KIB  # below it reading goes on; apart from the mark above so that it does not flutter
OUTBOUND_MAX = 64 * MIB  # requests answered but never read: beyond it the host is taken for broken
WRITEV_BUFFERS = 64  # buffers handed to one writev, far below IOV_MAX (1,024)
NAME_LENGTH = 200  # characters of a session's name
CELL_MAX = 2**32 - 1  # its number is a u32 of the frame's head
GENERATION_MAX = 2**31 - 1  # of a session that another runner had before; a host keeps it in 31 bits
LOST_NAMES = 10_000  # names that a kernel may report as its globals
STATUS_DETAIL = 2000  # characters of a dying kernel's standard error quoted in an error
CREDIT_BATCH = KERNEL_WINDOW // 4  # credit is given back in steps, so that a small message costs no frame of its own

# --- the websocket ---
HTTP_HEAD = 16 * KIB  # of a request; those of clients have some 300 bytes
HTTP_HEADERS = 100  # of a request
WEBSOCKET_FRAGMENTS = 1024  # of one message: a client of ours sends each in one; many empty ones would cost time only

# --- records: the stream on a link that may be cut ---
RECORD = FRAME  # bytes of one: a ping waits for no more than this
RECORD_MIN = 1 * KIB  # a link that dies every 8 KiB survives several of these
RECORD_SHRINK = 4  # by which pieces become smaller: the least is tried three times before the frame is given up
RECORD_CUTS_BEFORE_SMALLER = 3  # without progress: one or two cuts say nothing about the size
RECORD_GROW = 1 * MIB  # taken over since the last cut: only then the link is trusted with large pieces again
RECORD_CUTS_BEFORE_POISON = 8  # by then the smallest piece has been tried three times
RECORD_CALM = 64 * KIB  # taken over since the last cut in the least pieces: one at a time is too slow for a link that lives
RECORD_ACK_BYTES = 64 * KIB  # taken over, before that is said at once
RECORD_ACK_RECORDS = 32  # the same for small ones

RECORD_HEAD = 17  # kind, offset and acknowledgement
LINK_JSON = 64 * KIB  # of an attach and the like
REPLAY_HIGH = 4 * MIB  # not taken over by the host: beyond it nothing more is read from the supervisor
REPLAY_LOW = 1 * MIB  # below it reading goes on
CONNECTION_HIGH = 256 * KIB  # handed to one connection and not yet to the kernel: what is beyond can still be cut anew
CONNECTION_MAX = 2 * CONNECTION_HIGH  # the same with answers to pings: a peer that reads none of them is left
TLS_HANDSHAKE = 64 * KIB  # from a peer that is not known yet; a client of ours sends some 600 bytes
TOKEN_MIN = 32  # bytes: 256 bits if they are random, and what is shorter can be guessed
CONNECTIONS = 32  # at once; one is the host's, others are probes and strangers
DETACH_TTL = 15 * 60.0  # seconds that a runner without a leash waits for a host: a night's cut is none, a forgotten one ends
DETACH_TTL_MAX = 24 * 3600.0  # what is to live longer is to be kept by a host
TOMBSTONE_TTL = 3600.0  # seconds in which a host that comes too late is told how its runner ended; then it ends at last
DRAIN_CELLS = 0.5  # seconds that cells have to end by themselves once the runner was told to
DRAIN_ALL = 1.25  # seconds until it ends whatever is left; LIF-9 allows as long again for the end of everything
HOST_ID = 64  # characters of the name by which a host is told from another
ATTACH_SECONDS = 5.0  # from the first byte to the attach
LINGER_SECONDS = 1.0  # after last words, for whoever is still sending; as long as a round trip may take
LINK_QUIET = 5.0  # nothing heard for so long: the host is asked
LINK_DEAD = 15.0  # nothing heard for so long: the connection is taken for dead, and closed; the stream is kept
LINK_LATE = 2.0  # a look at the clock that came so much too late: this process was stopped meanwhile
AUTH_FAILURES = 10  # of one address in a minute; an honest host fails once, and then gives up
AUTH_SECONDS = 60.0  # in which they are counted
AUTH_ADDRESSES = 1024  # that are remembered; beyond it the oldest is forgotten
ACK_SECONDS = 0.05  # what is owed goes with the next record, or after this

# --- the supervisor: tables ---
OLD_GENERATIONS = 64  # of one runner; their capture pipes stay open while a descendant holds them
REMOVAL_PASSES = 100_000  # over a workspace that is removed; each takes away 32 folders of those that are deep
REMOVAL_DEPTH = 32  # folders in one another that are open while a workspace is removed, two descriptors each
DOOR_BATCH = 64  # channels accepted from a door before other work gets its turn
READ_BATCH = 16  # reads of one descriptor before other work gets its turn
LEADERS_KEPT = 1.0  # a look at all processes costs milliseconds: one for all that end within a second
WAITING_VERBS = 16  # of one session, until its kernel is there; a host asks for one after the other
FILES = 65_536  # descriptors: 64 sessions with 256 channels each need more than the usual soft limit of 1,024

# --- the supervisor: cells ---
GRACE_MS = 2000  # what the interrupt ladder takes where nobody says otherwise
TIMEOUT_MS_MAX = 2**53  # a JSON number that every parser keeps exact

NAMED_CHECKPOINTS = 4  # of one session, beside the automatic one; each may grow to the size of its kernel
COPY_DATAGRAM = 64 * KIB  # what a kernel says with a copy, or the supervisor to one: numbers, a path, a list of names

# --- the supervisor: seconds ---
START_BUDGET = 10.0  # a kernel from its fork until it says `ready`
PRELOAD_BUDGET = 60.0  # the same while the zygote may still be importing what was asked for
DEATH_BUDGET = 0.1  # a kernel whose channel closed because it is ending; then it is killed (H19 allows 250 ms)
MISSING_OUTPUT = 1.0  # an ended cell's output that may be read, and was not: by then somebody else has read it
END_BUDGET = 10.0  # a kernel from the end of a cell's code until it says `done`: microseconds, unless something holds it up
INQUIRY_PAUSE = 0.1  # between two looks at a kernel: a loop moves on in it, and two fit into the last quarter of a grace
INQUIRY_PATIENCE = INQUIRY_PAUSE / 2  # an interpreter that gets on answers in it, also where threads take turns
INQUIRY_PATIENCE_DOOMED = INQUIRY_PAUSE / 10  # the last quarter of a short grace is soon over
THREADS_LOOKED_AT = 100  # of one process, 10 us each; the supervisor does nothing else meanwhile
INQUIRY_WORK = 11_000_000  # nanoseconds in which an interpreter would have come to its next instruction; of ticks it takes two
KEEP_BUDGET = 30.0  # a kernel until it has made a copy that was asked for
WAKE_BUDGET = 5.0  # a frozen copy until it says `ready`; then the next best state is taken
KILL_BUDGET = 2.0  # a killed kernel until it is taken for unkillable; freeing tens of gigabytes takes that long
CLOSE_BUDGET = 1.0  # a killed kernel until its session is given up for closed
SWEEP_BUDGET = 1.5  # LIF-9 allows 2 s for the end of everything
FLUSH_BUDGET = 0.25  # last words to a host that may not read any more

# --- what /proc says ---
PROC_FILE = 16 * KIB  # bytes read of a file; those that are read are far smaller
ENVIRONMENT = 2 * MIB  # bytes of an environment that are searched; the system allows about as many

# --- verdicts ---
VERDICT = 600  # characters of the one line that says what a kernel is doing
WCHAN = 64  # characters of the name of a function of the system
STACKS_READ = 64 * KIB  # characters of Python stacks that are searched for the main thread's
STACKS_SHOWN = 8 * KIB  # characters of Python stacks told to the host; 64 sessions' fit one message

# --- the zygote ---
BIRTH_DATAGRAM = 64 * KIB  # a request to fork: a few numbers and one path
PRIVATE_FD_MIN = 100  # channels live above the numbers that careless code closes or reuses

# --- kernels and supervisor alike ---
OWN_FILES = 16  # descriptors of a kernel that are the runner's while no thread calls a tool; there are eight
SIGNALS_PARTS = 2  # of the signals that the system keeps for a user the code may use up one part; a timer takes one
KERNEL_OOM_SCORE = 1000  # under memory pressure the kernel goes first, never the supervisor
COPY_OOM_SCORE = 900  # then its frozen copies
HEAP_OBJECTS = 200_000  # that may come before a frozen heap is looked through for garbage: some 20 MB
HEAP_BYTES = 64 * MIB  # that the process may grow by before that

# --- inside a kernel ---
HINT_DEPTH = 4  # of a type hint: what is nested deeper is told as Any, and nobody reads that far
HINT_CHOICES = 20  # values, branches or fields that a hint names; a list of hundreds helps nobody
DOCUMENT_DEPTH = JSON_DEPTH - 8  # an envelope wraps a document in at most eight levels of its own
DOCUMENT_NODES = 1_000_000  # containers and odd objects in a document that is not plain; shared parts could multiply
SCHEMA_PROBLEMS = 10  # places told in one message that an answer does not fit in: what a reader repairs at once
SCHEMA_WORDS = 20  # names, choices or fields listed in such a message
TYPE_NAME = 200  # characters of a type's name in a document
ERROR_MESSAGE = 64 * KIB  # characters of an exception's message; its head and its tail are kept
TRACEBACK = 256 * KIB  # characters of a traceback as text
TRACEBACK_FRAMES = 1000  # innermost frames looked at, for each exception of a chain
REPORTED_FRAMES = 100  # frames listed one by one in a report; half from each end
DIRECTORY_VARIABLE = "PYVISOR_DIR"  # the private directory of this runner
ALLOWANCE_VARIABLE = "PYVISOR_ALLOWANCE"  # what its code may use, as `allowance` reads it
CONFINE_VARIABLE = "PYVISOR_CONFINE"  # 1: kernels filter their own system calls
KEPT_HOLDER = "/pyvisor-kept/holder"  # names the runner that a kept container is for; code cannot write it
KEPT_ENDED = "/pyvisor-kept/ended"  # names the runner whose host is gone
KEPT_SWEEP = 2.0  # seconds for killed processes to end, as LIF-9 has it for everything
PRELOAD_VARIABLE = "PYVISOR_PRELOAD"  # modules that the zygote imports, separated by commas
WORKSPACE_COPY = 256 * MIB  # what a branch copies of its parent's files at most
WORKSPACE_ENTRIES = 1_000_000  # that are measured of a workspace with a limit: seconds
WORKSPACE_DEPTH = 100  # folders in one another that are measured: each holds a descriptor
FILE_NAME = 255  # bytes of one name in a path: what file systems hold
FILE_SLICE = 500  # of the files of a transfer that is given up, before other work gets its turn: some 10 ms
WORKSPACE_SLICE = 2000  # of them, before other work gets its turn: some 10 ms
CELL_SOURCES = 1000  # cells whose source is kept for tracebacks
CELL_SOURCE_BYTES = 16 * MIB  # and their characters together
NAMES_BYTES = 24 * KIB  # `names` must leave room for the rest of its envelope (FRM-14)
LOG_MESSAGE = 64 * KIB  # characters of a forwarded log record

# --- inside a kernel: the snapshot of plain data ---
SNAPSHOT_SECONDS = 0.05  # of processor time: a session is idle meanwhile, but its next cell waits for it
SNAPSHOT_FIRST_SHARE = 0.05  # of the time, for each name at first; those that need more are tried again afterwards
SNAPSHOT_BYTES = MESSAGE - CONTROL_MESSAGE  # it is sent as one message, whose envelope needs room too
SNAPSHOT_WRITE_RATE = 300 * MIB  # bytes of long texts that are written in a second, twice, to fresh memory
SNAPSHOT_NODES = 1_000_000  # of one name; more would not be looked at in the time, and bounds the memory it takes
SNAPSHOT_CHECK_NODES = 512  # between looks at the clock: 50 us where C loops look at them, 1 ms where Python does
SNAPSHOT_DEPTH = 100  # levels of containers: at four frames each they fit Python's recursion limit of 1,000

# --- inside a kernel: when it may be copied ---
FORK_NANOS = 50_000_000  # a fork that took longer would be felt before every cell
FORK_PATIENCE = 10  # cells after which another copy is tried: it may cost a tenth of them more
FORK_MEMORY = 4 * GIB  # resident, and a quarter of what there is: a cell that writes all of it doubles it
NO_LIMIT = 2**63  # bytes, where nothing limits them
# stdio-backend: begin

# --- the deprecated dialect (docs/STDIO.md) ---
LEGACY_LINE = MESSAGE  # bytes of one line, either way: what a message may hold
LEGACY_LINE_ENDS = 256  # bytes kept of each end of a longer line: enough to tell whose it is
LEGACY_REQUESTS = 64  # that wait behind the one that runs; together they may be as large as one line
LEGACY_UNREAD = 256 * MIB  # of tool answers that the kernel has not read; then they are refused, for lines must be read
LEGACY_OUTPUT = 16 * MIB  # bytes kept of each stream of a cell, head and tail: all of it goes out in one line
LEGACY_OUTPUT_ESCAPED = 5 * MIB  # where that line were too long: six bytes for each of them, twice, fit one
LEGACY_GRACE_MS = 500  # what the interrupt ladder takes where the host does not say
LEGACY_SECONDS_MAX = 31_536_000  # of a cell, a year: whoever asks for more means none
LEGACY_COPY = 1 * MIB  # bytes of a file that are copied before other work gets its turn
LEGACY_INT_HEX = 3500  # digits of an int beyond which it goes as text: Python reads no number of 4,300 decimal ones
# stdio-backend: end
