/*
 * The channel between a host and a runner, for Spin. `docs/model/check` runs it; docs/CONCURRENCY.md says what comes out.
 *
 * It answers one question: whatever the order in which threads and processes come to move, and whoever is killed when, does
 * every call end exactly once, is nobody stuck in a write, and does nothing come after the end of a cell?
 *
 * Who is who; those of the host are classes in Java, those of the runner in Python.
 *
 *   Caller      Operations.submit, Turn.enter: a user's thread that starts all cells at once
 *   Reader      ProcessTransport.read, Link.onFrame, CallTable.take, ToolDesk.call, OutputFlow.arrived, CellOperation.answered
 *   Writer      ProcessTransport.write, Outbox.take
 *   Callback    Mailbox.drain, OutputFlow.deliver, CellOperation.finish: a listener, as slow as it likes
 *   Tool        ToolPool.runFrom, ToolDesk.answer: each one thread of the pool
 *   Deadline    ToolDesk.expire: of the first tool call
 *   ExitWatch   ProcessTransport.watchExit, Link.onClosed
 *   Closer      Link.abandon: a user who closes the client
 *   Supervisor  Loop.turn, with one handler a step: Supervisor._host_spoke, Intake.operate, Intake.relay, Kernel.take_in,
 *               Session.kernel_said, Session.kernel_relayed, Session.kernel_ended, Output.read, Outbound.flush
 *   Kernel      Kernel.serve, Calls.call_awaited, Port.pump, CapturePipe.write; in its time each generation of it
 *   Killer      SIGKILL to the first kernel; to the supervisor it comes in the Supervisor itself
 *   Grandchild  a process that a cell started, which holds the capture pipe and writes to it when it likes
 *
 * What is left out, and why nothing that is asked here depends on it.
 *
 *   - Bytes. A frame is one unit, a message one frame, and each pipe, window and mark holds as few as it can. Who is stuck
 *     depends on what is full, not on how much fits. A message of many frames is many units in the same order. That small
 *     bounds show what large ones do is the assumption of every model of this kind; the contract tests run the real sizes.
 *   - Stdout and stderr as two: each has a pipe, credit and an order of its own. The model's one is either.
 *   - PING, PONG, requests to the supervisor: they need no credit and overtake or follow, but wait for nobody (TRN-3).
 *   - Further sessions: each has credit, queues and a kernel of its own. On the pipes its frames are frames.
 *   - Time: a deadline or EXIT_DRAIN may come at any moment. The ladder of interrupts makes a cell end early and then kills,
 *     a ping limit kills; cells end early and are killed at any moment here.
 *   - The zygote and frozen copies: who takes over from a dead kernel, with what state, and how soon.
 *   - A kernel's other threads: each has a socket pair of its own with the main thread's discipline on it. What such a thread
 *     calls while its cell ends (LIF-12, LIF-13) is not looked at here.
 *   - HELLO and what is malformed: tests have that (FRM-1 to FRM-15, LIF-1).
 *
 * A step (d_step) is what the code does under one lock or, in the supervisor, in one handler of its loop; or under two locks
 * where it makes no difference to anybody what comes between. Between two steps everybody else may move.
 */

/* ---- bounds; `check` sets some ---- */

#ifndef CELLS
#define CELLS 1
#endif
#ifndef CALLS
#define CALLS 1              /* tool calls, of all cells together; at most as many at once */
#endif
#ifndef PRINTS
#define PRINTS 1             /* writes to standard output, of each cell at most */
#endif
#ifndef TOOLS
#define TOOLS 1              /* threads that run tools */
#endif
#define PIPE 1               /* frames that a pipe holds */
#define SOCKET 1             /* the same for each direction of a kernel's socket */
#ifndef KERNEL_WINDOW
#define KERNEL_WINDOW 1      /* frames to a kernel that it has not taken */
#endif
#define OUTPUT_WINDOW 1      /* output frames that the listener has not had */
#define ANSWER_ROOM 1        /* answers of tools that wait for the writer */

/* These the code bounds by what is above; a full one is an error that the model reports. */
#define LANE (1 + 2 * CALLS)
#define OUTBOUND (SOCKET + 4)
#define MAILBOX (OUTPUT_WINDOW + CELLS + 1)

/* ---- what may happen, switched on by `check`: each at any moment, once, or never ---- */

#ifndef KILL_KERNEL
#define KILL_KERNEL 0
#endif
#ifndef KILL_SUPERVISOR
#define KILL_SUPERVISOR 0
#endif
#ifndef CLOSE
#define CLOSE 0
#endif
#ifndef EXPIRE               /* the first tool call's deadline passes */
#define EXPIRE 0
#endif
#ifndef GRANDCHILD
#define GRANDCHILD 0
#endif

/* ---- defects, which `check` switches on one by one ---- */

#ifndef READER_WRITES        /* the host's reader runs the tool and writes the answer itself */
#define READER_WRITES 0
#endif
#ifndef SUPERVISOR_WAITS     /* the supervisor goes on when the kernel has taken what it was sent */
#define SUPERVISOR_WAITS 0
#endif
#ifndef NO_FAIL_ALL          /* who sees the runner die tells nobody */
#define NO_FAIL_ALL 0
#endif
#ifndef CREDIT_LOST          /* a frame that is dropped, because its kernel is gone, gives no credit back */
#define CREDIT_LOST 0
#endif
#ifndef EARLY_TERMINAL       /* `done` is answered without the last look at the capture pipe */
#define EARLY_TERMINAL 0
#endif
#ifndef ANSWERS_TWICE        /* a tool's answer is sent also when its call is over */
#define ANSWERS_TWICE 0
#endif
#ifndef SETTLES_TWICE        /* who ends a cell does not look whether it has ended */
#define SETTLES_TWICE 0
#endif

mtype = {
  EXECUTE, ANSWER, REFUSAL,                                 /* to the kernel; REFUSAL is an ANSWER that needs no room */
  CALL, CANCEL, RETURNED, DONE,                             /* from the kernel */
  OUTPUT, TERMINAL, GENERATION,                             /* to the host */
  CREDIT,                                                   /* both ways */
  FINISH                                                    /* in the mailbox */
};

/* ---- pipes and sockets; the second field is a cell, a call, a generation or an amount ---- */

chan to_runner = [PIPE] of { mtype, byte };
chan to_host = [PIPE] of { mtype, byte };
chan to_kernel[2] = [SOCKET] of { mtype, byte };            /* by generation, as all that a kernel has */
chan from_kernel[2] = [SOCKET] of { mtype, byte };
chan capture[2] = [PIPE] of { byte };                       /* whose output: a cell's, 0 a grandchild's */

/* ---- what the properties look at, and nobody else ---- */

byte open_calls;                                            /* cells and tool calls that have begun and not ended */
bit cell_settled[CELLS + 1];
bit terminal_came[CELLS + 1];
bit answer_came[CALLS + 1];

/* Every call ends: again and again there is a moment at which none is open. It holds without any fairness, because user code
   prints and calls a bounded number of times here: then all else must come to rest. */
ltl settles { [] <> (open_calls == 0) }

/* ---- a tool call ---- */

bit awaited[CALLS + 1];                                     /* in its kernel */
byte cell_of[CALLS + 1];
byte generation_of[CALLS + 1];
byte next_call;

/* ---- the host ---- */

chan lane = [LANE] of { mtype, byte };                      /* Outbox: the session's messages */
byte purse = KERNEL_WINDOW;                                 /* Outbox: credit for them */
byte owed;                                                  /* Outbox: credit to be given */
bit outbox_ended;
bit link_ended;
bit verdict;                                                /* CallTable */
bit in_table[CELLS + 1];
byte turn;                                                  /* Turn: the cell that has it */
byte next_cell = 1;
byte submitted;
bit turn_closed;
bit known[CELLS + 1];                                       /* CellOperation: its end is known */
chan mailbox = [MAILBOX] of { mtype, byte };
chan pool = [CALLS + 1] of { byte };                        /* ToolPool: calls that wait for a thread */
bit on_desk[CALLS + 1];                                     /* ToolDesk: calls without an answer */
bit desk_ended;
byte answer_room = ANSWER_ROOM;
byte host_generation;
bit reader_done;
bit input_closed;                                           /* the writer's end of its pipe */

/* ---- the runner ---- */

chan outbound = [OUTBOUND] of { mtype, byte };              /* Outbound: to the host */
byte urgent;                                                /* Outbound: CREDIT frames, which overtake */
bit slowed;                                                 /* Outbound: above its mark */
chan sink[2] = [KERNEL_WINDOW] of { mtype, byte };          /* Sink: to the kernel */
byte output_purse = OUTPUT_WINDOW;
byte generation;
byte cell;                                                  /* the running one; 0: none */
bit ending;                                                 /* it is done, and what the pipe held then is on its way */
byte rest;                                                  /* of that */
bit doomed[2];                                              /* the kernel has SIGKILL */
bit dead[2];
bit reaped[2];
bit runner_gone;

hidden byte i;                                              /* within one step only */
hidden mtype any;

/* A line of the table in CONCURRENCY.md, with what is in the places where something may have to wait. */
#define levels printf("|%d%d%d%d%d%d%d\n", len(to_runner), len(to_kernel[0]), len(from_kernel[0]), \
  len(capture[0]), slowed, len(to_host), purse)

inline settle_cell(c) {
  if
  :: cell_settled[c] && !SETTLES_TWICE                      /* the future is complete already: nothing happens */
  :: else ->
     assert(!cell_settled[c]);
     open_calls = open_calls - (cell_settled[c] -> 0 : 1);
     cell_settled[c] = true
  fi
}

inline settle_call(t) {
  assert(awaited[t]);
  awaited[t] = false;
  open_calls--
}

/* ================================ the host ================================ */

/* Outbox.send: nobody waits here. */
inline send(what, which) {
  if
  :: !outbox_ended -> assert(nfull(lane)); lane!what,which
  :: else -> if :: what == ANSWER -> answer_room++ :: else fi
  fi
}

/* Operations.pump, on whatever thread: the next cell has its turn, is entered in the table, and goes to the outbox. */
inline pump() {
  d_step {
    mine = 0;
    if
    :: turn == 0 && !turn_closed && next_cell <= submitted -> turn = next_cell; mine = next_cell; next_cell++
    :: else
    fi
  }
  if
  :: mine == 0
  :: d_step { mine != 0 && verdict; settle_cell(mine); if :: turn == mine -> turn = 0 :: else fi; mine = 0 }
  :: d_step { mine != 0 && !verdict; in_table[mine] = true }
     d_step { send(EXECUTE, mine); mine = 0 }
  fi
}

/* Turn.condemn: what still waits has never been sent. */
inline refuse_waiting() {
  do
  :: next_cell <= submitted -> settle_cell(next_cell); next_cell++
  :: else -> break
  od
}

/* Link.end: first nothing is let in any more, then everything that waits is failed. */
inline end_link() {
  d_step {
    for (i : 1 .. CELLS) { in_table[i] = false };
    do
    :: len(lane) > 0 -> lane?any,i; if :: any == ANSWER -> answer_room++ :: else fi
    :: else -> break
    od;
    verdict = true;
    link_ended = true;
    outbox_ended = true
  }
  d_step {
    if
    :: !turn_closed ->
       if :: turn != 0 && !known[turn] -> known[turn] = true; mailbox!FINISH,turn :: else fi;
       turn = 0;
       turn_closed = true;
       refuse_waiting()
    :: else
    fi;
    for (i : 0 .. CALLS - 1) { on_desk[i] = false };
    desk_ended = true;
    printf("STEP|host|fails everything that is open"); levels
  }
}

active proctype Caller() {
  byte mine;
  d_step {
    submitted = CELLS;
    open_calls = open_calls + CELLS;
    if :: turn_closed -> refuse_waiting() :: else fi
  }
  pump()
}

/* Spin counts states with other leftovers as others. */
#define done_with_it kind = 0; which = 0; dropped = false

active proctype Reader() {
  mtype kind;
  byte which, mine;
  bit dropped, found;
end:
  do
  :: d_step { to_host?kind,which; dropped = link_ended; printf("STEP|reader|reads %e %d", kind, which); levels }
     if
     :: d_step { dropped; done_with_it }
     :: d_step { !dropped && kind == CREDIT; purse++; done_with_it }
     :: d_step {
          !dropped && kind == OUTPUT;
          assert(which == 0 || !terminal_came[which]);
          assert(nfull(mailbox)); mailbox!OUTPUT,0;
          done_with_it
        }
     :: d_step {
          !dropped && kind == CALL && !READER_WRITES;
          assert(!terminal_came[cell_of[which]]);
          if
          :: generation_of[which] != host_generation        /* LIF-8 */
          :: generation_of[which] == host_generation && desk_ended -> send(REFUSAL, which)
          :: else -> on_desk[which] = true; pool!which
          fi;
          done_with_it
        }
     :: d_step { !dropped && kind == CALL && READER_WRITES; printf("STEP|reader|has ANSWER %d to write", which); levels }
        /* A wait for credit is none for a pipe: by itself it is no invalid end. */
endcredit:
        if
        :: d_step {
             READER_WRITES && purse > 0 && nfull(to_runner);
             purse--; to_runner!ANSWER,which;
             printf("STEP|reader|writes ANSWER %d", which); levels;
             done_with_it
           }
        :: READER_WRITES && runner_gone
        fi
     :: d_step { !dropped && kind == CANCEL; on_desk[which] = false; done_with_it }
     :: d_step {
          !dropped && kind == TERMINAL;
          assert(!terminal_came[which]);
          terminal_came[which] = true; found = in_table[which]; in_table[which] = false
        }
        if
        :: found ->
           d_step {
             for (i : 0 .. CALLS - 1) {                     /* LIF-12 */
               if
               :: on_desk[i] && cell_of[i] == which -> on_desk[i] = false; send(REFUSAL, i)
               :: else
               fi
             };
             found = false;
             known[which] = true
           }
           d_step { if :: turn == which -> turn = 0 :: else fi }
           pump();
           d_step { assert(nfull(mailbox)); mailbox!FINISH,which; done_with_it }
        :: d_step { !found; done_with_it }                  /* SES-4 */
        fi
     :: d_step {
          !dropped && kind == GENERATION;
          for (i : 0 .. CALLS - 1) { if :: generation_of[i] != which -> on_desk[i] = false :: else fi };
          host_generation = which;
          done_with_it
        }
     fi
  :: runner_gone && empty(to_host) -> break
  od;
  reader_done = true
}

active proctype Writer() {
  mtype kind;
  byte which;
end:
  do
  :: d_step {
       owed > 0 || (nempty(lane) && purse > 0);
       if
       :: owed > 0 -> kind = CREDIT; which = owed; owed = 0
       :: else ->
          lane?kind,which; purse--;
          if
          :: kind == ANSWER -> answer_room++
          :: kind == REFUSAL -> kind = ANSWER
          :: else
          fi
       fi
     }
     if
     :: d_step {
          nfull(to_runner) && !runner_gone;
          to_runner!kind,which;
          printf("STEP|writer|writes %e %d", kind, which); levels;
          kind = 0; which = 0
        }
     :: runner_gone -> break
     fi
  :: outbox_ended && owed == 0 && empty(lane) -> break
  od;
  input_closed = true
}

active proctype Callback() {
  mtype kind;
  byte which;
end:
  do
  :: d_step {
       mailbox?kind,which;
       if
       :: kind == OUTPUT -> owed++
       :: kind == FINISH -> settle_cell(which)
       fi;
       kind = 0; which = 0
     }
  od
}

active [TOOLS] proctype Tool() {
  byte which;
end:
  do
  :: pool?which ->
     if
     :: !on_desk[which] && !ANSWERS_TWICE                   /* it is over: the answer is late */
     :: d_step {
          answer_room > 0 || desk_ended;
          if
          :: on_desk[which] || ANSWERS_TWICE ->
             on_desk[which] = false;
             if :: !desk_ended -> answer_room-- :: else fi;
             send(ANSWER, which)
          :: else
          fi
        }
     fi;
     which = 0
  od
}

#if EXPIRE
active proctype Deadline() {
end:
  d_step { on_desk[0]; on_desk[0] = false; send(REFUSAL, 0) }
}
#endif

active proctype ExitWatch() {
end:
  runner_gone;
  if
  :: reader_done
  :: true                                                   /* EXIT_DRAIN has passed */
  fi;
  if
  :: !NO_FAIL_ALL -> end_link()
  :: NO_FAIL_ALL
  fi
}

#if CLOSE
active proctype Closer() {
  if
  :: true -> end_link()
  :: true
  fi
}
#endif

/* ================================ the runner ================================ */

/* Outbound.say */
inline tell(what, about) {
  assert(nfull(outbound));
  outbound!what,about
}

/* Outbound.frame: the mark is reached with the first one here. */
inline frame(what, about) {
  tell(what, about);
  slowed = true
}

inline say_terminal() {
  tell(TERMINAL, cell);
  cell = 0;
  ending = false
}

/* Session._succeed: the kernel is dead, another takes over. */
inline succeed() {
  if :: cell != 0 -> say_terminal() :: else fi;
  generation++;
  tell(GENERATION, generation)
}

/* Session._settle: all output of the cell has gone out. */
inline settle() {
  if
  :: reaped[generation] -> succeed()
  :: else -> say_terminal()
  fi
}

/* Session._finish: what the capture pipe holds at this moment is the cell's last output (LIF-5). */
inline finish() {
  ending = true;
  rest = (EARLY_TERMINAL -> 0 : len(capture[generation]));
  if :: rest == 0 -> settle() :: else fi
}

/* A frame from the kernel. */
inline hear(what, about) {
  if
  :: what == CALL || what == CANCEL -> frame(what, about)
  :: what == RETURNED
  :: what == DONE -> finish()
  fi
}

/* A frame for the kernel; nobody waits until it takes it. */
inline relay(what, about) {
  if
  :: reaped[generation] || (what == ANSWER && generation_of[about] != generation) ->
     if :: !CREDIT_LOST -> urgent++ :: else fi              /* LIF-8: dropped, and its credit goes back */
  :: else -> assert(nfull(sink[generation])); sink[generation]!what,about
  fi
}

/* Sink.flush: credit goes back when the kernel's socket has the frame. */
inline flush_sink() {
  sink[generation]?kind,which;
  to_kernel[generation]!kind,which;
  urgent++;
  printf("STEP|supervisor|hands %e %d to the kernel", kind, which); levels;
  kind = 0; which = 0
}

/* Pipe.room: a cell that is ending has what the pipe held; what an older kernel's pipe holds waits for that. */
#define readable(g) (nempty(capture[g]) && !slowed && output_purse > 0 && (generation == g -> !ending || rest > 0 : !ending))

/* Pipe.read */
inline take(g) {
  capture[g]?which;
  output_purse--;
  frame(OUTPUT, which);
  printf("STEP|supervisor|takes OUTPUT %d from the capture pipe", which); levels;
  if
  :: ending && g == generation -> rest--; if :: rest == 0 -> settle() :: else fi
  :: else
  fi;
  which = 0
}

active proctype Supervisor() {
  mtype kind;
  byte which;
end:
  do
  :: d_step {                                               /* from the host: always, whatever is full elsewhere (TRN-5) */
       to_runner?kind,which;
       if
       :: kind == CREDIT -> output_purse = output_purse + which
       :: kind == EXECUTE -> assert(cell == 0); cell = which; relay(EXECUTE, which)
       :: kind == ANSWER -> relay(ANSWER, which)
       fi;
       printf("STEP|supervisor|reads %e %d", kind, which); levels;
       kind = 0; which = 0
     }
     if
     :: !SUPERVISOR_WAITS
     :: SUPERVISOR_WAITS ->
        do
        :: SUPERVISOR_WAITS && (empty(sink[generation]) || dead[generation]) -> break
        :: d_step { SUPERVISOR_WAITS && nempty(sink[generation]) && nfull(to_kernel[generation]); flush_sink() }
        od
     fi
  :: d_step {                                               /* from the kernel, unless the host is behind */
       nempty(from_kernel[generation]) && !slowed && !reaped[generation];
       from_kernel[generation]?kind,which;
       hear(kind, which);
       printf("STEP|supervisor|takes %e %d from the kernel", kind, which); levels;
       kind = 0; which = 0
     }
  :: d_step { readable(0); take(0) }
  :: d_step { readable(1); take(1) }
  :: d_step {                                               /* to the host, when the pipe takes it */
       (urgent > 0 || nempty(outbound)) && nfull(to_host);
       if
       :: urgent > 0 -> kind = CREDIT; which = 1; urgent--
       :: else -> outbound?kind,which
       fi;
       to_host!kind,which;
       if :: urgent == 0 && len(outbound) == 0 -> slowed = false :: else fi;
       printf("STEP|supervisor|writes %e %d", kind, which); levels;
       kind = 0; which = 0
     }
  :: d_step { nempty(sink[generation]) && !dead[generation] && nfull(to_kernel[generation]); flush_sink() }
  :: d_step {                                               /* Session.kernel_ended: what it said is heard first */
       dead[generation] && !reaped[generation];
       do
       :: len(from_kernel[generation]) > 0 -> from_kernel[generation]?kind,which; hear(kind, which)
       :: else -> break
       od;
       do
       :: len(sink[generation]) > 0 -> sink[generation]?kind,which; urgent++
       :: else -> break
       od;
       kind = 0; which = 0;
       reaped[generation] = true;
       if
       :: cell == 0 -> succeed()
       :: cell != 0 && !ending -> finish()
       :: else                                              /* its last output goes out first */
       fi
     }
#if KILL_SUPERVISOR
  :: true -> break
#endif
  :: input_closed && empty(to_runner) -> break              /* LIF-9 */
  od;
  skip;
  d_step {                                                  /* its kernels die with it; all it had is gone */
    do :: len(outbound) > 0 -> outbound?kind,which :: else -> break od;
    do :: len(sink[0]) > 0 -> sink[0]?kind,which :: else -> break od;
    do :: len(sink[1]) > 0 -> sink[1]?kind,which :: else -> break od;
    kind = 0; which = 0;
    urgent = 0; slowed = false; output_purse = 0; cell = 0; ending = false; rest = 0;
    doomed[0] = true; doomed[1] = true;
    runner_gone = true;
    printf("STEP|supervisor|ends"); levels
  }
}

/* An answer from the socket; one that nobody waits for any more is dropped (SES-4). */
inline receive() {
  d_step {
    to_kernel[g]?ANSWER,which;
    assert(!answer_came[which]);
    answer_came[which] = true;
    if :: awaited[which] -> settle_call(which); waiting-- :: else fi;
    which = 0
  }
}

/* User code calls and prints in any order, and may look for answers meanwhile; then it waits for all of them, or leaves them
   open. Every write of a kernel waits until there is room. */
active proctype Kernel() {
  byte g, mine, which, prints, waiting;
endborn:
  {
endidle:
    do
    :: receive()
    :: d_step { to_kernel[g]?EXECUTE,mine; prints = PRINTS }
       do
       :: d_step {
            next_call < CALLS;
            which = next_call; next_call++;
            awaited[which] = true; cell_of[which] = mine; generation_of[which] = g;
            open_calls++; waiting++
          }
          d_step { from_kernel[g]!CALL,which; printf("STEP|kernel|writes CALL %d", which); levels; which = 0 }
       :: prints > 0 -> d_step { capture[g]!mine; printf("STEP|kernel|writes OUTPUT %d", mine); levels; prints-- }
       :: receive()
       :: break
       od;
       if
       :: waiting > 0 ->
endwait:  do
          :: receive()
          :: waiting == 0 -> break
          od
       :: true
       fi;
       do                                                   /* Calls.end_cell: what is open is cancelled (LIF-12) */
       :: d_step {
            waiting > 0;
            do
            :: awaited[which] && generation_of[which] == g -> break
            :: else -> which++
            od;
            settle_call(which); waiting--
          }
          d_step { from_kernel[g]!CANCEL,which; which = 0 }
       :: waiting == 0 -> break
       od;
       from_kernel[g]!RETURNED,mine;                        /* where there are other threads; else with `done`, in one write */
       if                                                   /* Capture.end_cell: what was not flushed yet */
       :: prints > 0 -> d_step { capture[g]!mine; prints = 0 }
       :: d_step { true; prints = 0 }
       fi;
       d_step { from_kernel[g]!DONE,mine; mine = 0 }
    od
  } unless { doomed[g] };
  d_step {
    for (i : 0 .. CALLS - 1) { if :: awaited[i] && generation_of[i] == g -> settle_call(i) :: else fi };
    do :: len(to_kernel[g]) > 0 -> to_kernel[g]?any,which :: else -> break od;
    do :: len(from_kernel[g]) > 0 && runner_gone -> from_kernel[g]?any,which :: else -> break od;
    do :: len(capture[g]) > 0 && runner_gone -> capture[g]?which :: else -> break od;
    mine = 0; which = 0; prints = 0; waiting = 0;
    dead[g] = true;
    printf("STEP|kernel|dies"); levels
  }
endnext:
  if
  :: generation > g -> g++; goto endborn
  :: runner_gone
  fi
}

#if KILL_KERNEL
active proctype Killer() {
  if
  :: doomed[0] = true
  :: true
  fi
}
#endif

#if GRANDCHILD
active proctype Grandchild() {
  if
  :: capture[0]!0
  :: runner_gone
  :: true
  fi
}
#endif
